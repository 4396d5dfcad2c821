"""The contract as one page for people: nothing on it comes from elsewhere, no script runs."""

from __future__ import annotations

import json
import re
from html import escape
from itertools import groupby
from typing import Any

from chatr import __version__
from chatr.api.contract import Contract, Operation
from chatr.api.reference.schemas import Schema, Schemas, errors, name, text, who
from chatr.api.topics import Event

_CODE = re.compile(r"``([^`]+)``")
_CSS = """
:root { color-scheme: light dark; --line: light-dark(#d5dae1, #3a4048); --dim: light-dark(#57606a, #9aa4b0);
  --box: light-dark(#f5f7f9, #1d2127); --mark: light-dark(#0a58ca, #7db4ff); }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 62rem; padding: 1rem; font: 16px/1.55 system-ui, sans-serif;
  background: light-dark(#fff, #14171b); color: light-dark(#1c2128, #e4e8ed); }
nav { display: flex; flex-wrap: wrap; gap: .35rem 1rem; padding: .5rem 0 1rem; border-bottom: 1px solid var(--line); }
a { color: var(--mark); } h2 { margin-top: 2.5rem; } h2[id] { text-transform: capitalize; }
h3 { margin: 2rem 0 .25rem; font: 600 1.05rem ui-monospace, monospace; overflow-wrap: anywhere; }
code, pre { font: .875rem/1.45 ui-monospace, monospace; } .dim { color: var(--dim); }
pre { background: var(--box); border: 1px solid var(--line); border-radius: 6px; padding: .6rem .8rem;
  overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-size: .93rem; }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem .3rem 0; border-bottom: 1px solid var(--line); }
summary { cursor: pointer; color: var(--dim); }
""".strip()


def plain(title: str, body: str) -> bytes:
    """A page of ours around some HTML."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_CSS}</style></head><body>{body}</body></html>\n"
    ).encode()


def render(contract: Contract) -> bytes:
    """The reference page."""
    schemas = Schemas(contract)
    records = sorted(contract.operations.values(), key=lambda record: record.name)
    parts = [
        f"<h1>Chatr {escape(__version__)}: API</h1>",
        "<p>Every operation is served twice: as REST below <code>/api</code>, and as a WAMP procedure in realm "
        "<code>chatr</code> over <code>/ws</code>. Machine-readable: <a href='/api/openapi.json'>OpenAPI 3.1</a>, "
        "<a href='/api/wamp.json'>WAMP</a>. Every operation may also answer "
        "<code>invalid</code>, <code>unauthenticated</code>, <code>rate_limited</code>, <code>unavailable</code> and "
        "<code>internal</code>; error bodies are <code>application/problem+json</code>, on WAMP the kwargs of "
        "<code>chatr.error.&lt;code&gt;</code>.</p>",
    ]
    nouns = [(noun, list(group)) for noun, group in groupby(records, key=lambda record: record.name.partition(".")[0])]
    links = "".join(f'<a href="#{noun}">{noun}</a>' for noun, _ in nouns)
    parts.append(f'<nav>{links}<a href="#events">events</a><a href="#structs">structs</a></nav>')
    for noun, group in nouns:
        parts.append(f'<h2 id="{noun}">{noun}</h2>')
        parts += [_operation(record, schemas) for record in group]
    parts.append('<h2 id="events">events</h2>')
    parts += [_event(event, schemas) for event in sorted(contract.events.values(), key=lambda event: event.name)]
    parts.append('<h2 id="structs">structs</h2>')
    used = {name(schemas.of(record.params)) for record in records}
    parts += [_struct(title, schema) for title, schema in schemas.components.items() if title not in used]
    return plain("Chatr API", "\n".join(parts))


def _operation(record: Operation, schemas: Schemas) -> str:
    properties, required = schemas.properties(record.params)
    paragraphs = "".join(f"<p>{_prose(part)}</p>" for part in record.doc.split("\n\n"))
    codes = ", ".join(f"<code>{code}</code>" for code in errors(record) if code in record.errors)
    return (
        f'<section id="{record.name}"><h3>{record.procedure}</h3>'
        f"<p><code>{record.route.verb} /api{escape(record.route.path)}</code> "
        f'<span class="dim">for {who(record)}, {_rate(record)}</span></p>{paragraphs}'
        f"{_table(properties, required)}"
        f"<p>Answers <code>{record.route.status}</code> {_linked(schemas.of(record.result))}"
        f"{'; errors ' + codes if codes else ''}.</p>"
        f"<details><summary>Examples</summary>{_examples(record, properties, required)}</details></section>"
    )


def _rate(record: Operation) -> str:
    """How often it may be called; what has no limit of its own shares one."""
    rate = record.rate
    return f"{rate.count} in {rate.per_s:g} s{f' of {escape(rate.group)} together' if rate.group else ''}"


def _event(event: Event, schemas: Schemas) -> str:
    kind = " Dropped first for a slow receiver." if event.ephemeral else ""
    return (
        f'<section id="{event.name}"><h3>{event.topic}</h3><p>{_prose(event.doc)} Audience: {event.audience}.{kind}</p>'
        f"{_table(*schemas.properties(event.payload))}</section>"
    )


def _struct(title: str, schema: Schema) -> str:
    described = _prose(schema.get("description", ""))
    table = _table(schema.get("properties", {}), schema.get("required", []))
    if "oneOf" in schema:
        table = f"<p>{' or '.join(map(_linked, schema['oneOf']))}</p>"
    return f'<section id="{title}"><h3>{title}</h3><p>{described}</p>{table}</section>'


def _prose(doc: str) -> str:
    """Docstring text as HTML: its double backquotes become code."""
    return _CODE.sub(r"<code>\1</code>", escape(" ".join(doc.split())))


def _table(properties: dict[str, Schema], required: list[str]) -> str:
    if not properties:
        return ""
    rows = "".join(
        f"<tr><td><code>{field}</code></td><td>{_linked(schema)}</td>"
        f"<td>{'required' if field in required else ''}</td></tr>"
        for field, schema in properties.items()
    )
    return f'<div class="scroll"><table><tbody>{rows}</tbody></table></div>'


def _linked(schema: Schema) -> str:
    if "$ref" in schema:
        return f'<a href="#{name(schema)}">{name(schema)}</a>'
    if "anyOf" in schema:
        return " or ".join(_linked(choice) for choice in schema["anyOf"])
    if schema.get("type") == "array" and "$ref" in schema.get("items", {}):
        return "list of " + _linked(schema["items"])
    return escape(text(schema))


def _examples(record: Operation, properties: dict[str, Schema], required: list[str]) -> str:
    values = {field: _example(properties[field]) for field in required}
    path = record.route.path
    for variable in record.route.variables:
        path = path.replace(f"<{variable}>", str(values.get(variable)))
    rest = {field: value for field, value in values.items() if field not in record.route.variables}
    curl = f"curl -X {record.route.verb} $URL/api{path}"
    if "anonymous" not in record.who:
        curl += " \\\n  -H 'Authorization: Bearer '$TOKEN"
    if record.route.reads and rest:
        curl = curl.replace(path, path + "?" + "&".join(f"{field}={value}" for field, value in rest.items()), 1)
    elif rest:
        curl += f" \\\n  -H 'Content-Type: application/json' -d '{json.dumps(rest)}'"
    python = (
        f"await session.call({record.procedure!r}{''.join(f', {field}={value!r}' for field, value in values.items())})"
    )
    return f"<pre>{escape(curl)}</pre><pre>{escape(python)}</pre>"


def _example(schema: Schema) -> Any:
    if "enum" in schema:
        return schema["enum"][0]
    if "anyOf" in schema:
        return _example(schema["anyOf"][0])
    if schema.get("type") == "array":
        return [_example(schema.get("items", {}))]
    if schema.get("type") == "integer":
        return schema.get("minimum", 1)
    if str(schema.get("pattern", "")).startswith("^[0-9a-f"):
        return "019a7c00-0000-7000-8000-000000000001"
    return "123456" if "[0-9]{6}" in str(schema.get("pattern", "")) else "text"
