"""What is logged while a test looks."""

from __future__ import annotations

from twisted.logger import LogEvent, formatEvent, globalLogPublisher


class LogLines:
    """The lines of some namespaces from now on, until :meth:`end`."""

    def __init__(self, *namespaces: str) -> None:
        self.lines: list[str] = []
        self._namespaces = namespaces
        globalLogPublisher.addObserver(self._heard)

    def end(self) -> None:
        """Look no more."""
        globalLogPublisher.removeObserver(self._heard)

    def _heard(self, event: LogEvent) -> None:
        if event.get("log_namespace") in self._namespaces:
            self.lines.append(formatEvent(event))
