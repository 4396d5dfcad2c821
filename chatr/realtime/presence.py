"""Who is here: the best of a person's connections, on all nodes, with a grace time before somebody counts as gone.

Who is told is not known here: services/presence_news.py, by the circles of store/people/relations.py. A connection that
is lost without a word ends by the pings of config/serving.py ``WampSettings``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain, islice
from typing import Literal, Protocol

import msgspec
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger
from twisted.python.failure import Failure

from chatr.process.tasks import Tasks

log = Logger()

Here = Literal["online", "away"]
Status = Literal["online", "away", "offline"]

#: A page reload closes one connection and opens another: only who stays away longer is announced as offline.
GRACE_S = 5.0
#: Changes within this time are announced together, and a change that is undone within it is not announced.
SETTLE_S = 0.1
#: Between two announcements about one person lies at least this.
INTERVAL_S = 1.0
#: How often a node says that it lives, and how long after the last time its people count as gone.
BEAT_S, DEAD_AFTER_S = 10.0, 30.0
#: Of so many people at most at once: when a network comes back there are thousands, and others wait meanwhile.
MOST_AT_ONCE = 200
#: Before the first try again, and at most.
RETRY_S, LAST_RETRY_S = 1.0, 10.0
#: Stands for the last connection of somebody who may come back within the grace time.
_LEFT = "left"


class Settled(msgspec.Struct, frozen=True):
    """What is to be announced now, and after how many seconds to ask again about others."""

    news: dict[str, Status] = {}
    later_s: dict[str, float] = {}


class Beat(msgspec.Struct, frozen=True):
    """What a node hears when it says that it lives.

    ``known``: what it said before is still there. ``orphans``: whom nodes that died had here, with how many seconds ago
    those were heard last.
    """

    known: bool = True
    orphans: dict[str, float] = {}


class PresenceStore(Protocol):
    """What all nodes know of who is here; it forgets a node that no longer says that it lives.

    A person's status is the best that a living node has said: online, away, else offline.
    """

    async def put(self, states: Mapping[str, Here | None]) -> None:
        """Keep this node's word about people, in place of its last; None: it has nobody of them here."""

    async def settle(self, user_ids: Sequence[str]) -> Settled:
        """Find out which of the people have another status than was last announced.

        What is returned as news counts as announced: over all nodes it is returned once, and at most once in
        INTERVAL_S for each person.
        """

    async def statuses(self, user_ids: Sequence[str]) -> dict[str, Status]:
        """The status of each of the people at this moment."""

    async def beat(self) -> Beat:
        """Say that this node lives. Each orphan is told to one node only."""

    async def leave(self) -> Sequence[str]:
        """Take back this node's word, as it ends; returns the people about whom nobody else will speak."""


class PresenceChange(msgspec.Struct, frozen=True):
    """A person's new status. ``ago_s``: for how long they have been gone already, when they are."""

    user_id: str
    status: Status
    ago_s: float = 0.0


class PresenceTracker:
    """The connections of this process. ``on_changes`` gets what is to be announced."""

    def __init__(self, tasks: Tasks, store: PresenceStore, on_changes: Callable[[list[PresenceChange]], None]) -> None:
        self._clock = tasks.clock
        self._store = store
        self._on_changes = on_changes
        self._connections: dict[str, dict[str, Here]] = {}
        self._leaving: dict[str, IDelayedCall] = {}
        #: Whose word is to be passed on to the store, and who is only to be asked about, with how long they are gone.
        self._dirty: set[str] = set()
        self._asking: dict[str, float] = {}
        self._later: dict[str, IDelayedCall] = {}
        self._flush: IDelayedCall | None = None
        self._flushing: Deferred[None] | None = None
        self._sharing = tasks.pulse("presence_shared")
        self._beats = tasks.every("presence_beat", BEAT_S, self._live, longest_pause_s=BEAT_S)
        self._stopped = False

    def start(self) -> None:
        """Say regularly that this node lives."""
        self._beats.start()

    async def stop(self) -> None:
        """End; everybody who is still here leaves now."""
        self._stopped = True
        await self._beats.stop()
        for call in [*self._leaving.values(), *self._later.values(), *([self._flush] if self._flush else [])]:
            call.cancel()
        self._leaving.clear()
        self._later.clear()
        self._flush = None
        if self._flushing is not None:
            await self._flushing
        self._connections.clear()
        try:
            alone = await self._store.leave()
            settled = await self._store.settle(alone)
        except Exception as error:
            log.warn("presence is not shared: {error}", error=error)
            return
        self._tell(settled.news, {})

    def joined(self, user_id: str, connection: str) -> None:
        """Note that a connection of a person opened."""
        self.set(user_id, connection, "online")

    def set(self, user_id: str, connection: str, status: Here) -> None:
        """Note whether somebody sits in front of a connection, as it says."""
        connections = self._connections.setdefault(user_id, {})
        connections[connection] = status
        leaving = self._leaving.pop(user_id, None)
        if leaving is not None:
            leaving.cancel()
            del connections[_LEFT]
        self._touch(user_id)

    def left(self, user_id: str, connection: str) -> None:
        """Note that a connection of a person closed."""
        connections = self._connections.get(user_id)
        if connections is None or connection not in connections:
            return
        status = connections.pop(connection)
        if connections:
            self._touch(user_id)
        else:
            connections[_LEFT] = status
            self._leaving[user_id] = self._clock.callLater(GRACE_S, self._gone, user_id)

    def knows(self, user_id: str, connection: str) -> bool:
        """Whether this connection of the person is open here."""
        return connection != _LEFT and connection in self._connections.get(user_id, {})

    async def statuses(self, user_ids: Sequence[str]) -> dict[str, Status]:
        """The presence of people, over all nodes."""
        return await self._store.statuses(user_ids) if user_ids else {}

    def _gone(self, user_id: str) -> None:
        del self._leaving[user_id]
        self._connections.pop(user_id, None)
        self._asking[user_id] = GRACE_S
        self._touch(user_id)

    def _touch(self, user_id: str) -> None:
        self._dirty.add(user_id)
        self._flush_in(SETTLE_S)

    def _flush_in(self, seconds: float) -> None:
        if self._flush is None and self._flushing is None and not self._stopped:
            self._flush = self._clock.callLater(seconds, self._flush_now)

    def _flush_now(self) -> None:
        self._flush = None
        self._flushing = Deferred()
        Deferred.fromCoroutine(self._pass_on()).addBoth(self._flushed)

    def _flushed(self, trouble: Failure | None) -> None:
        flushing, self._flushing = self._flushing, None
        if flushing is not None:
            flushing.callback(None)
        if trouble is None:
            self._sharing.succeeded()
        else:
            self._sharing.failed(trouble)
        if self._dirty or self._asking:
            pause_s = min(RETRY_S * 2 ** min(self._sharing.tries - 1, 10), LAST_RETRY_S)
            self._flush_in(pause_s if trouble else SETTLE_S)

    async def _pass_on(self) -> None:
        """Tell the store and ask it. What could not be told, for whatever reason, is kept to be told again."""
        asked = list(dict.fromkeys(islice(chain(self._dirty, self._asking), MOST_AT_ONCE)))
        dirty = self._dirty.intersection(asked)
        self._dirty -= dirty
        asking = {user_id: self._asking.pop(user_id) for user_id in asked if user_id in self._asking}
        try:
            await self._store.put({user_id: self._word(user_id) for user_id in dirty})
            settled = await self._store.settle(asked)
        except Exception:
            self._dirty |= dirty
            self._asking = {**asking, **self._asking}
            raise
        for user_id, seconds in settled.later_s.items():
            if user_id not in self._later:
                self._later[user_id] = self._clock.callLater(
                    seconds, self._ask_again, user_id, asking.get(user_id, 0.0)
                )
        self._tell(settled.news, asking)

    def _word(self, user_id: str) -> Here | None:
        status = best(self._connections.get(user_id, {}).values())
        return None if status == "offline" else status

    def _ask_again(self, user_id: str, ago_s: float) -> None:
        del self._later[user_id]
        self._asking[user_id] = ago_s
        self._flush_in(0)

    def _tell(self, news: Mapping[str, Status], ago_s: Mapping[str, float]) -> None:
        if news:
            self._on_changes(
                [PresenceChange(user_id, status, ago_s.get(user_id, 0.0)) for user_id, status in news.items()]
            )

    async def _live(self) -> None:
        heard = await self._store.beat()
        if not heard.known:
            self._dirty |= self._connections.keys()
        self._asking |= heard.orphans
        if self._dirty or self._asking:
            self._flush_in(0)


def best(states: Iterable[str]) -> Status:
    """The best of what nodes or connections say."""
    found = set(states)
    return "online" if "online" in found else "away" if "away" in found else "offline"
