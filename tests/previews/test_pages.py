"""What pages say of themselves, the hostile ones too."""

from __future__ import annotations

import time
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from chatr.previews.images import media_type
from chatr.previews.pages import Page, read

URL = "https://example.com/dir/page"


class ReadTests(SynchronousTestCase):
    """chatr.previews.pages"""

    def read(self, html: str | bytes, content_type: str = "text/html") -> Page:
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
        self.assertEqual(found, Page(title="One <2>"))
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

    def test_hostile(self) -> None:
        """Deep, wide, broken: it takes no time and raises nothing."""
        size = 1 << 20
        for hostile in (
            *(b"<div>" * (size // 5), b"<b><p>" * (size // 6), b"<a>" * (size // 3), b"<table><tr><td>" * (size // 15)),
            b"<div " + b" ".join(b"a%d" % number for number in range(150_000)) + b">",
            *(b'<meta content="' + b"x" * size, b"<" * size, b"\x00" * size, b"&" * size, b"<!--" * (size // 4)),
            *(b"<title>" * (size // 7), b"<title>" + b"x" * size, b"<![CDATA[" * (size // 9), b"</p>" * (size // 4)),
            *(b"<?xml version='1.0' encoding='utf-7'?><title>x", b"\xed\xa0\x80<title>\xed\xa0\x80", b"\xff" * size),
            b"<link rel=icon href=x>" * (size // 22),
            b"<meta property=og:title content=x>" * (size // 34),
        ):
            began = time.monotonic()
            read(hostile, "text/html", URL)
            self.assertLess(time.monotonic() - began, 2.0, hostile[:30])

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
