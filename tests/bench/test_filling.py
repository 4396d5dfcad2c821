"""What benches put into a database without sending it."""

from __future__ import annotations

from typing import Any

from bench import filling
from tests.store.writing.test_writer import WriterCase


class FillingTests(WriterCase):
    """Held to what a send leaves: else benches measure a database that nobody has."""

    async def test_like_a_send(self) -> None:
        """The same rows, but for ids, times and the digest that nobody asks for."""
        writer = await self.writer()
        (ann, _), sent = await self.conversation()
        (_, _), filled = await self.conversation()
        await writer.append(self.message(ann, conversation_id=sent))
        await self.db.execute(
            filling.stored("SELECT id, 1, user_low, 'x', now() FROM conversations WHERE id = %s"), (filled,)
        )
        for statement in filling.SETTLED:
            await self.db.execute(statement)
        self.assertEqual(await self.left(filled), await self.left(sent))

    async def left(self, conversation_id: str) -> list[Any]:
        """What of a conversation's rows is no matter of chance."""
        rows = await self.db.query(
            """SELECT to_jsonb(m) - '{id,conversation_id,sender_id,client_id,digest,created_at}'::text[],
                      (SELECT jsonb_agg(to_jsonb(l) - '{conversation_id,message_id,at}'::text[])
                         FROM entries l WHERE l.conversation_id = m.conversation_id),
                      c.head_seq, c.active_at = m.created_at, m.sender_id = c.user_low
                 FROM messages m JOIN conversations c ON c.id = m.conversation_id WHERE c.id = %s""",
            (conversation_id,),
        )
        self.assertEqual(len(rows), 1)
        return list(rows[0])
