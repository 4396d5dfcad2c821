"""Presence of one process."""

from __future__ import annotations

from twisted.internet.task import Clock
from twisted.trial.unittest import TestCase

from chatr.realtime.presence import INTERVAL_S
from chatr.realtime.presence_memory import MemoryPresence
from tests.contract_suites.presence import ANN, PresenceSuite


class MemoryPresenceTests(PresenceSuite, TestCase):
    """The suite of all presence stores."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.store = MemoryPresence(self.clock)

    async def pass_s(self, seconds: float) -> None:
        self.clock.advance(seconds)

    async def test_forgets(self) -> None:
        """Who has been gone for a while takes no room."""
        await self.store.put({ANN: "online"})
        await self.store.settle([ANN])
        self.clock.advance(INTERVAL_S)
        await self.store.put({ANN: None})
        await self.store.settle([ANN])
        self.clock.advance(INTERVAL_S)
        await self.store.beat()
        self.assertEqual((self.store._states, self.store._announced, self.store._announced_at), ({}, {}, {}))
