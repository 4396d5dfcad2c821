"""Reading the configuration, once: from TOML < environment < command line."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from msgspec.inspect import StructType, Type, VarTupleType, type_info

from chatr.config.contradictions import ConfigError, refuse
from chatr.config.section import Section
from chatr.config.whole import Config

#: Variables with our prefix that are read elsewhere: the web client's build, and the path of the TOML file.
NOT_SETTINGS = frozenset({"CHATR_WEB", "CHATR_CONFIG"})


def load(path: str | None, environment: Mapping[str, str], options: Mapping[str, str]) -> Config:
    """Read the configuration.

    ``environment`` may set ``CHATR_<SECTION>_<KEY>``, where an unknown key of a known section is an error; variables
    that name no section of ours are left alone (:func:`chatr.config.remarks.strays`). ``options`` maps
    ``section.key`` to text. Lists are comma-separated there. Raises :class:`ConfigError`.
    """
    merged: dict[str, dict[str, Any]] = {}
    origin: dict[str, str] = {}
    path = path or environment.get("CHATR_CONFIG") or None
    if path:
        for section, values in _toml(path).items():
            if not isinstance(values, dict):
                raise ConfigError(f"{section}: is not a section, put it below [server] or another (in {path})")
            for key, value in values.items():
                _put(merged, origin, section, key, value, path)
    for variable, text in environment.items():
        section, key = named(variable)
        if section in Config.__struct_fields__ and key:
            _put(merged, origin, section, key, text, f"environment {variable}")
    for name, text in options.items():
        section, _, key = name.partition(".")
        _put(merged, origin, section, key, text, "command line")
    config = _convert(merged, origin)
    refuse(config)
    return config


def assignments(texts: Sequence[str]) -> dict[str, str]:
    """``["server.http=tcp:80"]`` as a mapping. Raises :class:`ConfigError`."""
    parsed: dict[str, str] = {}
    for text in texts:
        name, separator, value = text.partition("=")
        if not separator or "." not in name:
            raise ConfigError(f"--set {text}: write it as section.key=value")
        parsed[name] = value
    return parsed


def named(variable: str) -> tuple[str, str]:
    """Section and key of a variable that sets something; empty for one that does not."""
    if not variable.startswith("CHATR_") or variable in NOT_SETTINGS:
        return "", ""
    section, _, key = variable[len("CHATR_") :].lower().partition("_")
    return section, key


def _toml(path: str) -> dict[str, Any]:
    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not valid TOML: {error}") from error


def _put(
    merged: dict[str, dict[str, Any]], origin: dict[str, str], section: str, key: str, value: Any, source: str
) -> None:
    sections = _sections()
    if section not in sections:
        raise ConfigError(f"{section}: unknown section (from {source}); known: {', '.join(sections)}")
    fields = sections[section]
    if key not in fields:
        raise ConfigError(f"{section}.{key}: unknown key (from {source}); known: {', '.join(fields)}")
    if isinstance(value, str) and isinstance(fields[key], VarTupleType):
        value = [part.strip() for part in value.split(",") if part.strip()]
    merged.setdefault(section, {})[key] = value
    origin[f"{section}.{key}"] = source


@cache
def _sections() -> dict[str, dict[str, Type]]:
    """The kinds of all settings, by section and key."""
    whole = {field.name: type_info(field.type) for field in msgspec.structs.fields(Config)}
    return {
        name: {field.name: field.type for field in section.fields}
        for name, section in whole.items()
        if isinstance(section, StructType)
    }


def _convert(merged: dict[str, dict[str, Any]], origin: dict[str, str]) -> Config:
    try:
        # Text from the environment and the command line becomes a number or a switch here; TOML is typed already.
        return msgspec.convert(merged, Config, strict=False)
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `$.")
        name = ".".join(path.rstrip("`").replace("[...]", "").split(".")[:2])
        known = f"; known: {', '.join(words)}" if (words := _words(name)) else ""
        raise ConfigError(f"{name}: {message} (from {origin.get(name, 'the configuration')}){known}") from error


def _words(name: str) -> list[str]:
    """What a setting may be, where that is one of some words."""
    kind: Any = Config
    for part in name.split("."):
        fields = msgspec.structs.fields(kind) if isinstance(kind, type) and issubclass(kind, Section) else ()
        kind = next((field.type for field in fields if field.name == part), None)
    schema = msgspec.json.schema(kind)
    return [word for part in schema.get("anyOf", [schema]) for word in part.get("enum", []) if word]
