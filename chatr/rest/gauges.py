"""The numbers of /metrics that are read where they stand when somebody looks."""

from __future__ import annotations

from collections.abc import Mapping, Sized
from functools import partial
from typing import Protocol

import msgspec

from chatr.auth.limits import RateLimiter
from chatr.ops.ports import Ports
from chatr.process.turns import Turns
from chatr.rest.http.connections import Connections, Unread
from chatr.rest.metrics import Metrics
from chatr.store.pool import Database
from chatr.store.writing.writer import MessageWriter


class Door(Protocol):
    """What the WAMP door counts."""

    @property
    def sessions(self) -> Sized: ...
    @property
    def counters(self) -> msgspec.Struct: ...


def publish(metrics: Metrics, ports: Ports, connections: Connections, unread: Unread, door: Door) -> None:
    """Publish all of them."""
    limits = ports.limits
    turns = {"passwords": ports.accounts.passwords.turns, "searches": limits.searches, "resumes": limits.resumes}
    _of_sessions(metrics, door.sessions, door.counters)
    _of_connections(metrics, connections, unread)
    _of_calls(metrics, limits.limiter, turns)
    _of_database(metrics, ports.db, ports.messages.writer)


def _of_connections(metrics: Metrics, connections: Connections, unread: Unread) -> None:
    """How many there are, and what they have not read."""
    metrics.gauge("chatr_connections", "Open connections of callers", lambda: connections.open)
    metrics.gauge("chatr_connections_refused", "Connections refused so far", lambda: connections.refused)
    metrics.gauge("chatr_http_unread_bytes", "Answers that wait for their readers", lambda: unread.bytes)


def _of_sessions(metrics: Metrics, sessions: Sized, counters: msgspec.Struct) -> None:
    """The WAMP sessions, and what their door has counted, each by its name."""
    metrics.gauge("chatr_wamp_sessions", "Open WAMP sessions", lambda: len(sessions))
    for name in counters.__struct_fields__:
        metrics.gauge(f"chatr_wamp_{name}_count", f"WAMP {name} so far", partial(getattr, counters, name))


def _of_calls(metrics: Metrics, limiter: RateLimiter, turns: Mapping[str, Turns]) -> None:
    """Who is limited, and who waits for a turn at what."""
    metrics.gauge("chatr_limits_kept", "Callers whose calls are counted", lambda: limiter.keys)
    metrics.gauge("chatr_limits_fallen_out", "Callers forgotten for want of room so far", lambda: limiter.fallen_out)
    for what, each in turns.items():
        text = f"Calls that wait for their turn: {what}"
        metrics.gauge(f"chatr_{what}_waiting", text, partial(len, each))


def _of_database(metrics: Metrics, db: Database, writer: MessageWriter) -> None:
    """What waits for it, and what it was asked."""
    metrics.gauge("chatr_database_waiting", "Calls that wait for a database connection", lambda: db.waiting)
    metrics.gauge("chatr_writer_waiting", "Sends and changes that wait or are in hand", lambda: writer.waiting)
    metrics.gauge("chatr_writer_statements", "Statements of the message writer so far", lambda: writer.statements)
