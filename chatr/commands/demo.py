"""The command that makes people to try things out as."""

from __future__ import annotations

import argparse
from typing import Any

from chatr.commands.desk import Desk
from chatr.commands.running import CommandError
from chatr.demo.demo import PLAYERS
from chatr.plain import say


def add(commands: Any) -> None:
    """Declare the command."""
    made = commands.add_parser("demo", help="in development: make two people to sign in as, with conversations")
    made.set_defaults(run=_make)


async def _make(at: Desk, chosen: argparse.Namespace) -> None:
    if at.demo is None:
        raise CommandError(
            "the demo is for development (server.mode): nobody needs a password to sign in as its people"
        )
    await at.demo.make()
    names = " and ".join(f"{player.display_name} (@{player.username})" for player in PLAYERS)
    say(f"{names} are there: sign in as either by one click, on the server's first page")
