"""Events about the receiver's sessions themselves."""

from __future__ import annotations

from chatr.api.model import (
    File,
    Id,
    Wire,
)
from chatr.api.topics import USER, event


@event("session.revoked", USER, "One of the receiver's sessions ended.")
class SessionRevoked(Wire, frozen=True):
    """A session of the receiver has ended; sent before its sockets close."""

    session_id: Id
    reason: str


@event(
    "sync.required",
    USER,
    "The server can't rule out that live events were lost; the client resumes by sync.changes.",
)
class SyncRequired(Wire, frozen=True):
    """Live events may have been lost: call ``sync.changes``."""

    reason: str


@event("account.export_ready", USER, "The archive that the receiver has asked for is there.")
class ExportReady(Wire, frozen=True):
    """The archive, a zip."""

    file: File
