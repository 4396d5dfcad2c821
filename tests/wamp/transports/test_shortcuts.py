"""What is reached for inside Twisted and Autobahn: without it the bytes are the same; nothing else reaches there."""

from __future__ import annotations

import ast
import inspect
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import txaio
from autobahn.twisted import resource
from autobahn.twisted import websocket as adapter
from autobahn.websocket import protocol
from twisted.internet import abstract, reactor, tcp, unix
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint, connectProtocol
from twisted.internet.protocol import Protocol, connectionDone
from twisted.internet.task import Clock
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from chatr.api.events import EVENTS
from chatr.wamp.transports import shortcuts
from tests.wamp.case import HELLO, HISTORY
from tests.wamp.transports.test_sockets import UPGRADE, SocketCase
from tests.wamp.wires import CLOSE, JSON, PING, TEXT, client_frame

TRANSPORTS = Path(shortcuts.__file__).parent


class RawClient(Protocol):
    """Keeps every byte that comes."""

    def __init__(self) -> None:
        self.data = b""
        self.closed: Deferred[None] = Deferred()
        self._wanted: tuple[bytes, int, Deferred[None]] | None = None

    def until(self, text: bytes, *, size: int = 0) -> Deferred[None]:
        """Fires when so much has come, and ``text`` with it."""
        there: Deferred[None] = Deferred()
        self._wanted = (text, size, there)
        self._look()
        return there

    def dataReceived(self, data: bytes) -> None:
        self.data += data
        self._look()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.closed.callback(None)

    def _look(self) -> None:
        if self._wanted is not None and self._wanted[0] in self.data and len(self.data) >= self._wanted[1]:
            (_, _, there), self._wanted = self._wanted, None
            there.callback(None)


class FallbackTests(SocketCase):
    """One session in both ways."""

    async def test_the_same_bytes(self) -> None:
        """Handshake, results, events that fill the socket, a pong, and ABORT for a long message: byte for byte."""
        self.patch(secrets, "token_hex", lambda size: "0" * 2 * size)
        self.patch(secrets, "randbelow", lambda limit: 1)
        direct: list[bool] = []
        send_now = shortcuts.send_now

        def counted(transport: Any, data: bytes) -> bytes:
            direct.append(True)
            return send_now(transport, data)

        self.patch(shortcuts, "send_now", counted)
        quick = await self.transcript()
        self.assertTrue(direct)
        direct.clear()
        self.patch(shortcuts, "USED", False)
        # Where Autobahn's own timers are: they stay there when their connection has ended.
        self.patch(txaio.config, "loop", Clock())
        plain = await self.transcript()
        self.assertEqual(direct, [])
        self.assertGreater(len(quick), 5 * 100_000)
        self.assertTrue(quick == plain)

    async def transcript(self) -> bytes:
        """All that the server says in one session."""
        await self.serve(max_message_bytes=2000, max_handshake_bytes=2000)
        endpoint = TCP4ClientEndpoint(reactor, "127.0.0.1", self.listening.getHost().port)
        client = await connectProtocol(endpoint, RawClient())
        client.transport.write(UPGRADE + client_frame(TEXT, JSON.dumps(HELLO)))
        await client.until(b'[4,"ticket",{}]')
        client.transport.write(client_frame(TEXT, JSON.dumps([5, "alice", {}])))
        await client.until(HISTORY.encode() + b'"}}]')
        client.transport.write(client_frame(TEXT, JSON.dumps([32, 1, {}, EVENTS["sync.required"].topic])))
        await client.until(b"[33,1,1]")
        for letter in "abcde":
            self.announce(letter * 100_000)
        await client.until(b'"' + b"e" * 100_000 + b'"')
        client.transport.write(client_frame(TEXT, JSON.dumps([48, 2, {}, "chatr.echo.whoami"])))
        await client.until(b"[50,2,")
        client.transport.write(client_frame(PING, b"alive?") + client_frame(TEXT, b"x" * 2001))
        await client.until(b"wamp.error.protocol_violation", size=len(client.data))
        client.transport.write(client_frame(CLOSE, b"\x03\xf1"))
        await client.closed
        await self.close_sockets()
        return client.data


class ReachTests(SynchronousTestCase):
    """Who uses what neither library promises."""

    def test_private_attributes_are_in_one_file(self) -> None:
        """No transport but for the shortcuts has an attribute or method by a private name of either library."""
        modules = (protocol, adapter, resource, tcp, abstract, unix)
        private = {
            name for module in modules for name in _names(inspect.getsource(module)) if name[:1] == "_" != name[1:2]
        }
        self.assertTrue({"_tempDataBuffer", "_dataReceived", "_closeConnection"} <= private)
        used = {path.name: private & {*_names(path.read_text())} for path in TRANSPORTS.glob("*.py")}
        self.assertTrue(used.pop("shortcuts.py"))
        self.assertEqual({name: names for name, names in used.items() if names}, {})


def _names(source: str) -> Iterator[str]:
    """The names of all attributes and functions."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name
