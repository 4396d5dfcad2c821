"""What a server writes while people use it: never a password, a code, a token or a secret."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sys
import tempfile
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pyotp
import treq
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.trial.unittest import TestCase
from twisted.web.client import HTTPConnectionPool

from tests.box import box
from tests.e2e.client import Wamp
from tests.e2e.programs import Program

ROOT = Path(__file__).parent.parent.parent
TWISTD = [sys.executable, "-c", "from twisted.scripts.twistd import run; run()", "--nodaemon", "--pidfile="]
PASSWORD, NEW_PASSWORD = "Correct-horse-7", "Another-Staple-9"


class SecretTests(TestCase):
    """A run of a server of its own, with its whole output kept."""

    timeout = 60

    async def setUp(self) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="chatr-test-"))
        self.addCleanup(shutil.rmtree, self.home)
        dsn = box().shared()
        self.addCleanup(box().clean, dsn)
        settings = [f"--set=database.dsn={dsn}", "--set=auth.bcrypt_cost=4", f"--data-dir={self.home}"]
        self.server = Program(
            [*TWISTD, "chatr", "--http=tcp:0:interface=127.0.0.1", *settings],
            {**os.environ, "PYTHONPATH": str(ROOT)},
        )
        self.addCleanup(self.kill)
        said = await self.server.says("Chatr is ready at")
        found = re.search(r"http://127\.0\.0\.1:(\d+)/", said)
        assert found is not None
        self.port = int(found[1])
        self.pool = HTTPConnectionPool(reactor, persistent=False)
        self.secrets: set[str] = {PASSWORD, NEW_PASSWORD}

    async def kill(self) -> None:
        if not self.server.ended.called:
            self.server.kill(signal.SIGKILL)
            await self.server.ended

    async def post(self, path: str, body: Any, token: str = "") -> Any:
        """Call REST; every text in the answer that could be a secret is remembered as one."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        answer = await treq.post(f"http://127.0.0.1:{self.port}/api{path}", json=body, headers=headers, pool=self.pool)
        content = json.loads(await answer.content())
        secret = ("accessToken", "refreshToken", "challenge", "ticket", "secret", "uri", "proof")
        self.secrets |= {content[name] for name in secret if name in content}
        self.secrets |= set(content.get("recoveryCodes", []))
        return content

    def newest(self) -> str:
        """The text of the newest mail."""
        newest = max((self.home / "outbox").glob("*.eml"))
        mail: Any = message_from_bytes(newest.read_bytes(), policy=policy.default)
        return str(mail.get_body(("plain",)).get_content())

    def code(self) -> str:
        """The code of the newest mail."""
        code = re.findall(r"\b\d{6}\b", self.newest())[0]
        self.secrets.add(code)
        return str(code)

    async def change_address(self, token: str, user_id: str) -> None:
        """To another address; the secret that undoes it goes to the former one."""
        await treq.patch(
            f"http://127.0.0.1:{self.port}/api/users/me",
            json={"email": "ann2@example.org", "password": PASSWORD},
            headers={"Authorization": f"Bearer {token}"},
            pool=self.pool,
        )
        await self.post("/auth/verify-email", {"userId": user_id, "code": self.code()}, token)
        found = re.search(r"^[A-Za-z0-9_-]{43}$", self.newest(), re.MULTILINE)
        assert found is not None
        self.undo = found[0]
        self.secrets.add(self.undo)

    async def test_nothing_secret_is_logged(self) -> None:
        """Registration, sign-in, second factor, reset, wrong input of every kind, WAMP; then its log is searched."""
        person = {"username": "ann", "email": "ann@example.org", "password": PASSWORD}
        made = await self.post("/auth/register", person)
        await self.post("/auth/change-unconfirmed", {"proof": made["proof"], "email": None})
        session = await self.post("/auth/verify-email", {"userId": made["userId"], "code": self.code()})
        setup = await self.post("/auth/2fa/setup", {}, session["accessToken"])
        totp = pyotp.TOTP(setup["secret"])
        codes = await self.post("/auth/2fa/verify", {"code": totp.now()}, session["accessToken"])
        self.secrets.add(totp.now())
        step = await self.post("/auth/login", {"login": "ann", "password": PASSWORD})
        proof = {"challenge": step["challenge"], "recoveryCode": codes["recoveryCodes"][0]}
        session = await self.post("/auth/verify-login", proof)
        session = await self.post("/auth/refresh", {"refreshToken": session["refreshToken"]})
        ticket = (await self.post("/auth/ticket", {}, session["accessToken"]))["ticket"]
        wamp = await Wamp.connect(self.port, ticket)
        await wamp.call("user.me")
        wamp.cut()
        await wamp.closed
        await self.change_address(session["accessToken"], made["userId"])
        await self.post("/auth/forgot-password", {"email": "ann2@example.org"})
        reset = {"email": "ann2@example.org", "code": self.code(), "password": NEW_PASSWORD}
        await self.post("/auth/reset-password", reset)
        # Wrong in every way that might be quoted: types, unknown fields, tokens in the URL, broken tokens.
        await self.post("/auth/login", {"login": "ann", "password": [NEW_PASSWORD]})
        await self.post("/auth/undo-change", {"token": self.undo, "and": self.undo})
        await self.post("/auth/undo-change", {"token": self.undo})
        await self.post("/auth/login", {"login": "ann", "password": NEW_PASSWORD, NEW_PASSWORD: 1})
        await self.post(f"/auth/{session['accessToken']}", {})
        await self.post(f"/auth/refresh?refreshToken={session['refreshToken']}", {})
        await self.post("/auth/ticket", {}, session["accessToken"] + "x")
        await self.post("/auth/register", {**person, "password": "Weak-but-secret"})
        self.secrets.add("Weak-but-secret")
        self.secrets |= {(self.home / name).read_bytes().hex() for name in ("server.key",)}
        self.secrets.add(json.loads((self.home / "jwt.key").read_bytes())[0]["secret"])
        ended: Deferred[int] = Deferred()
        self.server.ended.addCallback(lambda code: (ended.callback(code), code)[1])
        self.server.kill(signal.SIGTERM)
        await ended
        said = self.server.output + self.server.errors
        self.assertIn("email written to", said)
        self.assertGreater(len(self.secrets), 20)
        self.assertEqual([secret for secret in self.secrets if secret in said], [])
