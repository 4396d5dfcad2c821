"""Codes sent to people."""

from __future__ import annotations

import re

from twisted.trial.unittest import SynchronousTestCase

from chatr.auth.code_hashes import Codes


class CodesTests(SynchronousTestCase):
    """Six digits, stored as an HMAC."""

    def test_six_digits(self) -> None:
        """Codes are six digits, and not the same ones again and again."""
        made = {Codes([b"key"]).new() for _ in range(200)}
        self.assertTrue(all(re.fullmatch("[0-9]{6}", code) for code in made))
        self.assertGreater(len(made), 150)

    def test_bound_to_person_purpose_and_key(self) -> None:
        """A code is good for one person, one purpose and under one server key."""
        codes = Codes([b"key"])
        stored = codes.hash("u", "email", "123456")
        self.assertTrue(codes.matches("u", "email", "123456", stored))
        for person, purpose, code in (("v", "email", "123456"), ("u", "login", "123456"), ("u", "email", "123457")):
            self.assertFalse(codes.matches(person, purpose, code, stored))
        self.assertFalse(Codes([b"other"]).matches("u", "email", "123456", stored))
