"""The writer: who waits for whom, and when the database is away. What it writes is tested with the operations."""

from __future__ import annotations

from functools import partial
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.task import Clock

from chatr.api.errors import ApiError
from chatr.config import MessagesSettings
from chatr.store.conversations import conversations
from chatr.store.ids import uuid7
from chatr.store.pool import Transaction
from chatr.store.writing.appending import Append, Appended
from chatr.store.writing.places import Of, between
from chatr.store.writing.writer import SMALL_BATCH, MessageWriter
from tests.box import box
from tests.store.test_pool import PoolCase


class WriterCase(PoolCase):
    """A writer, and how to keep something in its hands."""

    async def writer(
        self, *, size: int = 4, queue_limit: int = 100, changes: int = 2, **settings: Any
    ) -> MessageWriter:
        self.dsn = box().shared()
        self.addCleanup(box().clean, self.dsn)
        self.db = await self.opened(self.dsn, pool_size=size, **settings)
        return MessageWriter(self.db, reactor, queue_limit=queue_limit, changes=changes, settings=MessagesSettings())

    async def conversation(self) -> tuple[list[str], str]:
        """Two people with a conversation: their ids and its."""
        people, made = sorted([uuid7(), uuid7()]), uuid7()
        await self.db.execute(
            """INSERT INTO users (id, username, password_hash, display_name)
               SELECT id, '@' || right(id::text, 12), '', 'Somebody' FROM unnest(%s::uuid[]) id""",
            (people,),
        )
        await self.db.execute(
            "INSERT INTO conversations (id, kind, user_low, user_high) VALUES (%s, 'direct', %s, %s)", (made, *people)
        )
        await self.db.execute(
            "INSERT INTO members (conversation_id, user_id) SELECT %s, unnest(%s::uuid[])", (made, people)
        )
        return people, made

    @staticmethod
    def message(sender_id: str, **where: str) -> Append:
        return Append(id=uuid7(), sender_id=sender_id, client_id=uuid7(), digest=b"", content="x", **where)

    @staticmethod
    async def nothing(tx: Transaction) -> None:
        """A change that changes nothing."""
        await tx.query("SELECT 1")


class Held:
    """A change that is under way until it is told to end."""

    def __init__(self) -> None:
        self.begun: Deferred[None] = Deferred()
        self.over: Deferred[None] = Deferred()

    async def __call__(self, tx: Transaction) -> None:
        self.begun.callback(None)
        await self.over


class FairTests(WriterCase):
    """What one conversation or one caller does to others."""

    async def test_a_change_holds_up_no_other_conversation(self) -> None:
        """Sends go on while one caller's changes are under way and wait; before, they stood behind all of them."""
        writer = await self.writer()
        (ann, _), where = await self.conversation()
        (eve, _), other = await self.conversation()
        held = Held()
        waiting = [writer.change(held, caller=eve, place=other)]
        waiting += [writer.change(self.nothing, caller=eve, place=other) for _ in range(20)]
        await held.begun
        sent = await gatherResults([writer.append(self.message(ann, conversation_id=where)) for _ in range(3)])
        self.assertEqual([done.seq for done in sent], [1, 2, 3])
        self.assertEqual([done.called for done in waiting], [False] * 21)
        held.over.callback(None)
        await gatherResults(waiting)

    async def test_a_caller_has_not_all_connections(self) -> None:
        """Of two that changes may use somebody who wants both has one, whatever places that is in."""
        writer = await self.writer()
        (ann, _), where = await self.conversation()
        held = [Held(), Held()]
        waiting = [writer.change(each, caller="eve", place=uuid7()) for each in held]
        await held[0].begun
        await writer.change(self.nothing, caller=ann, place=where)
        self.assertFalse(held[1].begun.called)
        for each in held:
            each.over.callback(None)
        await gatherResults(waiting)

    async def test_a_caller_holds_half_of_the_queue(self) -> None:
        """Beyond that it is rate_limited, and another finds room; when nothing is left the answer is unavailable."""
        writer = await self.writer(queue_limit=8)
        held = Held()
        outcomes: list[str] = []

        def put(caller: str) -> None:
            done = writer.change(self.nothing, caller=caller, place="there")
            done.addErrback(lambda failure: outcomes.append(failure.value.code))

        first = writer.change(held, caller="eve", place="there")
        for _ in range(4):
            put("eve")
        self.assertEqual(outcomes, ["rate_limited"])
        for caller in ("ann", "ann", "ann", "ben", "cat", "dan"):
            put(caller)
        self.assertEqual(outcomes, ["rate_limited", "rate_limited", "unavailable"])
        held.over.callback(None)
        await first
        while writer.waiting:
            await self.db.query("SELECT 1")
        self.assertEqual(writer._held, {})

    async def test_look_ups_are_made_together(self) -> None:
        """A hundred changes of messages need a handful of statements to find their conversations."""
        writer = await self.writer(queue_limit=1000)
        before = self.db.round_trips
        calls = [writer.change(self.nothing, caller="eve", place=Of(uuid7())) for _ in range(100)]
        await gatherResults(calls)
        # Each change is a transaction of three statements.
        self.assertLess(self.db.round_trips - before, 300 + 5)

    async def test_sends_are_first_in_line_for_a_connection(self) -> None:
        """However many wait for one to read something."""
        writer = await self.writer(size=1, queue_limit=100)
        (ann, _), where = await self.conversation()
        order: list[str] = []
        async with self.db.transaction():
            reads = [Deferred.fromCoroutine(self.db.query("SELECT 1")) for _ in range(8)]
            sent = writer.append(self.message(ann, conversation_id=where))
            for done, what in [*((read, "read") for read in reads), (sent, "sent")]:
                done.addCallback(lambda _, what=what: order.append(what))
        await gatherResults([*reads, sent])
        self.assertEqual(order, ["sent"] + ["read"] * 8)


class BatchTests(WriterCase):
    """What is stored together."""

    async def test_what_one_turn_brings(self) -> None:
        """One statement, whatever the conversations; more than a few are two that are under way at once."""
        writer = await self.writer()
        places = [await self.conversation() for _ in range(SMALL_BATCH + 1)]
        for count, statements in ((SMALL_BATCH, 1), (SMALL_BATCH + 1, 2)):
            before = writer.statements
            sent = [writer.append(self.message(people[0], conversation_id=where)) for people, where in places[:count]]
            self.assertEqual(writer.statements, before)
            await gatherResults(sent)
            self.assertEqual(writer.statements - before, statements)

    async def test_two_are_under_way(self) -> None:
        """While one waits another goes on; what comes while two wait is stored when the first of them is."""
        writer = await self.writer(size=5)
        places = [await self.conversation() for _ in range(3)]
        sent: list[Deferred[Appended]] = []
        async with self.db.transaction() as tx:
            for number, (people, where) in enumerate(places):
                if number < 2:
                    conversations.lock(tx, where)
                    await tx.query("SELECT 1")
                sent.append(writer.append(self.message(people[0], conversation_id=where)))
                while writer._writing < min(number + 1, 2):
                    await self.db.query("SELECT 1")
            for _ in range(10):
                await self.db.query("SELECT 1")
            self.assertEqual([done.called for done in sent], [False] * 3)
        self.assertEqual([done.seq for done in await gatherResults(sent)], [1] * 3)

    async def test_a_few_beside_many(self) -> None:
        """They wait for those that are under way; half as many are a batch."""
        await self.writer(size=1)
        turns = Clock()
        writer = MessageWriter(self.db, turns, queue_limit=100, changes=1, settings=MessagesSettings())
        places = [await self.conversation() for _ in range(6)]
        sent: list[Deferred[Appended]] = []
        async with self.db.transaction():
            for count, batches in ((4, 1), (5, 1), (6, 2)):
                for people, where in places[len(sent) : count]:
                    sent.append(writer.append(self.message(people[0], conversation_id=where)))
                turns.advance(0)
                self.assertEqual(writer.statements, batches)
        self.assertEqual([done.seq for done in await gatherResults(sent)], [1] * 6)

    async def test_a_few_beside_what_waits_for_others(self) -> None:
        """They are stored, however many it is that wait."""
        writer = await self.writer()
        (ann, _), here = await self.conversation()
        (ben, _), there = await self.conversation()
        async with self.db.transaction() as tx:
            conversations.lock(tx, there)
            await tx.query("SELECT 1")
            wait = [writer.append(self.message(ben, conversation_id=there)) for _ in range(9)]
            while not writer._writing:
                await self.db.query("SELECT 1")
            await writer.append(self.message(ann, conversation_id=here))
            self.assertEqual([done.called for done in wait], [False] * 9)
        self.assertEqual([done.seq for done in await gatherResults(wait)], list(range(1, 10)))


class OrderTests(WriterCase):
    """What keeps its order."""

    async def test_a_callers_messages_however_they_are_addressed(self) -> None:
        """Some by the person, which has to be looked up, some by the conversation, an edit between them."""
        writer = await self.writer()
        (ann, ben), where = await self.conversation()
        ways = [{"recipient_id": ben}, {"conversation_id": where}] * 5
        sent: list[Deferred[Any]] = []
        for number, way in enumerate(ways):
            sent.append(writer.append(self.message(ann, **way)))
            if number == 4:
                writer.change(self.nothing, caller=ann, place=Of(uuid7()))
        self.assertEqual([done.seq for done in await gatherResults(sent)], list(range(1, 11)))

    async def test_a_pair_and_its_conversation_are_one_lane(self) -> None:
        """Nothing is sent by the one name while something is under way by the other."""
        writer = await self.writer()
        (ann, ben), where = await self.conversation()
        held = Held()
        change = writer.change(held, caller="server", place=between(ben, ann))
        await held.begun
        sent = [
            writer.append(self.message(ann, recipient_id=ben)),
            writer.append(self.message(ben, conversation_id=where)),
        ]
        for _ in range(20):
            await self.db.query("SELECT 1")
        self.assertEqual([done.called for done in sent], [False, False])
        held.over.callback(None)
        await gatherResults([change, *sent])


class AnnounceTests(WriterCase):
    """What tells of a message."""

    async def test_in_the_order_of_the_log(self) -> None:
        """The writer announces, in the order of seqs, whoever waits for the outcomes and whatever they do first."""
        writer = await self.writer()
        (ann, ben), where = await self.conversation()
        told: list[int] = []
        ways = [(ann, {"conversation_id": where}), (ben, {"recipient_id": ann}), (ben, {"conversation_id": where})]
        waiting = []
        for sender, way in ways * 3:
            done = writer.append(self.message(sender, **way), announce=lambda done: told.append(done.seq))
            # Whoever waits goes on much later than its message was stored, or never.
            done.pause()
            waiting.append(done)
        await writer.change(self.nothing, caller=ben, place=where)
        while len(told) < len(waiting):
            await self.db.query("SELECT 1")
        self.assertEqual(told, list(range(1, 10)))
        for done in waiting:
            done.unpause()
        await gatherResults(waiting)

    async def test_what_is_not_stored(self) -> None:
        """It is not announced."""
        writer = await self.writer()
        (ann, _), where = await self.conversation()
        item, told = self.message(ann, conversation_id=where), list[int]()
        for outcome in ("created", "repeat"):
            done = await writer.append(item, announce=lambda done: told.append(done.seq))
            self.assertEqual((done.outcome, told), (outcome, [1]))
        done = await writer.append(self.message(ann, conversation_id=uuid7()), announce=lambda done: told.append(0))
        self.assertEqual((done.outcome, told), ("no_conversation", [1]))

    async def test_one_that_cannot_be_told(self) -> None:
        """Its caller hears of the mistake; the others of its batch are announced."""
        writer = await self.writer()
        (ann, ben), where = await self.conversation()
        told: list[int] = []

        def announce(done: Appended) -> None:
            if done.seq == 2:
                raise KeyError(done.seq)
            told.append(done.seq)

        sent = [writer.append(self.message(ann, conversation_id=where), announce=announce) for _ in range(3)]
        await self.assertFailure(sent[1], KeyError)
        self.assertEqual([(await sent[each]).seq for each in (0, 2)], [1, 3])
        self.assertEqual((told, writer.waiting), ([1, 3], 0))


class BeginTests(WriterCase):
    """First messages, which need a conversation."""

    async def test_what_one_may_not_the_other_may(self) -> None:
        """Both begin at once: who is refused does not take the other's message along, nor those after it."""
        writer = await self.writer()
        (ann, ben), _ = await self.conversation()
        await self.db.execute("DELETE FROM conversations")
        began: list[str] = []

        async def refuse(tx: Transaction) -> None:
            began.append("ann")
            raise ApiError("blocked", "not by Ann")

        async def begin(tx: Transaction) -> None:
            began.append("ben")
            made = uuid7()
            await tx.execute(
                "INSERT INTO conversations (id, kind, user_low, user_high) VALUES (%s, 'direct', %s, %s)",
                (made, ann, ben),
            )
            await tx.execute(
                "INSERT INTO members (conversation_id, user_id) SELECT %s, unnest(%s::uuid[])", (made, [ann, ben])
            )
            tx.then(partial(writer.begun, ann, ben, made))

        held = Held()
        waiting = writer.change(held, caller="server", place=between(ann, ben))
        await held.begun
        anns = [writer.append(self.message(ann, recipient_id=ben), begin=refuse) for _ in range(2)]
        bens = [writer.append(self.message(ben, recipient_id=ann), begin=begin) for _ in range(2)]
        while len(writer._lanes._lanes[between(ann, ben).name].turns) < 2:
            await self.db.query("SELECT 1")
        held.over.callback(None)
        await waiting
        self.assertEqual((await self.assertFailure(anns[0], ApiError)).code, "blocked")
        self.assertEqual([done.seq for done in await gatherResults([bens[0], anns[1], bens[1]])], [1, 2, 3])
        self.assertEqual((began, writer.waiting), (["ann", "ben"], 0))

    async def test_both_are_told_when_there_is_no_connection(self) -> None:
        """Their turn to make the conversation is dropped with what waited too long: neither waits for ever."""
        writer = await self.writer(size=2, acquire_timeout_s=0.2, changes=1)
        (ann, ben), where = await self.conversation()
        await self.db.execute("DELETE FROM conversations")
        lane = between(ann, ben)
        held, go_on = Held(), Deferred[None]()

        async def wait_in_vain() -> None:
            await go_on
            await self.db.query("SELECT 1")

        before = writer.change(held, caller="server", place=lane)
        await held.begun
        sent = [
            writer.append(self.message(one, recipient_id=other), begin=self.nothing)
            for one, other in ((ann, ben), (ben, ann))
        ]
        while len(writer._lanes._lanes[lane.name].turns) < 2:
            await self.db.query("SELECT 1")
        waiting = writer.work(wait_in_vain, caller="server", place=where)
        held.over.callback(None)
        await before
        while writer._lanes._lanes[lane.name].held or writer._lanes._lanes[lane.name].head.batched:
            await self.db.query("SELECT 1")
        async with self.db.transaction(), self.db.transaction():
            go_on.callback(None)
            for done in (waiting, *sent):
                self.assertEqual((await self.assertFailure(done, ApiError)).code, "unavailable")
        self.assertEqual((writer.waiting, writer._held, writer._lanes._lanes), (0, {}, {}))


class UndoneTests(WriterCase):
    """What PostgreSQL undoes as the victim of a deadlock."""

    async def test_a_change_is_tried_again(self) -> None:
        """It happens once, and its caller does not hear of the first try."""
        writer = await self.writer()
        (ann, ben), where = await self.conversation()
        tries: list[int] = []
        locked: Deferred[None] = Deferred()
        go_on: Deferred[None] = Deferred()
        given_way: Deferred[None] = Deferred()

        async def change(tx: Transaction) -> None:
            tries.append(len(tries))
            if len(tries) > 1:
                # Before the other has woken up this would be in its way once more.
                await given_way
            await tx.execute("UPDATE users SET gender = 'x' WHERE id = %s", (ann,))
            if not locked.called:
                # The other begins to wait later: so PostgreSQL finds out here, and undoes this.
                await tx.execute("SET LOCAL deadlock_timeout = '10ms'")
                locked.callback(None)
                await go_on
            await tx.execute("UPDATE users SET gender = 'x' WHERE id = %s", (ben,))

        done = writer.change(change, caller=ann, place=where)
        await locked
        async with self.db.transaction() as tx:
            await tx.execute("SET LOCAL deadlock_timeout = '10s'")
            await tx.execute("UPDATE users SET gender = 'y' WHERE id = %s", (ben,))
            other = Deferred.fromCoroutine(tx.execute("UPDATE users SET gender = 'y' WHERE id = %s", (ann,)))
            # Of this database: others of the server have tests at work, too.
            waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
            while not await self.db.query(waiting):
                pass
            go_on.callback(None)
            await other
            given_way.callback(None)
        await done
        self.assertEqual(tries, [0, 1])
        rows = await self.db.query("SELECT DISTINCT gender FROM users WHERE id IN (%s, %s)", (ann, ben))
        self.assertEqual(rows, [("x",)])


class WaitTests(WriterCase):
    """No connection comes free."""

    async def test_all_who_wait_are_told_at_once(self) -> None:
        """Those who queue behind one who gave up don't each wait as long again; what comes later is done."""
        writer = await self.writer(size=1, acquire_timeout_s=0.2, changes=1)

        async def change(tx: Any) -> Any:
            return await tx.query("SELECT 1")

        async def put(place: str, caller: str) -> Any:
            return await writer.change(change, caller=caller, place=place)

        async def send(sender_id: str) -> Any:
            return await writer.append(self.message(sender_id, conversation_id=uuid7()))

        async with self.db.transaction():
            begun = reactor.seconds()  # type: ignore[attr-defined]
            calls = [put(str(number % 7), str(number % 5)) for number in range(50)] + [send(uuid7()) for _ in range(20)]
            await gatherResults([Deferred.fromCoroutine(self.unavailable(call)) for call in calls])
            # In turn it would have been ten seconds.
            self.assertLess(reactor.seconds() - begun, 3)  # type: ignore[attr-defined]
        self.assertEqual((writer.waiting, writer._held, writer._lanes._lanes), (0, {}, {}))
        self.assertEqual(await put("there", "ann"), [(1,)])

    async def test_a_place_that_can_not_be_looked_up(self) -> None:
        """It is unavailable; what the same caller handed in behind it is done as soon as it can be."""
        writer = await self.writer(size=1, acquire_timeout_s=0.2, changes=1)
        async with self.db.transaction():
            failed = writer.change(self.nothing, caller="ann", place=Of(uuid7()))
            error = await self.assertFailure(failed, ApiError)
        self.assertEqual(error.code, "unavailable")
        await writer.change(self.nothing, caller="ann", place="there")
        self.assertEqual((writer.waiting, writer._entering), (0, {}))
