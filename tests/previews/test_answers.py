"""What is read of answers: hostile ones, on real sockets."""

from __future__ import annotations

from random import Random
from typing import Any

from twisted.internet import reactor
from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IHostnameResolver
from twisted.logger import LogLevel, globalLogPublisher
from twisted.web.server import NOT_DONE_YET
from zope.interface import implementer

from chatr.fetch import Unreachable
from chatr.previews.agent import MAX_HEAD_BYTES
from tests.previews.sites import PNG, PUBLIC, SitesCase, compressed, endless, page, redirect, trickle


class BodyTests(SitesCase):
    """What is read."""

    timeout_s = 0.3

    async def test_trickle(self) -> None:
        """The time is for the whole answer: what is there by then is used."""
        self.public.pages["/slow"] = trickle(page("begun"))
        self.assertEqual(await self.title(self.url + "/slow"), "begun")

    async def test_silence(self) -> None:
        """No answer at all is none when the time is over."""
        self.public.pages["/silent"] = trickle(b"")
        self.public.hit("/held")
        began = self.spy.seconds()
        await self.refused(self.url + "/held")
        self.assertLess(self.spy.seconds() - began, 2)

    async def test_slow_redirects(self) -> None:
        """The time is for all redirects together."""

        def later(request: Any) -> Any:
            def answer() -> None:
                request.write(redirect("/later")(request))
                request.finish()

            call = reactor.callLater(0.12, answer)  # type: ignore[attr-defined]
            request.notifyFinish().addErrback(lambda _: call.cancel())
            return NOT_DONE_YET

        self.public.pages["/later"] = later
        await self.refused(self.url + "/later")
        self.assertLess(len(self.public.hits), 4)

    async def test_slow_names(self) -> None:
        """A name server that never answers holds nobody up; what it says later is not looked at."""
        waiting: list[Any] = []

        @implementer(IHostnameResolver)
        class Silent:
            def resolveHostName(self, receiver: Any, *rest: Any) -> Any:
                waiting.append(receiver)

        await self.refused(f"http://slow.test:{self.public.number}/", self.make(resolver=Silent()))
        waiting[0].addressResolved(IPv4Address("TCP", PUBLIC, self.public.number))
        waiting[0].resolutionComplete()
        self.assertEqual(self.spy.connected, [])

    async def test_endless(self) -> None:
        """A body without an end is cut at the limit."""
        self.public.pages["/endless"] = endless(page("first"))
        self.assertEqual(await self.title(self.url + "/endless", self.make(timeout_s=60.0)), "first")

    async def test_beyond_the_limit(self) -> None:
        """What stands behind the limit is not read."""
        web = self.make(max_bytes=1024)
        self.public.pages["/long"] = b" " * 1024 + page("behind")
        self.public.pages["/within"] = page("within") + b" " * 4096
        self.assertEqual([await self.title(self.url + path, web) for path in ("/long", "/within")], [None, "within"])

    async def test_compressed(self) -> None:
        """A compressed answer is not taken, whatever was asked for."""
        self.public.pages["/bomb"] = compressed
        self.assertIn("Refused", await self.refused(self.url + "/bomb", self.make(timeout_s=60.0)))

    async def test_endless_head(self) -> None:
        """Headers without an end, and answers of 1xx, are cut."""
        for says in (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 5000, b"HTTP/1.1 100 Continue\r\n\r\n" * 2000):
            url, talkers = self.talk(says, again=True)
            web = self.make(ports=self.web._settings.ports, timeout_s=60.0)
            await self.refused(url, web)
            [talker] = talkers.met
            await talker.closed
            # The rest was on its way already.
            self.assertLess(talker.sent, MAX_HEAD_BYTES + (16 << 20))

    async def test_no_http(self) -> None:
        """Whatever else answers, nothing comes of it."""
        for says in (
            *(b"", b"SSH-2.0-OpenSSH_9.6\r\n", b"220 smtp\r\n", b"\x00" * 100, b"HTTP/1.1 abc\r\n\r\n", b"x" * 100_000),
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nno header\r\n\r\n",
        ):
            url, _ = self.talk(says)
            await self.refused(url)

    async def test_any_bytes(self) -> None:
        """Whatever comes, in whatever order: a page, an image, nothing, or unreachable."""
        parts = (
            *(b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 302 x\r\n", b"HTTP/1.1 101 Up\r\n\r\n", b"HTTP/1.0 204\r\n", b"\r\n"),
            *(b"Location: /\r\n", b"Location: \xff\xfe\r\n", b"Content-Type: text/html\r\n", b"Content-Length: 5\r\n"),
            *(b"Content-Length: x\r\n", b"Transfer-Encoding: chunked\r\n", b"5\r\nhello\r\n", b"0\r\n\r\n", b"-1\r\n"),
            *(
                b"<title>x</title>",
                b" cont\r\n",
                b":\r\n",
                b"\x00\xff",
                b"Content-Encoding: gzip\r\n",
                b"fffffffffff\r\n",
            ),
        )
        choose = Random(7)
        for _ in range(40):
            url, _ = self.talk(parts[0] + b"".join(choose.choices(parts, k=6)))
            web = self.make(ports=self.web._settings.ports, timeout_s=0.05)
            for fetch in (web.page, web.image):
                try:
                    await fetch(url)
                except Unreachable:
                    pass

    async def test_broken_bodies(self) -> None:
        """Of a body that breaks what came before is used."""
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
        for rest in (b"Content-Length: 9999\r\n\r\n" + page("t"), b"Transfer-Encoding: chunked\r\n\r\nzz\r\n"):
            url, _ = self.talk(head + rest)
            self.assertIn(await self.title(url), ("t", None))

    async def test_types(self) -> None:
        """Only pages that were found are read, and of all else not a byte."""
        self.public.pages["/x"] = (page("x"), "application/xhtml+xml; charset=utf-8")
        self.assertEqual(await self.title(self.url + "/x"), "x")
        for kind in ("text/plain", "application/pdf", "image/png", "", "application/json", "text/htmlx", "video/mp4"):
            self.public.pages["/other"] = endless(page("other"), kind)
            self.assertIsNone(await self.web.page(self.url + "/other"))
        self.assertIsNone(await self.web.page(self.url + "/nothing"))

    async def test_images(self) -> None:
        """Whole raster images, whatever they are said to be; nothing else, whatever it is said to be."""
        self.public.pages |= {"/i": (PNG, "text/html"), "/svg": (b"<svg></svg>", "image/png")}
        self.public.pages |= {"/html": (page("x"), "image/png"), "/cut": trickle(PNG, "image/png")}
        self.public.pages |= {"/big": (PNG + b"\0" * 4096, "image/png"), "/gif": redirect("/i")}
        web = self.make(max_image_bytes=2048)
        found = {path: await web.image(self.url + path) for path in self.public.pages if path != "/"}
        self.assertEqual({path for path, image in found.items() if image}, {"/i", "/gif"})
        self.assertEqual((found["/i"].media_type, found["/i"].body), ("image/png", PNG))  # type: ignore[union-attr]
        self.assertIsNone(await web.image(self.url + "/absent"))
        self.public.pages["/go"] = redirect(self.private_url + "/")
        await self.assertFailure(Deferred.fromCoroutine(web.image(self.url + "/go")), Unreachable)
        self.assertEqual(self.private.hits, [])

    async def test_logs(self) -> None:
        """No URL with its query is logged, whatever happens to it."""
        lines: list[str] = []

        def observe(event: dict[str, Any]) -> None:
            if event["log_level"] != LogLevel.debug:
                lines.append(str(event))

        globalLogPublisher.addObserver(observe)
        self.addCleanup(globalLogPublisher.removeObserver, observe)
        self.public.pages |= {"/go": redirect("/loop?token=hush"), "/loop": redirect("/loop?token=hush")}
        await self.web.page(self.url + "/?token=hush")
        await self.refused(self.url + "/go?token=hush")
        await self.refused("http://127.0.0.1/?token=hush")
        self.assertNotIn("hush", "".join(lines))
