"""``python -m bench.contacts``: what it costs to connect for somebody with 1,000 contacts. Chatr alone.

Each of some people connects over RawSocket, asks presence.query for everybody, and is announced to all contacts.
Measured: how long until connected and until the snapshot is there, and the processor time of the server (its database
apart) until everybody has been told. Without contacts, with contacts who are away, and with contacts who are all here.
"""

from __future__ import annotations

import statistics
import sys
import time
from datetime import datetime, timezone

from bench.server import Server, free_port, running
from bench.sessions import Client
from chatr.auth.tokens import Tokens
from chatr.datadir import DataDirectory

CONTACTS = 1000
PEOPLE = 20


def befriend(server: Server, some: list[str], others: list[str]) -> None:
    """Make everybody of the one a friend of everybody of the other."""
    with server.database.cursor() as cursor:
        cursor.execute(
            "INSERT INTO friendships (id, user_low, user_high, requester_id, accepted_at)"
            " SELECT gen_random_uuid(), least(a, b), greatest(a, b), a, now()"
            " FROM unnest(%s::uuid[]) a, unnest(%s::uuid[]) b",
            (some, others),
        )
        cursor.execute("VACUUM ANALYZE")


def measure(server: Server, port: int, tokens: Tokens, user_ids: list[str], witness: Client | None, text: str) -> None:
    """Connect one after the other; print the medians and the processor time of each."""
    connected, snapshot, clients = [], [], []
    known: object = 0
    before = server.cpu_s()
    for user_id in user_ids:
        started = time.perf_counter()
        client = Client(port, tokens.issue(user_id, user_id, "user"))
        connected.append(time.perf_counter() - started)
        known = len(client.call("chatr.presence.query")["items"])
        snapshot.append(time.perf_counter() - started)
        clients.append(client)
        if witness is not None:
            while witness.event().get("userId") != user_id:
                pass
    # Whoever is not heard of is announced within the time that changes settle in.
    time.sleep(0.5)
    cpu_ms = (server.cpu_s() - before) / len(user_ids) * 1000
    print(
        f"{text}: connected {statistics.median(connected) * 1000:.1f} ms, snapshot of {known} people "
        f"{statistics.median(snapshot) * 1000:.1f} ms, server {cpu_ms:.1f} ms of processor time",
        flush=True,
    )
    for client in clients:
        client.close()


def main() -> int:
    """Measure and print."""
    port = free_port()
    rawsocket = f"server.rawsocket=tcp:{port}:interface=127.0.0.1:backlog=512"
    with running(rawsocket, f"wamp.max_sessions_per_address={2 * CONTACTS}", "limits.exempt_loopback=true") as server:
        keys = DataDirectory.open(server.home).signing_keys()
        tokens = Tokens(keys, lifetime_s=86400, now=lambda: datetime.now(timezone.utc))
        groups = [server.people(PEOPLE) for _ in range(4)]
        contacts = server.people(CONTACTS)
        befriend(server, groups[2] + groups[3], contacts)
        measure(server, port, tokens, groups[0], None, "(to warm up)")
        measure(server, port, tokens, groups[1], None, "without contacts")
        measure(server, port, tokens, groups[2], None, f"{CONTACTS} contacts, all away")
        there = [Client(port, tokens.issue(user_id, user_id, "user")) for user_id in contacts]
        there[-1].subscribe()
        time.sleep(2)
        measure(server, port, tokens, groups[3], there[-1], f"{CONTACTS} contacts, all here")
        for client in there:
            client.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
