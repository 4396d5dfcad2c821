"""Looking through values that callers sent, however deep: without recursion, as far as a bound."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple


class Node(NamedTuple):
    """A value inside of another: how deep it lies (0: the outermost), under which name or number, and in what."""

    value: Any
    depth: int
    name: str | int | None = None
    parent: Node | None = None

    @property
    def path(self) -> str:
        """The JSON path of the value."""
        steps: list[str] = []
        node: Node | None = self
        while node is not None and node.name is not None:
            steps.append(f".{node.name}" if isinstance(node.name, str) else f"[{node.name}]")
            node = node.parent
        return "$" + "".join(reversed(steps))


def walk(value: Any, max_depth: int) -> Iterator[Node]:
    """A value and all that is in it, each before what it holds; of what lies at ``max_depth`` not what it holds."""
    waiting = [Node(value, 0)]
    while waiting:
        node = waiting.pop()
        yield node
        if node.depth < max_depth:
            waiting.extend(reversed(_inside(node)))


def holds(value: Any) -> bool:
    """Whether a value can hold others."""
    return isinstance(value, Mapping | list)


def _inside(node: Node) -> list[Node]:
    if isinstance(node.value, Mapping):
        return [Node(each, node.depth + 1, str(name), node) for name, each in node.value.items()]
    if isinstance(node.value, list):
        return [Node(each, node.depth + 1, number, node) for number, each in enumerate(node.value)]
    return []
