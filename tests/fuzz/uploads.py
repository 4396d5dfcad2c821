"""Targets: forms with files, their names, and what clients say of uploads and of the parts that they want."""

from __future__ import annotations

from itertools import pairwise

from chatr.api.errors import ApiError
from chatr.files import names
from chatr.rest.http.conditions import Unsatisfiable, knows, part_of
from chatr.rest.transfers import multipart, tus_headers
from tests.fuzz.harness import Bound, Target
from tests.fuzz.previews import _of
from tests.rest.transfers.operations import FILE, form

_FORM_PARTS = (
    *(b"--xyz", b"\r\n", b"--", b"\r", b"\n", b"\r\n--xyz\r\n", b"\r\n--xyz--", b"Content-Disposition: form-data; "),
    *(
        b'name="file"',
        b'; filename="a"',
        b"; filename*=UTF-8''%ff",
        b"Content-Type: multipart/mixed",
        b'"',
        b"\\",
        b";",
    ),
    *(b"=", b": ", b"x: y\r\n", b" folded", b"\x00", b"\xff", b'name="type"', b"%22", b"Content-Length: 3\r\n"),
)
_NAME_PARTS = (
    *(b"/", b"\\", b"..", b".", b"a", b"\x00", b"\xe2\x80\xae", b"\xcc\x81", b"\xf0\x9f\x98\x80", b".jpg", b" "),
    *(b'form-data; filename="', b"form-data; filename*=utf-8''", b"%", b"%2f", b"%ff", b'"', b";", b"=", b"'"),
)
_HEADER_PARTS = (
    b"filename ",
    b"dGVzdA==",
    b",",
    b" ",
    b"=",
    b"bytes=",
    b"0-",
    b"-",
    b"9" * 20,
    b'"',
    b"W/",
    b"*",
    b"\xff",
)


class _Nowhere:
    """Takes the file of a form, and keeps nothing."""

    def begins(self, name: str, media_type: str) -> None:
        if len(name.encode()) > names.MAX_NAME_BYTES:
            raise AssertionError("the name is too long")

    def write(self, data: bytes) -> None:
        """Nothing."""


def _form(data: bytes) -> None:
    """As a body that comes in three pieces, and then byte by byte at its end."""
    form = multipart.MultipartForm("xyz", "file", _Nowhere())
    ends = sorted([0, len(data) // 3, len(data) * 2 // 3, max(0, len(data) - 200)])
    for start, end in pairwise(ends):
        form.feed(data[start:end])
    for at in range(ends[-1], len(data)):
        form.feed(data[at : at + 1])
    form.close()


def _head(data: bytes) -> None:
    """As the headers of a part."""
    _form(b"--xyz\r\n" + data + b"\r\n\r\nx\r\n--xyz--")


def _content_type(data: bytes) -> None:
    multipart.boundary_of("multipart/form-data" + data.decode("latin-1"))


def _name(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    for name in (names.clean(text), names.of_disposition(text)):
        if name and (len(name.encode()) > names.MAX_NAME_BYTES or set(name) & set("/\\\0\r\n") or not name.strip(".")):
            raise AssertionError(f"keeps {name!r}")
        names.disposition(name, inline=True).encode("ascii")


def _said(data: bytes) -> None:
    tus_headers.metadata_of(data.decode("utf-8", "replace"))


def _wanted(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    knows(text, '"t"')
    found = part_of(text, None, '"t"', 10)
    if found is not None and not 0 <= found[0] < found[1] <= 10:
        raise AssertionError(f"the part {found}")


def _target(name: str, run: object, *corpus: bytes, parts: tuple[bytes, ...], max_bytes: int = 16 * 1024) -> Target:
    return Target(
        name=f"uploads-{name}",
        run=run,  # type: ignore[arg-type]
        refuses=(ApiError, Unsatisfiable),
        corpus=corpus,
        hostile=(_of(*parts),),
        max_bytes=max_bytes,
        bound=Bound(ns_per_byte=2_000.0),
    )


_PARTS = ((FILE, b"hello\r\n"), ('name="type"', b"x"))

TARGETS: tuple[Target, ...] = (
    _target("form", _form, form(*_PARTS), form(*_PARTS[::-1]), parts=_FORM_PARTS, max_bytes=128 * 1024),
    _target("part", _head, b"Content-Disposition: form-data; " + FILE.encode(), parts=_FORM_PARTS),
    _target("content-type", _content_type, b"; boundary=xyz", b'; boundary="a b"', parts=(*_FORM_PARTS, b"boundary=")),
    _target("name", _name, b"../a.jpg", b"form-data; filename=\"x\"; filename*=UTF-8''%e2", parts=_NAME_PARTS),
    _target("metadata", _said, b"filename dGVzdA==,filetype ", parts=_HEADER_PARTS),
    _target("range", _wanted, b"bytes=0-3", b"bytes=-5", b'W/"t", "u"', parts=_HEADER_PARTS),
)
