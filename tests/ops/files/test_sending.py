"""Files as messages."""

from __future__ import annotations

from twisted.internet.defer import Deferred

from chatr.files.storage import key_of
from tests.ops.case import outcome
from tests.ops.files.case import TEXT, FilesCase, client_id, png


class SendingTests(FilesCase):
    """What a message with a file is, and what of it is no message."""

    async def test_a_picture(self) -> None:
        """A message is what its file is, whatever its sender says, and both have links that open for them."""
        ben, other = self.ben.device(), self.ann.device()
        file = await self.upload(self.ann, png(900, 600), "cat.png")
        self.assertEqual(
            {name: file[name] for name in ("name", "mimeType", "width", "height")},
            {"name": "cat.png", "mimeType": "image/png", "width": 900, "height": 600},
        )
        self.assertTrue(file["blurHash"])
        album = client_id()
        sent = await self.ann.send(self.ben, " ", fileId=file["id"], type="file", groupId=album)
        self.assertEqual((sent["type"], sent["content"], sent["groupId"]), ("image", "", album))
        read = (await self.ben.call("message.history", otherUserId=self.ann.id))["items"][-1]
        self.assertEqual(read["file"]["id"], file["id"])
        told = [device.named("message.received")[-1]["message"]["file"] for device in (ben, other)]
        last = (await self.ben.call("conversation.list"))["items"][0]["lastMessage"]["file"]
        log = (await self.ben.call("conversation.log", id=sent["conversationId"]))["entries"][-1]
        for shown in (file, sent["file"], read["file"], *told, last, log["data"]["message"]["file"]):
            original, small = await self.open(shown["url"]), await self.open(shown["thumbnails"]["sm"])
            self.assertEqual((original.media_type, original.inline), ("image/png", True))
            self.assertEqual(small.media_type, "image/webp")
        self.assertIn(f".{self.ben.id}.", read["file"]["url"])
        self.assertIn(f".{self.ann.id}.", sent["file"]["url"])

    async def test_a_caption(self) -> None:
        """What is said of a file is text like any other; it may be changed, and taken away."""
        file = await self.upload(self.ann)
        sent = await self.ann.send(self.ben, "For @ben ", fileId=file["id"])
        self.assertEqual((sent["content"], sent["mentions"]), ("For @ben", [self.ben.id]))
        found = (await self.ben.call("message.search", q="for"))["items"]
        self.assertEqual([each["file"]["name"] for each in found], ["list.txt"])
        edited = await self.ann.call("message.edit", id=sent["id"], content=" ")
        self.assertEqual((edited["content"], edited["edited"], edited["file"]["id"]), ("", True, file["id"]))
        await self.refused(self.ann.call("message.edit", id=sent["id"], content="x" * 2001), "invalid", "$.content")
        text = await self.ann.send(self.ben, "text")
        await self.refused(self.ann.call("message.edit", id=text["id"], content=" "), "invalid", "$.content")

    async def test_a_quote(self) -> None:
        """A quote names the file, as long as the message is there."""
        sent = await self.share(self.ann, self.ben)
        reply = await self.ben.send(self.ann, "Thanks", replyToId=sent["id"])
        self.assertEqual(reply["replyTo"]["fileName"], "list.txt")
        await self.ann.call("message.unsend", id=sent["id"])
        quote = (await self.ben.call("message.get", id=reply["id"]))["replyTo"]
        self.assertNotIn("fileName", quote)

    async def test_refused(self) -> None:
        """A file is sent once, by whoever has uploaded it, in a message that says nothing else."""
        file = await self.upload(self.ann)
        by_ben = self.ben.send(self.ann, "mine", fileId=file["id"])
        await self.refused(by_ben, "invalid", "$.fileId")
        await self.refused(self.ann.send(self.ben, "", fileId=client_id()), "invalid", "$.fileId")
        await self.refused(self.ann.send(self.ben, " "), "invalid", "$.content")
        key = client_id()
        sent = await self.ann.send(self.ben, "", fileId=file["id"], clientId=key)
        again = await self.ann.send(self.ben, "", fileId=file["id"], clientId=key)
        self.assertEqual(again["id"], sent["id"])
        await self.refused(self.ann.send(self.ben, "", fileId=file["id"]), "conflict")
        other = await self.upload(self.ann)
        await self.refused(self.ann.send(self.ben, "", fileId=other["id"], clientId=key), "conflict")
        await self.refused(self.ann.send(self.ben, "hi", clientId=key), "conflict")

    async def test_at_once(self) -> None:
        """Of several messages with one file that are stored together one has it; the others' senders are told."""
        file = await self.upload(self.ann)
        async with self.batch_taken():
            calls = [self.ann.send(self.ben, str(number), fileId=file["id"]) for number in range(3)]
            waiting = [Deferred.fromCoroutine(outcome(call)) for call in calls]
        outcomes = [await each for each in waiting]
        self.assertEqual(
            [each if isinstance(each, str) else each["content"] for each in outcomes], ["0", "conflict", "conflict"]
        )

    async def test_removed_at_once(self) -> None:
        """Who removes a file at the very moment at which it is sent is told that it was sent."""
        file = await self.upload(self.ann)
        async with self.node.db.transaction() as tx:
            await tx.query("SELECT 1 FROM files WHERE id = %s FOR NO KEY UPDATE", (file["id"],))
            sending = Deferred.fromCoroutine(outcome(self.ann.send(self.ben, "", fileId=file["id"])))
            await self._waits(1)
            removing = Deferred.fromCoroutine(outcome(self.ann.call("file.remove", id=file["id"])))
            await self._waits(2)
        self.assertEqual(((await sending)["type"], await removing), ("file", "conflict"))

    async def _waits(self, number: int) -> None:
        """So many statements wait for others' locks."""
        waiting = (
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        while await self.node.db.query(waiting) != [(number,)]:
            pass

    async def test_a_request(self) -> None:
        """Somebody who has not accepted gets no files, and no conversation is begun for one."""
        cat = await self.person("cat")
        file = await self.upload(self.ann)
        await self.refused(self.ann.send(cat, "", fileId=file["id"]), "forbidden")
        self.assertEqual((await cat.call("conversation.list", filter="requests"))["items"], [])
        self.assertEqual(await outcome(self.ann.call("conversation.with_user", userId=cat.id)), "not_found")
        await self.ann.send(cat, "Hello")
        await self.refused(self.ann.send(cat, "", fileId=file["id"]), "forbidden")
        answered = await cat.send(self.ann, "Hello")
        sent = await self.ann.send(answered["conversationId"], "", fileId=file["id"])
        self.assertEqual(sent["type"], "file")

    async def test_in_one_step(self) -> None:
        """Upload and send in one call: the same call again is the same message, and leaves nothing."""
        key = client_id()
        where = {"recipientId": self.ben.id, "caption": "all", "clientId": key}
        first = await self.upload(self.ann, operation="message.upload", **where)
        again = await self.upload(self.ann, operation="message.upload", **where)
        self.assertEqual((again["id"], again["file"]["id"]), (first["id"], first["file"]["id"]))
        other = self.upload(self.ann, b"Another list", operation="message.upload", **where)
        await self.refused(other, "conflict")
        stranger = await self.person("cat")
        refused = self.upload(self.ann, operation="message.upload", **{**where, "recipientId": stranger.id})
        await self.refused(refused, "forbidden")
        await self.kept()
        self.assertEqual(len(await self.objects()), 1)

    async def test_in_one_step_again(self) -> None:
        """What was uploaded and sent, and comes again in one step, was sent: also of what is not kept as it came."""
        for content, name, other in ((TEXT, "list.txt", TEXT.upper()), (png(), "a.png", png(colour="red"))):
            key = client_id()
            file = await self.upload(self.ann, content, name)
            sent = await self.ann.send(self.ben, "", fileId=file["id"], clientId=key)
            where = {"operation": "message.upload", "recipientId": self.ben.id, "clientId": key}
            self.assertEqual((await self.upload(self.ann, content, name, **where))["id"], sent["id"])
            for another in (other, content + b"x"):
                await self.refused(self.upload(self.ann, another, name, **where), "conflict")
        first = (await self.ann.call("message.history", otherUserId=self.ben.id))["items"]
        self.assertEqual(len(first), 2)

    async def test_in_one_step_when_it_is_gone(self) -> None:
        """What can't be told to be the same any more is another one."""
        key = client_id()
        file = await self.upload(self.ann)
        await self.ann.send(self.ben, "", fileId=file["id"], clientId=key)
        await self.node.ports.files.storage.delete(key_of(file["id"], "original"))
        again = self.upload(self.ann, operation="message.upload", recipientId=self.ben.id, clientId=key)
        await self.refused(again, "conflict")

    async def test_gallery(self) -> None:
        """A conversation shows its files by kind, newest first, without those that were taken back."""
        for number in range(3):
            await self.share(self.ann, self.ben, png(colour=f"#{number}00"), f"{number}.png")
        text = await self.share(self.ben, self.ann)
        back = await self.share(self.ben, self.ann, TEXT, "back.txt")
        await self.ben.call("message.unsend", id=back["id"])
        where = text["conversationId"]
        page = await self.ann.call("conversation.files", id=where, kind="media", limit=2)
        rest = await self.ann.call("conversation.files", id=where, kind="media", cursor=page["nextCursor"])
        self.assertEqual([each["file"]["name"] for each in page["items"] + rest["items"]], ["2.png", "1.png", "0.png"])
        self.assertNotIn("nextCursor", rest)
        files = await self.ann.call("conversation.files", id=where, kind="file")
        self.assertEqual([each["id"] for each in files["items"]], [text["id"]])
        await self.refused((await self.person("cat")).call("conversation.files", id=where), "not_found")
