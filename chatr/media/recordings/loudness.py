"""How loud a recording is over its time, in little memory however long it is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import islice
from operator import mul

from chatr.media.asked import BARS

_FIRST_SPAN_S = 0.005
_MOST_WINDOWS = 4000
#: Full scale is 1: below this nothing is to be heard.
_SILENCE = 1e-4
#: What a sample may be, of formats that know no bounds.
_LOUDEST = 1e3
#: Of the samples of longer recordings one in so many is looked at, an odd number: in turns of all channels.
_SPARSEST = 9


class Loudness:
    """Power in windows of time. When these become too many, two become one."""

    def __init__(self) -> None:
        self.span_s = _FIRST_SPAN_S
        """Of a window."""
        self._energy: list[float] = []
        self._samples = 0

    @property
    def stride(self) -> int:
        """One in so many samples is enough."""
        return min(_SPARSEST, int(self.span_s / _FIRST_SPAN_S) | 1)

    def add(self, at_s: float, length_s: float, samples: Sequence[float], full_scale: float) -> None:
        """Take a part of it: when it begins, how long it lasts, and its samples (or some of them, evenly)."""
        self._samples += 1
        # From another one each time: or else a tone would meet the same place of its wave again and again.
        some = samples[self._samples % self.stride :: self.stride] or samples
        power = sum(map(mul, some, some)) / max(1, len(some)) / full_scale**2
        if not power <= _LOUDEST**2:
            power = 0.0
        index = int(at_s / self.span_s)
        while index >= _MOST_WINDOWS:
            self._halve()
            index = int(at_s / self.span_s)
        if index >= len(self._energy):
            self._energy.extend([0.0] * (index + 1 - len(self._energy)))
        self._energy[index] += power * length_s

    def bars(self, duration_s: float) -> list[float]:
        """The root mean square of each hundredth, on a square-root curve, the loudest being 1."""
        loud = [math.sqrt(energy) for energy in self._buckets(duration_s)]
        top = max(loud)
        if top < _SILENCE:
            return [0.0] * BARS
        return [round(min(1.0, math.sqrt(each / top)), 3) for each in loud]

    def _buckets(self, duration_s: float) -> list[float]:
        """The mean power of each hundredth of the time."""
        if duration_s <= 0:
            return [0.0] * BARS
        size = duration_s / BARS / self.span_s
        found = []
        for number in range(BARS):
            start, end = number * size, (number + 1) * size
            first = int(start)
            energy = 0.0
            for index, each in enumerate(islice(self._energy, first, math.ceil(end)), first):
                energy += each * max(0.0, min(end, index + 1) - max(start, index))
            found.append(energy / (size * self.span_s))
        return found

    def _halve(self) -> None:
        if len(self._energy) % 2:
            self._energy.append(0.0)
        self._energy = list(map(sum, zip(self._energy[::2], self._energy[1::2], strict=True)))
        self.span_s *= 2
