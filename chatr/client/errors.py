"""What can go wrong with a call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_PREFIX = "chatr.error."
#: Nothing is wrong with the call itself: the same call may pass a little later.
_PASSING = frozenset({"unavailable", "rate_limited", "locked"})


class Lost(Exception):
    """There is no connection, or it went away under the call: whether the call had an effect is not known."""


class Refused(Exception):
    """The server's refusal, or that of the WAMP session.

    ``code``: of the API, or a WAMP URI where none is. ``problem``: the whole answer, with ``errors`` when a field is
    at fault.
    """

    def __init__(self, code: str, detail: str = "", problem: Mapping[str, Any] | None = None) -> None:
        super().__init__(code, detail)
        self.code = code.removeprefix(_PREFIX)
        self.detail = detail
        self.problem: Mapping[str, Any] = problem or {}

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}" if self.detail else self.code

    @property
    def passes(self) -> bool:
        """Whether the same call may pass a little later; what it did is open until then."""
        return self.code in _PASSING

    @property
    def retry_after_s(self) -> float:
        """How long the server asks to wait; 0 if it does not say."""
        value = self.problem.get("retryAfter")
        return float(value) if isinstance(value, int | float) else 0.0


def refusal(status: int, content: Any) -> Lost | Refused:
    """What an answer of REST with an error's status says; :class:`Lost` when it is not chatr that answers."""
    if not isinstance(content, dict) or "code" not in content:
        return Lost(f"the answer (status {status}) is not that of chatr")
    return Refused(str(content["code"]), str(content.get("detail", "")), content)
