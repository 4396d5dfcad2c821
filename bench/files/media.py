"""``python -m bench.files.media [--hour]``: what looking into files costs, whom a flood of bombs holds up. Chatr alone.

First single files: the time from the call to the answer, by one worker that runs already. Then one account's small
images one after the other, alone and while another account always has eight bombs waiting: the time of each, and how
late the reactor is. Last what chatr itself grows by while a recording of 200 MB is listened to. ``--hour``: also a
recording of an hour, which takes a while to make.
"""

from __future__ import annotations

import statistics
import struct
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

from PIL import Image
from twisted.internet import reactor
from twisted.internet.defer import Deferred, ensureDeferred
from twisted.internet.task import LoopingCall, react

from chatr.config.files import FilesSettings
from chatr.media.asked import Unsupported
from chatr.media.looking import Media
from tests.media import hostile, made
from tests.media.memory import peak_bytes

MIB = 1 << 20
LOOKS, FLOOD = 150, 8
TURN_S = 0.005


class Desk:
    """Files in a directory of their own, and whoever looks at them."""

    def __init__(self, folder: Path, media: Media) -> None:
        self.folder = folder
        self.media = media
        self._count = 0

    def file(self, name: str, content: bytes) -> Path:
        path = self.folder / name
        path.write_bytes(content)
        return path

    async def look(self, path: Path, key: str = "me") -> float:
        """How long it takes, in seconds; what is refused takes its time too."""
        self._count += 1
        into = self.folder / f"into{self._count}"
        into.mkdir()
        begun = time.perf_counter()
        try:
            await self.media.look(path, path.name, "file", into, key=key)
        except Unsupported:
            pass
        return time.perf_counter() - begun


def _photo(width: int, height: int) -> Image.Image:
    """Something with edges, gradients and noise."""
    noise = Image.effect_noise((width // 4, height // 4), 60).resize((width, height))
    slope = Image.linear_gradient("L").resize((width, height))
    return Image.merge("RGB", (noise, slope, slope.transpose(Image.Transpose.ROTATE_180)))


def _pictures() -> list[Image.Image]:
    """Ten seconds of a small film."""
    photo = _photo(1280 + 50, 720)
    return [photo.crop((number, 0, number + 1280, 720)) for number in range(50)]


async def _single(desk: Desk, hour: bool) -> None:
    await desk.look(desk.file("first.png", made.image("PNG", made.picture((8, 8)))))
    for text, name, content in (
        ("JPEG of 12 megapixels", "a.jpg", made.image("JPEG", _photo(4000, 3000), quality=92)),
        ("PNG", "a.png", made.image("PNG", _photo(1900, 1400))),
        ("WebP of 12 megapixels", "a.webp", made.image("WEBP", _photo(4000, 3000))),
        (
            "webm of 10 s, 720p",
            "a.webm",
            made.film(_pictures(), rate=5, options={"deadline": "realtime", "cpu-used": "8"}),
        ),
    ):
        path = desk.file(name, content)
        took = [await desk.look(path) for _ in range(5)]
        print(f"look, {text}, {len(content) / 1e6:.1f} MB: {statistics.median(took):.2f} s")
    for minutes in (1, 60) if hour else (1,):
        content = made.sound("webm", 60.0 * minutes, lambda at: 0.1 + 0.8 * (at % 1))
        path = desk.file("a.webm", content)
        begun = time.perf_counter()
        await desk.media.waveform(path)
        print(f"waveform, {minutes} min of Opus, {len(content) / 1e6:.1f} MB: {time.perf_counter() - begun:.2f} s")


async def _beside(desk: Desk) -> None:
    small = desk.file("small.jpg", made.image("JPEG", _photo(1600, 1200)))
    bombs = [desk.file(name, content) for name, content in _bombs()]
    alone, turns = await _series(desk, small)
    _print("alone", alone, turns)
    flooding = [True]
    flood = [ensureDeferred(_flood(desk, bombs[number % len(bombs) :] + bombs, flooding)) for number in range(FLOOD)]
    among, late = await _series(desk, small)
    flooding.clear()
    _print("in a flood", among, late)
    ratios = [_p(ours, 99) / _p(before, 99) for ours, before in ((among, alone), (late, turns))]
    print(f"p99 in a flood ÷ alone: looks {ratios[0]:.2f}, turns of the reactor {ratios[1]:.2f}")
    counts = [await each for each in flood]
    print(f"bombs meanwhile: {sum(counts)}")


def _bombs() -> Iterator[tuple[str, bytes]]:
    yield "a.bomb.png", hostile.bomb(30_000, 30_000)
    yield "b.bomb.png", made.image("PNG", Image.new("1", (7000, 7000)))
    yield "c.bomb.jpg", hostile.endless_jpeg(7000)
    yield "d.bomb.gif", made.image("GIF", Image.new("L", (7000, 7000)))


async def _flood(desk: Desk, bombs: list[Path], flooding: list[bool]) -> int:
    count = 0
    while flooding:
        await desk.look(bombs[count % len(bombs)], key="stranger")
        count += 1
    return count


async def _series(desk: Desk, path: Path) -> tuple[list[float], list[float]]:
    """Times of some looks one after the other, and how late the reactor was meanwhile, in seconds."""
    late: list[float] = []
    last = [time.perf_counter()]

    def turn() -> None:
        now = time.perf_counter()
        late.append(now - last[0])
        last[0] = now

    turning = LoopingCall(turn)
    turning.start(TURN_S)
    try:
        return [await desk.look(path) for _ in range(LOOKS)], late
    finally:
        turning.stop()


def _p(values: list[float], percent: int) -> float:
    return statistics.quantiles(values, n=100)[percent - 1]


def _print(what: str, looks: list[float], turns: list[float]) -> None:
    print(
        f"look at a photo of 2 megapixels, {what}: p50 {_p(looks, 50) * 1e3:.0f} ms, p99 {_p(looks, 99) * 1e3:.0f} ms; "
        f"a turn of the reactor every 5 ms: p50 {_p(turns, 50) * 1e3:.1f} ms, p99 {_p(turns, 99) * 1e3:.1f} ms"
    )


async def _growth(desk: Desk) -> None:
    size = 200 * MIB
    form = struct.pack("<4sLHHLLHH", b"fmt ", 16, 1, 2, 48000, 192000, 4, 16)
    path = desk.file(
        "a.wav", struct.pack("<4sL4s", b"RIFF", size + 36, b"WAVE") + form + struct.pack("<4sL", b"data", size)
    )
    with path.open("r+b") as file:
        file.truncate(size + 44)
    for what, doing in (("looked at", desk.look), ("listened to", desk.media.waveform)):
        before = peak_bytes(reset=True)
        await _done(doing, path)
        print(f"chatr grows by {(peak_bytes() - before) / MIB:.1f} MiB while 200 MiB are {what}")


async def _done(doing: Callable[[Path], Awaitable[Any]], path: Path) -> None:
    await doing(path)


async def _main(hour: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        media = Media(reactor, FilesSettings(worker_deadline_s=5.0))
        desk = Desk(Path(folder), media)
        try:
            await _growth(desk)
            await _single(desk, hour)
            await _beside(desk)
        finally:
            await media.stop()


if __name__ == "__main__":
    react(lambda _: Deferred.fromCoroutine(_main("--hour" in sys.argv)))
