"""A small WAMP-JSON client that resumes as spec/sync.md says: what the fault tests fold and compare."""

from __future__ import annotations

import json
from itertools import count
from typing import Any

from autobahn.twisted.websocket import WebSocketClientFactory, WebSocketClientProtocol
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint

from chatr.timers import Timers


class Lost(Exception):
    """The connection is gone: the fate of the call is unknown."""


class Refused(Exception):
    """A coded error."""

    def __init__(self, uri: str, kwargs: dict[str, Any]) -> None:
        super().__init__(uri, kwargs)
        self.uri = uri


class _Protocol(WebSocketClientProtocol):
    wamp: Wamp

    def onOpen(self) -> None:
        self.wamp._opened(self)

    def onMessage(self, payload: bytes, isBinary: bool) -> None:
        self.wamp._heard(json.loads(payload))

    def onClose(self, wasClean: bool, code: int | None, reason: str | None) -> None:
        self.wamp._closed(code, reason)


class Wamp:
    """One connection: calls, events, the last words."""

    def __init__(self) -> None:
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.goodbye: str | None = None
        self.closed: Deferred[None] = Deferred()
        self.is_closed = False
        self._requests = count(1)
        self._waiting: dict[int, Deferred[Any]] = {}
        self._topics: dict[int, str] = {}
        self._opening: Deferred[Wamp] = Deferred()
        self._ticket = ""
        self._methods: list[str] = []
        self.welcome: dict[str, Any] = {}
        self._protocol: Any = None

    @classmethod
    async def connect(
        cls, port: int, ticket: str, *, methods: list[str] | None = None, origin: str | None = None, headers: Any = None
    ) -> Wamp:
        """Open a session and subscribe to everything of chatr. Raises :class:`Refused`."""
        self = cls()
        self._ticket = ticket
        self._methods = methods or ["ticket"]
        factory = WebSocketClientFactory(
            f"ws://127.0.0.1:{port}/ws", protocols=["wamp.2.json"], origin=origin, headers=headers
        )
        factory._batched_timer = Timers(reactor)
        factory.protocol = type("Protocol", (_Protocol,), {"wamp": self})
        await TCP4ClientEndpoint(reactor, "127.0.0.1", port).connect(factory)
        try:
            await self._opening
        except Refused:
            await self.closed
            raise
        await self._request([32], {"match": "prefix"}, "chatr.")
        return self

    async def call(self, name: str, /, **kwargs: Any) -> Any:
        """Call ``chatr.<name>``. Raises :class:`Refused` and :class:`Lost`."""
        return await self._request([48], {}, f"chatr.{name}", [], kwargs)

    def begin(self, name: str, **kwargs: Any) -> Deferred[Any]:
        """The same without waiting."""
        return self._request([48], {}, f"chatr.{name}", [], kwargs)

    def cut(self) -> None:
        """End the connection without a word."""
        self._protocol.transport.abortConnection()

    def leave(self) -> Deferred[None]:
        """End the connection politely; fires when it is closed."""
        self._protocol.sendMessage(json.dumps([6, {}, "wamp.close.close_realm"]).encode())
        return self.closed

    def _request(self, head: list[int], *rest: Any) -> Deferred[Any]:
        request = next(self._requests)
        waiter: Deferred[Any] = Deferred()
        if self.is_closed:
            waiter.errback(Lost())
            return waiter
        self._waiting[request] = waiter
        self._protocol.sendMessage(json.dumps([*head, request, *rest]).encode())
        return waiter

    def _opened(self, protocol: Any) -> None:
        self._protocol = protocol
        hello = [1, "chatr", {"roles": {"caller": {}, "subscriber": {}}, "authmethods": self._methods}]
        protocol.sendMessage(json.dumps(hello).encode())

    def _heard(self, message: list[Any]) -> None:
        kind = message[0]
        if kind == 4:
            self._protocol.sendMessage(json.dumps([5, self._ticket, {}]).encode())
        elif kind == 2:
            self.welcome = message[2]
            self._opening.callback(self)
        elif kind == 3:
            self._opening.errback(Refused(message[2], message[1]))
        elif kind == 6:
            self.goodbye = message[2]
            self._protocol.sendMessage(json.dumps([6, {}, "wamp.close.goodbye_and_out"]).encode())
        elif kind == 36:
            self.events.append((message[3]["topic"], message[5]))
        elif kind in (33, 50):
            self._waiting.pop(message[1]).callback(message[4] if kind == 50 else message[2])
        elif kind == 8:
            self._waiting.pop(message[2]).errback(Refused(message[4], message[6]))

    def _closed(self, code: int | None, reason: str | None) -> None:
        self.is_closed = True
        waiting, self._waiting = self._waiting, {}
        for waiter in waiting.values():
            waiter.errback(Lost())
        self.closed.callback(None)


async def whole_log(wamp: Wamp, conversation_id: str, after: int = 0) -> list[dict[str, Any]]:
    """All entries of a conversation above a seq."""
    entries: list[dict[str, Any]] = []
    while True:
        page = await wamp.call("conversation.log", id=conversation_id, after=after)
        assert page["complete"]
        entries += page["entries"]
        if not page["entries"] or page["entries"][-1]["seq"] >= page["headSeq"]:
            return entries
        after = page["entries"][-1]["seq"]
