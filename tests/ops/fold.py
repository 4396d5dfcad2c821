"""A client's state: a snapshot, and the events after it folded over it (spec/sync.md)."""

from __future__ import annotations

import copy
from operator import itemgetter
from typing import Any

from tests.ops.case import Person

LISTS = ("list", "incoming", "outgoing", "blocked")


class Fold:
    """One device of a person. What its own calls answer is given to :meth:`did`."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.device = person.device()
        self.now: dict[str, Any] = {}
        self._people: dict[str, dict[str, Any]] = {}
        self._seen = 0
        #: Of presence, of friendships, of blocks and of removed conversations: the newest that was heard of each.
        self._newest: dict[tuple[str, str], int] = {}
        self._unread: dict[str, list[int]] = {}
        self._seqs: dict[str, int] = {}

    async def load(self) -> Fold:
        """Take the snapshot; what happened before is in it."""
        self.now = await self.fresh()
        for view in list(self.now["conversations"].values()):
            self._view(view)
            self._history(view)
        for name, entries in self.now["lists"].items():
            for user_id, (_, user) in entries.items():
                self._person(user)
                self._is_newest("block" if name == "blocked" else "friend", user_id, user["revision"])
        for user_id, state in self.now["presence"].items():
            self._is_newest("presence", user_id, state["revision"])
        self._seen = len(self.device.events)
        return self

    def copy(self) -> Fold:
        """The same state once more, for other events."""
        twin = copy.copy(self)
        for name in ("now", "_people", "_newest", "_unread", "_seqs"):
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

    def apply(self, name: str, data: dict[str, Any]) -> None:
        """Apply one event."""
        getattr(self, "_" + name.replace(".", "_"))(copy.deepcopy(data))

    def did(self, event: str, answer: dict[str, Any], user: dict[str, Any] | None = None) -> None:
        """Apply the answer of a call of this device like the event that the other devices got."""
        self.state()
        self.apply(event, {**answer, **({"user": user, "revision": user["revision"]} if user else {})})

    def _is_newest(self, kind: str, which: str, revision: int) -> bool:
        """Whether nothing newer of the same was heard before."""
        newest = max(revision, self._newest.get((kind, which), 0))
        self._newest[kind, which] = newest
        return revision == newest

    def _person(self, user: dict[str, Any]) -> dict[str, Any]:
        """A person as they are to be shown now, wherever they are shown."""
        user = max(self._people.get(user["id"], user), user, key=itemgetter("revision"))
        self._people[user["id"]] = user
        for known in self.now["conversations"].values():
            if known.get("other", {}).get("id") == user["id"]:
                known["other"] = user
        for entries in self.now["lists"].values():
            if user["id"] in entries:
                entries[user["id"]] = (entries[user["id"]][0], user)
        return user

    def _view(self, view: dict[str, Any]) -> bool:
        """A conversation as it is now, unless a newer one is known, or that it was removed later."""
        if "other" in view:
            view["other"] = self._person(view["other"])
        if not self._is_newest("conversation", view["id"], view["revision"]):
            return False
        self.now["conversations"][view["id"]] = view
        return True

    def _friend(self, data: dict[str, Any], into: str | None) -> None:
        user = self._person(data["user"])
        if not self._is_newest("friend", user["id"], data["revision"]):
            return
        for name in ("list", "incoming", "outgoing"):
            self.now["lists"][name].pop(user["id"], None)
        if into:
            self.now["lists"][into][user["id"]] = (data["friendship"]["id"], user)

    def _friend_requested(self, data: dict[str, Any]) -> None:
        self._friend(data, "outgoing" if data["friendship"]["requesterId"] == self.person.id else "incoming")

    def _friend_accepted(self, data: dict[str, Any]) -> None:
        self._friend(data, "list")

    def _friend_declined(self, data: dict[str, Any]) -> None:
        self._friend(data, None)

    def _friend_removed(self, data: dict[str, Any]) -> None:
        self._friend(data, None)

    def _friend_blocked(self, data: dict[str, Any]) -> None:
        user = self._person(data["user"])
        if self._is_newest("block", user["id"], data["revision"]):
            # The event has no block id: clients need none, unblock takes the person's.
            self.now["lists"]["blocked"][user["id"]] = (None, user)

    def _friend_unblocked(self, data: dict[str, Any]) -> None:
        user = self._person(data["user"])
        if self._is_newest("block", user["id"], data["revision"]):
            self.now["lists"]["blocked"].pop(user["id"], None)

    def _user_updated(self, data: dict[str, Any]) -> None:
        if data["user"]["id"] == self.person.id:
            self.now["me"] = max(self.now["me"], data["user"], key=itemgetter("revision"))
        else:
            self._person(data["user"])

    def _presence_changed(self, data: dict[str, Any]) -> None:
        if not self._is_newest("presence", data["userId"], data["revision"]):
            return
        if data.pop("hidden", False):
            self.now["presence"].pop(data["userId"], None)
        else:
            self.now["presence"][data["userId"]] = {"hidden": False, **data}

    def _conversation_created(self, data: dict[str, Any]) -> None:
        if self._view(data["conversation"]):
            self._history(data["conversation"])

    def _history(self, view: dict[str, Any]) -> None:
        """What a client fetches of a conversation that it opens; here one message at most."""
        last = view.get("lastMessage")
        if last:
            self._seqs[last["id"]] = last["seq"]
        self._unread[view["id"]] = [last["seq"]] if last and view["unreadCount"] else []

    def _conversation_removed(self, data: dict[str, Any]) -> None:
        if self._is_newest("conversation", data["conversationId"], data["revision"]):
            self.now["conversations"].pop(data["conversationId"], None)

    def _conversation_updated(self, data: dict[str, Any]) -> None:
        self._view(data["conversation"])

    def _conversation_accepted(self, data: dict[str, Any]) -> None:
        if "conversation" in data:
            self._view(data["conversation"])

    _conversation_declined = _conversation_accepted

    def _message_received(self, data: dict[str, Any]) -> None:
        known, message = self.now["conversations"].get(data["conversationId"]), data["message"]
        if known is None:
            # Deleted from one's own view: conversation.created brings it back whole.
            return
        known.pop("declinedAt", None)
        self._seqs[message["id"]] = message["seq"]
        known.update(headSeq=data["seq"], lastMessage=message, updatedAt=message["createdAt"])
        if message["sender"]["id"] != self.person.id and message["type"] != "system":
            self._unread.setdefault(known["id"], []).append(data["seq"])
            known["unreadCount"] += 1

    def _message_edited(self, data: dict[str, Any]) -> None:
        known, message = self._logged(data), data["message"]
        if known and known["lastMessage"]["id"] == message["id"]:
            known["lastMessage"] = {**message, "status": known["lastMessage"]["status"]}

    def _message_preview(self, data: dict[str, Any]) -> None:
        self._message_edited(data)

    def _message_unsent(self, data: dict[str, Any]) -> None:
        known = self._logged(data)
        if known is None:
            return
        last = known["lastMessage"]
        if last["id"] == data["messageId"]:
            for gone in ("replyTo", "editedAt", "linkPreview"):
                last.pop(gone, None)
            last.update(content="", unsent=True, edited=False, reactions=[], mentions=[])
        elif last.get("replyTo", {}).get("id") == data["messageId"]:
            last["replyTo"].update(content="", unsent=True)
        seq, unread = self._seqs.get(data["messageId"], 0), self._unread.get(known["id"], [])
        if seq in unread:
            unread.remove(seq)
            known["unreadCount"] -= seq > known["readSeq"]

    def _message_reaction(self, data: dict[str, Any]) -> None:
        known = self._logged(data)
        if known and known["lastMessage"]["id"] == data["messageId"]:
            known["lastMessage"]["reactions"] = data["reactions"]

    def _message_listened(self, data: dict[str, Any]) -> None:
        known = self._logged(data)
        if known and known["lastMessage"]["id"] == data["messageId"] and data["userId"] != self.person.id:
            known["lastMessage"]["status"] = "listened"

    def _activity_listening(self, data: dict[str, Any]) -> None:
        """Passes."""

    def _logged(self, data: dict[str, Any]) -> dict[str, Any] | None:
        """The conversation of a log entry, whose head it is."""
        known = self.now["conversations"].get(data["conversationId"])
        if known is not None:
            known["headSeq"] = data["seq"]
        return known

    def _message_status(self, data: dict[str, Any]) -> None:
        known = self.now["conversations"][data["conversationId"]]
        mine = data["userId"] == self.person.id
        known["readSeq" if mine else "otherReadSeq"] = data["readSeq"]
        known["deliveredSeq" if mine else "otherDeliveredSeq"] = data["deliveredSeq"]
        last = known["lastMessage"]
        if mine:
            known["unreadCount"] = sum(seq > data["readSeq"] for seq in self._unread.get(known["id"], []))
        elif last["sender"]["id"] == self.person.id:
            seq = last["seq"]
            last["status"] = (
                "read" if data["readSeq"] >= seq else "delivered" if data["deliveredSeq"] >= seq else "sent"
            )


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
