"""Edit, unsend, react, reply, mention."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from twisted.internet.defer import Deferred, gatherResults
from twisted.trial.unittest import SynchronousTestCase

from chatr.ops.messages import texts
from tests.ops.case import Person, outcome
from tests.ops.fold import Fold, plain
from tests.ops.people.test_friends import FriendsCase


class ChangesCase(FriendsCase):
    """Ann has written "one" to Ben, her friend."""

    settings: dict[str, str] = {}

    async def setUp(self) -> None:
        await super().setUp()
        await self.befriend(self.ann, self.ben)
        self.message = await self.ann.send(self.ben, "one")
        self.conversation: str = self.message["conversationId"]
        self.where = {"id": self.message["id"]}

    async def log(self, person: Person) -> list[tuple[int, str]]:
        """The log as somebody reads it: seq and event."""
        page = await person.call("conversation.log", id=self.conversation)
        return [(entry["seq"], entry["event"]) for entry in page["entries"]]


class RoundTripTests(ChangesCase):
    """How many times a change goes to the database and back: while it does, its conversation waits."""

    async def trips(self, call: Any) -> int:
        before = self.node.db.round_trips
        await call
        return self.node.db.round_trips - before

    async def test_round_trips(self) -> None:
        """The look-up of the place, what is held, what decides, the entry with the message as it is, the commit."""
        await self.alone()
        for number in range(2):
            edit = self.ann.call("message.edit", **self.where, content=f"text {number}")
            self.assertEqual(await self.trips(edit), 4)
            react = self.ben.call("message.react", **self.where, emoji=chr(0x1F600 + number))
            self.assertEqual(await self.trips(react), 5)
            pin = self.ann.call("conversation.update", id=self.conversation, pinned=number == 0)
            self.assertEqual(await self.trips(pin), 3)
        self.assertEqual(await self.trips(self.ann.call("message.unsend", **self.where)), 4)


class EditTests(ChangesCase):
    """message.edit and message.edits"""

    async def test_edit(self) -> None:
        """The new text is everywhere, with an entry in the log; the former ones are kept in order, for participants."""
        phone, laptop, bens = self.ann.device(), self.ann.device(), self.ben.device()
        edited = await self.ann.call("message.edit", phone, **self.where, content="two  ")
        self.assertEqual((edited["content"], edited["edited"], edited["seq"]), ("two", True, 1))
        await self.ann.call("message.edit", **self.where, content="three")
        self.assertEqual([told["seq"] for told in bens.named("message.edited")], [2, 3])
        self.assertEqual((len(laptop.named("message.edited")), len(phone.named("message.edited"))), (2, 1))
        self.assertEqual(bens.named("message.edited")[0]["message"]["content"], "two")
        self.assertEqual(
            await self.log(self.ben), [(1, "message.received"), (2, "message.edited"), (3, "message.edited")]
        )
        page = await self.ben.call("message.history", conversationId=self.conversation)
        self.assertEqual([item["content"] for item in page["items"]], ["three"])
        for person in (self.ann, self.ben):
            former = await person.call("message.edits", **self.where)
            self.assertEqual([each["previousContent"] for each in former["edits"]], ["one", "two"])
            self.assertEqual({each["editedBy"] for each in former["edits"]}, {self.ann.id})
        eve = await self.person("eve")
        await self.refused(eve.call("message.edits", **self.where), "not_found")

    async def test_equal_text_changes_nothing(self) -> None:
        """No entry, no event, no history, not even an "edited"."""
        device = self.ben.device()
        same = await self.ann.call("message.edit", **self.where, content="one ")
        self.assertEqual((same["edited"], device.events, len(await self.log(self.ann))), (False, [], 1))

    async def test_refusals(self) -> None:
        """Not somebody else's, not a stranger's, not an empty text, not across a block."""
        eve = await self.person("eve")
        await self.refused(self.ben.call("message.edit", **self.where, content="x"), "forbidden")
        await self.refused(eve.call("message.edit", **self.where, content="x"), "not_found")
        await self.refused(self.ann.call("message.edit", id=str(uuid.uuid4()), content="x"), "not_found")
        for content in ("", "  ", "x" * 8001):
            await self.refused(self.ann.call("message.edit", **self.where, content=content), "invalid", "$.content")
        for one, other in ((self.ann, self.ben), (self.ben, self.ann)):
            await one.call("friend.block", userId=other.id)
            await self.refused(self.ann.call("message.edit", **self.where, content="x"), "blocked")
            await one.call("friend.unblock", userId=other.id)
        self.assertEqual(len(await self.log(self.ann)), 1)


class WindowTests(ChangesCase):
    """A server that lets messages be edited for a minute."""

    settings = {"messages.edit_window_s": "60"}

    async def test_window(self) -> None:
        """Until it is over, and not after."""
        await self.ann.call("message.edit", **self.where, content="two")
        self.moved = timedelta(seconds=61)
        await self.refused(self.ann.call("message.edit", **self.where, content="three"), "forbidden")


class UnsendTests(ChangesCase):
    """message.unsend"""

    async def test_unsend(self) -> None:
        """A placeholder for all, at once and everywhere; reactions, mentions and former texts are gone; once only."""
        await self.ann.call("message.edit", **self.where, content="hello @ben")
        await self.ben.call("message.react", **self.where, emoji="👍")
        reply = await self.ben.send(self.ann, "what?", replyToId=self.message["id"])
        device = self.ben.device()
        gone = await self.ann.call("message.unsend", **self.where)
        self.assertEqual((gone["content"], gone["unsent"], gone["reactions"], gone["mentions"]), ("", True, [], []))
        [told] = device.named("message.unsent")
        self.assertEqual((told["messageId"], told["senderDisplayName"]), (self.message["id"], "ann"))
        self.assertEqual(await self.ann.call("message.unsend", **self.where), gone)
        self.assertEqual(len(device.events), 1)
        for call in (
            self.ann.call("message.edit", **self.where, content="x"),
            self.ben.call("message.react", **self.where, emoji="👍"),
            self.ben.call("message.edits", **self.where),
        ):
            await self.refused(call, "gone")
        everything = [
            await self.ben.call("message.history", conversationId=self.conversation),
            await self.ben.call("conversation.log", id=self.conversation),
            await self.ben.call("conversation.list"),
        ]
        self.assertNotIn("hello", str(everything))
        quoted = await self.ann.call("message.get", id=reply["id"])
        self.assertEqual((quoted["replyTo"]["content"], quoted["replyTo"]["unsent"]), ("", True))
        late = await self.ben.send(self.ann, "and?", replyToId=self.message["id"])
        self.assertEqual((late["replyTo"]["content"], late["replyTo"]["unsent"]), ("", True))

    async def test_unread_count(self) -> None:
        """What was unsent does not count as unread."""
        await self.ann.send(self.ben, "two")
        await self.ann.call("message.unsend", **self.where)
        self.assertEqual((await self.ben.call("conversation.get", id=self.conversation))["unreadCount"], 1)

    async def test_refusals(self) -> None:
        """Only who wrote it; strangers don't find it."""
        await self.refused(self.ben.call("message.unsend", **self.where), "forbidden")
        await self.refused((await self.person("eve")).call("message.unsend", **self.where), "not_found")

    async def test_across_a_block(self) -> None:
        """One may take back one's own words also from somebody who is blocked."""
        await self.ann.call("friend.block", userId=self.ben.id)
        await self.ann.call("message.unsend", **self.where)
        self.assertTrue((await self.ben.call("message.get", **self.where))["unsent"])


class ReactTests(ChangesCase):
    """message.react"""

    async def test_one_each(self) -> None:
        """Another replaces it, the same again removes it, null removes it; in the order in which they came."""
        device = self.ann.device()

        async def react(person: Person, emoji: str | None) -> list[tuple[str, list[str]]]:
            found = (await person.call("message.react", **self.where, emoji=emoji))["reactions"]
            return [(each["emoji"], [user["username"] for user in each["users"]]) for each in found]

        self.assertEqual(await react(self.ben, "👍"), [("👍", ["@ben"])])
        self.assertEqual(await react(self.ann, "👍"), [("👍", ["@ben", "@ann"])])
        self.assertEqual(await react(self.ben, "🎉"), [("👍", ["@ann"]), ("🎉", ["@ben"])])
        self.assertEqual(await react(self.ann, "👍"), [("🎉", ["@ben"])])
        self.assertEqual(await react(self.ben, None), [])
        self.assertEqual(await react(self.ben, None), [])
        told = device.named("message.reaction")
        self.assertEqual([each["emoji"] for each in told], ["👍", "👍", "🎉", None, None])
        self.assertEqual([each["seq"] for each in told], [2, 3, 4, 5, 6])
        self.assertEqual((told[0]["userId"], told[0]["reactions"][0]["emoji"]), (self.ben.id, "👍"))

    async def test_spellings(self) -> None:
        """With a variation selector or without, it is one emoji: counted together, and taken away by either.

        Before, a heart of the one kind replaced the other kind, and two people's hearts stood apart.
        """
        device = self.ann.device()
        for person, emoji, left in ((self.ben, "❤️", 1), (self.ann, "❤", 2), (self.ben, "❤", 1), (self.ann, "❤️", 0)):
            found = (await person.call("message.react", **self.where, emoji=emoji))["reactions"]
            self.assertEqual([(each["emoji"], len(each["users"])) for each in found], [("❤️", left)][: left or 0])
        self.assertEqual([each["emoji"] for each in device.named("message.reaction")], ["❤️", "❤️", None, None])

    async def test_refusals(self) -> None:
        """One emoji and nothing else; participants only; not across a block, not while a request waits."""
        for emoji in ("", "a", "👍👍", "👍 ", " 👍", "1", ":+1:", "<b>", "👍" * 20):
            await self.refused(self.ben.call("message.react", **self.where, emoji=emoji), "invalid", "$.emoji")
        eve = await self.person("eve")
        await self.refused(eve.call("message.react", **self.where, emoji="👍"), "not_found")
        asked = await eve.send(self.ben, "hi")
        for person in (eve, self.ben):
            await self.refused(person.call("message.react", id=asked["id"], emoji="👍"), "forbidden")
        await self.ben.call("friend.block", userId=self.ann.id)
        for person in (self.ann, self.ben):
            await self.refused(person.call("message.react", **self.where, emoji="👍"), "blocked")


class MentionTests(ChangesCase):
    """Who a text calls."""

    async def test_mentions(self) -> None:
        """Members by username, whatever its case; nobody else; anew with each edit."""
        await self.person("eve")
        sent = await self.ann.send(self.ben, "@BEN, ask @eve or ann@ben.org or @benny, says @ann.")
        self.assertEqual(set(sent["mentions"]), {self.ben.id, self.ann.id})
        self.assertEqual((await self.ben.call("message.get", id=sent["id"]))["mentions"], sent["mentions"])
        edited = await self.ann.call("message.edit", id=sent["id"], content="nobody")
        self.assertEqual(edited["mentions"], [])


class OrderTests(ChangesCase):
    """Changes among sends."""

    async def test_events_leave_in_the_order_of_the_log(self) -> None:
        """Sends, edits, reactions and takings-back by two at once: one gapless log, and events in its order."""
        anns, bens = self.ann.device(), self.ben.device()
        own = {person: [await person.send(other, "x") for _ in range(8)] for person, other in self.pairs()}
        for device in (anns, bens):
            device.events.clear()
        calls: list[Any] = []
        for person, other in self.pairs():
            for number, message in enumerate(own[person]):
                calls.append(person.call("message.edit", id=message["id"], content=f"new {number}"))
                calls.append(other.call("message.react", id=message["id"], emoji="👍"))
                calls.append(person.send(other, f"more {number}"))
                if number % 4 == 0:
                    calls.append(person.call("message.unsend", id=message["id"]))
        outcomes = await gatherResults([Deferred.fromCoroutine(outcome(call)) for call in calls])
        # Of two people nobody is first: what was taken back meanwhile has no reactions any more.
        self.assertLessEqual({answer for answer in outcomes if isinstance(answer, str)}, {"gone"})
        logs = [await self.log(person) for person in (self.ann, self.ben)]
        self.assertEqual(logs[0], logs[1])
        self.assertEqual([seq for seq, _ in logs[0]], list(range(1, len(logs[0]) + 1)))
        for device in (anns, bens):
            heard = [(data["seq"], name) for name, data in device.events if "seq" in data]
            self.assertEqual(heard, logs[0][17:])

    def pairs(self) -> list[tuple[Person, Person]]:
        return [(self.ann, self.ben), (self.ben, self.ann)]

    async def test_entries_equal_events(self) -> None:
        """An entry of the log holds what the event held, as it is now."""
        device = self.ben.device()
        await self.ann.call("message.edit", **self.where, content="two")
        await self.ben.call("message.react", device, **self.where, emoji="👍")
        await self.ann.call("message.react", **self.where, emoji="🎉")
        page = await self.ben.call("conversation.log", id=self.conversation, after=1)
        entries = {entry["seq"]: (entry["event"], entry["data"]) for entry in page["entries"]}
        for name, data in device.events[-1:]:
            self.assertEqual(entries[data["seq"]], (name, data))
        await self.ann.call("message.unsend", **self.where)
        page = await self.ben.call("conversation.log", id=self.conversation, after=4)
        self.assertEqual(page["entries"][0]["data"], device.named("message.unsent")[0])


class FoldTests(ChangesCase):
    """State before + events = state after."""

    async def test_state_before_plus_events_is_state_after(self) -> None:
        """For both people, after every step."""
        folds = [await Fold(person).load() for person in (self.ann, self.ben)]
        two = await self.ben.send(self.ann, "two @ann", replyToId=self.message["id"])
        steps: list[tuple[Person, str, dict[str, Any]]] = [
            (self.ben, "message.edit", {"id": two["id"], "content": "two!"}),
            (self.ann, "message.react", {"id": two["id"], "emoji": "👍"}),
            (self.ben, "message.react", {"id": two["id"], "emoji": "👍"}),
            (self.ann, "message.react", {"id": two["id"], "emoji": "🎉"}),
            (self.ann, "message.mark_read", {"id": self.conversation, "seq": 3}),
            (self.ben, "message.edit", {"id": two["id"], "content": "two?"}),
            (self.ann, "message.unsend", self.where),
            (self.ben, "message.unsend", {"id": two["id"]}),
        ]
        for person, name, params in steps:
            await person.call(name, **params)
            for fold in folds:
                self.assertEqual(plain(fold.state()), plain(await fold.fresh()), (name, fold.person.username))


class TextTests(SynchronousTestCase):
    """What is an emoji, and what is a name."""

    def test_emoji(self) -> None:
        """The emoji of Unicode's RGI set: with skin tones, joined families, flags, keycaps; selectors or none."""
        families = ("👨‍👩‍👧‍👦", "👩🏽‍❤️‍💋‍👨🏻", "👩🏽‍❤‍💋‍👨🏻", "🏳️‍🌈", "🏳‍🌈")
        for emoji in ("👍", "👍\ufe0f", "👍🏽", "❤️", "❤", "🇩🇪", "1️⃣", "1\u20e3", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "☺", *families):
            self.assertTrue(texts.is_emoji(emoji), emoji)
        for text in ("", "a", "1", "#", "👍👍", "👍a", "a👍", "🇩", "é", "\u200d", "❤️ ", "\ufe0f", "\ufe0f👍"):
            self.assertFalse(texts.is_emoji(text), text)

    def test_no_more_than_an_emoji(self) -> None:
        """What is drawn over an emoji, or joined to it by nothing, makes it none. Before, each was taken for one."""
        marks = ("\u0301" * 20, "\u0489" * 40, "\u20dd", "\u200d", "\ufe0f\ufe0f", "\ufe0e", "\U000e0067", "\u200b")
        for text in (*(f"👍{mark}" for mark in marks), "👍🏽🏽", "👨‍👩‍👧‍👦‍👦", "🇦🇦", "👍‍👍"):
            self.assertFalse(texts.is_emoji(text), ascii(text))

    def test_names(self) -> None:
        """Words that begin with @, once each, in lower case."""
        self.assertEqual(texts.names("@Ann and @ann, (@ben)! a@cat.org @@dan @xy @" + "x" * 21), "@ann @ben")
