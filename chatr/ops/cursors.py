"""Cursors of lists, in order of time, newest first, of ranks, or of ids: opaque to clients."""

from __future__ import annotations

import base64
import binascii
import uuid
from datetime import datetime

from chatr.api.errors import invalid


def cursor(moment: datetime, row_id: str) -> str:
    """The cursor of what comes behind a row."""
    return base64.urlsafe_b64encode(f"{moment.isoformat()} {row_id}".encode()).decode()


def position(cursor: str, path: str = "$.cursor") -> tuple[datetime, str]:
    """The row that a cursor stands for. Raises ``invalid`` with the path."""
    try:
        moment, _, row_id = base64.urlsafe_b64decode(cursor.encode()).decode().partition(" ")
        return datetime.fromisoformat(moment), str(uuid.UUID(row_id))
    except (ValueError, binascii.Error, UnicodeError):
        raise invalid(path, "is not a cursor of this list") from None


def ranked_cursor(rank: int, row_id: str) -> str:
    """The cursor of what comes behind a row in a list in order of ranks, and in each of ids."""
    return base64.urlsafe_b64encode(f"{rank} {row_id}".encode()).decode()


def ranked(cursor: str, path: str = "$.cursor") -> tuple[int, str]:
    """The rank and id of the row that such a cursor stands for. Raises ``invalid`` with the path."""
    try:
        rank, _, row_id = base64.urlsafe_b64decode(cursor.encode()).decode().partition(" ")
        return int(rank[:9]), str(uuid.UUID(row_id))
    except (ValueError, binascii.Error, UnicodeError):
        raise invalid(path, "is not a cursor of this list") from None


def row_cursor(row_id: str) -> str:
    """The cursor of what comes behind a row in a list in order of ids."""
    return base64.urlsafe_b64encode(row_id.encode()).decode()


def row(cursor: str, path: str = "$.cursor") -> str:
    """The id of the row that such a cursor stands for. Raises ``invalid`` with the path."""
    try:
        return str(uuid.UUID(base64.urlsafe_b64decode(cursor.encode()).decode()))
    except (ValueError, binascii.Error, UnicodeError):
        raise invalid(path, "is not a cursor of this list") from None


def seq_cursor(seq: int) -> str:
    """The cursor of what comes behind an entry in a list in order of seqs."""
    return base64.urlsafe_b64encode(str(seq).encode()).decode()


def seq(cursor: str, path: str = "$.cursor") -> int:
    """The seq that such a cursor stands for. Raises ``invalid`` with the path."""
    try:
        return int(base64.urlsafe_b64decode(cursor.encode()).decode()[:16])
    except (ValueError, binascii.Error, UnicodeError):
        raise invalid(path, "is not a cursor of this list") from None
