"""A copy of the yardstick that chatr is a peer of, its PostgreSQL, and its runs."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.yard.rows import NODE
from tests import valkey

ROOT = Path(__file__).resolve().parents[2]
#: The yardstick's driver. Under its own name it would be taken for this package.
DRIVER = "yard.py"
#: Where PostgreSQL listens, of whichever copy of the yardstick it is; and how long one may take to end.
PG_PORT, PG_ENDS_S = 9710, 30.0
#: What a run must not have: else its figures are of something else than what is said.
FAULTS = ("errors", "failed", "closed", "non2xx")


def prepare(yard: Path, place: Path) -> None:
    """Copy the yardstick and build it: with gcc and npm, once. Its Redis is the Valkey of the tests."""
    shutil.copytree(yard, place, dirs_exist_ok=True)
    for path in [yard, *yard.rglob("*")]:
        copy = place / path.relative_to(yard)
        copy.chmod(copy.stat().st_mode | 0o200)
    (place / "bench.py").replace(place / DRIVER)
    (place / "peers_extra.py").write_text("from bench.yard.peers import register as register\n")
    subprocess.run(["make", "--silent"], cwd=place, check=True)
    if not (place / "peers" / NODE / "node_modules").exists():
        install = ["npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--silent"]
        subprocess.run(install, cwd=place / "peers" / NODE, check=True)
    programs = place / "bin"
    programs.mkdir(exist_ok=True)
    (programs / "redis-server").unlink(missing_ok=True)
    (programs / "redis-server").symlink_to(valkey.program())
    if wrk := shutil.which("wrk"):
        # The driver takes a deviation of 61.50 % above it for the median.
        (programs / "wrk").write_text(f"#!/bin/sh\n{wrk} \"$@\" | sed '/^    Latency  /d; /^    Req.Sec/d'\n")
        (programs / "wrk").chmod(0o755)


@contextmanager
def database(place: Path) -> Iterator[None]:
    """PostgreSQL of the yardstick. One of another copy that is ending still has the port: it is not taken for this."""
    deadline = time.monotonic() + PG_ENDS_S
    while not _pid_file(place).exists() and _answers(PG_PORT):
        if time.monotonic() > deadline:
            raise SystemExit(f"port {PG_PORT} is taken: another copy of the yardstick has its PostgreSQL there")
        time.sleep(0.1)
    try:
        subprocess.run(_driver("pg", "start"), cwd=place, env=_environment(place), check=True)
        yield
    finally:
        subprocess.run(_driver("pg", "stop"), cwd=place, env=_environment(place), check=False)
        deadline = time.monotonic() + PG_ENDS_S
        while _pid_file(place).exists() and time.monotonic() < deadline:
            time.sleep(0.1)


def run(
    place: Path, peer: str, scenario: str, seconds: float, settings: list[str], profiles: Path | None = None
) -> dict[str, Any] | None:
    """The result of one run on emptied tables, of up to three tries the first that nobody disturbed, else the last.

    None: it failed, and that was said. ``settings``: of chatr, as ``--set`` takes them. ``profiles``: a folder for what
    cProfile has counted of chatr.
    """
    out = place / "results" / "run.jsonl"
    out.parent.mkdir(exist_ok=True)
    out.unlink(missing_ok=True)
    command = _driver(peer, scenario, "--runs", "1", "--dur", str(seconds), "--fresh", "--out", str(out))
    command += ["--set", f"chatr={' '.join(settings)}"]
    if profiles is not None:
        profiles.mkdir(exist_ok=True)
        command.append(f"profile={profiles.resolve() / scenario}.pstats")
    subprocess.run(command, cwd=place, env=_environment(place), stdout=subprocess.DEVNULL, check=False)
    lines = out.read_text().splitlines() if out.exists() else []
    result: dict[str, Any] = json.loads(lines[-1]) if lines else {"error": "the driver ended without a result"}
    faults = {name: result[name] for name in FAULTS if result.get(name)}
    if result.get("durable_ok") is False:
        faults["rows_in_db"] = result["rows_in_db"]
    if problem := result.get("error") or faults:
        print(f"# {peer} {scenario}: {problem} {result.get('stderr', '')}", file=sys.stderr)
        return None
    return result


def _driver(*arguments: str) -> list[str]:
    return [sys.executable, DRIVER, *arguments]


def _environment(place: Path) -> dict[str, str]:
    return {**os.environ, "PATH": f"{place / 'bin'}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}


def _pid_file(place: Path) -> Path:
    return place / "pg" / "data" / "postmaster.pid"


def _answers(port: int) -> bool:
    with socket.socket() as tried:
        tried.settimeout(1)
        return tried.connect_ex(("127.0.0.1", port)) == 0
