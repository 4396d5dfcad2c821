"""Identifiers of new rows."""

from __future__ import annotations

import time
import uuid

from twisted.trial.unittest import SynchronousTestCase

from chatr.store.ids import Ids


class IdTests(SynchronousTestCase):
    """Version 7 UUIDs."""

    def test_form(self) -> None:
        """Version, variant and the moment stand where RFC 9562 wants them."""
        made = uuid.UUID(Ids().next())
        self.assertEqual((made.version, made.variant), (7, uuid.RFC_4122))
        self.assertLess(abs((made.int >> 80) / 1000 - time.time()), 5)

    def test_order(self) -> None:
        """Each is above the one before, also in one millisecond, and when the clock is set back."""
        ids = Ids()
        made = [ids.next() for _ in range(20_000)]
        self.patch(time, "time_ns", lambda: 1_000_000_000)
        made += [ids.next() for _ in range(1000)]
        self.assertEqual(made, sorted(set(made)))
