"""What tests of the client stand on: a real server on a real socket, and two friends."""

from __future__ import annotations

from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred, DeferredQueue, gatherResults

from chatr.client import AccessToken, Client
from chatr.client import client as client_module
from tests.e2e.server import ServerCase


class ClientCase(ServerCase):
    """Ann writes over REST; Ben has a client. Both are friends."""

    settings = {"limits.enabled": "false"}

    async def setUp(self) -> None:
        await super().setUp()
        self.patch(client_module, "FIRST_S", 0.01)
        self.ann, self.ben = await self.person("ann"), await self.person("ben")
        await self.acquaint(self.ann, self.ben)
        self.heard: list[tuple[str, dict[str, Any]]] = []
        self.news: DeferredQueue[str] = DeferredQueue()
        self.clients: list[Client] = []
        self.addCleanup(lambda: gatherResults([Deferred.fromCoroutine(client.stop()) for client in self.clients]))

    def listen(self, name: str, data: dict[str, Any]) -> None:
        self.heard.append((name, data))
        self.news.put(name)

    async def until(self, name: str) -> None:
        """Wait for an event of a kind that was not waited for yet."""
        while await self.news.get() != name:
            pass

    def client(self, listener: Any = None, credentials: Any = None, **options: Any) -> Client:
        who = credentials or AccessToken(self.ben.token)
        client = Client(reactor, self.websocket_url, who, listener or self.listen, **options)
        self.clients.append(client)
        return client

    def texts(self) -> list[str]:
        """The texts that were handed over, in order."""
        return [data["message"]["content"] for name, data in self.heard if name == "message.received"]

    def cut(self) -> None:
        """End every connection from the server's side, without a word."""
        for session in self.service.node.wamp.router.sessions.everyone():
            session._link.cut(1001, "cut")  # type: ignore[union-attr]
