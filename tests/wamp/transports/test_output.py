"""The output queue of one connection, on real sockets."""

from __future__ import annotations

import socket
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase, TestCase

from chatr import flushing
from chatr.flushing import Turn
from chatr.wamp.transports.output import CHUNK_BYTES, OutputQueue


class Transport:
    """A transport that is none of Twisted's: only ``write`` may be used on it."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.producer: Any = "ours"

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def unregisterProducer(self) -> None:
        self.producer = None


class QueueTests(SynchronousTestCase):
    """Bounds and order, on any transport."""

    def setUp(self) -> None:
        self.clock, self.transport = Clock(), Transport()
        self.overflows = 0
        self.output = OutputQueue(self.transport, Turn(self.clock), max_bytes=1000, on_overflow=self.overflowed)

    def overflowed(self) -> None:
        self.overflows += 1

    def test_one_write_a_turn(self) -> None:
        """Frames of one turn leave together at its end, in order."""
        for frame in (b"a", b"b", b"c"):
            self.output.send(frame)
        self.assertEqual((self.transport.written, self.output.queued_bytes), ([], 3))
        self.clock.advance(0)
        self.assertEqual((self.transport.written, self.output.queued_bytes), ([b"abc"], 0))
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_many(self) -> None:
        """Of many outputs a part is written to in one turn; what the others get meanwhile goes with what they have."""
        self.patch(flushing, "FEW", 3)
        self.patch(flushing, "PART", 2)
        turn, transports = Turn(self.clock), [Transport() for _ in range(5)]
        outputs = [OutputQueue(each, turn, max_bytes=1000, on_overflow=self.overflowed) for each in transports]

        def publish(frame: bytes) -> None:
            for each in outputs:
                each.send(frame)

        publish(b"a")
        self.clock.callLater(0, publish, b"b")
        self.clock.advance(0)
        self.assertEqual([each.written for each in transports], [[b"a", b"b"]] * 2 + [[b"ab"]] * 3)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_one_that_fails(self) -> None:
        """The others are written to all the same."""
        turn, transports = Turn(self.clock), [Transport() for _ in range(3)]
        outputs = [OutputQueue(each, turn, max_bytes=1000, on_overflow=self.overflowed) for each in transports]
        for each in outputs:
            each.send(b"a")
        self.patch(transports[0], "write", lambda data: 1 / 0)
        self.clock.advance(0)
        self.assertEqual([each.written for each in transports[1:]], [[b"a"]] * 2)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    def test_one_place(self) -> None:
        """An output waits for one turn, however often it is flushed and written to until then."""
        turn = Turn(self.clock)
        busy = OutputQueue(self.transport, turn, max_bytes=1000, on_overflow=self.overflowed)
        for _ in range(3):
            busy.send(b"a")
            busy.flush()
        busy.send(b"b")
        self.assertEqual(len(turn._dirty), 1)
        self.clock.advance(0)
        busy.send(b"c")
        self.clock.advance(0)
        self.assertEqual(self.transport.written, [b"a", b"a", b"a", b"b", b"c"])

    def test_paused(self) -> None:
        """While the peer does not read, frames wait; then they leave in order."""
        self.output.pauseProducing()
        self.output.send(b"a")
        self.clock.advance(0)
        self.output.send(b"b")
        self.assertEqual(self.transport.written, [])
        self.output.resumeProducing()
        self.assertEqual(self.transport.written, [b"ab"])

    def test_ephemeral_frames_go_first(self) -> None:
        """Over the bound ephemeral frames are dropped, oldest first, and nothing else is."""
        self.output.pauseProducing()
        for number in range(5):
            self.output.send(b"e%d" % number * 50, ephemeral=True)
            self.output.send(b"d%d" % number * 50)
        self.output.send(b"x" * 100)
        self.assertEqual((self.overflows, self.output.dropped), (0, 1))
        self.output.resumeProducing()
        sent = b"".join(self.transport.written)
        self.assertNotIn(b"e0", sent)
        self.assertLess(sent.index(b"d0"), sent.index(b"e1"))
        self.assertEqual(len(sent), 1000)

    def test_overflow_once(self) -> None:
        """When nothing ephemeral is left to drop, the owner is told once and nothing more is taken."""
        self.output.pauseProducing()
        for _ in range(20):
            self.output.send(b"x" * 100)
        self.assertEqual(self.overflows, 1)
        self.output.resumeProducing()
        self.assertEqual(self.transport.written, [])

    def test_burst_is_no_overflow(self) -> None:
        """More than the bound in one turn passes when the peer reads."""
        for _ in range(20):
            self.output.send(b"x" * 100)
        self.clock.advance(0)
        self.assertEqual((self.overflows, sum(map(len, self.transport.written))), (0, 2000))

    def test_finish_and_close(self) -> None:
        """finish hands over what is queued; close drops it."""
        self.output.send(b"a")
        self.output.finish()
        self.output.send(b"b")
        self.clock.advance(0)
        self.assertEqual((self.transport.written, self.transport.producer), ([b"a"], None))
        other = OutputQueue(self.transport, Turn(self.clock), max_bytes=1000, on_overflow=self.overflowed)
        other.send(b"c")
        other.close()
        self.clock.advance(0)
        self.assertEqual((self.transport.written, other.queued_bytes), ([b"a"], 0))


class SocketTests(TestCase):
    """Straight to the socket, and around it when it is full."""

    async def setUp(self) -> None:
        connected: Deferred[Any] = Deferred()

        class Server(Protocol):
            def connectionMade(self) -> None:
                connected.callback(self.transport)

        self.lost: Deferred[None] = Deferred()
        Server.connectionLost = lambda _, reason=None: self.lost.callback(None)  # type: ignore[method-assign]
        self.listening = reactor.listenTCP(0, Factory.forProtocol(Server), interface="127.0.0.1")  # type: ignore[attr-defined]
        self.peer = socket.create_connection(("127.0.0.1", self.listening.getHost().port))
        self.peer.setblocking(False)
        self.transport = await connected
        self.overflows = 0
        self.output = OutputQueue(self.transport, Turn(reactor), max_bytes=200_000, on_overflow=self.overflowed)
        self.transport.registerProducer(self.output, True)
        self.addCleanup(lambda: Deferred.fromCoroutine(self.let_go()))

    async def let_go(self) -> None:
        self.transport.abortConnection()
        self.peer.close()
        await self.lost
        await self.listening.stopListening()

    def overflowed(self) -> None:
        self.overflows += 1

    async def read(self, size: int) -> bytes:
        """Read so many bytes, letting the server write in between."""
        received = b""
        while len(received) < size:
            try:
                received += self.peer.recv(1 << 20)
            except BlockingIOError:
                turn: Deferred[None] = Deferred()
                reactor.callLater(0, turn.callback, None)  # type: ignore[attr-defined]
                await turn
        return received

    async def test_direct(self) -> None:
        """A frame for a peer that reads never sees the transport's buffer."""
        self.output.send(b"hello")
        self.output.flush()
        self.assertEqual(
            (self.peer.recv(10), self.transport.dataBuffer, self.transport._tempDataBuffer), (b"hello", b"", [])
        )

    async def test_order_across_both_ways(self) -> None:
        """What the socket did not take goes through the transport and is not overtaken; large frames stay whole."""
        frames = [b"%06d" % number * 5000 for number in range(150)]
        size, sent = sum(map(len, frames)), 0
        received = b""
        for frame in frames:
            self.output.send(frame)
            self.output.flush()
            sent += len(frame)
            if self.output.queued_bytes > 100_000:
                received += await self.read(sent - len(received) - self.output.queued_bytes - CHUNK_BYTES)
        received += await self.read(size - len(received))
        self.assertEqual(received, b"".join(frames))
        self.assertEqual(self.overflows, 0)

    async def test_peer_that_does_not_read(self) -> None:
        """Memory stays within the bound and a chunk, and the owner is told."""
        taken = 0
        while not self.overflows:
            self.output.send(b"x" * 10_000)
            self.output.flush()
            taken += 1
            waiting = self.output.queued_bytes + len(self.transport.dataBuffer) + self.transport._tempDataLen
            self.assertLessEqual(waiting, 200_000 + 2 * CHUNK_BYTES + 20_000)
            self.assertLess(taken, 10_000)
        self.assertEqual(self.overflows, 1)
