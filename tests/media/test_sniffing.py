"""What files begin as, and how names end."""

from __future__ import annotations

import codecs

from twisted.trial.unittest import SynchronousTestCase

from chatr.media.kinds import BY_MEDIA_TYPE, TYPES, ending, of_family
from chatr.media.sniffing import family
from tests.media import made

#: spec/behaviour.md, section 6: media types by endings.
SPECIFIED = {
    "image": {"jpg", "jpeg", "png", "gif", "webp", "avif"},
    "audio": {"webm", "m4a", "mp4", "mp3", "ogg", "wav", "flac"},
    "video": {"mp4", "mov", "webm"},
    "file": {"pdf", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "txt", "md", "csv", "zip"},
}


class SniffingTests(SynchronousTestCase):
    """chatr.media.sniffing"""

    def test_families(self) -> None:
        """The first bytes say what a file begins as."""
        ftyp = b"\x00\x00\x00\x18ftyp%b\x00\x00\x00\x00mif1%b"
        heads = {
            b"\xff\xd8\xff\xe0": "jpeg",
            b"\x89PNG\r\n\x1a\n": "png",
            b"GIF87a": "gif",
            b"RIFF\x00\x00\x00\x00WEBP": "webp",
            b"RIFF\x00\x00\x00\x00WAVE": "wav",
            ftyp % (b"avif", b"miaf"): "avif",
            ftyp % (b"mif1", b"avif"): "avif",
            ftyp % (b"M4A ", b"isom"): "mp4",
            ftyp % (b"XXXX", b"isom"): "mp4",
            ftyp % (b"qt  ", b"isom"): "quicktime",
            b"\x00\x00\x00\x08wide": "quicktime",
            b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x84webm": "matroska",
            b"OggS\x00\x02": "ogg",
            b"fLaC": "flac",
            b"ID3\x03": "mp3",
            b"\xff\xfb\x90\x64": "mp3",
            b"%PDF-1.7\n": "pdf",
            b"PK\x03\x04": "zip",
            b"hello": "text",
            b"\xef\xbb\xbfhello": "text",
            codecs.BOM_UTF16_LE + "hello".encode("utf-16-le"): "text",
            b"# <b>Title</b> <script>": "text",
            b"<!-- toc --> # Title": "text",
            b"<3 you all": "text",
        }
        self.assertEqual({head: family(head) for head in heads}, heads)

    def test_none(self) -> None:
        """What is no type of ours is none, and what a browser would run is no text."""
        for head in (
            b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x88matroska",
            b"\x1a\x45\xdf\xa3",
            b"\x1a\x45\xdf\xa3\x42\x82",
            b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic",
            b"\x00\x00\x00\x08ftyp",
            b"RIFF\x00\x00\x00\x00AVI ",
            b"MZ\x90\x00",
            b"\x7fELF\x02\x01\x01\x00",
            b"BM\x00\x00",
            b"\x00",
            b"<html>",
            b"\r\n  <!DOCTYPE html>",
            b"\xef\xbb\xbf<svg xmlns='x'>",
            b"<?xml version='1.0'?><svg>",
            b"<!-- a --> \n<!-- b --><ScRiPt>",
            b"<!-- " + b"x" * 5000 + b" --><script>",
            codecs.BOM_UTF16_LE + "<html>".encode("utf-16-le"),
            codecs.BOM_UTF16_BE + "<svg>".encode("utf-16-be"),
            "hello".encode("utf-16-le"),
            b"<?php phpinfo();",
        ):
            self.assertIsNone(family(head[:4096]), head[:60])


class KindsTests(SynchronousTestCase):
    """chatr.media.kinds"""

    def test_specified(self) -> None:
        """What the specification allows is allowed, and each type is there once."""
        for kind, ends in SPECIFIED.items():
            ours = {end for each in TYPES if each.kind == kind for end in each.endings}
            self.assertEqual(ends - ours, set(), kind)
        self.assertEqual(len(BY_MEDIA_TYPE), len(TYPES))
        self.assertFalse({"svg", "html", "htm", "xml", "js", "exe"} & {end for each in TYPES for end in each.endings})

    def test_ending(self) -> None:
        """From the last dot on, in small letters; a dot at the end is none that anything may have."""
        ends = {
            "a.JPG": "jpg",
            "a.tar.gz": "gz",
            "a": "",
            "": "",
            ".png": "png",
            ".": ".",
            "a.bat.": ".",
            "a.b/c": "b/c",
        }
        self.assertEqual({name: ending(name) for name in ends}, ends)
        self.assertEqual(len(ending("a." + "x" * 4000)), 11)

    def test_families(self) -> None:
        """A name without an ending leaves it to the bytes."""
        self.assertEqual([each.kind for each in of_family("matroska", "webm")], ["audio", "video"])
        self.assertEqual([each.media_type for each in of_family("text", "md")], ["text/markdown"])
        self.assertEqual(of_family("text", "")[0].media_type, "text/plain")
        self.assertEqual(of_family("png", "jpg"), [])

    def test_made(self) -> None:
        """What encoders write begins as it should."""
        kinds = {"webm": "matroska", "ogg": "ogg", "mp3": "mp3", "m4a": "mp4", "wav": "wav", "flac": "flac"}
        self.assertEqual({kind: family(made.sound(kind, 0.1, lambda _: 0.5)[:4096]) for kind in kinds}, kinds)
