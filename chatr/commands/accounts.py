"""The commands of ``chatr`` that work on accounts, sessions, keys and the outbound queue."""

from __future__ import annotations

import argparse
import getpass
import json
import secrets
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
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
from chatr.services.retention import Busy
from chatr.store import outbound
from chatr.store.accounts import accounts, sessions
from chatr.store.fitness import Unfit
from chatr.store.people.people import Person

Command = Callable[[Desk, argparse.Namespace], Awaitable[None]]

_EXPECTED = (DataDirectoryError, DirectoryInUse, EmbeddedError, Unfit, OSError)
#: Dead letters that are tried again by hand have this long to arrive.
REVIVED_S = 3600
MAX_ROWS = 1000


class Refused(Exception):
    """The command can't be carried out; one sentence."""


def add_parsers(commands: Any) -> None:
    """Declare the commands."""
    _user_parsers(commands.add_parser("user", help="make and change accounts"))
    token = commands.add_parser("token", help="tokens for programs").add_subparsers(dest="action", required=True)
    _about_a_user(token.add_parser("issue", help="begin a session and print its tokens as JSON"), _issue)

    session = commands.add_parser("sessions", help="who is signed in").add_subparsers(dest="action", required=True)
    _about_a_user(session.add_parser("list", help="where somebody is signed in"), _sessions)
    revoke = session.add_parser("revoke", help="sign somebody out, everywhere within a second")
    revoke.add_argument("--id", default="", help="only this session")
    _about_a_user(revoke, _revoke)

    keys = commands.add_parser("keys", help="the server's keys").add_subparsers(dest="action", required=True)
    rotate = keys.add_parser("rotate", help="new keys, used from the next start on; the server must be stopped")
    rotate.add_argument(
        "--forget-old",
        action="store_true",
        help="void what the old keys made: open access tokens, codes under way, recovery codes",
    )
    rotate.set_defaults(run=_rotate, rotates=True)

    queue = commands.add_parser("outbound", help="mail and SMS").add_subparsers(dest="action", required=True)
    queue.add_parser("list", help="how much waits, and what was given up and why").set_defaults(run=_outbound)
    queue.add_parser("retry", help="try everything again that was given up").set_defaults(run=_retry)

    kept = commands.add_parser("retention", help="let go now what is let go each night, by the settings [retention]")
    kept.add_argument("--dry-run", action="store_true", help="only count what would go")
    kept.set_defaults(run=_retention)


def _user_parsers(parser: argparse.ArgumentParser) -> None:
    user = parser.add_subparsers(dest="action", required=True)
    create = user.add_parser("create", help="make an account that can sign in at once")
    create.add_argument("username")
    create.add_argument("--email", default="")
    create.add_argument("--phone", default="")
    create.add_argument("--name", default="", help="display name")
    create.add_argument("--role", choices=["user", "support", "admin"], default="user")
    create.add_argument("--bot", action="store_true")
    _password_option(create)
    create.set_defaults(run=_create)
    listed = user.add_parser("list", help="accounts, newest first")
    listed.add_argument("--limit", type=int, default=100)
    listed.set_defaults(run=_list)
    for name, run, text in (
        ("disable", _disable, "keep somebody out, at once"),
        ("enable", _enable, "let somebody in again"),
        ("grant-support", _grant_support, "make somebody support staff"),
        ("revoke-support", _revoke_support, "make somebody an ordinary user"),
        ("disable-2fa", _disable_two_factor, "for somebody who lost authenticator and recovery codes"),
    ):
        _about_a_user(user.add_parser(name, help=text), run)
    reset = user.add_parser("reset-password", help="set a password and end all sessions")
    _password_option(reset)
    _about_a_user(reset, _reset_password)

    for kind, option in (("email", "--email"), ("phone", "--phone")):
        change = user.add_parser(f"set-{kind}", help="for somebody who mistyped or lost it; needs no code")
        new = change.add_mutually_exclusive_group(required=True)
        new.add_argument(option, dest="address")
        new.add_argument("--none", action="store_true", help="drop it")
        _about_a_user(change, _set_address)
        change.set_defaults(kind=kind)
    undo = user.add_parser("undo-email", help="take the last change of an e-mail address back, within seven days")
    _about_a_user(undo, _undo_email)


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
    except (ApiError, Refused, *_EXPECTED) as error:
        say(f"chatr: {error.detail if isinstance(error, ApiError) else error}", file=sys.stderr)
    except psycopg2.Error as error:
        say(f"chatr: database: {' '.join(str(error).split())}", file=sys.stderr)
    else:
        return
    raise SystemExit(1)


def _about_a_user(parser: argparse.ArgumentParser, run: Command) -> None:
    parser.add_argument("user", help="username, e-mail address or phone number")
    parser.set_defaults(run=run)


def _password_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--password-stdin", action="store_true", help="read the password from standard input (default: make one up)"
    )


async def _create(at: Desk, chosen: argparse.Namespace) -> None:
    password, made_up = _password(chosen)
    new = operator.NewUser(
        username=chosen.username,
        password=password,
        email=chosen.email,
        phone_number=chosen.phone,
        display_name=chosen.name,
        role=chosen.role,
        is_bot=chosen.bot,
    )
    person = await operator.create_user(at.ctx, new)
    say(f"{person.username} {person.id}")
    if made_up:
        say(f"password: {password}")


async def _list(at: Desk, chosen: argparse.Namespace) -> None:
    for person in await accounts.listed(at.ctx.ports.db, max(1, min(chosen.limit, MAX_ROWS))):
        words = [person.username, person.id, person.role, f"{person.created_at:%Y-%m-%d}", person.email or "-"]
        say(" ".join([*words, *_marks(person)]))


def _marks(person: Person) -> list[str]:
    marks = {
        "unverified": not person.verified,
        "disabled": person.disabled,
        "bot": person.is_bot,
        "2fa": person.two_factor,
    }
    return [mark for mark, holds in marks.items() if holds]


async def _disable(at: Desk, chosen: argparse.Namespace) -> None:
    await operator.set_disabled(at.ctx, await _who(at, chosen), True)


async def _enable(at: Desk, chosen: argparse.Namespace) -> None:
    await operator.set_disabled(at.ctx, await _who(at, chosen), False)


async def _grant_support(at: Desk, chosen: argparse.Namespace) -> None:
    await operator.set_role(at.ctx, await _who(at, chosen), "support")


async def _revoke_support(at: Desk, chosen: argparse.Namespace) -> None:
    person = await _who(at, chosen)
    if person.role != "support":
        raise Refused(f"{person.username} is no support staff")
    await operator.set_role(at.ctx, person, "user")


async def _disable_two_factor(at: Desk, chosen: argparse.Namespace) -> None:
    await operator.disable_two_factor(at.ctx, await _who(at, chosen))


async def _reset_password(at: Desk, chosen: argparse.Namespace) -> None:
    person = await _who(at, chosen)
    password, made_up = _password(chosen)
    await operator.reset_password(at.ctx, person, password)
    if made_up:
        say(f"password: {password}")


async def _set_address(at: Desk, chosen: argparse.Namespace) -> None:
    address = None if chosen.none else chosen.address
    person = await operator.set_address(at.ctx, await _who(at, chosen), chosen.kind, address)
    say(f"{person.username} {person.email or '-'} {person.phone_number or '-'}")


async def _undo_email(at: Desk, chosen: argparse.Namespace) -> None:
    person = await operator.undo_email(at.ctx, await _who(at, chosen))
    say(f"{person.username} {person.email or '-'} {person.phone_number or '-'}, signed out everywhere")


async def _issue(at: Desk, chosen: argparse.Namespace) -> None:
    session = await operator.issue_session(at.ctx, await _who(at, chosen))
    shown = {key: value for key, value in msgspec.to_builtins(session).items() if key != "user"}
    say(json.dumps(shown))


async def _sessions(at: Desk, chosen: argparse.Namespace) -> None:
    person = await _who(at, chosen)
    for session in await sessions.live(at.ctx.ports.db, person.id, limit=MAX_ROWS):
        used = f"{session.last_used_at:%Y-%m-%dT%H:%M:%SZ}"
        say(" ".join([session.id, used, session.address or "-", session.user_agent or "-"]))


async def _revoke(at: Desk, chosen: argparse.Namespace) -> None:
    ended = await operator.end_sessions(at.ctx, await _who(at, chosen), chosen.id)
    say(f"sessions ended: {ended}")


async def _rotate(at: Desk, chosen: argparse.Namespace) -> None:
    lost = await operator.reseal(at.ctx)
    if lost:
        shown = ", ".join(lost)
        say(f"chatr: sealed under a key that is gone, two-factor sign-in is broken for: {shown}", file=sys.stderr)
    if chosen.forget_old:
        at.data.forget_old_keys()
    say("keys rotated" + (", old ones forgotten" if chosen.forget_old else ", old ones kept for what they made"))


async def _outbound(at: Desk, chosen: argparse.Namespace) -> None:
    say(f"waiting: {await outbound.waiting(at.ctx.ports.db)}")
    for dead in await outbound.dead(at.ctx.ports.db, MAX_ROWS):
        times = f"{dead.created_at:%Y-%m-%dT%H:%M:%SZ} {dead.dead_at:%Y-%m-%dT%H:%M:%SZ}"
        say(f"dead: {dead.id} {dead.channel} {times} after {dead.attempts} tries: {dead.error}")


async def _retry(at: Desk, chosen: argparse.Namespace) -> None:
    say(f"queued again: {await outbound.revive(at.ctx.ports.db, REVIVED_S)}")


async def _retention(at: Desk, chosen: argparse.Namespace) -> None:
    if chosen.dry_run:
        for due in await at.retention.due():
            say(f"{due.rule}: {due.count} older than {due.days} days")
        return
    try:
        gone = await at.retention.run()
    except Busy:
        raise Refused("another process is at it") from None
    for rule, count in gone.items():
        say(f"{rule}: {count} gone")


async def _who(at: Desk, chosen: argparse.Namespace) -> Person:
    return await operator.find(at.ctx, chosen.user)


def _password(chosen: argparse.Namespace) -> tuple[str, bool]:
    """The password, and whether it was made up here. Never from the command line: others can read that."""
    if not chosen.password_stdin:
        return f"A-{secrets.token_urlsafe(15)}", True
    if sys.stdin.isatty():
        return getpass.getpass("Password: "), False
    return sys.stdin.readline().rstrip("\r\n"), False
