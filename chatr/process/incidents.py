"""One incident, one line: the first of many equal failures is told in full, the others by their count."""

from __future__ import annotations

from collections.abc import Callable, Hashable

from twisted.logger import Logger

log = Logger()

#: Between two lines about an incident lies at least this; one that is quiet for as long is over.
QUIET_S = 60.0
#: Incidents that are remembered at once; beyond it the oldest is forgotten, and told in full when it comes again.
MOST = 500


class _Incident:
    """When something about it was said last, how often it came since, and how it is called."""

    def __init__(self, at: float, text: str) -> None:
        self.at, self.text, self.count = at, text, 0


class Incidents:
    """Remembers what failed in the last minute.

    ``if incidents.first(key, "in short"): log.failure(…)``: whoever fails asks whether it is news.
    """

    def __init__(self, seconds: Callable[[], float]) -> None:
        self._seconds = seconds
        self._open: dict[Hashable, _Incident] = {}

    def first(self, key: Hashable, text: str) -> bool:
        """Whether to tell this failure in full; if not it is counted, and a line a minute says ``text`` and how often.

        ``key``: what makes two failures the same incident.
        """
        now = self._seconds()
        incident = self._open.get(key)
        if incident is None or (not incident.count and now - incident.at >= QUIET_S):
            self._open.pop(key, None)
            while len(self._open) >= MOST:
                self._say(self._open.pop(next(iter(self._open))))
            self._open[key] = _Incident(now, text)
            return True
        incident.count += 1
        incident.text = text
        if now - incident.at >= QUIET_S:
            self._say(incident)
        return False

    def flush(self, *, everything: bool = False) -> None:
        """Say how often those came that had no line for a minute, or all; forget those that did not come again."""
        now = self._seconds()
        for key, incident in list(self._open.items()):
            if everything or now - incident.at >= QUIET_S:
                if not incident.count:
                    del self._open[key]
                self._say(incident)

    def _say(self, incident: _Incident) -> None:
        if incident.count:
            now = self._seconds()
            log.warn(
                "{count} times more in {seconds:.0f} s: {text}",
                count=incident.count,
                seconds=now - incident.at,
                text=incident.text,
            )
            incident.at, incident.count = now, 0
