"""A client's state: a snapshot, and the events after it folded over it (spec/sync.md).

Conversations are folded by the replica of the client for Python; friend lists, presence and the own account here.
"""

from __future__ import annotations

import copy
from operator import itemgetter
from typing import Any

from chatr.client.replica import Replica
from tests.ops.case import Person

LISTS = ("list", "incoming", "outgoing", "blocked")


class Fold:
    """One device of a person. What its own calls answer is given to :meth:`did`."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.device = person.device()
        self._now: dict[str, Any] = {}
        self._replica = Replica(person.id)
        self._people: dict[str, dict[str, Any]] = {}
        #: Of presence, of friendships and of blocks: the newest that was heard of each.
        self._newest: dict[tuple[str, str], int] = {}
        self._seen = 0

    async def load(self) -> Fold:
        """Take the snapshot; what happened before is in it."""
        self._now = await self.fresh()
        views = list(self._now["conversations"].values())
        self._replica.apply("sync.changes", {"reset": True, "removed": [], "conversations": views})
        for view in views:
            history = await self.person.call("message.history", conversationId=view["id"], limit=100)
            for message in history["items"]:
                where = {"conversationId": view["id"], "seq": message["seq"]}
                self._replica.apply("message.received", {**where, "message": message})
        for name, entries in self._now["lists"].items():
            for user_id, (_, user) in entries.items():
                self._person(user)
                self._is_newest("block" if name == "blocked" else "friend", user_id, user["revision"])
        for user_id, state in self._now["presence"].items():
            self._is_newest("presence", user_id, state["revision"])
        self._seen = len(self.device.events)
        return self

    def copy(self) -> Fold:
        """The same state once more, for other events."""
        twin = copy.copy(self)
        for name in ("_now", "_replica", "_people", "_newest"):
            setattr(twin, name, copy.deepcopy(getattr(self, name)))
        return twin

    async def fresh(self) -> dict[str, Any]:
        """What a client that starts now is given: conversations, friend lists, presence, the own account."""
        call = self.person.call
        lists = {name: (await call(f"friend.{name}"))["items"] for name in LISTS}
        return {
            "conversations": {
                item["id"]: item
                for part in ("chats", "requests", "archived")
                for item in (await call("conversation.list", filter=part))["items"]
            },
            "lists": {
                name: {item["user"]["id"]: (item["friendshipId"], item["user"]) for item in items}
                for name, items in lists.items()
            },
            "presence": {
                item["userId"]: item for item in (await call("presence.query"))["items"] if not item["hidden"]
            },
            "me": await call("user.me"),
        }

    def state(self) -> dict[str, Any]:
        """The snapshot with all events up to now."""
        for name, data in self.device.events[self._seen :]:
            self.apply(name, data)
        self._seen = len(self.device.events)
        return self.now

    @property
    def now(self) -> dict[str, Any]:
        """The state, with the events that were applied."""
        return {**self._now, "conversations": self._replica.conversations()}

    def did(self, event: str, answer: dict[str, Any], user: dict[str, Any] | None = None) -> None:
        """Apply the answer of a call of this device like the event that the other devices got."""
        self.state()
        self.apply(event, {**answer, **({"user": user, "revision": user["revision"]} if user else {})})

    def apply(self, name: str, data: dict[str, Any]) -> None:
        """Apply one event."""
        self._replica.apply(name, data)
        method = getattr(self, "_" + name.replace(".", "_"), None)
        if method is not None:
            method(copy.deepcopy(data))

    def _is_newest(self, kind: str, which: str, revision: int) -> bool:
        """Whether nothing newer of the same was heard before."""
        newest = max(revision, self._newest.get((kind, which), 0))
        self._newest[kind, which] = newest
        return revision == newest

    def _person(self, user: dict[str, Any]) -> dict[str, Any]:
        """A person as they are to be shown now, in each list that shows them."""
        user = max(self._people.get(user["id"], user), user, key=itemgetter("revision"))
        self._people[user["id"]] = user
        for entries in self._now["lists"].values():
            if user["id"] in entries:
                entries[user["id"]] = (entries[user["id"]][0], user)
        return user

    def _friend(self, data: dict[str, Any], into: str | None) -> None:
        user = self._person(data["user"])
        if not self._is_newest("friend", user["id"], data["revision"]):
            return
        for name in ("list", "incoming", "outgoing"):
            self._now["lists"][name].pop(user["id"], None)
        if into:
            self._now["lists"][into][user["id"]] = (data["friendship"]["id"], user)

    def _friend_requested(self, data: dict[str, Any]) -> None:
        self._friend(data, "outgoing" if data["friendship"]["requesterId"] == self.person.id else "incoming")

    def _friend_accepted(self, data: dict[str, Any]) -> None:
        self._friend(data, "list")

    def _friend_declined(self, data: dict[str, Any]) -> None:
        self._friend(data, None)

    _friend_removed = _friend_declined

    def _friend_blocked(self, data: dict[str, Any]) -> None:
        user = self._person(data["user"])
        if self._is_newest("block", user["id"], data["revision"]):
            # The event has no block id: clients need none, unblock takes the person's.
            self._now["lists"]["blocked"][user["id"]] = (None, user)

    def _friend_unblocked(self, data: dict[str, Any]) -> None:
        user = self._person(data["user"])
        if self._is_newest("block", user["id"], data["revision"]):
            self._now["lists"]["blocked"].pop(user["id"], None)

    def _user_updated(self, data: dict[str, Any]) -> None:
        if data["user"]["id"] == self.person.id:
            self._now["me"] = max(self._now["me"], data["user"], key=itemgetter("revision"))
        else:
            self._person(data["user"])

    def _presence_changed(self, data: dict[str, Any]) -> None:
        if not self._is_newest("presence", data["userId"], data["revision"]):
            return
        if data.pop("hidden", False):
            self._now["presence"].pop(data["userId"], None)
        else:
            self._now["presence"][data["userId"]] = {"hidden": False, **data}


def plain(state: dict[str, Any]) -> dict[str, Any]:
    """A state without the ids of blocks, which no event carries, and without revisions.

    These also grow where one is told nothing, as by a change that only the other of two sees.
    """
    blocked = {user_id: user for user_id, (_, user) in state["lists"]["blocked"].items()}
    return unrevised({**state, "lists": {**state["lists"], "blocked": blocked}})


def unrevised(value: Any) -> Any:
    """A value in wire form without revisions."""
    if isinstance(value, dict):
        return {key: unrevised(each) for key, each in value.items() if key != "revision"}
    return [unrevised(each) for each in value] if isinstance(value, list | tuple) else value
