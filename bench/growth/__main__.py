"""``python -m bench.growth``: what becomes slower, or larger, as things grow. Chatr alone, on an embedded PostgreSQL.

sends: a send among a thousand messages and among a million, and in groups of 2, 500 and 5,000. lists: conversation.list
with 1,000 conversations. history: pages of a conversation of a million messages. search: words among a million. churn:
memory after 100,000 sessions have come and gone. pauses: the longest turns of the reactor, and the garbage collector's,
over 24,000 sends. Other sizes are options; ``sends --messages 10000000`` needs 10 GB of disk and many minutes.

With ``--results`` what was found is kept in a file, the last of each part, and the table is of all in it.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

from bench import tables
from bench.growth.churn import churn
from bench.growth.history import history
from bench.growth.lists import lists
from bench.growth.pauses import pauses
from bench.growth.search import search
from bench.growth.sends import sends
from bench.growth.world import Found

PARTS: dict[str, Callable[[argparse.Namespace], list[Found]]] = {
    "sends": sends,
    "lists": lists,
    "history": history,
    "search": search,
    "churn": churn,
    "pauses": pauses,
}


def main() -> int:
    """Measure and print; an exception when something could not be measured, 0 whatever the figures are."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.growth", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--messages", type=int, default=1_000_000, help="the most that there are")
    parser.add_argument("--conversations", type=int, default=1000)
    parser.add_argument("--cycles", type=int, default=100_000)
    parser.add_argument("--sends", type=int, default=24_000)
    parser.add_argument("--plans", action="store_true", help="print which indexes the plans of searches use")
    parser.add_argument("--results", type=Path, help="keep what was found in this file, a part a line")
    parser.add_argument("--show", action="store_true", help="measure nothing: only the table of what is kept")
    parser.add_argument("--write", type=Path, help="put the table into this page, too")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}: all")
    options = parser.parse_args()
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"no part: {', '.join(sorted(unknown))}")
    kept: Path | None = options.results
    found: dict[str, list[Found]] = {}
    for line in kept.read_text().splitlines() if kept and kept.exists() else ():
        found |= {part: [Found(*each) for each in rows] for part, rows in json.loads(line).items()}
    for part in () if options.show else options.parts or PARTS:
        found[part] = PARTS[part](options)
        for each in found[part]:
            print(f"# {each.figure}: {each.value}", file=sys.stderr, flush=True)
        if kept:
            with kept.open("a") as file:
                file.write(json.dumps({part: found[part]}) + "\n")
    rows = [each for part in PARTS for each in found.get(part, [])]
    lines = tables.simple([("figure", "value", "goal", ""), *(_cells(each) for each in rows)])
    if missed := [f"{each.figure}: {each.value}, to be {each.goal}" for each in rows if each.reached is False]:
        lines = [f"Missed: {'; '.join(missed)}.", "", *lines]
    print("\n".join(lines))
    if options.write:
        tables.insert(options.write, "growth", lines)
    return 0


def _cells(found: Found) -> tuple[str, str, str, str]:
    return found.figure, found.value, found.goal, {None: "", True: "reached", False: "missed"}[found.reached]


if __name__ == "__main__":
    sys.exit(main())
