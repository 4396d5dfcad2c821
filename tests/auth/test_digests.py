"""Digests of what was sent."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from chatr.auth.digests import Digests

OLD, NEW = b"o" * 32, b"n" * 32


class DigestTests(SynchronousTestCase):
    """What is said to differ does."""

    def test_parts(self) -> None:
        """Each part counts, and where it ends."""
        digests = Digests([NEW])
        stored = digests.of("1", "text", "", "hello")
        self.assertFalse(digests.differs(stored, "1", "text", "", "hello"))
        for other in (
            ("1", "text", "", "hullo"),
            ("1", "text", "h", "ello"),
            ("1", "textx", "", "hello"),
            ("2", "text", "", "hello"),
        ):
            self.assertTrue(digests.differs(stored, *other), other)

    def test_keys(self) -> None:
        """An older key still tells; a key that is gone, or no digest, can't say that something differs."""
        stored = Digests([OLD]).of("1", "hello")
        both = Digests([NEW, OLD])
        self.assertFalse(both.differs(stored, "1", "hello"))
        self.assertTrue(both.differs(stored, "1", "hullo"))
        self.assertFalse(Digests([NEW]).differs(stored, "1", "hullo"))
        for nothing in (None, b""):
            self.assertFalse(both.differs(nothing, "1", "hullo"))

    def test_equal_texts(self) -> None:
        """Two messages that say the same have digests that don't show it."""
        digests = Digests([NEW])
        self.assertNotEqual(digests.of("1", "hello"), digests.of("2", "hello"))
        self.assertNotEqual(digests.of("1", "hello"), Digests([OLD]).of("1", "hello"))
