"""What goes wrong on a connection, and what of it a caller is told."""

from __future__ import annotations

import psycopg2
from psycopg2.extensions import QueryCanceledError
from twisted.internet.error import ConnectionClosed

from chatr.api.errors import ApiError

#: Deadlock, serialisation failure, lock timeout: nothing happened, trying again helps.
_RETRYABLE = frozenset({"40P01", "40001", "55P03"})

_DETAIL = "The database is not available at the moment"
#: A disk does not get room in a second.
LACKS_RETRY_S = 5


class ConnectionDead(Exception):
    """The connection was down before the statement was sent."""


class Unavailable(ApiError):
    """``unavailable``: trying again may help."""

    def __init__(self, detail: str = _DETAIL, *, retry_after_s: int = 1) -> None:
        super().__init__("unavailable", detail, retry_after_s=retry_after_s)


class NoConnection(Unavailable):
    """``unavailable``: no connection came free in time."""


class Undone(Unavailable):
    """``unavailable``, and certain to have had no effect: a deadlock or the like, which trying again may not meet."""


def is_death(error: BaseException | None) -> bool:
    """Tell whether an error means that the connection is gone.

    Deadlocks and lock timeouts are OperationalErrors too, but leave the connection usable: only errors without a
    code, of class 08 (connection) or 57P (the server is going down) count. ConnectionClosed is what becomes of a
    statement that was under way when we closed.
    """
    if isinstance(error, psycopg2.InterfaceError | ConnectionDead | ConnectionClosed):
        return True
    if not isinstance(error, psycopg2.OperationalError):
        return False
    code = error.pgcode
    return code is None or code.startswith(("08", "57P"))


def is_lack(error: BaseException | None) -> bool:
    """Tell whether the server lacks what a statement needs, and nothing is wrong with the statement.

    Class 53: room on its disk, memory, connections; class 58: the system below it (58030: an I/O error).
    """
    return isinstance(error, psycopg2.Error) and (error.pgcode or "").startswith(("53", "58"))


def translate(error: BaseException) -> BaseException:
    """Database failures that trying again may mend become ``unavailable``; all others stay what they are."""
    if isinstance(error, QueryCanceledError):
        # By statement_timeout: nobody here cancels a statement.
        return Unavailable("The database took too long")
    if is_lack(error):
        return Unavailable(retry_after_s=LACKS_RETRY_S)
    if isinstance(error, psycopg2.Error) and error.pgcode in _RETRYABLE:
        return Undone()
    return Unavailable() if is_death(error) else error
