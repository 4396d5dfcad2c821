"""Presence of a single process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from twisted.internet.interfaces import IReactorTime

from chatr.realtime.presence import INTERVAL_S, Beat, Here, Settled, Status


class MemoryPresence:
    """Keeps everything in this process: it needs no beat, and what it knows ends with the process."""

    def __init__(self, clock: IReactorTime) -> None:
        self._clock = clock
        self._states: dict[str, Here] = {}
        self._announced: dict[str, Status] = {}
        self._announced_at: dict[str, float] = {}

    async def put(self, states: Mapping[str, Here | None]) -> None:
        """Keep this node's word about people."""
        for user_id, state in states.items():
            if state is None:
                self._states.pop(user_id, None)
            else:
                self._states[user_id] = state

    async def settle(self, user_ids: Sequence[str]) -> Settled:
        """Find out what is to be announced."""
        news: dict[str, Status] = {}
        later_s: dict[str, float] = {}
        now = self._clock.seconds()
        for user_id in user_ids:
            status: Status = self._states.get(user_id, "offline")
            if status == self._announced.get(user_id, "offline"):
                continue
            wait_s = self._announced_at.get(user_id, now - INTERVAL_S) + INTERVAL_S - now
            if wait_s > 0:
                later_s[user_id] = wait_s
                continue
            news[user_id] = self._announced[user_id] = status
            self._announced_at[user_id] = now
        return Settled(news, later_s)

    async def statuses(self, user_ids: Sequence[str]) -> dict[str, Status]:
        """The status of each."""
        return {user_id: self._states.get(user_id, "offline") for user_id in user_ids}

    async def beat(self) -> Beat:
        """Forget who has been gone for long enough to be announced anew at once."""
        now = self._clock.seconds()
        for user_id in [user_id for user_id, status in self._announced.items() if status == "offline"]:
            if now - self._announced_at[user_id] >= INTERVAL_S:
                del self._announced[user_id], self._announced_at[user_id]
        return Beat()

    async def leave(self) -> Sequence[str]:
        """Take back all that was said."""
        alone, self._states = list(self._states), {}
        return alone
