"""The broker of one process."""

from __future__ import annotations

from twisted.trial.unittest import TestCase

from chatr.realtime.memory import MemoryBroker
from tests.contract_suites.broker import BrokerSuite


class MemoryBrokerTests(BrokerSuite, TestCase):
    """The suite of all brokers."""

    def setUp(self) -> None:
        self.broker = MemoryBroker()
