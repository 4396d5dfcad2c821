"""Looking through values that callers sent, however deep: without recursion, as far as a bound."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple


class Step(NamedTuple):
    """A value inside of another: how deep it lies (0: the outermost), under which name or number, and in what."""

    value: Any
    depth: int
    name: str | int | None = None
    parent: Step | None = None

    @property
    def path(self) -> str:
        """The JSON path of the value."""
        names: list[str] = []
        step: Step | None = self
        while step is not None and step.name is not None:
            names.append(f".{step.name}" if isinstance(step.name, str) else f"[{step.name}]")
            step = step.parent
        return "$" + "".join(reversed(names))


def walk(value: Any, max_depth: int) -> Iterator[Step]:
    """A value and all that is in it, each before what it holds; of what lies at ``max_depth`` not what it holds."""
    waiting = [Step(value, 0)]
    while waiting:
        step = waiting.pop()
        yield step
        if step.depth < max_depth:
            waiting.extend(reversed(_inside(step)))


def holds(value: Any) -> bool:
    """Whether a value can hold others."""
    return isinstance(value, Mapping | list)


def _inside(step: Step) -> list[Step]:
    if isinstance(step.value, Mapping):
        return [Step(each, step.depth + 1, str(name), step) for name, each in step.value.items()]
    if isinstance(step.value, list):
        return [Step(each, step.depth + 1, number, step) for number, each in enumerate(step.value)]
    return []
