"""Looking into files in worker processes, real ones: what is found, what is made, and that nothing else is left."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PIL import Image, ImageCms
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.trial.unittest import TestCase

from chatr.config.files import FilesSettings
from chatr.media.asked import Purpose
from chatr.media.looking import Form, Found, Media, Unsupported
from tests.media import made

QUARTERS = {
    (0.25, 0.25): (255, 0, 0),
    (0.75, 0.25): (0, 255, 0),
    (0.25, 0.75): (0, 0, 255),
    (0.75, 0.75): (255, 255, 255),
}
#: What must not get out: in each place where a file can say something beside the picture.
SECRET = b"Musterstrasse"


class LookingCase(TestCase):
    """Files that are looked at by one worker."""

    settings = FilesSettings(workers=1)

    def setUp(self) -> None:
        self.folder = Path(self.mktemp())
        self.into = self.folder / "into"
        self.into.mkdir(parents=True)
        self.media = Media(reactor, self.settings)
        self.addCleanup(self.media.stop)

    async def look(self, content: bytes, name: str, purpose: Purpose = "file") -> Found:
        """Look, and assert that there are the forms and nothing else."""
        for each in self.into.iterdir():
            each.unlink()
        path = self.folder / "upload"
        path.write_bytes(content)
        found = None
        try:
            found = await self.media.look(path, name, purpose, self.into)
        finally:
            made_files = {form.path: form.size for form in found.forms.values()} if found else {}
            self.assertEqual({each: each.stat().st_size for each in self.into.iterdir()}, made_files)
        return found

    async def refused(self, content: bytes, name: str, purpose: Purpose = "file") -> str:
        """Assert that it can't be sent, and that nothing is left; the reason."""
        looking = Deferred.fromCoroutine(self.look(content, name, purpose))
        return str(await self.assertFailure(looking, Unsupported))

    def opened(self, form: Form) -> Any:
        """An image that was made; it is what it is said to be."""
        image = Image.open(form.path)
        self.addCleanup(image.close)
        image.load()
        self.assertEqual((Image.MIME[image.format or ""], image.size), (form.media_type, (form.width, form.height)))
        return image

    def quarters(self, image: Image.Image, colours: dict[tuple[float, float], tuple[int, int, int]] = QUARTERS) -> None:
        """Assert that these colours stand at these places, nearly."""
        plain = image.convert("RGB")
        for (x, y), colour in colours.items():
            found: Any = plain.getpixel((int(x * image.width), int(y * image.height)))
            for ours, theirs in zip(found, colour, strict=True):
                self.assertApproximates(ours, theirs, 40, f"{found} at {x}, {y}")


class ImageTests(LookingCase):
    """chatr.media.images"""

    async def test_forms(self) -> None:
        """Of each format come the image itself, written anew, and two small ones of WebP; and a blur hash."""
        picture = made.picture((1200, 900))
        for form, ending in (("JPEG", "jpg"), ("PNG", "PNG"), ("WEBP", "webp"), ("AVIF", "avif"), ("GIF", "gif")):
            found = await self.look(made.image(form, picture), f"photo.{ending}")
            self.assertEqual((found.kind, found.media_type), ("image", f"image/{form.lower()}"))
            self.assertEqual((found.width, found.height, found.duration), (1200, 900, None))
            sides = {name: (each.media_type, each.width, each.height) for name, each in found.forms.items()}
            original = (found.media_type, 1200, 900)
            self.assertEqual(
                sides, {"original": original, "md": ("image/webp", 800, 600), "sm": ("image/webp", 320, 240)}
            )
            for each in found.forms.values():
                self.quarters(self.opened(each))
            self.assertEqual(len(found.blur_hash or ""), 28)
        self.assertEqual(self.media._lookers.started, 1)

    async def test_metadata(self) -> None:
        """Place, names, comments and previews don't get out; how the camera was held is applied."""
        exif = Image.Exif()
        exif[0x0112], exif[0x010F] = 6, SECRET.decode()
        exif.get_ifd(0x8825)[0x001B] = SECRET
        secrets: dict[str, dict[str, Any]] = {
            "jpeg": {"comment": SECRET, "xmp": SECRET},
            "png": {"pnginfo": _texts()},
            "webp": {"xmp": SECRET},
            "avif": {"xmp": SECRET},
        }
        turned = {(0.25, 0.25): (0, 0, 255), (0.75, 0.25): (255, 0, 0), (0.75, 0.75): (0, 255, 0)}
        for form, more in secrets.items():
            content = made.image(form, made.picture((400, 200)), exif=exif, icc_profile=_profile(), **more) + SECRET
            self.assertGreater(content.count(SECRET), 2)
            found = await self.look(content, f"a.{form}")
            self.assertEqual((found.width, found.height), (200, 400))
            for each in found.forms.values():
                self.assertNotIn(SECRET, each.path.read_bytes())
                image = self.opened(each)
                self.assertEqual((dict(image.getexif()), image.info.get("icc_profile")), ({}, None))
                self.quarters(image, turned)

    async def test_modes(self) -> None:
        """Whatever an image is stored as, its colours stay: print colours, 16 bits, palettes, and what is clear."""
        clear = made.picture(mode="RGBA")
        clear.paste((0, 0, 0, 0), (0, 0, 320, 240))
        grey = Image.linear_gradient("L").resize((640, 480))
        deep = Image.frombytes("I;16", grey.size, b"".join(bytes([each, each]) for each in grey.tobytes()))
        palette = clear.quantize(8)
        for content, name in (
            (made.image("JPEG", made.picture(mode="CMYK")), "a.jpg"),
            (made.image("PNG", made.picture().quantize(4)), "a.png"),
        ):
            found = await self.look(content, name)
            for each in found.forms.values():
                self.quarters(self.opened(each))
        for content in (made.image("PNG", deep), made.image("PNG", grey)):
            for each in (await self.look(content, "a.png")).forms.values():
                image = self.opened(each)
                self.quarters(image, {(0.5, at): (int(255 * at),) * 3 for at in (0.1, 0.5, 0.9)})
        for form, image in (("PNG", clear), ("WEBP", clear), ("AVIF", clear), ("PNG", palette), ("GIF", clear)):
            found = await self.look(made.image(form, image), f"a.{form}")
            for each in found.forms.values():
                pixels = self.opened(each).convert("RGBA")
                self.assertLess(pixels.getpixel((each.width // 4, each.height // 4))[3], 20, form)
                self.assertGreater(pixels.getpixel((each.width * 3 // 4, each.height // 4))[3], 235, form)

    async def test_profile(self) -> None:
        """Colours that a profile means are those that are seen without it."""
        # Of a space in which red is blue.
        profile = _profile().replace("sRGB".encode("utf-16-be"), "rev.".encode("utf-16-be"))
        for one, other in ((b"rXYZ", b"bXYZ"), (b"rTRC", b"bTRC")):
            profile = profile.replace(one, b"????").replace(other, one).replace(b"????", other)
        image = made.picture()
        swapped = {(0.25, 0.25): (0, 0, 255), (0.75, 0.25): (0, 255, 0), (0.25, 0.75): (255, 0, 0)}
        for form, picture in (("PNG", image), ("PNG", image.quantize(4)), ("WEBP", image.convert("RGBA"))):
            found = await self.look(made.image(form, picture, icc_profile=profile), f"a.{form}")
            for each in found.forms.values():
                self.quarters(self.opened(each), swapped)
        broken = await self.look(made.image("PNG", image, icc_profile=b"no profile" * 20), "a.png")
        self.quarters(self.opened(broken.forms["original"]))

    async def test_animations(self) -> None:
        """What moves keeps moving, as long and as often; only the animation is copied."""
        pictures = [made.picture((300, 200)).rotate(90 * number) for number in range(4)]
        options: dict[str, Any] = {"save_all": True, "append_images": pictures[1:], "duration": 70, "loop": 3}
        for form, more in (("GIF", {"comment": SECRET}), ("WEBP", {"exif": b"Exif\x00\x00" + SECRET, "xmp": SECRET})):
            content = made.image(form, pictures[0], **options, **more)
            if form == "GIF":
                # Where programs keep what they like, and behind the end.
                content = content[:-1] + b"\x21\xff\x0bXMP DataXMP" + bytes([len(SECRET)]) + SECRET + b"\x00;" + SECRET
            found = await self.look(content, f"a.{form}")
            original = found.forms["original"]
            self.assertNotIn(SECRET, original.path.read_bytes())
            image = self.opened(original)
            self.assertEqual((image.n_frames, image.info["loop"]), (4, 3))
            for number, picture in enumerate(pictures):
                image.seek(number)
                image.load()
                self.assertEqual(image.info["duration"], 70)
                self.assertLess(_difference(image, picture), 12)
            self.assertEqual(getattr(self.opened(found.forms["md"]), "n_frames", 1), 1)

    async def test_small_and_thin(self) -> None:
        """Nothing is made larger than it was, and nothing is thinner than a pixel."""
        small = await self.look(made.image("PNG", made.picture((50, 40))), "a.png")
        self.assertEqual({(each.width, each.height) for each in small.forms.values()}, {(50, 40)})
        thin = await self.look(made.image("PNG", Image.new("L", (20000, 1))), "a.png")
        self.assertEqual((thin.forms["sm"].width, thin.forms["sm"].height), (320, 1))
        dot = await self.look(made.image("GIF", Image.new("1", (1, 1))), "a.gif")
        self.assertEqual((dot.width, dot.height, len(dot.blur_hash or "")), (1, 1, 28))

    async def test_crops(self) -> None:
        """Avatars are squares and covers two by one, cut out of the middle, turned as the camera was."""
        exif = Image.Exif()
        exif[0x0112] = 3
        content = made.image("JPEG", made.picture((3000, 1000)), exif=exif)
        turned = {(0.25, 0.25): (255, 255, 255), (0.75, 0.25): (0, 0, 255), (0.75, 0.75): (255, 0, 0)}
        for purpose, sizes in (
            ("avatar", {"400": (400, 400), "320": (320, 320), "96": (96, 96)}),
            ("cover", {"1200": (1200, 600), "600": (600, 300)}),
        ):
            # Whatever a browser calls what it cut out.
            found = await self.look(content, "blob", purpose)  # type: ignore[arg-type]
            self.assertEqual((found.kind, found.media_type), ("image", "image/webp"))
            self.assertEqual({name: (each.width, each.height) for name, each in found.forms.items()}, sizes)
            for each in found.forms.values():
                self.quarters(self.opened(each), turned)
        for content, name in (
            (made.sound("ogg", 0.2, lambda _: 0.5), "a.ogg"),
            (b"hello", "a.txt"),
            (b"%PDF-1.4", "a.pdf"),
        ):
            self.assertEqual(await self.refused(content, name, "avatar"), "This is no image")


class FilmTests(LookingCase):
    """chatr.media.films and sounds"""

    async def test_films(self) -> None:
        """Sides, length, and a picture that shows something, though it begins in the dark."""
        pictures = [Image.new("RGB", (1280, 720))] * 3 + [made.picture((1280, 720))] * 7
        for form, encoder, kind in (
            ("webm", "libvpx-vp9", "webm"),
            ("mp4", "libx264", "mp4"),
            ("mov", "mpeg4", "quicktime"),
        ):
            found = await self.look(made.film(pictures, form=form, encoder=encoder), f"film.{form}")
            self.assertEqual((found.kind, found.media_type), ("video", f"video/{kind}"))
            self.assertEqual((found.width, found.height), (1280, 720))
            self.assertApproximates(found.duration, 1.0, 0.05)
            sides = {name: (each.media_type, each.width, each.height) for name, each in found.forms.items()}
            self.assertEqual(sides, {"md": ("image/webp", 800, 450), "sm": ("image/webp", 320, 180)})
            for each in found.forms.values():
                self.quarters(self.opened(each))
            self.assertEqual(len(found.blur_hash or ""), 28)

    async def test_turned(self) -> None:
        """A film is as wide and as high as it is shown, when the camera was held upright."""
        content = made.film([made.picture((320, 240))] * 3, form="mp4", encoder="mpeg4", sounds=False)
        one, zero = b"\x00\x01\x00\x00", bytes(4)
        straight = one + zero * 3 + one + zero * 3 + b"\x40\x00\x00\x00"
        upright = zero + one + zero + b"\xff\xff\x00\x00" + zero * 4 + b"\x40\x00\x00\x00"
        at = content.index(straight, content.index(b"tkhd"))
        found = await self.look(content[:at] + upright + content[at + 36 :], "a.mp4")
        self.assertEqual((found.width, found.height), (240, 320))
        turned = {(0.25, 0.25): (0, 0, 255), (0.75, 0.25): (255, 0, 0), (0.75, 0.75): (0, 255, 0)}
        self.quarters(self.opened(found.forms["sm"]), turned)

    async def test_sounds(self) -> None:
        """Recordings are what they are, with their length; nothing is made of them."""
        types = {"m4a": "mp4", "mp3": "mpeg"}
        for kind in made.SOUNDS:
            found = await self.look(made.sound(kind, 1.0, lambda _: 0.5, live=kind == "webm"), f"voice.{kind}")
            self.assertEqual((found.kind, found.media_type), ("audio", f"audio/{types.get(kind, kind)}"))
            self.assertEqual((found.width, found.height, found.blur_hash, found.forms), (None, None, None, {}))
            self.assertApproximates(found.duration, 1.0, 0.06)

    async def test_neither(self) -> None:
        """A film under the name of a recording, and the other way round, and what nobody can decode: refused."""
        film = made.film([made.picture()] * 3, form="mp4", encoder="mpeg4")
        self.assertIn("that is video", await self.refused(film, "a.m4a"))
        sound = made.sound("m4a", 0.3, lambda _: 0.5)
        self.assertIn("that is audio", await self.refused(sound, "a.mov"))
        self.assertEqual((await self.look(sound, "a.mp4")).media_type, "audio/mp4")
        self.assertIn("name does not fit", await self.refused(made.sound("webm", 0.3, lambda _: 0.5), "a.ogg"))
        encoded = made.film([made.picture()] * 3, form="matroska", encoder="mpeg4", sounds=False)
        webm = encoded.replace(b"\x42\x82\x88matroska", b"\x42\x82\x84webm\xec\x82\x00\x00", 1)
        self.assertEqual(await self.refused(webm, "a.webm"), "This encoding can't be played everywhere")
        empty = made.film([made.picture()] * 3, form="mp4", encoder="mpeg4", sounds=False)
        await self.refused(empty[: empty.index(b"mdat")] + b"mdat" + bytes(2000), "a.mp4")


class PaperTests(LookingCase):
    """chatr.media.papers"""

    async def test_papers(self) -> None:
        """Documents are what their names and their insides say."""
        office = "[Content_Types].xml"
        for content, name, media_type in (
            (b"%PDF-1.7\n%\xff", "a.pdf", "application/pdf"),
            (made.archive("a.txt"), "a.zip", "application/zip"),
            (made.archive(), "a.zip", "application/zip"),
            (made.archive(office, "word/document.xml"), "a.docx", "document"),
            (made.archive("xl/workbook.xml", office), "a.xlsx", "sheet"),
            (made.archive(office, "ppt/presentation.xml"), "a.pptx", "presentation"),
            (made.archive(office, "word/document.xml"), "a.zip", "application/zip"),
            (made.compound("WordDocument"), "a.doc", "application/msword"),
            (made.compound("x", "y", "z", "Workbook"), "a.xls", "application/vnd.ms-excel"),
            (made.compound("PowerPoint Document"), "a.ppt", "application/vnd.ms-powerpoint"),
            ("größer".encode(), "a.txt", "text/plain"),
            ("a;b\nä;1".encode("utf-16"), "a.csv", "text/csv"),
            (b"# Title\n<b>x</b>", "README.md", "text/markdown"),
        ):
            found = await self.look(content, name)
            self.assertEqual((found.kind, found.forms), ("file", {}))
            self.assertTrue(found.media_type.endswith(media_type), f"{name}: {found.media_type}")

    async def test_no_papers(self) -> None:
        """What is inside decides: macros, other compound files, halves, and what is no text."""
        office = "[Content_Types].xml"
        zipped = made.archive("a.txt")
        for content, name in (
            (made.archive("a.txt"), "a.docx"),
            (made.archive("word/document.xml"), "a.docx"),
            (made.archive(office, "word/document.xml"), "a.xlsx"),
            (made.archive(office, "word/document.xml", "word/vbaProject.bin"), "a.docx"),
            (made.archive(office, "word/document.xml", *map(str, range(10_001))), "a.docx"),
            (zipped[:-10], "a.zip"),
            (zipped + b"<script>", "a.zip"),
            (made.compound("Workbook"), "a.doc"),
            (made.compound("__properties_version1.0"), "a.doc"),
            (made.compound("WordDocument")[:600], "a.doc"),
            (b"a\x00b", "a.txt"),
            (b"a" * 300_000 + b"\x00", "a.txt"),
            (b"caf\xe9", "a.txt"),
            (b"\xff\xfea", "a.txt"),
            (b"\x1a\x07", "a.csv"),
            (b"", "a.txt"),
        ):
            self.assertTrue(await self.refused(content, name), name)

    async def test_names(self) -> None:
        """The ending decides together with the bytes, whatever stands before it."""
        png = made.image("PNG", made.picture((8, 8)))
        for name in ("a.png", "A.PNG", "../../etc/a.png", "a.svg.png", "ü" * 4000 + ".png", "x", ".png", "a\x00b.png"):
            found = await self.look(png, name)
            self.assertEqual((found.media_type, found.ending), ("image/png", "png"))
        for name in ("a.jpg", "a.svg", "a.png.exe", "a.png\x00", "a.png ", "a." + "x" * 4000, "a.html"):
            self.assertIn("would end in .png", await self.refused(png, name))
        self.assertEqual((await self.look(b"hello", "LICENSE")).media_type, "text/plain")


def _texts() -> Any:
    from PIL import PngImagePlugin

    texts = PngImagePlugin.PngInfo()
    texts.add_text("Comment", SECRET.decode())
    texts.add_itxt("XML:com.adobe.xmp", SECRET.decode())
    return texts


def _profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def _difference(one: Image.Image, other: Image.Image) -> float:
    """How far two images are apart, of 255, in the mean."""
    from PIL import ImageChops, ImageStat

    return sum(ImageStat.Stat(ImageChops.difference(one.convert("RGB"), other.convert("RGB"))).mean) / 3
