"""``make bench``: chatr beside the yardstick's peers, scenario by scenario in one run, and the ratios.

The yardstick (a lean Socket.IO + PostgreSQL server, alone and with group commit, and a load generator in C that drives
all) is copied to a scratch folder and built there: it needs gcc, npm and, for the requests over HTTP, wrk. The peers
take turns, each run begins on emptied tables, and a run during which others used more than 0.15 of a processor is made
again, twice at most: what was noisy all the same is marked ~. Leave the machine alone meanwhile.

With ``--results`` the runs are kept in a file, and the table is of all in it: so a measurement can be made in pieces,
and ``--runs 0`` only prints.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench import tables
from bench.yard import place, rows, table


def measure(where: Path, options: argparse.Namespace) -> Iterator[dict[str, Any] | None]:
    """Each run's result as it comes; None where there is none."""
    for scenario in options.scenarios or rows.SCENARIOS:
        for turn in range(options.runs):
            # Each is as often the first as the last: what the machine does in between meets all.
            for peer in rows.peers(scenario)[:: -1 if turn % 2 else 1]:
                result = place.run(where, peer, scenario, options.seconds, options.set, options.profiles)
                for row in (row for row in rows.ROWS if result and row.scenario == scenario):
                    print(f"# {peer} {row.text}: {row.read(result or {})}", file=sys.stderr, flush=True)
                yield result


def main() -> int:
    """Measure and print; 1 when a run failed."""
    parser = argparse.ArgumentParser(
        prog="python -m bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--yard", type=Path, default=place.ROOT.parent / "shared" / "bench")
    parser.add_argument("--scratch", type=Path, default=Path(tempfile.gettempdir()) / "chatr-bench")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--set", action="append", default=[], metavar="SECTION.NAME=VALUE", help="a setting of chatr")
    parser.add_argument(
        "--profiles", type=Path, help="a folder for profiles of chatr by cProfile: half as fast meanwhile"
    )
    parser.add_argument("--results", type=Path, help="keep the runs in this file, one a line")
    parser.add_argument("--write", type=Path, help="put the table into this page, too")
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO", help=f"of {', '.join(rows.SCENARIOS)}: all")
    options = parser.parse_args()
    if unknown := set(options.scenarios) - set(rows.SCENARIOS):
        parser.error(f"no scenario: {', '.join(sorted(unknown))}")
    if not options.yard.is_dir():
        parser.error(f"the yardstick is not at {options.yard}: give --yard")
    kept: Path | None = options.results
    results = [json.loads(line) for line in kept.read_text().splitlines()] if kept and kept.exists() else []
    failed = False
    if options.runs:
        if shutil.which("wrk") is None:
            print(
                "# wrk is not on PATH (Debian has it: apt-get install wrk): no request can be measured", file=sys.stderr
            )
        where = options.scratch / "yard"
        place.prepare(options.yard, where)
        with place.database(where):
            for result in measure(where, options):
                failed |= result is None
                results += [result] if result else []
                if kept and result:
                    with kept.open("a") as file:
                        file.write(json.dumps(result) + "\n")
    lines = table.table(results)
    print("\n".join(lines))
    if options.write:
        tables.insert(options.write, "beside the peers", lines)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
