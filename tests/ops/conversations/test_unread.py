"""What is unread, counted as far as it may cost: whatever others have written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from chatr.client import Replica
from chatr.config import MessagesSettings
from chatr.store.conversations import conversations, views
from chatr.store.ids import uuid7
from chatr.store.pool import Database, Row, Transaction
from chatr.store.writing import appending
from chatr.store.writing.appending import Append
from tests.ops.case import Person
from tests.ops.people.test_friends import FriendsCase

LOOKED = views.MOST_LOOKED


class UnreadCase(FriendsCase):
    """A conversation of friends, and any number of messages in it."""

    async def setUp(self) -> None:
        await super().setUp()
        await self.befriend(self.ann, self.ben)
        self.where = (await self.ann.send(self.ben, "1"))["conversationId"]

    async def written(self, count: int, by: Person, where: str = "", **columns: str) -> None:
        """As if somebody had written so much more. What would take a statement too long are several."""
        while count > LOOKED:
            await self.written(LOOKED, by, where, **columns)
            count -= LOOKED
        more = "".join(f", {column}" for column in columns), "".join(f", {value}" for value in columns.values())
        await self.node.db.execute(
            f"""WITH c AS (UPDATE conversations SET head_seq = head_seq + %s WHERE id = %s RETURNING *)
                INSERT INTO messages (id, conversation_id, seq, sender_id, client_id, content, created_at{more[0]})
                SELECT gen_random_uuid(), c.id, c.head_seq - %s + n, %s, gen_random_uuid(), 'x', now(){more[1]}
                  FROM c, generate_series(1, %s) n""",
            (count, where or self.where, count, by.id, count),
        )

    async def unread(self) -> tuple[int, bool]:
        view = await self.ben.call("conversation.get", id=self.where)
        return view["unreadCount"], view.get("unreadCapped", False)


class CountTests(UnreadCase):
    """The number, and whether there may be more."""

    async def test_up_to_999(self) -> None:
        """Exactly; from the thousandth on it is capped."""
        await self.written(998, self.ann)
        self.assertEqual(await self.unread(), (999, False))
        await self.ann.send(self.where, "one more")
        self.assertEqual(await self.unread(), (999, True))
        await self.ben.call("message.mark_read", id=self.where, seq=500)
        self.assertEqual(await self.unread(), (500, False))

    async def test_between_what_does_not_count(self) -> None:
        """The first two thousand entries above the watermark are looked at, whatever they are."""
        await self.written(1000, self.ben)
        await self.written(400, self.ann, unsent_at="now()")
        await self.written(100, self.ann, type="'system'", event="'renamed'")
        await self.written(499, self.ann)
        self.assertEqual(await self.unread(), (500, False))
        await self.written(3 * LOOKED, self.ann)
        self.assertEqual(await self.unread(), (500, True))

    async def test_a_replica_counts_as_the_server_does(self) -> None:
        """Up to 999, from there on capped, and exact again when most has been read."""
        await self.written(1500, self.ann)
        replica = Replica(self.ben.id)
        replica.apply("sync.changes", await self.ben.call("sync.changes"))
        self.assertEqual(await self.shown(replica), (999, True))
        page = await self.ben.call("conversation.log", id=self.where)
        view = {**replica.conversations()[self.where], "headSeq": 1501}
        replica.apply("conversation.updated", {"conversation": view})
        for seq in range(1, 1502):
            message = {**page["entries"][0]["data"]["message"], "seq": seq}
            replica.apply("message.received", {"conversationId": self.where, "seq": seq, "message": message})
        self.assertEqual(await self.shown(replica), await self.unread())
        mark = {"conversationId": self.where, "userId": self.ben.id, "deliveredSeq": 1400, "readSeq": 1400}
        await self.ben.call("message.mark_read", id=self.where, seq=1400)
        replica.apply("message.status", mark)
        self.assertEqual(await self.shown(replica), await self.unread())
        self.assertEqual(await self.unread(), (101, False))

    async def shown(self, replica: Replica) -> tuple[int, bool]:
        view = replica.conversations()[self.where]
        return view["unreadCount"], view.get("unreadCapped", False)


class CostTests(UnreadCase):
    """Rows that PostgreSQL looks at, for what a stranger or a friend may have made many of."""

    async def looked_at(self, where: str, *params: Any) -> int:
        """How many messages a query of views reads."""
        sql = views._VIEWS + where + views._OF_CHOSEN
        await self.node.db.execute("ANALYZE messages, conversations, members")
        rows = await self.node.db.query(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", (self.ben.id, *params))
        return messages_read(rows[0][0][0]["Plan"])

    async def test_one_view_of_many_messages(self) -> None:
        """As many as are counted, and no more for ten times as many; each pin read all of them twice."""
        await self.written(2 * LOOKED, self.ann)
        where = conversations._BEGUN + " AND c.id = %s"
        few = await self.looked_at(where, self.where)
        await self.written(18 * LOOKED, self.ann)
        self.assertLessEqual(few, LOOKED + 10)
        self.assertLessEqual(await self.looked_at(where, self.where), LOOKED + 10)

    async def test_a_page_of_many_conversations(self) -> None:
        """Only what is on the page is counted, however many conversations somebody has."""
        for number in range(12):
            friend = await self.person(f"friend{number}")
            sent = await friend.send(self.ben, "hello")
            await self.written(300, friend, sent["conversationId"])
        where = conversations._BEGUN + conversations._NEWEST
        self.assertLessEqual(await self.looked_at(where, 2), 2 * 310 + 13)


class SendTests(UnreadCase):
    """What the statement that commits sends reads."""

    settings = {**UnreadCase.settings, "database.pool_size": "2"}

    async def test_a_conversation_that_somebody_has_deleted(self) -> None:
        """Whom a message brings it back to is found without a look at all that has been written since."""
        await self.ben.call("conversation.delete", id=self.where)
        # Each connection has its plan, made while there was next to nothing.
        for number in range(4):
            await self.ann.send(self.where, f"new {number}")
        await self.written(20_000, self.ann)
        item = Append(
            id=uuid7(), sender_id=self.ann.id, client_id=uuid7(), digest=b"", content="x", conversation_id=self.where
        )
        async with self.node.db.transaction() as tx:
            await appending.store(cast(Database, InTransaction(tx)), [item], MessagesSettings())
            rows = await tx.query(
                "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = 'messages'"
            )
        self.assertLess(rows[0][0], 20)


class InTransaction:
    """Stands where the pool does, so that what was read can be seen in the same transaction."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    async def query(self, sql: str, params: Sequence[Any], **_: bool) -> list[Row]:
        return await self._tx.query(sql, params)


def messages_read(plan: dict[str, Any]) -> int:
    """Rows of the table of messages that a plan and all below it have read."""
    own = 0
    if plan.get("Relation Name") == "messages":
        own = (plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)) * plan["Actual Loops"]
    return int(own) + sum(messages_read(part) for part in plan.get("Plans", ()))
