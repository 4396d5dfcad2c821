"""Forgotten, reset and changed passwords, and the sessions they end."""

from __future__ import annotations

import threading
from typing import Any

import pyotp
from twisted.internet.defer import Deferred

from tests.ops.case import PASSWORD, OpsCase, Person

EMAIL, NEW = "ann@example.org", "Another-pass-9"


class PasswordTests(OpsCase):
    """password.*"""

    async def test_reset(self) -> None:
        """A mailed code sets a new password, once, and ends every session and its sockets; the owner is told."""
        ann = await self.person("ann")
        device = ann.device()
        await self.call("password.forgot", email=" ANN@example.org ")
        code = self.last_code(EMAIL)
        await self.call("password.reset", email=EMAIL, code=code, password=NEW)
        self.assertEqual([reason["reason"] for reason in device.named("session.revoked")], ["password_changed"])
        self.assertEqual(len(device.ended), 1)
        self.assertIn("was changed", self.mails()[-1][1])
        await self.refused(self.call("session.refresh", refreshToken=ann.session["refreshToken"]), "unauthenticated")
        await self.refused(self.node.gate.admit(ann.session["accessToken"]), "unauthenticated")
        await self.refused(self.call("session.login", login="ann", password=PASSWORD), "code_wrong")
        await self.call("session.login", login="ann", password=NEW)
        await self.refused(self.call("password.reset", email=EMAIL, code=code, password=NEW), "code_wrong")

    async def test_reset_is_refused(self) -> None:
        """Wrong codes, five of them, no account, a weak password: nothing changes, and a weak one costs no attempt."""
        await self.person("ann")
        await self.call("password.forgot", email=EMAIL)
        code = self.last_code(EMAIL)
        wrong = f"{(int(code) + 1) % 1_000_000:06d}"
        for _ in range(7):
            await self.refused(self.call("password.reset", email=EMAIL, code=code, password="weak"), "invalid")
        for email in ("nobody@example.org", EMAIL):
            await self.refused(self.call("password.reset", email=email, code=wrong, password=NEW), "code_wrong")
        await self.node.db.execute("UPDATE codes SET expires_at = now()")
        await self.refused(self.call("password.reset", email=EMAIL, code=code, password=NEW), "code_expired")
        for _ in range(3):
            await self.refused(self.call("password.reset", email=EMAIL, code=wrong, password=NEW), "code_wrong")
        await self.refused(self.call("password.reset", email=EMAIL, code=code, password=NEW), "code_wrong")
        await self.call("session.login", login="ann", password=PASSWORD)

    async def test_forgot_leaves_a_fresh_code(self) -> None:
        """Asking twice within a minute sends one mail, and its code stays good."""
        await self.person("ann")
        before = len(self.mails())
        for _ in range(2):
            await self.call("password.forgot", email=EMAIL)
        self.assertEqual(len(self.mails()) - before, 1)
        await self.call("password.reset", email=EMAIL, code=self.last_code(EMAIL), password=NEW)

    async def test_change(self) -> None:
        """The old password buys the new one; other sessions end, this one goes on."""
        ann = await self.person("ann")
        other = await self.call("session.login", login="ann", password=PASSWORD)
        await self.refused(ann.call("password.change", current="Wrong-pass-1", password=NEW), "code_wrong")
        for weak in ("short", PASSWORD.lower(), "Ann@example.org"):
            await self.refused(ann.call("password.change", current=PASSWORD, password=weak), "invalid", "$.password")
        await ann.call("password.change", current=PASSWORD, password=NEW)
        await self.refused(self.call("session.refresh", refreshToken=other["refreshToken"]), "unauthenticated")
        await self.node.gate.admit(ann.session["accessToken"])
        await self.call("session.login", login="ann", password=NEW)

    async def test_long_passwords_differ_to_the_end(self) -> None:
        """bcrypt reads 72 bytes; a password of 128 characters counts to its last one."""
        ann = await self.person("ann")
        long = "Aa-" + "é" * 125
        await ann.call("password.change", current=PASSWORD, password=long)
        await self.refused(self.call("session.login", login="ann", password=long[:-1] + "e"), "code_wrong")
        await self.call("session.login", login="ann", password=long)


class MeanwhileTests(OpsCase):
    """What changes while a password is looked at."""

    async def test_no_session_behind_a_change(self) -> None:
        """A login with the old password that is under way while the password changes, is refused."""
        ann = await self.person("ann")
        login = await self.while_checking("UPDATE users SET password_hash = ''", ann)
        await self.refused(login, "code_wrong")
        self.assertEqual(len((await ann.call("session.list"))["items"]), 1)

    async def test_no_session_of_a_disabled_account(self) -> None:
        """The same for an account that the operator disables."""
        login = await self.while_checking("UPDATE users SET disabled_at = now()", await self.person("ann"))
        await self.refused(login, "forbidden")

    async def while_checking(self, change: str, person: Person) -> Any:
        """A login whose password is being checked while something changes in the database."""
        going, passwords = threading.Event(), self.node.ports.accounts.passwords
        for _ in range(self.config().auth.bcrypt_threads):
            passwords._threads.run(going.wait)
        login = Deferred.fromCoroutine(self.call("session.login", login=person.username, password=PASSWORD))
        try:
            while not passwords.turns.running:
                await self.node.db.query("SELECT 1")
            await self.node.db.execute(change)
        finally:
            going.set()

        async def ended() -> Any:
            return await login

        return ended()


class HalfDoneTests(OpsCase):
    """Sign-ins between their two steps."""

    settings = {"auth.login_code": "email"}

    async def test_void_after_a_change(self) -> None:
        """A new password, and two-factor sign-in switched on, void the challenges that the old state gave."""
        ann = await self.person("ann")
        half = await self.call("session.login", login="ann", password=PASSWORD)
        code = self.last_code(EMAIL)
        await ann.call("password.change", current=PASSWORD, password=NEW)
        await self.refused(self.call("session.verify_login", challenge=half["challenge"], code=code), "code_wrong")
        await self.codes_later()
        half = await self.call("session.login", login="ann", password=NEW)
        code = self.last_code(EMAIL)
        setup = await ann.call("two_factor.setup")
        await ann.call("two_factor.enable", code=pyotp.TOTP(setup["secret"]).at(self.now()))
        await self.refused(self.call("session.verify_login", challenge=half["challenge"], code=code), "code_wrong")


class SessionListTests(OpsCase):
    """Where one is signed in."""

    async def test_pages(self) -> None:
        """However many devices there are, an answer holds a page of them; the cursor leads to the rest, each once."""
        ann = await self.person("ann")
        for _ in range(6):
            await self.call("session.login", login="ann", password=PASSWORD)
        pages, cursor = [], None
        for _ in range(3):
            page = await ann.call("session.list", limit=3, **({"cursor": cursor} if cursor else {}))
            pages.append([item["id"] for item in page["items"]])
            cursor = page["nextCursor"]
        self.assertEqual(([len(page) for page in pages], cursor), ([3, 3, 1], None))
        everything = await ann.call("session.list")
        self.assertEqual(([id for page in pages for id in page]), [item["id"] for item in everything["items"]])
        self.assertIsNone(everything["nextCursor"])
        await self.refused(ann.call("session.list", limit=101), "invalid", "$.limit")
        await self.refused(ann.call("session.list", cursor="x"), "invalid", "$.cursor")

    async def test_list_and_revoke(self) -> None:
        """Each device with its address, which one this is; ending one ends its tokens and sockets, and no other."""
        ann, ben = await self.person("ann"), await self.person("ben")
        other = await self.call("session.login", login="ann", password=PASSWORD)
        other_id = self.node.ports.accounts.tokens.verify(other["accessToken"]).session_id
        device = ann.device()
        items = (await ann.call("session.list"))["items"]
        self.assertEqual([item["id"] for item in items], [other_id, ann.session_id])
        self.assertEqual([item["current"] for item in items], [False, True])
        self.assertEqual((items[0]["address"], items[0]["userAgent"]), ("192.0.2.1", "test"))
        for whose in (ben.session_id, ann.id):
            await self.refused(ann.call("session.revoke", id=whose), "not_found")
        left = (await ann.call("session.revoke", id=other_id))["items"]
        self.assertEqual([item["id"] for item in left], [ann.session_id])
        await self.refused(self.node.gate.admit(other["accessToken"]), "unauthenticated")
        self.assertEqual((len(device.named("session.revoked")), device.ended), (1, []))
        await self.refused(ann.call("session.revoke", id=other_id), "not_found")

    async def test_revoke_others(self) -> None:
        """All but this one."""
        ann = await self.person("ann")
        for _ in range(3):
            await self.call("session.login", login="ann", password=PASSWORD)
        left = (await ann.call("session.revoke_others"))["items"]
        self.assertEqual([item["id"] for item in left], [ann.session_id])
        await self.node.gate.admit(ann.session["accessToken"])
