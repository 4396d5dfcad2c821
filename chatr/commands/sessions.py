"""Commands about who is signed in, programs included."""

from __future__ import annotations

import argparse
import json
from typing import Any

import msgspec

from chatr.commands.desk import Desk
from chatr.commands.running import MAX_ROWS, about_a_user, who
from chatr.ops import operator
from chatr.plain import say
from chatr.store.sessions import sessions


def add(commands: Any) -> None:
    """Declare the commands."""
    token = commands.add_parser("token", help="tokens for programs").add_subparsers(dest="action", required=True)
    about_a_user(token.add_parser("issue", help="begin a session and print its tokens as JSON"), _issue)
    session = commands.add_parser("sessions", help="who is signed in").add_subparsers(dest="action", required=True)
    about_a_user(session.add_parser("list", help="where somebody is signed in"), _sessions)
    revoke = session.add_parser("revoke", help="sign somebody out, everywhere within a second")
    revoke.add_argument("--id", default="", help="only this session")
    about_a_user(revoke, _revoke)


async def _issue(at: Desk, chosen: argparse.Namespace) -> None:
    session = await operator.issue_session(at.ctx, await who(at, chosen))
    shown = {key: value for key, value in msgspec.to_builtins(session).items() if key != "user"}
    say(json.dumps(shown))


async def _sessions(at: Desk, chosen: argparse.Namespace) -> None:
    person = await who(at, chosen)
    for session in await sessions.live(at.ctx.ports.db, person.id, limit=MAX_ROWS):
        used = f"{session.last_used_at:%Y-%m-%dT%H:%M:%SZ}"
        say(" ".join([session.id, used, session.address or "-", session.user_agent or "-"]))


async def _revoke(at: Desk, chosen: argparse.Namespace) -> None:
    ended = await operator.end_sessions(at.ctx, await who(at, chosen), chosen.id)
    say(f"sessions ended: {ended}")
