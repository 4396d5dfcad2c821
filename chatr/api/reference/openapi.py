"""The contract as OpenAPI 3.1."""

from __future__ import annotations

from typing import Any

import msgspec

from chatr import __version__
from chatr.api.contract import Contract, Operation
from chatr.api.errors import ERRORS
from chatr.api.reference.schemas import Schema, Schemas, errors

_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
#: What the REST door answers to a body before an operation sees it.
_BODY_ERRORS = frozenset({"too_large", "unsupported_media"})
#: The parameter that this header may carry instead of the body.
_KEY, _KEY_HEADER = "clientId", "Idempotency-Key"


def document(contract: Contract) -> dict[str, Any]:
    """The OpenAPI document as plain data."""
    schemas = Schemas(contract)
    paths: dict[str, dict[str, Any]] = {}
    for record in contract.operations.values():
        for path in (record.route.path, *record.route.aliases):
            shown = path.replace("<", "{").replace(">", "}")
            operation = _operation(record, schemas, alias=path != record.route.path)
            paths.setdefault(shown, {})[record.route.verb.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Chatr",
            "version": __version__,
            "description": "No text has U+0000 or half a surrogate pair. Unknown fields are refused.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/api"}],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": schemas.components,
            "parameters": {"Connection": _connection()},
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }


def render(contract: Contract) -> bytes:
    """The document as indented JSON, the same for the same contract."""
    return msgspec.json.format(msgspec.json.encode(document(contract)), indent=1) + b"\n"


def _operation(record: Operation, schemas: Schemas, *, alias: bool) -> dict[str, Any]:
    properties, required = schemas.properties(record.params)
    in_path = record.route.variables
    summary, _, rest = record.doc.partition("\n\n")
    with_body = record.route.verb in _WITH_BODY
    shown: dict[str, Any] = {
        "operationId": record.name + (".alias" if alias else ""),
        "tags": [record.name.partition(".")[0]],
        "summary": " ".join(summary.split()),
        "description": " ".join(rest.split()),
        "x-wamp-procedure": record.procedure,
        "x-rate-limit": _rate(record),
        "responses": _responses(record, schemas, with_body=with_body),
        "security": [{"bearer": []}] if "anonymous" not in record.who else [{}, {"bearer": []}],
    }
    if record.deprecated:
        shown["deprecated"] = True
    parameters = [_parameter(name, properties[name], "path", True) for name in in_path]
    others = {name: schema for name, schema in properties.items() if name not in in_path}
    if record.route.upload:
        properties = {record.route.upload.field: {"type": "string", "format": "binary"}, **others}
        form: Schema = {"type": "object", "properties": properties, "required": [record.route.upload.field, *required]}
        form["required"] = [name for name in form["required"] if name in properties]
        shown["requestBody"] = {"required": True, "content": {"multipart/form-data": {"schema": form}}}
    elif with_body and others:
        if _KEY in others:
            parameters.append(_idempotency_key(others[_KEY]))
        needed = [name for name in required if name in others and name != _KEY]
        body: Schema = {"type": "object", "properties": others, "additionalProperties": False}
        if needed:
            body["required"] = needed
        shown["requestBody"] = {"required": bool(needed), "content": {"application/json": {"schema": body}}}
    elif not with_body:
        parameters += [_parameter(name, schema, "query", name in required) for name, schema in others.items()]
    if not record.route.reads and "anonymous" not in record.who:
        parameters.append({"$ref": "#/components/parameters/Connection"})
    if parameters:
        shown["parameters"] = parameters
    return shown


def _parameter(name: str, schema: Schema, place: str, required: bool) -> dict[str, Any]:
    shown: dict[str, Any] = {"name": name, "in": place, "required": required, "schema": schema}
    if schema.get("type") == "array":
        shown.update(style="form", explode=False)
    return shown


def _idempotency_key(schema: Schema) -> dict[str, Any]:
    shown = _parameter(_KEY_HEADER, schema, "header", False)
    shown["description"] = f"Instead of `{_KEY}` in the body: one of the two is required, and both given must agree."
    return shown


def _connection() -> dict[str, Any]:
    shown = _parameter("X-Chatr-Connection", {"type": "string"}, "header", False)
    shown["description"] = (
        "The `connection` of WELCOME's details: that WAMP session gets no event of this call, if it is an open one of "
        "the same sign-in. Without it all sessions do."
    )
    return shown


def _rate(record: Operation) -> dict[str, Any]:
    rate = record.rate
    shown: dict[str, Any] = {"count": rate.count, "seconds": rate.per_s}
    return {**shown, "together": rate.group} if rate.group else shown


def _responses(record: Operation, schemas: Schemas, *, with_body: bool) -> dict[str, Any]:
    content = {"application/json": {"schema": schemas.of(record.result)}}
    shown: dict[str, Any] = {str(record.route.status): {"description": "Done", "content": content}}
    by_status: dict[int, list[str]] = {}
    for code in sorted({*errors(record), *(_BODY_ERRORS if with_body else ())}):
        by_status.setdefault(ERRORS[code].status, []).append(code)
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for status, codes in sorted(by_status.items()):
        shown[str(status)] = {"description": "Code: " + " or ".join(codes), "content": problem}
    return shown
