"""The command of ``chatr`` that looks whether the database is whole."""

from __future__ import annotations

import argparse
from typing import Any

from chatr.commands.desk import Desk
from chatr.commands.running import MAX_ROWS, CommandError
from chatr.plain import say
from chatr.store.writing import integrity


def add(commands: Any) -> None:
    """Declare the command."""
    doctor = commands.add_parser("doctor", help="look whether messages and logs are whole, beside the server or alone")
    doctor.set_defaults(run=_doctor)


async def _doctor(at: Desk, chosen: argparse.Namespace) -> None:
    count = 0
    async for fault in integrity.faults(at.ctx.ports.db):
        count += 1
        if count <= MAX_ROWS:
            say(f"{fault.id} {fault.what}")
    if count:
        raise CommandError(f"{count} faults: restore a backup, or ask for help with this list")
    say("messages and logs are whole")
