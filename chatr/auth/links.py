"""Links to files: who they open for, and until when, under a key of the server. What they open says ops/files/serving.

A link names the person it was made for. Those in events, which are encoded once for all who get them, name nobody: they
open for whoever was in the conversation, until somebody leaves it.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

import msgspec

_MAC_BYTES = 16
#: For so many parts of its time a link stays the same, so that a browser finds again what it has.
_STEPS = 3
#: Of a moment in seconds: more would be beyond any calendar.
_DIGITS = 12
#: In place of a person.
_MEMBERS = "m"


class LinkRefused(Exception):
    """A link that does not open; the message says why."""


class Opened(msgspec.Struct, frozen=True):
    """What a link says. ``viewer_id``: None for whoever was a member ``since`` (epoch seconds)."""

    viewer_id: str | None
    since: int


class Links:
    """Signs paths of files and reads signatures. ``server_keys``: newest first; what an older one has signed opens."""

    def __init__(self, server_keys: Sequence[bytes], *, lifetime_s: int, now: Callable[[], datetime]) -> None:
        self._keys = [hmac.digest(key, b"chatr:links", "sha256") for key in server_keys]
        self._lifetime_s = lifetime_s
        self._now = now

    def for_person(self, user_id: str) -> Callable[[str], str]:
        """How paths are signed for somebody."""
        return partial(self._sign, scope=user_id)

    def for_members(self, path: str) -> str:
        """Sign a path for all who are in the conversation that the file was sent to."""
        return self._sign(path, _MEMBERS)

    def read(self, file_id: str, form: str, signature: str) -> Opened:
        """Read the signature of a link. Raises :class:`LinkRefused`."""
        until, _, rest = signature.partition(".")
        scope, _, mac = rest.partition(".")
        if not (signature.isascii() and form.isascii() and until.isdigit() and len(until) <= _DIGITS):
            raise LinkRefused("The link is not valid")
        expected = [_mac(key, file_id, form, until, scope) for key in self._keys]
        if not any(hmac.compare_digest(each.encode(), mac.encode()) for each in expected):
            raise LinkRefused("The link is not valid")
        if int(until) <= self._now().timestamp():
            raise LinkRefused("The link has expired: ask for the file again")
        return Opened(None if scope == _MEMBERS else scope, int(until) - self._lifetime_s)

    def _sign(self, path: str, scope: str) -> str:
        if "signature=" in path:
            return path
        now = int(self._now().timestamp())
        if scope != _MEMBERS:
            step = max(1, self._lifetime_s // _STEPS)
            now = now // step * step
        until = str(now + self._lifetime_s)
        plain, mark, query = path.partition("?")
        mac = _mac(self._keys[0], plain.split("/")[3], query.removeprefix("form="), until, scope)
        return f"{path}{'&' if mark else '?'}signature={until}.{scope}.{mac}"


def _mac(key: bytes, file_id: str, form: str, until: str, scope: str) -> str:
    said = "\n".join((file_id, form, until, scope)).encode()
    # Not hmac.digest: that lets other threads run for the sake of a microsecond, and waits for them.
    return base64.urlsafe_b64encode(hmac.new(key, said, "sha256").digest()[:_MAC_BYTES]).decode().rstrip("=")
