"""Two things at one moment: each is done as if it had come before or after the other."""

from __future__ import annotations

import uuid
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred, gatherResults

from chatr.config import MessagesSettings
from chatr.store.conversations import conversations
from chatr.store.ids import uuid7
from chatr.store.messages import changes, message_search
from chatr.store.writing.appending import Append
from chatr.store.writing.writer import MessageWriter
from tests.ops.case import outcome
from tests.ops.people.test_friends import FriendsCase


class RaceCase(FriendsCase):
    """Things that can be held up."""

    async def waits(self) -> None:
        """Until a statement waits for a lock."""
        for _ in range(1000):
            found = await self.node.db.query("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
            if found:
                return
        self.fail("nothing waits")


class BatchTests(RaceCase):
    """Sends that are stored together, as they waited for the same turn."""

    async def test_the_same_first_message_twice(self) -> None:
        """Both get the one message; and where it is refused, both the reason."""
        client_id = str(uuid.uuid4())
        async with self.batch_taken():
            sends = [Deferred.fromCoroutine(self.ann.send(self.ben, "hi", clientId=client_id)) for _ in range(3)]
        ids = [(message["id"], message["seq"]) for message in await gatherResults(sends)]
        self.assertEqual(ids, [(ids[0][0], 1)] * 3)
        await self.ben.call("friend.block", userId=self.ann.id)
        client_id = str(uuid.uuid4())
        async with self.batch_taken():
            sends = [
                Deferred.fromCoroutine(outcome(self.ann.send(self.ben, "hi", clientId=client_id))) for _ in range(2)
            ]
        self.assertEqual(await gatherResults(sends), ["blocked", "blocked"])

    async def test_the_same_first_message_over_two_connections(self) -> None:
        """To a person with whom there is nothing yet, from two devices, and then to the conversation: one message."""
        client_id, devices = str(uuid.uuid4()), [self.ann.device(), self.ann.device()]
        sends = [Deferred.fromCoroutine(self.ann.send(self.ben, "hi", each, clientId=client_id)) for each in devices]
        one, two = await gatherResults(sends)
        self.assertEqual((one, one["seq"]), (two, 1))
        self.assertEqual(await self.ann.send(one["conversationId"], "hi", clientId=client_id), one)

    async def test_two_texts_with_one_client_id(self) -> None:
        """Of two at once one is stored, the other is a conflict; in two conversations both are stored."""
        client_id, cat = str(uuid.uuid4()), await self.person("cat")
        async with self.batch_taken():
            calls = [
                self.ann.send(self.ben, "one", clientId=client_id),
                self.ann.send(self.ben, "two", clientId=client_id),
            ]
            calls.append(self.ann.send(cat, "three", clientId=client_id))
            sends = [Deferred.fromCoroutine(outcome(call)) for call in calls]
        one, two, three = await gatherResults(sends)
        self.assertEqual((one["content"], two, three["content"]), ("one", "conflict", "three"))

    async def test_two_texts_with_one_client_id_by_two_nodes(self) -> None:
        """Whichever commits first is the message, for both."""
        client_id = str(uuid.uuid4())
        first = await self.ann.send(self.ben, "first")
        other = MessageWriter(self.node.db, reactor, settings=MessagesSettings(), queue_limit=100, changes=1)
        digests = self.node.ports.messages.digests
        items = [
            Append(
                id=uuid7(),
                sender_id=self.ann.id,
                client_id=client_id,
                digest=digests.of(client_id, text),
                content=text,
                conversation_id=first["conversationId"],
            )
            for text in ("one", "two")
        ]
        writers = (self.node.ports.messages.writer, other)
        done = await gatherResults([writer.append(item) for writer, item in zip(writers, items, strict=True)])
        self.assertEqual(sorted(result.outcome for result in done), ["created", "repeat"])
        self.assertEqual(done[0].message_id, done[1].message_id)

    async def test_more_right_behind_the_answer(self) -> None:
        """What a request has no room for passes when the answer is stored with it."""
        for _ in range(5):
            sent = await self.ann.send(self.ben, "please")
        async with self.batch_taken():
            calls = [self.ben.send(sent["conversationId"], "yes"), self.ann.send(self.ben, "thanks")]
            sends = [Deferred.fromCoroutine(outcome(call)) for call in calls]
        self.assertEqual([message["seq"] for message in await gatherResults(sends)], [6, 7])

    async def test_a_conversation_that_another_node_makes_meanwhile(self) -> None:
        """While the statement waits for a lock: the send goes to it, and its log has no gap."""
        made, begun = uuid7(), Deferred[None]()
        other = Deferred.fromCoroutine(self.begin_elsewhere(made, begun))
        await begun
        await gatherResults([other, Deferred.fromCoroutine(self.ann.send(self.ben, "first"))])
        for person, to in ((self.ann, self.ben), (self.ben, self.ann)):
            await person.send(to, "more")
        page = await self.ben.call("conversation.log", id=made)
        self.assertEqual([entry["seq"] for entry in page["entries"]], [1, 2, 3])
        self.assertEqual(page["headSeq"], 3)

    async def begin_elsewhere(self, made: str, begun: Deferred[None]) -> None:
        """As another node: make the conversation, and commit when somebody waits for that."""
        async with self.node.db.transaction() as tx:
            await conversations.insert_direct(tx, made, self.ben.id, self.ann.id, accepted=True)
            begun.callback(None)
            await self.waits()

    async def test_ids_sort_as_they_came(self) -> None:
        """Messages of one moment are found newest first too."""
        await self.befriend(self.ann, self.ben)
        async with self.batch_taken():
            sends = [Deferred.fromCoroutine(self.ann.send(self.ben, f"word {number}")) for number in range(40)]
        await gatherResults(sends)
        found = (await self.ben.call("message.search", q="word"))["items"]
        self.assertEqual([item["seq"] for item in found], list(range(40, 0, -1)))


class ReceiptTests(RaceCase):
    """Reading, while what withholds it changes."""

    async def test_reading_while_the_request_is_accepted(self) -> None:
        """It appears to the sender, whichever came first."""
        where = await self.pending(self.ann, self.ben)
        async with self.node.db.transaction() as tx:
            conversations.lock(tx, where)
            await conversations.accept(tx, where)
            await conversations.reveal(tx, where)
            marking = Deferred.fromCoroutine(self.ben.call("message.mark_read", id=where, seq=1))
            await self.waits()
        await marking
        self.assertEqual((await self.ann.call("conversation.get", id=where))["otherReadSeq"], 1)

    async def test_reading_while_a_block_begins(self) -> None:
        """The blocked person hears nothing of it."""
        await self.befriend(self.ann, self.ben)
        where = await self.pending(self.ann, self.ben)
        device = self.ann.device()
        async with self.node.db.transaction() as tx:
            conversations.lock(tx, where)
            await tx.execute("UPDATE conversations SET closed = 'blocked' WHERE id = %s", (where,))
            marking = Deferred.fromCoroutine(self.ben.call("message.mark_read", id=where, seq=1))
            await self.waits()
        await marking
        self.assertEqual(device.named("message.status"), [])
        self.assertEqual((await self.ann.call("conversation.get", id=where))["otherReadSeq"], 0)

    async def test_what_was_read_without_receipts_is_not_shown_later(self) -> None:
        """Not even when a block ends; what is read after that is."""
        await self.befriend(self.ann, self.ben)
        where = await self.pending(self.ann, self.ben)
        for on in (False, True):
            await self.ben.call("user.update_settings", privacy={"readReceipts": on})
            await self.ben.call("message.mark_read", id=where, seq=1)
        await self.ann.call("friend.block", userId=self.ben.id)
        await self.ann.call("friend.unblock", userId=self.ben.id)
        self.assertEqual((await self.ann.call("conversation.get", id=where))["otherReadSeq"], 0)
        await self.ann.send(self.ben, "more")
        await self.ben.call("message.mark_read", id=where, seq=2)
        self.assertEqual((await self.ann.call("conversation.get", id=where))["otherReadSeq"], 2)


class HistoryTests(RaceCase):
    """Reading what has no beginning yet."""

    async def test_a_conversation_begins_between_two_looks(self) -> None:
        """Whoever reads what a person has written to them gets it as soon as anything says that it is there."""
        reads = self.node.ports.messages.reads
        get = reads.get

        async def begins(key: Any, read: Any) -> Any:
            page = await get(key, read)
            if page is None:
                await self.ann.send(self.ben, "first")
            return page

        self.patch(reads, "get", lambda key, read: Deferred.fromCoroutine(begins(key, read)))
        page = await self.ben.call("message.history", otherUserId=self.ann.id)
        self.assertEqual([item["content"] for item in page["items"]], ["first"])


class GoneTests(RaceCase):
    """What is gone does not come back."""

    async def test_indexing_while_it_is_unsent(self) -> None:
        """No word of it stays in the index."""
        message = await self.ann.send(self.ben, "secret")
        async with self.node.db.transaction() as tx:
            held = await changes.hold_for_nobody(tx, message["id"])
            assert held is not None
            changes.unsend(tx, held)
            await tx.query("SELECT 1")
            indexing = Deferred.fromCoroutine(message_search.index(self.node.db, "simple"))
            await self.waits()
        self.assertEqual((await indexing).conversations, 1)
        self.assertEqual(await self.node.db.query("SELECT text FROM message_words"), [])

    async def test_beginning_after_the_end(self) -> None:
        """Who has deleted the account begins nothing, with a call that was under way."""
        await self.ann.call("account.delete", password="Correct-horse-7")
        await self.refused(self.ann.send(self.ben, "from the dead"), "unauthenticated")
        self.assertEqual((await self.ben.call("conversation.list", filter="requests"))["items"], [])

    async def test_quotes_of_who_is_no_more(self) -> None:
        """They don't say what the person was called."""
        await self.befriend(self.ann, self.ben)
        quoted = await self.ann.send(self.ben, "x")
        reply = await self.ben.send(self.ann, "y", replyToId=quoted["id"])
        self.assertEqual(reply["replyTo"]["senderName"], "ann")
        await self.ann.call("account.delete", password="Correct-horse-7")
        found = await self.ben.call("message.get", id=reply["id"])
        self.assertEqual((found["replyTo"]["senderName"], found["replyTo"]["content"]), ("Deleted user", "x"))
