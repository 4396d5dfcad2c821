"""A server to grow, and those who are on it."""

from __future__ import annotations

import http.client
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from typing import NamedTuple

from bench import filling
from bench.server import TWISTD, Server, free_port, running
from bench.sessions import Session
from chatr.auth.tokens import Tokens
from chatr.datadir import DataDirectory


class Found(NamedTuple):
    """A figure, what it is to be, and whether it is that: None if nothing was promised."""

    figure: str
    value: str
    goal: str = ""
    reached: bool | None = None


class World:
    """A server of its own, with sessions over RawSocket."""

    def __init__(self, server: Server, rawsocket: int) -> None:
        self.server = server
        self._rawsocket = rawsocket
        keys = DataDirectory.open(server.home).signing_keys()
        self._tokens = Tokens(keys, lifetime_s=86400, now=lambda: datetime.now(timezone.utc))
        self._http = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)

    def token(self, user_id: str) -> str:
        """Of somebody whose session has the person's id, as ``Server.people`` makes them."""
        return self._tokens.issue(user_id, user_id, "user")

    def session(self, user_id: str) -> Session:
        """A new session of somebody."""
        return Session(self._rawsocket, self.token(user_id))

    def get(self, path: str, user_id: str) -> tuple[float, bytes]:
        """Milliseconds until the answer was there, and its body."""
        began = time.perf_counter()
        self._http.request("GET", f"/api{path}", headers={"Authorization": f"Bearer {self.token(user_id)}"})
        answer = self._http.getresponse()
        body = answer.read()
        assert answer.status == 200, body
        return (time.perf_counter() - began) * 1000, body

    def run(self, sql: str, *values: object) -> None:
        """A statement in the server's database."""
        with self.server.database.cursor() as cursor:
            cursor.execute(sql, values or None)

    def pairs(self, people: list[str]) -> list[str]:
        """Direct conversations of the first with the second, the third with the fourth and so on; their ids."""
        made = [str(uuid.uuid4()) for _ in people[::2]]
        self.run(
            "INSERT INTO conversations (id, kind, user_low, user_high)"
            " SELECT c, 'direct', least(a, b), greatest(a, b)"
            "   FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[]) AS t(c, a, b)",
            made,
            people[::2],
            people[1::2],
        )
        self.run(
            "INSERT INTO members (conversation_id, user_id)"
            " SELECT c.id, u FROM conversations c, unnest(ARRAY[user_low, user_high]) u WHERE c.id = ANY(%s::uuid[])",
            made,
        )
        return made

    def fill(self, conversations: list[str], each: int) -> None:
        """Messages in direct conversations that have none, the newest a moment old."""
        self.run(
            filling.stored(
                "SELECT c.id, n, CASE WHEN n %% 2 = 0 THEN c.user_low ELSE c.user_high END,"
                f" 'message number ' || n || ' of some words', now() - make_interval(secs => {each} - n)"
                f" FROM conversations c, generate_series(1, {each}) n WHERE c.id = ANY(%s::uuid[])"
            ),
            conversations,
        )

    def settle(self) -> None:
        """After filling: nothing is left to do for the database or the indexer of search."""
        for statement in (*filling.SETTLED, "VACUUM ANALYZE", "CHECKPOINT"):
            self.run(statement)


@contextmanager
def growing(*, program: str = TWISTD) -> Iterator[World]:
    """A server with as many sessions as one likes, ended and removed with the block."""
    port = free_port()
    rawsocket = f"server.rawsocket=tcp:{port}:interface=127.0.0.1:backlog=512"
    many = ("wamp.max_sessions_per_address=1000000", "wamp.max_sessions_per_user=1000000")
    with running(rawsocket, *many, "limits.exempt_loopback=true", program=program) as server:
        yield World(server, port)
