"""Accounts with a phone number: codes by SMS, the order of verification, and who may hold a number."""

from __future__ import annotations

from typing import Any

from chatr.api.context import Caller
from tests.ops.case import PASSWORD, OpsCase

NUMBER, OTHER = "+41791234567", "+41791234568"


class PhoneTests(OpsCase):
    """Registration and sign-in by phone."""

    settings = {"auth.phone_region": "CH"}

    async def register(self, username: str = "ann", **fields: Any) -> Any:
        return await self.call("account.register", username=username, password=PASSWORD, **fields)

    async def test_phone_only(self) -> None:
        """A number in any spelling is kept in E.164; its code comes by SMS, signs in, and can be sent again."""
        made = await self.register(phoneNumber="079 123 45 67")
        self.assertEqual(made["verification"], "sms")
        self.assertEqual([to for to, _ in self.mails()], [NUMBER])
        self.assertRegex(self.mails()[0][1], r"^Chatr code: \d{6}\. .{0,100}\n$")
        await self.codes_later(61)
        sent = await self.call("account.resend_code", userId=made["userId"], purpose="phone")
        self.assertEqual((sent["sentTo"], len(self.mails())), ("***", 2))
        session = await self.call("account.verify_phone", userId=made["userId"], code=self.last_code(NUMBER))
        self.assertEqual((session["user"]["phoneNumber"], session["user"]["phoneVerified"]), (NUMBER, True))
        for login in ("0791234567", "+41 79 123 45 67", "ann"):
            again = await self.call("session.login", login=login, password=PASSWORD)
            self.assertEqual(again["user"]["id"], made["userId"])

    async def test_told_by_sms(self) -> None:
        """Whoever has no mail hears by SMS that a refresh token of theirs was used twice. Before, nobody told them."""
        made = await self.register(phoneNumber=NUMBER)
        session = await self.call("account.verify_phone", userId=made["userId"], code=self.last_code(NUMBER))
        stolen = session["refreshToken"]
        await self.call("session.refresh", refreshToken=stolen)
        elsewhere = Caller(address="198.51.100.7")
        await self.refused(self.call("session.refresh", elsewhere, refreshToken=stolen), "unauthenticated")
        await self.node.ports.accounts.outbound.settled()
        to, text = self.mails()[-1]
        self.assertEqual(to, NUMBER)
        self.assertIn("signed out on one device", text)

    async def test_both_in_order(self) -> None:
        """E-mail first, then the phone, then a session; nothing signs in before both are confirmed."""
        made = await self.register(email="ann@example.org", phoneNumber=NUMBER)
        self.assertEqual(made["verification"], "email")
        await self.refused(self.call("account.verify_phone", userId=made["userId"], code="123456"), "code_wrong")
        code = self.last_code("ann@example.org")
        waiting = await self.call("account.verify_email", userId=made["userId"], code=code)
        self.assertEqual((waiting["userId"], waiting["verification"]), (made["userId"], "sms"))
        # Whoever closed the page meanwhile goes on by signing in; the code that was sent stays good.
        first = self.last_code(NUMBER)
        again = await self.call("session.login", login="ann", password=PASSWORD)
        self.assertEqual((again["userId"], again["verification"]), (made["userId"], "sms"))
        self.assertEqual(self.last_code(NUMBER), first)
        session = await self.call("account.verify_phone", userId=made["userId"], code=first)
        self.assertEqual((session["user"]["emailVerified"], session["user"]["phoneVerified"]), (True, True))

    async def test_unverified_number_keeps_nobody_out(self) -> None:
        """Two may name a number; whoever confirms it first has it, and the other is told so."""
        eve = await self.register("eve", email="eve@example.org", phoneNumber=NUMBER)
        await self.call("account.verify_email", userId=eve["userId"], code=self.last_code("eve@example.org"))
        eves_code = self.last_code(NUMBER)
        await self.codes_later()
        ann = await self.register("ann", phoneNumber=NUMBER)
        await self.call("account.verify_phone", userId=ann["userId"], code=self.last_code(NUMBER))
        await self.refused(
            self.call("account.verify_phone", userId=eve["userId"], code=eves_code), "conflict", "$.code"
        )
        # The number is lost to her, cleanly: what she has confirmed is all that her account has now.
        session = await self.call("session.login", login="eve", password=PASSWORD)
        self.assertEqual(("phoneNumber" in session["user"], session["user"]["emailVerified"]), (False, True))
        await self.refused(self.register("ben", phoneNumber=NUMBER), "conflict", "$.phoneNumber")

    async def test_number_overwrites_nobody(self) -> None:
        """Naming the number of an unverified account leaves that account's e-mail and password alone."""
        ann = await self.register("ann", email="ann@example.org", phoneNumber=NUMBER)
        code = self.last_code("ann@example.org")
        await self.register("eve", email="eve@example.org", phoneNumber=NUMBER)
        await self.register("mal", phoneNumber=NUMBER)
        await self.call("account.verify_email", userId=ann["userId"], code=code)
        [(email, username)] = await self.node.db.query(
            "SELECT email, username FROM users WHERE id = %s", (ann["userId"],)
        )
        self.assertEqual((email, username), ("ann@example.org", "@ann"))

    async def test_phone_only_is_replaced(self) -> None:
        """An account that was nothing but an unconfirmed number makes way, and its code is void."""
        first = await self.register(phoneNumber=NUMBER)
        code = self.last_code(NUMBER)
        await self.codes_later()
        second = await self.register(phoneNumber=NUMBER)
        self.assertNotEqual(first["userId"], second["userId"])
        await self.refused(self.call("account.verify_phone", userId=first["userId"], code=code), "code_wrong")

    async def test_old_unverified_username_is_free(self) -> None:
        """A username that nobody confirmed an address for is held for a day."""
        await self.register(email="ann@example.org")
        await self.refused(self.register(email="other@example.org"), "conflict", "$.username")
        await self.node.db.execute("UPDATE users SET created_at = now() - interval '25 hours'")
        await self.register(email="other@example.org")

    async def test_change_of_number(self) -> None:
        """A new number counts once its code was entered in a session of the account, which stays the same session."""
        ann, ben = await self.person("ann"), await self.person("ben")
        device = ann.device()
        for number in ("079 123 45 67", NUMBER):
            self.assertNotIn("phoneNumber", await ann.call("user.update", phoneNumber=number))
            await self.codes_later()
        code = self.last_code(NUMBER)
        for caller in (self.call, ben.call):
            await self.refused(caller("account.verify_phone", userId=ann.id, code=code), "code_wrong")
        session = await ann.call("account.verify_phone", userId=ann.id, code=code)
        self.assertEqual(session["user"]["phoneNumber"], NUMBER)
        self.assertEqual(self.node.ports.accounts.tokens.verify(session["accessToken"]).session_id, ann.session_id)
        self.assertEqual(device.named("user.updated")[-1]["user"]["phoneNumber"], NUMBER)
        self.assertIn("new phone number", self.mails()[-1][1])
        await self.refused(ben.call("user.update", phoneNumber=NUMBER), "conflict", "$.phoneNumber")


class LoginBySmsTests(OpsCase):
    """Login codes where people choose how they come."""

    settings = {"auth.login_code": "choice"}

    async def test_choice(self) -> None:
        """By mail unless asked for by SMS; resending keeps the way; only the challenge shows where it went."""
        ann = await self.person("ann")
        await ann.call("user.update", phoneNumber=NUMBER)
        await ann.call("account.verify_phone", userId=ann.id, code=self.last_code(NUMBER))
        step = await self.call("session.login", login="ann", password=PASSWORD)
        self.assertEqual((step["methods"], self.mails()[-1][0]), (["email", "sms"], "ann@example.org"))
        step = await self.call("session.login", login="ann", password=PASSWORD, method="sms")
        self.assertEqual((step["methods"], self.mails()[-1][0]), (["sms", "email"], NUMBER))
        await self.codes_later(61)
        resend = {"userId": ann.id, "purpose": "login"}
        sent = await self.call("account.resend_code", **resend, challenge=step["challenge"])
        self.assertEqual((sent["sentTo"], self.mails()[-1][0]), ("+41***67", NUMBER))
        for challenge in ({}, {"challenge": "wrong"}):
            self.assertEqual((await self.call("account.resend_code", **resend, **challenge))["sentTo"], "***")
        session = await self.call("session.verify_login", challenge=step["challenge"], code=self.last_code(NUMBER))
        self.assertEqual(session["user"]["id"], ann.id)


class NoSmsTests(OpsCase):
    """A server that can't send SMS."""

    settings = {"sms.transport": "off"}

    async def test_refused_by_name(self) -> None:
        """Phone numbers are refused by name, and nothing is kept."""
        fields = {"username": "ann", "password": PASSWORD, "phoneNumber": NUMBER}
        await self.refused(self.call("account.register", **fields), "invalid", "$.phoneNumber")
        ann = await self.person("ann")
        await self.refused(ann.call("user.update", phoneNumber=NUMBER), "invalid", "$.phoneNumber")
