"""Sessions that send, each its next message when the last is acknowledged."""

from __future__ import annotations

import selectors
import time
from array import array
from typing import NamedTuple

from bench import processes
from bench.sessions import Session
from chatr.client.sending.ids import new_client_id


class Cost(NamedTuple):
    """Of a send, in microseconds of a processor: at the server and its PostgreSQL; and how long each took, in ms."""

    server_us: float
    database_us: float
    took_ms: array[float]

    @property
    def total_us(self) -> float:
        """All that is used for a send, but for the sender."""
        return self.server_us + self.database_us


class Senders:
    """One conversation each, all sending at the same time."""

    def __init__(self, pid: int, sessions: list[Session], conversations: list[str]) -> None:
        """``pid``: of the server, whose cost is measured."""
        self._pid = pid
        self._to = dict(zip(sessions, conversations, strict=True))
        self._selector = selectors.DefaultSelector()
        self._number = 0
        for session in sessions:
            self._selector.register(session.socket, selectors.EVENT_READ, session)

    def send(self, count: int) -> Cost:
        """``count`` messages in all."""
        before, left, waiting = processes.used(self._pid), count, 0
        began: dict[Session, float] = {}
        took = array("d")
        for session in self._to:
            if left > 0:
                self._one(session, began)
                left, waiting = left - 1, waiting + 1
        while waiting:
            for key, _ in self._selector.select():
                session = key.data
                if not session.answered():
                    continue
                took.append((time.perf_counter() - began[session]) * 1000)
                waiting -= 1
                if left > 0:
                    self._one(session, began)
                    left, waiting = left - 1, waiting + 1
        used = processes.used(self._pid).since(before)
        return Cost(used.server_s / count * 1e6, used.database_s / count * 1e6, took)

    def _one(self, session: Session, began: dict[Session, float]) -> None:
        self._number += 1
        content = {
            "conversationId": self._to[session],
            "content": "a message of some words",
            "clientId": new_client_id(),
        }
        frame = session.ask(self._number, "chatr.message.send", content)
        began[session] = time.perf_counter()
        session.socket.sendall(frame)
