"""Log lines stay lines, whatever strangers have put into them, and whoever tells it: chatr, Autobahn, Twisted."""

from __future__ import annotations

from twisted.logger import ILogObserver, LogEvent, LogPublisher
from zope.interface import implementer

from chatr.plain import escaped


@implementer(ILogObserver)
class Escaper:
    """Makes texts and errors in events printable, each on one line. Tracebacks stay what they are."""

    def __call__(self, event: LogEvent) -> None:
        """Change the event itself: whatever writes it is handed it after this."""
        for name, value in list(event.items()):
            if isinstance(value, str):
                event[name] = escaped(value)
            elif isinstance(value, Exception):
                event[name] = escaped(str(value))
            elif name == "message" and isinstance(value, tuple):
                # Of Twisted's old logging.
                event[name] = tuple(escaped(each) if isinstance(each, str) else each for each in value)

    def watch(self, publisher: LogPublisher) -> None:
        """Be the first of all observers, those that are there included, until ``publisher.removeObserver``."""
        # There is no public way.
        publisher._observers.insert(0, self)
