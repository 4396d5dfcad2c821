"""The command of ``chatr`` that begins another epoch of the database."""

from __future__ import annotations

import argparse
from typing import Any

from chatr.commands.desk import Desk
from chatr.plain import say
from chatr.store import epoch


def add(commands: Any) -> None:
    """Declare the command."""
    actions = commands.add_parser("epoch", help="which history the database has").add_subparsers(
        dest="action", required=True
    )
    new = actions.add_parser("new", help="the database lost its newest part: all clients load what they have anew")
    new.set_defaults(run=_new)


async def _new(at: Desk, chosen: argparse.Namespace) -> None:
    say(f"epoch: {await epoch.renew(at.ctx.ports.db)}")
