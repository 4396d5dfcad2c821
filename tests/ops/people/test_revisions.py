"""Revisions: each change of what somebody has of a person or a conversation has a greater one, whatever comes first."""

from __future__ import annotations

import random
import re
import typing
import uuid
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import msgspec
import pyotp

from chatr.api.events import EVENTS
from chatr.api.model import Conversation, User
from chatr.api.topics import USER
from chatr.client import Replica
from chatr.ops.catalog import CONTRACT
from tests.ops.case import PASSWORD, Person
from tests.ops.files.case import png
from tests.ops.fold import LISTS, Fold, plain, unrevised
from tests.ops.people.test_friends import FriendsCase

Event = tuple[str, dict[str, Any]]
#: Of the same events, after each step.
ORDERS = 20
#: Of a conversation, what follows from its log and watermarks, or is the other person's.
DERIVED = {
    *("headSeq", "readSeq", "deliveredSeq", "otherReadSeq", "otherDeliveredSeq", "unreadCount", "unreadCapped"),
    *("lastMessage", "updatedAt", "other", "revision"),
}
#: What changes nothing that somebody has of a person or a conversation, but for its log and watermarks.
ELSEWHERE = {
    *("account.register", "account.resend_code", "account.change_unconfirmed"),
    *("session.login", "session.verify_login", "session.refresh"),
    *("session.logout", "session.revoke", "session.revoke_others", "realtime.ticket", "oidc.start", "oidc.finish"),
    *("password.forgot", "password.reset", "password.change", "two_factor.setup", "two_factor.recovery_codes"),
    *("message.mark_delivered", "message.mark_read", "message.mark_listened"),
    *("message.edit", "message.unsend", "message.react"),
    *("activity.typing", "activity.recording", "activity.draft", "activity.listening"),
    *("message.set_waveform", "message.upload", "file.upload", "file.remove", "account.export"),
    # What the tracker then says of it is presence_news's: tests/ops/people/test_presence.py.
    "presence.set",
    # Who may come in: nobody does yet.
    *("group.link_create", "group.link_revoke"),
    # By the same lines as account.verify_email.
    "account.verify_phone",
}


#: Events that carry a revision, and nothing that has one of its own.
GONE = {
    *("conversation.removed", "presence.changed"),
    *("group.invite_declined", "group.invite_revoked", "group.join_requested"),
}
#: What somebody has no more, or has asked for: no view of it is left, or none there yet.
UNSEEN = {
    *("conversation.delete", "conversation.decline"),
    *("group.decline", "group.remove_member", "group.request_to_join", "group.delete"),
}


def mentioned(kind: Any) -> set[type]:
    """The structs that are fields of a struct."""
    hints = typing.get_type_hints(kind)
    parts = [part for hint in hints.values() for part in (hint, *typing.get_args(hint))]
    return {part for part in parts if isinstance(part, type) and issubclass(part, msgspec.Struct)}


def revised() -> set[str]:
    """The events that carry a revision."""
    return {name for name, event in EVENTS.items() if "revision" in event.payloads[0].__struct_fields__}


class World(FriendsCase):
    """Ann and Ben, who do everything that changes what they have of each other, and Eve, whom it concerns little."""

    settings = {"limits.enabled": "false", "messages.request_cooldown_s": "0"}

    async def setUp(self) -> None:
        await super().setUp()
        self.eve = await self.person("eve")
        self.direct = self.recovery_code = self.group = ""

    async def talk(self, one: Person, other: Person) -> None:
        """Somebody writes."""
        self.direct = (await one.send(other, "hi"))["conversationId"]

    async def friendship(self, verb: str, by: Person) -> None:
        """Somebody does something to the request or friendship between the two."""
        for name in ("list", "incoming", "outgoing"):
            for item in (await by.call(f"friend.{name}"))["items"]:
                await by.call(f"friend.{verb}", friendshipId=item["friendshipId"])

    async def verify(self) -> None:
        """Ann confirms another address."""
        await self.ann.call("user.update", email="new@example.org", password=PASSWORD)
        await self.ann.call("account.verify_email", userId=self.ann.id, code=self.last_code("new@example.org"))

    async def undo(self) -> None:
        """Ann takes that back by the letter to her former address."""
        text = next(text for to, text in reversed(self.mails()) if to == "ann@example.org")
        found = re.search(r"undo it with ([A-Za-z0-9_-]{43})|^([A-Za-z0-9_-]{43})$", text, re.M)
        assert found is not None, text
        await self.call("account.undo_change", token=found[1] or found[2])

    async def found(self) -> None:
        """Ann creates a group."""
        made = await self.ann.call("group.create", name="Foxes", memberIds=[self.ben.id, self.eve.id])
        self.group = made["id"]

    async def come_by_link(self) -> None:
        """Eve comes into it by a link."""
        link = await self.ann.call("group.link_create", id=self.group)
        await self.eve.call("group.join_by_link", code=link["code"])

    async def enable(self) -> None:
        """Ann signs in with an authenticator from now on."""
        secret = (await self.ann.call("two_factor.setup", password=PASSWORD))["secret"]
        answer = await self.ann.call("two_factor.enable", code=pyotp.TOTP(secret).at(self.now()))
        self.recovery_code = answer["recoveryCodes"][0]

    async def disable(self) -> None:
        """Ann signs in without it."""
        await self.ann.call("two_factor.disable", password=PASSWORD, recoveryCode=self.recovery_code)

    def steps(self) -> list[tuple[str, Callable[[], Awaitable[Any]]]]:
        """What they do, each with the operation that it is about."""
        ann, ben = self.ann, self.ben
        to_ann, to_ben = {"addresseeId": ann.id}, {"addresseeId": ben.id}

        def own(person: Person, **changes: Any) -> Callable[[], Awaitable[Any]]:
            return lambda: person.call("conversation.update", id=self.direct, **changes)

        def row(person: Person, verb: str) -> Callable[[], Awaitable[Any]]:
            return lambda: person.call(f"conversation.{verb}", id=self.direct)

        return [
            ("conversation.decline", row(ben, "decline")),
            ("user.update", lambda: ann.call("user.update", displayName="Anna")),
            # After the cooldown it is a new request, by a message alone.
            ("message.send", lambda: self.talk(ann, ben)),
            ("conversation.accept", row(ben, "accept")),
            ("conversation.update", own(ann, archived=True)),
            ("friend.request", lambda: ann.call("friend.request", **to_ben)),
            ("friend.accept", lambda: self.friendship("accept", ben)),
            ("conversation.update", own(ann, archived=False, pinned=True)),
            ("user.update_settings", lambda: ann.call("user.update_settings", privacy={"gender": "friends"})),
            ("user.update", lambda: ann.call("user.update", gender="female", lastName="Lee")),
            ("account.verify_email", self.verify),
            ("user.set_image", lambda: ann.upload("user.set_image", png(), "me.png")),
            ("user.set_cover_image", lambda: ann.upload("user.set_cover_image", png(), "me.png")),
            ("user.remove_image", lambda: ann.call("user.remove_image")),
            ("user.remove_cover_image", lambda: ann.call("user.remove_cover_image")),
            ("friend.block", lambda: ann.call("friend.block", userId=ben.id)),
            ("user.update", lambda: ann.call("user.update", displayName="Anouk")),
            ("friend.block", lambda: ben.call("friend.block", userId=ann.id)),
            ("friend.unblock", lambda: ann.call("friend.unblock", userId=ben.id)),
            ("friend.unblock", lambda: ben.call("friend.unblock", userId=ann.id)),
            ("conversation.delete", row(ben, "delete")),
            ("user.update_settings", lambda: ben.call("user.update_settings", privacy={"onlineStatus": "nobody"})),
            ("message.send", lambda: self.talk(ann, ben)),
            ("friend.request", lambda: ben.call("friend.request", **to_ann)),
            ("friend.decline", lambda: self.friendship("decline", ann)),
            ("two_factor.enable", self.enable),
            ("two_factor.disable", self.disable),
            ("user.update_settings", lambda: ben.call("user.update_settings", privacy={"onlineStatus": "everyone"})),
            ("friend.request", lambda: ben.call("friend.request", **to_ann)),
            ("friend.accept", lambda: ann.call("friend.request", **to_ben)),
            ("conversation.update", own(ben, mutedUntil="2040-01-01T00:00:00Z")),
            ("friend.remove", lambda: self.friendship("remove", ann)),
            ("user.update", lambda: ben.call("user.update", displayName="Benny")),
            ("friend.request", lambda: ann.call("friend.request", **to_ben)),
            ("friend.accept", lambda: self.friendship("accept", ben)),
            *self.steps_in_a_group(),
            # Last: it ends her sessions.
            ("account.undo_change", self.undo),
        ]

    def steps_in_a_group(self) -> list[tuple[str, Callable[[], Awaitable[Any]]]]:
        """What they do in a group of Ann's."""
        ann, ben, eve = self.ann, self.ben, self.eve

        def step(person: Person, verb: str, about: Person | None = None, **params: Any) -> tuple[str, Any]:
            more = {"userId": about.id, **params} if about is not None else params
            return f"group.{verb}", lambda: person.call(f"group.{verb}", id=self.group, **more)

        return [
            ("group.create", self.found),
            step(eve, "decline"),
            step(ann, "invite", userIds=[eve.id]),
            step(ann, "remove_member", eve),
            step(ben, "accept"),
            step(ann, "update", name="Wolves", joinPolicy="request"),
            *self.images_of_the_group(),
            step(ann, "promote", ben),
            step(ann, "demote", ben),
            step(ann, "transfer_ownership", ben),
            step(ben, "promote", ann, role="owner"),
            step(ben, "step_down"),
            step(eve, "request_to_join"),
            step(ann, "invite", userIds=[eve.id]),
            step(eve, "leave"),
            ("group.join_by_link", self.come_by_link),
            step(ann, "remove_member", eve),
            step(ann, "delete"),
        ]

    def images_of_the_group(self) -> list[tuple[str, Callable[[], Awaitable[Any]]]]:
        """What Ann has it look like."""
        ann = self.ann

        def shown(verb: str) -> tuple[str, Any]:
            return f"group.{verb}", lambda: ann.upload(f"group.{verb}", png(), "a.png", id=self.group)

        def removed(verb: str) -> tuple[str, Any]:
            return f"group.{verb}", lambda: ann.call(f"group.{verb}", id=self.group)

        return [shown("set_image"), shown("set_cover_image"), removed("remove_image"), removed("remove_cover_image")]


class GrowthTests(World):
    """Operation by operation."""

    def test_everything_is_in_the_table(self) -> None:
        """Each operation that changes anything is tried, or known to change nothing of that kind."""
        changing = {name for name, operation in CONTRACT.operations.items() if operation.route.verb != "GET"}
        tried = {name for name, _ in self.steps()} | {"account.delete"}
        self.assertEqual(tried | ELSEWHERE, changing)
        self.assertEqual(tried & ELSEWHERE, set())

    def test_events_carry_it(self) -> None:
        """Whatever tells one person of a person or a conversation says by itself how new that is."""
        told = {
            name
            for name, event in EVENTS.items()
            if event.audience == USER and any(mentioned(each) & {User, Conversation} for each in event.payloads)
        }
        self.assertEqual(told - revised(), set())
        self.assertEqual(revised() - told, GONE)

    async def test_each_change_has_a_greater_one(self) -> None:
        """What is another than before has a greater revision, what is gone and comes back too; none ever shrinks."""
        await self.talk(self.ann, self.ben)
        people = (self.ann, self.ben, self.eve)
        known = [await self.views(person) for person in people]
        devices = [person.device() for person in people]
        for number, (name, step) in enumerate([*self.steps(), ("account.delete", self.leave)]):
            await step()
            changed = False
            for newest, person in zip(known, people, strict=True):
                if name == "account.delete" and person is self.ann:
                    continue
                for key, (content, revision) in (await self.views(person)).items():
                    was, before = newest.get(key, (None, -1))
                    if content != was:
                        self.assertGreater(revision, before, (number, name, person.username, key, was, content))
                    self.assertGreaterEqual(revision, before, (number, name, person.username, key))
                    changed = changed or content != was
                    newest[key] = content, revision
            self.assertTrue(changed or name in UNSEEN, (number, name))
        heard = {event for device in devices for event, _ in device.events}
        self.assertEqual(revised() - heard, set())
        for device in devices:
            self.exact(device.events)

    async def leave(self) -> None:
        """Ann's account ends."""
        await self.ann.call("account.delete", password=PASSWORD)

    def exact(self, events: Iterable[Event]) -> None:
        """What an event says of its revision is that of what it carries; of one there is one state."""
        states: dict[tuple[str, int], Any] = {}
        for name, data in events:
            for part in ("user", "conversation"):
                if "revision" in data.get(part, ()) and "revision" in data:
                    self.assertEqual(data[part]["revision"], data["revision"], name)
                    state = {key: value for key, value in data[part].items() if key not in DERIVED}
                    key = data[part]["id"], data["revision"]
                    self.assertEqual(states.setdefault(key, state), state, name)

    async def views(self, viewer: Person) -> dict[tuple[str, str], tuple[Any, int]]:
        """What somebody is answered of people and conversations: by what it is, the content and its revision."""
        me = await viewer.call("user.me")
        found = {("me", viewer.id): (unrevised(me), me["revision"])}
        people: dict[str, dict[str, Any]] = {}
        for part in ("chats", "requests", "archived"):
            for view in (await viewer.call("conversation.list", filter=part))["items"]:
                if "other" in view:
                    people[view["other"]["id"]] = view["other"]
                content = {key: value for key, value in view.items() if key not in DERIVED}
                found["conversation", view["id"]] = content, view["revision"]
        listed: dict[str, list[tuple[str, str]]] = {}
        for name in LISTS:
            for item in (await viewer.call(f"friend.{name}"))["items"]:
                people[item["user"]["id"]] = item["user"]
                listed.setdefault(item["user"]["id"], []).append((name, item["friendshipId"]))
        for user in people.values():
            found["person", user["id"]] = (unrevised(user), listed.get(user["id"])), user["revision"]
        for invite in (await viewer.call("group.invites"))["items"]:
            found["conversation", invite["group"]["id"]] = invite["invitedAt"], invite["revision"]
        for state in (await viewer.call("presence.query"))["items"]:
            content = (state["status"], state["hidden"])
            found["presence", state["userId"]] = content, state["revision"]
        return found


class ViewTests(World):
    """What a revision must not tell."""

    async def test_nothing_of_what_is_not_seen(self) -> None:
        """Whoever is blocked has one of the block, a stranger one of what strangers see: it grows with nothing else."""
        await self.talk(self.ann, self.ben)
        await self.ann.call("friend.block", userId=self.ben.id)
        before = await self.seen()
        await self.ann.call("user.update_settings", settings={"theme": "dark"})
        await self.ann.call("friend.request", addresseeId=self.eve.id)
        await self.ann.call("friend.unblock", userId=self.eve.id)
        self.assertEqual((await self.seen())[0], before[0])
        await self.verify()
        await self.ann.call("user.update", displayName="Anna")
        after = await self.seen()
        self.assertEqual(after[0], before[0])
        self.assertGreater(after[1], before[1])

    async def test_no_trace(self) -> None:
        """What changes nothing between two strangers leaves nothing in the database, nor what is refused."""
        before = await self.node.db.query("SELECT * FROM pairs")
        await self.ann.call("friend.unblock", userId=self.eve.id)
        await self.refused(self.ann.call("friend.block", userId=str(uuid.uuid4())), "not_found")
        await self.refused(self.ann.call("friend.request", addresseeId=str(uuid.uuid4())), "not_found")
        self.assertEqual(await self.node.db.query("SELECT * FROM pairs"), before)

    async def seen(self) -> tuple[int, int]:
        """The revision of Ann for Ben, who is blocked, and for Eve."""
        view = await self.ben.call("conversation.get", id=self.direct)
        return view["other"]["revision"], (await self.eve.call("user.get", userId=self.ann.id))["revision"]


class OrderTests(World):
    """Events of several connections come in any order: at any moment all orders make the same."""

    async def test_conversations(self) -> None:
        """What a client shows of conversations and messages; entries of a log it puts in order by their seqs."""
        await self.talk(self.ann, self.ben)
        begun = [(person, person.device(), await person.call("sync.changes")) for person in (self.ann, self.ben)]
        for number, (name, step) in enumerate(self.steps()):
            await step()
            for person, device, snapshot in begun:
                fresh = {
                    view["id"]: view
                    for part in ("chats", "requests", "archived")
                    for view in (await person.call("conversation.list", filter=part))["items"]
                }
                # The calls are made from elsewhere, but how oneself is called when all begins is no event.
                events = [*device.events, ("user.updated", {"user": await person.call("user.me")})]
                for seed in range(ORDERS):
                    shown = unrevised(self.replica(person, snapshot, shuffled(events, seed)).conversations())
                    self.assertEqual(shown, unrevised(fresh), (number, name, seed, person.username))

    def replica(self, person: Person, snapshot: dict[str, Any], events: Iterable[Event]) -> Replica:
        """A snapshot with its message, and the events after it."""
        replica = Replica(person.id)
        replica.apply("sync.changes", snapshot)
        last = snapshot["conversations"][0]["lastMessage"]
        replica.apply("message.received", {"conversationId": self.direct, "seq": last["seq"], "message": last})
        for event in events:
            replica.apply(*event)
        return replica

    async def test_people(self) -> None:
        """Friends, requests, blocks, presence and the own account."""
        await self.talk(self.ann, self.ben)
        people = (self.ann, self.ben)
        for person in people:
            self.node.ports.live.presence.joined(person.id, f"{person.username} 1")
        await self.settled()
        folds = [await Fold(person).load() for person in people]
        for number, (name, step) in enumerate(self.steps()):
            if name.startswith(("conversation.", "message.", "group.")):
                # What becomes of conversations is the other test's.
                continue
            await step()
            for fold in folds:
                fresh = plain(await fold.fresh())
                for seed in range(ORDERS):
                    again = fold.copy()
                    for event, data in shuffled(fold.device.events, seed):
                        if event.startswith(("user.", "friend.", "presence.")):
                            again.apply(event, data)
                    for part in ("lists", "presence", "me"):
                        where = (number, name, seed, fold.person.username, part)
                        self.assertEqual(plain(again.now)[part], fresh[part], where)


def shuffled(events: Iterable[Event], seed: int) -> list[Event]:
    """Events in another order, but for the entries of logs, which stay in theirs."""
    mixed = list(events)
    random.Random(seed).shuffle(mixed)
    entries = iter(sorted((event for event in mixed if "seq" in event[1]), key=lambda event: event[1]["seq"]))
    return [next(entries) if "seq" in event[1] else event for event in mixed]
