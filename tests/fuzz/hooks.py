"""Checks of our own for Schemathesis."""

from __future__ import annotations

import re
from typing import Any

import schemathesis

from tests.fuzz.explained import EXPLAINED


@schemathesis.check
def valid_request_accepted(ctx: Any, response: Any, case: Any) -> None:
    """A request that fits its schema is not ``invalid``, but for a rule that the reference says in words."""
    if response.status_code != 400 or case.meta is None or not case.meta.generation.mode.is_positive:
        return
    problem = response.json()
    for error in problem.get("errors", []):
        if any(re.search(rule.path, error["path"]) and re.search(rule.text, error["message"]) for rule in EXPLAINED):
            return
    raise AssertionError(f"{case.operation.label}: valid, but refused: {problem['detail']}")
