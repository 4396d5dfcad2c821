"""How much a pattern costs, counted: a matcher that goes the ways that Python's goes, without its short cuts.

It reads the tree that Python itself makes of a pattern, tries alternatives in the same order, and counts each look at a
character. What grows faster than the text here does so there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from re import _constants as c  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any

Next = Callable[[int], bool]
#: Stands for whatever bound a repetition has: a bound is a constant, whichever.
_BOUND = 8
_CATEGORIES = {
    c.CATEGORY_DIGIT: re.compile(r"\d"),
    c.CATEGORY_NOT_DIGIT: re.compile(r"\D"),
    c.CATEGORY_SPACE: re.compile(r"\s"),
    c.CATEGORY_NOT_SPACE: re.compile(r"\S"),
    c.CATEGORY_WORD: re.compile(r"\w"),
    c.CATEGORY_NOT_WORD: re.compile(r"\W"),
}
_SAMPLES = {c.CATEGORY_DIGIT: "0", c.CATEGORY_SPACE: " ", c.CATEGORY_WORD: "a"}


_IGNORECASE, _MULTILINE, _DOTALL = int(re.I), int(re.M), int(re.S)
#: Nobody waits for more.
MOST_STEPS = 50_000


class Endless(Exception):
    """It takes more than :data:`MOST_STEPS`."""


class Matcher:
    """Matches one text and counts. Raises :class:`Endless`."""

    def __init__(self, tree: Any, flags: int, text: str) -> None:
        self.steps = 0
        self._tree = tree
        # A plain number: flags of an enum cost more than all else here.
        self._flags = int(flags)
        self._text = text
        self._groups: dict[int, tuple[int, int]] = {}

    def all(self) -> int:
        """Find all matches, as finditer does; the steps."""
        at = 0
        while at <= len(self._text):
            end = self.once(at)
            at = end if end is not None and end > at else at + 1
        return self.steps

    def once(self, at: int, *, whole: bool = False) -> int | None:
        """Match at one place (``whole``: to the end of the text); where the match ends."""
        ends: list[int] = []

        def accept(end: int) -> bool:
            if whole and end != len(self._text):
                return False
            ends.append(end)
            return True

        self._groups = {}
        return ends[0] if self._sequence(self._tree, 0, at, self._flags, accept) else None

    def _sequence(self, items: Any, index: int, at: int, flags: int, then: Next) -> bool:
        if index == len(items):
            return then(at)
        return self._item(items[index], at, flags, lambda end: self._sequence(items, index + 1, end, flags, then))

    def _item(self, item: Any, at: int, flags: int, then: Next) -> bool:
        op, value = item
        if op in (c.LITERAL, c.NOT_LITERAL, c.ANY, c.IN):
            return self._one(item, at, flags) and then(at + 1)
        if op in (c.MAX_REPEAT, c.MIN_REPEAT, c.POSSESSIVE_REPEAT):
            return self._repeat(op, value, at, flags, then)
        if op is c.SUBPATTERN:
            group, add, remove, items = value
            return self._sequence(items, 0, at, (flags | add) & ~remove, lambda end: self._group(group, at, end, then))
        if op is c.BRANCH:
            return any(self._sequence(items, 0, at, flags, then) for items in value[1])
        if op is c.ATOMIC_GROUP:
            end = self._end(value, at, flags)
            return end is not None and then(end)
        if op in (c.ASSERT, c.ASSERT_NOT):
            direction, items = value
            begin = at if direction > 0 else at - items.getwidth()[0]
            found = begin >= 0 and self._end(items, begin, flags) is not None
            return found == (op is c.ASSERT) and then(at)
        if op is c.GROUPREF:
            begin, end = self._groups.get(value, (0, 0))
            self.steps += end - begin + 1
            return self._text.startswith(self._text[begin:end], at) and then(at + end - begin)
        if op is c.AT:
            self.steps += 1
            return self._at(value, at, flags) and then(at)
        raise NotImplementedError(op)

    def _end(self, items: Any, at: int, flags: int) -> int | None:
        ends: list[int] = []
        self._sequence(items, 0, at, flags, lambda end: ends.append(end) or True)  # type: ignore[func-returns-value]
        return ends[0] if ends else None

    def _group(self, number: int | None, begin: int, end: int, then: Next) -> bool:
        if number is None:
            return then(end)
        before = self._groups.get(number)
        self._groups[number] = (begin, end)
        if then(end):
            return True
        if before is not None:
            self._groups[number] = before
        return False

    def _repeat(self, op: Any, value: Any, at: int, flags: int, then: Next) -> bool:
        least, most, items = value
        most = len(self._text) + 1 if most is c.MAXREPEAT else max(least, min(most, _BOUND))
        if len(items) == 1 and items[0][0] in (c.LITERAL, c.NOT_LITERAL, c.ANY, c.IN):
            return self._repeat_one(op, least, most, items[0], at, flags, then)
        if op is c.POSSESSIVE_REPEAT:
            count, end = 0, at
            while count < most and (further := self._end(items, end, flags)) is not None and further > end:
                count, end = count + 1, further
            return count >= least and then(end)
        return self._repeat_many(op is c.MIN_REPEAT, least, most, items, at, flags, then)

    def _repeat_many(self, lazy: bool, least: int, most: int, items: Any, at: int, flags: int, then: Next) -> bool:
        def further(end: int) -> bool:
            return end > at and self._repeat_many(lazy, max(least - 1, 0), most - 1, items, end, flags, then)

        if lazy and least <= 0 and then(at):
            return True
        if most > 0 and self._sequence(items, 0, at, flags, further):
            return True
        return not lazy and least <= 0 and then(at)

    def _repeat_one(self, op: Any, least: int, most: int, item: Any, at: int, flags: int, then: Next) -> bool:
        count = 0
        goal = least if op is c.MIN_REPEAT else most
        while count < goal and self._one(item, at + count, flags):
            count += 1
        if count < least:
            return False
        if op is c.POSSESSIVE_REPEAT:
            return then(at + count)
        if op is c.MAX_REPEAT:
            return any(then(at + kept) for kept in range(count, least - 1, -1))
        while not then(at + count):
            if count >= most or not self._one(item, at + count, flags):
                return False
            count += 1
        return True

    def _one(self, item: Any, at: int, flags: int) -> bool:
        self.steps += 1
        if self.steps > MOST_STEPS:
            raise Endless
        if at >= len(self._text):
            return False
        op, value = item
        character = self._text[at]
        if op is c.ANY:
            return bool(flags & _DOTALL) or character != "\n"
        if op is c.NOT_LITERAL:
            return ord(character) != value
        forms = [each for each in {character, character.lower(), character.upper()} if len(each) == 1]
        return any(_takes(op, value, each) for each in (forms if flags & _IGNORECASE else [character]))

    def _at(self, where: Any, at: int, flags: int) -> bool:
        text = self._text
        if where is c.AT_BEGINNING:
            return at == 0 or (bool(flags & _MULTILINE) and text[at - 1] == "\n")
        if where is c.AT_BEGINNING_STRING:
            return at == 0
        if where is c.AT_END_STRING:
            return at == len(text)
        if where is c.AT_END:
            return at == len(text) or text[at:] == "\n" or (bool(flags & _MULTILINE) and text[at] == "\n")
        words = [bool(re.match(r"\w", each)) for each in (text[at - 1 : at], text[at : at + 1])]
        return (words[0] != words[1]) == (where is c.AT_BOUNDARY)


def _takes(op: Any, value: Any, character: str) -> bool:
    return ord(character) == value if op is c.LITERAL else _within(value, character)


def _within(items: Any, character: str) -> bool:
    negated = bool(items) and items[0][0] is c.NEGATE
    for op, value in items[negated:]:
        if op is c.LITERAL and ord(character) == value:
            return not negated
        if op is c.RANGE and value[0] <= ord(character) <= value[1]:
            return not negated
        if op is c.CATEGORY and _CATEGORIES[value].match(character):
            return not negated
    return negated


def parsed(pattern: str | bytes, flags: int) -> Any:
    """The tree of a pattern."""
    return _parser.parse(pattern, flags)


def samples(tree: Any) -> tuple[list[str], list[str]]:
    """Beginnings of what a pattern matches, one for each of its parts, and parts to repeat."""
    beginnings, atoms, text = [""], dict[str, None](), ""
    for part in _parts(tree, atoms):
        text += part
        beginnings.append(text)
    return list(dict.fromkeys(beginnings)), list(atoms)


def _parts(items: Any, atoms: dict[str, None]) -> Sequence[str]:
    """The shortest text that each part takes, in order; on the way each kind of character is noted."""
    found: list[str] = []
    for op, value in items:
        if op is c.LITERAL:
            found.append(chr(value))
            atoms[found[-1]] = None
        elif op in (c.IN, c.NOT_LITERAL, c.ANY):
            found.append(_member(value if op is c.IN else [(c.NEGATE, None), (c.LITERAL, value or 10)], atoms))
        elif op is c.SUBPATTERN:
            found += _parts(value[3], atoms)
        elif op in (c.MAX_REPEAT, c.MIN_REPEAT, c.POSSESSIVE_REPEAT):
            once = "".join(_parts(value[2], atoms))
            atoms[once] = None
            found.append(once * max(value[0], 1))
        elif op is c.BRANCH:
            found += next(iter([_parts(branch, atoms) for branch in value[1]]))
        elif op is c.ATOMIC_GROUP:
            found += _parts(value, atoms)
        elif op in (c.ASSERT, c.ASSERT_NOT):
            _parts(value[1], atoms)
    return found


def _member(items: Any, atoms: dict[str, None]) -> str:
    for op, value in items:
        if op is c.LITERAL:
            atoms[chr(value)] = None
        elif op is c.RANGE:
            atoms[chr(value[0])] = None
        elif op is c.CATEGORY:
            atoms[_SAMPLES.get(value, "!")] = None
    member = next((each for each in [*atoms, *"a0 !-~\x00"] if each and len(each) == 1 and _within(items, each)), "a")
    atoms[member] = None
    return member
