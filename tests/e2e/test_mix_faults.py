"""Changes of messages under SIGKILL and database restarts: what was acknowledged is there, and the log tells all."""

from __future__ import annotations

import signal
import uuid
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import Any

from twisted.internet.defer import Deferred, gatherResults

from tests.box import Box
from tests.e2e.faults import FaultCase, about
from tests.e2e.mix import PEOPLE, THUMB, TOGGLED, Mix, Shown, fold, other, shown

Entries = list[dict[str, Any]]


class MixCase(FaultCase):
    """Two friends, two writers each, and one more device of each that only listens."""

    async def begin(self) -> Mix:
        """Start a server; Ann and Ben, and the messages that they are going to change."""
        await self.start()
        await self.friends(*PEOPLE)
        messages: dict[str, Entries] = {who: [] for who in PEOPLE}
        for who, sent in messages.items():
            wamp = await self.wamp(who)
            for number in range(TOGGLED + 1):
                params = {"content": f"{who}'s {number}", "clientId": str(uuid.uuid4())}
                sent.append(await wamp.call("message.send", recipientId=self.ids[other(who)], **params))
        mix = Mix(self.ids, messages)
        self.writers = [(who, mix.changes(who, number)) for who in PEOPLE for number in (0, 1)]
        self.devices = [await self.wamp(who) for who in PEOPLE]
        return mix

    async def write(self, mix: Mix, count: int | None = None) -> None:
        """Each writer goes on, on a new connection, for so many changes or to the end."""
        writing = [mix.write(await self.wamp(who), islice(changes, count)) for who, changes in self.writers]
        await gatherResults([Deferred.fromCoroutine(each) for each in writing])

    async def write_the_rest(self, mix: Mix) -> None:
        """All works now: no answer is missing, and the refusals are those of the rules."""
        unknown = len(mix.unknown)
        mix.codes.clear()
        await self.write(mix)
        self.assertEqual((len(mix.unknown), mix.codes), (unknown, {"forbidden", "gone"}))
        await self.check(mix)

    async def check(self, mix: Mix) -> Entries:
        """What was acknowledged is there and what was refused is not, the log folds to what is shown; the log."""
        entries = await self.equal_logs(list(PEOPLE), mix.conversation)
        wamp = await self.wamp("ann")
        page = await wamp.call("message.history", conversationId=mix.conversation, limit=100)
        state = {message["id"]: shown(message) for message in page["items"]}
        self.assertEqual(fold(entries), state)
        await self.check_edits(mix, entries, state)
        self.check_reactions(mix, entries)
        self.check_toggles(mix, entries)
        self.check_unsends(mix, entries)
        await self.check_receipts(mix, len(entries))
        return entries

    async def check_edits(self, mix: Mix, entries: Entries, state: dict[str, Shown]) -> None:
        """Each entry is a text of its message; those that were acknowledged are among them, no refused one is."""
        wamp = await self.wamp("ben")
        made = Counter(about(entry["data"]) for entry in self.of(entries, "message.edited"))
        for message in (*mix.messages["ann"], *mix.messages["ben"]):
            acknowledged, unknown = (
                {change.params["content"] for change in mix.of(fate, "message.edit", id=message["id"])}
                for fate in (mix.acknowledged, mix.unknown)
            )
            self.assertIn(made[message["id"]], range(len(acknowledged), len(acknowledged | unknown) + 1))
            if not state[message["id"]].unsent:
                former = (await wamp.call("message.edits", id=message["id"]))["edits"]
                texts = [*(each["previousContent"] for each in former), state[message["id"]].content]
                self.assertEqual((texts.pop(0), len(set(texts))), (message["content"], len(texts)))
                self.assertEqual(len(texts), made[message["id"]])
                self.assertLessEqual(acknowledged, set(texts))
                self.assertLessEqual(set(texts), acknowledged | unknown)

    def check_reactions(self, mix: Mix, entries: Entries) -> None:
        """Each emoji that was acknowledged was chosen once, none that was refused was."""
        chosen = Counter(
            (data["messageId"], data["userId"], data["emoji"])
            for data in (entry["data"] for entry in self.of(entries, "message.reaction"))
            if data["emoji"] not in (None, THUMB)
        )
        acknowledged, unknown = (
            {
                (change.params["id"], mix.ids[change.who], change.params["emoji"])
                for change in mix.of(fate, "message.react")
                if change.params["emoji"] != THUMB
            }
            for fate in (mix.acknowledged, mix.unknown)
        )
        self.assertEqual(set(chosen.values()), {1})
        self.assertLessEqual(acknowledged, chosen.keys())
        self.assertLessEqual(chosen.keys(), acknowledged | unknown)

    def check_toggles(self, mix: Mix, entries: Entries) -> None:
        """The thumb comes and goes in turn, as often as it was acknowledged, and some of the times nobody knows of."""
        for who in PEOPLE:
            toggled = mix.messages[other(who)][TOGGLED]["id"]
            told = [
                entry["data"]["emoji"]
                for entry in self.of(entries, "message.reaction")
                if entry["data"]["messageId"] == toggled
            ]
            self.assertEqual(told, [None if number % 2 else THUMB for number in range(len(told))])
            acknowledged, unknown = (
                len(mix.of(fate, "message.react", id=toggled)) for fate in (mix.acknowledged, mix.unknown)
            )
            self.assertIn(len(told), range(acknowledged, acknowledged + unknown + 1))

    def check_unsends(self, mix: Mix, entries: Entries) -> None:
        """What was taken back was so once, however often that was asked for."""
        taken = Counter(about(entry["data"]) for entry in self.of(entries, "message.unsent"))
        acknowledged, unknown = (
            {change.params["id"] for change in mix.of(fate, "message.unsend")}
            for fate in (mix.acknowledged, mix.unknown)
        )
        self.assertEqual(set(taken.values()) - {1}, set())
        self.assertLessEqual(acknowledged, taken.keys())
        self.assertLessEqual(taken.keys(), acknowledged | unknown)

    async def check_receipts(self, mix: Mix, head: int) -> None:
        """The watermarks are where they were acknowledged or beyond, not above the head; the other sees them so."""
        views = {who: await (await self.wamp(who)).call("conversation.get", id=mix.conversation) for who in PEOPLE}
        for who, view in views.items():
            read, perhaps_read, delivered = (
                max((change.params["seq"] for change in mix.of(fate, name, who=who)), default=0)
                for name, fate in (
                    ("message.mark_read", mix.acknowledged),
                    ("message.mark_read", mix.unknown),
                    ("message.mark_delivered", mix.acknowledged),
                )
            )
            self.assertIn(view["readSeq"], range(read, max(read, perhaps_read) + 1))
            # All messages were there before anybody marked anything.
            self.assertIn(view["deliveredSeq"], range(max(read, min(delivered, 2 * TOGGLED + 2)), head + 1))
            self.assertEqual(view["headSeq"], head)
            seen = views[other(who)]
            self.assertEqual((seen["otherReadSeq"], seen["otherDeliveredSeq"]), (view["readSeq"], view["deliveredSeq"]))

    def check_devices(self, entries: Entries) -> None:
        """What the devices heard are entries of the log, once each and in order; with the rest they make the state.

        None is missing but at the end, unless it was said that some may be.
        """
        for device in self.devices:
            told = [(topic.removeprefix("chatr."), data) for topic, data in device.events if "seq" in data]
            seqs = [data["seq"] for _, data in told]
            self.assertEqual(seqs, sorted(set(seqs)))
            if "chatr.sync.required" not in [topic for topic, _ in device.events]:
                self.assertEqual(seqs, list(range(seqs[0], seqs[-1] + 1)))
            for event, data in told:
                entry = entries[data["seq"] - 1]
                self.assertEqual((entry["event"], about(entry["data"])), (event, about(data)))
            heard = {data["seq"]: {"event": event, "data": data} for event, data in told}
            self.assertEqual(fold(heard.get(entry["seq"], entry) for entry in entries), fold(entries))

    @staticmethod
    def of(entries: Entries, event: str) -> Iterator[dict[str, Any]]:
        """The entries of one kind."""
        return (entry for entry in entries if entry["event"] == event)


class KillTests(MixCase):
    """The server dies."""

    async def test_sigkill_in_the_middle_of_changes(self) -> None:
        """After the restart everything acknowledged is there, for both; then the rest goes on."""
        mix = await self.begin()
        writing = Deferred.fromCoroutine(self.write(mix))
        await mix.met(mix.acknowledged, 250)
        await self.stop(signal.SIGKILL)
        await writing
        self.assertGreater(len(mix.unknown), 0)
        self.assertEqual(mix.codes, {"forbidden", "gone"})
        await self.start()
        self.check_devices(await self.check(mix))
        await self.write_the_rest(mix)


class DatabaseTests(MixCase):
    """PostgreSQL dies and comes back."""

    # So long until a call is told that there is no connection.
    settings = (*MixCase.settings, "database.acquire_timeout_s=0.5")

    async def test_killed_and_restarted_in_the_middle_of_changes(self) -> None:
        """Changes in between fail with unavailable and nothing else; then all works without a restart of chatr."""
        box = Box(durable=True)
        self.addCleanup(box.close)
        self.database = ["--database", box.database()]
        mix = await self.begin()
        writing = Deferred.fromCoroutine(self.write(mix, 120))
        await mix.met(mix.acknowledged, 150)
        box.stop_server()
        await mix.met(mix.unknown, 60)
        box.start_server()
        await writing
        self.assertEqual(mix.codes, {"forbidden", "gone", "unavailable"})
        self.check_devices(await self.check(mix))
        await self.write_the_rest(mix)
