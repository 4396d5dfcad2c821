"""What a request for a file is answered with."""

from __future__ import annotations

import msgspec


class Served(msgspec.Struct, frozen=True, kw_only=True):
    """An object of the storage that a caller may have now.

    ``size``: of the object. ``name``: what it is to be saved as. ``tag``: of its bytes, without quotes: other bytes
    have another. ``inline``: whether browsers may show it, if it is of a kind that nothing in it can run.
    ``max_age_s``: for how long they need not ask again; ``public``: shared caches too, and then it never changes.
    """

    key: str
    size: int
    media_type: str
    name: str
    tag: str
    inline: bool
    max_age_s: int
    public: bool = False
