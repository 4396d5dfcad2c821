"""HTTP and WebSocket side by side: the upgrade, and REST calls of somebody who has realtime connections, too."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

from twisted.internet import reactor
from twisted.internet.endpoints import TCP4ClientEndpoint
from twisted.internet.protocol import Factory

from tests.e2e.client import Wamp
from tests.e2e.server import ServerCase
from tests.e2e.test_sessions import SessionCase
from tests.wamp.case import HELLO
from tests.wamp.transports.test_sockets import UPGRADE, EagerClient
from tests.wamp.wires import TEXT, client_frame

HEARD = "chatr.message.edited"


class UpgradeTests(ServerCase):
    """The way from HTTP to WebSocket."""

    async def test_hello_with_the_upgrade(self) -> None:
        """What comes in one packet with the upgrade request is not lost on the HTTP port."""
        eager = EagerClient(UPGRADE + client_frame(TEXT, json.dumps(HELLO).encode()))
        endpoint = TCP4ClientEndpoint(reactor, "127.0.0.1", self.http_port)
        await endpoint.connect(Factory.forProtocol(lambda: eager))
        await eager.challenged.addTimeout(10, reactor)
        eager.transport.abortConnection()


class ConnectionTests(SessionCase):
    """X-Chatr-Connection."""

    async def test_the_connection_that_a_rest_call_names_hears_nothing_of_it(self) -> None:
        """It is told which one it is by WELCOME; all others of that person, and of the other one, get the event."""
        phone, laptop = await self.connect(self.ann.token), await self.connect(self.ann.token)
        bens = await self.connect(self.ben.token)
        sent = await self.ann.send(self.ben, "x")
        named = str(phone.welcome["connection"])
        await self.edit(sent["id"], "y", named)
        for wamp in (laptop, bens):
            await self.event(wamp, HEARD)
        self.assertEqual(await self.heard(phone), 0)

    async def test_without_the_header_all_hear_it(self) -> None:
        """Nobody knows which connection is the caller's."""
        phone = await self.connect(self.ann.token)
        sent = await self.ann.send(self.ben, "x")
        await self.edit(sent["id"], "y", "")
        await self.event(phone, HEARD)

    async def test_only_a_connection_of_the_same_sign_in_counts(self) -> None:
        """Who names another's connection, or one that is none, keeps nothing from anybody."""
        phone, bens = await self.connect(self.ann.token), await self.connect(self.ben.token)
        login = {"login": "ann", "password": "Correct-horse-7"}
        other = await self.connect((await self.rest("POST", "/auth/login", login))["accessToken"])
        sent = await self.ann.send(self.ben, "x")
        names = (str(bens.welcome["connection"]), str(other.welcome["connection"]), "nonsense", "x" * 5000, "é")
        for number, named in enumerate(names, 1):
            await self.edit(sent["id"], f"y{number}", named)
            for wamp in (phone, other, bens):
                await self.event(wamp, HEARD, partial(_says, f"y{number}"))

    async def edit(self, message_id: str, content: str, connection: str) -> None:
        headers = {"X_Chatr_Connection": connection} if connection else {}
        await self.ann.rest("PATCH", f"/messages/{message_id}", {"content": content}, **headers)

    async def heard(self, wamp: Wamp) -> int:
        """How many edits a connection has heard of, with a call as the barrier."""
        await wamp.call("user.me")
        return [topic for topic, _ in wamp.events].count(HEARD)


def _says(content: str, payload: dict[str, Any]) -> bool:
    return bool(payload["message"]["content"] == content)
