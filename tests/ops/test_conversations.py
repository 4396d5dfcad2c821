"""The list of conversations, and presence."""

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


class PresenceTests(OpsCase):
    """Presence of one process."""

    async def test_query(self) -> None:
        """Only people with whom one has a conversation, and who show it, are visible."""
        ann, ben, eve = [await self.person(name) for name in ("ann", "ben", "eve")]
        await ann.send(ben, "hi")
        self.node.presence.joined(ben.id, "c1")
        answer = await ann.call("presence.query", userIds=[ben.id, eve.id])
        self.assertEqual(
            [(item["status"], item["hidden"]) for item in answer["items"]], [("online", False), ("offline", True)]
        )
        await self.node.db.execute(
            "UPDATE users SET privacy = %s WHERE id = %s", ('{"onlineStatus": "nobody"}', ben.id)
        )
        [state] = (await ann.call("presence.query", userIds=[ben.id]))["items"]
        self.assertEqual((state["status"], state["hidden"]), ("offline", True))

    async def test_announcements(self) -> None:
        """The other person of a conversation is told; lastSeen comes with leaving; who hides is not announced."""
        from chatr.ops.presence import Announcer

        ann, ben, eve = [await self.person(name) for name in ("ann", "ben", "eve")]
        await ann.send(ben, "hi")
        anns, eves = ann.device(), eve.device()
        announcer = Announcer(self.node.db, self.node.publisher)
        await announcer.announce({ben.id: "online"})
        await announcer.announce({ben.id: "offline"})
        online, offline = anns.named("presence.changed")
        self.assertEqual(online, {"userId": ben.id, "status": "online"})
        self.assertEqual((offline["status"], "lastSeen" in offline), ("offline", True))
        self.assertEqual(eves.events, [])
        [state] = (await ann.call("presence.query", userIds=[ben.id]))["items"]
        self.assertEqual(state["lastSeen"], offline["lastSeen"])
        await self.node.db.execute(
            "UPDATE users SET privacy = %s WHERE id = %s", ('{"onlineStatus": "nobody"}', ben.id)
        )
        await announcer.announce({ben.id: "online"})
        self.assertEqual(len(anns.named("presence.changed")), 2)

    async def test_set_belongs_to_a_realtime_session(self) -> None:
        """Presence is set by an open connection only."""
        ann = await self.person("ann")
        device = ann.device()
        await self.refused(ann.call("presence.set", device, status="away"), "conflict")
        self.node.presence.joined(ann.id, device.connection)
        await ann.call("presence.set", device, status="away")
        self.assertEqual(self.node.presence.status(ann.id), "away")
