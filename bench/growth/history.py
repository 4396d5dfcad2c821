"""How long pages of a long conversation take, by how far back they are."""

from __future__ import annotations

import argparse
import statistics

from bench.growth.world import Found, growing
from bench.tables import number

PAGES = 200
#: At any depth as at the end.
FLAT = 1.25


def history(options: argparse.Namespace) -> list[Found]:
    """The newest page, one in the middle, one at the beginning, in turn."""
    count = options.messages
    with growing() as world:
        people = world.server.people(2)
        [conversation_id] = world.pairs(people)
        world.fill([conversation_id], count)
        world.settle()
        depths = {"newest": "", "middle": f"&before={count // 2}", "first": "&before=51"}
        took: dict[str, list[float]] = {name: [] for name in depths}
        for _ in range(PAGES):
            for name, where in depths.items():
                took[name].append(world.get(f"/messages/history?conversationId={conversation_id}{where}", people[0])[0])
    found: list[Found] = []
    medians = {name: statistics.median(times) for name, times in took.items()}
    for name, times in took.items():
        value = f"{number(medians[name])} / {number(statistics.quantiles(times, n=20)[-1])} ms"
        times_newest = medians[name] / medians["newest"]
        goal = ("", None) if name == "newest" else (f"× ≤ {FLAT:g}", times_newest <= FLAT)
        value += "" if name == "newest" else f", × {times_newest:.2f}"
        found.append(Found(f"history of {count:,} messages, {name} page of 50, p50 / p95", value, *goal))
    return found
