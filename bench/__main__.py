"""``make bench``: chatr beside the yardstick peer, scenario by scenario in one run, and the ratios.

usage: python -m bench [--yard DIR] [--scratch DIR] [--runs N] [--seconds S] [SCENARIO …]

The yardstick (a lean Socket.IO + PostgreSQL server and a load generator in C that drives both) is copied to a scratch
folder and built there: it needs gcc and npm; its Redis is the Valkey of the tests. Leave the machine alone while this
runs. A ratio marked ~ comes from runs during which other work, or other guests of the host, took a share of the
processors.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests import valkey

HERE = Path(__file__).resolve().parent
PEER, OURS = "seed", "chatr"
#: Where PostgreSQL listens, of whichever copy of the yardstick it is; and how long one may take to end.
PG_PORT, PG_ENDS_S = 9710, 30.0


class Figure:
    """A number of a scenario: where it stands in a run's result, and whether more is better."""

    def __init__(self, scenario: str, path: str, text: str, *, more_is_better: bool = True) -> None:
        self.scenario = scenario
        self.path = path
        self.text = text
        self.more_is_better = more_is_better

    def read(self, result: dict[str, Any]) -> float | None:
        value: Any = result
        for part in self.path.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        return value if isinstance(value, int | float) else None


FIGURES = (
    Figure("dm-closed", "acks_per_s", "durable direct sends, 64 pairs (sends/s)"),
    Figure("dm-rate500", "delivery_ms.p50", "send → received at 500/s, p50 (ms)", more_is_better=False),
    Figure("dm-rate500", "delivery_ms.p95", "send → received at 500/s, p95 (ms)", more_is_better=False),
    Figure("dm-rate500", "delivery_ms.p99", "send → received at 500/s, p99 (ms)", more_is_better=False),
    Figure("fan500-db", "deliveries_per_s", "fan-out to 500, each message committed (deliveries/s)"),
    Figure("fan2000-db", "deliveries_per_s", "the same to 2,000"),
    Figure("fan5000-db", "deliveries_per_s", "the same to 5,000"),
    Figure("connect", "connects_per_s", "authenticated connects (connects/s)"),
    Figure("idle", "kib_per_conn", "memory per idle signed-in session (KiB)", more_is_better=False),
)


def prepare(yard: Path, scratch: Path) -> Path:
    """A built copy of the yardstick with chatr as one of its peers."""
    place = scratch / "yard"
    if not place.exists():
        shutil.copytree(yard, place)
        for path in [place, *place.rglob("*")]:
            path.chmod(path.stat().st_mode | 0o200)
    subprocess.run(["make", "--silent"], cwd=place, check=True)
    if not (place / "peers/seed/node_modules").exists():
        install = ["npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--silent"]
        subprocess.run(install, cwd=place / "peers/seed", check=True)
    shutil.copy(HERE / "peers_extra.py", place)
    redis = place / "bin" / "redis-server"
    redis.parent.mkdir(exist_ok=True)
    redis.unlink(missing_ok=True)
    redis.symlink_to(valkey.program())
    os.environ["PATH"] = f"{redis.parent}:{os.environ['PATH']}"
    return place


def start_database(place: Path) -> None:
    """Start PostgreSQL. One of another copy that is ending still has the port: it is not to be taken for this one."""
    deadline = time.monotonic() + PG_ENDS_S
    while not _pid_file(place).exists() and _answers(PG_PORT):
        if time.monotonic() > deadline:
            raise SystemExit(f"port {PG_PORT} is taken: another copy of the yardstick has its PostgreSQL there")
        time.sleep(0.1)
    subprocess.run([sys.executable, "bench.py", "pg", "start"], cwd=place, check=True, stdout=subprocess.DEVNULL)


def stop_database(place: Path) -> None:
    """Stop PostgreSQL and wait for its end."""
    subprocess.run([sys.executable, "bench.py", "pg", "stop"], cwd=place, stdout=subprocess.DEVNULL, check=False)
    deadline = time.monotonic() + PG_ENDS_S
    while _pid_file(place).exists() and time.monotonic() < deadline:
        time.sleep(0.1)


def _pid_file(place: Path) -> Path:
    return place / "pg" / "data" / "postmaster.pid"


def _answers(port: int) -> bool:
    with socket.socket() as tried:
        tried.settimeout(1)
        return tried.connect_ex(("127.0.0.1", port)) == 0


def run(place: Path, peer: str, scenario: str, options: argparse.Namespace) -> list[dict[str, Any]]:
    """The results of one peer in one scenario. Runs that failed are left out and said."""
    out = place / "results" / "chatr-bench.jsonl"
    out.parent.mkdir(exist_ok=True)
    out.unlink(missing_ok=True)
    command = [sys.executable, "bench.py", peer, scenario, "--runs", "1", "--dur", str(options.seconds)]
    subprocess.run([*command, "--out", str(out)], cwd=place, stdout=subprocess.DEVNULL, check=False)
    results = [json.loads(line) for line in out.read_text().splitlines()] if out.exists() else []
    for result in results:
        if result.get("error"):
            print(f"# {peer} {scenario}: {result['error']}", file=sys.stderr)
    good = [result for result in results if not result.get("error")]
    # On a machine that others share, all runs may be noisy: then they are all there is, and the table says so.
    return [result for result in good if not result.get("noisy")] or good


def main() -> int:
    """Measure, then print a table: figure, peer, chatr, ratio."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__.partition("\n")[0])
    parser.add_argument("--yard", type=Path, default=HERE.parent.parent / "shared" / "bench")
    parser.add_argument("--scratch", type=Path, default=Path(tempfile.gettempdir()) / "chatr-bench")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("scenarios", nargs="*", help=", ".join(dict.fromkeys(figure.scenario for figure in FIGURES)))
    options = parser.parse_args()
    if not options.yard.is_dir():
        print(f"the yardstick is not at {options.yard}: give --yard", file=sys.stderr)
        return 1
    place = prepare(options.yard, options.scratch)
    start_database(place)
    chosen = options.scenarios or list(dict.fromkeys(figure.scenario for figure in FIGURES))
    print(f"| {'figure':55} | {'peer':>9} | {'chatr':>9} | ratio |\n|{'-' * 57}|{'-' * 10}:|{'-' * 10}:|------:|")
    complete = True
    try:
        for scenario in chosen:
            results: dict[str, list[dict[str, Any]]] = {PEER: [], OURS: []}
            for _ in range(options.runs):
                # The two take turns, so that both meet the machine in the same state.
                for peer, found in results.items():
                    found += run(place, peer, scenario, options)
            for figure in FIGURES:
                if figure.scenario == scenario:
                    complete &= show(figure, results)
    finally:
        stop_database(place)
    return 0 if complete else 1


def show(figure: Figure, results: dict[str, list[dict[str, Any]]]) -> bool:
    """One row: medians and how many times as good as the peer chatr is; whether both were measured."""
    values = {}
    for peer, runs in results.items():
        numbers = [number for number in map(figure.read, runs) if number is not None]
        values[peer] = statistics.median(numbers) if numbers else None
    peer, ours = values[PEER], values[OURS]
    ratio = f"{ours / peer:.2f}" if peer and ours else "–"
    shown = [f"{value:9,.1f}" if value is not None else f"{'–':>9}" for value in (peer, ours)]
    noisy = any(result.get("noisy") for runs in results.values() for result in runs)
    better = "" if figure.more_is_better else " (less is better)"
    print(f"| {figure.text + better:55} | {shown[0]} | {shown[1]} | {ratio:>5}{'~' if noisy else ' '}|", flush=True)
    return peer is not None and ours is not None


if __name__ == "__main__":
    sys.exit(main())
