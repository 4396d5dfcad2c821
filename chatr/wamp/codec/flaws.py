"""What is wrong within a message that is well-formed otherwise, where, and whether its sender can be answered.

Whoever puts half an emoji into a text has made one bad call; the session and its other calls go on.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import chain, count
from typing import Any, NamedTuple, TypeAlias

import msgspec

from chatr.wamp.codec import wire
from chatr.wamp.codec.wire import MAX_ID, Incoming, WireError

#: Containers in containers, the message itself being the first. No payload of ours has a third of it.
MAX_DEPTH = 64
TOO_DEEP = f"data is nested more than {MAX_DEPTH} deep"
#: Values in one message. One on the wire can take a hundred times its bytes in memory: this bounds what that costs.
MAX_VALUES = 65_536
TOO_MANY = f"a message has at most {MAX_VALUES} values"
#: Of a path as a sentence shows it.
MAX_PATH_CHARS = 200

#: Where a value stands in a message: positions in arrays, keys of maps.
Path: TypeAlias = tuple[int | str, ...]

_LONE_SURROGATE = "contains a lone surrogate"
INVALID_URI, INVALID_ARGUMENT = "wamp.error.invalid_uri", "wamp.error.invalid_argument"
_OPTIONS, _URI, _ARGS, _KWARGS = 2, 3, 4, 5
#: Messages that are answered by their request id.
_ANSWERED = frozenset({wire.CALL, wire.PUBLISH, wire.SUBSCRIBE, wire.REGISTER})


class Flaw(NamedTuple):
    """The first value that is no data of ours, and what is wrong with it."""

    path: Path
    reason: str


class Unreadable(msgspec.Struct, frozen=True, kw_only=True):
    """A message with a flaw whose sender can be answered."""

    code: int
    request: int
    acknowledged: bool
    """Whether an answer is expected: not always by who publishes."""
    uri: str
    path: str
    """As errors name fields: ``$.content``."""
    reason: str


def unreadable(heads: Sequence[Any], flaw: Flaw) -> Unreadable:
    """What to answer to a message with a flaw. ``heads``: its first elements, as far as they come before the flaw.

    Raises :class:`WireError` when it can't be told which request it is, or when there is none.
    """
    code, request, options = (*map(wire.repaired, heads, range(3)), None, None, None)[:3]
    known = isinstance(code, int) and code in _ANSWERED and type(request) is int and 1 <= request <= MAX_ID
    if not known or not flaw.path:
        raise WireError(f"{flaw.reason}, at {_shown('$', flaw.path)}")
    wants_answer = code != wire.PUBLISH or (isinstance(options, dict) and options.get("acknowledge") is True)
    return Unreadable(
        code=code,
        request=request,
        acknowledged=wants_answer,
        uri=INVALID_URI if flaw.path[0] == _URI else INVALID_ARGUMENT,
        path=_field(flaw.path),
        reason=flaw.reason,
    )


def text_flaw(data: bytes) -> str:
    """What is wrong with the bytes of a text; nothing, if they are UTF-8."""
    try:
        data.decode()
    except UnicodeDecodeError:
        pass
    else:
        return ""
    try:
        data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return "is not valid UTF-8"
    return _LONE_SURROGATE


def find(value: Any) -> Flaw | None:
    """The first flaw in what a lenient decoder made of JSON: lone surrogates, and numbers that are infinite.

    Raises :class:`WireError` when it is nested too deeply or has too many values.
    """
    path: list[int | str] = []
    waiting = [_steps([value])]
    for _ in range(2 * MAX_VALUES):
        if not waiting:
            return None
        step, item = next(waiting[-1], (None, None))
        if step is None:
            waiting.pop()
            continue
        path[len(waiting) - 1 :] = [step]
        if isinstance(step, str) and not _is_text(step):
            return Flaw(tuple(path[1:-1]), f"a key {_LONE_SURROGATE}")
        reason = _scalar_flaw(item)
        if reason:
            return Flaw(tuple(path[1:]), reason)
        if isinstance(item, list | dict):
            if len(waiting) > MAX_DEPTH:
                raise WireError(TOO_DEEP)
            waiting.append(_steps(item))
    raise WireError(TOO_MANY)


def _steps(container: list[Any] | dict[str, Any]) -> Iterator[tuple[int | str, Any]]:
    return iter(container.items() if isinstance(container, dict) else enumerate(container))


def _scalar_flaw(value: Any) -> str:
    if isinstance(value, str) and not _is_text(value):
        return _LONE_SURROGATE
    if isinstance(value, float) and not math.isfinite(value):
        return "is a number out of range"
    return ""


def refuse_excess(message: Incoming) -> None:
    """Refuse a message that is nested too deeply or has too many values. Raises :class:`WireError`."""
    level: list[Any] = [getattr(message, field) for field in message.__struct_fields__]
    values = 0
    for depth in count(2):
        values += len(level)
        if values > MAX_VALUES:
            raise WireError(TOO_MANY)
        containers = [item for item in level if type(item) is dict or type(item) is list]
        if not containers:
            return
        if depth > MAX_DEPTH:
            raise WireError(TOO_DEEP)
        level = list(chain.from_iterable(item.values() if type(item) is dict else item for item in containers))


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _field(path: Path) -> str:
    """The field of a path. Keyword arguments, or the one positional object instead of them, are the root."""
    element, *rest = path
    if element == _ARGS and len(rest) > 1 and rest[0] == 0:
        del rest[0]
    elif element == _ARGS:
        return _shown("$args", rest)
    elif element == _OPTIONS:
        return _shown("$options", rest)
    elif element != _KWARGS:
        return "$"
    return _shown("$", rest)


def _shown(root: str, path: Sequence[int | str]) -> str:
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    shown = (root + "".join(steps))[:MAX_PATH_CHARS]
    # Keys are what the sender likes, and errors are for logs, too.
    return "".join(character if character.isprintable() else "\ufffd" for character in shown)
