"""Telling people who is here: whom says ``Circle.presence`` of store/people/relations.py, when realtime/presence.py.

When somebody was last seen is kept with that: store/people/people.py ``here``.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Sequence
from functools import partial
from typing import Any

from msgspec import UNSET
from twisted.internet.defer import Deferred, DeferredLock
from twisted.internet.interfaces import IDelayedCall
from twisted.python.failure import Failure

from chatr.api.events.activity import PresenceChanged
from chatr.api.model import wire_time
from chatr.process.tasks import Tasks
from chatr.realtime.presence import MOST_AT_ONCE, PresenceChange, PresenceTracker, Status
from chatr.realtime.publisher import Publisher
from chatr.realtime.rooms import person_room
from chatr.services.circles import Circles
from chatr.store.people import people, relations
from chatr.store.people.people import Sighting
from chatr.store.pool import Database

#: Before the first try again, and at most.
RETRY_S, LAST_RETRY_S = 2.0, 30.0


class Announcer:
    """Publishes presence, one piece of news after the other: the last that is told of somebody is the newest.

    Of several processes the revision says which that is: each announcement draws it first and then reads the status.
    What the database can't serve now is told as it then is, as soon as it can.
    """

    def __init__(
        self, tasks: Tasks, db: Database, publisher: Publisher, circles: Circles, *, alone: bool = False
    ) -> None:
        """``alone``: no other process knows who is here."""
        self._clock = tasks.clock
        self._pulse = tasks.pulse("presence_told")
        self._db = db
        self._publisher = publisher
        self._circles = circles
        self._alone = alone
        self._tracker: PresenceTracker | None = None
        self._turn = DeferredLock()
        #: The last that waits for its turn, if that is the tracker's news: more of them are told with it.
        self._waiting: dict[str, PresenceChange] | None = None
        self._untold: dict[str, float] = {}
        self._unhidden: list[tuple[str, Sequence[str]]] = []
        self._retry: IDelayedCall | None = None
        self._pause_s = RETRY_S
        self._stopped = False

    def follow(self, tracker: PresenceTracker) -> None:
        """Ask ``tracker`` who is here now."""
        self._tracker = tracker

    async def start(self) -> None:
        """Take note that nobody is here yet, where nobody can be elsewhere."""
        if self._alone:
            await people.nobody_here(self._db)

    async def stop(self) -> None:
        """Fires when what was to be told is told."""
        self._stopped = True
        await self.idle()
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None

    def idle(self) -> Deferred[None]:
        """Fires when everything that was to be told up to now is told."""
        return self._turn.run(lambda: None)

    def changed(self, changes: list[PresenceChange]) -> None:
        """Tell of the tracker's news, together with those that wait already: while one statement runs more come."""
        news = {change.user_id: change for change in changes}
        if self._waiting is not None and len(self._waiting) + len(news) <= MOST_AT_ONCE:
            self._waiting |= news
            return
        waits = bool(self._turn.locked)
        self._do(lambda: self._announce_all(news))
        self._waiting = news if waits else None

    def show(self, user_id: str, viewer_ids: Sequence[str]) -> None:
        """Viewers may be told of a person's presence from now on: tell them how it is."""
        self._do(lambda: self._show(user_id, viewer_ids))

    def meet(self, one_id: str, other_id: str) -> None:
        """Two people may see more of each other than before: tell each how it is, as far as they may know."""

        async def tell() -> None:
            for viewer_id, seen_id in ((one_id, other_id), (other_id, one_id)):
                try:
                    may = await relations.showing(self._db, viewer_id, [seen_id])
                except Exception:
                    self._later({seen_id: 0.0})
                    continue
                if may:
                    await self._show(seen_id, [viewer_id])

        self._do(tell)

    def hide(self, user_id: str, viewer_ids: Sequence[str]) -> None:
        """Viewers may no longer be told of a person's presence: to them the person has left."""

        self._do(lambda: self._hide(user_id, viewer_ids))

    def _do(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._waiting = None
        turn = self._turn.run(lambda: Deferred.fromCoroutine(work()))
        # What could not be read is told later; what else goes wrong is a mistake of ours.
        turn.addErrback(self._pulse.failed)

    async def _announce_all(self, news: dict[str, PresenceChange]) -> None:
        if self._waiting is news:
            self._waiting = None
        await self._announce(list(news.values()))

    async def _announce(self, changes: list[PresenceChange]) -> None:
        try:
            gone_s = {change.user_id: change.ago_s if change.status == "offline" else None for change in changes}
            seen = await people.here(self._db, gone_s)
            status = await self._status(list(seen))
            circles = await self._circles.get(list(seen))
        except Exception:
            self._later({change.user_id: change.ago_s for change in changes})
            return
        self._went_well()
        for user_id, sighting in seen.items():
            if user_id in circles:
                self._tell(_changed(user_id, status[user_id], sighting), circles[user_id].presence)

    async def _show(self, user_id: str, viewer_ids: Sequence[str]) -> None:
        try:
            sighting = await people.announced(self._db, user_id)
            status = await self._status([user_id])
        except Exception:
            self._later({user_id: 0.0})
            return
        self._went_well()
        self._tell(_changed(user_id, status[user_id], sighting), viewer_ids)

    async def _hide(self, user_id: str, viewer_ids: Sequence[str], *, again: bool = False) -> None:
        try:
            if again:
                # By now some of them may be shown it once more.
                viewer_ids = [each for each in viewer_ids if not await relations.showing(self._db, each, [user_id])]
            revision = (await people.announced(self._db, user_id)).revision
        except Exception:
            self._unhidden.append((user_id, viewer_ids))
            self._later({})
            return
        self._went_well()
        self._tell(PresenceChanged(user_id=user_id, status="offline", revision=revision, hidden=True), viewer_ids)

    def _tell(self, told: PresenceChanged, viewer_ids: Iterable[str]) -> None:
        rooms = [person_room(viewer_id) for viewer_id in viewer_ids]
        if rooms:
            self._publisher.publish(told, rooms)

    def _went_well(self) -> None:
        self._pulse.succeeded()
        self._pause_s = RETRY_S

    def _later(self, ago_s: dict[str, float]) -> None:
        """Whatever has just gone wrong: tell it as it then is, after pauses that grow while it goes wrong."""
        self._pulse.failed(Failure())
        self._untold |= ago_s
        if self._retry is None and not self._stopped:
            self._retry = self._clock.callLater(self._pause_s, self._again, self._pause_s)
            self._pause_s = min(2 * self._pause_s, LAST_RETRY_S)

    def _again(self, waited_s: float) -> None:
        self._retry = None
        for user_id, viewer_ids in self._unhidden:
            self._do(partial(self._hide, user_id, viewer_ids, again=True))
        self._unhidden = []
        untold, self._untold = self._untold, {}
        ago_s = {user_id: seconds + waited_s for user_id, seconds in untold.items()}

        async def announce() -> None:
            try:
                status = await self._status(list(untold))
            except Exception:
                self._later(ago_s)
                return
            await self._announce([PresenceChange(user_id, status[user_id], ago_s[user_id]) for user_id in untold])

        self._do(announce)

    async def _status(self, user_ids: Sequence[str]) -> dict[str, Status]:
        if self._tracker is None:
            return dict.fromkeys(user_ids, "offline")
        return await self._tracker.statuses(user_ids)


def _changed(user_id: str, status: Status, found: Sighting) -> PresenceChanged:
    shown = wire_time(found.last_seen_at) if found.last_seen_at is not None and status == "offline" else UNSET
    return PresenceChanged(user_id=user_id, status=status, revision=found.revision, last_seen=shown)
