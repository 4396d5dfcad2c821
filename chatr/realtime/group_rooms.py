"""Rooms of groups: the sessions of members sit there, and nobody else's, whatever is heard of too early or not at all.

Whoever joins or leaves a group is moved by the broker, in order with what is told (realtime/publisher.py ``enter``).
Two things would not be reached by that: a session that comes in meanwhile, with rooms that were read before; and what
was committed when its connection died, whose events never leave.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from chatr.api.events.sessions import SyncRequired
from chatr.process.tasks import Tasks
from chatr.realtime.broker import Broker, Doubt, Envelope, Move
from chatr.realtime.hub import Hub
from chatr.realtime.publisher import Publisher
from chatr.realtime.rooms import group_room, person_room

#: How often it is looked whether this goes on, when there is no doubt.
LOOK_S = 60.0
#: People whose groups are read by one statement.
TOGETHER = 500

#: Reads in which groups people are, of those who are in any.
Read = Callable[[Sequence[str]], Awaitable[Mapping[str, list[str]]]]


class Moves:
    """What was moved while it was read who is where: of what is read and what was moved the latter is the newer."""

    def __init__(self) -> None:
        self._inside: dict[tuple[str, str], bool] = {}

    def note(self, move: Move) -> None:
        """Note that sessions were moved."""
        for room in move.rooms:
            self._inside[room, move.into] = not move.leave

    def applied(self, user_id: str, groups: Iterable[str]) -> list[str]:
        """The rooms of groups in which a person is, of whom these groups were read."""
        found = dict.fromkeys(map(group_room, groups))
        for (room, into), inside in self._inside.items():
            if room == person_room(user_id):
                if inside:
                    found[into] = None
                else:
                    found.pop(into, None)
        return list(found)


class GroupRooms:
    """Keeps them as the database has them."""

    def __init__(self, tasks: Tasks, broker: Broker, hub: Hub, publisher: Publisher, read: Read) -> None:
        self._hub = hub
        self._publisher = publisher
        self._read = read
        self._watching: list[Moves] = []
        self._doubt = False
        self._task = tasks.every("group_rooms", LOOK_S, self._work)
        self.stop = self._task.stop
        broker.subscribe(self._heard)

    def start(self) -> None:
        """Begin to look after them."""
        self._task.start()

    async def settled(self) -> None:
        """Wait until nothing is in doubt."""
        await self._task.settled()

    @contextmanager
    def watching(self) -> Iterator[Moves]:
        """Note what is moved inside, where it is read who is where."""
        moves = Moves()
        self._watching.append(moves)
        try:
            yield moves
        finally:
            self._watching.remove(moves)

    def _heard(self, envelope: Envelope) -> None:
        if isinstance(envelope, Move):
            for moves in self._watching:
                moves.note(envelope)
        elif isinstance(envelope, Doubt):
            self._doubt = True
            self._task.wake()

    async def _work(self) -> None:
        if not self._doubt:
            return
        self._doubt = False
        try:
            people = [room.removeprefix(person_room("")) for room in self._hub.named(person_room(""))]
            for start in range(0, len(people), TOGETHER):
                await self._put_right(people[start : start + TOGETHER])
                self._task.progressed()
        except BaseException:
            self._doubt = True
            raise

    async def _put_right(self, user_ids: list[str]) -> None:
        """Have the sessions of these people sit where they should."""
        with self.watching() as moves:
            groups = await self._read(user_ids)
        for user_id in user_ids:
            wanted = {*moves.applied(user_id, groups.get(user_id, ()))}
            wrong = False
            for member in self._hub.members(person_room(user_id)):
                there = {room for room in self._hub.rooms(member) if room.startswith(group_room(""))}
                wrong = wrong or there != wanted
                self._hub.part(member, there - wanted)
                self._hub.join(member, wanted)
            if wrong:
                # They may have caught up before they could hear what came next.
                self._publisher.publish(SyncRequired("groups were joined or left"), [person_room(user_id)])
