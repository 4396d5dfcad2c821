"""The generated references."""

from __future__ import annotations

import json
import re
from inspect import cleandoc
from pathlib import Path
from textwrap import indent
from typing import Annotated

import msgspec
from openapi_spec_validator import validate
from twisted.trial.unittest import SynchronousTestCase

from chatr.api.errors import ERRORS, from_validation
from chatr.api.reference import openapi, typescript, wamp
from chatr.api.reference.schemas import Schemas
from chatr.ops.catalog import CONTRACT
from chatr.ops.groups.rules import VERDICTS
from chatr.reference_cli import group_rules, references
from tests.fuzz.explained import EXPLAINED


def _structs(kind: type) -> list[type]:
    """All that are derived of a type."""
    return [found for each in kind.__subclasses__() for found in (each, *_structs(each))]


COMMITTED = Path(__file__).parent.parent.parent / "docs" / "api"


class ReferenceTests(SynchronousTestCase):
    """OpenAPI, WAMP, TypeScript."""

    def test_committed(self) -> None:
        """What is committed is what the contract says."""
        for name, content in references(CONTRACT).items():
            same = (COMMITTED / name).read_bytes() == content
            self.assertTrue(same, f"docs/api/{name} is not what the contract says: run `make docs` and commit it")

    def test_any_python(self) -> None:
        """Docstrings are indented as in the source, and from Python 3.13 on not at all: the references are the same."""
        structs = {kind for kind in _structs(msgspec.Struct) if kind.__module__.startswith("chatr.")}
        for change in (cleandoc, lambda doc: indent(cleandoc(doc), "    ").lstrip(" ")):
            for kind in structs:
                if kind.__doc__ and "\n" in kind.__doc__:
                    self.patch(kind, "__doc__", change(kind.__doc__))
            for record in CONTRACT.operations.values():
                self.patch(record.run, "__doc__", change(record.run.__doc__ or ""))
            self.test_committed()

    def test_openapi_is_valid(self) -> None:
        """The document is OpenAPI 3.1 and has every operation at its address."""
        document = openapi.document(CONTRACT)
        validate(document)
        for record in CONTRACT.operations.values():
            path = record.route.path.replace("<", "{").replace(">", "}")
            shown = document["paths"][path][record.route.verb.lower()]
            self.assertEqual(shown["operationId"], record.name)
            self.assertIn(str(record.route.status), shown["responses"])
            named = {"$ref": "#/components/parameters/Connection"} in shown.get("parameters", [])
            self.assertEqual(named, not record.route.reads and "anonymous" not in record.who)
            for code in record.errors:
                self.assertIn(code, json.dumps(shown["responses"]))

    def test_wamp(self) -> None:
        """Every procedure and topic, in both forms."""
        document = wamp.document(CONTRACT)
        self.assertEqual(set(document["procedures"]), {record.procedure for record in CONTRACT.procedures})
        self.assertEqual(set(document["topics"]), {event.topic for event in CONTRACT.events.values()})
        text = wamp.render_markdown(CONTRACT).decode()
        for uri in [*document["procedures"], *document["topics"]]:
            self.assertIn(f"### `{uri}`", text)

    def test_names(self) -> None:
        """Each struct has a name of its own, without the module that msgspec puts before one that stands twice."""
        names = Schemas(CONTRACT).components
        self.assertEqual([name for name in names if not re.fullmatch("([A-Z][a-z]+)+", name)], [])

    def test_log_entries(self) -> None:
        """An entry of a log is told apart by its event, and has the payload of that, or says that it is cleared."""
        shown = openapi.document(CONTRACT)["components"]["schemas"]
        mapping = shown["LogEntry"]["discriminator"]["mapping"]
        self.assertEqual(set(mapping), {name for name, event in CONTRACT.events.items() if event.logged})
        for name, reference in mapping.items():
            entry = shown[reference.rpartition("/")[2]]["properties"]
            self.assertEqual(entry["event"], {"enum": [name]})
            self.assertIn("#/components/schemas/EntryCleared", [each["$ref"] for each in entry["data"]["anyOf"]])
        text = typescript.render(CONTRACT).decode()
        self.assertIn('  event: "message.reaction";\n  data: MessageReaction | EntryCleared;', text)
        self.assertIn('  "chatr.user.updated": OwnUserUpdated | UserUpdated;', text)

    def test_typescript(self) -> None:
        """Every type that is used is declared, brackets close, optional fields are optional."""
        text = typescript.render(CONTRACT).decode()
        declared = set(re.findall(r"export (?:interface|type) (\w+)", text))
        used = set(re.findall(r"\b[A-Z]\w+\b", re.sub(r'"[^"]*"|/\*\*.*?\*/|//.*', "", text))) - {"Record"}
        self.assertEqual(used - declared, set())
        self.assertEqual(text.count("{"), text.count("}"))
        message = text.partition("export interface Message {")[2].partition("\n}")[0]
        self.assertIn("  clientId?: string;", message)
        self.assertIn("  content: string;", message)

    def test_group_rules(self) -> None:
        """Each verdict about groups is in the table for clients, at the place that its names say."""
        told = json.loads(group_rules(VERDICTS))
        shown = {(act, role): word for act, row in told["onGroup"].items() for role, word in row.items()}
        for act, roles in told["onPeople"].items():
            shown |= {(act, role, whom): word for role, row in roles.items() for whom, word in row.items()}
        self.assertEqual(shown, dict(VERDICTS))

    def test_rules_in_words(self) -> None:
        """What a request that fits its schema is refused for all the same stands in the reference, in these words."""
        told = json.dumps(openapi.document(CONTRACT), ensure_ascii=False)
        for rule in EXPLAINED:
            self.assertIn(rule.said, told)

    def test_bounds_and_formats(self) -> None:
        """The real bounds and formats of names, passwords, texts, ids, times, addresses; what bodies meet."""
        document = openapi.document(CONTRACT)
        registering = document["paths"]["/auth/register"]["post"]
        fields = registering["requestBody"]["content"]["application/json"]["schema"]["properties"]
        self.assertEqual((fields["username"]["minLength"], fields["username"]["maxLength"]), (3, 21))
        self.assertEqual((fields["password"]["minLength"], fields["password"]["maxLength"]), (8, 128))
        self.assertEqual(fields["email"]["anyOf"][0]["format"], "email")
        self.assertLessEqual({"413", "415"}, set(registering["responses"]))
        self.assertNotIn("413", document["paths"]["/users/me"]["get"]["responses"])
        sending = document["paths"]["/messages"]["post"]
        body = sending["requestBody"]["content"]["application/json"]["schema"]
        content = body["properties"]["content"]
        self.assertEqual((content.get("minLength"), content["maxLength"]), (None, 8000))
        self.assertEqual((body.get("required"), body["properties"]["clientId"]["format"]), (None, "uuid"))
        self.assertIn("Idempotency-Key", [each.get("name") for each in sending["parameters"]])
        message = document["components"]["schemas"]["Message"]["properties"]
        self.assertEqual((message["id"]["format"], message["createdAt"]["format"]), ("uuid", "date-time"))
        self.assertEqual(document["components"]["schemas"]["Problem"]["properties"]["code"]["enum"], list(ERRORS))

    def test_refusals_in_words(self) -> None:
        """Each pattern of the contract is refused in words that a form can show: before, with the pattern itself."""
        told = json.dumps(openapi.document(CONTRACT))
        patterns = {json.loads(found) for found in re.findall(r'"pattern": ("(?:[^"\\]|\\.)*")', told)}
        self.assertIn("^[0-9]{6}$", patterns)
        for pattern in patterns:
            with self.assertRaises(msgspec.ValidationError) as refused:
                msgspec.convert(["\n"], list[Annotated[str, msgspec.Meta(pattern=pattern)]])  # type: ignore[valid-type]
            self.assertRegex(from_validation(refused.exception).detail, r"^\$\[0\]: must [a-zA-Z0-9 ,]+$")
        for bounds, words in (
            ({"min_length": 3}, "must have at least 3 characters"),
            ({"max_length": 0}, "must have at most 0 characters"),
        ):
            with self.assertRaises(msgspec.ValidationError) as refused:
                msgspec.convert("\n", Annotated[str, msgspec.Meta(**bounds)])  # type: ignore[arg-type]
            self.assertEqual(from_validation(refused.exception).detail, f"$: {words}")
