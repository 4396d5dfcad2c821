"""Commands that make and change accounts."""

from __future__ import annotations

import argparse
from typing import Any

from chatr.commands.desk import Desk
from chatr.commands.running import MAX_ROWS, CommandError, about_a_user, password_of, password_option, who
from chatr.ops import operator
from chatr.plain import say
from chatr.store.accounts import accounts
from chatr.store.people.people import Person


def add(commands: Any) -> None:
    """Declare the commands."""
    user = commands.add_parser("user", help="make and change accounts").add_subparsers(dest="action", required=True)
    _add_making(user)
    for name, run, text in (
        ("disable", _disable, "keep somebody out, at once"),
        ("enable", _enable, "let somebody in again"),
        ("grant-support", _grant_support, "make somebody support staff"),
        ("revoke-support", _revoke_support, "make somebody an ordinary user"),
        ("disable-2fa", _disable_two_factor, "for somebody who lost authenticator and recovery codes"),
    ):
        about_a_user(user.add_parser(name, help=text), run)
    reset = user.add_parser("reset-password", help="set a password and end all sessions")
    password_option(reset)
    about_a_user(reset, _reset_password)
    _add_addresses(user)


def _add_making(user: Any) -> None:
    create = user.add_parser("create", help="make an account that can sign in at once")
    create.add_argument("username")
    create.add_argument("--email", default="")
    create.add_argument("--phone", default="")
    create.add_argument("--name", default="", help="display name")
    create.add_argument("--role", choices=["user", "support", "admin"], default="user")
    create.add_argument("--bot", action="store_true")
    password_option(create)
    create.set_defaults(run=_create)
    listed = user.add_parser("list", help="accounts, newest first")
    listed.add_argument("--limit", type=int, default=100)
    listed.set_defaults(run=_list)


def _add_addresses(user: Any) -> None:
    for kind, option in (("email", "--email"), ("phone", "--phone")):
        change = user.add_parser(f"set-{kind}", help="for somebody who mistyped or lost it; needs no code")
        new = change.add_mutually_exclusive_group(required=True)
        new.add_argument(option, dest="address")
        new.add_argument("--none", action="store_true", help="drop it")
        about_a_user(change, _set_address)
        change.set_defaults(kind=kind)
    undo = user.add_parser("undo-email", help="take the last change of an e-mail address back, within seven days")
    about_a_user(undo, _undo_email)


async def _create(at: Desk, chosen: argparse.Namespace) -> None:
    password, made_up = password_of(chosen)
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
    await operator.set_disabled(at.ctx, await who(at, chosen), True)


async def _enable(at: Desk, chosen: argparse.Namespace) -> None:
    await operator.set_disabled(at.ctx, await who(at, chosen), False)


async def _grant_support(at: Desk, chosen: argparse.Namespace) -> None:
    await operator.set_role(at.ctx, await who(at, chosen), "support")


async def _revoke_support(at: Desk, chosen: argparse.Namespace) -> None:
    person = await who(at, chosen)
    if person.role != "support":
        raise CommandError(f"{person.username} is no support staff")
    await operator.set_role(at.ctx, person, "user")


async def _disable_two_factor(at: Desk, chosen: argparse.Namespace) -> None:
    await operator.disable_two_factor(at.ctx, await who(at, chosen))


async def _reset_password(at: Desk, chosen: argparse.Namespace) -> None:
    person = await who(at, chosen)
    password, made_up = password_of(chosen)
    await operator.reset_password(at.ctx, person, password)
    if made_up:
        say(f"password: {password}")


async def _set_address(at: Desk, chosen: argparse.Namespace) -> None:
    address = None if chosen.none else chosen.address
    person = await operator.set_address(at.ctx, await who(at, chosen), chosen.kind, address)
    say(f"{person.username} {person.email or '-'} {person.phone_number or '-'}")


async def _undo_email(at: Desk, chosen: argparse.Namespace) -> None:
    person = await operator.undo_email(at.ctx, await who(at, chosen))
    say(f"{person.username} {person.email or '-'} {person.phone_number or '-'}, signed out everywhere")
