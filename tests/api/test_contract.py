"""The contract: what may be declared, and what dispatch makes of calls."""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime, timezone
from types import ModuleType
from typing import Annotated, Any

from msgspec import Meta
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from chatr.api.context import Caller, Context
from chatr.api.contract import PUBLIC, USERS, ContractError, Operation, Route, build, operation
from chatr.api.dispatch import Dispatcher
from chatr.api.errors import COMMON_ERRORS, ERRORS, ApiError
from chatr.api.events import EVENTS
from chatr.api.model import Empty, Params, Wire
from chatr.ops.catalog import CONTRACT
from chatr.process.incidents import QUIET_S, Incidents


class Thing(Params, frozen=True, kw_only=True):
    """A parameter."""

    name: Annotated[str, Meta(max_length=5)]
    size: int = 0


class Echo(Wire, frozen=True):
    """A result."""

    name: str


def declare(name: str, route: Route, doc: str | None = "Says it.", **options: Any) -> Any:
    """A function that is declared as an operation of a module named ``sample``."""

    async def function(ctx: Context[None], params: Thing) -> Echo:
        if params.name == "lost":
            raise ApiError("not_found")
        if params.name == "shut":
            raise ApiError("forbidden")
        if params.name == "bug":
            raise KeyError("secret")
        return Echo(params.name)

    function.__doc__ = doc
    function.__module__ = "sample"
    return operation(name, route, options.pop("who", USERS), **options)(function)


def module(*functions: Any) -> ModuleType:
    """A module with these operations."""
    made = ModuleType("sample")
    for number, function in enumerate(functions):
        setattr(made, f"f{number}", function)
    return made


class BuildTests(SynchronousTestCase):
    """Contradictions stop the start, and name the operation."""

    def refused(self, text: str, *functions: Any) -> None:
        error = self.assertRaises(ContractError, build, [module(*functions)], EVENTS)
        self.assertIn(text, str(error))

    def test_real_contract(self) -> None:
        """Every operation of the server has a route, parameters, a result and a description."""
        self.assertGreaterEqual(len(CONTRACT.operations), 25)
        for name, record in CONTRACT.operations.items():
            self.assertEqual(record.procedure, f"chatr.{name}")
            self.assertTrue(record.doc.endswith((".", ".``")), name)
            self.assertTrue(record.who)

    def test_names_of_parameters(self) -> None:
        """Parameters are named by their operation; those of several say what all of these ask for."""
        used = Counter(record.params for record in CONTRACT.operations.values())
        for name, record in CONTRACT.operations.items():
            own = "".join(word.capitalize() for word in re.split(r"[._]", name)) + "Params"
            if used[record.params] == 1:
                self.assertEqual(record.params.__name__, own)
            self.assertTrue(record.params.__name__.endswith("Params"))

    def test_the_function_is_unchanged(self) -> None:
        """Declaring returns the very function."""

        async def plain(ctx: Context[None], params: Thing) -> Empty:
            """Does it."""
            return Empty()

        self.assertIs(operation("thing.do", Route("POST", "/do"), USERS)(plain), plain)

    def test_contradictions(self) -> None:
        """Names, routes, errors and path variables are checked."""
        good = declare("thing.say", Route("POST", "/say"))
        self.refused("declared twice", good, declare("thing.say", Route("POST", "/other")))
        self.refused("is taken by thing.say", good, declare("thing.shout", Route("POST", "/say")))
        self.refused("is taken", declare("a.b", Route("GET", "/<name>")), declare("a.c", Route("GET", "/<size>")))
        self.refused("snake_case", declare("Thing", Route("POST", "/x")))
        self.refused("errors unknown", declare("thing.x", Route("POST", "/x"), errors=["odd"]))
        self.refused("common to all", declare("thing.x", Route("POST", "/x"), errors=["invalid"]))
        self.refused("path variables", declare("thing.x", Route("POST", "/<id>")))
        self.refused("docstring", declare("thing.x", Route("POST", "/x"), doc=None))

    def test_imported_operations_are_not_declared_again(self) -> None:
        """A module that merely imports an operation does not declare it."""
        other = module(declare("thing.say", Route("POST", "/say")))
        other.__name__ = "elsewhere"
        self.assertEqual(dict(build([other], EVENTS).operations), {})

    def test_errors(self) -> None:
        """The table holds what the specification lists."""
        self.assertLess(COMMON_ERRORS, set(ERRORS))
        self.assertEqual((ERRORS["locked"].status, ERRORS["gone"].status, ERRORS["too_large"].status), (423, 410, 413))
        self.assertEqual({code for code, kind in ERRORS.items() if kind.retryable}, {"rate_limited", "unavailable"})


class Limits:
    """Counts, and refuses when told to."""

    def __init__(self) -> None:
        self.counted: list[str] = []
        self.full = False

    def check(self, operation: Operation, caller: Caller, subject: str = "") -> None:
        self.counted.append(operation.name)
        if self.full:
            raise ApiError("rate_limited", retry_after_s=7)


class DispatchTests(SynchronousTestCase):
    """Authorise, limit, decode, run, map errors."""

    def setUp(self) -> None:
        self.limits = Limits()
        self.clock = Clock()
        contract = build(
            [
                module(
                    declare("thing.say", Route("POST", "/say"), errors=["not_found"]),
                    declare("thing.hide", Route("GET", "/hide"), who=PUBLIC),
                )
            ],
            EVENTS,
        )
        self.dispatcher = Dispatcher(
            contract,
            None,
            limiter=self.limits,
            now=lambda: datetime.now(timezone.utc),
            incidents=Incidents(self.clock.seconds),
            sign=lambda user_id: str,
        )

    def call(self, name: str, params: Any, role: str = "user", **options: Any) -> Any:
        record = self.dispatcher.contract.operations[name]
        call = self.dispatcher.call(record, params, Caller(role=role, user_id="u"), request_id="r", **options)
        return self.successResultOf(Deferred.fromCoroutine(call).addErrback(lambda failure: failure.value))

    def test_result(self) -> None:
        """The result is the operation's struct."""
        self.assertEqual(self.call("thing.say", {"name": "x"}), Echo("x"))

    def test_order_of_checks(self) -> None:
        """A stranger is refused before limits and parameters, a caller over the limit before parameters."""
        self.assertEqual(self.call("thing.say", {"bad": 1}, role="anonymous").code, "unauthenticated")
        self.assertEqual(self.call("thing.say", {"bad": 1}, role="guest").code, "forbidden")
        self.assertEqual(self.limits.counted, [])
        self.limits.full = True
        error = self.call("thing.say", {"bad": 1})
        self.assertEqual((error.code, error.retry_after_s), ("rate_limited", 7))

    def test_invalid(self) -> None:
        """The first offender is named by its JSON path."""
        for params, path in (
            ({}, "$.name"),
            ({"name": 1}, "$.name"),
            ({"name": "too long"}, "$.name"),
            ({"name": "x", "size": "1"}, "$.size"),
            ({"name": "x", "other": 1}, "$.other"),
            ({"name": "a\x00"}, "$.name"),
            ({"name": "\udc00"}, "$.name"),
            ([], "$"),
        ):
            error = self.call("thing.say", params)
            self.assertEqual((error.code, error.errors[0].path), ("invalid", path))
        self.assertEqual(self.call("thing.say", {"name": "x", "size": "1"}, from_text=True), Echo("x"))

    def test_errors(self) -> None:
        """Declared errors pass; undeclared ones and bugs become internal, logged once, and show nothing."""
        self.assertEqual(self.call("thing.say", {"name": "lost"}).code, "not_found")
        for name, params in (("thing.hide", {"name": "lost"}), ("thing.say", {"name": "shut"})):
            self.assertEqual(self.call(name, params).code, "internal")
            self.assertEqual(len(self.flushLoggedErrors(ApiError)), 1)
        error = self.call("thing.say", {"name": "bug"})
        self.assertEqual((error.code, error.detail), ("internal", "Internal error"))
        self.assertEqual(len(self.flushLoggedErrors(KeyError)), 1)

    def test_repeated_failures(self) -> None:
        """Point 33 of issue 12: of a hundred equal failures one is logged with its traceback; another one is news."""
        for _ in range(100):
            self.assertEqual(self.call("thing.say", {"name": "bug"}).code, "internal")
        self.assertEqual(len(self.flushLoggedErrors(KeyError)), 1)
        self.call("thing.hide", {"name": "bug"})
        self.assertEqual(len(self.flushLoggedErrors(KeyError)), 1)
        self.clock.advance(QUIET_S)
        for _ in range(2):
            self.call("thing.say", {"name": "bug"})
        self.assertEqual(len(self.flushLoggedErrors(KeyError)), 0)

    def test_problem(self) -> None:
        """The wire form of an error."""
        problem = ApiError("unavailable", retry_after_s=3).problem("r1")
        self.assertEqual(
            (problem.type, problem.status, problem.code, problem.request_id, problem.retry_after),
            ("urn:chatr:error:unavailable", 503, "unavailable", "r1", 3),
        )
