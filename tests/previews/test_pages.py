"""What pages say of themselves, the hostile ones too."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet import reactor
from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import LoopingCall
from twisted.trial.unittest import SynchronousTestCase, TestCase

from chatr.media.processes.worker import Unparsed
from chatr.media.processes.workers import MEMORY_BYTES, Workers
from chatr.previews import reading
from chatr.previews.images import media_type
from chatr.previews.pages import decoded, read
from chatr.previews.reading import WebPage

URL = "https://example.com/dir/page"


class ReadTests(SynchronousTestCase):
    """chatr.previews.pages"""

    def read(self, html: str | bytes, content_type: str = "text/html") -> WebPage:
        found = read(html.encode() if isinstance(html, str) else html, content_type, URL)
        assert found is not None
        return found

    def test_open_graph(self) -> None:
        """What is said for previews goes first, whether as property or as name."""
        found = self.read(
            """<html><head><title>Plain</title><meta name=description content="plain">
            <meta property="og:title" content=" Tom &amp; Jerry "><meta name="og:description" content="What\n they do">
            <meta property="og:image" content="/i.png"><meta property="OG:SITE_NAME" content="Example">
            <meta name="twitter:title" content="other"><link rel="shortcut icon" href="f.ico"></head>"""
        )
        self.assertEqual(found.title, "Tom & Jerry")
        self.assertEqual(found.description, "What they do")
        self.assertEqual((found.image, found.site_name), ("https://example.com/i.png", "Example"))
        self.assertEqual(found.favicon, "https://example.com/dir/f.ico")

    def test_fallbacks(self) -> None:
        """Twitter's words, then the plain ones; the title of the page, not of a drawing in it."""
        found = self.read('<meta property=og:title content=" "><meta name=twitter:title content=T><title>P</title>')
        self.assertEqual(found.title, "T")
        found = self.read("<svg><title>no</title></svg><title>One &lt;2&gt;</title><title>two</title>")
        self.assertEqual(found, WebPage(title="One <2>"))
        self.assertEqual(self.read('<meta name="description" content="D">').description, "D")
        self.assertIsNone(read(b"<p>text", "text/html", URL))
        self.assertIsNone(read(b"", "text/html", URL))

    def test_links_in_it(self) -> None:
        """From where the page is, or says to be; http and https only; no scalable icons."""
        found = self.read(
            """<base href="https://cdn.example.com/x/"><title>t</title>
            <meta property="og:image" content="data:image/png;base64,x"><meta name="twitter:image" content="i.png">
            <link rel=icon href=a.svg><link rel=icon type=image/svg+xml href=b><link rel=apple-touch-icon href=c.png>"""
        )
        self.assertEqual(found.image, "https://cdn.example.com/x/i.png")
        self.assertEqual(found.favicon, "https://cdn.example.com/x/c.png")
        for bad in ("javascript:x", "file:///x", "http://user@h/", "ftp://h/"):
            self.assertEqual(self.read(f'<title>t</title><meta property=og:image content="{bad}">').image, "")

    def test_clean(self) -> None:
        """One line without control characters or such as turn the direction of text, cut where it is too long."""
        found = self.read("<title>a\x00\x01\u202e\u2066b\n\t c\x7f\ufeff 👩\u200d💻</title>")
        self.assertEqual(found.title, "a b c 👩\u200d💻")
        self.assertEqual(self.read("<title>" + "x " * 400 + "</title>").title, "x " * 149 + "x" + "…")
        long = self.read(f'<title>t</title><meta name=description content="{"y" * 5000}">')
        self.assertEqual(long.description, "y" * 599 + "…")

    def test_encodings(self) -> None:
        """By the mark, the header, the page's word, as UTF-8, or else as Windows-1252."""
        text = "<title>Grüße €</title>"
        for body, content_type in (
            (text.encode(), "text/html"),
            (text.encode("cp1252"), "text/html"),
            (text.encode("cp1252"), "text/html; charset=ISO-8859-1"),
            (text.encode("utf-8-sig"), "text/html; charset=windows-1251"),
            (text.encode("utf-16"), "text/html"),
            (text.encode("utf-16-be"), "text/html; charset=utf-16be"),
            (b'<meta charset="iso-8859-15">' + text.encode("iso-8859-15"), "text/html"),
            (b"<meta http-equiv=content-type content='text/html; charset=cp1250'>" + text.encode("cp1250"), "x"),
            (text.encode(), 'text/html; charset="utf8"'),
            (text.encode(), "text/html; charset=zlib"),
            (text.encode(), "text/html; charset=unicode_escape"),
            (text.encode(), "text/html; charset=nonsense"),
            (text.encode() + "ü".encode()[:1], "text/html"),
        ):
            self.assertEqual(self.read(body, content_type).title, "Grüße €", (body, content_type))
        for encoding, title in (
            ("shift_jis", "日本語"),
            ("gb2312", "中文"),
            ("koi8-r", "Привет"),
            ("euc-kr", "한국어"),
        ):
            found = self.read(f"<title>{title}</title>".encode(encoding), f"text/html; charset={encoding}")
            self.assertEqual(found.title, title)

    def test_spaces_behind_charset(self) -> None:
        """A header of spaces is passed over once. It was, from each of them: the square of a million steps."""
        spaces = " " * 1_000_000
        for header in (f"text/html; charset={spaces}", f"text/html; charset{spaces}", f"text/html; charset='{spaces}'"):
            self.assertEqual(decoded(b"x", header), "x")
        body = b"<meta charset=" + b" " * 4000 + b"><title>x</title>"
        self.assertEqual(self.read(body).title, "x")
        self.assertEqual(decoded("\u00fc".encode("cp1250"), "text/html" + " " * 150 + "; charset=cp1250"), "\u00fc")

    @settings(max_examples=300, deadline=None)
    @given(st.data())
    def test_anything(self, data: Any) -> None:
        """No bytes raise anything, and what comes of them can be stored and sent."""
        parts = st.sampled_from(
            [b"<title>", b"</title>", b"<meta property=og:image content='", b"'>", b"<base href='", b"<svg>", b"\x00"]
        )
        body = b"".join(data.draw(st.lists(parts | st.binary(max_size=20), max_size=12)))
        kind = data.draw(
            st.sampled_from(["", "text/html; charset=utf-16", "text/html; charset="]) | st.text(max_size=30)
        )
        found = read(body, kind, URL)
        if found is not None:
            for text in (found.title, found.description, found.site_name, found.image, found.favicon):
                self.assertNotIn("\x00", text)
                text.encode()


SIZE = 1 << 20
HOSTILE = (
    *(b"<div>" * (SIZE // 5), b"<b><p>" * (SIZE // 6), b"<a>" * (SIZE // 3), b"<table><tr><td>" * (SIZE // 15)),
    b"<div " + b" ".join(b"a%d" % number for number in range(150_000)) + b">",
    *(b'<meta content="' + b"x" * SIZE, b"<" * SIZE, b"\x00" * SIZE, b"&" * SIZE, b"<!--" * (SIZE // 4)),
    *(b"<title>" * (SIZE // 7), b"<title>" + b"x" * SIZE, b"<![CDATA[" * (SIZE // 9), b"</p>" * (SIZE // 4)),
    *(b"<?xml version='1.0' encoding='utf-7'?><title>x", b"\xed\xa0\x80<title>\xed\xa0\x80", b"\xff" * SIZE),
    b"<link rel=icon href=x>" * (SIZE // 22),
    b"<meta property=og:title content=x>" * (SIZE // 34),
    b"<meta charset=" + b" " * SIZE,
    b"<meta charset=utf-16>" + b"<\0t\0" * (SIZE // 4),
    b"<meta charset=big5>" + b"\xa4\x40" * (SIZE // 2),
    b"<!DOCTYPE html [" + b"".join(b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 9) for n in range(20)) + b"]>&a19;",
    b'<!DOCTYPE html SYSTEM "file:///etc/passwd" [<!ENTITY x SYSTEM "http://127.0.0.1/">]><title>&x;</title>',
    b"<title>" + b"&#x1f600;" * (SIZE // 9),
)


class WorkerTests(TestCase):
    """Pages in a worker process, as the server reads them"""

    def make(self, **options: Any) -> Workers:
        workers = Workers(reactor, {reading.JOB: reading.MODULE}, **{"processes": 1, "deadline_s": 60.0, **options})
        self.addCleanup(workers.stop)
        return workers

    async def test_hostile(self) -> None:
        """Deep, wide, broken, without end, a bomb of entities: nothing of it kills or stops the one that reads.

        The reactor turns all the while: it has handed the page to another process, and waits for nothing.
        """
        workers = self.make()
        turns: list[None] = []
        turning = LoopingCall(turns.append, None)
        done = turning.start(0.001)
        for page in HOSTILE:
            begun = len(turns)
            found = await reading.read(workers, page, "text/html", URL, (80, 443))
            self.assertNotIn("root:", found.title if found else "")
            self.assertGreaterEqual(len(turns), begun)
        turning.stop()
        await done
        self.assertGreater(len(turns), len(HOSTILE))
        self.assertEqual(workers.started, 1)

    async def test_as_here(self) -> None:
        """What comes of a page is the same there: encodings and names of all scripts need no file to be opened."""
        workers = self.make()
        for encoding, title in (("shift_jis", "日本語"), ("koi8-r", "Привет"), ("iso-8859-15", "€")):
            body = f"<title>{title}</title><link rel=icon href=//b\u00fc.example/f.ico>".encode(encoding, "replace")
            kind = f"text/html; charset={encoding}"
            found = await reading.read(workers, body, kind, URL, (80, 443))
            self.assertEqual(found, read(body, kind, URL))
            self.assertEqual(found.title if found else "", title)
        self.assertIsNone(await reading.read(workers, b"", "text/html", URL, (80, 443)))

    async def test_memory(self) -> None:
        """A page that needs more memory than there is comes to nothing; the next is read by another process."""
        workers = self.make(memory_bytes=64 << 20)
        await self.assertFailure(self.reading(workers, b"<title>" + "\U0001f600".encode() * (12 << 18)), Unparsed)
        self.assertEqual(await self.reading(workers, b"<title>x</title>"), WebPage(title="x"))
        self.assertEqual(workers.started, 2)

    async def test_late(self) -> None:
        """A page that takes too long comes to nothing, and its process is ended."""
        workers = self.make(deadline_s=0.0001, memory_bytes=4 * MEMORY_BYTES)
        await self.assertFailure(self.reading(workers, b"<div>" * (4 << 20)), Unparsed)
        self.assertEqual(workers.started, 1)

    async def test_lies(self) -> None:
        """A worker that was taken over can't have us show or fetch what a page could not."""
        workers = self.make()
        for lie in (
            {"title": "x" * 301},
            {"image": "file:///etc/passwd"},
            {"favicon": "http://user@h/"},
            {"image": "http://h:22/"},
            {"title": 1},
        ):
            self.patch(workers, "run", lambda job, payload, lie=lie: succeed(msgspec.msgpack.encode([lie])))
            await self.assertFailure(self.reading(workers, b""), Unparsed)

    def reading(self, workers: Workers, body: bytes) -> Deferred[WebPage | None]:
        return Deferred.fromCoroutine(reading.read(workers, body, "text/html", URL, (80, 443)))


class ImageTests(SynchronousTestCase):
    """chatr.previews.images"""

    def test_by_first_bytes(self) -> None:
        """Raster images are told by their bytes; nothing else is one."""
        for body, kind in (
            (b"\xff\xd8\xff\xe0\x00\x10JFIF", "image/jpeg"),
            (b"\x89PNG\r\n\x1a\n\x00", "image/png"),
            (b"GIF89a\x01", "image/gif"),
            (b"RIFF\x10\x00\x00\x00WEBPVP8L", "image/webp"),
            (b"\x00\x00\x00\x20ftypavif", "image/avif"),
            (b"\x00\x00\x01\x00\x02\x00\x10\x10", "image/x-icon"),
        ):
            self.assertEqual(media_type(body), kind)
        for body in (
            *(
                b"",
                b"<svg xmlns='http://www.w3.org/2000/svg'>",
                b"<?xml version='1.0'?><svg>",
                b"<html>",
                b"GIF",
                b"BM",
            ),
            *(b" \x89PNG\r\n\x1a\n", b"\x00\x00\x01\x00\x00\x00", b"RIFF\x10\x00\x00\x00WAVEfmt ", b"%PDF-1.7", b"MZ"),
            *(b"\x00\x00\x00\x20ftypisom", b"\x00\x00\x00\x20ftypheic"),
        ):
            self.assertIsNone(media_type(body), body)
