"""Targets: files that people send, as a worker process looks at them."""

from __future__ import annotations

from random import Random

from chatr.media import papers, seeing, sniffing
from chatr.media.asked import Look, Unsupported
from chatr.media.kinds import of_family
from chatr.media.pictures import gifs, webps
from chatr.media.processes.frames import Said, Want
from chatr.media.processes.handed import Handed
from chatr.media.recordings import hearing
from tests.fuzz.harness import Bound, Hostile, Target
from tests.media import made

_PICTURE = made.picture((16, 12))
_MOVING = {"save_all": True, "append_images": [_PICTURE.rotate(90)], "duration": 50}
_GIF = made.image("GIF", _PICTURE, **_MOVING)
_WEBP = made.image("WEBP", _PICTURE, **_MOVING)
_PAPERS = [
    made.archive("[Content_Types].xml", "word/document.xml"),
    made.compound("WordDocument", "a", "b", "c", "d"),
    "größer; als\r\n".encode(),
    "<b>a</b>".encode("utf-16"),
    b"<!-- a --> text",
]
_BLOCKS = (
    b"\x21\xf9\x04\x00\x05\x00\x00\x00",
    b"\x21\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00",
    b"\x21\xfe\x01a\x00",
    b"\x00",
)
_CHUNKS = (
    b"VP8X\x0a\x00\x00\x00",
    b"ANIM\x06\x00\x00\x00",
    b"ANMF\xff\x00\x00\x00",
    b"VP8L\x00\x00\x00\x00",
    b"\x00" * 8,
)
_COMMENTS = (b"<!--", b"-->", b" ", b"\n", b"a", b"<", b"\xc3", b"\xef\xbb\xbf", b"PK\x05\x06")


def handed(content: bytes) -> Handed:
    """A file, as a worker has it; what is made of it goes nowhere."""

    def ask(said: Said) -> bytes:
        return content[said.offset : said.offset + said.size] if isinstance(said, Want) else b""

    return Handed(len(content), ask)


def _behind(head: bytes, parts: tuple[bytes, ...]) -> Hostile:
    def build(random: Random, size: int) -> bytes:
        """What a format begins with, and then many of its parts."""
        content = bytearray(head)
        while len(content) < size:
            content += random.choice(parts) * random.choice((1, 1, 2, 100))
        return bytes(content[:size])

    return build


def _paper(content: bytes) -> None:
    begins_as = sniffing.family(content[: sniffing.HEAD_BYTES])
    for end in ("", "docx", "doc", "txt"):
        may_be = of_family(begins_as or "", end)
        if may_be and may_be[0].kind == "file" and begins_as is not None:
            papers.look(handed(content).source, begins_as, may_be)


def _webp(content: bytes) -> None:
    webps.is_lossless(handed(content).source)
    webps.cleaned(handed(content).source)


def _whole(content: bytes) -> None:
    seeing.look(Look("", "file", 1_000_000), handed(content))


TARGETS = (
    Target(
        name="media.papers",
        run=_paper,
        refuses=(Unsupported,),
        corpus=_PAPERS,
        hostile=[_behind(b"", _COMMENTS), _behind(_PAPERS[0], _COMMENTS)],
        bound=Bound(base_ms=50.0),
    ),
    Target(
        name="media.gif",
        run=lambda content: gifs.cleaned(handed(content).source),
        refuses=(Unsupported,),
        corpus=[_GIF],
        hostile=[_behind(_GIF[:-1], _BLOCKS)],
        bound=Bound(ns_per_byte=10_000.0),
    ),
    Target(
        name="media.webp",
        run=_webp,
        refuses=(Unsupported,),
        corpus=[_WEBP],
        hostile=[_behind(_WEBP, _CHUNKS)],
        bound=Bound(ns_per_byte=10_000.0),
    ),
)

#: What libraries make of it, with whatever they raise: these must end, in bounds, and alive. For long runs alone.
LONG = (
    Target(
        name="media.images",
        run=_whole,
        refuses=(Exception,),
        corpus=[made.image(form, _PICTURE) for form in ("JPEG", "PNG", "WEBP", "AVIF")] + [_GIF, _WEBP],
        bound=Bound(base_ms=3000.0, base_bytes=256 << 20),
    ),
    Target(
        name="media.films",
        run=_whole,
        refuses=(Exception,),
        corpus=[
            made.film([_PICTURE] * 3),
            made.film([_PICTURE] * 3, form="mp4", encoder="libx264"),
            made.film([_PICTURE] * 3, form="mov", encoder="mpeg4"),
        ],
        bound=Bound(base_ms=3000.0, base_bytes=256 << 20),
    ),
    Target(
        name="media.recordings",
        run=lambda content: hearing.listened(handed(content).source),
        refuses=(Exception,),
        corpus=[made.sound(kind, 0.1, lambda _: 0.5) for kind in made.SOUNDS],
        bound=Bound(base_ms=3000.0, base_bytes=256 << 20),
    ),
)
