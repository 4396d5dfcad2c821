"""What peers can have written into the log."""

from __future__ import annotations

from twisted.internet.error import ConnectionDone
from twisted.logger import LogEvent, LogLevel, formatEvent, globalLogPublisher
from twisted.python.failure import Failure

from tests.wamp.transports.test_websocket import MemoryCase
from tests.wamp.wires import PONG, client_frame


class LogTests(MemoryCase):
    """Faults of peers are no news."""

    def test_peers_write_no_lines(self) -> None:
        """A thousand pongs that answer no ping, a peer that goes mute, and one that never finishes its closing.

        Before, 1,002 lines: a pong of six bytes made one of 110 while a ping waited for its answer, ten seconds long,
        and each connection that was dropped another.
        """
        lines: list[str] = []

        def heard(event: LogEvent) -> None:
            if event["log_level"] > LogLevel.debug:
                lines.append(formatEvent(event))

        globalLogPublisher.addObserver(heard)
        self.addCleanup(globalLogPublisher.removeObserver, heard)
        client, other = self.joined(), self.joined()
        self.clock.advance(25)
        self.clock.advance(0)
        for _ in range(1000):
            client.server.dataReceived(client_frame(PONG, b"x"))
        other.send(b"[0]")
        self.clock.advance(10.1)
        self.assertTrue(client.transport.disconnected)
        self.assertTrue(other.transport.disconnecting or other.transport.disconnected)
        self.assertEqual(lines, [])
        for each in (client, other):
            each.server.connectionLost(Failure(ConnectionDone()))
