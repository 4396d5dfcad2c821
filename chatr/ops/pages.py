"""Pages of lists whose items may be long: what fits into one message of a realtime session, and at least one item.

How many items may be asked for says api/model.py ``Limit``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import msgspec

#: A struct, or one as JSON: msgspec.Raw.
Item = TypeVar("Item")
#: What the items of a page take together at most; less where a message of a session may have less.
MAX_BYTES = 512 * 1024
_ENCODER = msgspec.json.Encoder()


def first(items: Sequence[Item], max_bytes: int) -> list[Item]:
    """The first of the items."""
    # Nearly always all of them: brackets, and a comma less than there are items.
    if len(_ENCODER.encode(items)) - 1 <= max_bytes:
        return list(items)
    size = 0
    for count, item in enumerate(items):
        size += len(_ENCODER.encode(item)) + 1
        if size > max_bytes and count:
            return list(items[:count])
    return list(items)


def last(items: Sequence[Item], max_bytes: int) -> list[Item]:
    """The last of the items, in their order."""
    return first(items[::-1], max_bytes)[::-1]
