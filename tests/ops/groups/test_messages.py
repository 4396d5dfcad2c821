"""What works in a direct conversation works in a group, by the same code; what was before is for those who were in."""

from __future__ import annotations

from typing import Any

from chatr.client.replica import Replica
from chatr.services import receipt_counts
from chatr.store.messages import changes
from chatr.store.writing import appending
from tests.ops.case import Device, Person
from tests.ops.fold import unrevised
from tests.ops.groups.case import GroupsCase, named, seqs


class GroupMessagesCase(GroupsCase):
    """Ann has a group with Ben and Cat; each has a device."""

    async def setUp(self) -> None:
        await super().setUp()
        self.patch(receipt_counts, "EVERY_S", 0.0)
        self.group_id = await self.group(self.ann, self.ben, self.cat)
        self.anns, self.bens, self.cats = [self.inside(person) for person in (self.ann, self.ben, self.cat)]
        self.head = (await self.ann.call("conversation.get", id=self.group_id))["headSeq"]

    def inside(self, person: Person) -> Device:
        device = person.device()
        self.node.hub.join(device, [f"conversation:{self.group_id}"])
        return device


class SameTests(GroupMessagesCase):
    """What is done with messages."""

    async def test_send_edit_react_unsend(self) -> None:
        """All others hear of it in order; the one that calls has the answer."""
        sent = await self.ben.send(self.group_id, "hello @cat", self.bens)
        self.assertEqual(sent["mentions"], [self.cat.id])
        await self.ben.call("message.edit", self.bens, id=sent["id"], content="hello")
        await self.cat.call("message.react", self.cats, id=sent["id"], emoji="👍")
        await self.refused(self.cat.call("message.edit", id=sent["id"], content="x"), "forbidden")
        reply = await self.cat.send(self.group_id, "hi", self.cats, replyToId=sent["id"])
        self.assertEqual(reply["replyTo"]["content"], "hello")
        await self.refused(self.cat.call("message.unsend", id=sent["id"]), "forbidden")
        await self.ann.call("message.unsend", self.anns, id=sent["id"])
        events = ["message.received", "message.edited", "message.reaction", "message.received", "message.unsent"]
        self.assertEqual(named(self.anns), events[:4])
        self.assertEqual(named(self.bens), events[2:])
        self.assertEqual(named(self.cats), [events[0], events[1], events[4]])
        self.assertEqual(seqs(self.anns, self.group_id), [self.head + number for number in range(1, 5)])
        page = await self.ann.call("message.history", conversationId=self.group_id)
        shown = [item for item in page["items"] if item["type"] == "text"]
        self.assertEqual([item["content"] for item in shown], ["", "hi"])
        self.assertTrue(shown[1]["replyTo"]["unsent"])

    async def test_search_and_history(self) -> None:
        """Found, and read page by page, system entries among them."""
        sent = await self.ben.send(self.group_id, "a needle")
        for person in (self.ann, self.ben, self.cat):
            found = (await person.call("message.search", q="needle", conversationId=self.group_id))["items"]
            self.assertEqual([item["id"] for item in found], [sent["id"]])
        page = await self.cat.call("group.messages", id=self.group_id, limit=2)
        self.assertEqual(page, await self.cat.call("message.history", conversationId=self.group_id, limit=2))
        self.assertEqual([item["type"] for item in page["items"]], ["system", "text"])
        self.assertTrue(page["hasBefore"])

    async def test_receipts_and_unread(self) -> None:
        """Unread are what others wrote; read by all is read; who reads is told to one's own sessions alone."""
        sent = await self.ben.send(self.group_id, "hello")
        self.assertEqual((await self.ann.call("conversation.get", id=self.group_id))["unreadCount"], 1)
        for person in (self.ann, self.cat):
            await person.call("message.mark_read", id=self.group_id, seq=sent["seq"])
        self.assertEqual((await self.ben.call("message.get", id=sent["id"]))["status"], "read")
        self.assertNotIn("message.status", [*named(self.bens)])
        readers = await self.ben.call("message.readers", id=sent["id"])
        self.assertEqual((readers["readCount"], readers["memberCount"]), (2, 3))
        # Whoever joins now does not make it unread again, though they give no receipts.
        dan = await self.person("dan")
        await dan.call("user.update_settings", privacy={"readReceipts": False})
        await self.ann.call("group.invite", id=self.group_id, userIds=[dan.id])
        await dan.call("group.accept", id=self.group_id)
        self.assertEqual((await self.ben.call("message.get", id=sent["id"]))["status"], "read")
        # Nor are they a reader of it.
        self.assertEqual(await self.ben.call("message.readers", id=sent["id"]), readers)

    async def test_receipts_of_newcomers(self) -> None:
        """✔ Whoever comes later is not counted among those whom a message has reached."""
        sent = await self.ben.send(self.group_id, "hello")
        dan = await self.person("dan")
        await self.ann.call("group.invite", id=self.group_id, userIds=[dan.id])
        await dan.call("group.accept", id=self.group_id)
        await self.ann.call("message.mark_read", id=self.group_id, seq=sent["seq"])
        counts = self.node.ports.messages.receipt_counts
        await counts.settled()
        told = self.bens.named("message.receipts")[-1]
        self.assertEqual((told["readCount"], told["deliveredCount"]), (1, 1))
        later = await self.ben.send(self.group_id, "hello dan")
        await dan.call("message.mark_read", id=self.group_id, seq=later["seq"])
        await counts.settled()
        told = self.bens.named("message.receipts")[-1]
        self.assertEqual((told["messageId"], told["readCount"]), (later["id"], 1))
        readers = await self.ben.call("message.readers", id=later["id"])
        self.assertEqual((readers["readCount"], readers["memberCount"]), (1, 4))

    async def test_who_leaves_unread(self) -> None:
        """What only they had not read has been read by all who are there: the sender is told."""
        sent = await self.ben.send(self.group_id, "hello")
        await self.ann.call("message.mark_read", id=self.group_id, seq=sent["seq"])
        counts = self.node.ports.messages.receipt_counts
        await counts.settled()
        self.bens.events.clear()
        await self.ann.call("group.remove_member", id=self.group_id, userId=self.cat.id)
        await counts.settled()
        [told] = self.bens.named("message.receipts")
        self.assertEqual((told["messageId"], told["readCount"], told["deliveredCount"]), (sent["id"], 1, 1))
        self.assertEqual((await self.ben.call("message.get", id=sent["id"]))["status"], "read")

    async def test_many_reactions(self) -> None:
        """✔ All are counted, the first 50 named, and whoever looks; a device knows its own from what it was told."""
        sent = await self.ben.send(self.group_id, "who comes?")
        await self.crowd(sent["id"], ["👍"] * 60)
        replica = await self.snapshot(self.cat)
        seen = len(self.cats.events)
        answer = await self.cat.call("message.react", id=sent["id"], emoji="👍")
        told = self.anns.named("message.reaction")[-1]["reactions"]
        self.assertEqual([(each["count"], len(each["users"])) for each in told], [(61, 50)])
        self.assertEqual([user["id"] for user in answer["reactions"][0]["users"]][50:], [self.cat.id])
        await self.ann.call("message.react", id=sent["id"], emoji="🎉")
        await self.ben.call("message.edit", id=sent["id"], content="who comes along?")
        for name, data in self.cats.events[seen:]:
            replica.apply(name, data)
        await self.same_messages(replica, self.cat)
        seen = len(self.cats.events)
        await self.cat.call("message.react", id=sent["id"], emoji=None)
        for name, data in self.cats.events[seen:]:
            replica.apply(name, data)
        await self.same_messages(replica, self.cat)
        page = await self.ann.call("message.history", conversationId=self.group_id)
        self.assertEqual(
            [(each["emoji"], each["count"]) for each in page["items"][-1]["reactions"]], [("👍", 60), ("🎉", 1)]
        )

    async def test_different_reactions(self) -> None:
        """✔ Twenty at most: one of these is still chosen, and one's own is exchanged."""
        sent = await self.ben.send(self.group_id, "who comes?")
        emoji = [chr(0x1F600 + number) for number in range(20)]
        await self.crowd(sent["id"], emoji[:19])
        await self.cat.call("message.react", id=sent["id"], emoji=emoji[19])
        await self.refused(self.ann.call("message.react", id=sent["id"], emoji="👍"), "conflict")
        await self.ann.call("message.react", id=sent["id"], emoji=emoji[0])
        await self.cat.call("message.react", id=sent["id"], emoji="👍")

    async def crowd(self, message_id: str, emoji: list[str]) -> None:
        """As many people who have reacted."""
        await self.node.db.execute(
            """WITH made AS (
                 INSERT INTO users (id, username, password_hash, display_name)
                 SELECT gen_random_uuid(), '@u' || n, '', 'U' FROM generate_series(1, %s) n RETURNING id, username)
               INSERT INTO reactions (message_id, user_id, emoji, at)
               SELECT %s, id, (%s::text[])[substr(username, 3)::integer], now() FROM made""",
            (len(emoji), message_id, emoji),
        )

    async def test_mentions(self) -> None:
        """Who is called by name, and all by @all: counted until they are read, and the first of them is named."""
        await self.ben.send(self.group_id, "hello")
        named_cat = await self.ben.send(self.group_id, "@Cat, you too, @nobody @dan")
        everybody = await self.ben.send(self.group_id, "@all: at nine")
        self.assertEqual((named_cat["mentions"], "mentionsAll" in named_cat), ([self.cat.id], False))
        self.assertEqual((everybody["mentions"], everybody["mentionsAll"]), ([], True))
        self.assertEqual(await self.calls(self.cat), (3, 2, named_cat["seq"]))
        self.assertEqual(await self.calls(self.ann), (3, 1, everybody["seq"]))
        self.assertEqual(await self.calls(self.ben), (0, None, None))
        await self.cat.call("message.mark_read", id=self.group_id, seq=named_cat["seq"])
        self.assertEqual(await self.calls(self.cat), (1, 1, everybody["seq"]))
        edited = await self.ben.call("message.edit", id=everybody["id"], content="never mind")
        self.assertNotIn("mentionsAll", edited)
        self.assertEqual(await self.calls(self.cat), (1, None, None))
        await self.ben.call("message.edit", id=everybody["id"], content="@all: at ten")
        await self.ben.call("message.unsend", id=everybody["id"])
        self.assertEqual(await self.calls(self.cat), (0, None, None))

    async def test_who_calls_all(self) -> None:
        """✔ In a large group owners and admins; of anybody else @all is a text there, also where they edit it in."""
        for module in (appending, changes):
            self.patch(module, "ALL_UP_TO", 2)
        sent = await self.ben.send(self.group_id, "@all @cat")
        self.assertEqual((sent["mentions"], "mentionsAll" in sent), ([self.cat.id], False))
        edited = await self.ben.call("message.edit", id=sent["id"], content="hello @all")
        self.assertNotIn("mentionsAll", edited)
        self.assertEqual(await self.calls(self.cat), (1, None, None))
        await self.give(self.ann, self.group_id, admin=self.ben)
        edited = await self.ben.call("message.edit", id=sent["id"], content="now @all")
        self.assertTrue(edited["mentionsAll"])
        self.assertTrue((await self.ann.send(self.group_id, "@all"))["mentionsAll"])
        await self.ann.call("group.demote", id=self.group_id, userId=self.ben.id)
        self.assertNotIn("mentionsAll", await self.ben.send(self.group_id, "@all"))

    async def test_names_beyond(self) -> None:
        """✔ What a message calls is bounded, and nobody is called all."""
        crowd = " ".join(f"@nobody{number}" for number in range(100))
        sent = await self.ben.send(self.group_id, f"{crowd} @cat @all")
        self.assertEqual((sent["mentions"], "mentionsAll" in sent), ([], False))
        direct = await self.ben.send(self.cat, "@all")
        self.assertNotIn("mentionsAll", direct)

    async def calls(self, person: Person) -> tuple[int, int | None, int | None]:
        """How much somebody has not read, how much of it calls them, and what the first of that is."""
        view = await person.call("conversation.get", id=self.group_id)
        return view["unreadCount"], view.get("mentionCount"), view.get("firstMentionSeq")

    async def test_signals(self) -> None:
        """Typing is told to the others; of many at once three are, however large the group is."""
        crowd = [await self.person(f"person{number}") for number in range(4)]
        await self.ann.call("group.invite", id=self.group_id, userIds=[person.id for person in crowd])
        for person in crowd:
            await person.call("group.accept", id=self.group_id)
        self.anns.events.clear()
        self.bens.events.clear()
        await self.ben.call("activity.typing", self.bens, conversationId=self.group_id, active=True)
        self.assertEqual([named(device) for device in (self.anns, self.bens)], [["activity.typing"], []])
        for person in crowd:
            await person.call("activity.typing", conversationId=self.group_id, active=True)
        heard = [data["userId"] for data in self.anns.named("activity.typing")]
        self.assertEqual(heard, [self.ben.id, crowd[0].id, crowd[1].id])
        # Of whom nobody heard nobody hears that they have ended.
        for person in crowd:
            await person.call("activity.typing", conversationId=self.group_id, active=False)
        ended = [data["userId"] for data in self.anns.named("activity.typing") if not data["active"]]
        self.assertEqual(ended, [crowd[0].id, crowd[1].id])

    async def test_across_a_block(self) -> None:
        """In shared groups both still write."""
        await self.ann.call("friend.block", userId=self.ben.id)
        for person in (self.ann, self.ben):
            await person.send(self.group_id, "hello")

    async def test_own_handling(self) -> None:
        """A group is archived, pinned and muted as any conversation, and left instead of deleted."""
        view = await self.ben.call("conversation.update", id=self.group_id, archived=True, pinned=True)
        self.assertEqual((view["archived"], view["pinned"]), (True, True))
        await self.refused(self.ben.call("conversation.delete", id=self.group_id), "forbidden")

    async def test_state_before_and_events(self) -> None:
        """A device that folds all of it over an earlier snapshot has what a fresh one says."""
        dan = await self.person("dan")
        replica, seen = await self.snapshot(self.cat), len(self.cats.events)
        mine = await self.cat.send(self.group_id, "who reads this?")
        await self.ann.call("message.mark_read", id=self.group_id, seq=mine["seq"])
        await self.ann.call("group.update", id=self.group_id, name="Wolves", description="howl")
        await self.ann.call("group.invite", id=self.group_id, userIds=[dan.id])
        await dan.call("group.accept", id=self.group_id)
        await dan.send(self.group_id, "hello")
        await self.ann.call("group.promote", id=self.group_id, userId=self.cat.id)
        await self.ann.call("group.remove_member", id=self.group_id, userId=self.ben.id)
        await self.ann.call("group.transfer_ownership", id=self.group_id, userId=self.cat.id)
        await self.ann.call("group.leave", id=self.group_id)
        await self.node.ports.messages.receipt_counts.settled()
        for name, data in self.cats.events[seen:]:
            replica.apply(name, data)
        await self.equal(replica, self.cat)
        # Who had not read it is not there any more.
        shown = {message["id"]: message["status"] for message in replica.messages(self.group_id)}
        self.assertEqual(shown[mine["id"]], "read")
        # From the log it comes to the same, also over a snapshot that has it already.
        for late in (await self.snapshot(self.cat), replica):
            for entry in await self.log(self.cat, self.group_id):
                late.apply(entry["event"], entry["data"])
            await self.equal(late, self.cat)

    async def snapshot(self, person: Person) -> Replica:
        replica = Replica(person.id)
        replica.apply("sync.changes", await person.call("sync.changes"))
        page = await person.call("message.history", conversationId=self.group_id, limit=100)
        for message in page["items"]:
            where = {"conversationId": self.group_id, "seq": message["seq"]}
            replica.apply("message.received", {**where, "message": message})
        return replica

    async def equal(self, replica: Replica, person: Person) -> None:
        fresh = await person.call("conversation.get", id=self.group_id)
        self.assertEqual(unrevised(replica.conversations()[self.group_id]), unrevised(fresh))
        await self.same_messages(replica, person)

    async def same_messages(self, replica: Replica, person: Person) -> None:
        page = await person.call("message.history", conversationId=self.group_id, limit=100)
        self.assertEqual(replica.messages(self.group_id), page["items"])


class HistoryTests(GroupMessagesCase):
    """Dan joins a group that does not show what was before."""

    async def setUp(self) -> None:
        await super().setUp()
        await self.ann.call("group.update", id=self.group_id, historyVisible=False)
        self.old = await self.ben.send(self.group_id, "secretword")
        self.dan = await self.person("dan")
        await self.ann.call("group.invite", id=self.group_id, userIds=[self.dan.id])
        self.dans = self.dan.device()
        self.view = await self.dan.call("group.accept", id=self.group_id)
        self.after = self.old["seq"]

    async def nothing_of_it(self, *more: Any) -> None:
        """In nothing that Dan has or hears is a word of what was before."""
        history = await self.dan.call("message.history", conversationId=self.group_id, limit=100)
        found = [history, await self.log(self.dan, self.group_id), self.dans.events, self.view, *more]
        found.append((await self.dan.call("message.search", q="secretword"))["items"])
        found.append(await self.dan.call("conversation.get", id=self.group_id))
        self.assertNotIn("secretword", str(found))

    async def test_joined(self) -> None:
        """✔ They see from their joining on, and all that comes without a gap."""
        self.assertEqual((self.view["clearedSeq"], self.view["unreadCount"]), (self.after, 0))
        await self.refused(self.dan.call("message.get", id=self.old["id"]), "not_found")
        await self.ann.send(self.group_id, "welcome")
        await self.nothing_of_it()
        entries = await self.log(self.dan, self.group_id)
        self.assertEqual([entry["seq"] for entry in entries], [self.after + number for number in (1, 2, 3)])
        self.assertEqual(seqs(self.dans, self.group_id), [self.after + 3])
        self.assertEqual(named(self.dans), ["conversation.created", "message.received"])

    async def test_nobody_has_it_back(self) -> None:
        """✔ Members who have no message yet cost a send nothing, and are told of the group once."""
        await self.sql_clear()
        await self.ann.send(self.group_id, "welcome")
        self.assertEqual(named(self.dans), ["conversation.created", "message.received"])

    async def sql_clear(self) -> None:
        """As if all that was said since had been unsaid."""
        await self.node.db.execute(
            "UPDATE members m SET cleared_seq = c.head_seq FROM conversations c WHERE c.id = m.conversation_id"
            " AND m.conversation_id = %s AND m.user_id = %s",
            (self.group_id, self.dan.id),
        )

    async def test_what_becomes_of_old_messages(self) -> None:
        """✔ Of edits and reactions they hear that there is an entry, of quotes no text; all others hear it all."""
        await self.ben.call("message.edit", id=self.old["id"], content="secretword again")
        await self.cat.call("message.react", id=self.old["id"], emoji="👍")
        reply = await self.cat.send(self.group_id, "what?", replyToId=self.old["id"])
        await self.cat.call("message.edit", id=reply["id"], content="what!")
        await self.nothing_of_it(await self.dan.call("message.get", id=reply["id"]))
        events = ["message.cleared", "message.cleared", "message.received", "message.edited"]
        self.assertEqual(named(self.dans), ["conversation.created", *events])
        self.assertEqual(seqs(self.dans, self.group_id), [self.after + number for number in (3, 4, 5, 6)])
        quotes = [self.dans.events[number][1]["message"]["replyTo"] for number in (3, 4)]
        self.assertEqual([(each["content"], each["cleared"]) for each in quotes], [("", True)] * 2)
        told = ["message.edited", "message.reaction", "message.received", "message.edited"]
        self.assertEqual(named(self.anns)[-4:], told)
        self.assertEqual(self.anns.events[-1][1]["message"]["replyTo"]["content"], "secretword again")

    async def test_who_was_removed_hears_no_quote(self) -> None:
        """✔ What quotes an old message goes to nobody who is not in it any more."""
        await self.ann.call("group.remove_member", id=self.group_id, userId=self.dan.id)
        self.dans.events.clear()
        await self.cat.send(self.group_id, "what?", replyToId=self.old["id"])
        await self.ben.call("message.edit", id=self.old["id"], content="secretword again")
        self.assertEqual(named(self.dans), [])

    async def test_shown_again(self) -> None:
        """Who joins when the group shows it again has it all."""
        await self.ann.call("group.update", id=self.group_id, historyVisible=True)
        await self.dan.call("group.leave", id=self.group_id)
        await self.ann.call("group.invite", id=self.group_id, userIds=[self.dan.id])
        await self.dan.call("group.accept", id=self.group_id)
        self.assertEqual((await self.dan.call("message.get", id=self.old["id"]))["content"], "secretword")
