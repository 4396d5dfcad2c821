"""``python -m bench.burst``: what everybody else notices when one account does all that it may at once. Chatr alone.

One account with 200 sessions edits, reacts and pins 800 times at one moment, in conversations of its own. Measured: how
long the sends of somebody take who has nothing to do with it, one after the other from the burst to its last answer,
without a burst too. Then the same with 300,000 unread messages in one of the conversations, which each pin counts.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import selectors
import statistics
import struct
import sys
import time
import uuid
from collections import Counter
from datetime import datetime, timezone
from multiprocessing.connection import Connection

from bench import filling
from bench.resume import populate
from bench.server import Server, free_port, running
from bench.sessions import Client, Session
from chatr.auth.tokens import Tokens
from chatr.datadir import DataDirectory

SESSIONS, CALLS, FRIENDS, UNREAD = 200, 800, 20, 300_000
#: Before the burst, for comparison.
QUIET_S = 2.0


def burst(port: int, ticket: str, calls: list[tuple[str, dict[str, object]]], pipe: Connection) -> None:
    """Connect; when told so make all calls; say how each ended."""
    sessions = [Session(port, ticket) for _ in range(SESSIONS)]
    frames = [b""] * SESSIONS
    for number, (procedure, params) in enumerate(calls):
        frames[number % SESSIONS] += Session.ask(number // SESSIONS + 1, procedure, params)
    pipe.send(None)
    pipe.recv()
    began = time.perf_counter()
    selector = selectors.DefaultSelector()
    buffers: dict[int, bytearray] = {}
    for session, data in zip(sessions, frames, strict=True):
        session.socket.sendall(data)
        session.socket.setblocking(False)
        selector.register(session.socket, selectors.EVENT_READ)
        buffers[session.socket.fileno()] = bytearray()
    ends: Counter[str] = Counter()
    while sum(ends.values()) < len(calls):
        for key, _ in selector.select():
            buffer = buffers[key.fd]
            more = key.fileobj.recv(65536)  # type: ignore[union-attr]
            assert more, "the server hung up"
            buffer += more
            while len(buffer) >= 4 and len(buffer) >= 4 + (size := struct.unpack("!L", buffer[:4])[0]):
                message = json.loads(bytes(buffer[4 : 4 + size]))
                del buffer[: 4 + size]
                ends[str(message[4]) if message[0] == 8 else "done"] += 1
    pipe.send((time.perf_counter() - began, dict(ends)))


def calls_of(server: Server, user_id: str, conversations: list[str]) -> list[tuple[str, dict[str, object]]]:
    """Edits, reactions and pins in turn, each in another conversation than the last."""
    with server.database.cursor() as cursor:
        cursor.execute(
            filling.stored(
                "SELECT id, head_seq + 1, %s::uuid, 'mine', now() FROM conversations WHERE id = ANY(%s::uuid[])"
            ),
            (user_id, conversations),
        )
        cursor.execute("SELECT id::text FROM messages WHERE sender_id = %s", (user_id,))
        messages = [message_id for (message_id,) in cursor.fetchall()]
        cursor.execute("; ".join(filling.SETTLED))
    calls: list[tuple[str, dict[str, object]]] = []
    for number in range(CALLS):
        which = number // 3 % len(conversations)
        kinds: tuple[tuple[str, dict[str, object]], ...] = (
            ("chatr.message.edit", {"id": messages[which], "content": f"text {number}"}),
            ("chatr.message.react", {"id": messages[which], "emoji": chr(0x1F600 + number % 60)}),
            ("chatr.conversation.update", {"id": conversations[which], "pinned": number // 60 % 2 == 0}),
        )
        calls.append(kinds[number % 3])
    return calls


def unread(server: Server, user_id: str, conversation_id: str) -> None:
    """Let somebody have much to read."""
    with server.database.cursor() as cursor:
        cursor.execute(
            filling.stored(
                "SELECT id, head_seq + n, CASE WHEN user_low = %s THEN user_high ELSE user_low END, 'unread', now()"
                "  FROM conversations, generate_series(1, %s) n WHERE id = %s"
            ),
            (user_id, UNREAD, conversation_id),
        )
        cursor.execute("; ".join(filling.SETTLED))
        cursor.execute("VACUUM ANALYZE messages")


def sends(client: Client, conversation_id: str, until: Connection | None) -> list[float]:
    """How long each of somebody's sends took, one after the other, in ms."""
    took = []
    end = time.perf_counter() + QUIET_S
    while not until.poll() if until else time.perf_counter() < end:
        began = time.perf_counter()
        client.call("chatr.message.send", conversationId=conversation_id, content="hello", clientId=str(uuid.uuid4()))
        took.append((time.perf_counter() - began) * 1000)
        time.sleep(0.005)
    return took


def show(text: str, took: list[float]) -> None:
    """A line of figures."""
    p95 = statistics.quantiles(took, n=20)[-1] if len(took) > 1 else took[0]
    figures = (("p50", statistics.median(took)), ("p95", p95), ("max", max(took)))
    print(f"{text:44}", *(f"{name} {figure:8.1f} ms" for name, figure in figures), f"of {len(took)}", flush=True)


def measure(port: int, ticket: str, stranger: Client, to: str, calls: list[tuple[str, dict[str, object]]]) -> str:
    """One burst; what became of it."""
    here, there = multiprocessing.Pipe()
    child = multiprocessing.get_context("spawn").Process(target=burst, args=(port, ticket, calls, there))
    child.start()
    there.close()
    here.recv()
    here.send(None)
    took = sends(stranger, to, here)
    seconds, ends = here.recv()
    child.join()
    show("a stranger's send during the burst", took)
    return f"{'':4}{len(calls)} calls in {seconds:.1f} s: {ends}"


def main() -> int:
    """Start a server, measure, print."""
    argparse.ArgumentParser(prog="python -m bench.burst", description=__doc__.partition("\n")[0]).parse_args()
    port = free_port()
    settings = (
        f"server.rawsocket=tcp:{port}:interface=127.0.0.1:backlog=512",
        f"wamp.max_sessions_per_user={SESSIONS}",
        f"wamp.max_sessions_per_address={2 * SESSIONS}",
    )
    with running(*settings) as server:
        keys = DataDirectory.open(server.home).signing_keys()
        tokens = Tokens(keys, lifetime_s=86400, now=lambda: datetime.now(timezone.utc))
        people, pairs = populate(server, FRIENDS + 1)
        one, other = people[-2], people[-1]
        stranger, to = Client(port, tokens.issue(one, one, "user")), pairs[-1]
        (busy,) = server.people(1)
        ticket = tokens.issue(busy, busy, "user")
        own = []
        with server.database.cursor() as cursor:
            for friend in people[:FRIENDS]:
                own.append(str(uuid.uuid4()))
                cursor.execute(
                    "INSERT INTO conversations (id, kind, user_low, user_high) VALUES (%s, 'direct', %s, %s)",
                    (own[-1], *sorted((busy, friend))),
                )
                cursor.execute(
                    "INSERT INTO members (conversation_id, user_id) SELECT %s, unnest(%s::uuid[])",
                    (own[-1], [busy, friend]),
                )
        calls = calls_of(server, busy, own)
        show("a stranger's send", sends(stranger, to, None))
        for _ in range(3):
            print(measure(port, ticket, stranger, to, calls))
        unread(server, busy, own[0])
        print(f"with {UNREAD:,} unread messages:")
        for _ in range(3):
            print(measure(port, ticket, stranger, to, calls))
        _ = other
        stranger.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
