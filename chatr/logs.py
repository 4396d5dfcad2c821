"""The logger of the server: what it is given to tell is told on one line."""

from __future__ import annotations

from typing import Any

from chatr.plain import escaped
from twisted import logger


class Logger(logger.Logger):
    """Twisted's, with every field escaped: a name, a header or an error's text can't begin a line of its own.

    Tracebacks stay what they are.
    """

    def emit(self, level: Any, format: str | None = None, **fields: Any) -> None:
        """Emit an event whose fields are numbers, or texts of one line."""
        super().emit(level, format, **{name: _plain(name, value) for name, value in fields.items()})


class LibraryLogger(Logger):
    """For Autobahn, which tells of every frame at debug, and quotes what strangers sent at levels that are shown."""

    def __get__(self, instance: object, owner: type | None = None) -> LibraryLogger:
        # Twisted's makes a logger of each look at an attribute.
        return self

    def debug(self, format: str | None = None, **fields: object) -> None:
        """Tell nothing."""

    trace = debug


def _plain(name: str, value: object) -> object:
    # What begins so is Twisted's own, as the failure.
    if name.startswith("log_") or value is None or isinstance(value, int | float):
        return value
    return escaped(str(value))
