"""What one connection has brought, in order, until it was handed over."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred

from chatr.client.errors import Lost
from chatr.client.own import Item, News

#: What waits for a slow reader at most; beyond it the connection is given up, and the rest comes from the log.
MOST_ITEMS = 10_000


class Inbox:
    """A queue of one connection with one reader, who asks for the next when the last is handled.

    ``overflow`` is called when the reader is too slow.
    """

    def __init__(self, overflow: Callable[[], None]) -> None:
        self._overflow = overflow
        self._items: deque[Item] = deque()
        self._reader: Deferred[None] | None = None
        self._emptied: list[Deferred[None]] = []
        self._closed = False

    def put_event(self, name: str, data: dict[str, Any]) -> None:
        """Put an event of the server."""
        self.put(News(name, data))

    def put(self, item: Item) -> None:
        """Put one thing more."""
        if self._closed:
            return
        if len(self._items) >= MOST_ITEMS:
            self._overflow()
            return
        self._items.append(item)
        self._wake()

    def close(self) -> None:
        """Take nothing more; what is still here comes again with the next resume."""
        self._closed = True
        self._items.clear()
        self._wake()
        fire(self._emptied, Lost("the connection was lost"))

    def empty(self) -> Deferred[None]:
        """Fires when all that is here now has been handed over."""
        waiter: Deferred[None] = Deferred(self._emptied.remove)
        self._emptied.append(waiter)
        if self._closed:
            fire(self._emptied, Lost("the connection was lost"))
        self._wake()
        return waiter

    def __aiter__(self) -> Inbox:
        return self

    async def __anext__(self) -> Item:
        while not self._items:
            if self._closed:
                raise StopAsyncIteration
            # Whoever asks for the next has handled the last.
            fire(self._emptied)
            if self._items:
                break
            self._reader = Deferred()
            await self._reader
        return self._items.popleft()

    def _wake(self) -> None:
        reader, self._reader = self._reader, None
        if reader is not None:
            reader.callback(None)


def fire(waiters: list[Deferred[None]], failure: Exception | None = None) -> None:
    """Fire all who wait, each once."""
    while waiters:
        waiter = waiters.pop()
        if failure is None:
            waiter.callback(None)
        else:
            waiter.errback(failure)
