"""Message requests, what is withheld while they wait, and how each person keeps their own view."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta, timezone
from typing import Any

from twisted.internet.defer import Deferred, gatherResults

from chatr.api.errors import ApiError
from tests.ops.fold import Fold, plain
from tests.ops.people.test_friends import FriendsCase


class RequestTests(FriendsCase):
    """Writing to somebody who has not agreed to it."""

    async def test_pending_until_accepted(self) -> None:
        """The recipient finds it among the requests, and the sender is its initiator; accepting makes it a chat."""
        anns, bens = self.ann.device(), self.ben.device()
        sent = await self.ann.send(self.ben, "hi")
        created = bens.named("conversation.created")[0]["conversation"]
        self.assertEqual((created["status"], created["initiatorId"]), ("pending", self.ann.id))
        where = {"id": sent["conversationId"]}
        for person, part in ((self.ann, "chats"), (self.ben, "requests")):
            for name in ("chats", "requests"):
                found = (await person.call("conversation.list", filter=name))["items"]
                self.assertEqual([item["id"] for item in found], [where["id"]] if name == part else [])
        await self.refused(self.ann.call("conversation.accept", **where), "forbidden")
        await self.refused(self.ann.call("conversation.decline", **where), "forbidden")
        eve = await self.person("eve")
        for name in ("accept", "decline", "delete"):
            await self.refused(eve.call(f"conversation.{name}", **where), "not_found")
        phone, laptop = self.ben.device(), self.ben.device()
        view = await self.ben.call("conversation.accept", phone, **where)
        self.assertEqual(view["status"], "accepted")
        # The session that called has it from the answer.
        self.assertEqual([name for name, _ in phone.events if name.startswith("conversation.")], [])
        self.assertEqual(len(laptop.named("conversation.accepted")), 1)
        accepted = {"conversationId": where["id"], "acceptedBy": self.ben.id}
        [told] = anns.named("conversation.accepted")
        self.assertEqual(({key: told[key] for key in accepted}, told["conversation"]["status"]), (accepted, "accepted"))
        self.assertEqual((await self.ann.call("conversation.get", **where))["status"], "accepted")
        for name in ("accept", "decline"):
            await self.refused(self.ben.call(f"conversation.{name}", **where), "conflict")

    async def test_answering_accepts(self) -> None:
        """So does writing back, at once and in one statement."""
        sent = await self.ann.send(self.ben, "hi")
        anns = self.ann.device()
        await self.ben.send(self.ann, "hello")
        self.assertEqual(len(anns.named("conversation.accepted")), 1)
        self.assertEqual((await self.ann.call("conversation.get", id=sent["conversationId"]))["status"], "accepted")
        for _ in range(6):
            await self.ann.send(self.ben, "more")

    async def test_five_messages(self) -> None:
        """At most five while it waits, also when they come at once; repeats of those are repeats."""
        client_ids = [str(uuid.uuid4()) for _ in range(8)]

        async def send(client_id: str) -> str:
            try:
                return str((await self.ann.send(self.ben, "x", clientId=client_id))["seq"])
            except ApiError as error:
                return error.code

        found = await gatherResults([Deferred.fromCoroutine(send(client_id)) for client_id in client_ids])
        self.assertEqual(sorted(found), ["1", "2", "3", "4", "5", *["forbidden"] * 3])
        self.assertEqual(await send(client_ids[found.index("1")]), "1")
        self.assertEqual(await send(str(uuid.uuid4())), "forbidden")

    async def test_friends_bots_and_support_need_none(self) -> None:
        """Friends, bots and support agents are written to, and write, without asking."""
        for name, change in (("bot", "is_bot = true"), ("support", "role = 'support'")):
            other = await self.person(name)
            await self.node.db.execute(f"UPDATE users SET {change} WHERE id = %s", (other.id,))
            for one, two in ((self.ann, other), (other, self.ben)):
                await one.send(two, "hi")
                view = await one.call("conversation.with_user", userId=two.id)
                self.assertEqual(view["status"], "accepted", name)
        await self.befriend(self.ann, self.ben)
        await self.ann.send(self.ben, "hi")
        self.assertEqual((await self.ben.call("conversation.with_user", userId=self.ann.id))["status"], "accepted")

    async def test_decline(self) -> None:
        """It disappears for the recipient, the initiator is told, and can ask again after seven days only."""
        conversation_id = await self.pending(self.ann, self.ben)
        anns, bens = self.ann.device(), self.ben.device()
        await self.ben.call("conversation.decline", id=conversation_id)
        [declined] = anns.named("conversation.declined")
        self.assertEqual((declined["conversationId"], declined["declinedBy"]), (conversation_id, self.ben.id))
        self.assertEqual([told["conversationId"] for told in bens.named("conversation.removed")], [conversation_id])
        for name in ("chats", "requests", "archived"):
            self.assertEqual((await self.ben.call("conversation.list", filter=name))["items"], [])
        await self.refused(self.ben.call("conversation.get", id=conversation_id), "not_found")
        self.assertIn("declinedAt", await self.ann.call("conversation.get", id=conversation_id))
        await self.refused(self.ann.send(self.ben, "please"), "forbidden")
        await self.refused(self.ben.call("conversation.decline", id=conversation_id), "not_found")
        await self.node.db.execute("UPDATE conversations SET declined_at = declined_at - interval '7 days'")
        await self.ann.send(self.ben, "again")
        [view] = (await self.ben.call("conversation.list", filter="requests"))["items"]
        self.assertEqual((view["unreadCount"], "declinedAt" in view), (1, False))
        history = await self.ben.call("message.history", conversationId=conversation_id)
        self.assertEqual([item["content"] for item in history["items"]], ["again"])
        for _ in range(4):
            await self.ann.send(self.ben, "again")
        await self.refused(self.ann.send(self.ben, "sixth"), "forbidden")

    async def test_who_declined_may_write(self) -> None:
        """Writing to somebody whose request one declined is an answer."""
        conversation_id = await self.pending(self.ann, self.ben)
        await self.ben.call("conversation.decline", id=conversation_id)
        await self.ben.send(self.ann, "after all")
        await self.ann.send(self.ben, "great")
        view = await self.ben.call("conversation.get", id=conversation_id)
        self.assertEqual((view["status"], view["headSeq"], view["clearedSeq"]), ("accepted", 3, 1))

    async def test_answers_at_once(self) -> None:
        """Accept, decline and an answer at the same moment: one of them, and nothing in between."""
        for name in ("cat", "dan", "eve"):
            other = await self.person(name)
            conversation_id = await self.pending(other, self.ben)

            async def one(call: Any) -> str:
                try:
                    await call
                except ApiError as error:
                    return error.code
                return "done"

            calls = [
                self.ben.call("conversation.accept", id=conversation_id),
                self.ben.call("conversation.decline", id=conversation_id),
                self.ben.send(other, "hello"),
            ]
            found = await gatherResults([Deferred.fromCoroutine(one(call)) for call in calls])
            self.assertEqual(found[2], "done")
            self.assertLessEqual(found[:2].count("done"), 1)
            self.assertLessEqual(set(found[:2]), {"done", "conflict", "not_found"})
            self.assertEqual((await other.call("conversation.get", id=conversation_id))["status"], "accepted")


class WithheldTests(FriendsCase):
    """What the initiator of a request is not told, and what appears when it is accepted."""

    async def test_receipts(self) -> None:
        """Only ``sent`` while it waits; delivered and read appear with acceptance, by act and by answer."""
        for name in ("accept", "answer"):
            other = await self.person(name)
            sent = await self.ann.send(other, "hi")
            where = {"id": sent["conversationId"]}
            anns, theirs = self.ann.device(), other.device()
            await other.call("message.mark_read", **where, seq=1)
            self.assertEqual((anns.named("message.status"), len(theirs.named("message.status"))), ([], 1))
            view = await self.ann.call("conversation.get", **where)
            self.assertEqual((view["otherReadSeq"], view["otherDeliveredSeq"]), (0, 0))
            self.assertEqual((await self.ann.call("message.get", id=sent["id"]))["status"], "sent")
            if name == "accept":
                await other.call("conversation.accept", **where)
            else:
                await other.send(self.ann, "hello")
            [told] = [told for told in anns.named("message.status") if told["userId"] == other.id]
            self.assertEqual((told["deliveredSeq"], told["readSeq"]), (1, 1))
            self.assertEqual((await self.ann.call("message.get", id=sent["id"]))["status"], "read")

    async def test_across_a_block(self) -> None:
        """What is read while either blocks is not told; it appears when the block is lifted."""
        await self.befriend(self.ann, self.ben)
        sent = await self.ann.send(self.ben, "hi")
        anns = self.ann.device()
        for blocker, blocked in ((self.ann, self.ben), (self.ben, self.ann)):
            await blocker.call("friend.block", userId=blocked.id)
            await self.ben.call("message.mark_read", id=sent["conversationId"], seq=1)
            self.assertEqual((await self.ann.call("message.get", id=sent["id"]))["status"], "sent")
            self.assertEqual(anns.named("message.status"), [])
            if blocker is self.ann:
                await self.node.db.execute("UPDATE members SET delivered_seq = 0, read_seq = 0")
                await blocker.call("friend.unblock", userId=blocked.id)
        await self.ben.call("friend.unblock", userId=self.ann.id)
        self.assertEqual([told["readSeq"] for told in anns.named("message.status")], [1])
        self.assertEqual((await self.ann.call("message.get", id=sent["id"]))["status"], "read")

    async def test_read_receipts_off(self) -> None:
        """Whoever gives none gets none: the others see ``delivered``, and so does the person."""
        await self.befriend(self.ann, self.ben)
        one = await self.ann.send(self.ben, "one")
        where = {"id": one["conversationId"]}
        await self.ben.call("user.update_settings", privacy={"readReceipts": False})
        anns, bens = self.ann.device(), self.ben.device()
        await self.ben.call("message.mark_read", **where, seq=1)
        self.assertEqual((await self.ann.call("message.get", id=one["id"]))["status"], "delivered")
        self.assertEqual([(told["deliveredSeq"], told["readSeq"]) for told in anns.named("message.status")], [(1, 0)])
        self.assertEqual(bens.named("message.status")[0]["readSeq"], 1)
        self.assertEqual((await self.ben.call("conversation.get", **where))["unreadCount"], 0)
        two = await self.ben.send(self.ann, "two")
        await self.ann.call("message.mark_read", **where, seq=2)
        self.assertEqual((await self.ben.call("message.get", id=two["id"]))["status"], "delivered")
        self.assertEqual(bens.named("message.status")[-1]["readSeq"], 0)
        await self.ben.call("user.update_settings", privacy={"readReceipts": True})
        self.assertEqual((await self.ben.call("message.get", id=two["id"]))["status"], "read")
        self.assertEqual(len(bens.named("sync.required")), 1)


class OwnViewTests(FriendsCase):
    """conversation.delete and conversation.update"""

    async def setUp(self) -> None:
        await super().setUp()
        await self.befriend(self.ann, self.ben)
        self.first = await self.ann.send(self.ben, "one")
        self.where = {"id": self.first["conversationId"]}

    async def test_delete_is_ones_own(self) -> None:
        """The caller's view is empty, the other's is as it was; a new message brings it back from there."""
        device, cursor = self.ben.device(), (await self.ben.call("sync.changes"))["cursor"]
        await self.ben.call("conversation.delete", **self.where)
        self.assertEqual([told["conversationId"] for told in device.named("conversation.removed")], [self.where["id"]])
        self.assertEqual((await self.ben.call("conversation.list"))["items"], [])
        self.assertEqual((await self.ben.call("sync.changes", cursor=cursor))["removed"], [self.where["id"]])
        for call in (
            self.ben.call("conversation.get", **self.where),
            self.ben.call("conversation.with_user", userId=self.ann.id),
            self.ben.call("message.get", id=self.first["id"]),
        ):
            await self.refused(call, "not_found")
        self.assertEqual((await self.ben.call("message.history", otherUserId=self.ann.id))["items"], [])
        self.assertEqual((await self.ann.call("conversation.get", **self.where))["lastMessage"]["content"], "one")
        await self.ann.send(self.ben, "two")
        view = await self.ben.call("conversation.get", **self.where)
        self.assertEqual((view["lastMessage"]["content"], view["unreadCount"], view["clearedSeq"]), ("two", 1, 1))
        page = await self.ben.call("message.history", conversationId=self.where["id"])
        self.assertEqual(([item["content"] for item in page["items"]], page["hasBefore"]), (["two"], False))
        for bound in ({"before": 3}, {"after": 0}, {"around": 1}):
            page = await self.ben.call("message.history", conversationId=self.where["id"], **bound)
            self.assertEqual([item["content"] for item in page["items"]], ["two"])
        log = await self.ben.call("conversation.log", **self.where)
        self.assertEqual(([entry["seq"] for entry in log["entries"]], log["complete"]), ([2], True))
        page = await self.ann.call("message.history", conversationId=self.where["id"])
        self.assertEqual(len(page["items"]), 2)

    async def test_an_archived_request(self) -> None:
        """A request that was put away is found in the archive, and nowhere else."""
        cat = await self.person("cat")
        asked = str((await cat.send(self.ben, "hi"))["conversationId"])
        await self.ben.call("conversation.update", id=asked, archived=True)
        lists = {
            name: [item["id"] for item in (await self.ben.call("conversation.list", filter=name))["items"]]
            for name in ("chats", "requests", "archived")
        }
        self.assertEqual((lists["requests"], lists["archived"]), ([], [asked]))
        self.assertNotIn(asked, lists["chats"])

    async def test_archive_pin_mute(self) -> None:
        """They are the caller's own, told to the caller's other sessions only, and hide nothing."""
        phone, laptop, anns = self.ben.device(), self.ben.device(), self.ann.device()
        until = (datetime.now(timezone.utc) + timedelta(days=1)).isoformat(timespec="milliseconds")
        change = {"archived": True, "pinned": True, "mutedUntil": until}
        view = await self.ben.call("conversation.update", phone, **self.where, **change)
        self.assertEqual((view["archived"], view["pinned"], view["mutedUntil"][:19]), (True, True, until[:19]))
        self.assertEqual(laptop.named("conversation.updated"), [{"conversation": view, "revision": view["revision"]}])
        self.assertEqual((phone.events, anns.events), ([], []))
        self.assertEqual((await self.ben.call("conversation.list"))["items"], [])
        [listed] = (await self.ben.call("conversation.list", filter="archived"))["items"]
        self.assertEqual(listed, view)
        await self.ann.send(self.ben, "two")
        self.assertEqual((await self.ben.call("conversation.get", **self.where))["unreadCount"], 2)
        view = await self.ben.call("conversation.update", **self.where, mutedUntil=None, archived=False)
        self.assertEqual((view["archived"], view["pinned"], "mutedUntil" in view), (False, True, False))
        laptop.events.clear()
        await self.ben.call("conversation.update", phone, **self.where, pinned=True)
        self.assertEqual(laptop.events, [])

    async def test_refusals(self) -> None:
        """Fields of the wrong kind, times without a zone, conversations of others."""
        eve = await self.person("eve")
        await self.refused(eve.call("conversation.update", **self.where, pinned=True), "not_found")
        for field, value in (
            ("pinned", 1),
            ("mutedUntil", "soon"),
            ("mutedUntil", "9999-12-31T23:59:59-05:00"),
            ("mutedUntil", "2030-01-01T00:00:00"),
        ):
            await self.refused(
                self.ben.call("conversation.update", **self.where, **{field: value}), "invalid", f"$.{field}"
            )


class FoldTests(FriendsCase):
    """State before + events = state after, through requests and own views."""

    async def test_state_before_plus_events_is_state_after(self) -> None:
        """For both people and two devices of each, after every step."""
        people = (self.ann, self.ann, self.ben, self.ben)
        folds = [await Fold(person).load() for person in people]
        ann, ben = self.ann.call, self.ben.call

        def send(call: Any, to: str) -> Any:
            return call("message.send", recipientId=to, content="x", clientId=str(uuid.uuid4()))

        which: dict[str, str] = {}
        steps = [
            lambda: send(ann, self.ben.id),
            lambda: ben("message.mark_read", **which, seq=1),
            lambda: ben("conversation.decline", **which),
            lambda: send(ben, self.ann.id),
            lambda: ann("message.mark_delivered", **which, seq=2),
            lambda: ben("conversation.delete", **which),
            lambda: send(ann, self.ben.id),
            lambda: ann("conversation.update", **which, archived=True),
            lambda: ann("friend.block", userId=self.ben.id),
            lambda: ben("message.mark_read", **which, seq=3),
            lambda: ann("friend.unblock", userId=self.ben.id),
            lambda: ann("conversation.delete", **which),
            lambda: send(ben, self.ann.id),
        ]
        for number, step in enumerate(steps):
            answer = await step()
            which = which or {"id": answer["conversationId"]}
            for fold in folds:
                self.assertEqual(plain(fold.state()), plain(await fold.fresh()), (number, fold.person.username))
