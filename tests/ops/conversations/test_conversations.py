"""The list of conversations."""

from __future__ import annotations

import uuid

from tests.ops.case import OpsCase


class ListTests(OpsCase):
    """conversation.list, get and with_user."""

    async def test_newest_activity_first_with_cursor(self) -> None:
        """Pages follow each other without gap or repeat."""
        ann = await self.person("ann")
        others = [await self.person(f"other{number}") for number in range(5)]
        for other in others:
            await self.acquaint(ann, other)
            await other.send(ann, f"from {other.username}")
        await others[1].send(ann, "again")
        wanted = [others[n].id for n in (1, 4, 3, 2, 0)]
        found, cursor = [], None
        for _ in range(3):
            page = await ann.call("conversation.list", limit=2, **({"cursor": cursor} if cursor else {}))
            found += [item["other"]["id"] for item in page["items"]]
            cursor = page["nextCursor"]
        self.assertEqual((found, cursor), (wanted, None))
        await self.refused(ann.call("conversation.list", cursor="x"), "invalid", "$.cursor")

    async def test_views_differ(self) -> None:
        """Each sees the other person, their own unread count and their own message's status."""
        ann, ben = await self.person("ann"), await self.person("ben")
        await self.acquaint(ann, ben)
        message = await ann.send(ben, "hi")
        anns = await ann.call("conversation.with_user", userId=ben.id)
        bens = await ben.call("conversation.get", id=message["conversationId"])
        self.assertEqual((anns["other"]["username"], anns["unreadCount"]), ("@ben", 0))
        self.assertEqual((bens["other"]["username"], bens["unreadCount"]), ("@ann", 1))
        self.assertEqual((anns["kind"], anns["status"], anns["headSeq"]), ("direct", "accepted", 1))
        self.assertEqual(anns["lastMessage"], message)
        self.assertNotIn("email", anns["other"])

    async def test_nothing_yet(self) -> None:
        """Without a message there is no conversation."""
        ann, ben = await self.person("ann"), await self.person("ben")
        await self.refused(ann.call("conversation.with_user", userId=ben.id), "not_found")
        await self.refused(ann.call("conversation.get", id=str(uuid.uuid4())), "not_found")
        self.assertEqual(await ann.call("conversation.list"), {"items": [], "nextCursor": None})
