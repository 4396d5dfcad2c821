"""Films and recordings at a first look."""

from __future__ import annotations

from PIL import Image

from tests.media import made
from tests.media.direct import CLOCKWISE, DirectCase


class FilmTests(DirectCase):
    """chatr.media.recordings.films and sounds"""

    def test_films(self) -> None:
        """Sides, length, and a picture that shows something, though it begins in the dark."""
        pictures = [Image.new("RGB", (1280, 720)), *[made.picture((1280, 720))] * 3]
        for form, encoder, kind in (
            ("webm", "libvpx-vp9", "webm"),
            ("mp4", "libx264", "mp4"),
            ("mov", "mpeg4", "quicktime"),
        ):
            seen = self.look(made.film(pictures, form=form, encoder=encoder, rate=4), f"film.{form}")
            self.assertEqual((seen.media_type, seen.width, seen.height), (f"video/{kind}", 1280, 720))
            self.assertApproximates(seen.duration_s, 1.0, 0.05)
            self.assertEqual(seen.forms, {"md": (800, 450), "sm": (320, 180)})
            self.assert_colours()
            self.assertEqual(len(seen.blur_hash or ""), 28)

    def test_turned(self) -> None:
        """A film is as wide and as high as it is shown, when the camera was held upright."""
        content = made.film([made.picture((320, 240))] * 3, form="mp4", encoder="mpeg4", sounds=False)
        one, zero = b"\x00\x01\x00\x00", bytes(4)
        straight = one + zero * 3 + one + zero * 3 + b"\x40\x00\x00\x00"
        upright = zero + one + zero + b"\xff\xff\x00\x00" + zero * 4 + b"\x40\x00\x00\x00"
        at = content.index(straight, content.index(b"tkhd"))
        seen = self.look(content[:at] + upright + content[at + 36 :], "a.mp4")
        self.assertEqual((seen.width, seen.height), (240, 320))
        self.assert_colours(CLOCKWISE)

    def test_sounds(self) -> None:
        """Recordings are what they are, with their length; nothing is made of them."""
        types = {"m4a": "mp4", "mp3": "mpeg"}
        for kind in made.SOUNDS:
            seen = self.look(made.sound(kind, 1.0, lambda _: 0.5, live=kind == "webm"), f"voice.{kind}")
            self.assertEqual(seen.media_type, f"audio/{types.get(kind, kind)}")
            self.assertEqual((seen.width, seen.height, seen.blur_hash, self.forms), (None, None, None, {}))
            self.assertApproximates(seen.duration_s, 1.0, 0.06)

    def test_cover(self) -> None:
        """A recording with a picture on its cover is a recording."""
        art = b"\x00image/png\x00\x03\x00" + made.image("PNG", made.picture((50, 50)))
        frame = b"APIC" + len(art).to_bytes(4, "big") + b"\x00\x00" + art
        size = bytes(len(frame) >> shift & 0x7F for shift in (21, 14, 7, 0))
        song = made.sound("mp3", 0.5, lambda _: 0.5, live=True)
        at = song.index(b"\xff\xfb")
        seen = self.look(b"ID3\x03\x00\x00" + size + frame + song[at:], "song.mp3")
        self.assertEqual((seen.media_type, self.forms), ("audio/mpeg", {}))

    def test_neither(self) -> None:
        """A film under the name of a recording, and the other way round, and what nobody can decode: refused."""
        film = made.film([made.picture()] * 3, form="mp4", encoder="mpeg4")
        self.assertIn("that is video", self.refused(film, "a.m4a"))
        sound = made.sound("m4a", 0.3, lambda _: 0.5)
        self.assertIn("that is audio", self.refused(sound, "a.mov"))
        self.assertEqual(self.look(sound, "a.mp4").media_type, "audio/mp4")
        self.assertIn("name does not fit", self.refused(made.sound("webm", 0.3, lambda _: 0.5), "a.ogg"))
        encoded = made.film([made.picture()] * 3, form="matroska", encoder="mpeg4", sounds=False)
        webm = encoded.replace(b"\x42\x82\x88matroska", b"\x42\x82\x88webm" + bytes(4), 1)
        self.assertEqual(self.refused(webm, "a.webm"), "This encoding can't be played everywhere")
