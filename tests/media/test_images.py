"""Images as they are written anew: what they show stays, and nothing else."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image, ImageChops, ImageStat, PngImagePlugin

from chatr.media.asked import CROPS, Purpose
from tests.media import made
from tests.media.direct import CLOCKWISE, DirectCase

#: What must not get out: in each place where a file can say something beside the picture.
SECRET = b"Musterstrasse"


class ImageTests(DirectCase):
    """chatr.media.pictures.images, colours, blurred"""

    def test_metadata(self) -> None:
        """Place, names, comments and previews don't get out; how the camera was held is applied."""
        exif = Image.Exif()
        exif[0x0112], exif[0x010F] = 6, SECRET.decode()
        exif.get_ifd(0x8825)[0x001B] = SECRET
        texts = PngImagePlugin.PngInfo()
        texts.add_text("Comment", SECRET.decode())
        texts.add_itxt("XML:com.adobe.xmp", SECRET.decode())
        secrets: dict[str, dict[str, Any]] = {
            "jpeg": {"comment": SECRET, "xmp": SECRET},
            "png": {"pnginfo": texts},
            "webp": {"xmp": SECRET},
            "avif": {"xmp": SECRET},
        }
        for form, more in secrets.items():
            content = made.image(form, made.picture((400, 200)), exif=exif, icc_profile=made.profile(), **more) + SECRET
            self.assertGreater(content.count(SECRET), 2)
            seen = self.look(content, f"a.{form}")
            self.assertEqual((seen.width, seen.height), (200, 400))
            self.assert_colours(CLOCKWISE)
            for name, each in self.forms.items():
                self.assertNotIn(SECRET, each)
                image = self.opened(name)
                self.assertEqual((dict(image.getexif()), image.info.get("icc_profile")), ({}, None))

    def test_modes(self) -> None:
        """Whatever an image is stored as, its colours stay: those for print, palettes, and 16 bits of grey."""
        self.look(made.image("JPEG", made.picture(mode="CMYK")), "a.jpg")
        self.assert_colours()
        self.look(made.image("PNG", made.picture().quantize(4)), "a.png")
        self.assert_colours()
        grey = Image.linear_gradient("L").resize((640, 480))
        deep = Image.frombytes("I;16", grey.size, b"".join(bytes([each, each]) for each in grey.tobytes()))
        for image in (deep, grey, grey.convert("LA")):
            self.look(made.image("PNG", image), "a.png")
            self.assert_colours({(0.5, at): (int(255 * at),) * 3 for at in (0.1, 0.5, 0.9)})

    def test_clear(self) -> None:
        """What can be seen through stays so."""
        clear = made.picture((320, 240), "RGBA")
        clear.paste((0, 0, 0, 0), (0, 0, 160, 120))
        keyed = made.image("PNG", made.picture(), transparency=(255, 0, 0))
        contents = [("png", keyed), ("png", made.image("PNG", clear.quantize(8)))]
        contents += [(form, made.image(form, clear)) for form in ("png", "webp", "avif", "gif")]
        for form, content in contents:
            self.look(content, f"a.{form}")
            for name in self.forms:
                alpha = self.opened(name).convert("RGBA").getchannel("A")
                at = [alpha.getpixel((alpha.width * x // 4, alpha.height // 4)) for x in (1, 3)]
                self.assertTrue(at[0] < 20 and at[1] > 235, f"{form} {name} {at}")

    def test_profile(self) -> None:
        """Colours that a profile means are those that are seen without it; a broken one is passed over."""
        # Of a space in which red is blue.
        profile = made.profile().replace("sRGB".encode("utf-16-be"), "rev.".encode("utf-16-be"))
        for one, other in ((b"rXYZ", b"bXYZ"), (b"rTRC", b"bTRC")):
            profile = profile.replace(one, b"????").replace(other, one).replace(b"????", other)
        image = made.picture()
        swapped = {(0.25, 0.25): (0, 0, 255), (0.75, 0.25): (0, 255, 0), (0.25, 0.75): (255, 0, 0)}
        for form, picture in (("PNG", image), ("PNG", image.quantize(4)), ("WEBP", image.convert("RGBA"))):
            self.look(made.image(form, picture, icc_profile=profile), f"a.{form}")
            self.assert_colours(swapped)
        self.look(made.image("PNG", image, icc_profile=b"no profile" * 20), "a.png")
        self.assert_colours()

    def test_size(self) -> None:
        """An image that was written with less care does not become larger, and one with more hardly worse."""
        noise = Image.effect_noise((300, 200), 80).convert("RGB")
        for quality in (30, 75, 98):
            content = made.image("JPEG", noise, quality=quality)
            self.look(content, "a.jpg")
            self.assertLess(len(self.forms["original"]), len(content) * 1.02)
            with Image.open(io.BytesIO(content)) as sent:
                self.assertLess(_difference(self.opened("original"), sent), 4)
        drawing = made.picture((2000, 1000)).quantize(4)
        content = made.image("PNG", drawing)
        self.look(content, "a.png")
        self.assertLess(len(self.forms["original"]), len(content) * 1.1)
        part = noise.crop((0, 0, 150, 100))
        for form in ("webp", "avif"):
            self.look(made.image(form, part, quality=10), f"a.{form}")
            careless = len(self.forms["original"])
            self.look(made.image(form, part, quality=95), f"a.{form}")
            self.assertLess(careless, len(self.forms["original"]) * 0.85)
        lossless = made.image("WEBP", part, lossless=True)
        self.look(lossless, "a.webp")
        self.assertEqual(_difference(self.opened("original"), part), 0)

    def test_animations(self) -> None:
        """What moves keeps moving, as long and as often; only the animation is copied."""
        pictures = [made.picture((300, 200)).rotate(90 * number) for number in range(4)]
        options: dict[str, Any] = {"save_all": True, "append_images": pictures[1:], "duration": 70, "loop": 3}
        for form, more in (("GIF", {"comment": SECRET}), ("WEBP", {"exif": b"Exif\x00\x00" + SECRET, "xmp": SECRET})):
            content = made.image(form, pictures[0], **options, **more)
            if form == "GIF":
                # Where programs keep what they like, and behind the end.
                content = content[:-1] + b"\x21\xff\x0bXMP DataXMP" + bytes([len(SECRET)]) + SECRET + b"\x00;" + SECRET
            self.look(content, f"a.{form}")
            self.assertNotIn(SECRET, self.forms["original"])
            image = self.opened("original")
            self.assertEqual((image.n_frames, image.info["loop"]), (4, 3))
            for number, picture in enumerate(pictures):
                image.seek(number)
                image.load()
                self.assertEqual(image.info["duration"], 70)
                self.assertLess(_difference(image, picture), 12)
            self.assertEqual(getattr(self.opened("md"), "n_frames", 1), 1)

    def test_small_and_thin(self) -> None:
        """Nothing is made larger than it was, and nothing is thinner than a pixel."""
        self.assertEqual(set(self.look(made.image("PNG", made.picture((50, 40))), "a.png").forms.values()), {(50, 40)})
        self.assertEqual(self.look(made.image("PNG", Image.new("L", (20000, 1))), "a.png").forms["sm"], (320, 1))
        dot = self.look(made.image("GIF", Image.new("1", (1, 1))), "a.gif")
        self.assertEqual((dot.width, dot.height, len(dot.blur_hash or "")), (1, 1, 28))

    def test_crops(self) -> None:
        """Avatars are squares and covers two by one, cut out of the middle, turned as the camera was."""
        exif = Image.Exif()
        exif[0x0112] = 3
        content = made.image("JPEG", made.picture((3000, 1000)), exif=exif)
        purposes: tuple[Purpose, ...] = ("avatar", "cover")
        for purpose in purposes:
            # Whatever a browser calls what it cut out.
            seen = self.look(content, "blob", purpose)
            self.assertEqual((seen.media_type, seen.forms), ("image/webp", CROPS[purpose]))
            self.assert_colours({(0.25, 0.25): (255,) * 3, (0.75, 0.25): (0, 0, 255), (0.75, 0.75): (255, 0, 0)})
        for content, name in (
            (made.sound("ogg", 0.2, lambda _: 0.5), "a.ogg"),
            (b"hello", "a.txt"),
            (b"%PDF-1.4", "a.pdf"),
        ):
            self.assertEqual(self.refused(content, name, "avatar"), "This is no image")


def _difference(one: Image.Image, other: Image.Image) -> float:
    """How far two images are apart, of 255, in the mean."""
    return sum(ImageStat.Stat(ImageChops.difference(one.convert("RGB"), other.convert("RGB"))).mean) / 3
