"""What an operation may touch: who calls, when, and the ports it was given."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

Ports = TypeVar("Ports")


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Who calls, as the door established it: identity from a verified token, address from a trusted hop."""

    role: str = "anonymous"
    user_id: str = ""
    session_id: str = ""
    address: str = ""
    user_agent: str = ""
    device: str = ""
    """What a browser keeps of us where it has signed in, or will; empty for other programs."""
    connection: str = ""
    """Identifies the open realtime connection that calls, so that it gets no event of its own call.

    Over REST it is named by ``X-Chatr-Connection``, and must be of the same sign-in.
    """


class HangUp:
    """Tells work that has not begun yet that its caller has gone: nobody would hear what comes of it."""

    __slots__ = ("_then", "happened")

    def __init__(self) -> None:
        self.happened = False
        self._then: tuple[Callable[[], None], ...] = ()

    def happens(self) -> None:
        """Say that the caller has gone."""
        self.happened = True
        then, self._then = self._then, ()
        for action in then:
            action()

    def then(self, action: Callable[[], None]) -> None:
        """Do something when the caller goes, at once if that was before."""
        if self.happened:
            action()
        else:
            self._then += (action,)


class Uploaded(msgspec.Struct, frozen=True, kw_only=True):
    """A file that came with a call. It lies at ``path`` until the call has ended, whole and on the disk.

    ``id``: a new UUID, which the file may be known by. ``sha256``: if the operation wants it (``Upload.hashed``).
    ``name``, ``media_type``: what the client says of it; nothing of that is checked. ``ends``: its first and its last
    bytes, if they are in memory.
    """

    id: str
    path: Path
    size: int
    sha256: bytes | None = None
    ends: tuple[bytes, bytes] | None = None
    name: str = ""
    media_type: str = ""


class Context(msgspec.Struct, Generic[Ports], frozen=True, kw_only=True):
    """One call: the caller, its request id, the time it began (UTC), and the ports operations work through.

    ``as_json``: the answer becomes JSON, so that msgspec.Raw may stand in it for what is JSON already.
    """

    caller: Caller
    request_id: str
    now: datetime
    ports: Ports
    hang_up: HangUp = msgspec.field(default_factory=HangUp)
    uploaded: Uploaded | None = None
    as_json: bool = False
