"""A small contract for the tests of the WAMP door: reads, mutations that wait, and every kind of failure."""

from __future__ import annotations

import sys
import time
from datetime import datetime, timezone
from typing import Any

import msgspec
from twisted.internet.defer import Deferred

from chatr.api import contract
from chatr.api.context import Caller, Context
from chatr.api.contract import PUBLIC, USERS, Operation, Route, operation
from chatr.api.dispatch import Dispatcher
from chatr.api.errors import ApiError
from chatr.api.events import EVENTS
from chatr.api.model import Empty, NoParams, Params, Wire
from chatr.process.incidents import Incidents


class Gates:
    """The ports of these operations: what waits, what was done, in order."""

    def __init__(self) -> None:
        self.waiting: list[Deferred[None]] = []
        self.begun: list[str] = []
        self.done: list[str] = []

    async def wait(self) -> None:
        """Wait until :meth:`open` lets one through."""
        gate: Deferred[None] = Deferred()
        self.waiting.append(gate)
        await gate

    def open(self, index: int = 0) -> None:
        """Let one operation go on."""
        self.waiting.pop(index).callback(None)


class Text(Params, frozen=True):
    """One text."""

    text: str


class Echo(Wire, frozen=True):
    """The text again."""

    text: str


class Who(Wire, frozen=True):
    """The caller as the operation sees it."""

    role: str
    user_id: str
    session_id: str
    address: str
    user_agent: str
    connection: str


class Anything(Wire, frozen=True):
    """Whatever."""

    value: Any


@operation("echo.get", Route("GET", "/echo"), USERS)
async def get(ctx: Context[Gates], params: Text) -> Echo:
    """Answer the text."""
    ctx.ports.begun.append(params.text)
    return Echo(params.text)


@operation("echo.watch", Route("GET", "/echo/watch"), USERS)
async def watch(ctx: Context[Gates], params: Text) -> Echo:
    """Answer the text when the gate opens; a read."""
    ctx.ports.begun.append(params.text)
    await ctx.ports.wait()
    ctx.ports.done.append(params.text)
    return Echo(params.text)


@operation("echo.write", Route("POST", "/echo"), USERS)
async def write(ctx: Context[Gates], params: Text) -> Echo:
    """Write the text down when the gate opens; a mutation."""
    ctx.ports.begun.append(params.text)
    await ctx.ports.wait()
    ctx.ports.done.append(params.text)
    return Echo(params.text)


@operation("echo.refuse", Route("GET", "/echo/refuse"), USERS, errors=["not_found"])
async def refuse(ctx: Context[Gates], params: NoParams) -> Empty:
    """Always not found."""
    raise ApiError("not_found", "no such echo")


@operation("echo.fail", Route("GET", "/echo/fail"), USERS)
async def fail(ctx: Context[Gates], params: NoParams) -> Empty:
    """Always a programming error."""
    raise ZeroDivisionError


@operation("echo.spelled", Route("GET", "/echo/spelled"), USERS)
async def spelled(ctx: Context[Gates], params: NoParams) -> Anything:
    """Answer a letter, spelled where it becomes JSON."""
    return Anything(msgspec.Raw(b'"\\u0061"') if ctx.as_json else "a")


@operation("echo.garble", Route("GET", "/echo/garble"), USERS)
async def garble(ctx: Context[Gates], params: NoParams) -> Anything:
    """Answer something that can't go over a wire."""
    return Anything(object())


@operation("echo.fill", Route("GET", "/echo/fill"), USERS)
async def fill(ctx: Context[Gates], params: NoParams) -> Echo:
    """Answer two mebibytes."""
    return Echo("x" * 2 * 1024 * 1024)


@operation("echo.whoami", Route("GET", "/echo/whoami"), PUBLIC)
async def whoami(ctx: Context[Gates], params: NoParams) -> Who:
    """Answer the caller."""
    caller = ctx.caller
    return Who(caller.role, caller.user_id, caller.session_id, caller.address, caller.user_agent, caller.connection)


class NoLimits:
    """A limiter that lets everything pass."""

    def check(self, operation: Operation, caller: Caller, subject: str = "") -> None:
        """Never raises."""


def dispatcher(ports: Gates) -> Dispatcher:
    """A real dispatcher over these operations."""
    built = contract.build([sys.modules[__name__]], EVENTS)
    return Dispatcher(
        built,
        ports,
        limiter=NoLimits(),
        now=lambda: datetime.now(timezone.utc),
        incidents=Incidents(time.monotonic),
        sign=lambda user_id: str,
    )
