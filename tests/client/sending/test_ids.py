"""Identifiers of what is sent."""

from __future__ import annotations

import time
import uuid

from twisted.trial.unittest import TestCase

from chatr.client.sending.ids import new_client_id

#: 2026-11-28, a minute before its end, in seconds since 1970.
LATE = 1_795_910_340


class IdTests(TestCase):
    """Those of a day."""

    def test_of_one_day(self) -> None:
        """They are version 7 UUIDs of its beginning, all different, and below those of the next."""
        self.patch(time, "time", lambda: LATE)
        made = [new_client_id() for _ in range(1000)]
        self.patch(time, "time", lambda: LATE + 60)
        self.assertLess(max(made), new_client_id())
        self.assertEqual(len(set(made)), 1000)
        for each in map(uuid.UUID, made):
            self.assertEqual((each.version, each.variant), (7, uuid.RFC_4122))
            self.assertEqual(each.int >> 80, (LATE + 60 - 24 * 3600) * 1000)
