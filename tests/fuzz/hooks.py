"""Checks of our own for Schemathesis."""

from __future__ import annotations

import re
from typing import Any

import schemathesis

#: What a request that fits its schema may still be refused for: (path, sentence) of the error that says so. Each is a
#: rule that JSON Schema can't express, and that the description of its operation or field tells in words.
EXPLAINED: tuple[tuple[str, str], ...] = (
    (r"\$\.content", "only invisible"),
    (r"\$\.(displayName|firstName|lastName)", "control characters|only invisible|more than 50"),
    (r"\$\.emoji", "not a single emoji"),
    (r"\$\.settings", "nested|integer|bytes"),
)


@schemathesis.check
def valid_request_accepted(ctx: Any, response: Any, case: Any) -> None:
    """A request that fits its schema is not ``invalid``, but for a rule that the reference says in words."""
    if response.status_code != 400 or case.meta is None or not case.meta.generation.mode.is_positive:
        return
    problem = response.json()
    for error in problem.get("errors", []):
        if any(re.fullmatch(path, error["path"]) and re.search(text, error["message"]) for path, text in EXPLAINED):
            return
    raise AssertionError(f"{case.operation.label}: valid, but refused: {problem['detail']}")
