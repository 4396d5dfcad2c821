"""Who is to hear about whom, kept until it changes. Who that is says store/people/relations.py ``Circle``."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence

from chatr.realtime.broker import Envelope, Forget
from chatr.store.people import relations
from chatr.store.people.relations import Circle
from chatr.store.pool import Database

#: So many people in all kept circles together, at about 100 bytes each.
MOST_PEOPLE = 500_000


class Circles:
    """The circles of people, read from the database and forgotten as soon as they change there.

    Whoever changes a friendship, a block, a direct conversation or a privacy level says so by ``forget``, through the
    broker, after the commit.
    """

    def __init__(self, db: Database, *, most_people: int = MOST_PEOPLE) -> None:
        self._db = db
        self._most_people = most_people
        self._kept: OrderedDict[str, Circle] = OrderedDict()
        self._people = 0
        #: For each read under way, whose circle has changed since it began.
        self._reading: list[set[str]] = []

    async def get(self, user_ids: Sequence[str]) -> dict[str, Circle]:
        """Their circles. Somebody who is deleted has none."""
        found = {user_id: self._kept[user_id] for user_id in user_ids if user_id in self._kept}
        for user_id in found:
            self._kept.move_to_end(user_id)
        missing = [user_id for user_id in user_ids if user_id not in found]
        if missing:
            changed: set[str] = set()
            self._reading.append(changed)
            try:
                read = await relations.circles(self._db, missing)
            finally:
                self._reading.remove(changed)
            for user_id, circle in read.items():
                if user_id not in changed:
                    self._keep(user_id, circle)
            found.update(read)
        return found

    def forget(self, user_ids: Iterable[str]) -> None:
        """Read the circles of these people anew, since they have changed."""
        for user_id in user_ids:
            self._drop(user_id)
            for changed in self._reading:
                changed.add(user_id)

    def heard(self, envelope: Envelope) -> None:
        """Forget the circles that have changed anywhere."""
        if isinstance(envelope, Forget):
            self.forget(envelope.user_ids)

    def _keep(self, user_id: str, circle: Circle) -> None:
        self._drop(user_id)
        self._kept[user_id] = circle
        self._people += 1 + len(circle)
        while self._people > self._most_people:
            self._drop(next(iter(self._kept)))

    def _drop(self, user_id: str) -> None:
        circle = self._kept.pop(user_id, None)
        if circle is not None:
            self._people -= 1 + len(circle)
