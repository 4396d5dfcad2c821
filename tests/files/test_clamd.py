"""Scanning, by a server of the test that speaks clamd's protocol. Debian's clamd: soak_clamd.py."""

from __future__ import annotations

import shutil
import struct
import tempfile
from pathlib import Path
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import CancelledError, Deferred, gatherResults
from twisted.internet.protocol import Factory, Protocol
from twisted.trial.unittest import TestCase

from chatr.files.clamd import AT_ONCE, Clamd, ScannerUnavailable
from chatr.files.disk import Disk
from tests.contract_suites.storage import content

#: In two halves: a scanner of this machine shall leave this file alone.
EICAR = (r"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + "EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*").encode()


class FakeClamd(Protocol):
    """Speaks INSTREAM, and knows EICAR."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.heard = bytearray()
        self.file = bytearray()
        self.begun = False

    def connectionMade(self) -> None:
        self.server.active += 1
        self.server.most = max(self.server.most, self.server.active)

    def connectionLost(self, reason: Any = None) -> None:
        self.server.active -= 1
        if not self.server.active and self.server.idle is not None:
            self.server.idle.callback(None)

    def dataReceived(self, data: bytes) -> None:
        transport: Any = self.transport
        self.heard += data
        if not self.begun:
            if len(self.heard) < 10:
                return
            assert self.heard.startswith(b"zINSTREAM\0"), self.heard[:20]
            del self.heard[:10]
            self.begun = True
        while len(self.heard) >= 4:
            [size] = struct.unpack("!L", self.heard[:4])
            if size > self.server.limit:
                transport.write(b"INSTREAM size limit exceeded. ERROR\0")
                transport.loseConnection()
                return
            if len(self.heard) < 4 + size:
                return
            self.file += self.heard[4 : 4 + size]
            del self.heard[: 4 + size]
            if not size:
                self.answer()

    def answer(self) -> None:
        transport: Any = self.transport
        self.server.files.append(bytes(self.file))
        if self.server.answer is None:
            found = EICAR in self.file
            transport.write(b"stream: Eicar-Test-Signature FOUND\0" if found else b"stream: OK\0")
        else:
            transport.write(self.server.answer)
        if self.server.hangs_up:
            transport.loseConnection()


class Server(Factory):
    """What it answers, and what it has seen."""

    noisy = False

    def __init__(self) -> None:
        self.answer: bytes | None = None
        self.hangs_up = True
        self.limit = 1_000_000
        self.files: list[bytes] = []
        self.active = self.most = 0
        self.idle: Deferred[None] | None = None

    def buildProtocol(self, addr: Any) -> FakeClamd:
        return FakeClamd(self)


class ClamdCase(TestCase):
    """A disk, and files on it."""

    def setUp(self) -> Any:
        self.disk = Disk(reactor)
        self.disk.start()
        self.addCleanup(self.disk.stop)
        self.folder = Path(tempfile.mkdtemp(prefix="chatr-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def file(self, data: bytes, name: str = "upload") -> Path:
        path = self.folder / name
        path.write_bytes(data)
        return path

    def refused(self, clamd: Clamd, data: bytes) -> Deferred[Any]:
        return self.assertFailure(Deferred.fromCoroutine(clamd.scan(self.file(data))), ScannerUnavailable)


class ProtocolTests(ClamdCase):
    """What is said, and what is made of the answers."""

    def setUp(self) -> None:
        super().setUp()
        self.server = Server()
        port: Any = reactor.listenUNIX(str(self.folder / "socket"), self.server)  # type: ignore[attr-defined]
        self.addCleanup(self.quiet)
        self.addCleanup(port.stopListening)
        self.clamd = Clamd(self.disk, str(self.folder / "socket"), timeout_s=5)

    async def quiet(self) -> None:
        if self.server.active:
            self.server.idle = Deferred()
            await self.server.idle

    async def test_clean_and_found(self) -> None:
        """The file arrives as it is, whatever its size; the name of what is found comes back."""
        for data in (b"", b"x", content(131072), content(1_000_003)):
            self.assertIsNone(await self.clamd.scan(self.file(data)))
            self.assertTrue(self.server.files[-1] == data)
        self.assertEqual(await self.clamd.scan(self.file(content(300_000) + EICAR)), "Eicar-Test-Signature")

    async def test_over_tcp(self) -> None:
        """The same by host and port."""
        port: Any = reactor.listenTCP(0, self.server, interface="127.0.0.1")  # type: ignore[attr-defined]
        self.addCleanup(port.stopListening)
        clamd = Clamd(self.disk, f"127.0.0.1:{port.getHost().port}", timeout_s=5)
        self.assertEqual(await clamd.scan(self.file(EICAR)), "Eicar-Test-Signature")

    async def test_neither(self) -> None:
        """What is neither clean nor found is not known: errors, nonsense, half a line, an endless one, a hang-up."""
        for answer, text in (
            (b"stream: Can't allocate memory ERROR\0", 'clamd answered "stream: Can\'t allocate memory ERROR"'),
            (b"UNKNOWN COMMAND\0", "clamd answered 'UNKNOWN COMMAND'"),
            (b"stream: OK and more\0", "clamd answered 'stream: OK and more'"),
            (b"stream: OK", "clamd hung up without an answer"),
            (b"", "clamd hung up without an answer"),
            (b"x" * 100_000, f"clamd answered '{'x' * 200}'"),
        ):
            self.server.answer = answer
            self.assertEqual(str(await self.refused(self.clamd, b"content")), text)

    async def test_too_large(self) -> None:
        """A file that clamd takes only the beginning of is none that it has found clean, and an operator reads why."""
        self.server.limit = 1000
        error = await self.refused(self.clamd, content(2_000_000))
        self.assertIn("StreamMaxLength", str(error))

    async def test_few_at_once(self) -> None:
        """No more scans at once than clamd has threads for; the others wait."""
        paths = [self.file(content(300_000), f"file{number}") for number in range(3 * AT_ONCE)]
        await gatherResults([Deferred.fromCoroutine(self.clamd.scan(path)) for path in paths])
        self.assertEqual((self.server.most, len(self.server.files)), (AT_ONCE, 3 * AT_ONCE))

    async def test_cancelled(self) -> None:
        """A scan that nobody waits for any more ends, and the next has its turn."""
        self.server.answer, self.server.hangs_up = b"", False
        path = self.file(b"content")
        scans = [Deferred.fromCoroutine(self.clamd.scan(path)) for _ in range(AT_ONCE + 1)]
        for scan in scans:
            scan.cancel()
            await self.assertFailure(scan, CancelledError)
        self.server.answer = None
        self.assertIsNone(await self.clamd.scan(path))

    async def test_times_out(self) -> None:
        """A scan ends when its time is over, and so do those that wait for a turn."""
        self.server.answer, self.server.hangs_up = b"", False
        clamd = Clamd(self.disk, str(self.folder / "socket"), timeout_s=0.1)
        for error in await gatherResults([self.refused(clamd, b"content") for _ in range(AT_ONCE + 2)]):
            self.assertEqual(str(error), "clamd has not answered within 0.1 s")

    async def test_no_server(self) -> None:
        """Without clamd nothing is known."""
        clamd = Clamd(self.disk, str(self.folder / "nothing"), timeout_s=1)
        self.assertIn("can't be reached", str(await self.refused(clamd, b"content")))

    async def test_no_file(self) -> None:
        """Nor is it of a file that can't be read."""
        scanning = Deferred.fromCoroutine(self.clamd.scan(self.folder / "nothing"))
        self.assertIn("can't be read", str(await self.assertFailure(scanning, ScannerUnavailable)))
