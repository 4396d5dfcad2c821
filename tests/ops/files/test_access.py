"""Who gets a file, by a link and by who they are."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from chatr.api.context import Caller
from chatr.store.ids import uuid7
from tests.guests import admit
from tests.ops.case import Person, outcome
from tests.ops.files.case import FilesCase, png


class AccessTests(FilesCase):
    """Each way to a file, for each of those who might try."""

    async def asked(self, person: Person | None, message: Any, url: str) -> list[str]:
        """What somebody gets by a link, as themselves, by the message, and from file.get."""
        file_id = message["file"]["id"]
        caller = self.caller(person) if person else Caller(address="192.0.2.1")
        ways = [
            self.open(url),
            self.serving.by_caller(caller, file_id, ""),
            self.serving.of_message(caller, message["id"]),
            person.call("file.get", id=file_id) if person else self.call("file.get", id=file_id),
        ]
        got = [await outcome(way) for way in ways]
        return [each if isinstance(each, str) else "yes" for each in got]

    async def test_direct(self) -> None:
        """The two of a conversation get it, also across a block, until it is taken back or deleted from one view."""
        cat = await self.person("cat")
        message = await self.share(self.ann, self.ben, png(), "a.png")
        mine, theirs = message["file"]["url"], (await self.ben.call("message.get", id=message["id"]))["file"]["url"]
        self.assertEqual(await self.asked(self.ann, message, mine), ["yes"] * 4)
        self.assertEqual(await self.asked(self.ben, message, theirs), ["yes"] * 4)
        self.assertEqual(
            await self.asked(cat, message, mine.replace(self.ann.id, cat.id)), ["forbidden", *["not_found"] * 3]
        )
        nobody = ["forbidden", "unauthenticated", "unauthenticated", "unauthenticated"]
        self.assertEqual(await self.asked(None, message, mine[:-1] + ("A" if mine[-1] != "A" else "B")), nobody)
        small = message["file"]["thumbnails"]["sm"]
        self.assertEqual(await outcome(self.open(small.replace("form=sm", "form=md"))), "forbidden")
        self.assertEqual(await outcome(self.open(mine.replace(message["file"]["id"], uuid7()))), "forbidden")
        await self.ben.call("friend.block", userId=self.ann.id)
        for person, url in ((self.ann, mine), (self.ben, theirs)):
            self.assertEqual(await self.asked(person, message, url), ["yes"] * 4)
        await self.ben.call("conversation.delete", id=message["conversationId"])
        self.assertEqual(await self.asked(self.ben, message, theirs), ["not_found"] * 4)
        self.assertEqual(await self.asked(self.ann, message, mine), ["yes"] * 4)
        await self.ann.call("message.unsend", id=message["id"])
        self.assertEqual(await self.asked(self.ann, message, mine), ["gone"] * 4)
        self.assertEqual(await self.asked(self.ben, message, theirs), ["not_found"] * 4)

    async def test_guests(self) -> None:
        """A guest gets what was sent to them, by each way, and of others' files as little as any stranger."""
        guest = Person(self, await admit(self.node, "gus"))
        others = await self.share(self.ann, self.ben)
        url = others["file"]["url"].replace(self.ann.id, guest.id)
        self.assertEqual(await self.asked(guest, others, url), ["forbidden", *["not_found"] * 3])
        asked = await guest.send(self.ann, "May I have the list?")
        await self.ann.call("conversation.accept", id=asked["conversationId"])
        sent = await self.share(self.ann, guest)
        mine = (await guest.call("file.get", id=sent["file"]["id"]))["url"]
        self.assertEqual(await self.asked(guest, sent, mine), ["yes"] * 4)
        self.assertEqual(await self.asked(self.ben, sent, mine[:-1]), ["forbidden", *["not_found"] * 3])
        own = await self.upload(guest)
        self.assertEqual(
            await self.asked(guest, {"id": uuid7(), "file": own}, own["url"]), ["yes", "yes", "not_found", "yes"]
        )
        await self.ann.call("message.unsend", id=sent["id"])
        self.assertEqual(await self.asked(guest, sent, mine), ["gone"] * 4)

    async def test_expired(self) -> None:
        """A link opens for a quarter of an hour at most; a browser that asks again soon has the same one."""
        message = await self.share(self.ann, self.ben)
        file_id, url = message["file"]["id"], message["file"]["url"]
        steps = {(await self.ann.call("file.get", id=file_id))["url"] for _ in range(3)} | {url}
        # Two, should a step of five minutes be over just now.
        self.assertLessEqual(len(steps), 2)
        self.moved = timedelta(seconds=901)
        self.assertEqual(await outcome(self.open(url)), "forbidden")
        self.assertNotEqual((await self.ann.call("file.get", id=file_id))["url"], url)
        for broken in ("", "x", "1.2.3", f"{'9' * 30}.m.x", "²³.m.x", "9999999999.m.\udcff"):
            where = f"/api/files/{file_id}/list.txt?signature={broken}"
            self.assertEqual(await outcome(self.open(where)), "forbidden", broken)

    async def test_not_sent(self) -> None:
        """What was not sent yet is its owner's alone, who may remove it."""
        file = await self.upload(self.ann)
        message = {"id": uuid7(), "file": file}
        self.assertEqual(await self.asked(self.ann, message, file["url"]), ["yes", "yes", "not_found", "yes"])
        by_ben = file["url"].replace(self.ann.id, self.ben.id)
        self.assertEqual(await self.asked(self.ben, message, by_ben), ["forbidden", *["not_found"] * 3])
        await self.refused(self.ben.call("file.remove", id=file["id"]), "not_found")
        await self.ann.call("file.remove", id=file["id"])
        self.assertEqual(await self.asked(self.ann, message, file["url"]), ["not_found"] * 4)
        await self.kept()
        self.assertEqual(await self.objects(), [])
        sent = await self.share(self.ann, self.ben)
        await self.refused(self.ann.call("file.remove", id=sent["file"]["id"]), "conflict")

    async def test_group(self) -> None:
        """Who leaves a group gets nothing by any link, those that all were told included; others ask for new ones."""
        made = await self.ann.call("group.create", name="Foxes", memberIds=[self.ben.id])
        await self.ben.call("group.accept", id=made["id"])
        device = self.ben.device()
        self.node.hub.join(device, [f"conversation:{made['id']}"])
        message = await self.share(self.ann, made["id"])
        told = device.named("message.received")[-1]["message"]["file"]["url"]
        own = (await self.ben.call("file.get", id=message["file"]["id"]))["url"]
        self.assertIn(".m.", told)
        self.assertEqual(await self.asked(self.ben, message, told), ["yes"] * 4)
        await self.ben.call("group.leave", id=made["id"])
        for url in (told, own):
            self.assertEqual(await self.asked(self.ben, message, url), ["not_found"] * 4)
        self.assertEqual(await self.asked(self.ann, message, message["file"]["url"]), ["yes"] * 4)

    async def test_deleted_group(self) -> None:
        """A group that is no more shows nobody its files, by whatever link."""
        made = await self.ann.call("group.create", name="Foxes", memberIds=[])
        device = self.ann.device()
        self.node.hub.join(device, [f"conversation:{made['id']}"])
        message = await self.share(self.ann, made["id"])
        told = device.named("message.received")[-1]["message"]["file"]["url"]
        await self.ann.call("group.delete", id=made["id"])
        for url in (told, message["file"]["url"]):
            self.assertEqual(await self.asked(self.ann, message, url), ["not_found"] * 4)

    async def test_hidden_history(self) -> None:
        """Whoever comes later into a group that hides what was before gets none of its files."""
        made = await self.ann.call("group.create", name="Foxes", memberIds=[])
        await self.ann.call("group.update", id=made["id"], historyVisible=False)
        message = await self.share(self.ann, made["id"])
        await self.ann.call("group.invite", id=made["id"], userIds=[self.ben.id])
        await self.ben.call("group.accept", id=made["id"])
        url = message["file"]["url"].replace(self.ann.id, self.ben.id)
        self.assertEqual(await self.asked(self.ben, message, url), ["forbidden", *["not_found"] * 3])
        self.assertEqual((await self.ben.call("conversation.files", id=made["id"], kind="file"))["items"], [])
