"""Who waits for a worker, and who is next: those of one key take turns with those of others."""

from __future__ import annotations

from collections import Counter, deque
from typing import Generic, TypeVar

Task = TypeVar("Task")


class Waiting(Generic[Task]):
    """Tasks that wait, ``most`` together. Under a key ``most_of_one`` wait, and ``at_once`` are under way.

    The empty key is nobody's: of it as many may wait and be under way as there is room for.
    """

    def __init__(self, *, most: int, most_of_one: int, at_once: int) -> None:
        self._most = most
        self._most_of_one = most_of_one
        self._at_once = at_once
        self._count = 0
        self._turns: dict[str, deque[Task]] = {}
        """Whose turn it is stands first."""
        self._under_way: Counter[str] = Counter()

    def __len__(self) -> int:
        return self._count

    def add(self, key: str, task: Task) -> bool:
        """Have a task wait; whether there is room for it."""
        own = self._turns.get(key, ())
        if self._count >= self._most or (key and len(own) >= self._most_of_one):
            return False
        self._turns.setdefault(key, deque()).append(task)
        self._count += 1
        return True

    def next(self) -> Task | None:
        """Take whose turn it is; it is under way until its key has :meth:`ended`. None: nobody may begin now."""
        key = next((each for each in self._turns if not each or self._under_way[each] < self._at_once), None)
        if key is None:
            return None
        own = self._turns.pop(key)
        task = own.popleft()
        if own:
            self._turns[key] = own
        self._count -= 1
        self._under_way[key] += 1
        return task

    def ended(self, key: str) -> None:
        """One that was under way is no more."""
        self._under_way[key] -= 1
        if not self._under_way[key]:
            del self._under_way[key]

    def drained(self) -> list[Task]:
        """Take all."""
        tasks = [task for own in self._turns.values() for task in own]
        self._turns.clear()
        self._count = 0
        return tasks
