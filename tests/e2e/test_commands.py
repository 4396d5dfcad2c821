"""The ``chatr`` command beside a running server, and with the server stopped."""

from __future__ import annotations

import json
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pyotp
import treq
from twisted.internet.defer import Deferred

from chatr.store import outbound
from tests.e2e.client import Wamp
from tests.e2e.programs import Program
from tests.e2e.server import PASSWORD, ServerCase

ROOT = Path(__file__).parent.parent.parent


class CommandCase(ServerCase):
    """A server, and the command as a process of its own."""

    settings = {"limits.enabled": "false"}

    async def chatr(self, *words: str, code: int = 0, stdin: str = "") -> str:
        """Run one command to its end; what it printed."""
        settings = [f"database.dsn={self.dsn}", f"server.data_dir={self.data_dir}", "auth.bcrypt_cost=4"]
        options = [part for setting in settings for part in ("--set", setting)]
        program = Program([sys.executable, "-m", "chatr.cli", *options, *words], {"PYTHONPATH": str(ROOT)})
        if stdin:
            program.transport.write(stdin.encode())  # type: ignore[union-attr]
            program.transport.closeStdin()  # type: ignore[union-attr]
        waiter: Deferred[int] = Deferred()
        program.ended.addCallback(lambda ended: (waiter.callback(ended), ended)[1])
        self.assertEqual(await waiter, code, program.output + program.errors)
        self.assertNotIn("Traceback", program.errors)
        return program.output + program.errors

    async def login(self, login: str, password: str, status: int = 200) -> Any:
        return await self.rest("POST", "/auth/login", {"login": login, "password": password}, status)


class DemoTests(CommandCase):
    """The people of the demo."""

    async def test_made_by_hand(self) -> None:
        """Beside the running server, as often as one likes; a click then only signs in. Not in production."""
        for _ in range(2):
            self.assertIn("Mira Castellanos (@mira) and Sam Rivers (@sam)", await self.chatr("demo"))
        answer = await treq.post(f"{self.url}/dev/demo/sam", pool=self._pool, timeout=20)
        session = await answer.json()
        found = await self.rest("GET", "/conversations", headers={"Authorization": f"Bearer {session['accessToken']}"})
        self.assertTrue(found["items"])
        said = await self.chatr("--set", "server.mode=production", "demo", code=1)
        self.assertIn("is for development", said)


class AccountTests(CommandCase):
    """Accounts."""

    async def test_create(self) -> None:
        """An account made by the operator signs in at once; mistakes are one line that names the field."""
        said = await self.chatr("user", "create", "ann", "--email", "ann@example.org", "--role", "admin")
        password = said.partition("password: ")[2].strip()
        session = await self.login("ann@example.org", password)
        self.assertEqual((session["user"]["username"], session["user"]["emailVerified"]), ("@ann", True))
        await self.chatr("user", "create", "bot", "--bot", "--password-stdin", stdin=f"{PASSWORD}\n")
        self.assertTrue((await self.login("bot", PASSWORD))["user"]["isBot"])
        for words, text in (
            (("user", "create", "ANN"), "$.username: is taken"),
            (("user", "create", "x"), "$.username: must be"),
            (("user", "disable", "nobody"), "There is no such user"),
        ):
            self.assertEqual((await self.chatr(*words, code=1)).count(text), 1)
        listed = (await self.chatr("user", "list")).splitlines()
        self.assertEqual([line.split()[0] for line in listed], ["@bot", "@ann"])
        self.assertIn(" admin ", listed[1])

    async def test_scripts_read_mail_on(self) -> None:
        """A command beside the server leaves the key of the development mailbox as it was, which the server knows."""
        headers = {"Authorization": f"Bearer {(self.data_dir / 'mail.key').read_text()}"}
        await self.chatr("user", "create", "ann", "--email", "ann@example.org")
        self.assertEqual({"Authorization": f"Bearer {(self.data_dir / 'mail.key').read_text()}"}, headers)
        answer = await treq.get(f"{self.url}/dev/mail.json", headers=headers, pool=self._pool, timeout=20)
        self.assertEqual((answer.code, await answer.json()), (200, {"items": []}))

    async def test_disable(self) -> None:
        """A disabled account is signed out everywhere within a second or so, and can't come back until enabled."""
        ann = await self.person("ann")
        wamp = await Wamp.connect(self.http_port, ann.token)
        await self.chatr("user", "disable", "ann")
        await wamp.closed
        self.assertEqual(wamp.goodbye, "chatr.error.unauthenticated")
        await ann.rest("GET", "/users/me", None, 401)
        await self.rest("POST", "/auth/refresh", {"refreshToken": ann.session["refreshToken"]}, 401)
        self.assertEqual((await self.login("ann", PASSWORD, 403))["code"], "forbidden")
        await self.chatr("user", "enable", "ann")
        await self.login("ann", PASSWORD)

    async def test_epoch(self) -> None:
        """Another epoch ends every session within a second or so, and the next ones are told of it."""
        ann = await self.person("ann")
        wamp = await Wamp.connect(self.http_port, ann.token)
        before = self.service.node.epochs.epoch
        said = await self.chatr("epoch", "new")
        await wamp.closed
        self.assertEqual(wamp.goodbye, "chatr.error.unavailable")
        new = self.service.node.epochs.epoch
        self.assertNotEqual(new, before)
        self.assertEqual(said, f"epoch: {new}\n")
        await ann.rest("GET", "/users/me")

    async def test_addresses(self) -> None:
        """An address is put right without a code, or dropped; a change by whoever took the account is undone."""
        made = {"username": "ann", "email": "ann@exmaple.org", "phoneNumber": "+41791234567", "password": PASSWORD}
        await self.rest("POST", "/auth/register", made, 201)
        said = await self.chatr("user", "set-email", "ann", "--email", "ann@example.org")
        self.assertEqual(said.strip(), "@ann ann@example.org +41791234567")
        self.assertEqual((await self.login("ann", PASSWORD))["verification"], "sms")
        self.assertEqual((await self.chatr("user", "set-phone", "ann", "--none")).strip(), "@ann ann@example.org -")
        session = await self.login("ann@example.org", PASSWORD)
        self.assertTrue(session["user"]["emailVerified"])
        for words, text in (
            (("set-phone", "ann", "--phone", "12"), "$.phoneNumber: is not a phone number"),
            (("set-email", "ben", "--none"), "There is no such user"),
            (("undo-email", "ann"), "@ann has changed no e-mail address within seven days"),
        ):
            self.assertEqual((await self.chatr("user", *words, code=1)).count(text), 1)
        await self.chatr("user", "set-email", "ann", code=2)
        await self.person("ben")
        error = await self.chatr("user", "set-email", "ann", "--email", "BEN@example.org", code=1)
        self.assertIn("$.email: is taken", error)
        ann = {"Authorization": f"Bearer {session['accessToken']}"}
        await self.rest("PATCH", "/users/me", {"email": "thief@example.org"}, headers=ann)
        code = {"userId": session["user"]["id"], "code": self.code("thief@example.org")}
        await self.rest("POST", "/auth/verify-email", code, headers=ann)
        said = await self.chatr("user", "undo-email", "ann")
        self.assertEqual(said.strip(), "@ann ann@example.org -, signed out everywhere")
        await self.login("ann@example.org", PASSWORD)

    async def test_sessions_and_tokens(self) -> None:
        """Tokens for programs; where somebody is signed in; ending one session and all."""
        ann = await self.person("ann")
        token = json.loads(await self.chatr("token", "issue", "ann"))
        headers = {"Authorization": f"Bearer {token['accessToken']}"}
        self.assertEqual((await self.rest("GET", "/users/me", headers=headers))["id"], ann.id)
        first, second = [line.split()[0] for line in (await self.chatr("sessions", "list", "ann")).splitlines()]
        wamps = [await Wamp.connect(self.http_port, secret) for secret in (ann.token, token["accessToken"])]
        self.assertIn("sessions ended: 1", await self.chatr("sessions", "revoke", "ann", "--id", first))
        await wamps[1].closed
        await wamps[0].call("user.me")
        self.assertIn("sessions ended: 1", await self.chatr("sessions", "revoke", "ann"))
        await wamps[0].closed
        await self.chatr("sessions", "revoke", "ann", "--id", second, code=1)

    async def test_what_strangers_wrote(self) -> None:
        """A line of the terminal stays a line, and nothing in it is obeyed. Before, it was written as it was."""
        await self.person("ann")
        hostile, shown = "x\n\x1b[2Jroot\u202egpj", r"x\n\x1b[2Jroot\u202egpj"
        await self.service.node.db.execute("UPDATE sessions SET user_agent = %s", (hostile,))
        await self.service.node.db.execute("UPDATE users SET email = %s", (hostile,))
        for words in (("sessions", "list", "ann"), ("user", "list")):
            [line] = (await self.chatr(*words)).splitlines()
            self.assertIn(shown, line)

    async def test_passwords_and_roles(self) -> None:
        """A new password opens a locked account; support staff is made and unmade."""
        await self.person("ann")
        for _ in range(10):
            await self.login("ann", "Wrong-pass-1", 401)
        await self.login("ann", PASSWORD, 423)
        said = await self.chatr("user", "reset-password", "ann")
        session = await self.login("ann", said.partition("password: ")[2].strip())
        await self.chatr("user", "grant-support", "ann")
        await self.rest("POST", "/auth/refresh", {"refreshToken": session["refreshToken"]}, 401)
        session = await self.login("ann", said.partition("password: ")[2].strip())
        self.assertTrue(session["user"]["isSupport"])
        await self.chatr("user", "revoke-support", "ann")
        await self.chatr("user", "revoke-support", "ann", code=1)

    async def test_outbound(self) -> None:
        """What was given up is shown with its reason, and tried again on demand."""
        await self.rest("POST", "/auth/register", {"username": "ann", "email": "a@x.org", "password": PASSWORD}, 201)
        node = self.service.node
        assert node is not None
        async with node.db.transaction() as tx:
            await outbound.put(tx, "sms", b"unreadable", datetime.now(timezone.utc) + timedelta(minutes=1))
            tx.then(node.ports.accounts.outbound.wake)
        await node.ports.accounts.outbound.settled()
        said = await self.chatr("outbound", "list")
        self.assertIn("waiting: 0", said)
        self.assertRegex(said, r"dead: \S+ sms \S+ \S+ after 1 tries: can't be read: sealed under a server key")
        self.assertIn("queued again: 1", await self.chatr("outbound", "retry"))


class KeyTests(CommandCase):
    """New keys."""

    async def test_rotation(self) -> None:
        """Not beside the server; afterwards tokens, second factors and recovery codes go on, until they are voided."""
        ann = await self.person("ann")
        setup = await ann.rest("POST", "/auth/2fa/setup", {})
        totp = pyotp.TOTP(setup["secret"])
        codes = (await ann.rest("POST", "/auth/2fa/verify", {"code": totp.now()}))["recoveryCodes"]
        self.assertIn("is in use by another chatr", await self.chatr("keys", "rotate", code=1))
        await self.service.stop()
        await self.chatr("keys", "rotate")
        await self.restart()
        await ann.rest("GET", "/users/me")
        [(sealed,)] = await self.service.node.db.query("SELECT totp_secret FROM users")  # type: ignore[union-attr]
        for code in codes[:2]:
            step = await self.login("ann", PASSWORD)
            proof = {"challenge": step["challenge"], "recoveryCode": code}
            session = await self.rest("POST", "/auth/verify-login", proof)
        await self.service.stop()
        await self.chatr("keys", "rotate", "--forget-old")
        await self.restart()
        await ann.rest("GET", "/users/me", None, 401)
        await self.rest("POST", "/auth/refresh", {"refreshToken": session["refreshToken"]})
        [(again,)] = await self.service.node.db.query("SELECT totp_secret FROM users")  # type: ignore[union-attr]
        self.assertNotEqual(bytes(sealed), bytes(again))
        step = await self.login("ann", PASSWORD)
        proof = {"challenge": step["challenge"], "recoveryCode": codes[2]}
        await self.rest("POST", "/auth/verify-login", proof, 401)
        await self.service.node.db.execute("UPDATE users SET totp_last_step = NULL")  # type: ignore[union-attr]
        await self.rest("POST", "/auth/verify-login", {"challenge": step["challenge"], "totp": totp.now()})


class RetentionTests(CommandCase):
    """What goes after a while."""

    async def test_retention(self) -> None:
        """What would go is counted; then it goes, beside the running server."""
        ann, ben = await self.person("ann"), await self.person("ben")
        await self.acquaint(ann, ben)
        message = await ann.send(ben, "secretword")
        await ann.rest("DELETE", f"/messages/{message['id']}")
        db = self.service.node.db
        await db.execute("UPDATE messages SET unsent_at = now() - interval '31 days' WHERE unsent_at IS NOT NULL")
        counted = await self.chatr("retention", "--dry-run")
        self.assertIn("unsent texts: 1 older than 30 days\n", counted)
        self.assertIn("ended sessions: 0 older than 30 days\n", counted)
        self.assertEqual(await db.query("SELECT count(*) FROM messages WHERE content = 'secretword'"), [(1,)])
        self.assertIn("unsent texts: 1 gone\n", await self.chatr("retention"))
        self.assertEqual(await db.query("SELECT count(*) FROM messages WHERE content = 'secretword'"), [(0,)])
        strict = await self.chatr("--set", "retention.unsent_days=0", "retention", "--dry-run")
        self.assertIn("unsent texts: 0 older than 0 days\n", strict)

    async def test_doctor(self) -> None:
        """It says what is wrong and ends with 1, or that all is whole."""
        ann, ben = await self.person("ann"), await self.person("ben")
        await self.acquaint(ann, ben)
        message = await ann.send(ben, "one")
        self.assertEqual(await self.chatr("doctor"), "messages and logs are whole\n")
        await self.service.node.db.execute("UPDATE conversations SET head_seq = head_seq + 1")
        said = await self.chatr("doctor", code=1)
        self.assertIn(f"{message['conversationId']} is a conversation whose log has a gap", said)
