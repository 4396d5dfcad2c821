"""WAMP sessions over RawSocket for benches: lighter than any client, and blocking."""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Mapping
from typing import Any

_ROLES = {"roles": {"caller": {}, "subscriber": {}}, "authmethods": ["ticket"]}


class Client:
    """A WAMP session over RawSocket, with blocking calls."""

    def __init__(self, port: int, ticket: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._calls = 0
        self._socket.sendall(bytes([0x7F, 0xF1, 0, 0]))
        self._read(4)
        self._send([1, "chatr", _ROLES])
        while (message := self._receive())[0] != 2:
            assert message[0] == 4, message
            self._send([5, ticket, {}])

    def call(self, procedure: str, **params: object) -> dict[str, Any]:
        """The answer of a call."""
        self._calls += 1
        self._send([48, self._calls, {}, procedure, [], params])
        while (message := self._receive())[0] != 50:
            assert message[0] == 36, message
        return dict(message[4])

    def subscribe(self) -> None:
        """Hear everything."""
        self._send([32, 2, {"match": "prefix"}, "chatr."])
        assert self._receive()[0] == 33

    def event(self) -> dict[str, Any]:
        """Wait for an event."""
        return dict(self._receive()[5])

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def _send(self, message: object) -> None:
        data = json.dumps(message).encode()
        self._socket.sendall(struct.pack("!L", len(data)) + data)

    def _receive(self) -> list[Any]:
        (length,) = struct.unpack("!L", self._read(4))
        message: list[Any] = json.loads(self._read(length))
        return message

    def _read(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            more = self._socket.recv(count - len(data))
            assert more, "the server hung up"
            data += more
        return data


class Session(Client):
    """One of many, whose answers are only counted."""

    def __init__(self, port: int, ticket: str) -> None:
        super().__init__(port, ticket)
        self._data = bytearray()

    def answered(self) -> bool:
        """Read what is there; whether the answer of a call came with it. AssertionError: the call was refused."""
        more = self._socket.recv(65536)
        assert more, "the server hung up"
        self._data += more
        found = False
        while len(self._data) >= 4 and len(self._data) >= (end := 4 + int.from_bytes(self._data[:4], "big")):
            kind = self._data[4:8]
            assert not kind.startswith(b"[8,"), bytes(self._data[4:end])
            found |= kind.startswith(b"[50,")
            del self._data[:end]
        return found

    @staticmethod
    def ask(number: int, procedure: str, params: Mapping[str, object]) -> bytes:
        """The frame of a session's n-th call."""
        data = json.dumps([48, number, {}, procedure, [], params]).encode()
        return struct.pack("!L", len(data)) + data

    @property
    def socket(self) -> socket.socket:
        """To be read and written without waiting."""
        return self._socket
