"""Every way in which two people can stand to each other × everything that depends on it, over both doors."""

from __future__ import annotations

from typing import Any, NamedTuple

from chatr.realtime import presence, presence_memory
from tests.e2e.client import Refused, Wamp
from tests.e2e.server import Account
from tests.e2e.test_sessions import SessionCase


class Cell(NamedTuple):
    """What Ann finds about Ben. ``profile``: what user.get shows of a gender that is for friends."""

    search: str
    profile: str
    query: str
    presence_event: bool
    profile_event: bool
    request: str


TABLE = {
    "stranger": Cell("found", "public", "hidden", False, False, "pending"),
    "asked by me": Cell("found, pending", "public", "hidden", False, True, "conflict"),
    "asked by them": Cell("found, pending", "public", "hidden", False, True, "accepted"),
    "friend": Cell("found, friend", "friend", "online", True, True, "conflict"),
    "blocked by me": Cell("-", "public", "hidden", False, False, "conflict"),
    "blocked by them": Cell("-", "not_found", "hidden", False, False, "conflict"),
    "blocked by both": Cell("-", "not_found", "hidden", False, False, "conflict"),
    "blocked friend": Cell("-", "public", "hidden", False, False, "conflict"),
    "blocked conversation": Cell("-", "not_found", "hidden", False, False, "conflict"),
    "conversation pending by me": Cell("found", "public", "hidden", False, True, "pending"),
    "conversation pending by them": Cell("found", "public", "online", True, True, "pending"),
    "conversation accepted": Cell("found", "public", "online", True, True, "pending"),
}


class RelationTests(SessionCase):
    """The table, cell by cell."""

    async def setUp(self) -> None:
        await super().setUp()
        self.patch(presence_memory, "INTERVAL_S", 0.0)
        self.patch(presence, "SETTLE_S", 0.01)
        self.witness = await self.person("witness")
        self.witnessing = await self.connect(self.witness.token)

    async def test_rest(self) -> None:
        """Asked over REST."""
        for number, (relation, wanted) in enumerate(TABLE.items()):
            ann, ben = await self.pair(number, relation)
            events = await self.events(ann, ben)
            found = (await ann.rest("GET", f"/users/search?q=ben_{number}_"))["items"]
            search = [item for item in found if item["id"] == ben.id]
            [state] = (await ann.rest("GET", f"/presence?userIds={ben.id}"))["items"]
            profile = await self.outcome(ann, "GET", f"/users/by-id/{ben.id}")
            by_name = await self.outcome(ann, "GET", f"/users/ben_{number}_")
            self.assertEqual(by_name, profile)
            asked = await self.outcome(ann, "POST", "/friends/request", {"addresseeId": ben.id})
            self.assertEqual(self.cell(search, profile, state, events, asked), wanted, relation)

    async def test_wamp(self) -> None:
        """Asked over WAMP."""
        for number, (relation, wanted) in enumerate(TABLE.items()):
            ann, ben = await self.pair(number, relation)
            events = await self.events(ann, ben)
            wamp = await self.connect(ann.token)
            found = (await wamp.call("user.search", q=f"ben_{number}_"))["items"]
            search = [item for item in found if item["id"] == ben.id]
            [state] = (await wamp.call("presence.query", userIds=[ben.id]))["items"]
            profile = await self.answer(wamp, "user.get", userId=ben.id)
            by_name = await self.answer(wamp, "user.get_by_username", username=f"ben_{number}_")
            self.assertEqual(by_name, profile)
            asked = await self.answer(wamp, "friend.request", addresseeId=ben.id)
            self.assertEqual(self.cell(search, profile, state, events, asked), wanted, relation)

    def cell(self, search: Any, profile: Any, state: Any, events: tuple[bool, bool], asked: Any) -> Cell:
        """The answers, as the table names them."""
        found = "-"
        if search:
            item = search[0]
            friendship = {"pending": ", pending", "accepted": ", friend"}.get(
                item.get("friendship", {}).get("status"), ""
            )
            self.assertEqual(item["isFriend"], friendship == ", friend")
            found = f"found{friendship}"
        shown = profile if isinstance(profile, str) else "friend" if "gender" in profile else "public"
        query = "hidden" if state["hidden"] else state["status"]
        self.assertEqual("lastSeen" in profile, False)
        return Cell(found, shown, query, *events, asked if isinstance(asked, str) else asked["friendship"]["status"])

    async def events(self, ann: Account, ben: Account) -> tuple[bool, bool]:
        """Whether Ann hears when Ben goes away, and when he changes his name."""
        anns, bens = await self.connect(ann.token), await self.connect(ben.token)
        await self.heard("online", ben)
        # What Ann hears of Ben's coming is not what is asked here.
        await anns.call("user.me")
        anns.events.clear()
        await bens.call("presence.set", status="away")
        await self.heard("away", ben)
        await bens.call("presence.set", status="online")
        await self.heard("online", ben)
        await bens.call("user.update", displayName="Benjamin")
        await anns.call("user.me")
        about = [(topic, payload) for topic, payload in anns.events if self.about(payload) == ben.id]
        statuses = [payload["status"] for topic, payload in about if topic == "chatr.presence.changed"]
        self.assertIn(statuses, ([], ["away", "online"]))
        names = [payload["user"]["displayName"] for topic, payload in about if topic == "chatr.user.updated"]
        self.assertIn(names, ([], ["Benjamin"]))
        self.assertEqual(len(about), len(statuses) + len(names))
        return bool(statuses), bool(names)

    async def heard(self, status: str, of: Account) -> None:
        """Wait until a friend of somebody has heard a status: then it was told to all who may know."""
        await self.event(
            self.witnessing, "chatr.presence.changed", lambda told: (told["userId"], told["status"]) == (of.id, status)
        )
        self.witnessing.events.clear()

    @staticmethod
    def about(payload: dict[str, Any]) -> str:
        return str(payload.get("userId") or payload.get("user", {}).get("id"))

    async def outcome(self, person: Account, verb: str, path: str, body: Any = None) -> Any:
        """The answer of a call over REST, or its error code."""
        answer = await person.rest(verb, path, body, 0)
        return answer.get("code", answer)

    async def answer(self, wamp: Wamp, name: str, **params: Any) -> Any:
        """The same over WAMP."""
        try:
            return await wamp.call(name, **params)
        except Refused as error:
            return error.uri.removeprefix("chatr.error.")

    async def pair(self, number: int, relation: str) -> tuple[Account, Account]:
        """Ann and Ben, who stand to each other like that."""
        ann, ben = await self.person(f"ann_{number}_"), await self.person(f"ben_{number}_")
        await ben.rest("PATCH", "/users/me", {"gender": "male"})
        await ben.rest("PUT", "/users/me/settings", {"privacy": {"gender": "friends"}})
        await self.acquaint(self.witness, ben)
        words = set(relation.split())
        if "asked" in words:
            one, other = (ann, ben) if "me" in words else (ben, ann)
            await one.rest("POST", "/friends/request", {"addresseeId": other.id}, 201)
        if "friend" in words:
            await self.acquaint(ann, ben)
        if "conversation" in words:
            sender, other = (ann, ben) if "me" in words else (ben, ann)
            sent = await sender.send(other, "hi")
            if "pending" not in words:
                await other.rest("POST", f"/conversations/{sent['conversationId']}/accept", {})
        if "blocked" in words:
            if relation != "blocked by them" and relation != "blocked conversation":
                await ann.rest("POST", f"/friends/{ben.id}/block", {})
            if {"them", "both", "conversation"} & words:
                await ben.rest("POST", f"/friends/{ann.id}/block", {})
        return ann, ben
