"""Pages of a conversation, of which PostgreSQL writes what is plain: the same, byte by byte, as what is made here."""

from __future__ import annotations

import random
from typing import Any

import msgspec

from chatr.ops.conversations import system_entries
from chatr.store.messages import history
from chatr.store.messages.history import Page, Place
from chatr.store.pool import Transaction
from tests.ops.case import Person
from tests.ops.files.case import FilesCase, client_id
from tests.ops.messages.test_messages import make_group

#: What has a spelling of its own in JSON, or might: in texts, and in names that nobody could choose.
SPELLED = '"\\/\b\f\n\r\t\x01\x1f\x7f\x85\xa0\u2028\u2029\ufeff\uffff\U0001f469\u200d\U0001f680\u05d0<&>%{}?'


class TextTests(FilesCase):
    """Ann, Ben and Cat in a group, in which there is something of every kind."""

    async def setUp(self) -> None:
        await super().setUp()
        self.cat = await self.person("cat")
        self.group = await make_group(self, [self.ann, self.ben, self.cat])
        self.here = history.conversation(self.group)

    async def same(self, place: Place, viewer: Person) -> list[Any]:
        """All pages as text are what they are as columns; the newest page as text."""
        db, found = self.node.db, {}
        for as_text in (True, False):
            found[as_text] = [
                *[await history.before(db, place, viewer.id, seq, 7, as_text=as_text) for seq in range(1, 22, 4)],
                *[await history.after(db, place, viewer.id, seq, 7, as_text=as_text) for seq in range(0, 22, 4)],
                await history.before(db, place, viewer.id, 2**53, 100, as_text=as_text),
            ]
        self.assertEqual([*map(plain, found[True])], [*map(plain, found[False])])
        newest = found[True][-1]
        return [] if newest is None else newest.items

    async def set(self, message: Any, what: str, *values: Any) -> None:
        """Have a message as it could not be made so quickly."""
        await self.node.db.execute(f"UPDATE messages SET {what} WHERE id = %s", (*values, message["id"]))

    async def test_every_kind(self) -> None:
        """Whatever a message may be, for whoever reads it: sender, reader, and one who has deleted half of it."""
        ann, ben, group = self.ann, self.ben, self.group
        first = await ann.send(group, "plain")
        edited = await ann.send(group, "edited")
        await ann.call("message.edit", id=edited["id"], content="again")
        unsent = await ben.send(group, "unsent")
        await ben.call("message.unsend", id=unsent["id"])
        await ben.send(group, "reply", replyToId=first["id"])
        await ben.send(group, "reply", replyToId=unsent["id"])
        await ben.send(group, "for @ann and @all")
        await ann.call("message.react", id=(await ben.send(group, "liked"))["id"], emoji="👍")
        await self.set(
            await ann.send(group, "see"), "link_preview = %s", '{"url": "https://example.org/", "title": "A page"}'
        )
        await self.set(await ann.send(group, "one of many"), "group_id = %s", client_id())
        await self.share(ann, group)
        heard = await ann.send(group, "a voice")
        await self.set(heard, "type = 'audio'")
        await ben.call("message.mark_listened", id=heard["id"])
        await self.node.db.execute("UPDATE users SET profile_image = '' WHERE id = %s", (ben.id,))
        await self.node.db.execute("UPDATE users SET profile_image = '/a\"b' WHERE id = %s", (self.cat.id,))

        async def tell(tx: Transaction) -> None:
            await system_entries.add(tx, group, "renamed", by_id=ann.id, text="New", user_ids=[ben.id])

        await self.node.ports.messages.writer.change(tell, caller=ann.id, place=group)
        for person in (ann, ben, self.cat):
            await person.send(group, "last words")
        read = "UPDATE members SET {0}shown_delivered_seq = %s, shown_read_seq = %s WHERE user_id = %s"
        await self.node.db.execute(read.format(""), (14, 2, ben.id))
        await self.node.db.execute(read.format("cleared_seq = 12, "), (16, 13, self.cat.id))
        for viewer, count, texts in ((ann, 15, 4), (ben, 15, 4), (self.cat, 6, 3)):
            items = await self.same(self.here, viewer)
            self.assertEqual(len(items), count)
            self.assertEqual(sum(isinstance(item, msgspec.Raw) for item in items), texts)
        await self.same(history.between(ann.id, ben.id), ann)

    async def test_statuses(self) -> None:
        """Sent, delivered and read, of the sender's own alone; whoever gives no receipts sees none."""
        for number in range(4):
            await self.ann.send(self.ben, str(number))
        await self.ben.send(self.ann, "5")
        both = history.between(self.ann.id, self.ben.id)
        where = (await self.ann.call("conversation.with_user", userId=self.ben.id))["id"]
        await self.ben.call("message.mark_delivered", id=where, seq=3)
        await self.ben.call("message.mark_read", id=where, seq=2)
        for expected in (["read", "read", "delivered", "sent", "sent"], [*["delivered"] * 3, "sent", "sent"]):
            items = await self.same(both, self.ann)
            self.assertEqual([msgspec.json.decode(item)["status"] for item in items], expected)
            await self.same(both, self.ben)
            await self.ann.call("user.update_settings", privacy={"readReceipts": False})

    async def test_across_a_block(self) -> None:
        """Whoever was blocked sees the other as they were, and is not told what they are called by now."""
        await self.ann.send(self.ben, "one")
        await self.ben.send(self.ann, "two")
        await self.ben.call("friend.block", userId=self.ann.id)
        await self.ben.call("user.update", displayName="Benjamin")
        both = history.between(self.ann.id, self.ben.id)
        [own, other] = await self.same(both, self.ann)
        self.assertEqual((type(own), other.sender.display_name), (msgspec.Raw, "ben"))
        [_, own] = await self.same(both, self.ben)
        self.assertEqual(msgspec.json.decode(own)["sender"]["displayName"], "Benjamin")

    async def test_spelling(self) -> None:
        """Texts and names of whatever there is, at any millisecond, are spelled as everywhere else."""
        chosen = random.Random(17)
        texts = ["".join(chosen.choices(SPELLED + "abc ", k=chosen.randrange(1, 30))) for _ in range(80)]
        for text in [*texts, *SPELLED, "".join(map(chr, range(1, 0x800))), "\\n", "'"]:
            await self.node.db.execute(
                """INSERT INTO messages (id, conversation_id, seq, sender_id, client_id, content, created_at)
                   SELECT gen_random_uuid(), %s, coalesce(max(seq), 0) + 1, %s, gen_random_uuid(), %s,
                          timestamptz '1999-12-31 23:59:59.9999Z' + random() * interval '50 years' FROM messages""",
                (self.group, self.ann.id, text),
            )
        await self.node.db.execute("UPDATE users SET display_name = %s WHERE id = %s", (SPELLED, self.ann.id))
        for start in (2**53, 60):
            pages = [
                await history.before(self.node.db, self.here, self.ben.id, start, 100, as_text=as_text)
                for as_text in (True, False)
            ]
            self.assertEqual(*map(plain, pages))

    async def test_nobody_else(self) -> None:
        """There is no page for whoever is not in the conversation, was in it, or is only asked."""
        await self.ann.send(self.group, "one")
        dan = await self.person("dan")
        self.assertEqual(await self.same(self.here, dan), [])
        for status in ("invited", "left"):
            await self.node.db.execute(
                """INSERT INTO members (conversation_id, user_id, status) VALUES (%s, %s, %s)
                   ON CONFLICT (conversation_id, user_id) DO UPDATE SET status = excluded.status""",
                (self.group, dan.id, status),
            )
            self.assertIsNone(await history.after(self.node.db, self.here, dan.id, 0, 1, as_text=True))
            self.assertIsNone(await history.before(self.node.db, self.here, dan.id, 9, 1))


def plain(page: Page | None) -> Any:
    """A page, its items as JSON."""
    return page and (page.marks, msgspec.json.encode(page.items), page.has_before, page.has_after)
