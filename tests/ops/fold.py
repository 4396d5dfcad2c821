"""A client's state: a snapshot, and the events after it folded over it (spec/sync.md)."""

from __future__ import annotations

import copy
from typing import Any

from tests.ops.case import Person

LISTS = ("list", "incoming", "outgoing", "blocked")


class Fold:
    """One device of a person. What its own calls answer is given to :meth:`did`."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.device = person.device()
        self.now: dict[str, Any] = {}
        self._seen = 0
        self._unread: dict[str, list[int]] = {}
        self._seqs: dict[str, int] = {}

    async def load(self) -> Fold:
        """Take the snapshot; what happened before is in it."""
        self.now = await self.fresh()
        for view in self.now["conversations"].values():
            self._history(view)
        self._seen = len(self.device.events)
        return self

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
            getattr(self, "_" + name.replace(".", "_"))(copy.deepcopy(data))
        self._seen = len(self.device.events)
        return self.now

    def did(self, event: str, answer: dict[str, Any], user: dict[str, Any] | None = None) -> None:
        """Apply the answer of a call of this device like the event that the other devices got."""
        self.state()
        getattr(self, "_" + event.replace(".", "_"))({**answer, **({"user": user} if user else {})})

    def _person(self, user: dict[str, Any]) -> None:
        """A person as they are to be shown now, wherever they are shown."""
        for known in self.now["conversations"].values():
            if known.get("other", {}).get("id") == user["id"]:
                known["other"] = user
        for entries in self.now["lists"].values():
            if user["id"] in entries:
                entries[user["id"]] = (entries[user["id"]][0], user)

    def _friend(self, data: dict[str, Any], into: str | None) -> None:
        user = data["user"]
        for name in ("list", "incoming", "outgoing"):
            self.now["lists"][name].pop(user["id"], None)
        self._person(user)
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
        self._person(data["user"])
        # The event has no block id: clients need none, unblock takes the person's.
        self.now["lists"]["blocked"][data["user"]["id"]] = (None, data["user"])

    def _friend_unblocked(self, data: dict[str, Any]) -> None:
        self._person(data["user"])
        self.now["lists"]["blocked"].pop(data["user"]["id"], None)

    def _user_updated(self, data: dict[str, Any]) -> None:
        if data["user"]["id"] == self.person.id:
            self.now["me"] = data["user"]
        else:
            self._person(data["user"])

    def _presence_changed(self, data: dict[str, Any]) -> None:
        if data.pop("hidden", False):
            self.now["presence"].pop(data["userId"], None)
        else:
            self.now["presence"][data["userId"]] = {"hidden": False, **data}

    def _conversation_created(self, data: dict[str, Any]) -> None:
        view = data["conversation"]
        self.now["conversations"][view["id"]] = view
        self._history(view)

    def _history(self, view: dict[str, Any]) -> None:
        """What a client fetches of a conversation that it opens; here one message at most."""
        last = view.get("lastMessage")
        if last:
            self._seqs[last["id"]] = last["seq"]
        self._unread[view["id"]] = [last["seq"]] if last and view["unreadCount"] else []

    def _conversation_removed(self, data: dict[str, Any]) -> None:
        self.now["conversations"].pop(data["conversationId"], None)

    def _conversation_updated(self, data: dict[str, Any]) -> None:
        self.now["conversations"][data["conversation"]["id"]] = data["conversation"]

    def _conversation_accepted(self, data: dict[str, Any]) -> None:
        known = self.now["conversations"][data["conversationId"]]
        known["status"] = "accepted"
        known.pop("declinedAt", None)

    def _conversation_declined(self, data: dict[str, Any]) -> None:
        self.now["conversations"][data["conversationId"]]["declinedAt"] = data["declinedAt"]

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

    def _message_receipts(self, data: dict[str, Any]) -> None:
        known = self.now["conversations"][data["conversationId"]]
        last, others = known["lastMessage"], known["memberCount"] - 1
        if last["id"] == data["messageId"] and data["deliveredCount"] >= others:
            last["status"] = "read" if data.get("readCount", 0) >= others else "delivered"

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
