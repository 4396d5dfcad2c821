"""Callers who go before it is their turn, at both doors."""

from __future__ import annotations

import json

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.task import deferLater

from chatr.process.turns import Turns
from tests.e2e.client import Lost, Wamp
from tests.e2e.server import PASSWORD, ServerCase


class HangUpTests(ServerCase):
    """Both threads for passwords are taken until a test lets go."""

    settings = {"auth.bcrypt_threads": "2"}

    async def setUp(self) -> None:
        await super().setUp()
        self.ann = await self.person("ann")
        self.taken: list[Deferred[None]] = [Deferred(), Deferred()]
        for each in self.taken:
            self.turns.run("somebody", lambda each=each: each)
        self.addCleanup(self.let_go)

    def let_go(self) -> None:
        taken, self.taken = self.taken, []
        for each in taken:
            each.callback(None)

    @property
    def turns(self) -> Turns:
        assert self.service.node is not None
        return self.service.node.ports.accounts.passwords.turns

    async def waiting(self, count: int) -> None:
        """So many wait for a thread."""
        while len(self.turns) != count:
            await deferLater(reactor, 0)

    async def test_rest(self) -> None:
        """A login whose client has hung up is not looked at when its turn would come; another's is.

        Before, each of 300 was computed for nobody.
        """
        body = json.dumps({"login": "ann", "password": PASSWORD}).encode()
        endpoint = TCP4ClientEndpoint(reactor, "127.0.0.1", self.http_port)
        clients = [await endpoint.connect(Factory.forProtocol(Protocol)) for _ in range(5)]
        for client in clients:
            client.transport.write(
                b"POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                b"Content-Length: %d\r\n\r\n" % len(body) + body
            )
        await self.waiting(5)
        for client in clients:
            client.transport.abortConnection()
        await self.waiting(0)
        # Nor are they counted as tries: the owner may be in a hurry.
        assert self.service.node is not None
        self.assertEqual(await self.service.node.db.query("SELECT 1 FROM sign_in_tries"), [])
        honest = Deferred.fromCoroutine(self.rest("POST", "/auth/login", {"login": "ann", "password": PASSWORD}))
        await self.waiting(1)
        self.let_go()
        self.assertIn("accessToken", await honest)
        sessions = await self.ann.rest("GET", "/auth/sessions")
        self.assertEqual(len(sessions["items"]), 2)

    async def test_wamp(self) -> None:
        """What a session asked for, and did not hear before it ended, is not begun."""
        wamp = await Wamp.connect(self.http_port, await self.ann.ticket())
        change = {"current": PASSWORD, "password": "Another-pass-9"}
        lost = [wamp.begin("password.change", **change) for _ in range(3)]
        await self.waiting(3)
        wamp.cut()
        await wamp.closed
        for each in lost:
            await self.assertFailure(each, Lost)
        await self.waiting(0)
        self.let_go()
        await self.rest("POST", "/auth/login", {"login": "ann", "password": PASSWORD})
