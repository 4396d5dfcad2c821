"""Whether a send costs more when there are many messages, or when a conversation has many members."""

from __future__ import annotations

import argparse
import statistics
import uuid
from collections.abc import Callable
from contextlib import ExitStack

from bench.growth.senders import Cost, Senders
from bench.growth.world import Found, World, growing
from bench.tables import number

#: Those who send at the same time, and conversations beside theirs, with half of the messages.
PAIRS, OTHERS = 64, 500
#: Most of a group that there may be.
SIZES = (2, 500, 5000)
#: Sends of each in a round, at once and one after the other.
SENDS, ALONE, ROUNDS = 4000, 1500, 3
#: What is flat.
FLAT = 1.10


def sends(options: argparse.Namespace) -> list[Found]:
    """By messages that are there, then by members of whom nobody else is here."""
    counts = sorted({1000, min(1_000_000, options.messages), options.messages})
    found = []
    with ExitStack() as stack:
        worlds = [stack.enter_context(growing()) for _ in counts]
        for world, count in zip(worlds, counts, strict=True):
            _fill(world, count)
        ways = [_pairs(world, PAIRS) for world in worlds]
        names = [f"{count:,} messages" for count in counts]
        found += _compare(f"{PAIRS} at once", names, ways, SENDS)
        found += _compare("one at a time", names, [_pairs(world, 1) for world in worlds], ALONE)
    with growing() as world:
        found += _compare("one at a time", [f"{size:,} members" for size in SIZES], _groups(world), ALONE)
    return found


def _fill(world: World, count: int) -> None:
    sending = world.pairs(world.server.people(2 * PAIRS))
    others = world.pairs(world.server.people(2 * OTHERS)) if count >= 2 * OTHERS else []
    world.fill(sending, max(1, count // 2 // PAIRS))
    world.fill(others, max(1, count // 2 // OTHERS))
    world.settle()


def _pairs(world: World, count: int) -> Callable[[int], Cost]:
    with world.server.database.cursor() as cursor:
        # Those with most messages.
        cursor.execute("SELECT id, user_low::text FROM conversations ORDER BY head_seq DESC, id LIMIT %s", (count,))
        rows = cursor.fetchall()
    return Senders(world.server.pid, [world.session(user_id) for _, user_id in rows], [row[0] for row in rows]).send


def _groups(world: World) -> list[Callable[[int], Cost]]:
    people = world.server.people(max(SIZES))
    ways: list[Callable[[int], Cost]] = []
    for size in SIZES:
        group_id = str(uuid.uuid4())
        world.run("INSERT INTO conversations (id, kind, title) VALUES (%s, 'group', 'Grown')", group_id)
        world.run(
            "INSERT INTO members (conversation_id, user_id) SELECT %s, unnest(%s::uuid[])", group_id, people[:size]
        )
        ways.append(Senders(world.server.pid, [world.session(people[0])], [group_id]).send)
    world.settle()
    return ways


def _compare(text: str, names: list[str], ways: list[Callable[[int], Cost]], count: int) -> list[Found]:
    """Rounds in which all take turns, after one to warm up; each is compared with the first."""
    for way in ways:
        way(count)
    costs: list[list[Cost]] = [[] for _ in ways]
    for turn in range(ROUNDS):
        for which in range(len(ways))[:: -1 if turn % 2 else 1]:
            costs[which].append(ways[which](count))
    found: list[Found] = []
    for name, rounds in zip(names, costs, strict=True):
        server, database, total = (
            statistics.median(getattr(cost, field) for cost in rounds)
            for field in ("server_us", "database_us", "total_us")
        )
        p50 = statistics.median(ms for cost in rounds for ms in cost.took_ms)
        value = f"{number(server)} + {number(database)} µs, p50 {number(p50)} ms"
        figure = f"send, {text}, {name}: server + PostgreSQL"
        if not found:
            found.append(Found(figure, value))
            first = total
            continue
        found.append(Found(figure, f"{value}, × {total / first:.2f}", f"× ≤ {FLAT:g}", total <= FLAT * first))
    return found
