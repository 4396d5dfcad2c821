"""What a file begins as: the family that its first bytes belong to, of those that may be sent.

Whatever is none of these is none of ours, so there is no list of what is bad. What a family's parser makes of the rest
decides further: nothing is taken for what it merely begins like.
"""

from __future__ import annotations

import codecs
import re

#: Of a file, to begin with.
HEAD_BYTES = 4096

_PLAIN = (
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"OggS\x00", "ogg"),
    (b"fLaC", "flac"),
    *((b"ID3" + bytes([version]), "mp3") for version in (2, 3, 4)),
    (b"%PDF-1.", "pdf"),
    (b"%PDF-2.", "pdf"),
    (b"PK\x03\x04", "zip"),
    # Without anything in it.
    (b"PK\x05\x06", "zip"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"),
)
_RIFF = {b"WEBP": "webp", b"WAVE": "wav"}
_EBML, _DOC_TYPE = b"\x1a\x45\xdf\xa3", b"\x42\x82"
_WEBM = b"webm"
#: What movies begin with that are older than ``ftyp``.
_OLD_MOVIE = (b"moov", b"mdat", b"wide")
_QUICKTIME = b"qt  "
_AVIF = {b"avif", b"avis"}
_BRANDS = {
    *(b"M4A ", b"M4B ", b"M4V ", b"mp41", b"mp42", b"mp71", b"isom", b"avc1", b"dash", b"MSNV", b"f4v "),
    *(b"iso%d" % number for number in range(2, 10)),
    *(b"3gp%d" % number for number in range(4, 8)),
}
#: What browsers would take for a page, a drawing or a program, where a text begins.
_MARKUP = re.compile(
    rb"<(?:!doctype|\?xml|\?php|%|(?:html|head|body|script|svg|iframe|style|title|meta|link|object|embed|math|xml)\b)",
    re.IGNORECASE,
)
_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)


def family(head: bytes) -> str | None:
    """What a file begins as, by its first :data:`HEAD_BYTES`; None: nothing that may be sent."""
    for start, name in _PLAIN:
        if head.startswith(start):
            return name
    if head.startswith(b"RIFF"):
        return _RIFF.get(head[8:12])
    if head.startswith(_EBML):
        return "matroska" if _doc_type(head) == _WEBM else None
    if head[4:8] == b"ftyp":
        return _movie(head)
    if head[4:8] in _OLD_MOVIE:
        return "quicktime"
    if _is_mpeg_audio(head):
        return "mp3"
    return "text" if is_text_start(head) else None


def is_text_start(head: bytes) -> bool:
    """Whether this begins as text does, and not as what browsers would run. That it goes on so is looked at later."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        head = head[: len(head) & ~1].decode("utf-16", "replace").encode()
    if b"\x00" in head:
        return False
    text = head.removeprefix(codecs.BOM_UTF8).lstrip()
    while found := _COMMENT.match(text):
        text = text[found.end() :].lstrip()
    # One whose end is not to be seen hides what comes then.
    return _MARKUP.match(text) is None and not text.startswith(b"<!--")


def _doc_type(head: bytes) -> bytes:
    """What an EBML header (RFC 8794, 11.2.4) says that the document is."""
    at = head.find(_DOC_TYPE, len(_EBML), 64)
    if at < 0:
        return b""
    size = head[at + 2] & 0x7F if len(head) > at + 2 else 0
    return head[at + 3 : at + 3 + size].rstrip(b"\x00")


def _movie(head: bytes) -> str | None:
    """By the brands of an ISO base media file (ISO/IEC 14496-12, 4.3)."""
    end = min(int.from_bytes(head[:4], "big"), len(head))
    brands = [head[8:12], *(head[at : at + 4] for at in range(16, end - 3, 4))]
    # A still picture with a moving one as well says so by its major brand.
    if brands[0] in _AVIF or (brands[0] in (b"mif1", b"msf1") and _AVIF & set(brands)):
        return "avif"
    if brands[0] == _QUICKTIME:
        return "quicktime"
    return "mp4" if _BRANDS & set(brands) else None


def _is_mpeg_audio(head: bytes) -> bool:
    """Whether a frame of MPEG audio begins here (ISO/IEC 11172-3, 2.4.1.3): layer III or II, no reserved value."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return False
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    bitrate, rate = head[2] >> 4, head[2] >> 2 & 3
    return version != 1 and layer in (1, 2) and 0 < bitrate < 15 and rate != 3
