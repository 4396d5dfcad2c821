"""How a change is told: with its commit, or behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

from chatr.api.model import Wire
from chatr.store.connections.connection import StatementBatch
from chatr.store.pool import Database, PublishEvent, Queryable, Row


class News(Queryable, Protocol):
    """What a change is made in, or has been made in: SQL runs on it, and it tells what comes of that.

    Two tell: a :class:`~chatr.store.pool.Transaction` what it does, once that has committed, in order, or never; and
    :class:`Committed` what another has committed, at once.
    """

    def ahead(self, sql: str, params: Sequence[Any] = ()) -> None:
        """Run a statement without rows together with the next."""

    def tell(self, payload: Wire, rooms: Iterable[str], *, exclude: str = "", but: Iterable[str] = ()) -> None:
        """Announce an event to rooms, without the connection ``exclude`` and whoever sits in one of ``but``.

        Raises TypeError for rooms it is not for.
        """

    def then(self, action: Callable[[], None]) -> None:
        """Do something in order with the events."""


class Committed:
    """Tells of what is committed already."""

    def __init__(self, db: Database, publish: PublishEvent) -> None:
        self._db = db
        self._publish = publish
        self._batch = StatementBatch()

    async def query(self, sql: str, params: Sequence[Any] = ()) -> list[Row]:
        """Run one statement that answers rows."""
        *ahead, last = self._batch.take(sql, params)
        return await self._db.query(*last, ahead=ahead)

    async def execute(self, sql: str, params: Sequence[Any] = ()) -> None:
        """Run one statement without rows."""
        *ahead, last = self._batch.take(sql, params)
        await self._db.execute(*last, ahead=ahead)

    def ahead(self, sql: str, params: Sequence[Any] = ()) -> None:
        """Run a statement without rows together with the next, in one transaction."""
        self._batch.add(sql, params)

    def tell(self, payload: Wire, rooms: Iterable[str], *, exclude: str = "", but: Iterable[str] = ()) -> None:
        """Announce an event now."""
        self._publish(payload, rooms, exclude=exclude, but=but)

    def then(self, action: Callable[[], None]) -> None:
        """Do something now."""
        action()
