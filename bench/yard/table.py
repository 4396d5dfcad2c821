"""The table of chatr beside its peers."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bench.tables import number, simple
from bench.yard.rows import BATCHED, NODE, OURS, ROWS, Goal, Row

HEADS = ("figure", "Node", "Node, group commit", "chatr", "ratio", "goal", "")
#: A figure of which a run was disturbed by other work on the machine.
NOISY = "~"


def table(results: Sequence[Mapping[str, Any]]) -> list[str]:
    """Lines: the goals that are missed, then all figures of the results as medians (least–most)."""
    lines, missed = [], []
    for row in ROWS:
        of_peer = {peer: _runs(results, row.scenario, peer) for peer in (NODE, BATCHED, OURS)}
        figures = {peer: _numbers(row, runs) for peer, runs in of_peer.items()}
        if not any(figures.values()):
            continue
        medians = {peer: statistics.median(numbers) if numbers else None for peer, numbers in figures.items()}
        verdicts = [row.reached(goal, medians) for goal in row.goals]
        noisy = any(each.get("noisy") for runs in of_peer.values() for each in runs)
        if False in verdicts:
            missed.append(f"{row.text}: {_ratios(row, medians)}, to be {_bounds(row)}")
        lines.append(
            (
                row.text,
                *(_shown(figures[peer]) for peer in (NODE, BATCHED, OURS)),
                _ratios(row, medians) + NOISY * noisy,
                _bounds(row),
                "" if None in verdicts or not verdicts else "missed" if False in verdicts else "reached",
            )
        )
    return [*([f"Missed: {'; '.join(missed)}.", ""] if missed else []), *simple([HEADS, *lines])]


def _runs(results: Sequence[Mapping[str, Any]], scenario: str, peer: str) -> list[Mapping[str, Any]]:
    """Those that nobody disturbed. On a machine that others share that may be none: then all there are."""
    runs = [each for each in results if (each["name"], each["peer"]) == (scenario, peer)]
    return [each for each in runs if not each.get("noisy")] or runs


def _numbers(row: Row, runs: Iterable[Mapping[str, Any]]) -> list[float]:
    return [found for found in map(row.read, runs) if found is not None]


def _shown(numbers: list[float]) -> str:
    if not numbers:
        return "–"
    spread = f" ({number(min(numbers))}–{number(max(numbers))})" if len(numbers) > 1 else ""
    return number(statistics.median(numbers)) + spread


def _peers(row: Row) -> list[str]:
    return [goal.peer for goal in row.goals if goal.peer] or [NODE]


def _ratios(row: Row, medians: Mapping[str, float | None]) -> str:
    ours, found = medians[OURS], []
    for peer in _peers(row):
        theirs = medians[peer]
        found.append(f"{ours / theirs:.2f}" if ours and theirs else "–")
    return "; ".join(found)


def _bounds(row: Row) -> str:
    sign = "≤" if row.less else "≥"
    return "; ".join(_bound(sign, goal) for goal in row.goals)


def _bound(sign: str, goal: Goal) -> str:
    return f"{sign} {goal.times:g}" + (" ×" if goal.peer else "")
