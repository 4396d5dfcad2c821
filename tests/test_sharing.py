"""Turns between those who send."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint, serverFromString
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.task import deferLater
from twisted.trial.unittest import SynchronousTestCase, TestCase

from chatr.process.incidents import Incidents
from chatr.rest.http.connections import Connections
from chatr.rest.http.request import ChatrRequest
from chatr.sharing import LEAST_BYTES, MOST_BYTES, SETTLES_S, SHARE_S, TURN_S, Shared, Sharing, Standing, expect_body
from tests.rest.test_app import Raw, RestCase

HELD = 50 * LEAST_BYTES


class Sender:
    """A connection that has received much. Each piece costs its whole share."""

    def __init__(self, case: TurnTests, key: str, size: int = HELD, *, standing: Standing = Standing.STRANGER) -> None:
        self.turn_key = key
        self.standing = standing
        self.left = size
        self.halted = False
        self.failed = False
        self.ready = True
        self._case = case

    def hand_on(self, most_bytes: int) -> None:
        self._case.log.append(self)
        self._case.now += SHARE_S
        self.left = max(0, self.left - most_bytes)
        self.ready = self.left > 0

    def halt(self) -> None:
        self.halted = True

    def go_on(self) -> None:
        self.halted = False

    def fail(self) -> None:
        self.failed = True


class Broken(Sender):
    """Its protocol raises."""

    def hand_on(self, most_bytes: int) -> None:
        super().hand_on(most_bytes)
        raise ZeroDivisionError


class OneByOne:
    """A clock whose turns are those of a reactor: what is asked for in one happens in the next."""

    def __init__(self) -> None:
        self._calls: list[Callable[[], None]] = []

    def callLater(self, _: float, call: Callable[[], None]) -> object:
        self._calls.append(call)
        return call

    def turn(self) -> None:
        calls, self._calls = self._calls, []
        for call in calls:
            call()


class TurnTests(SynchronousTestCase):
    """Who is next."""

    def setUp(self) -> None:
        clock: Any = OneByOne()
        self.clock, self.now, self.log = clock, 0.0, list[Sender]()
        self.sharing = Sharing(clock, seconds=lambda: self.now)

    def received(self, *senders: Sender) -> None:
        for sender in senders:
            self.sharing.received(sender)

    def test_a_share_and_no_more(self) -> None:
        """A connection gets on with its share at once; for the rest it waits, and is not read from meanwhile."""
        sender = Sender(self, "ann")
        self.received(sender)
        self.assertEqual((len(self.log), sender.halted, len(self.sharing)), (1, True, 1))
        while self.sharing:
            self.clock.turn()
        self.assertEqual((sender.left, sender.halted), (0, False))

    def test_a_turn_is_bounded(self) -> None:
        """Of a crowd that sends at once no more is done in a turn of the reactor than there is time for."""
        crowd = [Sender(self, f"{number}") for number in range(200)]
        self.received(*crowd)
        most = round(TURN_S / SHARE_S)
        self.assertEqual(len(self.log), most)
        self.clock.turn()
        self.assertEqual(len(self.log), 2 * most)

    def test_callers_take_turns(self) -> None:
        """Whoever has two hundred connections has one turn, and so has everybody else."""
        crowd = [Sender(self, "crowd") for _ in range(200)]
        self.received(*crowd)
        ann = Sender(self, "ann", 1)
        self.received(ann)
        self.clock.turn()
        self.assertIn(ann, self.log[: round(TURN_S / SHARE_S) + 2])

    def test_a_crowd_keeps_no_other_standing_waiting(self) -> None:
        """Behind a crowd of strangers or newcomers whoever has been here is among the next three; and so all round.

        Before, in the order in which they came: behind 3,600 who connected at once a send took more than a second.
        """
        for crowded, standing in itertools.permutations(Standing, 2):
            crowd = [Sender(self, f"{number}", 1, standing=crowded) for number in range(200)]
            self.received(*crowd)
            ann = Sender(self, "ann", 1, standing=standing)
            self.received(ann)
            self.log.clear()
            self.clock.turn()
            self.assertIn(ann, self.log[:3])
            while self.sharing:
                self.clock.turn()

    def test_standing(self) -> None:
        """Whoever signs in is a newcomer for a while, also when each request says anew who it is from."""
        connection = Shared()
        connection.sharing = self.sharing
        seen = [connection.standing]
        for _ in range(2):
            connection.count_for("192.0.2.1", known=False)
            connection.count_for("ann", known=True)
            seen.append(connection.standing)
            self.now += SETTLES_S
        connection.count_for("192.0.2.1", known=False)
        seen.append(connection.standing)
        self.assertEqual(seen, [Standing.STRANGER, Standing.NEWCOMER, Standing.SETTLED, Standing.STRANGER])

    def test_looks_away_when_something_comes(self) -> None:
        """Whoever takes nothing for a moment in which nothing comes costs the reactor nothing."""
        told: list[str] = []

        class Transport:
            def pauseProducing(self) -> None:
                told.append("pause")

            def resumeProducing(self) -> None:
                told.append("resume")

            def doRead(self) -> None:
                told.append("read")

        class Connection(Shared, Transport):
            pass

        connection = Connection()
        for stop, go_on in (
            (connection.pauseProducing, connection.resumeProducing),
            (connection.halt, connection.go_on),
        ):
            stop()
            go_on()
            self.assertEqual(told, ["resume"])
            connection.doRead()
            stop()
            connection.doRead()
            go_on()
            self.assertEqual(told, ["resume", "read", "pause", "resume"])
            told.clear()
        connection.halt()
        connection.pauseProducing()
        connection.go_on()
        self.assertEqual(told, [])

    def test_gone(self) -> None:
        """What a connection has sent that is no more is passed over."""
        first, second = Sender(self, "ann"), Sender(self, "ann")
        self.received(first, second)
        self.sharing.gone(first)
        self.log.clear()
        self.clock.turn()
        self.assertEqual(set(self.log), {second})

    def test_failures(self) -> None:
        """A protocol that raises ends its own connection, and keeps nobody else waiting."""
        broken, ann = Broken(self, "broken"), Sender(self, "ann", 1)
        self.sharing.wait(broken)
        self.sharing.wait(ann)
        self.clock.turn()
        self.assertEqual((broken.failed, ann.left, len(self.sharing)), (True, 0, 0))
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)


class Reading(Protocol):
    """Remembers the pieces that it was handed; at ``stop`` bytes it takes no more until it is asked to."""

    def __init__(self, stop: int = 0) -> None:
        self.pieces: list[bytes] = []
        self._stop = stop

    def dataReceived(self, data: bytes) -> None:
        self.pieces.append(data)
        if self._stop and sum(map(len, self.pieces)) >= self._stop:
            self._stop = 0
            self.transport.pauseProducing()  # type: ignore[union-attr]
            self.transport.write(b"stopped")  # type: ignore[union-attr]
        if data.endswith(b"."):
            self.transport.write(b"done")  # type: ignore[union-attr]


class SocketTests(TestCase):
    """Real sockets below."""

    async def listen(
        self, reading: Reading, seconds: Callable[[], float] = time.perf_counter
    ) -> tuple[TCP4ClientEndpoint, Connections]:
        """A port with one connection to it, whose turns are measured so; nobody waits at the end."""
        clock: Any = reactor
        sharing = Sharing(clock, seconds=seconds)
        connections = Connections(
            per_caller=0, exempt_loopback=False, incidents=Incidents(clock.seconds), sharing=sharing
        )
        factory: Any = Factory()
        factory.buildProtocol = lambda _: reading
        port = await serverFromString(reactor, "tcp:0:interface=127.0.0.1").listen(factory)
        self.addCleanup(port.stopListening)
        self.addCleanup(lambda: self.assertEqual(len(sharing), 0))
        connections.guard(port)
        return TCP4ClientEndpoint(reactor, "127.0.0.1", port.getHost().port), connections

    async def pieces(self, reading: Reading, sent: bytes) -> bytes:
        """What the protocol has been handed when it has seen the end."""
        port, connections = await self.listen(reading)
        client: Raw = await port.connect(Factory.forProtocol(Raw))
        client.transport.write(sent)  # type: ignore[union-attr]
        if reading._stop:
            await client.hears(b"stopped")
            seen = len(reading.pieces)
            # Nothing more comes, however often the reactor turns, until it may.
            await _turns()
            self.assertEqual(len(reading.pieces), seen)
            reading.transport.resumeProducing()  # type: ignore[union-attr]
        await client.hears(b"done")
        client.transport.abortConnection()  # type: ignore[union-attr]
        await client.closed
        while connections.open:
            await _turns()
        return b"".join(reading.pieces)

    async def test_small_pieces(self) -> None:
        """All arrives, in order, and no piece is larger than what can be looked at in between (before: 64 KiB)."""
        sent = bytes(number % 251 for number in range(400_000)) + b"."
        reading = Reading()
        self.assertEqual(await self.pieces(reading, sent), sent)
        self.assertLessEqual(max(map(len, reading.pieces)), MOST_BYTES)

    async def test_body(self) -> None:
        """The body of an upload comes in pieces as large as the socket's; what follows it in small ones again."""

        class Uploading(Reading):
            def dataReceived(self, data: bytes) -> None:
                if not self.pieces:
                    expect_body(self.transport, 200_000)
                super().dataReceived(data)

        sent = bytes(number % 251 for number in range(400_000)) + b"."
        reading = Uploading()
        self.assertEqual(await self.pieces(reading, sent), sent)
        at = itertools.accumulate(map(len, reading.pieces))
        ends = [(end, len(piece)) for end, piece in zip(at, reading.pieces, strict=True)]
        self.assertGreater(max(size for _, size in ends), 4 * MOST_BYTES)
        self.assertLessEqual(max(size for end, size in ends if end - size > 200_000 + MOST_BYTES), MOST_BYTES)

    async def test_paused(self) -> None:
        """A protocol that takes nothing is handed nothing, though there is more; then all of it."""
        sent = bytes(number % 251 for number in range(60_000)) + b"."
        self.assertEqual(await self.pieces(Reading(stop=10_000), sent), sent)

    async def test_the_end_waits(self) -> None:
        """What was sent before the end is handed on, though the end comes while it waits for a hundred turns."""
        ticks = itertools.count()
        sent = bytes(number % 251 for number in range(100 * LEAST_BYTES))
        reading, ended = Reading(), Deferred[None]()
        self.patch(reading, "connectionLost", lambda _: ended.callback(None))
        port, _ = await self.listen(reading, lambda: next(ticks) * SHARE_S)
        client: Raw = await port.connect(Factory.forProtocol(Raw))
        client.transport.write(sent)  # type: ignore[union-attr]
        client.transport.loseConnection()  # type: ignore[union-attr]
        await ended
        self.assertEqual(b"".join(reading.pieces), sent)
        self.assertGreaterEqual(len(reading.pieces), 100)


class ServerTests(RestCase):
    """A crowd on the server's own port."""

    async def test_pipelining_holds_up_nobody(self) -> None:
        """1,600 requests come at once, and one of somebody else behind them: that has its turn after a share of them.

        Before, behind as many as fit into what the first does not read: 92. And 200 such connections of one address
        held up the sends of others for 4 s.
        """
        asked: list[bytes] = []
        process = ChatrRequest.process

        def spy(request: ChatrRequest) -> None:
            asked.append(request.path)
            process(request)

        self.patch(ChatrRequest, "process", spy)
        crowd, other = await self.raw(b""), await self.raw(b"")
        connections = self.service.node.connections  # type: ignore[union-attr]
        while connections.open < 2:
            await _turns()
        crowd.transport.write(b"GET /api/users/me HTTP/1.1\r\nHost: a\r\n\r\n" * 1600)  # type: ignore[union-attr]
        other.transport.write(b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n")  # type: ignore[union-attr]
        await other.hears(b'"ok"')
        self.assertLess(asked.index(b"/health"), 60)
        for client in (crowd, other):
            client.transport.abortConnection()  # type: ignore[union-attr]
            await client.closed


async def _turns() -> None:
    for _ in range(50):
        await deferLater(reactor, 0)  # type: ignore[arg-type]
