"""A virus scanner that speaks clamd's protocol. Stands in until the real one is merged."""

from __future__ import annotations

from pathlib import Path
from typing import Any


class ScannerUnavailable(Exception):
    """It does not answer."""


class Clamd:
    """The scanner."""

    def __init__(self, reactor: Any, address: str, timeout_s: float) -> None: ...

    async def scan(self, path: Path) -> str | None:
        """What was found."""
        raise ScannerUnavailable
