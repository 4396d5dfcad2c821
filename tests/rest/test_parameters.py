"""What REST knows of an operation's parameters."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta
from twisted.trial.unittest import SynchronousTestCase

from chatr.api.model import Params
from chatr.ops.catalog import CONTRACT
from chatr.rest.parameters import Shape

_Described = Annotated[list[Annotated[float, Meta(ge=0)]], Meta(max_length=3, description="Some numbers.")]


class _Given(Params, frozen=True, kw_only=True):
    ids: list[str] = []
    wave_form: _Described | None = None
    limit: Annotated[int, Meta(ge=1, description="At most.")] | None = None
    name: str | None = None


class ShapeTests(SynchronousTestCase):
    """Of an operation."""

    def test_optional(self) -> None:
        """What may be left out, or is described, is a list or a number all the same."""
        shape = Shape.of(msgspec.structs.replace(CONTRACT.operations["user.me"], params=_Given))
        self.assertEqual(shape.lists, {"ids", "waveForm"})
        self.assertEqual(shape.integers, {"limit"})
