"""What goes on about files behind the calls: waveforms, and what nobody has any more."""

from __future__ import annotations

import json
import zipfile
from io import BytesIO
from pathlib import Path

from twisted.internet.defer import Deferred

from chatr.files.local import place_of
from chatr.files.storage import key_of
from chatr.store.files import due
from tests.ops.case import PASSWORD, Person, outcome
from tests.ops.files.case import TEXT, FilesCase, client_id, png, wav


class WaveformTests(FilesCase):
    """What a recording says."""

    async def test_by_the_server(self) -> None:
        """The server listens to each recording itself; what the recorder says is shown until then."""
        await self.keeper.stop()
        ben = self.ben.device()
        file = await self.upload(self.ann, wav(2.0), "note.wav", waveform=[1.0, 0.5], duration=9.0)
        self.assertEqual((file["waveform"], file["waveformState"]), ([1.0, 0.5], "pending"))
        sent = await self.ann.send(self.ben, "", fileId=file["id"])
        self.assertEqual(sent["type"], "audio")
        said = await self.ann.call("message.set_waveform", id=sent["id"], waveform=[0.25] * 100, duration=8.0)
        self.assertEqual(said["file"]["waveform"], [0.25] * 100)
        await self.refused(self.ben.call("message.set_waveform", id=sent["id"], waveform=[1.0]), "forbidden")
        text = await self.ann.send(self.ben, "hi")
        await self.refused(self.ann.call("message.set_waveform", id=text["id"], waveform=[1.0]), "forbidden")
        await self.refused(
            self.ann.call("message.set_waveform", id=sent["id"], waveform=[2.0]), "invalid", "$.waveform[0]"
        )
        self.keeper.start()
        await self.kept()
        told = ben.named("audio.waveform")[-1]
        self.assertEqual((told["messageId"], told["fileId"], told["failed"]), (sent["id"], file["id"], False))
        self.assertAlmostEqual(told["duration"], 2.0, 1)
        bars = told["waveform"]
        self.assertEqual(len(bars), 100)
        self.assertLess(max(bars[:49]), 0.05)
        self.assertGreater(min(bars[52:]), 0.9)
        shown = (await self.ben.call("message.get", id=sent["id"]))["file"]
        self.assertEqual((shown["waveform"], shown["waveformState"]), (bars, "ready"))
        again = await self.ann.call("message.set_waveform", id=sent["id"], waveform=[0.25] * 100)
        self.assertEqual(again["file"]["waveform"], bars)
        quoted = await self.ben.send(self.ann, "Nice", replyToId=sent["id"])
        self.assertAlmostEqual(quoted["replyTo"]["duration"], 2.0, 1)

    async def test_by_another_process(self) -> None:
        """What a process has taken and not done another does, when its time is over; one that can't be read fails."""
        await self.keeper.stop()
        sent = await self.share(self.ann, self.ben, wav(), "note.wav")
        await self.node.db.execute("UPDATE files SET due_at = now() - interval '1 s', tries = 3")
        for path in (self.data.path / "files").rglob("*.original"):
            path.unlink()
        self.keeper.start()
        await self.kept()
        shown = (await self.ben.call("message.get", id=sent["id"]))["file"]
        self.assertEqual(shown["waveformState"], "failed")

    async def test_turns(self) -> None:
        """Whoever sends many recordings keeps nobody else waiting: of each person one at a time is listened to."""
        await self.keeper.stop()
        device = self.ben.device()
        flood: list[tuple[Person, Person]] = [(self.ann, self.ben)] * 3
        sent = [await self.share(*each, wav(), "note.wav") for each in (*flood, (self.ben, self.ann))]
        taken: list[str] = []
        async with self.node.db.transaction() as tx:
            while (found := await due.take_recording(tx, taken)) is not None:
                taken.append(found.owner_id)
            await tx.execute("UPDATE files SET due_at = now()")
        self.assertEqual(taken, [self.ann.id, self.ben.id])
        self.keeper.start()
        await self.kept()
        told = [each["messageId"] for each in device.named("audio.waveform")]
        self.assertEqual(sorted(told), sorted(each["id"] for each in sent))


class GoingTests(FilesCase):
    """What is not wanted any more is not kept."""

    async def test_orphans(self) -> None:
        """What was never sent, or never came in whole, goes after a day; what a message has stays."""
        loose, half = await self.upload(self.ann), await self.upload(self.ann, png(), "a.png")
        sent = await self.share(self.ann, self.ben)
        await self.node.db.execute("UPDATE files SET state = 'arriving' WHERE id = %s", (half["id"],))
        await self._later("23 hours")
        self.assertEqual(len(await self.objects()), 5)
        await self._later("2 hours")
        self.assertEqual(await self.objects(), [place_of(key_of(sent["file"]["id"], "original"))])
        self.assertEqual(await self.node.db.query("SELECT id FROM files"), [(sent["file"]["id"],)])
        await self.refused(self.ann.send(self.ben, "", fileId=loose["id"]), "invalid", "$.fileId")

    async def test_taken_back(self) -> None:
        """What was taken back can't be had, and goes when the database forgets what it said."""
        sent = await self.share(self.ann, self.ben)
        await self.ann.call("message.unsend", id=sent["id"])
        await self._later("2 days")
        self.assertEqual(len(await self.objects()), 1)
        await self.node.db.execute(
            "UPDATE messages SET unsent_at = now() - interval '31 days' WHERE id = %s", (sent["id"],)
        )
        await self.node.nightly.run()
        await self.kept()
        self.assertEqual(await self.objects(), [])

    async def test_account(self) -> None:
        """With an account all its files go, those that were sent too; the messages stay."""
        await self.upload(self.ann, png(), "me.png", "user.set_image")
        sent = await self.share(self.ann, self.ben, png(), "a.png")
        await self.upload(self.ann)
        kept = await self.share(self.ben, self.ann)
        await self.ann.call("account.delete", password=PASSWORD)
        await self.node.ports.messages.eraser.settled()
        await self.kept()
        shown = await self.ben.call("message.get", id=sent["id"])
        self.assertEqual((shown["type"], shown.get("file")), ("image", None))
        self.assertEqual(await self.objects(), [place_of(key_of(kept["file"]["id"], "original"))])

    async def test_account_meanwhile(self) -> None:
        """Of a file that is being stored while its owner's account is deleted nothing is left either."""
        storage = self.node.ports.files.storage
        put = storage.put
        reached: Deferred[None] = Deferred()
        gate: Deferred[None] = Deferred()

        async def held(key: str, path: Path) -> None:
            if not reached.called:
                reached.callback(None)
                await gate
            await put(key, path)

        self.patch(storage, "put", held)
        uploading = Deferred.fromCoroutine(self.upload(self.ann, png(), "a.png"))
        await reached
        await self.ann.call("account.delete", password=PASSWORD)
        await self.kept()
        gate.callback(None)
        self.assertEqual(await outcome(uploading), "unavailable")
        self.assertEqual(len(await self.objects()), 3)
        await self.node.db.execute("UPDATE files SET due_at = due_at - interval '1 hour'")
        await self.kept()
        self.assertEqual(await self.objects(), [])

    async def test_export(self) -> None:
        """An archive has all that is known of somebody, and the files that they have sent; nobody else gets it."""
        sent = await self.share(self.ann, self.ben)
        await self.ben.send(self.ann, "Thanks")
        device = self.ann.device()
        started = await self.ann.call("account.export")
        self.assertEqual(await self.ann.call("account.export"), started)
        await self.node.ports.files.archives.settled()
        told = device.named("account.export_ready")[-1]["file"]
        self.assertEqual((told["id"], told["mimeType"]), (started["fileId"], "application/zip"))
        served = await self.open(told["url"])
        self.assertFalse(served.inline)
        with zipfile.ZipFile(BytesIO((self.data.path / "files" / place_of(served.key)).read_bytes())) as archive:
            messages = json.loads(archive.read(f"conversations/{sent['conversationId']}/messages.json"))
            self.assertEqual([each["content"] for each in messages], ["", "Thanks"])
            self.assertEqual(archive.read(f"files/{sent['file']['id']}/list.txt"), TEXT)
            self.assertEqual(json.loads(archive.read("account.json"))["email"], "ann@example.org")
            friends = json.loads(archive.read("friends.json"))["friends"]
            self.assertEqual([each["user"]["username"] for each in friends], [self.ben.username])
        await self.refused(self.ben.call("file.get", id=told["id"]), "not_found")
        await self.refused(self.ann.send(self.ben, "", fileId=told["id"]), "invalid", "$.fileId")
        # It counts for nothing, and the next one replaces it.
        self.assertEqual((await self.ann.call("file.usage"))["usedBytes"], len(TEXT))
        again = await self.ann.call("account.export")
        await self.node.ports.files.archives.settled()
        await self.kept()
        self.assertEqual(await outcome(self.open(told["url"])), "not_found")
        there = [place_of(key_of(each, "original")) for each in (sent["file"]["id"], again["fileId"])]
        self.assertEqual(await self.objects(), sorted(there))
        told = device.named("account.export_ready")[-1]["file"]
        await self._later("8 days")
        self.assertEqual(await outcome(self.open(told["url"])), "not_found")

    async def _later(self, time: str) -> None:
        await self.node.db.execute("UPDATE files SET state_at = state_at - %s::interval", (time,))
        self.keeper._release_at = 0.0
        await self.kept()


class RoomTests(FilesCase):
    """How much one may have."""

    settings = {"files.quota_bytes": "200"}

    async def test_quota(self) -> None:
        """Beyond what files may take nothing is taken, and removing one makes room."""
        file = await self.upload(self.ann, b"a" * 150)
        await self.refused(self.upload(self.ann, b"a" * 51), "too_large")
        self.assertEqual(await self.objects(), [place_of(key_of(file["id"], "original"))])
        use = await self.ann.call("file.usage")
        self.assertEqual(use["items"], [{"kind": "file", "count": 1, "bytes": 150}])
        self.assertEqual((use["usedBytes"], use["quotaBytes"], use["maxBytes"]), (150, 200, 52428800))
        await self.ann.call("file.remove", id=file["id"])
        await self.upload(self.ann, b"a" * 200)
        await self.refused(self.upload(self.ann, b"<!doctype html><script>1</script>", "a.html"), "too_large")

    async def test_at_once(self) -> None:
        """Several that come in at once have no more room than one after the other."""
        calls = [self.upload(self.ann, b"a" * 150) for _ in range(3)]
        outcomes = [await each for each in [Deferred.fromCoroutine(outcome(call)) for call in calls]]
        self.assertGreaterEqual(outcomes.count("too_large"), 2)
        self.assertLessEqual((await self.ann.call("file.usage"))["usedBytes"], 150)
        await self.kept()
        self.assertLessEqual(len(await self.objects()), 1)

    async def test_what_is_refused(self) -> None:
        """What may not be sent is refused, and nothing is left of it."""
        for content, name in (
            (b"<!doctype html><script>1</script>", "a.html"),
            (png()[:60], "a.png"),
            (b"MZ\0", "a.exe"),
        ):
            await self.refused(self.upload(self.ben, content, name), "unsupported_media")
        self.assertEqual(await self.objects(), [])
        self.assertEqual(await self.node.db.query("SELECT id FROM files"), [])
        missing = self.ben.call("file.upload")
        await self.refused(missing, "unsupported_media")
        await self.refused(self.ben.send(self.ann, "", fileId=client_id()), "invalid", "$.fileId")
