"""Typing, recording, drafts, listening: told to whom it concerns, now and then, and never stored."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from chatr.process.throttle import Throttle
from tests.ops.fold import Fold, plain
from tests.ops.messages.test_message_changes import ChangesCase

SIGNALS = ("activity.typing", "activity.recording")


class SignalTests(ChangesCase):
    """activity.typing and activity.recording"""

    async def test_signals(self) -> None:
        """The other person and the caller's other devices hear it; nothing is stored; a second one soon is dropped."""
        phone, laptop, bens = self.ann.device(), self.ann.device(), self.ben.device()
        where = {"conversationId": self.conversation}
        before = await self.ben.call("conversation.list")
        for name in SIGNALS:
            for active in (True, True, False, False, True):
                await self.ann.call(name, phone, **where, active=active)
            wanted = [{**where, "userId": self.ann.id, "active": active} for active in (True, False)]
            for device in (laptop, bens):
                self.assertEqual(device.named(name), wanted)
        self.assertEqual(phone.events, [])
        await self.ben.call("activity.typing", **where)
        self.assertEqual(phone.named("activity.typing")[0]["userId"], self.ben.id)
        self.assertEqual(await self.ben.call("conversation.list"), before)

    async def test_where_nothing_passes(self) -> None:
        """Strangers, requests that wait, either way, blocks, either way: the refusal, and silence."""
        eve = await self.person("eve")
        pending = await self.pending(eve, self.ben)
        devices = [person.device() for person in (self.ann, self.ben, eve)]
        calls = [*SIGNALS, "activity.draft"]
        for name in calls:
            params = {"text": "x"} if name.endswith("draft") else {}
            await self.refused(eve.call(name, conversationId=self.conversation, **params), "not_found")
            for person in (eve, self.ben):
                await self.refused(person.call(name, conversationId=pending, **params), "forbidden")
        for one, other in ((self.ann, self.ben), (self.ben, self.ann)):
            await one.call("friend.block", userId=other.id)
            for device in devices:
                device.events.clear()
            for name in calls:
                params = {"text": "x"} if name.endswith("draft") else {}
                for person in (self.ann, self.ben):
                    await self.refused(person.call(name, conversationId=self.conversation, **params), "blocked")
            await one.call("friend.unblock", userId=other.id)
        for device in devices:
            self.assertEqual([name for name, _ in device.events if name.startswith("activity")], [])

    async def test_drafts(self) -> None:
        """Letter by letter, only where both have switched it on."""
        bens, where = self.ben.device(), {"conversationId": self.conversation}
        for who in (self.ann, self.ben):
            await self.refused(self.ann.call("activity.draft", **where, text="h"), "forbidden")
            await who.call("user.update_settings", privacy={"ghostTyping": True})
        await self.ann.call("activity.draft", **where, text="he")
        await self.ann.call("activity.draft", **where, text="")
        self.assertEqual([told["text"] for told in bens.named("activity.draft")], ["he", ""])
        await self.refused(self.ann.call("activity.draft", **where, text="x" * 2001), "invalid", "$.text")


class ListeningTests(ChangesCase):
    """activity.listening and message.mark_listened"""

    async def setUp(self) -> None:
        await super().setUp()
        await self.node.db.execute("UPDATE messages SET type = 'audio' WHERE id = %s", (self.message["id"],))

    async def test_listening(self) -> None:
        """The sender alone hears of start and stop; the end is kept, once, for all, and is the message's status."""
        folds = [await Fold(person).load() for person in (self.ann, self.ben)]
        anns, bens = self.ann.device(), self.ben.device()
        what = {"messageId": self.message["id"]}
        await self.ben.call("activity.listening", **what)
        await self.ben.call("activity.listening", **what, active=False)
        await self.ben.call("activity.listening", **what, ended=True)
        await self.ben.call("message.mark_listened", id=self.message["id"])
        told = [(each["active"], each["ended"]) for each in anns.named("activity.listening")]
        self.assertEqual(told, [(True, False), (False, False), (False, True), (False, True)])
        self.assertEqual(bens.named("activity.listening"), [])
        for device in (anns, bens):
            self.assertEqual([each["seq"] for each in device.named("message.listened")], [2])
        for fold in folds:
            self.assertEqual(plain(fold.state()), plain(await fold.fresh()))
        self.assertEqual((await self.ann.call("message.get", id=self.message["id"]))["status"], "listened")
        # Whoever has listened to it finds it so on every device.
        self.assertEqual((await self.ben.call("message.get", id=self.message["id"]))["status"], "listened")
        [seen] = (await self.ben.call("message.history", conversationId=self.conversation))["items"]
        self.assertEqual(seen["status"], "listened")
        page = await self.ann.call("conversation.log", id=self.conversation, after=1)
        self.assertEqual(page["entries"][0]["data"], anns.named("message.listened")[0])

    async def test_refusals(self) -> None:
        """Not one's own, not what is no audio, not a stranger's, not what was unsent, not across a block."""
        text = await self.ann.send(self.ben, "text")
        eve = await self.person("eve")
        for person, message_id, code in (
            (self.ann, self.message["id"], "forbidden"),
            (self.ben, text["id"], "forbidden"),
            (eve, self.message["id"], "not_found"),
        ):
            for params in ({}, {"ended": True}):
                await self.refused(person.call("activity.listening", messageId=message_id, **params), code)
            await self.refused(person.call("message.mark_listened", id=message_id), code)
        await self.ann.call("friend.block", userId=self.ben.id)
        await self.refused(self.ben.call("message.mark_listened", id=self.message["id"]), "blocked")
        await self.ann.call("message.unsend", id=self.message["id"])
        await self.refused(self.ben.call("message.mark_listened", id=self.message["id"]), "gone")


class ThrottleTests(SynchronousTestCase):
    """Which signals pass."""

    def test_passes(self) -> None:
        """On once in the interval, off once after each on; each key for itself."""
        self.now = 0.0
        throttle = Throttle(seconds=lambda: self.now)

        def signal(active: bool, key: str = "a") -> bool:
            return throttle.passes((key,), active=active, every_s=2.0)

        self.assertEqual([signal(False), signal(True), signal(True), signal(True, "b")], [False, True, False, True])
        self.now = 1.9
        self.assertEqual([signal(True), signal(False), signal(False), signal(True)], [False, True, False, False])
        self.now = 2.0
        self.assertEqual([signal(True), signal(True)], [True, False])

    def test_swept(self) -> None:
        """Keys that no longer matter take no room, and no signal pays for the removal of many."""
        self.now = 0.0
        throttle = Throttle(seconds=lambda: self.now)
        for number in range(1000):
            throttle.passes((str(number),), active=True, every_s=2.0)
            throttle.passes((str(number),), active=False, every_s=2.0)
            # Of a client that vanishes.
            throttle.passes((f"{number} gone",), active=True, every_s=2.0)
        self.now = 60.0
        kept = [len(throttle._passed)]
        for number in range(1000):
            throttle.passes((f"later {number}",), active=True, every_s=2.0)
            kept.append(len(throttle._passed))
        # One comes and two go, until those that came before are gone.
        self.assertEqual(kept, list(range(2000, 999, -1)))

    def test_bounded(self) -> None:
        """However many keys there are, so many are kept: the ones that signalled last.

        Before, every 50,000 the whole table was gone through, and nothing bounded it within a minute.
        """
        throttle = Throttle(seconds=lambda: 0.0, most_keys=100)
        for number in range(1000):
            self.assertTrue(throttle.passes((str(number),), active=True, every_s=2.0))
        self.assertEqual(len(throttle._passed), 100)
        self.assertFalse(throttle.passes(("900",), active=True, every_s=2.0))
        self.assertFalse(throttle.passes(("899",), active=False, every_s=2.0))
