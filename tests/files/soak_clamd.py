"""Scanning by Debian's clamd, with a database of the test.

That has the signature of the EICAR file alone: the official one is 300 MB, and what it knows is not what is tested.
"""

from __future__ import annotations

import os
import shutil
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.protocol import ProcessProtocol

from chatr.files.clamd import Clamd
from tests.contract_suites.storage import content
from tests.files.test_clamd import EICAR, ClamdCase


class RealTests(ClamdCase):
    """Debian's clamd."""

    async def setUp(self) -> None:
        program = shutil.which("clamd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
        assert program is not None, "there is no clamd on this machine: apt install clamav-daemon"
        super().setUp()
        self.folder.chmod(0o755)
        database = self.folder / "database"
        database.mkdir()
        (database / "test.ndb").write_text(f"Eicar-Test-Signature:0:0:{EICAR.hex()}\n")
        self.socket = self.folder / "clamd.socket"
        settings = self.folder / "clamd.conf"
        settings.write_text(
            f"LocalSocket {self.socket}\nDatabaseDirectory {database}\nTemporaryDirectory {self.folder}\n"
            "Foreground yes\nStreamMaxLength 2M\nUser root\n"
        )
        ready, self.ended = Listening(), Deferred[None]()
        ready.ended = self.ended
        line = [program, "--foreground", "--config-file", str(settings)]
        self.process = reactor.spawnProcess(ready, program, line, env=dict(os.environ))  # type: ignore[attr-defined]
        self.addCleanup(self.stop)
        await ready.listening

    async def stop(self) -> None:
        self.process.signalProcess("KILL")
        await self.ended

    async def test_eicar(self) -> None:
        """It finds EICAR and nothing else, and refuses what is longer than it takes."""
        clamd = Clamd(self.disk, str(self.socket), timeout_s=20)
        self.assertIsNone(await clamd.scan(self.file(content(1_000_000))))
        self.assertEqual(await clamd.scan(self.file(EICAR)), "Eicar-Test-Signature.UNOFFICIAL")
        error = await self.refused(clamd, content(5_000_000))
        self.assertIn("StreamMaxLength", str(error))


class Listening(ProcessProtocol):
    """Waits until clamd says that it is ready."""

    def __init__(self) -> None:
        self.listening: Deferred[None] = Deferred()
        self.ended: Deferred[None] = Deferred()
        self.said = b""

    def outReceived(self, data: bytes) -> None:
        self.said += data
        if b"Self checking every" in self.said and not self.listening.called:
            self.listening.callback(None)

    errReceived = outReceived

    def processEnded(self, reason: Any) -> None:
        if not self.listening.called:
            self.listening.errback(RuntimeError(self.said.decode()))
        self.ended.callback(None)
