"""All fuzz targets: the one list that ``make soak`` and the suite go through."""

from __future__ import annotations

from tests.fuzz import http, previews, uploads, wamp
from tests.fuzz.harness import Target

TARGETS: tuple[Target, ...] = (*wamp.TARGETS, *http.TARGETS, *previews.TARGETS, *uploads.TARGETS)
