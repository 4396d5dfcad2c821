"""Sliding windows: how often something happened lately, in bounded memory, never counted too low."""

from __future__ import annotations

import math
from array import array
from collections import OrderedDict
from typing import TypeAlias

from chatr.api.contract import Rate

#: Up to this number each moment is kept: 8 bytes each. Above it, how many there were in each part of the window.
MOST_MOMENTS = 64
#: Parts of a window. The memory of a large one is these, however large it is.
PARTS = 20

Key: TypeAlias = tuple[str, str]


class Moments:
    """A window with a small number: the moments that count. Exact: a call passes as soon as it may."""

    __slots__ = ("_moments", "_rate")

    def __init__(self, rate: Rate) -> None:
        self._rate = rate
        self._moments = array("d")

    def count(self, now: float) -> int:
        """How many there were in the window that ends now, its beginning left out."""
        since = now - self._rate.per_s
        gone = 0
        while gone < len(self._moments) and self._moments[gone] <= since:
            gone += 1
        if gone:
            del self._moments[:gone]
        return len(self._moments)

    def wait_s(self, now: float) -> float:
        """How long until one more may pass; 0: it may now."""
        if self.count(now) < self._rate.count:
            return 0.0
        return self._moments[-self._rate.count] + self._rate.per_s - now

    def add(self, now: float) -> None:
        """Count one that passes."""
        self._moments.append(now)


class Parts:
    """A window with a large number: how many there were in each twentieth of it.

    The oldest part, of which only a piece is still inside, counts in full: so there are never more than the number in
    any window of the length, wherever it begins. Whoever stays below the number in a window that is a twentieth longer
    never waits.
    """

    __slots__ = ("_counts", "_newest", "_rate", "_total")

    def __init__(self, rate: Rate) -> None:
        self._rate = rate
        self._counts = array("L", [0] * (PARTS + 1))
        self._newest = 0
        self._total = 0

    def count(self, now: float) -> int:
        """How many there were in the window that ends now, and up to a twentieth of it before."""
        part = math.floor(now / self._width_s)
        for passed in range(1, min(part - self._newest, PARTS + 1) + 1):
            place = (self._newest + passed) % (PARTS + 1)
            self._total -= self._counts[place]
            self._counts[place] = 0
        self._newest = max(part, self._newest)
        return self._total

    def wait_s(self, now: float) -> float:
        """How long until one more may pass; 0: it may now."""
        left = self.count(now)
        part = self._newest - PARTS
        while left >= self._rate.count:
            left -= self._counts[part % (PARTS + 1)]
            part += 1
        # A part counts until the window that ends with it has passed.
        return max(0.0, (part + PARTS) * self._width_s - now) if part > self._newest - PARTS else 0.0

    def add(self, now: float) -> None:
        """Count one that passes."""
        self.count(now)
        self._counts[self._newest % (PARTS + 1)] += 1
        self._total += 1

    @property
    def _width_s(self) -> float:
        return self._rate.per_s / PARTS


Window: TypeAlias = Moments | Parts


def window(rate: Rate) -> Window:
    """An empty window."""
    return Moments(rate) if rate.count <= MOST_MOMENTS else Parts(rate)


class Table:
    """Windows of one length by key, at most ``most``; what no longer counts is removed by those who come.

    When it is full, a new key takes the place of another: of those that are less than half full the one that was used
    last the longest ago; only when there is none, the same of the others. So a flood of new keys pushes out its own
    kind, and whoever wants a full window forgotten has to half fill as many others within its length.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        # Each in the order of last use. Of one length, so the first is the first that is empty again.
        self._light: OrderedDict[Key, Window] = OrderedDict()
        self._heavy: OrderedDict[Key, Window] = OrderedDict()
        self.fallen_out = 0

    def __len__(self) -> int:
        return len(self._light) + len(self._heavy)

    def wait_s(self, key: Key, now: float) -> float:
        """How long until one more of this key may pass; 0: it may now."""
        found = self._find(key)
        return found.wait_s(now) if found is not None else 0.0

    def add(self, key: Key, rate: Rate, now: float) -> None:
        """Count one of this key that passes."""
        self._sweep(now)
        found = self._light.pop(key, None) or self._heavy.pop(key, None)
        if found is None:
            self._make_room()
            found = window(rate)
        found.add(now)
        heavy = 2 * found.count(now) >= rate.count
        (self._heavy if heavy else self._light)[key] = found

    def _find(self, key: Key) -> Window | None:
        return self._light.get(key) or self._heavy.get(key)

    def _sweep(self, now: float) -> None:
        """Each that comes removes up to two of either: the work of one is bounded, and more go than come."""
        for segment in (self._light, self._heavy):
            for _ in range(2):
                key = next(iter(segment), None)
                if key is None or segment[key].count(now):
                    break
                del segment[key]

    def _make_room(self) -> None:
        if len(self) >= self._most:
            (self._light or self._heavy).popitem(last=False)
            self.fallen_out += 1
