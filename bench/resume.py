"""``python -m bench.resume``: what it costs to come back for clients that have missed something. Chatr alone.

People in pairs, each with a chatr.client that was there before; while all are away conversations get messages. Then
all come back at the same moment, as when the network of many was gone. Measured: how long until the median and the last
one has been handed everything, the processor time of the server (its database apart) for each, and how long sends of
somebody who was there all the time take, one after the other over REST.
"""

from __future__ import annotations

import argparse
import http.client
import json
import multiprocessing
import statistics
import sys
import time
import uuid
from datetime import datetime, timezone
from typing import Any

from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.task import deferLater, react

from bench import filling
from bench.server import Server, running
from chatr.auth.tokens import Tokens
from chatr.client import AccessToken, Client, MemoryState
from chatr.datadir import DataDirectory
from chatr.sharing import SETTLES_S


def populate(server: Server, pairs: int) -> tuple[list[str], list[str]]:
    """People in pairs that know each other: their ids, and those of their conversations."""
    people = server.people(2 * pairs)
    conversations = [str(uuid.uuid4()) for _ in range(pairs)]
    with server.database.cursor() as cursor:
        cursor.execute(
            "INSERT INTO conversations (id, kind, user_low, user_high)"
            " SELECT c, 'direct', least(a, b), greatest(a, b)"
            "   FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[]) AS t(c, a, b)",
            (conversations, people[::2], people[1::2]),
        )
        cursor.execute(
            "INSERT INTO members (conversation_id, user_id)"
            " SELECT id, user_low FROM conversations UNION ALL SELECT id, user_high FROM conversations"
        )
    write(server, conversations, 1)
    return people, conversations


def write(server: Server, conversations: list[str], count: int) -> None:
    """``count`` messages more in each of the conversations, as if they were sent."""
    with server.database.cursor() as cursor:
        cursor.execute(
            filling.stored(
                "SELECT c.id, c.head_seq + n, c.user_low, 'message ' || n, clock_timestamp()"
                " FROM conversations c, generate_series(1, %s) n WHERE c.id = ANY(%s::uuid[])"
            ),
            (count, conversations),
        )
        cursor.execute(
            "UPDATE conversations SET head_seq = head_seq + %s, active_at = now(), changed_at = clock_timestamp()"
            " WHERE id = ANY(%s::uuid[])",
            (count, conversations),
        )


class Returning:
    """A client that comes back, and how many messages it was handed."""

    def __init__(self, reactor: Any, server: Server, token: str) -> None:
        self.messages = 0
        self.client: Client | None = None
        self._reactor = reactor
        self._where = f"ws://127.0.0.1:{server.port}/ws", AccessToken(token)
        self._state = MemoryState()

    def heard(self, name: str, data: dict[str, Any]) -> None:
        self.messages += name == "message.received"

    async def come(self) -> float:
        """Connect; the seconds until all that was missed was handed over."""
        began = time.perf_counter()
        self.client = Client(self._reactor, *self._where, self.heard, state=self._state)
        await self.client.start()
        return time.perf_counter() - began

    async def go(self) -> None:
        if self.client is not None:
            await self.client.stop()


class Witness:
    """Somebody who is there all the time, in a process of their own, and goes on writing to a friend."""

    def __init__(self, server: Server, token: str, friend: str) -> None:
        self._ask, asked = multiprocessing.Pipe()
        self._process = multiprocessing.Process(target=_write, args=(server.port, token, friend, asked), daemon=True)
        self._process.start()

    def took(self) -> list[float]:
        """Milliseconds of each send since this was asked last, the longest last."""
        self._ask.send(True)
        took: list[float] = self._ask.recv()
        return sorted(took)

    def stop(self) -> None:
        self._ask.send(False)
        self._process.join()


def _write(port: int, token: str, friend: str, asked: Any) -> None:
    took: list[float] = []
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    while True:
        if asked.poll():
            if not asked.recv():
                return
            asked.send(took)
            took = []
        body = json.dumps({"recipientId": friend, "content": "hello", "clientId": str(uuid.uuid4())})
        began = time.perf_counter()
        connection.request("POST", "/api/messages", body, headers)
        answer = connection.getresponse()
        text = answer.read()
        took.append((time.perf_counter() - began) * 1000)
        if answer.status != 201:
            raise SystemExit(f"a send of somebody else's was answered {answer.status}: {text!r}")


async def measure(reactor: Any, server: Server, options: argparse.Namespace) -> int:
    """Away, written to, and back."""
    people, conversations = populate(server, options.clients // 2 + 1)
    *people, one, friend = people
    # The witness writes to the last one meanwhile.
    del conversations[-1]
    keys = DataDirectory.open(server.home).signing_keys()
    tokens = Tokens(keys, lifetime_s=86400, now=lambda: datetime.now(timezone.utc))
    clients = [Returning(reactor, server, tokens.issue(person, person, "user")) for person in people]

    async def all_of(work: str) -> list[Any]:
        return await gatherResults([Deferred.fromCoroutine(getattr(client, work)()) for client in clients])

    await all_of("come")
    witness = Witness(server, tokens.issue(one, one, "user"), friend)
    # Until then who has come counts as somebody who comes back.
    await deferLater(reactor, SETTLES_S)
    for missed in (0, 10, options.missed):
        await all_of("go")
        write(server, conversations, missed)
        before, cpu = [client.messages for client in clients], server.cpu_s()
        witness.took()
        times = await all_of("come")
        sends = witness.took()
        handed = {client.messages - was for client, was in zip(clients, before, strict=True)}
        cost_ms = (server.cpu_s() - cpu) * 1000 / len(clients)
        if handed != {missed}:
            print(f"handed over: {sorted(handed)}, missed: {missed}", file=sys.stderr)
            return 1
        print(
            f"{len(clients)} clients at once, {missed} messages missed: p50 {statistics.median(times):.2f} s, "
            f"last {max(times):.2f} s, server {cost_ms:.1f} ms of processor time each; meanwhile {len(sends)} sends of "
            f"somebody else: p50 {statistics.median(sends):.0f} ms, p95 {sends[len(sends) * 95 // 100]:.0f} ms, "
            f"longest {', '.join(f'{send:.0f}' for send in sends[-5:])} ms",
            flush=True,
        )
    witness.stop()
    await all_of("go")
    return 0


def main() -> None:
    """Measure and print; 1 when a client was not handed exactly what it missed."""
    parser = argparse.ArgumentParser(prog="python -m bench.resume", description=__doc__.partition("\n")[0])
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--missed", type=int, default=100)
    options = parser.parse_args()

    async def run(reactor: Any) -> None:
        with running("wamp.max_sessions_per_address=100000", "limits.exempt_loopback=true") as server:
            status = await measure(reactor, server, options)
        if status:
            raise SystemExit(status)

    react(lambda reactor: Deferred.fromCoroutine(run(reactor)))


if __name__ == "__main__":
    main()
