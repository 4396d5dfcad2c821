"""Tables of what was measured, as reStructuredText: for the terminal, and between two comments of a page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path


def simple(rows: Sequence[Sequence[str]]) -> list[str]:
    """The lines of a simple table, whose first row is its head. A first cell is not empty."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    rule = "  ".join("=" * max(width, 1) for width in widths)
    shown = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return [rule, shown[0], rule, *shown[1:], rule]


def insert(page: Path, name: str, lines: Iterable[str]) -> None:
    """Put lines between the comments ``.. measured: NAME`` and ``.. end`` of a page. ValueError: it has none."""
    before, begin, rest = page.read_text().partition(f".. measured: {name}\n")
    _, end, after = rest.partition("\n.. end\n")
    if not begin or not end:
        raise ValueError(f"{page} has no place for {name}")
    page.write_text("".join([before, begin, "\n", *(f"{line}\n" for line in lines), end, after]))


def number(value: float) -> str:
    """With three digits that count, or all before the point."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
