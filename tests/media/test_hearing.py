"""Recordings, real ones, listened to in a worker process: how long they are and how loud when."""

from __future__ import annotations

import struct
from pathlib import Path

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase, TestCase

from chatr.config.files import FilesSettings
from chatr.media.asked import BARS
from chatr.media.looking import Heard, Media, Unparsed
from chatr.media.recordings.loudness import Loudness
from tests.media import made
from tests.media.memory import peak_bytes

MIB = 1 << 20


def loud(at_s: float) -> float:
    """A fifth of a second quiet, then loud, then nothing, then half as loud."""
    return 0.2 if at_s < 0.5 else 0.8 if at_s < 1 else 0.0 if at_s < 1.5 else 0.4


#: The bars in the middle of each quarter: square roots of the loudness beside the loudest.
EXPECTED = {12: 0.5, 37: 1.0, 62: 0.0, 87: 0.5**0.5}


class HearingTests(TestCase):
    """chatr.media.recordings.hearing"""

    def setUp(self) -> None:
        self.path = Path(self.mktemp())
        self.media = Media(reactor, FilesSettings())
        self.addCleanup(self.media.stop)

    async def hear(self, content: bytes) -> Heard:
        self.path.write_bytes(content)
        return await self.media.waveform(self.path)

    async def refused(self, content: bytes) -> None:
        """Assert that it can't be heard."""
        await self.assertFailure(Deferred.fromCoroutine(self.hear(content)), Unparsed)

    async def test_recordings(self) -> None:
        """Each format gives the right duration and bars, also as a recorder in a browser writes it, and in stereo."""
        ways = [(kind, 1, False) for kind in made.SOUNDS] + [("webm", 1, True), ("ogg", 2, True), ("wav", 2, False)]
        for kind, channels, live in ways:
            heard = await self.hear(made.sound(kind, 2.0, loud, channels=channels, live=live))
            self.assertApproximates(heard.duration_s, 2.0, 0.05, kind)
            self.assertEqual((len(heard.bars), max(heard.bars)), (BARS, 1.0))
            for number, expected in EXPECTED.items():
                self.assertApproximates(heard.bars[number], expected, 0.08, f"{kind} {number}")
        self.assertEqual(self.media._listeners.started, 1)

    async def test_film(self) -> None:
        """What is to be heard in a film counts; a film without sound has nothing."""
        self.assertEqual((await self.hear(made.film([made.picture()] * 3, sounds=True))).bars, [0.0] * BARS)
        await self.refused(made.film([made.picture()] * 3, sounds=False))

    async def test_broken(self) -> None:
        """What is broken a little is heard; what is broken, or none, is not; the next is not disturbed."""
        whole = made.sound("ogg", 6.0, loud)
        bruised = bytearray(whole)
        bruised[len(whole) // 2 : len(whole) // 2 + 200] = bytes(200)
        self.assertApproximates((await self.hear(bytes(bruised))).duration_s, 6.0, 0.05)
        self.assertApproximates((await self.hear(whole[: len(whole) // 2])).duration_s, 3.0, 1.1)
        for content in (
            b"",
            b"hello",
            whole[:50],
            b"OggS" + bytes(1000),
            b"ID3" + b"\xff" * 5000,
            made.image("PNG", made.picture()),
        ):
            await self.refused(content)
        self.assertApproximates((await self.hear(whole)).duration_s, 6.0, 0.05)

    async def test_memory(self) -> None:
        """While 100 MB are listened to, chatr itself does not grow."""
        size = 100 * MIB
        head = struct.pack(
            "<4sL4s4sLHHLLHH4sL", b"RIFF", size + 36, b"WAVE", b"fmt ", 16, 1, 2, 48000, 192000, 4, 16, b"data", size
        )
        await self.hear(made.sound("wav", 0.5, loud))
        self.path.write_bytes(head)
        with self.path.open("r+b") as file:
            file.truncate(size + len(head))
        before = peak_bytes(reset=True)
        heard = await self.media.waveform(self.path)
        self.assertApproximates(heard.duration_s, size / 192000, 0.01)
        self.assertEqual(heard.bars, [0.0] * BARS)
        self.assertLess(peak_bytes() - before, 16 * MIB)


class LoudnessTests(SynchronousTestCase):
    """chatr.media.recordings.loudness"""

    def test_long(self) -> None:
        """However long it is, there are few windows, and the bars are right."""
        loudness = Loudness()
        for number in range(36000):
            loud = 0.4 if number < 18000 else 0.1
            loudness.add(number * 0.1, 0.1, [loud, -loud] * 5, 1.0)
        bars = loudness.bars(3600.0)
        for number, expected in {0: 1.0, 30: 1.0, 49: 1.0, 51: 0.5, 80: 0.5, 99: 0.5}.items():
            self.assertApproximates(bars[number], expected, 0.01)
        self.assertLess(len(loudness._energy), 5000)

    def test_short(self) -> None:
        """What is shorter than its bars gives a hundred all the same; nothing, and silence, give none."""
        loudness = Loudness()
        self.assertEqual(loudness.bars(0.0), [0.0] * BARS)
        loudness.add(0.0, 0.002, [0.00001] * 10, 1.0)
        self.assertEqual(loudness.bars(0.002), [0.0] * BARS)
        loudness.add(0.0, 0.002, [1.0] * 10, 1.0)
        self.assertEqual(loudness.bars(0.002), [1.0] * BARS)

    def test_nonsense(self) -> None:
        """Samples that are no numbers, or beyond all bounds, are silent."""
        loudness = Loudness()
        for number, sample in enumerate((float("nan"), float("inf"), 1e30)):
            loudness.add(number * 0.1, 0.1, [sample] * 10, 1.0)
        loudness.add(0.3, 0.1, [1.0] * 10, 1.0)
        bars = loudness.bars(0.4)
        self.assertEqual([bars[at] for at in (0, 25, 50, 75)], [0.0, 0.0, 0.0, 1.0])
