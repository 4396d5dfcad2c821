"""Edits, reactions, unsends and receipts of two people at once, what became of each, and what the log tells of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from twisted.internet.defer import Deferred, gatherResults

from tests.e2e.client import Lost, Refused, Wamp
from tests.e2e.faults import about

PEOPLE = ("ann", "ben")
#: Messages of each: fifteen are edited and get reactions, the last five of those are taken back one after the other; on
#: one more the same reaction comes and goes.
DOOMED, TOGGLED = 10, 15
ROUNDS, IN_FLIGHT = 25, 16
THUMB = "👍"


class Change(NamedTuple):
    """A call that changes something."""

    who: str
    name: str
    params: dict[str, Any]


class Shown(NamedTuple):
    """A message as far as changes concern it: its text, and who chose which emoji."""

    content: str
    unsent: bool
    reactions: dict[str, str]


def other(who: str) -> str:
    """The other of the two."""
    return "ben" if who == "ann" else "ann"


def shown(message: dict[str, Any]) -> Shown:
    """A message as the server shows it."""
    reactions = {user["id"]: each["emoji"] for each in message["reactions"] for user in each["users"]}
    return Shown(message["content"], message["unsent"], reactions)


def fold(entries: Iterable[dict[str, Any]]) -> dict[str, Shown]:
    """The messages after all entries of a log, or after their events."""
    state: dict[str, Shown] = {}
    for entry in entries:
        event, data, message_id = entry["event"], entry["data"], about(entry["data"])
        if event == "message.received":
            state[message_id] = Shown(data["message"]["content"], False, {})
        elif event == "message.edited":
            state[message_id] = state[message_id]._replace(content=data["message"]["content"])
        elif event == "message.reaction":
            chosen = {**state[message_id].reactions, data["userId"]: data["emoji"]}
            state[message_id] = state[message_id]._replace(
                reactions={who: emoji for who, emoji in chosen.items() if emoji}
            )
        elif event == "message.unsent":
            state[message_id] = Shown("", True, {})
        else:
            raise AssertionError(f"not of the mix: {event}")
    return state


class Mix:
    """The changes by their fates. ``unknown``: the answer was lost, or it was ``unavailable``."""

    def __init__(self, ids: dict[str, str], messages: dict[str, list[dict[str, Any]]]) -> None:
        """``ids`` of the people, ``messages`` of each."""
        self.ids = ids
        self.messages = messages
        self.conversation: str = messages["ann"][0]["conversationId"]
        self.acknowledged: list[Change] = []
        self.unknown: list[Change] = []
        self.refused: list[Change] = []
        self.codes: set[str] = set()
        self._waiting: list[tuple[list[Change], int, Deferred[None]]] = []

    def changes(self, who: str, writer: int) -> Iterator[Change]:
        """What one of a person's two writers does: no text twice, and no emoji twice on a message but the thumb."""
        mine, theirs = ([message["id"] for message in self.messages[name]] for name in (who, other(who)))
        for number in range(writer, 2 * ROUNDS, 2):
            which, emoji, seq = number % TOGGLED, chr(0x1F600 + number), min(number, TOGGLED)
            yield Change(who, "message.edit", {"id": mine[which], "content": f"{who} {number}"})
            yield Change(who, "message.react", {"id": theirs[which], "emoji": emoji})
            yield Change(who, "message.mark_read", {"id": self.conversation, "seq": seq})
            yield Change(who, "message.edit", {"id": mine[number * 7 % DOOMED], "content": f"{who} {number} again"})
            yield Change(who, "message.react", {"id": mine[which], "emoji": emoji})
            yield Change(who, "message.react", {"id": theirs[TOGGLED], "emoji": THUMB})
            # Ben says of more than there is that it has reached him.
            beyond = 10**9 if who == "ben" else 0
            yield Change(who, "message.mark_delivered", {"id": self.conversation, "seq": seq + beyond})
            if number % 7 == 3:
                yield Change(who, "message.unsend", {"id": mine[DOOMED + number // 7 % (TOGGLED - DOOMED)]})
            else:
                yield Change(who, "message.edit", {"id": theirs[which], "content": f"not {who}'s {number}"})

    async def write(self, wamp: Wamp, changes: Iterator[Change]) -> None:
        """Make the changes, sixteen at any time, until all are made or the connection is lost."""
        await gatherResults([Deferred.fromCoroutine(self._write(wamp, changes)) for _ in range(IN_FLIGHT)])

    def met(self, fate: list[Change], count: int) -> Deferred[None]:
        """Fires when so many changes have met one of the fates."""
        waiter: Deferred[None] = Deferred()
        self._waiting.append((fate, count, waiter))
        return waiter

    @staticmethod
    def of(fate: list[Change], name: str, **wanted: Any) -> list[Change]:
        """The changes of a fate that are of one kind, and by somebody or of a message if given."""
        return [
            change
            for change in fate
            if change.name == name and wanted.items() <= {"who": change.who, **change.params}.items()
        ]

    async def _write(self, wamp: Wamp, changes: Iterator[Change]) -> None:
        for change in changes:
            try:
                await wamp.call(change.name, **change.params)
                self._met(self.acknowledged, change)
            except Refused as error:
                code = error.uri.removeprefix("chatr.error.")
                self.codes.add(code)
                self._met(self.unknown if code == "unavailable" else self.refused, change)
            except Lost:
                self._met(self.unknown, change)
                return

    def _met(self, fate: list[Change], change: Change) -> None:
        fate.append(change)
        for waiting in [each for each in self._waiting if each[0] is fate and len(fate) >= each[1]]:
            self._waiting.remove(waiting)
            waiting[2].callback(None)
