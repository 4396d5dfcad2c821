"""Commands about mail and SMS that wait, or were given up."""

from __future__ import annotations

import argparse
from typing import Any

from chatr.commands.desk import Desk
from chatr.commands.running import MAX_ROWS
from chatr.plain import say
from chatr.store import outbound

#: Dead letters that are tried again by hand have this long to arrive.
REVIVED_S = 3600


def add(commands: Any) -> None:
    """Declare the commands."""
    queue = commands.add_parser("outbound", help="mail and SMS").add_subparsers(dest="action", required=True)
    queue.add_parser("list", help="how much waits, and what was given up and why").set_defaults(run=_outbound)
    queue.add_parser("retry", help="try everything again that was given up").set_defaults(run=_retry)


async def _outbound(at: Desk, chosen: argparse.Namespace) -> None:
    say(f"waiting: {await outbound.waiting(at.ctx.ports.db)}")
    for dead in await outbound.dead(at.ctx.ports.db, MAX_ROWS):
        times = f"{dead.created_at:%Y-%m-%dT%H:%M:%SZ} {dead.dead_at:%Y-%m-%dT%H:%M:%SZ}"
        say(f"dead: {dead.id} {dead.channel} {times} after {dead.attempts} tries: {dead.error}")


async def _retry(at: Desk, chosen: argparse.Namespace) -> None:
    say(f"queued again: {await outbound.revive(at.ctx.ports.db, REVIVED_S)}")
