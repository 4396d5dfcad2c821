"""All fuzz targets: the one list that ``make soak`` and the suite go through."""

from __future__ import annotations

from tests.fuzz import http, media, previews, uploads, wamp
from tests.fuzz.harness import Target

TARGETS: tuple[Target, ...] = tuple(
    target for module in (wamp, http, previews, uploads, media) for target in module.TARGETS
)
LONG: tuple[Target, ...] = media.LONG
"""For ``make soak`` alone: what takes some milliseconds an input."""
