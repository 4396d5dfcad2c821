"""Commands about the server's keys."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from chatr.commands.desk import Desk
from chatr.ops import operator
from chatr.plain import say


def add(commands: Any) -> None:
    """Declare the commands."""
    keys = commands.add_parser("keys", help="the server's keys").add_subparsers(dest="action", required=True)
    rotate = keys.add_parser("rotate", help="new keys, used from the next start on; the server must be stopped")
    rotate.add_argument(
        "--forget-old",
        action="store_true",
        help="void what the old keys made: open access tokens, codes under way, recovery codes",
    )
    rotate.set_defaults(run=_rotate, rotates=True)


async def _rotate(at: Desk, chosen: argparse.Namespace) -> None:
    lost = await operator.reseal(at.ctx)
    if lost:
        shown = ", ".join(lost)
        say(f"chatr: sealed under a key that is gone, two-factor sign-in is broken for: {shown}", file=sys.stderr)
    if chosen.forget_old:
        at.data.forget_old_keys()
    say("keys rotated" + (", old ones forgotten" if chosen.forget_old else ", old ones kept for what they made"))
