"""The lean statement beside the one with all rules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from twisted.internet.defer import gatherResults

from chatr.config import MessagesSettings
from chatr.store.conversations import conversations
from chatr.store.ids import uuid7
from chatr.store.writing import appending
from chatr.store.writing.appending import Append, Appended
from tests.store.writing.test_writer import WriterCase

#: All that a send can change, without the times.
ROWS = """SELECT (SELECT json_agg(to_jsonb(c) - '{active_at,changed_at}'::text[] ORDER BY c.id) FROM conversations c),
    (SELECT json_agg(to_jsonb(m) - 'changed_at' ORDER BY m) FROM members m),
    (SELECT json_agg(to_jsonb(g) - 'created_at' ORDER BY g.conversation_id, g.seq) FROM messages g),
    (SELECT json_agg(to_jsonb(l) - 'at' ORDER BY l) FROM log l),
    (SELECT json_agg(j.url) FROM preview_jobs j)"""


class SameTests(WriterCase):
    """The same sends on the same rows, both ways."""

    async def setUp(self) -> None:
        self.at = await self.writer()
        self.places: dict[str, tuple[list[str], str]] = {}

    async def place(self, name: str, changes: str = "") -> None:
        """A conversation of two people with a message of each, ``changes`` of its row, and its name."""
        people, where = await self.conversation()
        for person in people:
            await self.at.append(self.message(person, conversation_id=where))
        if changes:
            await self.db.execute(f"UPDATE conversations SET {changes} WHERE id = %s", (where,))
        self.places[name] = people, where

    def send(self, place: str, sender: int = 0, **parts: Any) -> Append:
        people, where = self.places[place]
        return msgspec.structs.replace(self.message(people[sender], conversation_id=where), **parts)

    async def both(self, sends: Sequence[Append]) -> list[str]:
        """What becomes of them; those that are stored by the lean statement stand in brackets."""
        named = [(send.conversation_id or "", send) for send in sends]
        outcomes, rows = list[dict[int, Appended]](), list[Any]()
        plain = dict[int, Appended]()
        for lean in (True, False):
            async with self.db.transaction() as tx:
                # As Batches does: the statement for one is only for what is plain, in a conversation that is known.
                wanted = lean and (len(named) > 1 or (sends[0].plain and sends[0].conversation_id))
                found = await tx.query(*appending._plain_statement(named)) if wanted else []
                stored = {row[0] - 1: appending._plainly_appended(named[row[0] - 1], row) for row in found}
                left = [index for index in range(len(sends)) if index not in stored]
                values = appending._values([sends[index] for index in left], MessagesSettings())
                others = {left[row[0] - 1]: appending._appended(row) for row in await tx.query(appending._SQL, values)}
                outcomes.append(stored | others)
                plain = plain or stored
                rows.append(await tx.query(ROWS))
                await tx.execute("ROLLBACK; BEGIN")
        for index in range(len(sends)):
            one, other = (found[index] for found in outcomes)
            self.assertEqual(msgspec.structs.replace(one, created_at=other.created_at), other)
        self.assertEqual(*rows)
        return [
            f"({found.outcome})" if index in plain else found.outcome for index, found in sorted(outcomes[0].items())
        ]

    async def test_each_alone(self) -> None:
        """Whatever a send is or meets, its outcome and all rows are those of append_messages."""
        await self.place("open")
        await self.place("asked", "status = 'pending', initiator_id = user_low")
        await self.place("answered", "status = 'pending', initiator_id = user_high")
        await self.place("declined", "status = 'pending', initiator_id = user_low, declined_at = now()")
        await self.place("blocked", "closed = 'blocked'")
        await self.place("emptied", "cleared = true")
        await self.place("begun anew", "cleared = true")
        await self.place("group", "kind = 'group', user_low = NULL, user_high = NULL")
        await self.place("left", "kind = 'group', user_low = NULL, user_high = NULL, cleared = true")
        for place, seq in (("emptied", 2), ("begun anew", 1), ("left", 2)):
            await self.db.execute(
                "UPDATE members SET cleared_seq = %s WHERE conversation_id = %s", (seq, self.places[place][1])
            )
        (gone, _), group = self.places["left"]
        await self.db.execute("UPDATE members SET status = 'left' WHERE user_id = %s", (gone,))
        rows = await self.db.query(
            "SELECT id, client_id FROM messages WHERE conversation_id = %s ORDER BY seq LIMIT 1",
            (self.places["open"][1],),
        )
        (first, client_id), other = rows[0], self.send("group").sender_id
        wanted = {
            "(created)": [
                self.send("open"),
                self.send("open", 1, content='"{\\} ünï\n', digest=b"\x00\xff"),
                self.send("begun anew"),
                self.send("group"),
                self.send("left", 1),
                self.send("open", client_id=client_id, sender_id=self.places["open"][0][1]),
            ],
            "created": [
                self.send("open", names="@somebody"),
                self.send("open", link="https://example.org/"),
                self.send("open", link=None),
                self.send("open", reply_to_id=first),
                self.send("open", after=client_id),
                self.send("open", group_id=uuid7()),
                self.send("open", conversation_id=None, recipient_id=self.places["open"][0][1]),
                self.send("asked"),
                self.send("answered"),
                self.send("emptied"),
            ],
            "repeat": [self.send("open", client_id=client_id, content="another")],
            "not_member": [self.send("left"), self.send("open", sender_id=other)],
            "no_conversation": [self.send("open", conversation_id=uuid7())],
            "blocked": [self.send("blocked")],
            "declined": [self.send("declined")],
            "early": [self.send("open", after=uuid7())],
            "no_reply_target": [self.send("open", reply_to_id=uuid7())],
            "no_file": [self.send("open", file_id=uuid7())],
        }
        for outcome, sends in wanted.items():
            for send in sends:
                self.assertEqual((await self.both([send]), send), ([outcome], send))

    async def test_together(self) -> None:
        """Those of one conversation are numbered on; behind one that is not plain nothing overtakes it."""
        for name in ("one", "two", "three"):
            await self.place(name)
        await self.place("closed", "closed = 'blocked'")
        sends = [
            self.send("one"),
            self.send("two"),
            self.send("three", names="@somebody"),
            self.send("one", 1),
            self.send("closed"),
            self.send("two", 1, link=None),
            self.send("three"),
            self.send("two"),
            self.send("one"),
        ]
        became = await self.both(sends)
        self.assertEqual(
            became,
            ["(created)", "(created)", "created", "(created)", "blocked", "created", "created", "created", "(created)"],
        )


class BesideTests(WriterCase):
    """What meets while it is stored."""

    async def test_a_conversation_that_somebody_else_holds(self) -> None:
        """It keeps none of its batch waiting, and what is changed meanwhile counts."""
        writer = await self.writer()
        (ann, _), here = await self.conversation()
        (ben, _), there = await self.conversation()
        async with self.db.transaction() as tx:
            conversations.lock(tx, there)
            await tx.execute("UPDATE conversations SET closed = 'blocked' WHERE id = %s", (there,))
            waits = writer.append(self.message(ben, conversation_id=there))
            done = await writer.append(self.message(ann, conversation_id=here))
            self.assertEqual((done.outcome, waits.called), ("created", False))
        self.assertEqual((await waits).outcome, "blocked")

    async def test_a_bad_one(self) -> None:
        """One that PostgreSQL refuses fails alone, and none of the others is stored twice."""
        writer = await self.writer()
        (ann, ben), here = await self.conversation()
        (cat, _), there = await self.conversation()
        bad = msgspec.structs.replace(self.message(ann, conversation_id=here), id="none")
        sent = [writer.append(self.message(ann, conversation_id=here)), writer.append(bad)]
        sent += [
            writer.append(self.message(sender, conversation_id=where)) for sender, where in ((ben, here), (cat, there))
        ]
        await self.assertFailure(sent.pop(1), Exception)
        self.assertEqual([done.seq for done in await gatherResults(sent)], [1, 2, 1])

    async def test_the_same_twice(self) -> None:
        """In one batch: one is stored, the other is a repeat of it."""
        writer = await self.writer()
        (ann, _), here = await self.conversation()
        item = self.message(ann, conversation_id=here)
        done = await gatherResults([writer.append(msgspec.structs.replace(item, id=uuid7())) for _ in range(2)])
        self.assertEqual([found.outcome for found in done], ["created", "repeat"])
        self.assertEqual(done[0].message_id, done[1].message_id)
