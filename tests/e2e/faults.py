"""A server in a process of its own, which faults are done to."""

from __future__ import annotations

import re
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any

import treq
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.trial.unittest import TestCase
from twisted.web.client import HTTPConnectionPool

from tests.e2e.client import Wamp, whole_log
from tests.e2e.programs import Program
from tests.e2e.server import PASSWORD

TWISTD = [sys.executable, "-c", "from twisted.scripts.twistd import run; run()", "--nodaemon", "--pidfile=", "chatr"]


def about(data: dict[str, Any]) -> str:
    """The id of the message that an entry of a log, or its event, is about."""
    return str(data["message"]["id"] if "message" in data else data["messageId"])


class FaultCase(TestCase):
    """A server that is a process of its own, on an embedded PostgreSQL unless told otherwise."""

    timeout = 90
    port = 0
    """Where it listens; the same after another start."""
    settings: tuple[str, ...] = ("auth.bcrypt_cost=4", "limits.enabled=false")
    twistd = TWISTD

    def setUp(self) -> None:
        # Not below trial's directories, which the account that PostgreSQL runs as can't pass.
        self.data_dir = Path(tempfile.mkdtemp(prefix="chatr-test-"))
        self.data_dir.chmod(0o711)
        self.addCleanup(shutil.rmtree, self.data_dir)
        self.database: list[str] = []
        self.program: Program | None = None
        self._pool = HTTPConnectionPool(reactor, persistent=False)
        self.tokens: dict[str, str] = {}
        self.ids: dict[str, str] = {}
        self.open: list[Wamp] = []
        # Cleanups run in reverse, and before tearDown: the server ends before its directory goes.
        self.addCleanup(lambda: Deferred.fromCoroutine(self.end_all()))

    async def end_all(self) -> None:
        for wamp in self.open:
            if not wamp.is_closed:
                wamp.cut()
                await wamp.closed
        if self.program is not None and self.program.transport.pid:
            await self.stop(signal.SIGTERM)

    async def start(self) -> None:
        """Start the server and wait until it is ready."""
        options = ["--http", f"tcp:{self.port}:interface=127.0.0.1", "--data-dir", str(self.data_dir), *self.database]
        for setting in self.settings:
            options += ["--set", setting]
        self.program = Program([*self.twistd, *options])
        said = await self.program.says("Chatr is ready at")
        found = re.search(r"Chatr is ready at http://127\.0\.0\.1:(\d+)/", said)
        assert found is not None
        self.port = int(found[1])

    async def stop(self, number: int) -> str:
        """Send a signal, wait for the end, and return what the server said."""
        assert self.program is not None
        program, self.program = self.program, None
        program.kill(number)
        await program.ended
        return program.output + program.errors

    async def rest(self, path: str, body: Any, token: str = "") -> Any:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        answer = await treq.post(
            f"http://127.0.0.1:{self.port}/api{path}", json=body, headers=headers, pool=self._pool, timeout=20
        )
        content = await answer.json()
        self.assertLess(answer.code, 300, content)
        return content

    async def person(self, name: str) -> None:
        """Register somebody and sign them in."""
        email = f"{name}@example.org"
        made = await self.rest("/auth/register", {"username": name, "email": email, "password": PASSWORD})
        mail = max((self.data_dir / "outbox").glob("*.eml")).read_text()
        code = re.search(r"\b[0-9]{6}\b", mail.partition("\n\n")[2])
        assert code is not None
        session = await self.rest("/auth/verify-email", {"userId": made["userId"], "code": code[0]})
        self.tokens[name], self.ids[name] = session["accessToken"], session["user"]["id"]

    async def friends(self, one: str, other: str) -> None:
        """Register two people who may write to each other."""
        for name in (one, other):
            await self.person(name)
        asked = await self.rest("/friends/request", {"addresseeId": self.ids[other]}, self.tokens[one])
        await self.rest(f"/friends/{asked['friendship']['id']}/accept", {}, self.tokens[other])

    async def wamp(self, name: str) -> Wamp:
        """A WAMP session of somebody, opened with their access token."""
        wamp = await Wamp.connect(self.port, self.tokens[name])
        self.open.append(wamp)
        return wamp

    async def equal_logs(self, people: list[str], conversation: str) -> list[dict[str, Any]]:
        """The conversation's log, which is the same for all and without a gap."""
        logs = []
        for name in people:
            wamp = await self.wamp(name)
            entries = await whole_log(wamp, conversation)
            logs.append([(entry["seq"], entry["event"], about(entry["data"])) for entry in entries])
        self.assertEqual([seq for seq, *_ in logs[0]], list(range(1, len(logs[0]) + 1)))
        for log in logs[1:]:
            self.assertEqual(log, logs[0])
        return entries
