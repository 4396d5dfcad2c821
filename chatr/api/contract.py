"""The contract: every operation as frozen data, declared once and served by both doors, and every event."""

from __future__ import annotations

import inspect
import re
import typing
from collections.abc import Awaitable, Callable, Iterable, Mapping
from types import MappingProxyType, ModuleType
from typing import Any, Literal, TypeVar

import msgspec

from chatr.api.errors import COMMON_ERRORS, ERRORS
from chatr.api.topics import Event

USERS = frozenset({"user", "support", "admin"})
GUESTS = USERS | {"guest"}
PUBLIC = GUESTS | {"anonymous"}

_NAME = re.compile(r"^[a-z_]+\.[a-z_]+$")
_VARIABLE = re.compile(r"<([A-Za-z]+)>")
Function = TypeVar("Function", bound=Callable[..., Awaitable[Any]])


class Upload(msgspec.Struct, frozen=True):
    """What comes with a call as ``multipart/form-data``: a file in the part ``field``; parameters are further parts.

    ``limit`` names the setting of [files] that says how large it may be. ``hashed``: whether its SHA-256 is wanted.
    """

    field: str
    limit: Literal["max_bytes", "max_avatar_bytes", "max_cover_bytes"] = "max_bytes"
    hashed: bool = False


class Route(msgspec.Struct, frozen=True):
    """Where REST serves an operation: verb, path under ``/api`` with ``<camelCase>`` variables, success status.

    One with an ``upload`` is served by REST alone.
    """

    verb: str
    path: str
    status: int = 200
    aliases: tuple[str, ...] = ()
    upload: Upload | None = None

    @property
    def variables(self) -> tuple[str, ...]:
        """Names of the path variables, as the parameter struct spells them on the wire."""
        return tuple(_VARIABLE.findall(self.path))

    @property
    def reads(self) -> bool:
        """Whether the operation only reads: it may be stopped at any time. A mutation that has begun completes."""
        return self.verb == "GET"


class Rate(msgspec.Struct, frozen=True):
    """A limit: at most ``count`` calls in any ``per_s`` seconds.

    ``subject`` names the parameter that says whom a public call is about: it is counted for them too, whatever
    addresses the calls come from. Never where the owner needs the call and a stranger may make it: the stranger would
    use up the owner's share. Operations with the same ``group`` are counted together.
    """

    count: int
    per_s: float
    subject: str = ""
    group: str = ""


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One operation: what it is called, who may call it, what goes in and out, and the function that does it."""

    name: str
    route: Route
    who: frozenset[str]
    params: type[msgspec.Struct]
    result: Any
    errors: frozenset[str]
    rate: Rate
    run: Callable[..., Awaitable[Any]]
    since: str
    deprecated: str = ""

    @property
    def procedure(self) -> str:
        """The WAMP procedure."""
        return "chatr." + self.name

    @property
    def doc(self) -> str:
        """The public description: the function's docstring."""
        return inspect.cleandoc(self.run.__doc__ or "")


class Contract(msgspec.Struct, frozen=True, eq=False):
    """All operations and events by name. No two are the same: what is made of one can be kept by it."""

    operations: Mapping[str, Operation]
    events: Mapping[str, Event]

    @property
    def procedures(self) -> list[Operation]:
        """The operations that WAMP serves too, by name."""
        return sorted((each for each in self.operations.values() if not each.route.upload), key=lambda each: each.name)


class ContractError(Exception):
    """The declarations contradict each other or themselves; the message names the operation."""


#: Of all operations together that have none of their own.
DEFAULT_RATE = Rate(600, 60, group="everything else")
_MARK = "__chatr_operation__"


def operation(
    name: str,
    route: Route,
    who: frozenset[str],
    *,
    errors: Iterable[str] = (),
    rate: Rate = DEFAULT_RATE,
    since: str = "0.1",
    deprecated: str = "",
) -> Callable[[Function], Function]:
    """Declare an async function ``(ctx, params) -> result`` as an operation; the function itself is unchanged."""

    def declare(function: Function) -> Function:
        hints = typing.get_type_hints(function)
        record = Operation(
            name=name,
            route=route,
            who=who,
            params=hints["params"],
            result=hints["return"],
            errors=frozenset(errors),
            rate=rate,
            run=function,
            since=since,
            deprecated=deprecated,
        )
        setattr(function, _MARK, record)
        return function

    return declare


def build(modules: Iterable[ModuleType], events: Mapping[str, Event]) -> Contract:
    """Collect the operations declared in ``modules``; raises :class:`ContractError` on any contradiction."""
    operations: dict[str, Operation] = {}
    routes: dict[tuple[str, str], str] = {}
    for module in modules:
        for function in vars(module).values():
            record = getattr(function, _MARK, None)
            if isinstance(record, Operation) and function.__module__ == module.__name__:
                _check(record)
                _claim(routes, record)
                if operations.setdefault(record.name, record) is not record:
                    raise ContractError(f"{record.name}: declared twice")
    return Contract(MappingProxyType(operations), events)


def _check(record: Operation) -> None:
    if not _NAME.match(record.name):
        raise ContractError(f"{record.name}: a name is <noun>.<verb> in snake_case")
    unknown = (record.errors - ERRORS.keys()) | (record.errors & COMMON_ERRORS)
    if unknown:
        raise ContractError(f"{record.name}: errors unknown or common to all: {sorted(unknown)}")
    if not record.doc:
        raise ContractError(f"{record.name}: its docstring is the public reference and is missing")
    fields = {field.encode_name for field in msgspec.structs.fields(record.params)}
    missing = set(record.route.variables) - fields
    if missing:
        raise ContractError(f"{record.name}: path variables {sorted(missing)} are not fields of {record.params}")
    if record.rate.subject and record.rate.subject not in fields:
        raise ContractError(f"{record.name}: its rate counts by {record.rate.subject}, which is no parameter")


def _claim(routes: dict[tuple[str, str], str], record: Operation) -> None:
    for path in (record.route.path, *record.route.aliases):
        key = (record.route.verb, _VARIABLE.sub("<>", path))
        if routes.setdefault(key, record.name) != record.name:
            raise ContractError(f"{record.name}: {record.route.verb} {path} is taken by {routes[key]}")
