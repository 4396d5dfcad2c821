"""Who is next: what waits to be written, in lanes that don't wait for each other, fair between callers. Pure.

A lane is what must be done one after the other; in chatr it is a conversation (writer.py). An entry is either
*batched* (a send: many are done with one statement) or not (a change: each is done by itself). What holds:

1. **One at a time in a lane.** What :meth:`Lanes.batch` and :meth:`Lanes.change` hand out holds its lane until
   :meth:`Lanes.free`. A batch may hold several consecutive entries of a lane: they are done in that order.
2. **A caller's entries of a lane are handed out in the order in which they were put.** Between callers there is no
   order to keep: what waits at the same moment was caused by nothing else that waits. So callers take turns in a lane.
3. **Lanes don't wait for each other.** One that is held, whose head is throttled or that is long keeps no other back.
4. **Callers take turns between lanes**, in batches as in changes, whatever number of lanes each waits in: before a
   caller has a second turn, everybody who waited with a lane that is free has had one.
5. **Of changes a caller has at most** ``per_caller`` **in hand, and all together** ``changes``.
6. **Whoever waits in a lane lends their turn to what stands before them**: a lane is offered in the turn of whoever is
   at its head and of whoever is next in it. So nobody holds up a lane by having too much to do elsewhere.
7. **Nothing is lost**: what was put is handed out once, or comes back from :meth:`Lanes.drop`.

From 2, 4 and 6: an entry waits for at most one entry of each other caller in its lane, and each of those for at most
one turn of each caller that waits at all.

Every step costs the same however much waits (but :meth:`Lanes.drop`, which looks at everything).
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterable
from itertools import islice
from typing import ClassVar, Generic, TypeVar, cast


class Entry:
    """Something that a caller wants done. ``batched``: together with others."""

    __slots__ = ("caller", "lane", "lent_by", "number")
    batched: ClassVar[bool]

    def __init__(self, caller: str) -> None:
        self.caller = caller
        self.number = 0
        """By when it was put: set by :meth:`Lanes.put`."""
        self.lane: Lane
        """Where it is or was."""
        self.lent_by = caller
        """In whose turn a change was handed out."""


Send = TypeVar("Send", bound=Entry)
Change = TypeVar("Change", bound=Entry)


class Lane:
    """What waits in one lane: callers in turn, and what each has there in order."""

    __slots__ = ("held", "names", "offered", "turns")

    def __init__(self, name: str) -> None:
        self.names = [name]
        self.turns: OrderedDict[str, deque[Entry]] = OrderedDict()
        self.held = False
        self.offered: _Offers | None = None

    @property
    def head(self) -> Entry:
        """What is next here."""
        return next(iter(self.turns.values()))[0]

    def push(self, entry: Entry) -> None:
        """Behind what its caller has here already."""
        queue = self.turns.get(entry.caller)
        if queue is None:
            queue = self.turns[entry.caller] = deque()
        queue.append(entry)
        entry.lane = self

    def push_front(self, entry: Entry) -> None:
        """Before all else."""
        self.turns.setdefault(entry.caller, deque()).appendleft(entry)
        self.turns.move_to_end(entry.caller, last=False)

    def pop(self) -> Entry:
        """What is next. Its caller's turn is over."""
        caller, queue = next(iter(self.turns.items()))
        entry = queue.popleft()
        if queue:
            self.turns.move_to_end(caller)
        else:
            del self.turns[caller]
        return entry

    def interested(self) -> Iterable[str]:
        """Whose head is next, and who comes after that."""
        return self.turns if len(self.turns) < 3 else tuple(islice(self.turns, 2))


class _Offers:
    """Free lanes by in whose turn they may be taken; callers in turn."""

    def __init__(self) -> None:
        # All whose first goes again and again are OrderedDicts: a dict looks for its first through all that have gone.
        self._by_caller: OrderedDict[str, OrderedDict[Lane, None]] = OrderedDict()

    def __bool__(self) -> bool:
        return bool(self._by_caller)

    def add(self, lane: Lane) -> None:
        """Offer a lane, or offer it to who has come to it since."""
        for caller in lane.interested():
            self.offer(lane, caller)

    def offer(self, lane: Lane, caller: str) -> None:
        """Offer a lane to one of those who are interested."""
        lane.offered = self
        lanes = self._by_caller.get(caller)
        if lanes is None:
            lanes = self._by_caller[caller] = OrderedDict()
        lanes[lane] = None

    def withdraw(self, lane: Lane) -> None:
        """The lane is no longer offered."""
        lane.offered = None
        for caller in lane.interested():
            lanes = self._by_caller[caller]
            del lanes[lane]
            if not lanes:
                del self._by_caller[caller]

    def take(self, busy: dict[str, int], most: int) -> tuple[str, Lane] | None:
        """A lane, and in whose turn: the first who has less than ``most`` in hand. That turn is over."""
        for caller, lanes in self._by_caller.items():
            if not busy or busy.get(caller, 0) < most:
                lane = next(iter(lanes))
                if len(lanes) > 1:
                    self._by_caller.move_to_end(caller)
                elif len(lane.turns) == 1:
                    # As most are: nobody else is offered this lane, and this caller no other.
                    del self._by_caller[caller]
                    lane.offered = None
                    return caller, lane
                self.withdraw(lane)
                return caller, lane
        return None


class Lanes(Generic[Send, Change]):
    """All lanes."""

    def __init__(self, *, changes: int, per_caller: int) -> None:
        """``changes`` may be in hand at once, ``per_caller`` of them in the turns of one caller."""
        self._most_changes = changes
        self._per_caller = per_caller
        self._lanes: dict[str, Lane] = {}
        self._sends: _Offers = _Offers()
        self._changes: _Offers = _Offers()
        self._in_hand: dict[str, int] = {}
        self._changes_in_hand = 0
        self.last = 0
        """The number of the entry that was put last."""

    def __len__(self) -> int:
        """How many lanes there are: in which something waits or is in hand."""
        return len(self._lanes)

    @property
    def has_batch(self) -> bool:
        """Whether :meth:`batch` would hand out something."""
        return bool(self._sends)

    def put(self, name: str, entry: Send | Change) -> None:
        """Let an entry wait in the lane of this name."""
        self.last += 1
        entry.number = self.last
        lane = self._lanes.get(name)
        if lane is None:
            lane = self._lanes[name] = Lane(name)
            lane.turns[entry.caller] = deque((entry,))
            entry.lane = lane
            (self._sends if entry.batched else self._changes).offer(lane, entry.caller)
            return
        lane.push(entry)
        # What is offered is so to two at most: whoever comes behind those changes nothing.
        if not lane.held and (lane.offered is None or len(lane.turns) == 2):
            self._offer(lane)

    def put_back(self, entry: Send | Change) -> None:
        """Let an entry wait at the head of its lane, which is held."""
        entry.lane.push_front(entry)

    def batch(self, most: int) -> list[Send]:
        """What is to be done together now, in this order."""
        batch: list[Send] = []
        again: list[Lane] = []
        while len(batch) < most:
            taken = self._sends.take({}, 1)
            if taken is None:
                break
            lane = taken[1]
            lane.held = True
            batch.append(cast(Send, lane.pop()))
            if lane.turns and lane.head.batched:
                # In its caller's next turn, if there is still room for it then.
                self._sends.add(lane)
                again.append(lane)
        for lane in again:
            if lane.offered is not None:
                lane.offered.withdraw(lane)
        return batch

    def change(self) -> Change | None:
        """What is to be done by itself now."""
        if self._changes_in_hand >= self._most_changes:
            return None
        taken = self._changes.take(self._in_hand, self._per_caller)
        if taken is None:
            return None
        caller, lane = taken
        lane.held = True
        entry = cast(Change, lane.pop())
        entry.lent_by = caller
        self._changes_in_hand += 1
        self._in_hand[caller] = self._in_hand.get(caller, 0) + 1
        return entry

    def free(self, entry: Send | Change) -> None:
        """What was handed out is done: its lane goes on. Once for each lane of a batch will do."""
        lane = entry.lane
        if not entry.batched:
            self._changes_in_hand -= 1
            self._in_hand[entry.lent_by] -= 1
            if not self._in_hand[entry.lent_by]:
                del self._in_hand[entry.lent_by]
        lane.held = False
        if lane.turns:
            self._offer(lane)
        else:
            self._close(lane)

    def alias(self, name: str, other: str) -> None:
        """As long as the lane ``name`` is there it has this other name too, unless another lane has that already."""
        lane = self._lanes.get(name)
        if lane is not None and other not in self._lanes:
            self._lanes[other] = lane
            lane.names.append(other)

    def drop(self, until: int) -> list[Send | Change]:
        """Take out what waits and was put no later than the entry of this number."""
        dropped: list[Send | Change] = []
        for lane in list(dict.fromkeys(self._lanes.values())):
            if lane.offered is not None:
                lane.offered.withdraw(lane)
            for caller, queue in list(lane.turns.items()):
                while queue and queue[0].number <= until:
                    dropped.append(cast(Send | Change, queue.popleft()))
                if not queue:
                    del lane.turns[caller]
            if not lane.held:
                if lane.turns:
                    self._offer(lane)
                else:
                    self._close(lane)
        return sorted(dropped, key=lambda entry: entry.number)

    def _offer(self, lane: Lane) -> None:
        (self._sends if lane.head.batched else self._changes).add(lane)

    def _close(self, lane: Lane) -> None:
        for name in lane.names:
            del self._lanes[name]
