"""How a command is run, and what commands share: somebody's account, a password, a refusal."""

from __future__ import annotations

import argparse
import getpass
import secrets
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import psycopg2
from twisted.internet.defer import Deferred
from twisted.internet.task import react

from chatr.api.errors import ApiError
from chatr.commands.desk import Desk, desk
from chatr.config import Config
from chatr.datadir import DataDirectoryError
from chatr.embedded.lock import DirectoryInUse
from chatr.embedded.postgres import EmbeddedError
from chatr.ops import operator
from chatr.plain import say
from chatr.store.fitness import Unfit
from chatr.store.people.people import Person

Command = Callable[[Desk, argparse.Namespace], Awaitable[None]]

_EXPECTED = (DataDirectoryError, DirectoryInUse, EmbeddedError, Unfit, OSError)
#: Lines of a list at most.
MAX_ROWS = 1000


class CommandError(Exception):
    """The command can't be carried out; one sentence."""


def run(config: Config, chosen: argparse.Namespace) -> int:
    """Run one command; 0 when it worked."""

    async def work(reactor: Any) -> None:
        async with desk(config, reactor, rotate=getattr(chosen, "rotates", False)) as opened:
            await chosen.run(opened, chosen)

    def main(reactor: Any) -> Deferred[None]:
        return Deferred.fromCoroutine(_told(work(reactor)))

    try:
        react(main)
    except SystemExit as end:
        return int(end.code or 0)
    return 0


async def _told(work: Awaitable[None]) -> None:
    """What stands in the way becomes one line and exit code 1."""
    try:
        await work
    except (ApiError, CommandError, *_EXPECTED) as error:
        say(f"chatr: {error.detail if isinstance(error, ApiError) else error}", file=sys.stderr)
    except psycopg2.Error as error:
        say(f"chatr: database: {' '.join(str(error).split())}", file=sys.stderr)
    else:
        return
    raise SystemExit(1)


def about_a_user(parser: argparse.ArgumentParser, run: Command) -> None:
    """Make a command one about somebody who has an account."""
    parser.add_argument("user", help="username, e-mail address or phone number")
    parser.set_defaults(run=run)


def password_option(parser: argparse.ArgumentParser) -> None:
    """Let a command read a password."""
    parser.add_argument(
        "--password-stdin", action="store_true", help="read the password from standard input (default: make one up)"
    )


async def who(at: Desk, chosen: argparse.Namespace) -> Person:
    """Find the account that a command is about. Raises ``not_found``."""
    return await operator.find(at.ctx, chosen.user)


def password_of(chosen: argparse.Namespace) -> tuple[str, bool]:
    """The password, and whether it was made up here. Never from the command line: others can read that."""
    if not chosen.password_stdin:
        return f"A-{secrets.token_urlsafe(15)}", True
    if sys.stdin.isatty():
        return getpass.getpass("Password: "), False
    return sys.stdin.readline().rstrip("\r\n"), False
