"""Files in what goes out: their links are signed at the door, for whoever gets them, wherever in an answer they are."""

from __future__ import annotations

import typing
from collections.abc import Callable
from functools import cache
from operator import is_not
from typing import Any, TypeAlias, TypeVar

import msgspec
from msgspec import UNSET

from chatr.api.model import File, Thumbnails, Wire

#: Makes a path on this server into a link that opens for a while.
Sign: TypeAlias = Callable[[str], str]
_T = TypeVar("_T")


def signed(value: _T, sign: Sign) -> _T:
    """Make an answer or an event with its links signed: the same one when there is no file in it."""
    made: _T = _signed(value, sign)
    return made


def file(unsigned: File, sign: Sign) -> File:
    """Make a file with its links signed."""
    small = unsigned.thumbnails
    return msgspec.structs.replace(
        unsigned,
        url=sign(unsigned.url),
        thumbnails=Thumbnails(sm=sign(small.sm), md=sign(small.md)) if small is not UNSET else UNSET,
    )


def _signed(value: Any, sign: Sign) -> Any:
    kind: Any = type(value)
    if kind is File:
        return file(value, sign)
    if kind is list:
        # What is JSON already has no file: store/messages/history.py.
        made = [each if type(each) is msgspec.Raw else _signed(each, sign) for each in value]
        return made if any(map(is_not, made, value)) else value
    changes = {}
    for name in _places(kind):
        old = getattr(value, name)
        if old is not UNSET and old is not None and (new := _signed(old, sign)) is not old:
            changes[name] = new
    return msgspec.structs.replace(value, **changes) if changes else value


@cache
def _places(kind: Any) -> tuple[str, ...]:
    """The fields of a struct in which a file may be."""
    if not (isinstance(kind, type) and issubclass(kind, msgspec.Struct)):
        return ()
    hints = typing.get_type_hints(kind)
    return tuple(name for name in kind.__struct_fields__ if _may_hold(hints[name]))


def _may_hold(hint: Any) -> bool:
    if hint is File or hint is Wire:
        # Of the base alone nobody can tell: a log's entries carry whatever their event does.
        return True
    if arguments := typing.get_args(hint):
        return any(map(_may_hold, arguments))
    return bool(_places(hint)) if isinstance(hint, type) else False
