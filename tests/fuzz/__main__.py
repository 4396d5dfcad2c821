"""Run fuzz targets, each for some seconds: ``python -m tests.fuzz [--seconds 60] [--seed 1] [name …]``."""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.fuzz.harness import Finding, Report, Target, soak
from tests.fuzz.targets import LONG, TARGETS


def main() -> int:
    """One line a target, and where the inputs of findings are kept."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("names", nargs="*", help="targets whose names begin so; all without")
    parser.add_argument("--seconds", type=float, default=60, help="for each target")
    parser.add_argument("--seed", type=int, default=time.time_ns(), help="of another run, to repeat it")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="targets at once")
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    names = tuple(options.names)
    chosen = [target for target in (*TARGETS, *LONG) if not names or target.name.startswith(names)]
    if options.one:
        return int(_run(chosen[0], options.seed, options.seconds))
    print(f"{len(chosen)} targets, {options.seconds:g} s each, --seed {options.seed}", flush=True)
    with ThreadPoolExecutor(options.jobs) as pool:
        failed = list(pool.map(lambda target: _process(target, options.seed, options.seconds), chosen))
    return 1 if any(failed) or not chosen else 0


def _process(target: Target, seed: int, seconds: float) -> int:
    """Run one target in a program of its own: the harness forks, which programs with threads should not."""
    warnings = [f"-W{option}" for option in sys.warnoptions]
    arguments = ["--one", "--seconds", str(seconds), "--seed", str(seed), target.name]
    return subprocess.run([sys.executable, *warnings, "-m", "tests.fuzz", *arguments], check=False).returncode


def _run(target: Target, seed: int, seconds: float) -> bool:
    """Whether the target has findings."""
    report = soak(target, seed=seed, seconds=seconds)
    print(_line(target, report), flush=True)
    for finding in report.findings:
        print(f"  {finding.problem} ({len(finding.data)} bytes, {_kept(finding)}): {finding.data[:80]!r}", flush=True)
    return bool(report.findings)


def _line(target: Target, report: Report) -> str:
    (slow, slow_size), (large, large_size) = report.worst_time, report.worst_memory
    return (
        f"{target.name}: {report.inputs} inputs; of its bound the slowest took {slow:.0%} ({slow_size} bytes), "
        f"the largest {large:.0%} ({large_size} bytes); {len(report.findings) or 'no'} findings"
    )


def _kept(finding: Finding) -> Path:
    """Where the input is kept for whoever looks into it."""
    name = f"fuzz-{finding.target}-{hashlib.sha256(finding.data).hexdigest()[:12]}"
    path = Path(tempfile.gettempdir()) / name
    path.write_bytes(finding.data)
    return path


if __name__ == "__main__":
    sys.exit(main())
