"""Conversations as a client shows them: a snapshot, and all that happened since folded over it."""

from __future__ import annotations

import copy
from operator import itemgetter
from typing import Any

_OWN_MARKS = ("headSeq", "readSeq", "deliveredSeq")
_OTHERS_MARKS = ("otherReadSeq", "otherDeliveredSeq")
#: Of a person, what stands at their messages.
_SENDER = ("id", "username", "displayName", "profileImage")
#: How the server counts what is unread: so many at most, and looking at so many log entries.
_MOST_UNREAD, _MOST_LOOKED = 999, 2000
_UNREAD = ("unreadCount", "unreadCapped", "mentionCount", "firstMentionSeq")
View = dict[str, Any]


class Replica:
    """One person's conversations and messages, kept by what :class:`~chatr.client.Client` hands over.

    Give :meth:`apply` to the client as its listener, or call it from one. It holds at any moment what a fresh
    ``conversation.list`` and ``message.history`` would answer, as far as the client has come. Of views of people and
    conversations it keeps the newest by their revisions, in whatever order they come.
    """

    def __init__(self, me: str = "") -> None:
        """``me``: the own user id."""
        self.me = me
        self._views: dict[str, View] = {}
        self._messages: dict[str, dict[int, dict[str, Any]]] = {}
        #: Own audio messages that somebody has heard, and those of others that the person has.
        self._listened: set[str] = set()
        self._heard: set[str] = set()
        self._gives_receipts = True
        #: Of groups: up to where all others have received and read, as far as it is known.
        self._reached: dict[str, dict[str, int]] = {}
        #: What entries of a group say of it, with their seq; and up to which entry its view has all of them.
        self._facts: dict[str, dict[str, tuple[int, Any]]] = {}
        self._stated: dict[str, int] = {}
        #: The last entry that was told of each conversation, also of those of which there is no view yet.
        self._heads: dict[str, int] = {}
        self._people: dict[str, dict[str, Any]] = {}
        #: Up to which revision a conversation is no more.
        self._removed: dict[str, int] = {}

    def apply(self, name: str, data: dict[str, Any]) -> None:
        """Take one piece of news; those that concern no conversation are passed over."""
        method = getattr(self, "_" + name.replace(".", "_"), None)
        if method is not None:
            # What is kept here changes; what was handed over belongs to whoever handed it over.
            method(copy.deepcopy(data))

    def conversations(self) -> dict[str, View]:
        """All conversations by id, as ``conversation.list`` answers them."""
        shown = {}
        for conversation_id, view in self._views.items():
            messages = self.messages(conversation_id)
            # A direct conversation begins with its first message.
            if messages or "lastMessage" in view or view["kind"] == "group":
                derived = self._derived(view, messages)
                whole = view | self._told(view) | derived
                gone = set(_UNREAD) - set(derived) | {key for key, value in whole.items() if value is None}
                shown[conversation_id] = {key: value for key, value in whole.items() if key not in gone}
                if "other" in view:
                    shown[conversation_id]["other"] = self._people[view["other"]["id"]]
        return shown

    def _told(self, view: View) -> View:
        """What entries say of a group that came behind the view of it."""
        facts, stated = self._facts.get(view["id"], {}), self._stated[view["id"]]
        return {key: value for key, (seq, value) in facts.items() if seq > stated}

    def _derived(self, view: View, messages: list[dict[str, Any]]) -> View:
        """What the messages say of a conversation, where they are known."""
        if not messages:
            return {key: view[key] for key in _UNREAD if key in view}
        mark = max(view["readSeq"], view.get("clearedSeq", 0))
        unread = [
            message
            for message in messages
            if mark < message["seq"] <= mark + _MOST_LOOKED
            and not message["unsent"]
            and message["type"] != "system"
            and message["sender"]["id"] != self.me
        ]
        capped = len(unread) > _MOST_UNREAD or view["headSeq"] > mark + _MOST_LOOKED
        calls = [message["seq"] for message in unread if self._calls(message)] if view["kind"] == "group" else []
        return {
            "lastMessage": messages[-1],
            "unreadCount": min(len(unread), _MOST_UNREAD),
            **({"unreadCapped": True} if capped else {}),
            **({"mentionCount": min(len(calls), _MOST_UNREAD), "firstMentionSeq": calls[0]} if calls else {}),
            "updatedAt": messages[-1]["createdAt"],
        }

    def _calls(self, message: dict[str, Any]) -> bool:
        return message.get("mentionsAll", False) or self.me in message["mentions"]

    def messages(self, conversation_id: str) -> list[dict[str, Any]]:
        """The messages of a conversation, ascending, as ``message.history`` answers them."""
        kept = self._messages.get(conversation_id, {})
        view = self._views.get(conversation_id, {})
        if view:
            view = view | self._told(view)
        cleared = view.get("clearedSeq", 0)
        return [self._shown(kept[seq], view) for seq in sorted(kept) if seq > cleared]

    def _shown(self, message: dict[str, Any], view: View) -> dict[str, Any]:
        """A message with its sender as they are called now, and the status that watermarks give it."""
        person = self._people[message["sender"]["id"]]
        sender = {key: person[key] for key in _SENDER if key in person}
        return {**message, "sender": sender, "status": self._status(message, view)}

    def _status(self, message: dict[str, Any], view: View) -> str:
        # Nobody waits for others to read what the server tells.
        if message["sender"]["id"] != self.me or message["type"] == "system":
            return "listened" if message["id"] in self._heard else "sent"
        if message["id"] in self._listened:
            return "listened"
        seq, reached = message["seq"], view
        if view.get("kind") == "group":
            reached = self._reached_in(view)
        read, delivered = reached.get("otherReadSeq", 0), reached.get("otherDeliveredSeq", 0)
        return "read" if read >= seq else "delivered" if delivered >= seq else "sent"

    def _reached_in(self, group: View) -> dict[str, int]:
        """Up to where all others in a group have come, as far as the person is shown it; where nobody is, nowhere."""
        is_alone = (group | self._told(group)).get("memberCount", 0) < 2
        reached = {} if is_alone else self._reached.get(group["id"], {})
        return reached if self._gives_receipts else {**reached, "otherReadSeq": 0}

    def _keep(self, message: dict[str, Any]) -> None:
        self._messages.setdefault(message["conversationId"], {})[message["seq"]] = message
        self._meet(message["sender"])
        if message["status"] == "listened":
            (self._listened if message["sender"]["id"] == self.me else self._heard).add(message["id"])
        # An own message in a group that has reached all others: so have those before it.
        seq, status = message["seq"], message["status"]
        delivered = seq if status in ("delivered", "read") else 0
        self._reach(message["conversationId"], delivered=delivered, read=seq if status == "read" else 0)

    def _reach(self, conversation_id: str, *, delivered: int, read: int) -> None:
        """All others in a group have come so far: watermarks only grow."""
        reached = self._reached.setdefault(conversation_id, {})
        for mark, seq in zip(_OTHERS_MARKS, (read, delivered), strict=True):
            reached[mark] = max(reached.get(mark, 0), seq)

    def _meet(self, person: dict[str, Any]) -> None:
        """Keep somebody as they are now, unless they are known as they are later.

        What stands at messages has no revision: it serves where nothing else is known, as of most members of a group.
        """
        known = self._people.get(person["id"], {})
        if person.get("revision", -1) >= known.get("revision", -1):
            self._people[person["id"]] = person

    def _put(self, view: View, marks: tuple[str, ...] = _OWN_MARKS + _OTHERS_MARKS) -> None:
        """Keep a view, unless a newer one is known; ``marks`` never go back, of an older view they count too."""
        if "other" in view:
            self._meet(view["other"])
        if view["revision"] < self._removed.get(view["id"], 0):
            return
        known = self._views.get(view["id"])
        if known is not None and view["revision"] < known["revision"]:
            for mark in _OWN_MARKS:
                known[mark] = max(view[mark], known[mark])
            return
        self._stated[view["id"]] = view["headSeq"]
        if any(seq > view["headSeq"] for seq in self._messages.get(view["id"], ())):
            # What came after it was declined is a new request.
            view.pop("declinedAt", None)
        view["headSeq"] = max(view["headSeq"], self._heads.get(view["id"], 0))
        for mark in marks:
            if known is not None and mark in known:
                view[mark] = max(view.get(mark, 0), known[mark])
        self._views[view["id"]] = view

    def _epoch_begun(self, data: dict[str, Any]) -> None:
        """All that is here is of a history that the server has no more."""
        self._views.clear()
        self._messages.clear()
        self._listened.clear()
        self._heard.clear()
        self._reached.clear()
        self._facts.clear()
        self._stated.clear()
        self._heads.clear()
        self._people.clear()
        self._removed.clear()

    def _sync_changes(self, data: dict[str, Any]) -> None:
        if data["reset"]:
            self._views.clear()
        for conversation_id in data["removed"]:
            self._conversation_removed({"conversationId": conversation_id})
        for view in data["conversations"]:
            # What is shown of others does go back, when receipts are switched off.
            self._put(view, _OWN_MARKS)

    def _conversation_created(self, data: dict[str, Any]) -> None:
        self._put(data["conversation"])

    _conversation_updated = _conversation_created

    def _conversation_removed(self, data: dict[str, Any]) -> None:
        conversation_id = data["conversationId"]
        known = self._views.get(conversation_id)
        # Of one's own call, and in a list of changes, it has none: it is above that of any view from before.
        revision = data.get("revision", known["revision"] + 1 if known is not None else 0)
        if known is None or known["revision"] <= revision:
            self._views.pop(conversation_id, None)
            self._removed[conversation_id] = max(revision, self._removed.get(conversation_id, 0))

    def _conversation_accepted(self, data: dict[str, Any]) -> None:
        if "conversation" in data:
            self._put(data["conversation"])

    _conversation_declined = _conversation_accepted

    def _user_updated(self, data: dict[str, Any]) -> None:
        self._meet(data["user"])
        if data["user"]["id"] == self.me:
            self._gives_receipts = self._people[self.me].get("privacy", {}).get("readReceipts", True)

    _friend_requested = _friend_accepted = _friend_declined = _friend_removed = _user_updated
    _friend_blocked = _friend_unblocked = _user_updated

    def _message_status(self, data: dict[str, Any]) -> None:
        view = self._views.get(data["conversationId"])
        if view is None:
            return
        for mark in ("readSeq", "deliveredSeq"):
            key = mark if data["userId"] == self.me else f"other{mark[0].upper()}{mark[1:]}"
            view[key] = max(view.get(key, 0), data[mark])

    def _message_receipts(self, data: dict[str, Any]) -> None:
        read = data.get("otherReadSeq", 0)
        self._reach(data["conversationId"], delivered=data["otherDeliveredSeq"], read=read)

    def _message_received(self, data: dict[str, Any]) -> None:
        view = self._views.get(data["conversationId"])
        if view is not None and data["seq"] > view["headSeq"]:
            # What comes after it was declined is a new request; what is only caught up with was before.
            view.pop("declinedAt", None)
        self._logged(data)
        self._keep(data["message"])

    def _message_edited(self, data: dict[str, Any]) -> None:
        self._logged(data)
        message = data["message"]
        known = self._messages.get(message["conversationId"], {}).get(message["seq"])
        if known is not None:
            self._name(message, self._own(known))
        self._keep(message)

    _message_preview = _message_edited

    def _message_unsent(self, data: dict[str, Any]) -> None:
        self._logged(data)
        for message in self._messages.get(data["conversationId"], {}).values():
            if message["id"] == data["messageId"]:
                for gone in ("replyTo", "editedAt", "linkPreview", "mentionsAll"):
                    message.pop(gone, None)
                message.update(content="", unsent=True, edited=False, reactions=[], mentions=[])
            elif message.get("replyTo", {}).get("id") == data["messageId"]:
                message["replyTo"].update(content="", unsent=True)

    def _message_reaction(self, data: dict[str, Any]) -> None:
        self._logged(data)
        for message in self._messages.get(data["conversationId"], {}).values():
            if message["id"] == data["messageId"]:
                own = data["emoji"] if data["userId"] == self.me else self._own(message)
                message["reactions"] = data["reactions"]
                self._name(message, own)

    def _own(self, message: dict[str, Any]) -> str | None:
        """How one has reacted oneself, as far as it is known."""
        chosen = (each["emoji"] for each in message["reactions"] if any(one["id"] == self.me for one in each["users"]))
        return next(chosen, None)

    def _name(self, message: dict[str, Any], own: str | None) -> None:
        """What all are told names the first alone who have reacted: be named behind them."""
        if own is None or self._own(message) is not None:
            return
        for each in message["reactions"]:
            if each["emoji"] == own and each["count"] > len(each["users"]):
                username = self._people.get(self.me, {}).get("username", "")
                each["users"].append({"id": self.me, "username": username})

    def _message_listened(self, data: dict[str, Any]) -> None:
        self._logged(data)
        (self._heard if data["userId"] == self.me else self._listened).add(data["messageId"])

    def _group_member_joined(self, data: dict[str, Any]) -> None:
        # Not of what was before one came oneself: others may have been there.
        is_new = data["seq"] > self._stated.get(data["conversationId"], data["seq"])
        if is_new and data["memberCount"] == 2:
            # What there was when they came counts as read by them, and nobody else is there.
            before = data["seq"] - 2
            self._reach(data["conversationId"], delivered=before, read=before)
        self._group_member_left(data)

    def _group_member_left(self, data: dict[str, Any]) -> None:
        self._in_group(data, memberCount=data["memberCount"])

    _group_member_removed = _group_member_left

    def _group_role_changed(self, data: dict[str, Any]) -> None:
        self._in_group(data, **({"role": data["role"]} if data["userId"] == self.me else {}))

    def _group_updated(self, data: dict[str, Any]) -> None:
        group = data["group"]
        shown = {name: group.get(name) for name in ("description", "profileImage", "coverImage")}
        self._in_group(data, title=group["name"], **shown)

    def _in_group(self, data: dict[str, Any], **facts: Any) -> None:
        """What all see of a group is another, from an entry on; None: it has none of that."""
        known = self._facts.setdefault(data["conversationId"], {})
        for key, value in facts.items():
            known[key] = max(known.get(key, (0, None)), (data["seq"], value), key=itemgetter(0))
        self._logged(data)

    def _log_cleared(self, data: dict[str, Any]) -> None:
        """An entry about something that was deleted from the own view: it counts, and says nothing."""
        self._logged(data)

    def _logged(self, data: dict[str, Any]) -> None:
        conversation_id = data["conversationId"]
        self._heads[conversation_id] = max(self._heads.get(conversation_id, 0), data["seq"])
        if conversation_id in self._views:
            self._views[conversation_id]["headSeq"] = max(self._views[conversation_id]["headSeq"], data["seq"])
