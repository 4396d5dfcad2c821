"""The headers of tus 1.0: what they say, strictly."""

from __future__ import annotations

import binascii
import re
from base64 import b64decode

import msgspec

from chatr.api.errors import ApiError
from chatr.rest.http.headers import Headers, HttpRefusal
from chatr.rest.http.request import ChatrRequest

VERSION = "1.0.0"
RESUMABLE = ("Tus-Resumable", VERSION)
CONTENT_TYPE = "application/offset+octet-stream"
ALGORITHMS = ("sha1", "sha256")
MAX_METADATA_CHARS = 8192
_EXTENSIONS = "creation,creation-with-upload,termination,checksum,expiration"
#: As many digits as any length has.
_DIGITS = re.compile(r"[0-9]{1,15}")
_KEY = re.compile(r"[!-+\--~]{1,64}")


class Checksum(msgspec.Struct, frozen=True):
    """What the bytes of a request are to have."""

    algorithm: str
    digest: bytes


def capabilities(max_bytes: int) -> Headers:
    """What is offered here."""
    return [
        RESUMABLE,
        ("Tus-Version", VERSION),
        ("Tus-Extension", _EXTENSIONS),
        ("Tus-Max-Size", str(max_bytes)),
        ("Tus-Checksum-Algorithm", ",".join(ALGORITHMS)),
    ]


def check_version(request: ChatrRequest) -> None:
    """Refuse (412) another version of the protocol, or none."""
    if request.getHeader("tus-resumable") != VERSION:
        more = [RESUMABLE, ("Tus-Version", VERSION)]
        raise HttpRefusal(412, f"Tus-Resumable is to be {VERSION}", more=more)


def check_content_type(request: ChatrRequest) -> None:
    """Refuse bytes of another type than the protocol's. Raises ``unsupported_media``."""
    if (request.getHeader("content-type") or "").strip().lower() != CONTENT_TYPE:
        raise ApiError("unsupported_media", f"Send bytes as {CONTENT_TYPE}")


def length_of(request: ChatrRequest) -> int:
    """How long the upload will be. Raises ``invalid``."""
    if request.getHeader("upload-defer-length") is not None:
        raise ApiError("invalid", "Upload-Defer-Length is not offered: send Upload-Length")
    length = _number(request, "upload-length")
    if not length:
        raise ApiError("invalid", "Upload-Length: a file has at least one byte")
    return length


def offset_of(request: ChatrRequest) -> int:
    """Where the bytes belong. Raises ``invalid``."""
    return _number(request, "upload-offset")


def checksum_of(request: ChatrRequest) -> Checksum | None:
    """What the bytes are to be checked by, if anything. Raises ``invalid``."""
    header = request.getHeader("upload-checksum")
    if header is None:
        return None
    algorithm, _, encoded = header.partition(" ")
    if algorithm not in ALGORITHMS:
        raise ApiError("invalid", f"Upload-Checksum: the algorithm is one of {', '.join(ALGORITHMS)}")
    return Checksum(algorithm, _decoded(encoded, "Upload-Checksum"))


def metadata_of(header: str) -> dict[str, str]:
    """The pairs of Upload-Metadata. Raises ``invalid``."""
    if len(header) > MAX_METADATA_CHARS:
        raise ApiError("invalid", f"Upload-Metadata has at most {MAX_METADATA_CHARS} characters")
    found: dict[str, str] = {}
    for pair in header.split(",") if header.strip() else ():
        key, _, encoded = pair.strip().partition(" ")
        if not _KEY.fullmatch(key) or key in found:
            raise ApiError("invalid", "Upload-Metadata: keys are ASCII, without spaces, and each is there once")
        try:
            found[key] = _decoded(encoded.strip(), "Upload-Metadata").decode()
        except UnicodeDecodeError:
            raise ApiError("invalid", f"Upload-Metadata: {key} is not valid UTF-8") from None
    return found


def _number(request: ChatrRequest, name: str) -> int:
    header = request.getHeader(name) or ""
    if not _DIGITS.fullmatch(header):
        raise ApiError("invalid", f"{name.title()} is to be a number of bytes")
    return int(header)


def _decoded(encoded: str, what: str) -> bytes:
    try:
        return b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise ApiError("invalid", f"{what} is not valid Base64") from None
