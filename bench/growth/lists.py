"""How long conversation.list takes for somebody with many conversations."""

from __future__ import annotations

import argparse
import statistics
import time
import uuid

from bench import filling
from bench.growth.world import Found, World, growing
from bench.tables import number

#: Half of the conversations are groups of so many; messages in each; and how often the list is read.
GROUP, EACH, CALLS = 500, 5, 60
LIMIT_MS = 15


def lists(options: argparse.Namespace) -> list[Found]:
    """The first page, and all of them page by page."""
    with growing() as world:
        me = _populate(world, options.conversations)
        client = world.session(me)
        first, whole, found = [], [], 0
        for _ in range(CALLS):
            began, cursor, found = time.perf_counter(), None, 0
            while cursor is not None or not found:
                page = client.call("chatr.conversation.list", limit=50, cursor=cursor)
                if cursor is None:
                    first.append((time.perf_counter() - began) * 1000)
                items, cursor = page["items"], page["nextCursor"]
                assert isinstance(items, list)
                found += len(items)
            whole.append((time.perf_counter() - began) * 1000)
    p95 = statistics.quantiles(first, n=20)[-1]
    text = f"conversation.list, 50 of {found:,}, p50 / p95"
    value = f"{number(statistics.median(first))} / {number(p95)} ms"
    return [
        Found(text, value, f"p95 ≤ {LIMIT_MS} ms", p95 <= LIMIT_MS),
        Found(f"all {found:,}, page by page, p50", f"{number(statistics.median(whole))} ms"),
    ]


def _populate(world: World, count: int) -> str:
    """Somebody with so many conversations, half of them groups; the person's id."""
    me, *others = world.server.people(1 + max(GROUP, count // 2))
    world.pairs([each for other in others[: count - count // 2] for each in (me, other)])
    world.run(
        "INSERT INTO conversations (id, kind, title) SELECT unnest(%s::uuid[]), 'group', 'Foxes'",
        [str(uuid.uuid4()) for _ in range(count // 2)],
    )
    world.run(
        "INSERT INTO members (conversation_id, user_id, role)"
        " SELECT c.id, u.id, CASE WHEN u.id = %s THEN 'owner' ELSE 'member' END"
        "   FROM conversations c, unnest(%s::uuid[]) u(id) WHERE c.kind = 'group'",
        me,
        [me, *others[: GROUP - 1]],
    )
    world.run(
        filling.stored(
            "SELECT c.id, n, %s::uuid, 'message number ' || n, now()"
            f" FROM conversations c, generate_series(1, {EACH}) n"
        ),
        others[0],
    )
    world.settle()
    return me
