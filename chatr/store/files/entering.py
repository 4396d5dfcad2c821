"""Files that come in at the same moment: their rows, and the word that they are there, in one statement each.

While one statement is under way what comes gathers for the next. Each is a commit, which has the database wait for the
disk.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import TypeVar

from chatr.api.errors import ApiError
from chatr.api.model import File
from chatr.store.coalesce import Coalescer
from chatr.store.connections.errors import Undone
from chatr.store.files import files
from chatr.store.files.files import Arrival
from chatr.store.pool import Database

Value = TypeVar("Value")


class Entering:
    """Files of all uploads of this process. What one of them fails by fails no other."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._arriving: dict[str, Arrival] = {}
        self._arrivals: Coalescer[Exception | None] = Coalescer(partial(_one_by_one, self._arrive))
        self._ready: Coalescer[File | Exception] = Coalescer(partial(_one_by_one, self._make_ready))

    async def arrive(self, arrival: Arrival) -> None:
        """See :func:`files.arrive`. Raises ``unavailable``."""
        self._arriving[arrival.file_id] = arrival
        try:
            failed = await self._arrivals.get(arrival.file_id)
        finally:
            del self._arriving[arrival.file_id]
        if failed is not None:
            raise failed

    async def ready(self, file_id: str) -> File | None:
        """See :func:`files.ready`. Raises ``unavailable``."""
        found = await self._ready.get(file_id)
        if isinstance(found, Exception):
            raise found
        return found

    async def _arrive(self, file_ids: Sequence[str]) -> Mapping[str, None]:
        await files.arrive(self._db, [self._arriving[each] for each in file_ids])
        return {}

    async def _make_ready(self, file_ids: Sequence[str]) -> Mapping[str, File]:
        return await files.ready(self._db, file_ids)


async def _one_by_one(
    write: Callable[[Sequence[str]], Awaitable[Mapping[str, Value]]], keys: Sequence[str]
) -> Mapping[str, Value | Exception]:
    """Write all at once, or, where that failed and nothing is written, each alone: then those fail that are bad."""
    try:
        return await write(keys)
    except Exception as error:
        # Nobody knows what became of it; or nothing else would become of one alone.
        if len(keys) == 1 or (isinstance(error, ApiError) and not isinstance(error, Undone)):
            raise
    found: dict[str, Value | Exception] = {}
    for key in keys:
        try:
            found.update(await write([key]))
        except Exception as error:
            found[key] = error
    return found
