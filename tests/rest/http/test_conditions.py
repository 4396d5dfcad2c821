"""Tags and ranges."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from chatr.rest.http.conditions import Unsatisfiable, knows, part_of


class ConditionTests(SynchronousTestCase):
    """Of a file of 10 bytes."""

    def test_tags(self) -> None:
        """One of many, weak ones, any."""
        for known, expected in (
            ('"a"', True),
            ('W/"a"', True),
            ('"b", "a"', True),
            ("*", True),
            ('"b"', False),
            ("a", False),
            ("", False),
        ):
            self.assertIs(knows(known, '"a"'), expected, known)

    def test_parts(self) -> None:
        """One part as bytes from, to, or from the end; what is no such thing is passed over."""
        for wanted, expected in (
            ("bytes=0-3", (0, 4)),
            ("bytes=4-", (4, 10)),
            ("bytes=-3", (7, 10)),
            ("bytes=-30", (0, 10)),
            ("bytes=9-99", (9, 10)),
            (" bytes=0-0 ", (0, 1)),
            ("bytes = 0-0", None),
            ("bytes=0-1,3-4", None),
            ("bytes=3-1", None),
            ("bytes=-", None),
            ("bytes=a-b", None),
            ("bytes=" + "9" * 30 + "-", None),
            ("items=0-1", None),
            (None, None),
        ):
            self.assertEqual(part_of(wanted, None, '"t"', 10), expected, wanted)

    def test_behind_the_end(self) -> None:
        """What begins behind the end can't be had; of an empty file no part can."""
        for wanted, size in (("bytes=10-", 10), ("bytes=99-100", 10), ("bytes=-0", 10), ("bytes=0-", 0)):
            self.assertRaises(Unsatisfiable, part_of, wanted, None, '"t"', size)

    def test_only_if(self) -> None:
        """Parts are of the same bytes as those that are there, or all is sent."""
        self.assertEqual(part_of("bytes=0-3", '"t"', '"t"', 10), (0, 4))
        for other in ('"u"', 'W/"t"', "Fri, 27 Nov 2026 10:00:00 GMT", ""):
            self.assertIsNone(part_of("bytes=0-3", other, '"t"', 10))
