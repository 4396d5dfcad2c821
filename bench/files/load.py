"""The load of bench.files.transfers: clients that send, or fetch, one body after the other over a connection each.

A process of its own, one thread, nothing but sockets: what it asks for is made before, what it is answered is counted
and dropped. It takes a job from its pipe and answers what became of it.
"""

from __future__ import annotations

import os
import re
import selectors
import socket
import time
from multiprocessing.connection import Connection
from typing import NamedTuple

_BLOCK = 1024 * 1024
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class Job(NamedTuple):
    """What to ask for: a whole request for each client, again and again for ``seconds``, or once."""

    port: int
    requests: list[bytes]
    seconds: float


class Outcome(NamedTuple):
    """What became of it: ``statuses`` counts answers, ``times_s`` is how long each took, ``cpu_s`` the cost here."""

    seconds: float
    statuses: dict[int, int]
    times_s: list[float]
    received: int
    cpu_s: float


class _Client:
    """One connection, and where it is in its request and its answer."""

    def __init__(self, port: int, request: bytes) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self.began = 0.0
        self.status = 0
        self._request = memoryview(request)
        self._left = self._request
        self._head = b""
        self._missing = -1

    @property
    def wants(self) -> int:
        """The events to wait for. An answer may come before the request has gone."""
        return selectors.EVENT_READ | (selectors.EVENT_WRITE if self._left else 0)

    def begin(self) -> None:
        """Ask anew."""
        self.began = time.perf_counter()
        self._left, self._head, self._missing, self.status = self._request, b"", -1, 0

    def write(self) -> None:
        """Send what there is room for."""
        self._left = self._left[self.socket.send(self._left) :]

    def read(self, buffer: bytearray) -> int:
        """Take what has come; how much of a body that was. Ends with ConnectionError when the server hangs up."""
        if self._missing < 0:
            more = self.socket.recv(65536)
            if not more:
                raise ConnectionError
            self._head += more
            head, blank, body = self._head.partition(b"\r\n\r\n")
            if not blank:
                return 0
            self.status = int(head.split(b" ", 2)[1])
            found = _LENGTH.search(head)
            self._missing = (int(found[1]) if found else 0) - len(body)
            return len(body)
        got = self.socket.recv_into(buffer, min(self._missing, len(buffer)))
        if not got:
            raise ConnectionError
        self._missing -= got
        return got

    @property
    def answered(self) -> bool:
        """Whether the answer is here whole."""
        return self._missing == 0


class _Load:
    """All clients of a job."""

    def __init__(self, job: Job) -> None:
        self._selector = selectors.DefaultSelector()
        self._statuses: dict[int, int] = {}
        self._times_s: list[float] = []
        self._received = self._left = 0
        self._job = job
        self._buffer = bytearray(_BLOCK)

    def run(self) -> Outcome:
        """Until the time is over, and all that was asked for by then is answered."""
        began, cpu = time.perf_counter(), time.process_time()
        for request in self._job.requests:
            self._begin(_Client(self._job.port, request), request, selectors.EVENT_READ | selectors.EVENT_WRITE)
        end = began + self._job.seconds
        while self._left:
            for key, events in self._selector.select():
                client, request = key.data
                self._step(client, request, events, again=time.perf_counter() < end)
        took = time.perf_counter() - began
        return Outcome(took, self._statuses, self._times_s, self._received, time.process_time() - cpu)

    def _begin(self, client: _Client, request: bytes, events: int) -> None:
        client.begin()
        self._selector.register(client.socket, events, (client, request))
        self._left += 1

    def _step(self, client: _Client, request: bytes, events: int, *, again: bool) -> None:
        wanted = client.wants
        try:
            if events & selectors.EVENT_WRITE:
                client.write()
            if events & selectors.EVENT_READ:
                self._received += client.read(self._buffer)
        except ConnectionError:
            # A refusal that came while the request was going may be lost with its connection.
            self._end(client, request, again, hung_up=True)
            return
        if client.answered:
            self._end(client, request, again, hung_up=client.status >= 400)
        elif client.wants != wanted:
            self._selector.modify(client.socket, client.wants, (client, request))

    def _end(self, client: _Client, request: bytes, again: bool, *, hung_up: bool) -> None:
        self._statuses[client.status] = self._statuses.get(client.status, 0) + 1
        self._times_s.append(time.perf_counter() - client.began)
        self._selector.unregister(client.socket)
        self._left -= 1
        if hung_up:
            client.socket.close()
        if again:
            again_client = _Client(self._job.port, request) if hung_up else client
            self._begin(again_client, request, selectors.EVENT_READ | selectors.EVENT_WRITE)
        elif not hung_up:
            client.socket.close()


def serve(nice: int, pipe: Connection) -> None:
    """Do jobs until there is none any more; ``nice``: leaving the processor to others."""
    os.nice(nice)
    while (job := pipe.recv()) is not None:
        pipe.send(_Load(job).run())
