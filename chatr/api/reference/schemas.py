"""JSON Schemas of everything on the wire, shared by the references."""

from __future__ import annotations

from inspect import cleandoc
from types import UnionType
from typing import Any, get_args

import msgspec

from chatr.api.contract import Contract, Operation
from chatr.api.errors import COMMON_ERRORS, ERRORS, Problem
from chatr.api.events.messages import EntryCleared
from chatr.api.model import LogEntry, Wire
from chatr.api.topics import Event

Schema = dict[str, Any]
_PREFIX = "#/components/schemas/"


class Schemas:
    """Every struct of a contract by name."""

    def __init__(self, contract: Contract) -> None:
        types: list[Any] = [Problem]
        for record in contract.operations.values():
            types += [record.params, *_members(record.result)]
        types += [payload for event in contract.events.values() for payload in event.payloads]
        logged = [event for event in contract.events.values() if event.logged]
        types += [EntryCleared, *(kind for event in logged for kind in event.entries)]
        unique = list(dict.fromkeys(types))
        shown, components = msgspec.json.schema_components(unique, ref_template=_PREFIX + "{name}")
        self._by_type: dict[Any, Schema] = dict(zip(unique, shown, strict=True))
        if LogEntry.__name__ in components:
            components |= self._entries(logged, components.pop(LogEntry.__name__))
            del components[Wire.__name__]
        self.components: dict[str, Schema] = {name: _described(components[name]) for name in sorted(components)}
        # The table of errors is the only list of their codes: a type of its own would be a second one.
        self.components["Problem"]["properties"]["code"]["enum"] = list(ERRORS)

    def of(self, kind: Any) -> Schema:
        """The schema of a type: a reference, or for a union a choice of references."""
        members = _members(kind)
        if len(members) == 1:
            return self._by_type[kind]
        return {"anyOf": [self._by_type[member] for member in members]}

    def properties(self, kind: Any) -> tuple[dict[str, Schema], list[str]]:
        """The properties of a struct, or of all of a union, and the names of those that are required."""
        forms = [self.components[name(self._by_type[member])] for member in _members(kind)]
        found: dict[str, list[Schema]] = {}
        for form in forms:
            for field, schema in form.get("properties", {}).items():
                if schema not in found.setdefault(field, []):
                    found[field].append(schema)
        properties = {field: _one_of(choices) for field, choices in found.items()}
        return properties, [field for field in found if all(field in form.get("required", []) for form in forms)]

    def _entries(self, logged: list[Event], whole: Schema) -> dict[str, Schema]:
        """Log entries: one struct for each event that is one, told apart by its name."""
        made: dict[str, Schema] = {}
        by_event: dict[str, str] = {}
        for event in logged:
            title = f"{event.payloads[0].__name__}Entry"
            data = _one_of([self._by_type[kind] for kind in (*event.entries, EntryCleared)])
            properties = whole["properties"] | {"event": {"enum": [event.name]}, "data": data}
            doc = f"An entry of a log, announced as ``{event.name}``."
            made[title] = {**whole, "title": title, "description": doc, "properties": properties}
            by_event[event.name] = _PREFIX + title
        made[LogEntry.__name__] = {
            "title": LogEntry.__name__,
            "description": whole["description"],
            "oneOf": [{"$ref": reference} for reference in by_event.values()],
            "discriminator": {"propertyName": "event", "mapping": by_event},
        }
        return made


def _one_of(choices: list[Schema]) -> Schema:
    return choices[0] if len(choices) == 1 else {"anyOf": choices}


def _described(schema: Schema) -> Schema:
    """A schema whose description, a docstring, is the same for each Python: 3.13 takes its indentation away."""
    return schema | ({"description": cleandoc(schema["description"])} if "description" in schema else {})


def _members(kind: Any) -> tuple[Any, ...]:
    """A result may be one of several structs."""
    return get_args(kind) if isinstance(kind, UnionType) else (kind,)


def name(reference: Schema) -> str:
    """The struct that a schema refers to."""
    return str(reference["$ref"]).removeprefix(_PREFIX)


def errors(record: Operation) -> list[str]:
    """All error codes that an operation may answer, in order."""
    who = {"forbidden"} if "guest" not in record.who or "anonymous" not in record.who else set()
    return sorted(record.errors | COMMON_ERRORS | who)


def who(record: Operation) -> str:
    """Who may call, in a word or two."""
    if "anonymous" in record.who:
        return "anybody"
    return "signed-in users and guests" if "guest" in record.who else "signed-in users"


def text(schema: Schema) -> str:
    """A schema in a few words: ``string, 1 to 64 characters``."""
    if "$ref" in schema:
        return name(schema)
    if "anyOf" in schema:
        return " or ".join(text(choice) for choice in schema["anyOf"])
    if "enum" in schema:
        return " | ".join(repr(value) for value in schema["enum"])
    kind = str(schema.get("type", "any"))
    if kind == "array":
        kind = f"list of {text(schema.get('items', {}))}"
    if kind == "object" and "additionalProperties" in schema:
        kind = "object"
    return ", ".join([kind, *_bounds(schema)])


def _bounds(schema: Schema) -> list[str]:
    found = []
    if schema.get("pattern", "").startswith("^[0-9a-f"):
        return ["UUID"]
    low, high = schema.get("minLength"), schema.get("maxLength")
    if low is not None or high is not None:
        most = f"{high} characters" if low == high else f"{low or 0} to {high} characters"
        found.append(most if high is not None else f"at least {low} characters")
    if "pattern" in schema:
        found.append(f"pattern {schema['pattern']}")
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None:
        found.append(f"{low} to {high}")
    if schema.get("maxItems") is not None:
        found.append(f"at most {schema['maxItems']}")
    if schema.get("default") is not None and not isinstance(schema["default"], dict | list):
        found.append(f"default {schema['default']}")
    return found
