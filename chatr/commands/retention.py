"""The command that lets go now of what goes each night."""

from __future__ import annotations

import argparse
from typing import Any

from chatr.commands.desk import Desk
from chatr.commands.running import CommandError
from chatr.plain import say
from chatr.services.nightly import Busy


def add(commands: Any) -> None:
    """Declare the command."""
    kept = commands.add_parser("retention", help="let go now what is let go each night, by the settings [retention]")
    kept.add_argument("--dry-run", action="store_true", help="only count what would go")
    kept.set_defaults(run=_retention)


async def _retention(at: Desk, chosen: argparse.Namespace) -> None:
    if chosen.dry_run:
        for due in await at.nightly.due():
            say(f"{due.rule}: {due.count} older than {due.days} days")
        return
    try:
        gone = await at.nightly.run()
    except Busy:
        raise CommandError("another process is at it") from None
    for rule, count in gone.items():
        say(f"{rule}: {count} gone")
