"""The writer when the database is away. What it writes is tested with the operations."""

from __future__ import annotations

from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred, gatherResults

from chatr.config import Messages
from chatr.store.writer import MessageWriter
from tests.box import box
from tests.store.test_pool import PoolCase


class WaitTests(PoolCase):
    """No connection comes free."""

    async def test_all_who_wait_are_told_at_once(self) -> None:
        """Those who queue behind one who gave up don't each wait as long again; what comes later is done."""
        db = await self.opened(box().shared(), size=1, acquire_timeout_s=0.2)
        writer = MessageWriter(db, queue_limit=100, settings=Messages())

        async def change(tx: Any) -> Any:
            return await tx.query("SELECT 1")

        async def put() -> Any:
            return await writer.change(change)

        async with db.transaction():
            begun = reactor.seconds()  # type: ignore[attr-defined]
            await gatherResults([Deferred.fromCoroutine(self.unavailable(put())) for _ in range(50)])
            # In turn it would have been ten seconds.
            self.assertLess(reactor.seconds() - begun, 3)  # type: ignore[attr-defined]
        self.assertEqual(await put(), [(1,)])
