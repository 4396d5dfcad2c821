"""What is left of those who came and went."""

from __future__ import annotations

import argparse
import base64
import json
import os
import socket
import sys
import time

from bench import processes
from bench.growth.world import Found, World, growing

#: Who come and go, in pairs that know each other, so many at the same time.
PEOPLE, AT_ONCE = 256, 16
#: Before the first look; and how long after somebody has gone everybody has been told and has forgotten it.
WARM, SETTLES_S = 4000, 8.0
MOST = 0.05


def churn(options: argparse.Namespace) -> list[Found]:
    """Resident memory of the server after many sessions over WebSocket, each signed in, subscribed and closed."""
    with growing() as world:
        people = world.server.people(PEOPLE)
        world.fill(world.pairs(people), 3)
        world.settle()
        tokens = [world.token(user_id) for user_id in people]
        cycles(world, tokens, WARM)
        sizes = [_settled(world)]
        for _ in range(4):
            cycles(world, tokens, options.cycles // 4)
            sizes.append(_settled(world))
            print(f"# churn: {', '.join(f'{size:.1f}' for size in sizes)} MB", file=sys.stderr, flush=True)
    growth = sizes[-1] / sizes[0] - 1
    value = f"{' → '.join(f'{size:.1f}' for size in sizes)} MB, {growth:+.1%}"
    return [Found(f"memory over {options.cycles:,} connects and leaves", value, f"≤ {MOST:+.0%}", growth <= MOST)]


def _settled(world: World) -> float:
    time.sleep(SETTLES_S)
    return processes.memory_mb(world.server.pid)


def cycles(world: World, tokens: list[str], count: int) -> None:
    """Come and go ``count`` times, some at once: each of them waits where the last has gone."""
    for start in range(0, count, AT_ONCE):
        some = [WebSocket(world.server.port) for _ in range(AT_ONCE)]
        for session in some:
            session.upgrade()
        for session in some:
            session.upgraded()
            session.write([1, "chatr", {"roles": {"caller": {}, "subscriber": {}}, "authmethods": ["ticket"]}])
        for number, session in enumerate(some):
            session.expect(4)
            session.write([5, tokens[(start + number) % len(tokens)], {}])
        for session in some:
            session.expect(2)
            session.write([32, 1, {"match": "prefix"}, "chatr."])
        for session in some:
            session.expect(33)
            session.close()


class WebSocket:
    """As little of a client as there can be."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._host = f"127.0.0.1:{port}"
        self._data = b""

    def upgrade(self) -> None:
        """Ask for WebSocket and WAMP."""
        key = base64.b64encode(os.urandom(16)).decode()
        head = (
            f"GET /ws HTTP/1.1\r\nHost: {self._host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: wamp.2.json\r\nSec-WebSocket-Key: {key}\r\n\r\n"
        )
        self._socket.sendall(head.encode())

    def upgraded(self) -> None:
        """Wait until it is one."""
        while b"\r\n\r\n" not in self._data:
            self._more()
        head, _, self._data = self._data.partition(b"\r\n\r\n")
        assert b" 101 " in head, head

    def write(self, message: object) -> None:
        """Send a message: masked, with a mask that changes nothing."""
        self._frame(0x81, json.dumps(message).encode())

    def expect(self, kind: int) -> None:
        """Read until a message of this kind has come."""
        while True:
            while len(self._data) < 4 or len(self._data) < (end := self._ends()):
                self._more()
            head = 4 if self._data[1] == 126 else 2
            message, self._data = json.loads(self._data[head:end]), self._data[end:]
            if message[0] == kind:
                return
            assert message[0] == 36, message

    def close(self) -> None:
        """Say goodbye as a browser does whose tab is closed."""
        self._frame(0x88, b"\x03\xe9")
        self._socket.close()

    def _frame(self, kind: int, data: bytes) -> None:
        size = bytes([0x80 | len(data)]) if len(data) < 126 else b"\xfe" + len(data).to_bytes(2, "big")
        self._socket.sendall(bytes([kind]) + size + bytes(4) + data)

    def _ends(self) -> int:
        size = self._data[1]
        return 4 + int.from_bytes(self._data[2:4], "big") if size == 126 else 2 + size

    def _more(self) -> None:
        more = self._socket.recv(65536)
        assert more, "the server hung up"
        self._data += more
