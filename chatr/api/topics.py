"""Events, each declared once: on the struct that it carries."""

from __future__ import annotations

import inspect
import operator
import typing
from collections.abc import Callable, Iterable, Mapping
from functools import cache, reduce
from types import MappingProxyType
from typing import Any, Protocol, TypeVar

import msgspec

from chatr.api.model import Message, Wire

#: Who gets an event: people, in all sessions or in one; or everybody in a conversation, which of two may be by name.
USER = "user"
CONVERSATION = "conversation"
_ROOMS: Mapping[str, tuple[str, ...]] = {USER: ("user:", "session:"), CONVERSATION: ("conversation:", "user:")}

_MARK = "__chatr_event__"
Payload = TypeVar("Payload", bound=type[Wire])
Facts = TypeVar("Facts", contravariant=True)


class Logged(Protocol[Facts]):
    """What an event carries that is an entry of a conversation's log too, always about a message.

    The log keeps the facts alone, which never change. All else is read from the message as it is when it is told or
    read: an edited or unsent text does not live on in the log.
    """

    @classmethod
    def entry(cls, seq: int, message: Message, facts: Facts, /) -> Wire:
        """Make what the entry ``seq`` says to whoever sees the message like this."""


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One server event: its name, whose rooms it goes to, and whether it may be dropped under pressure.

    ``payloads``: what it carries, one of these; of several the one with the most fields first, so that the first that
    fits is the right one.
    """

    name: str
    payloads: tuple[type[Wire], ...]
    audience: str
    doc: str
    ephemeral: bool

    @property
    def topic(self) -> str:
        """The WAMP topic."""
        return "chatr." + self.name

    @property
    def payload(self) -> Any:
        """The payload's type: a struct, or a union of some."""
        return reduce(operator.or_, self.payloads)

    @property
    def logged(self) -> type[Logged[Any]] | None:
        """The payload that makes entries of a conversation's log; None when the event is none."""
        found: Any = self.payloads[0]
        return found if hasattr(found, "entry") else None

    @property
    def facts(self) -> Any:
        """The type of what the log keeps of it."""
        return _hints(self.logged)["facts"]

    @property
    def entries(self) -> tuple[Any, ...]:
        """What its entries in a log carry: one of these."""
        kind = _hints(self.logged)["return"]
        return tuple(self.logged if each is typing.Self else each for each in typing.get_args(kind) or (kind,))

    def check(self, rooms: Iterable[str]) -> None:
        """Raise TypeError for a room that is none of its audience: one person's news in a conversation, above all."""
        kinds = _ROOMS[self.audience]
        for room in rooms:
            if not room.startswith(kinds):
                raise TypeError(f"{self.name} is for {self.audience} rooms, not {room}")


@cache
def _hints(logged: type[Logged[Any]]) -> dict[str, Any]:
    """How :meth:`Logged.entry` is annotated."""
    return typing.get_type_hints(logged.entry)


def event(
    name: str, audience: str, doc: str, *, ephemeral: bool = False, also: tuple[type[Wire], ...] = ()
) -> Callable[[Payload], Payload]:
    """Declare a struct as what an event carries, or ``also`` one of these; the struct itself is unchanged."""

    def declare(payload: Payload) -> Payload:
        record = Event(name=name, payloads=(payload, *also), audience=audience, doc=doc, ephemeral=ephemeral)
        for each in record.payloads:
            setattr(each, _MARK, record)
        return payload

    return declare


def event_of(payload: type) -> Event:
    """The event that carries such a payload. Raises TypeError when none does."""
    # What is derived from a payload is another.
    record = vars(payload).get(_MARK)
    if not isinstance(record, Event):
        raise TypeError(f"{payload.__name__} is carried by no event")
    return record


def declared(module: Mapping[str, Any]) -> Mapping[str, Event]:
    """All events that are declared in a module, by name, in its order."""
    found: dict[str, Event] = {}
    for value in module.values():
        record = vars(value).get(_MARK) if inspect.isclass(value) else None
        if isinstance(record, Event) and found.setdefault(record.name, record) is not record:
            raise TypeError(f"event {record.name}: declared twice")
    return MappingProxyType(found)
