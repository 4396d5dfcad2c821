"""In which conversation something belongs, before it is written: what names the lane (store/writing/writer.py).

A conversation's id is its place. A direct conversation may also be named by its two people, and any by a message in it.
Neither ever changes once the conversation exists, so that it may be looked up before the turn, and kept.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import TypeAlias

import msgspec

from chatr.store.coalesce import Coalescer
from chatr.store.pool import Database

#: Pairs of people whose conversation is remembered: about half a kilobyte each.
MAX_PAIRS = 20_000


class Of(msgspec.Struct, frozen=True):
    """Where the conversation of a message is."""

    message_id: str


class Between(msgspec.Struct, frozen=True):
    """Where the direct conversation of two people is, or will be. Made by :func:`between`."""

    low: str
    high: str

    @property
    def name(self) -> str:
        """What their lane is called while there is no conversation."""
        return f"{self.low} {self.high}"


def between(one_id: str, other_id: str) -> Between:
    """Two people, in whatever order."""
    return Between(one_id, other_id) if one_id < other_id else Between(other_id, one_id)


#: A conversation's id, or what stands for it.
Place: TypeAlias = str | Between | Of


class Places:
    """Finds the lane's name of a place. Look-ups of the same moment are one statement."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._ids: OrderedDict[Between, str] = OrderedDict()
        self._pairs: Coalescer[str] = Coalescer(self._of_pairs)
        self._messages: Coalescer[str] = Coalescer(self._of_messages)

    def known(self, place: Place) -> str | None:
        """The name as far as it is known without a look-up."""
        if isinstance(place, str):
            return place
        if isinstance(place, Of):
            return None
        found = self._ids.get(place)
        if found is not None:
            self._ids.move_to_end(place)
        return found

    async def find(self, place: Place) -> str:
        """The name. Of what does not exist it is a lane apart, in which that will turn out."""
        if isinstance(place, Of):
            return await self._messages.get(place.message_id) or f"message {place.message_id}"
        if isinstance(place, str):
            return place
        found = self._ids.get(place) or await self._pairs.get(place.name)
        if found is None:
            # It may have been begun while this was looked up.
            return self.known(place) or place.name
        self.learn(place, found)
        return found

    def learn(self, pair: Between, conversation_id: str) -> None:
        """The conversation of two people exists."""
        self._ids[pair] = conversation_id
        self._ids.move_to_end(pair)
        if len(self._ids) > MAX_PAIRS:
            self._ids.popitem(last=False)

    async def _of_pairs(self, names: Sequence[str]) -> dict[str, str]:
        low, high = zip(*(name.split(" ") for name in names), strict=True)
        rows = await self._db.query(
            """SELECT c.user_low || ' ' || c.user_high, c.id FROM unnest(%s::uuid[], %s::uuid[]) p(low, high)
                 JOIN conversations c ON c.user_low = p.low AND c.user_high = p.high""",
            (list(low), list(high)),
        )
        return dict(rows)

    async def _of_messages(self, message_ids: Sequence[str]) -> dict[str, str]:
        rows = await self._db.query(
            "SELECT id, conversation_id FROM messages WHERE id = ANY (%s::uuid[])", (list(message_ids),)
        )
        return dict(rows)
