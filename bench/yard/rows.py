"""What is measured beside the peers, and what chatr is to reach."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

#: The same Node server storing each send by itself, and all that wait in one statement.
NODE, BATCHED, OURS = "seed", "seed-batch", "chatr"


@dataclass(frozen=True)
class Goal:
    """How chatr is to stand to a peer: at least, or of what less is better at most, so many times as much.

    Without a peer ``times`` is the figure itself.
    """

    times: float
    peer: str = NODE


@dataclass(frozen=True)
class Row:
    """A figure of a scenario: its ``path`` in the result of a run, and whether less is better."""

    text: str
    scenario: str
    path: str
    goals: tuple[Goal, ...] = ()
    less: bool = False

    def read(self, result: Mapping[str, Any]) -> float | None:
        """The figure of a run."""
        value: Any = result
        for part in self.path.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        return float(value) if isinstance(value, int | float) else None

    def reached(self, goal: Goal, figures: Mapping[str, float | None]) -> bool | None:
        """Whether the goal is reached by the figures of chatr and of the peers; None: that is not known."""
        ours, theirs = figures.get(OURS), figures.get(goal.peer) if goal.peer else 1.0
        if ours is None or theirs is None:
            return None
        return ours <= goal.times * theirs if self.less else ours >= goal.times * theirs


ROWS = (
    Row("committed direct sends, 64 pairs (sends/s)", "dm-closed", "acks_per_s", (Goal(2.0), Goal(0.9, BATCHED))),
    Row("one pair, one send at a time (sends/s)", "dm-1pair", "acks_per_s", (Goal(0.65),)),
    Row("send → received at 500/s, p50 (ms)", "dm-rate500", "delivery_ms.p50", (Goal(1.35),), less=True),
    Row("send → received at 500/s, p95 (ms)", "dm-rate500", "delivery_ms.p95", (Goal(1.0),), less=True),
    Row("send → received at 500/s, p99 (ms)", "dm-rate500", "delivery_ms.p99", (Goal(0.8),), less=True),
    Row("GET history, 50 messages (req/s)", "rest-history", "req_per_s", (Goal(0.6),)),
    Row("GET health (req/s)", "rest-health", "req_per_s", (Goal(1.0),)),
    Row("fan-out to 500, each committed (deliveries/s)", "fan500-db", "deliveries_per_s", (Goal(2.2),)),
    # Messages of one sender; four are under way above.
    Row("fan-out to 500, 10 under way (deliveries/s)", "fan500-w10-db", "deliveries_per_s"),
    Row("fan-out to 500, 60 under way (deliveries/s)", "fan500-w60-db", "deliveries_per_s"),
    Row("fan-out to 2,000 (deliveries/s)", "fan2000-db", "deliveries_per_s", (Goal(2.2),)),
    Row("fan-out to 5,000 (deliveries/s)", "fan5000-db", "deliveries_per_s"),
    Row("authenticated connects (connects/s)", "connect", "connects_per_s", (Goal(1.6),)),
    Row("memory of an idle session (KiB)", "idle", "kib_per_conn", (Goal(0.35),), less=True),
    Row("empty server (MB)", "idle", "rss0_mb", (Goal(90, ""),), less=True),
    Row("presence notifications, no grace (1/s)", "presence", "notifications_per_s", (Goal(1.5),)),
)
SCENARIOS = tuple(dict.fromkeys(row.scenario for row in ROWS))
#: Those in which storing many sends at once makes a difference to the peer.
_WITH_BATCHED = ("dm-closed", "dm-rate500", "fan500-db", "fan500-w10-db", "fan500-w60-db")


def peers(scenario: str) -> tuple[str, ...]:
    """Who is measured in a scenario."""
    return (NODE, BATCHED, OURS) if scenario in _WITH_BATCHED else (NODE, OURS)
