"""Link previews: after the send, for both people and all devices, once; asked for; kept; switched off."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred
from twisted.logger import eventAsText, globalLogPublisher

from tests.ops.fold import Fold
from tests.ops.previews import PreviewsCase
from tests.previews.sites import page, redirect


class SendTests(PreviewsCase):
    """message.send and what follows"""

    async def test_after_the_send(self) -> None:
        """The answer has no preview yet; the event brings it to all sessions of both, the calling one too."""
        phone, laptop, bens = self.ann.device(), self.ann.device(), self.ben.device()
        message = await self.ann.send(self.ben, f"look: {self.url}/.", phone)
        self.assertNotIn("linkPreview", message)
        await self.settled()
        told = [device.named("message.preview") for device in (phone, laptop, bens)]
        self.assertEqual(told, [told[0]] * 3)
        [event] = told[0]
        self.assertEqual((event["conversationId"], event["seq"]), (message["conversationId"], 2))
        self.assertEqual((event["messageId"], event["linkPreview"]), (message["id"], event["message"]["linkPreview"]))
        preview = dict(event["message"]["linkPreview"])
        for name in ("image", "favicon"):
            self.assertRegex(preview.pop(name), r"^/api/link-preview/images/[0-9a-f-]{36}$")
        self.assertEqual(
            preview, {"url": f"{self.url}/", "title": "Title", "description": "About it", "siteName": "Example"}
        )
        self.assertEqual(event["message"], await self.ben.call("message.get", id=message["id"]))
        entries = await self.log(message)
        self.assertEqual([entry["event"] for entry in entries], ["message.received", "message.preview"])
        self.assertEqual(entries[1]["data"], event)
        self.assertEqual((await self.jobs(), self.private.hits), ([], []))

    async def test_state_and_events(self) -> None:
        """Who folds the events over the earlier state has what is given afresh, through edits and unsending too."""
        folds = [await Fold(person).load() for person in (self.ann, self.ann, self.ben)]
        message = await self.sent(f"{self.url}/")
        await self.check(folds)
        await self.ann.call("message.edit", id=message["id"], content=f"{self.url}/other")
        await self.settled()
        await self.check(folds)
        await self.ann.call("message.unsend", id=message["id"])
        await self.check(folds)

    async def check(self, folds: list[Fold]) -> None:
        for fold in folds:
            self.assertEqual(fold.state()["conversations"], (await fold.fresh())["conversations"])

    async def test_everywhere(self) -> None:
        """History and the list of conversations have it; it is not unread, and no answer to anything."""
        message = await self.sent(f"{self.url}/")
        preview = await self.preview(message)
        history = await self.ben.call("message.history", conversationId=message["conversationId"])
        [view] = (await self.ben.call("conversation.list"))["items"]
        self.assertEqual(history["items"][0]["linkPreview"], preview)
        self.assertEqual(view["lastMessage"]["linkPreview"], preview)
        self.assertEqual((view["unreadCount"], view["headSeq"]), (1, 2))

    async def test_no_link(self) -> None:
        """Nothing is fetched, and nothing waits, for texts without a link or with links in code only."""
        for content in ("hello", f"`{self.url}/`", f"```\n{self.url}/\n```", "http://", "ftp://x/", "https://user@h/"):
            message = await self.ann.send(self.ben, content)
            self.assertEqual(await self.jobs(), [])
        self.assertEqual((self.public.hits, await self.preview(message)), ([], None))

    async def test_nothing_to_show(self) -> None:
        """Where there is no page, or none of the public internet, the message has no preview, and no entry tells so."""
        self.public.pages |= {"/in": redirect(self.private_url + "/"), "/text": (b"x", "text/plain")}
        for where in (f"{self.url}/absent", f"{self.url}/in", f"{self.url}/text", f"{self.private_url}/"):
            message = await self.sent(where)
        self.assertEqual(len(await self.log(message)), 4)
        self.assertEqual((await self.jobs(), self.private.hits), ([], []))

    async def test_unwanted(self) -> None:
        """With linkPreview false nobody looks, after an edit neither. A client's claim of a preview is refused."""
        message = await self.sent(f"{self.url}/", linkPreview=False)
        await self.ann.call("message.edit", id=message["id"], content=f"{self.url}/other")
        await self.settled()
        self.assertEqual((self.public.hits, await self.jobs(), await self.preview(message)), ([], [], None))
        claim = {"url": f"{self.url}/", "title": "Claimed"}
        await self.refused(self.ann.send(self.ben, "x", linkPreview=claim), "invalid", "$.linkPreview")

    async def test_repeated_send(self) -> None:
        """A send that is repeated brings no second preview; its answer has the first."""
        message = await self.sent(f"{self.url}/")
        again = await self.sent(f"{self.url}/", clientId=message["clientId"])
        self.assertEqual(again["linkPreview"]["title"], "Title")
        self.assertEqual((len(await self.log(message)), self.public.hits), (2, ["/"]))

    async def test_first_message_and_request(self) -> None:
        """The first message of a request to somebody has its preview like any other."""
        eve = await self.person("eve")
        device = eve.device()
        message = await self.ann.send(eve, f"{self.url}/")
        await self.settled()
        self.assertEqual(len(device.named("message.preview")), 1)
        self.assertIsNotNone(await self.preview(message, eve))


class ChangeTests(PreviewsCase):
    """Edits, unsending and blocks, before the preview has come and after"""

    async def test_edit(self) -> None:
        """The same link: it stays. Another: it goes with the edit, and the new one comes. None: it goes."""
        device = self.ben.device()
        message = await self.sent(f"{self.url}/ a")
        where = {"id": message["id"]}
        same = await self.ann.call("message.edit", **where, content=f"b ({self.url})")
        self.assertEqual(same["linkPreview"]["title"], "Title")
        other = await self.ann.call("message.edit", **where, content=f"{self.url}/other")
        self.assertNotIn("linkPreview", other)
        self.assertNotIn("linkPreview", device.named("message.edited")[-1]["message"])
        await self.settled()
        self.assertEqual(device.named("message.preview")[-1]["message"]["linkPreview"]["title"], "Other")
        none = await self.ann.call("message.edit", **where, content="no link")
        self.assertNotIn("linkPreview", none)
        await self.settled()
        self.assertEqual((await self.preview(message), await self.jobs()), (None, []))
        events = [entry["event"].removeprefix("message.") for entry in await self.log(message)]
        self.assertEqual(events, ["received", "preview", "edited", "edited", "preview", "edited"])

    async def test_edit_before_it_comes(self) -> None:
        """What was found for the former link is not shown; for the new one it is."""
        held = self.public.hit("/slow")
        message = await self.ann.send(self.ben, f"{self.url}/slow")
        await held
        await self.ann.call("message.edit", id=message["id"], content=f"{self.url}/other")
        self.release()
        await self.settled()
        self.assertEqual((await self.preview(message) or {})["title"], "Other")
        self.assertEqual(len(await self.log(message)), 3)

    async def test_unsend_before_it_comes(self) -> None:
        """Then it never comes, and nothing waits for it."""
        held = self.public.hit("/slow")
        message = await self.ann.send(self.ben, f"{self.url}/slow")
        await held
        await self.ann.call("message.unsend", id=message["id"])
        self.assertEqual(await self.jobs(), [])
        self.release()
        await self.settled()
        self.assertEqual([entry["event"] for entry in await self.log(message)], ["message.received", "message.unsent"])

    async def test_unsend_afterwards(self) -> None:
        """It is gone with the text, in the database too."""
        message = await self.sent(f"{self.url}/")
        gone = await self.ann.call("message.unsend", id=message["id"])
        self.assertNotIn("linkPreview", gone)
        self.assertNotIn("Title", str(await self.log(message)))
        rows = await self.node.db.query("SELECT link_preview FROM messages")
        self.assertEqual(rows, [(None,)])

    async def test_block_before_it_comes(self) -> None:
        """Nothing passes between the two, then or later."""
        device, held = self.ben.device(), self.public.hit("/slow")
        message = await self.ann.send(self.ben, f"{self.url}/slow")
        await held
        await self.ben.call("friend.block", userId=self.ann.id)
        self.release()
        await self.settled()
        await self.ben.call("friend.unblock", userId=self.ann.id)
        self.node.ports.messages.preview_queue.wake()
        await self.settled()
        self.assertEqual((device.named("message.preview"), await self.jobs()), ([], []))
        self.assertEqual(len(await self.log(message)), 1)

    async def test_deleted_from_view(self) -> None:
        """Who has deleted the conversation from their view doesn't get it back by a preview; the other has it."""
        fold, held = await Fold(self.ben).load(), self.public.hit("/slow")
        message = await self.ann.send(self.ben, f"{self.url}/slow")
        await held
        await self.ben.call("conversation.delete", id=message["conversationId"])
        self.release()
        await self.settled()
        self.assertEqual((await self.ben.call("conversation.list"))["items"], [])
        self.assertEqual(fold.state()["conversations"], {})
        self.assertEqual((await self.preview(message, self.ann) or {})["title"], "Slow")

    def release(self) -> None:
        """Answer the request that is held."""
        request = self.public.requests[-1]
        request.setHeader("Content-Type", "text/html")
        request.write(page("Slow"))
        request.finish()


class CacheTests(PreviewsCase):
    """What is known of late is not fetched again"""

    async def test_known(self) -> None:
        """For a day, for all; what led to nothing for ten minutes."""
        for _ in range(2):
            message = await self.sent(f"{self.url}/")
            await self.refused(self.ben.call("preview.get", url=f"{self.url}/absent"), "not_found")
        preview = await self.preview(message)
        self.assertEqual(await self.ben.call("preview.get", url=f"{self.url}/#part"), preview)
        self.assertEqual(self.public.hits, ["/", "/absent"])
        await self.age(11 * 60)
        await self.sent(f"{self.url}/")
        await self.refused(self.ben.call("preview.get", url=f"{self.url}/absent"), "not_found")
        self.assertEqual(self.public.hits, ["/", "/absent", "/absent"])
        await self.age(86400)
        self.public.pages["/"] = page("New")
        self.assertEqual((await self.ben.call("preview.get", url=f"{self.url}/"))["title"], "New")
        self.assertEqual(await self.preview(message), preview)

    async def test_at_once(self) -> None:
        """Who asks for what is being fetched waits for that; a caller that goes away stops it for nobody."""
        held = self.public.hit("/slow")
        first = Deferred.fromCoroutine(self.ben.call("preview.get", url=f"{self.url}/slow"))
        await held
        second = Deferred.fromCoroutine(self.ann.call("preview.get", url=f"{self.url}/slow"))
        await self.node.db.query("SELECT 1")
        first.addErrback(lambda _: None).cancel()
        request = self.public.requests[0]
        request.setHeader("Content-Type", "text/html")
        request.write(page("Slow"))
        request.finish()
        self.assertEqual((await second)["title"], "Slow")
        self.assertEqual(self.public.hits, ["/slow"])

    async def test_forgotten(self) -> None:
        """What is too old leaves the database."""
        await self.sent(f"{self.url}/")
        await self.refused(self.ben.call("preview.get", url=f"{self.url}/absent"), "not_found")
        await self.age(11 * 60)
        await self.node.ports.messages.previews.forget()
        self.assertEqual(await self.node.db.query("SELECT url FROM previews"), [(f"{self.url}/",)])
        await self.age(86400)
        await self.node.ports.messages.previews.forget()
        self.assertEqual(await self.node.db.query("SELECT url FROM previews"), [])

    async def age(self, seconds: int) -> None:
        """Let so much time pass for what is kept."""
        await self.node.db.execute("UPDATE previews SET fetched_at = fetched_at - make_interval(secs => %s)", [seconds])


class LogTests(PreviewsCase):
    """What is in the log of the links that people send."""

    async def test_no_link(self) -> None:
        """Nothing, at any level: where it led is part of a message. Before, each that failed was there at debug."""
        told: list[str] = []

        def tell(event: Any) -> None:
            told.append(eventAsText(event))

        globalLogPublisher.addObserver(tell)
        self.addCleanup(globalLogPublisher.removeObserver, tell)
        self.public.pages["/away"] = redirect(f"{self.private_url}/canary")
        for link in (f"{self.private_url}/canary", f"{self.url}/away?canary", f"{self.url}/missing-canary"):
            await self.sent(f"see {link}")
        self.assertEqual(len([text for text in told if "a link of a message" in text]), 2)
        for secret in ("canary", str(self.public.number), str(self.private.number)):
            self.assertEqual([text for text in told if secret in text], [])


class GetTests(PreviewsCase):
    """preview.get"""

    async def test_get(self) -> None:
        """What the page says; where nothing is to show, one sentence whatever the reason."""
        found = await self.ben.call("preview.get", url=self.url.upper().replace("HTTP", "Http"))
        self.assertEqual((found["url"], found["title"]), (f"{self.url}/", "Title"))
        self.public.pages |= {"/in": redirect(self.private_url + "/"), "/text": (b"x", "text/plain")}
        said = set()
        for where in (f"{self.url}/absent", f"{self.url}/in", f"{self.url}/text", f"{self.private_url}/"):
            said.add((await self.refused(self.ben.call("preview.get", url=where), "not_found")).detail)
        self.assertEqual(len(said), 1)
        self.assertEqual(self.private.hits, [])
        await self.refused(self.call("preview.get", url=self.url), "unauthenticated")

    async def test_invalid(self) -> None:
        """What is no link to a page is refused with a reason."""
        for url in (
            "",
            "x",
            "ftp://h/",
            "http://user@h/",
            "http://h:22/",
            "http://0x7f.1/",
            "http://[::1]/",
            "http://a b",
        ):
            await self.refused(self.ben.call("preview.get", url=url), "invalid", "$.url")


class LimitTests(PreviewsCase):
    """With rate limits"""

    settings = {"limits.enabled": "true"}

    async def test_asked_for(self) -> None:
        """Thirty a minute."""
        for _ in range(30):
            await self.ben.call("preview.get", url=self.url)
        error = await self.refused(self.ben.call("preview.get", url=self.url), "rate_limited")
        self.assertIsNotNone(error.retry_after_s)

    async def test_sent(self) -> None:
        """Of the links that somebody sends in a minute thirty get a preview; the messages are sent all the same."""
        for number in range(32):
            message = await self.ann.send(self.ben, f"{self.url}/?{number}")
        await self.settled()
        self.assertEqual(len(self.public.hits), 30)
        self.assertGreaterEqual(message["seq"], 32)


class OffTests(PreviewsCase):
    """Switched off by the operator"""

    settings = {"previews.enabled": "false"}

    async def test_off(self) -> None:
        """Nothing is fetched, and nothing waits."""
        message = await self.sent(f"{self.url}/")
        await self.ann.call("message.edit", id=message["id"], content=f"{self.url}/other")
        await self.refused(self.ben.call("preview.get", url=self.url), "not_found")
        self.assertEqual((await self.jobs(), self.public.hits), ([], []))
