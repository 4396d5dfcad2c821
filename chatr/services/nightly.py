"""The nightly job: what is kept for a while and no longer goes, a little at a time; store/retention.py says what."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec
from twisted.logger import Logger

from chatr.config import RetentionSettings
from chatr.process.tasks import Tasks
from chatr.store import retention
from chatr.store.ids import NIL
from chatr.store.pool import Database
from chatr.store.retention import RULES, Rule, Swept

log = Logger()

DAY_S = 86400.0
#: A batch takes rows as many as it can in this time, and no more: then all others have theirs.
MOST_ROWS, FEWEST_ROWS = 1000, 10
BATCH_S = 0.2
#: Of the time a fifth at most is spent on it.
REST_FACTOR = 4
REST_S = 0.02


class Busy(Exception):
    """Another process is at it."""


class DueRows(msgspec.Struct, frozen=True):
    """How many rows of a kind are due, of so many days; ``count`` may say ``100000+``."""

    rule: str
    days: int
    count: str


class Nightly:
    """Carries the rules out each night, in the order of the list. Where it is stopped the next night goes on.

    Several nodes may: a lock of the database lets one of them work. ``now``: the wall clock, with its zone.
    """

    def __init__(self, tasks: Tasks, db: Database, settings: RetentionSettings, *, now: Callable[[], datetime]) -> None:
        self._clock = tasks.clock
        self._db = db
        self._settings = settings
        self._now = now
        self._task = tasks.every("retention", DAY_S, self._work)
        self._rows = MOST_ROWS
        self.stop = self._task.stop

    def start(self) -> None:
        """Begin with the next night."""
        self._task.start(after_s=self.until_night_s())

    def until_night_s(self) -> float:
        """Seconds until the next night."""
        now = self._now()
        night = now.replace(hour=self._settings.hour, minute=0, second=0, microsecond=0)
        return ((night if night > now else night + timedelta(days=1)) - now).total_seconds()

    async def due(self) -> list[DueRows]:
        """What would go."""
        found = []
        for rule, days in self._rules():
            count = await retention.count(self._db, rule, days)
            shown = str(count) if count <= retention.COUNTED else f"{retention.COUNTED}+"
            found.append(DueRows(rule.name, days, shown))
        return found

    async def run(self) -> dict[str, int]:
        """Let go what is due now; how much of which kind. Raises :class:`Busy`."""
        return {rule.name: await self._carry_out(rule, days) for rule, days in self._rules()}

    async def _work(self) -> float | None:
        try:
            gone = {name: count for name, count in (await self.run()).items() if count}
        except Busy:
            return self.until_night_s()
        if gone:
            log.info("retention: {gone}", gone=", ".join(f"{count} {name}" for name, count in gone.items()))
        return self.until_night_s()

    def _rules(self) -> list[tuple[Rule, int]]:
        """Each rule with its days; none that the settings switch off."""
        found = []
        for rule in RULES:
            days = rule.days if isinstance(rule.days, int) else int(getattr(self._settings, rule.days))
            if days or rule.days == "unsent_days":
                found.append((rule, days))
        return found

    async def _carry_out(self, rule: Rule, days: int) -> int:
        gone, after = 0, NIL
        while not self._task.stopping:
            began = self._clock.seconds()
            batch = await self._batch(rule, days, after)
            took_s = self._clock.seconds() - began
            gone += batch.count
            if batch.after is None:
                break
            after = batch.after
            # Half as many after a slow one, twice as many after a quick one.
            self._rows = max(FEWEST_ROWS, min(MOST_ROWS, self._rows // 2 if took_s > BATCH_S else self._rows * 2))
            self._task.progressed()
            await self._task.rest(max(REST_S, REST_FACTOR * took_s))
        return gone

    async def _batch(self, rule: Rule, days: int, after: str) -> Swept:
        async with self._db.transaction() as tx:
            if not await retention.locked(tx):
                raise Busy
            return await rule.act(tx, rule, days, self._rows, after)
