"""The undecoded parameters of an operation, from path, query and body."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from chatr.api.contract import Operation
from chatr.api.errors import ApiError, invalid
from chatr.rest.http.request import ChatrRequest

#: More parameters than any operation has, lists included.
MAX_QUERY_FIELDS = 1000
_DIGITS = re.compile(r"-?[0-9]{1,19}")


class Shape(msgspec.Struct, frozen=True):
    """What REST has to know of an operation's parameters, by their names on the wire."""

    #: A query repeats these, or separates them by commas.
    lists: frozenset[str]
    #: Text that msgspec would take for a number is more than digits: 1e2.
    integers: frozenset[str]
    takes_client_id: bool

    @staticmethod
    def of(record: Operation) -> Shape:
        """Look at an operation's struct."""
        return _shape(record.params)


@cache
def _shape(params: type[msgspec.Struct]) -> Shape:
    """A struct's shape. It is reflection, and takes a millisecond."""
    info = msgspec.inspect.type_info(params)
    fields = info.fields if isinstance(info, msgspec.inspect.StructType) else ()
    return Shape(
        lists=frozenset(each.encode_name for each in fields if _may_be(each.type, msgspec.inspect.ListType)),
        integers=frozenset(each.encode_name for each in fields if _may_be(each.type, msgspec.inspect.IntType)),
        takes_client_id=any(each.encode_name == "clientId" for each in fields),
    )


def _may_be(type: msgspec.inspect.Type, kind: type[msgspec.inspect.Type]) -> bool:
    if isinstance(type, msgspec.inspect.UnionType):
        return any(_may_be(each, kind) for each in type.types)
    if isinstance(type, msgspec.inspect.Metadata):
        return _may_be(type.type, kind)
    return isinstance(type, kind)


def parameters(
    request: ChatrRequest, shape: Shape, variables: Mapping[str, str], form: Mapping[str, Any] | None = None
) -> tuple[dict[str, Any], bool]:
    """An operation's undecoded parameters, and whether they are text.

    They come from the path, the query and a JSON body, or the texts of a ``form`` in its place; a name may stand in one
    of them only. Raises ``invalid`` and ``unsupported_media``.
    """
    body = _body(request) if form is None else {}
    merged: dict[str, Any] = dict(variables)
    for source in (query_of(request, shape.lists), body, form or {}):
        for name, value in source.items():
            if name in merged:
                raise invalid(f"$.{name}", "is given twice")
            merged[name] = value
    key = request.getHeader("idempotency-key")
    if key is not None and shape.takes_client_id and merged.setdefault("clientId", key) != key:
        raise invalid("$.clientId", "differs from Idempotency-Key")
    for name in shape.integers & merged.keys() if not body else ():
        if not _DIGITS.fullmatch(merged[name]):
            raise invalid(f"$.{name}", "Expected `int`, written as digits")
    return merged, not body


def decoded(texts: Mapping[str, str], shape: Shape) -> dict[str, Any]:
    """Parameters that came as texts: a list is JSON in its text. Raises ``invalid``."""
    found: dict[str, Any] = dict(texts)
    for name in shape.lists & texts.keys():
        try:
            found[name] = msgspec.json.decode(texts[name], type=list[Any])
        except (msgspec.DecodeError, RecursionError):
            raise invalid(f"$.{name}", "is not a JSON array") from None
    return found


def query_of(request: ChatrRequest, lists: frozenset[str] = frozenset()) -> dict[str, Any]:
    """The parameters of the query. Raises ``invalid``."""
    given: dict[str, list[str]] = {}
    try:
        query = request.query.decode("ascii")
        for name, value in parse_qsl(query, True, errors="strict", max_num_fields=MAX_QUERY_FIELDS):
            given.setdefault(name, []).append(value)
    except UnicodeDecodeError:
        raise invalid("$", "the query is not valid UTF-8") from None
    except ValueError:
        raise invalid("$", f"the query has more than {MAX_QUERY_FIELDS} parameters") from None
    found: dict[str, Any] = {}
    for name, values in given.items():
        if name in lists:
            found[name] = [part for value in values for part in value.split(",") if part]
        elif len(values) > 1:
            raise invalid(f"$.{name}", "is given twice")
        else:
            found[name] = values[0]
    return found


def _body(request: ChatrRequest) -> dict[str, Any]:
    content = request.content.read() if request.content is not None else b""
    if not content:
        return {}
    kind = (request.getHeader("content-type") or "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise ApiError("unsupported_media", "Send a JSON object as application/json")
    try:
        value = msgspec.json.decode(content)
    except UnicodeDecodeError:
        raise invalid("$", "the body is not valid UTF-8") from None
    except (msgspec.DecodeError, RecursionError) as error:
        raise invalid("$", f"the body is not valid JSON: {error}") from None
    if not isinstance(value, dict):
        raise invalid("$", "the body is not a JSON object")
    return value
