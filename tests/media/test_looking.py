"""Looking into files in worker processes, real ones: what is found, what is left, and what hostile files come to."""

from __future__ import annotations

import os
import random
import struct
from pathlib import Path

from PIL import Image
from twisted.internet import reactor
from twisted.internet.defer import Deferred, gatherResults
from twisted.trial.unittest import TestCase

from chatr.api.errors import ApiError
from chatr.config.files import FilesSettings
from chatr.media.asked import CROPS, Purpose
from chatr.media.looking import FoundFile, Media, Unsupported
from tests.media import hostile, made
from tests.media.direct import check_colours
from tests.media.memory import peak_bytes

MIB = 1 << 20
BROKEN = "This file can't be read: it is broken, or too complicated"


class LookingCase(TestCase):
    """Files that are looked at by one worker."""

    def setUp(self) -> None:
        self.folder = Path(self.mktemp())
        self.folder.mkdir()
        self.media = self.make()
        self.looked = 0

    def make(self, **settings: float) -> Media:
        media = Media(reactor, FilesSettings(**{"workers": 1, **settings}))  # type: ignore[arg-type]
        self.addCleanup(media.stop)
        return media

    async def look(self, content: bytes, name: str, purpose: Purpose = "file", *, key: str = "") -> FoundFile:
        """Look, and assert that there are the forms and nothing else."""
        self.looked += 1
        path, into = self.folder / f"upload{self.looked}", self.folder / f"into{self.looked}"
        path.write_bytes(content)
        into.mkdir()
        found = None
        try:
            found = await self.media.look(path, name, purpose, into, key=key)
        finally:
            expected = {form.path: form.size for form in found.forms.values()} if found else {}
            self.assertEqual({each: each.stat().st_size for each in into.iterdir()}, expected)
        return found

    async def refused(self, content: bytes, name: str, purpose: Purpose = "file") -> str:
        """Assert that it can't be sent, and that nothing is left; the reason."""
        looking = Deferred.fromCoroutine(self.look(content, name, purpose))
        return str(await self.assertFailure(looking, Unsupported))

    def check(self, found: FoundFile) -> None:
        """Assert that each form is the image that it is said to be."""
        for form in found.forms.values():
            with Image.open(form.path) as image:
                self.assertEqual(
                    (image.get_format_mimetype(), image.size), (form.media_type, (form.width, form.height))
                )
                check_colours(self, image)


class LookingTests(LookingCase):
    """chatr.media.looking"""

    async def test_everything(self) -> None:
        """One worker, which can't open files any more, takes all there is, and makes the forms of each."""
        picture = made.picture((840, 630))
        for form, ending in (("JPEG", "jpg"), ("PNG", "png"), ("WEBP", "webp"), ("AVIF", "avif"), ("GIF", "gif")):
            found = await self.look(made.image(form, picture), f"photo.{ending}")
            self.assertEqual((found.kind, found.media_type), ("image", f"image/{form.lower()}"))
            self.assertEqual((found.width, found.height, found.duration, found.ending), (840, 630, None, ending))
            sides = {name: (each.media_type, each.width, each.height) for name, each in found.forms.items()}
            original = (found.media_type, 840, 630)
            self.assertEqual(
                sides, {"original": original, "md": ("image/webp", 800, 600), "sm": ("image/webp", 320, 240)}
            )
            self.assertEqual(len(found.blur_hash or ""), 28)
            self.check(found)
        for form, encoder in (("webm", "libvpx"), ("mp4", "libx264")):
            found = await self.look(made.film([picture] * 3, form=form, encoder=encoder), f"film.{form}")
            self.assertEqual((found.kind, found.media_type), ("video", f"video/{form}"))
            self.assertEqual((found.width, found.height, set(found.forms)), (840, 630, {"sm", "md"}))
            self.check(found)
        for kind in made.SOUNDS:
            found = await self.look(made.sound(kind, 0.5, lambda _: 0.5), f"voice.{kind}")
            self.assertEqual((found.kind, found.forms), ("audio", {}))
            self.assertApproximates(found.duration, 0.5, 0.06)
        office = made.archive("[Content_Types].xml", "word/document.xml")
        papers = {"docx": office, "xls": made.compound("Workbook"), "csv": "ä;b".encode("utf-16"), "pdf": b"%PDF-1.4"}
        for ending, content in papers.items():
            found = await self.look(content, f"paper.{ending}")
            self.assertEqual((found.kind, found.ending, found.forms), ("file", ending, {}))
        purposes: tuple[Purpose, ...] = ("avatar", "cover")
        for purpose in purposes:
            found = await self.look(made.image("PNG", picture), "blob", purpose)
            self.assertEqual({name: (each.width, each.height) for name, each in found.forms.items()}, CROPS[purpose])
            self.check(found)
        self.assertEqual(self.media._lookers.started, 1)

    async def test_nowhere(self) -> None:
        """Where nothing can be written it is not the file's fault."""
        path = self.folder / "upload"
        path.write_bytes(made.image("PNG", made.picture((8, 8))))
        looking = Deferred.fromCoroutine(self.media.look(path, "a.png", "file", self.folder / "absent" / "x"))
        self.assertEqual((await self.assertFailure(looking, ApiError)).code, "unavailable")
        self.assertEqual((await self.look(path.read_bytes(), "a.png")).kind, "image")

    async def test_flood(self) -> None:
        """One account's many don't hold up another's; so many of one wait and no more."""
        self.media = self.make(workers=2)
        bomb = made.image("PNG", Image.new("1", (6000, 6000)))
        flood = [Deferred.fromCoroutine(self.look(bomb, "a.png", key="a")) for _ in range(6)]
        other = await self.look(made.image("PNG", made.picture((8, 8))), "b.png", key="b")
        self.assertEqual(other.kind, "image")
        self.assertLess(sum(each.called for each in flood), 3)
        await self.media.stop()
        for each in flood:
            each.addErrback(lambda failure: failure.trap(ApiError))
        await gatherResults(flood)

    async def test_memory(self) -> None:
        """While a film of 200 MB is looked at, chatr itself does not grow."""
        film = made.film([made.picture()] * 10, form="mp4", encoder="mpeg4")
        await self.look(film, "a.mp4")
        path = self.folder / "large"
        with path.open("wb") as file:
            # What a player passes over stands before the film's index, as recorders write it.
            at = film.index(b"moov") - 4
            file.write(film[:at] + struct.pack(">L4s", 200 * MIB, b"free"))
            file.seek(at + 200 * MIB)
            file.write(film[at:])
        before = peak_bytes(reset=True)
        into = self.folder / "into"
        into.mkdir()
        found = await self.media.look(path, "a.mp4", "file", into)
        self.assertEqual((found.kind, found.width), ("video", 640))
        self.assertLess(peak_bytes() - before, 16 * MIB)


class HostileTests(LookingCase):
    """Files that are made to do harm: each is refused, nothing is left, and the next is looked at as ever."""

    async def test_names(self) -> None:
        """What is no type of ours is refused under whatever name, and what is one under another's."""
        html = b"<!DOCTYPE html><script>alert(1)</script>"
        svg = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"
        png = made.image("PNG", made.picture((8, 8)))
        playlist = b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n"
        concat = b"ffconcat version 1.0\nfile /etc/passwd\n"
        for content, names in (
            (html, ("a.jpg", "a.html", "a.txt", "a.png", "a")),
            (svg, ("a.svg", "a.png", "a.txt", "a")),
            (b"<?xml version='1.0'?>" + svg, ("a.svg", "a.txt")),
            (png, ("a.html", "a.svg", "a.jpg", "a.mp4")),
            (playlist, ("a.m3u8", "a.mp3", "a.mp4", "a.ogg")),
            (concat, ("a.mp4", "a.webm", "a.wav")),
            (b"MZ" + bytes(200), ("a.exe", "a.png", "a.zip", "a")),
            (html + made.archive("a"), ("a.zip", "a.docx")),
            (b"", ("a.png", "a.txt", "a")),
        ):
            for name in names:
                self.assertNotEqual(await self.refused(content, name), BROKEN)
        self.assertLessEqual(self.media._lookers.started, 1)

    async def test_two_in_one(self) -> None:
        """What is an image and something else comes out as an image alone."""
        jar = made.archive("META-INF/MANIFEST.MF", "Evil.class")
        script = b"<script>alert(1)</script>"
        picture = made.picture()
        moving = made.image("GIF", picture, save_all=True, append_images=[picture.rotate(90)], comment=script)
        for content, name in (
            (made.image("GIF", picture) + jar, "a.gif"),
            (moving + jar, "a.gif"),
            (made.image("PNG", picture) + script + jar, "a.png"),
            (made.image("JPEG", picture, comment=script) + jar, "a.jpg"),
            (made.image("WEBP", picture, xmp=script) + jar, "a.webp"),
        ):
            for form in (await self.look(content, name)).forms.values():
                written = form.path.read_bytes()
                self.assertFalse(script in written or b"Evil" in written or b"PK\x03\x04" in written, name)

    async def test_bombs(self) -> None:
        """What is small as a file and large as an image is refused before it is unpacked, or as soon as it is seen."""
        large = "This image has more than 50 million pixels"
        reasons = {
            "a.png": (hostile.bomb(30_000, 30_000), large),
            "b.png": (hostile.bomb(8000, 8000), large),
            "c.png": (hostile.bomb(5000, 5000), BROKEN),
            "a.jpg": (hostile.sized_jpeg(65_000, 65_000), large),
            "a.webp": (hostile.sized_webp(16_383, 16_383), large),
            "a.gif": (hostile.sized_gif((9, 9), (60_000, 60_000)), None),
            "b.gif": (hostile.many_frames(6000), "This animation is too large"),
            "a.webm": (hostile.sized_webm(), None),
            "d.png": (hostile.text_bomb(), None),
        }
        for name, (content, reason) in reasons.items():
            self.assertLess(len(content), 2 * MIB)
            found = await self.refused(content, name)
            self.assertTrue(reason is None or found == reason, f"{name}: {found}")
        # Whoever unpacks them has to look out: here nobody does.
        bomb = made.archive("[Content_Types].xml", "word/document.xml", content=bytes(30 * MIB))
        self.assertEqual((await self.look(bomb, "a.docx")).kind, "file")
        self.assertEqual((await self.look(made.image("PNG", made.picture((8, 8))), "a.png")).kind, "image")

    async def test_loops(self) -> None:
        """What keeps its parser busy, or has it take memory without end, is ended; the next has another worker."""
        self.media = self.make(worker_deadline_s=2.0, worker_memory_bytes=320 * MIB)
        small = made.image("PNG", made.picture((8, 8)))
        self.assertEqual((await self.look(small, "a.png")).kind, "image")
        large = made.image("PNG", Image.new("1", (7000, 7000)))
        for content, name, started in ((hostile.endless_jpeg(7000), "a.jpg", 2), (large, "a.png", 3)):
            self.assertEqual(await self.refused(content, name), BROKEN)
            self.assertEqual((await self.look(small, "a.png")).kind, "image")
            self.assertEqual(self.media._lookers.started, started)

    async def test_broken(self) -> None:
        """Halves, and files in which some bytes are others, are found or refused; no worker dies of them."""
        chance = random.Random(int(os.environ.get("CHATR_SEED", "1")))
        whole = {
            "a.jpg": made.image("JPEG", made.picture((64, 48))),
            "a.png": made.image("PNG", made.picture((64, 48))),
            "a.gif": made.image(
                "GIF", made.picture((64, 48)), save_all=True, append_images=[made.picture((64, 48), "L")]
            ),
            "a.webp": made.image("WEBP", made.picture((64, 48))),
            "a.avif": made.image("AVIF", made.picture((64, 48))),
            "a.webm": made.film([made.picture((64, 48))] * 3),
            "a.mp4": made.film([made.picture((64, 48))] * 3, form="mp4", encoder="libx264"),
            "a.docx": made.archive("[Content_Types].xml", "word/document.xml"),
            "a.doc": made.compound("WordDocument"),
            **{f"v.{kind}": made.sound(kind, 0.1, lambda _: 0.5) for kind in made.SOUNDS},
        }
        for name, content in whole.items():
            for _ in range(4):
                other = bytearray(content)
                for _ in range(3):
                    other[chance.randrange(len(other))] = chance.randrange(256)
                for each in (bytes(other), content[: chance.randrange(len(content))]):
                    try:
                        await self.look(each, name)
                    except Unsupported:
                        pass
        self.assertEqual(self.media._lookers.started, 1)
