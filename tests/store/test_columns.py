"""Columns by name: each field of a struct gets what was selected for it, wherever it stands."""

from __future__ import annotations

import msgspec
from twisted.trial.unittest import TestCase

from chatr.store.columns import Columns, Made, Outer, value, value_if_any, values


class Author(msgspec.Struct, frozen=True):
    """Who wrote something."""

    id: str
    name: str


class Book(msgspec.Struct, frozen=True):
    """What they wrote, and with whom: parts between plain fields."""

    title: str
    author: Author
    pages: int
    digest: bytes | None
    second: Author | None
    year: int


AUTHOR = Columns(Author, {"name": "a.name", "id": "a.id"})
SECOND = Columns(Author, {"id": "b.id", "name": "b.name"})
BOOK = Columns(
    Book,
    {
        "year": "t.year",
        "title": "t.title",
        "author": AUTHOR,
        "pages": "count(p)",
        "digest": Made("t.digest", bytes),
        "second": Outer(SECOND),
    },
)


class ColumnsTests(TestCase):
    """The select list and the struct, both from one declaration."""

    def test_select_list(self) -> None:
        """In the order of the fields, whatever the order of the declaration; parts where their field is."""
        self.assertEqual(AUTHOR.sql, "a.id, a.name")
        self.assertEqual(BOOK.sql, "t.title, a.id, a.name, count(p), t.digest, b.id, b.name, t.year")
        self.assertEqual((AUTHOR.width, BOOK.width), (2, 8))

    def test_take(self) -> None:
        """Plain columns, made ones and parts come to the fields that they were named for."""
        row = ("T", "1", "Ann", 9, memoryview(b"d"), "2", "Ben", 1999)
        self.assertEqual(BOOK.take(row), Book("T", Author("1", "Ann"), 9, b"d", Author("2", "Ben"), 1999))

    def test_take_from_the_middle(self) -> None:
        """What stands before and behind is somebody else's."""
        row = ("before", "1", "Ann", "behind")
        self.assertEqual(AUTHOR.take(row, 1), Author("1", "Ann"))

    def test_null(self) -> None:
        """A part that was not found is None, and nothing is made of NULL."""
        row = ("T", "1", "Ann", 9, None, None, None, 1999)
        self.assertEqual(BOOK.take(row), Book("T", Author("1", "Ann"), 9, None, None, 1999))

    def test_rows(self) -> None:
        """All rows, or the first if there is one."""
        rows = [("1", "Ann"), ("2", "Ben")]
        self.assertEqual(AUTHOR.all(rows), [Author("1", "Ann"), Author("2", "Ben")])
        self.assertEqual((AUTHOR.first(rows), AUTHOR.first([])), (Author("1", "Ann"), None))

    def test_every_field(self) -> None:
        """A field without a column, or a column without a field, is found when the module is imported."""
        for columns in ({"id": "a.id"}, {"id": "a.id", "name": "a.name", "age": "a.age"}):
            self.assertRaises(TypeError, Columns, Author, columns)

    def test_values(self) -> None:
        """A statement of one column needs no struct."""
        self.assertEqual(value([(3,)], int), 3)
        self.assertEqual([value_if_any(rows, str) for rows in ([("x",)], [(None,)], [])], ["x", None, None])
        self.assertEqual(values([("x",), ("y",)], str), ["x", "y"])
