"""Bodies that are taken as they come, instead of being kept until all of them is there."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Protocol
from urllib.parse import unquote_to_bytes

_VARIABLE = re.compile(r"<[A-Za-z]+>")


class Body(Protocol):
    """Takes the body of one request."""

    def received(self, data: bytes) -> None:
        """More has come. Raises ApiError and HttpRefusal: it is answered at once, and :meth:`lost` called."""

    def ended(self) -> None:
        """All has come. Whoever answers takes it from the request; where nobody does, it is lost."""

    def lost(self) -> None:
        """No more will come, and nobody asks for it: the client has gone, or was refused."""


#: Makes what takes the body of a request (ChatrRequest) of so many bytes, if that is known. Raises ApiError and
#: HttpRefusal: then nothing of the body is read.
Opener = Callable[[Any, int | None], Body]


class Streams:
    """Which requests have such bodies, by verb and path."""

    def __init__(self) -> None:
        self._routes: dict[bytes, list[tuple[re.Pattern[str], Opener]]] = {}

    def add(self, verb: str, path: str, opener: Opener) -> None:
        """Have the bodies of a route taken. Its path may have variables, as ``<id>``."""
        pattern = re.compile("[^/]+".join(map(re.escape, _VARIABLE.split(path))))
        self._routes.setdefault(verb.encode(), []).append((pattern, opener))

    def find(self, verb: bytes, path: bytes) -> Opener | None:
        """Who takes the body of a request; nobody does but for those routes."""
        routes = self._routes.get(verb)
        if routes is None:
            return None
        try:
            text = unquote_to_bytes(path).decode()
        except UnicodeDecodeError:
            return None
        return next((opener for pattern, opener in routes if pattern.fullmatch(text)), None)
