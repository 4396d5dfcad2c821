"""Says how often what failed has come again: every minute, and at the end."""

from __future__ import annotations

from chatr.process.incidents import QUIET_S
from chatr.process.tasks import Tasks


class IncidentCounts:
    """The lines about incidents that go on or have ended."""

    def __init__(self, tasks: Tasks) -> None:
        self._incidents = tasks.incidents
        self._task = tasks.every("incident_counts", QUIET_S, self._say)

    def start(self) -> None:
        """Begin to count."""
        self._task.start(after_s=QUIET_S)

    async def stop(self) -> None:
        """Say all that was not said."""
        await self._task.stop()
        self._incidents.flush(everything=True)

    async def _say(self) -> None:
        self._incidents.flush()
