"""A whole server in this process, on real ports of 127.0.0.1, and people with accounts on it."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import treq
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.trial.unittest import TestCase
from twisted.web.client import HTTPConnectionPool

from chatr.config import load
from chatr.tap import ChatrService
from tests.box import box
from tests.letters import last_code

PASSWORD = "Correct-horse-7"


class Account:
    """Somebody who registered over REST."""

    def __init__(self, case: ServerCase, session: dict[str, Any]) -> None:
        self._case = case
        self.session = session
        self.id: str = session["user"]["id"]
        self.token: str = session["accessToken"]

    async def rest(self, verb: str, path: str, body: Any = None, status: int = 200, **headers: str) -> Any:
        """Call REST as this person; the answer must have the status."""
        sent = {"Authorization": f"Bearer {self.token}", **{name.replace("_", "-"): v for name, v in headers.items()}}
        return await self._case.rest(verb, path, body, status, headers=sent)

    async def ticket(self) -> str:
        """A fresh one-use WAMP ticket."""
        ticket: str = (await self.rest("POST", "/auth/ticket", {}))["ticket"]
        return ticket

    async def send(self, to: Account, content: str, client_id: str = "") -> Any:
        """Send a message over REST."""
        body = {"recipientId": to.id, "content": content, "clientId": client_id or str(uuid.uuid4())}
        return await self.rest("POST", "/messages", body, 201)


class ServerCase(TestCase):
    """Starts the service as twistd would, on a clean database. ``settings`` overrides the configuration."""

    settings: dict[str, str] = {}

    async def setUp(self) -> None:
        self.dsn = box().shared()
        self.addCleanup(box().clean, self.dsn)
        self.data_dir = Path(self.mktemp()).absolute()
        options = {
            "server.http": "tcp:0:interface=127.0.0.1",
            "server.rawsocket": "tcp:0:interface=127.0.0.1",
            "server.data_dir": str(self.data_dir),
            "database.dsn": self.dsn,
            "auth.bcrypt_cost": "4",
            **self.settings,
        }
        self.failures: list[str] = []
        self._options = options
        self._pool = HTTPConnectionPool(reactor, persistent=False)
        await self.restart()
        self.addCleanup(lambda: Deferred.fromCoroutine(self.service.stop()))

    async def restart(self) -> None:
        """Start the service, for the first time or on what the last one left, on new ports."""
        self.service = ChatrService(load(None, {}, self._options), reactor, on_failure=self.failures.append)
        await self.service.start()
        self.http_port, self.rawsocket_port = [port.getHost().port for port in self.service.ports]
        self.url = f"http://127.0.0.1:{self.http_port}"
        self.websocket_url = f"ws://127.0.0.1:{self.http_port}/ws"

    async def rest(self, verb: str, path: str, body: Any = None, status: int = 200, headers: Any = None) -> Any:
        """Call REST; the answer must have the status, unless that is 0."""
        more = {} if body is None else {"json": body}
        answer = await treq.request(
            verb, f"{self.url}/api{path}", headers=headers or {}, pool=self._pool, timeout=20, **more
        )
        await self.service.node.ports.accounts.outbound.settled()
        content = await answer.json()
        self.assertEqual(answer.code, status or answer.code, content)
        return content

    async def person(self, name: str) -> Account:
        """Register, read the code from the outbox, verify."""
        email = f"{name}@example.org"
        made = await self.rest("POST", "/auth/register", {"username": name, "email": email, "password": PASSWORD}, 201)
        code = self.code(email)
        return Account(self, await self.rest("POST", "/auth/verify-email", {"userId": made["userId"], "code": code}))

    async def acquaint(self, one: Account, other: Account) -> None:
        """Make friends of two, so that they can write to each other without asking."""
        asked = await one.rest("POST", "/friends/request", {"addresseeId": other.id}, 201)
        await other.rest("POST", f"/friends/{asked['friendship']['id']}/accept", {})

    def code(self, email: str) -> str:
        """The code in the newest mail to an address."""
        return last_code(self.data_dir / "outbox", email)
