"""What people say about themselves, and the end of an account."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any

from tests.ops.case import PASSWORD, OpsCase
from tests.ops.fold import unrevised
from tests.ops.messages.test_texts import INVISIBLE


class UpdateTests(OpsCase):
    """user.update and user.update_settings."""

    async def test_fields(self) -> None:
        """What is given changes, an empty text clears, what is left out stays; other devices are told."""
        ann = await self.person("ann")
        here, there = ann.device(), ann.device()
        me = await ann.call(
            "user.update", here, displayName=" Ann L. ", firstName="Ann", lastName="Lee", gender="female"
        )
        shown = {key: me.get(key) for key in ("displayName", "firstName", "lastName", "gender")}
        self.assertEqual(shown, {"displayName": "Ann L.", "firstName": "Ann", "lastName": "Lee", "gender": "female"})
        self.assertEqual((here.events, there.named("user.updated")), ([], [{"user": me, "revision": me["revision"]}]))
        me = await ann.call("user.update", displayName="", gender="")
        self.assertEqual((me["displayName"], me["firstName"], "gender" in me), ("Ann Lee", "Ann", False))
        me = await ann.call("user.update", displayName=" ", firstName="", lastName="")
        self.assertEqual((me["displayName"], "firstName" in me), ("ann", False))
        self.assertEqual(await ann.call("user.me"), me)
        for path, change in (
            ("$.displayName", "x" * 51),
            ("$.firstName", "x" * 51),
            ("$.gender", "robot"),
            ("$.email", "nobody"),
            ("$.phoneNumber", "12"),
            ("$.username", "ben"),
        ):
            await self.refused(ann.call("user.update", **{path[2:]: change}), "invalid", path)

    async def test_names(self) -> None:
        """Names are NFC; what ends lines, turns text round, moves cursors or shows nothing is refused by its field.

        Each was taken before, and came into logs and the operator's terminal as it was.
        """
        ann = await self.person("ann")
        me = await ann.call("user.update", displayName="Übelhör \u200d علي", firstName="Zoe\u0301")
        self.assertEqual((me["displayName"], me["firstName"]), ("Übelhör \u200d علي", "Zoé"))
        hostile = ("x\ny", "x\x1b[31my", "x\u202ey", "x\u2066y", "x\x85y", "x\u2028y", "x\ty", "x\x7f", *INVISIBLE)
        for name in ("displayName", "firstName", "lastName"):
            for text in hostile:
                # What is only space clears.
                if text.strip() and text not in ("\u2028", "\x85"):
                    await self.refused(ann.call("user.update", **{name: text}), "invalid", f"$.{name}")
            new = {"username": "ben", "email": "ben@example.org", "password": PASSWORD, name: "x\ny"}
            await self.refused(self.call("account.register", **new), "invalid", f"$.{name}")
        for email in ("a\u202eb@example.org", "a\x7fb@example.org", "a\u200bb@example.org"):
            await self.refused(ann.call("user.update", email=email), "invalid", "$.email")
        # The bound is on what is stored: composed it may be shorter than it was typed (refused before), or longer.
        for composed, typed in (("é" * 50, "e\u0301" * 50), ("한" * 50, "\u1112\u1161\u11ab" * 50), ("x" * 50,) * 2):
            self.assertEqual((await ann.call("user.update", lastName=f" {typed} "))["lastName"], composed)
        for text in ("x" * 51, "e\u0301" * 51, "e" + "\u0301" * 100_000):
            await self.refused(ann.call("user.update", lastName=text), "invalid", "$.lastName")
        await ann.call("user.update", lastName="")
        await self.refused(ann.call("user.update", displayName="\U0001d160" * 50), "invalid", "$.displayName")
        self.assertEqual(unrevised(await ann.call("user.me")), unrevised(me))

    async def test_names_of_before(self) -> None:
        """A name that was taken before the rules stays, and keeps nobody from changing something else."""
        ann = await self.person("ann")
        await self.node.db.execute("UPDATE users SET display_name = %s WHERE id = %s", ("x\u202ey", ann.id))
        me = await ann.call("user.update", gender="female")
        self.assertEqual((me["displayName"], me["gender"]), ("x\u202ey", "female"))

    async def test_email(self) -> None:
        """A new address counts from its code on, entered in the account's own session; the old one is told."""
        ann = await self.person("ann")
        await self.person("ben")
        await self.refused(ann.call("user.update", email="BEN@example.org"), "conflict", "$.email")
        me = await ann.call("user.update", email="new@example.org", firstName="Ann")
        self.assertEqual((me["email"], me["firstName"]), ("ann@example.org", "Ann"))
        code = self.last_code("new@example.org")
        await self.refused(self.call("account.verify_email", userId=ann.id, code=code), "code_wrong")
        sent = await ann.call("account.resend_code", userId=ann.id, purpose="email")
        self.assertEqual(sent["sentTo"], "n***@example.org")
        session = await ann.call("account.verify_email", userId=ann.id, code=code)
        self.assertEqual((session["user"]["email"], session["user"]["emailVerified"]), ("new@example.org", True))
        self.assertEqual(self.node.ports.accounts.tokens.verify(session["accessToken"]).session_id, ann.session_id)
        self.assertIn("new e-mail address", [text for to, text in self.mails() if to == "ann@example.org"][-1])
        await self.refused(self.call("session.login", login="ann@example.org", password=PASSWORD), "code_wrong")
        await self.call("session.login", login="new@example.org", password=PASSWORD)

    async def test_email_taken_meanwhile(self) -> None:
        """Whoever confirms an address first has it."""
        ann, ben = await self.person("ann"), await self.person("ben")
        await ann.call("user.update", email="new@example.org")
        anns = self.last_code("new@example.org")
        await self.codes_later()
        await ben.call("user.update", email="New@example.org")
        await ben.call("account.verify_email", userId=ben.id, code=self.last_code("New@example.org"))
        await self.refused(ann.call("account.verify_email", userId=ann.id, code=anns), "conflict", "$.code")
        self.assertEqual((await ann.call("user.me"))["email"], "ann@example.org")

    async def test_settings(self) -> None:
        """Privacy level by level, settings key by key, both bounded."""
        ann = await self.person("ann")
        device = ann.device()

        async def put(**params: Any) -> Any:
            return await ann.call("user.update_settings", **params)

        me = await put(privacy={"email": "everyone"}, settings={"theme": "dark", "sounds": {"new": True}})
        self.assertEqual((me["privacy"]["email"], me["privacy"]["phone"]), ("everyone", "nobody"))
        me = await put(privacy={"phone": "friends"}, settings={"theme": None, "font": 3})
        self.assertEqual((me["privacy"]["email"], me["privacy"]["phone"]), ("everyone", "friends"))
        self.assertEqual(me["settings"], {"sounds": {"new": True}, "font": 3})
        self.assertEqual(device.named("user.updated")[-1]["user"], me)
        for path, params in (
            ("$.privacy.email", {"privacy": {"email": "strangers"}}),
            ("$.privacy.shoeSize", {"privacy": {"shoeSize": "nobody"}}),
            ("$.settings", {"settings": {"big": "x" * 16384}}),
            ("$.settings", {"settings": []}),
        ):
            await self.refused(put(**params), "invalid", path)
        self.assertEqual(await ann.call("user.me"), me)

    async def test_settings_are_json_that_anybody_reads(self) -> None:
        """Sixteen levels, integers within 2^53, nothing that is no JSON; deeper parameters are refused at both doors.

        Before, 950 levels answered ``internal``; 10**40 was stored, and ended each msgpack session that read it.
        """
        ann = await self.person("ann")

        async def put(settings: Any) -> Any:
            return (await ann.call("user.update_settings", settings=settings))["settings"]

        def nested(levels: int, inner: Any) -> Any:
            for number in range(levels):
                inner = {"a": inner} if number % 2 else [inner]
            return inner

        deepest = {"deep": nested(15, 1), "most": 2**53, "least": -(2**53), "half": 0.5, "no": False}
        self.assertEqual(await put(deepest), deepest)
        for levels in (16, 63, 64, 950, 100_000):
            await self.refused(put({"deep": nested(levels, 1)}), "invalid", "$.settings")
        for value in (2**53 + 1, 10**40, -(10**40), math.nan, math.inf, b"x", datetime.now(), {1: 2}):
            await self.refused(put({"x": [{"y": value}]}), "invalid", "$.settings")
        self.assertEqual((await ann.call("user.me"))["settings"], deepest)

    async def test_suggestions(self) -> None:
        """Three names that are well-formed and free, like the one that was wanted."""
        await self.person("ann")
        for like in ("ann", "@Ann", "ann@example.org", "Ann-Marie von Übelhör-Langenstein", "", "é", "_", "a" * 64):
            names = (await self.call("user.suggest_username", username=like))["suggestions"]
            self.assertEqual(len(set(names)), 3, like)
            for name in names:
                self.assertEqual(await self.call("user.check_username", username=name), {"available": True})
        self.assertTrue(names[0].startswith("@aaa"))


class DeleteTests(OpsCase):
    """account.delete"""

    async def test_delete(self) -> None:
        """Everything personal is gone, sessions end, messages stay from "Deleted user", names are free again."""
        ann, ben = await self.person("ann"), await self.person("ben")
        await self.acquaint(ann, ben)
        sent = await ann.send(ben, "hello")
        device = ann.device()
        await self.refused(ann.call("account.delete", password="Wrong-pass-1"), "code_wrong")
        await ann.call("account.delete", password=PASSWORD)
        self.assertEqual(len(device.ended), 1)
        self.assertIn("was deleted", self.mails()[-1][1])
        await self.refused(self.node.gate.admit(ann.session["accessToken"]), "unauthenticated")
        await self.refused(self.call("session.login", login="ann", password=PASSWORD), "code_wrong")
        [(row,)] = await self.node.db.query("SELECT users::text FROM users WHERE id = %s", (ann.id,))
        for personal in ("@ann", "ann@example.org", "$2b$"):
            self.assertNotIn(personal, row)
        await self.refused(ben.call("user.get", userId=ann.id), "not_found")
        self.assertEqual((await ben.call("user.search", q="an"))["items"], [])
        [message] = (await ben.call("message.history", conversationId=sent["conversationId"]))["items"]
        self.assertEqual((message["content"], message["sender"]["displayName"]), ("hello", "Deleted user"))
        [conversation] = (await ben.call("conversation.list"))["items"]
        self.assertEqual(conversation["other"]["displayName"], "Deleted user")
        words = {"id", "username", "displayName", "revision", "isBot", "isGuest", "isSupport"}
        self.assertEqual(set(conversation["other"]), words)
        again = await self.person("ann")
        self.assertNotEqual(again.id, ann.id)
