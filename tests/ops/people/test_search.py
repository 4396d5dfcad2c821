"""Finding people, and what is shown of them."""

from __future__ import annotations

from typing import Any

import msgspec

from chatr.api.model import Privacy
from chatr.store.columns import value
from chatr.store.people import relations
from tests.ops.people.test_friends import FriendsCase


class SearchTests(FriendsCase):
    """user.search."""

    async def found(self, text: str, **params: Any) -> list[str]:
        """Whom Ann finds, in order."""
        return [item["username"] for item in (await self.ann.call("user.search", q=text, **params))["items"]]

    async def test_prefix_then_substring_then_likeness(self) -> None:
        """What begins with the text, in any of the names' words, then what contains it, then what is alike."""
        names = {
            "roberta": {},
            "x_robert": {},
            "rupert": {},
            "someone": {"displayName": "Mad Robert"},
            "other1": {"firstName": "Robert", "lastName": "Jones"},
            "nothing": {},
        }
        for name, profile in names.items():
            person = await self.person(name)
            if profile:
                await person.call("user.update", **profile)
        self.assertEqual(await self.found("ROBERT"), ["@roberta", "@someone", "@other1", "@x_robert"])
        self.assertEqual(await self.found("robertson"), ["@roberta", "@x_robert", "@someone", "@other1"])
        self.assertEqual((await self.found("@rob"))[0], "@roberta")
        self.assertEqual(await self.found("jones"), ["@other1"])
        self.assertEqual((await self.found("%%"), await self.found("__")), ([], []))

    async def test_friends_first_before_the_cut(self) -> None:
        """A friend is first, also where the list is cut; results say who is a friend and who is asked."""
        for number in range(5):
            await self.person(f"many{number}")
        friend, asked = await self.person("zz_many"), await self.person("zz_many2")
        await self.befriend(self.ann, friend)
        friendship_id = await self.ask(asked, self.ann)
        found = (await self.ann.call("user.search", q="many", limit=3))["items"]
        self.assertEqual([item["username"] for item in found], ["@zz_many", "@many0", "@many1"])
        self.assertEqual((found[0]["isFriend"], found[1]["isFriend"]), (True, False))
        self.assertEqual(found[0]["friendship"]["status"], "accepted")
        found = (await self.ann.call("user.search", q="zz_many2"))["items"][1]
        pending = {"id": friendship_id, "status": "pending", "requesterId": asked.id, "addresseeId": self.ann.id}
        self.assertEqual((found["isFriend"], found["friendship"]), (False, pending))

    async def test_left_out(self) -> None:
        """Oneself, guests, unconfirmed, disabled and deleted people, and pairs with a block either way."""
        people = {
            name: await self.person(f"find_{name}") for name in ("blocked", "blocks", "guest", "off", "gone", "ok")
        }
        await self.ann.call("user.update", displayName="find me")
        await self.call(
            "account.register", username="find_fresh", email="fresh@example.org", password="Correct-horse-7"
        )
        await self.ann.call("friend.block", userId=people["blocked"].id)
        await people["blocks"].call("friend.block", userId=self.ann.id)
        await self.node.db.execute("UPDATE users SET role = 'guest' WHERE id = %s", (people["guest"].id,))
        await self.node.db.execute("UPDATE users SET disabled_at = now() WHERE id = %s", (people["off"].id,))
        await people["gone"].call("account.delete", password="Correct-horse-7")
        self.assertEqual(await self.found("find"), ["@find_ok"])

    async def test_hidden_names_and_addresses(self) -> None:
        """A full name is found by those who may see it; an address only whole and only if shown; it is never told."""
        await self.ben.call("user.update", firstName="Zacharias")
        self.assertEqual(await self.found("zacharias"), ["@ben"])
        await self.ben.call("user.update_settings", privacy={"fullName": "friends", "email": "friends"})
        self.assertEqual((await self.found("zacharias"), await self.found("ben@example.org")), ([], []))
        await self.befriend(self.ann, self.ben)
        self.assertEqual((await self.found("zacharias"), await self.found("Ben@example.org")), (["@ben"], ["@ben"]))
        self.assertEqual(await self.found("n@example.org"), [])
        [item] = (await self.ann.call("user.search", q="ben@example.org"))["items"]
        self.assertNotIn("email", item)
        await self.ben.call("user.update_settings", privacy={"fullName": "nobody", "email": "nobody"})
        self.assertEqual((await self.found("zacharias"), await self.found("ben@example.org")), ([], []))

    async def test_an_address_is_compared_with_addresses_only(self) -> None:
        """A name that is like an address is not found by it: that would tell whose it may be."""
        await self.ben.call("user.update", displayName="Cat example.org")
        await self.person("cat_example_org")
        self.assertEqual(await self.found("cat@example.org"), [])
        self.assertIn("@ben", await self.found("cat example.org"))

    async def test_limits(self) -> None:
        """Two characters or more, thirty results at most."""
        await self.refused(self.ann.call("user.search", q=" a "), "invalid", "$.q")
        await self.refused(self.ann.call("user.search", q="ann", limit=31), "invalid", "$.limit")


class PrivacyTests(FriendsCase):
    """Levels hold for every part of a profile."""

    async def test_defaults(self) -> None:
        """Who has set nothing has what ``Privacy`` says, in SQL too: parts shown, circles, receipts."""
        levels = {part: level for part, level in msgspec.to_builtins(Privacy()).items() if isinstance(level, str)}
        [row] = await self.node.db.query(
            f"""SELECT u.privacy, {", ".join(map(relations.shown, levels))}
                  FROM users u LEFT JOIN friendships f ON false WHERE u.id = %s""",
            (self.ben.id,),
        )
        self.assertEqual(list(row), [{}, *(level == "everyone" for level in levels.values())])
        circles = await relations.circles(self.node.db, [self.ben.id])
        self.assertEqual(circles[self.ben.id].online_status, Privacy().online_status)
        gives = await self.node.db.query("SELECT gives_receipts(%s)", (self.ben.id,))
        self.assertEqual(value(gives, bool), Privacy().read_receipts)

    async def test_levels(self) -> None:
        """``everyone``, ``friends``, who really are friends, and ``nobody``; the own view is full."""
        await self.ben.call("user.update", firstName="Ben", lastName="Bond", gender="male")
        await self.node.db.execute(
            "UPDATE users SET phone_number = '+4930123456', phone_verified_at = now() WHERE id = %s", (self.ben.id,)
        )
        parts = {
            "fullName": ("firstName", "lastName"),
            "email": ("email",),
            "phone": ("phoneNumber",),
            "gender": ("gender",),
            "joinedDate": ("createdAt",),
        }
        eve = await self.person("eve")
        await self.befriend(self.ann, self.ben)
        await self.ask(eve, self.ben)
        for part, fields in parts.items():
            for level, seen_by in (("everyone", {"ann", "eve"}), ("friends", {"ann"}), ("nobody", set())):
                await self.ben.call("user.update_settings", privacy={part: level})
                for viewer in (self.ann, eve):
                    user = await viewer.call("user.get", userId=self.ben.id)
                    shown = {field for field in fields if field in user}
                    self.assertEqual(
                        shown, set(fields) if viewer.username[1:] in seen_by else set(), (part, level, viewer.username)
                    )
                self.assertLessEqual(set(fields), (await self.ben.call("user.me")).keys())
                self.assertLessEqual(set(fields), (await self.ben.call("user.get", userId=self.ben.id)).keys())
