"""Jobs that a worker process does in tests: the payload says what happens."""

from __future__ import annotations

import json
import os
import resource
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

_kept: list[Any] = []


def prepare() -> None:
    """Nothing to import."""


def work(payload: bytes) -> bytes:
    """Do what the payload names."""
    name, _, rest = payload.partition(b" ")
    return _JOBS[name](rest)


def _echo(rest: bytes) -> bytes:
    return rest


def _loop(rest: bytes) -> bytes:
    while True:
        pass


def _hog(rest: bytes) -> bytes:
    """Takes so many MiB, and keeps what it has got."""
    _kept.append(bytearray(int(rest) << 20))
    return str(os.getpid()).encode()


def _die(rest: bytes) -> bytes:
    os._exit(int(rest))


def _fail(rest: bytes) -> bytes:
    raise ValueError(rest)


def _lie(rest: bytes) -> bytes:
    """Says what is no frame of ours."""
    os.write(1, rest)
    return _loop(rest)


def _big(rest: bytes) -> bytes:
    return b"x" * int(rest)


def _about(rest: bytes) -> bytes:
    """What it has and may."""
    return json.dumps(
        {
            "pid": os.getpid(),
            "files": [number for number in range(1024) if _is_open(number)],
            "environment": sorted(os.environ),
            "uid": os.getuid(),
            "twisted": "twisted" in sys.modules,
            "lxml": "lxml" in sys.modules,
            "memory": resource.getrlimit(resource.RLIMIT_AS)[0],
            "refused": [name for name, attempt in _ATTEMPTS.items() if _refused(attempt)],
        }
    ).encode()


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


def _refused(attempt: Callable[[], Any]) -> bool:
    try:
        attempt()
    except OSError:
        return True
    return False


_ATTEMPTS: dict[str, Callable[[], Any]] = {
    "file": lambda: Path("/etc/passwd").read_bytes(),
    "socket": lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM),
    "process": os.fork,
    "more": lambda: _lift(),
}


def _lift() -> None:
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    except ValueError as error:
        raise OSError from error


_JOBS: dict[bytes, Callable[[bytes], bytes]] = {
    b"echo": _echo,
    b"loop": _loop,
    b"hog": _hog,
    b"die": _die,
    b"fail": _fail,
    b"lie": _lie,
    b"big": _big,
    b"about": _about,
}
