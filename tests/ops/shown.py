"""Which operations and events show another person: read from the contract, so that a new one can't be forgotten."""

from __future__ import annotations

import typing
from collections.abc import Iterator
from typing import Any

import msgspec

from chatr.api.model import GroupInfo, LogEntry, Me
from chatr.ops.catalog import CONTRACT

#: Fields that say who somebody is.
WORDS = {
    *("username", "displayName", "firstName", "lastName", "profileImage", "coverImage", "email", "phoneNumber"),
    *("senderName", "senderDisplayName", "senderUsername"),
}


def shows(kind: Any, seen: frozenset[Any] = frozenset()) -> bool:
    """Whether a type has a field, however deep, that says who somebody is."""
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        if issubclass(kind, Me | GroupInfo):
            # Nobody but the caller; or a group, whose image is nobody's.
            return False
        if kind is LogEntry:
            return any(shows(entry) for event in CONTRACT.events.values() if event.logged for entry in event.entries)
        hints = typing.get_type_hints(kind)
        fields = {field.encode_name: hints[field.name] for field in msgspec.structs.fields(kind)}
        return kind not in seen and any(name in WORDS or shows(field, seen | {kind}) for name, field in fields.items())
    return any(shows(each, seen) for each in typing.get_args(kind))


def operations() -> set[str]:
    """The operations whose answers show a person, but for those with a file, which answer as others do."""
    return {operation.name for operation in CONTRACT.procedures if shows(operation.result)}


def events() -> set[str]:
    """The events that show a person."""
    return {name for name, event in CONTRACT.events.items() if shows(event.payload)}


def people(value: Any, user_id: str) -> Iterator[dict[str, Any]]:
    """Each place in a value in wire form that shows somebody."""
    if isinstance(value, dict):
        if value.get("id") == user_id and "username" in value:
            yield value
        for each in value.values():
            yield from people(each, user_id)
    elif isinstance(value, list):
        for each in value:
            yield from people(each, user_id)
