"""What a session's own calls change: the server sends the session no event of those, it has the answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeAlias


class News(NamedTuple):
    """An event as another session of the same person gets it."""

    name: str
    data: dict[str, Any]


class Logged(NamedTuple):
    """The log of a conversation has an entry more, whose number the answer does not tell."""

    conversation_id: str


class Changed(NamedTuple):
    """A conversation is another for oneself, and the answer does not tell how."""

    conversation_id: str


Params = Mapping[str, Any]
Answer = Mapping[str, Any]
Item: TypeAlias = News | Logged | Changed


class Asked(NamedTuple):
    """A call: by whom, with what, and how much of the conversation ``id`` was known then."""

    me: str
    params: Params
    known_seq: int


def _sent(asked: Asked, answer: Answer) -> News:
    """Also the first message, when it was sent before."""
    where = {"conversationId": answer["conversationId"], "seq": answer["seq"]}
    return News("message.received", {**where, "message": dict(answer)})


def _logged(asked: Asked, answer: Answer) -> Logged:
    return Logged(answer["conversationId"])


def _delivered(asked: Asked, answer: Answer) -> News | Changed:
    return _marked(asked, asked.params["seq"], 0)


def _read(asked: Asked, answer: Answer) -> News | Changed:
    return _marked(asked, asked.params["seq"], asked.params["seq"])


def _marked(asked: Asked, delivered: int, read: int) -> News | Changed:
    where = asked.params["id"]
    if delivered > asked.known_seq:
        # The server bounds it by its head at that moment.
        return Changed(where)
    marks = {"deliveredSeq": delivered, "readSeq": read}
    return News("message.status", {"conversationId": where, "userId": asked.me, **marks})


def _updated(asked: Asked, answer: Answer) -> News:
    return News("conversation.updated", {"conversation": dict(answer)})


def _removed(asked: Asked, answer: Answer) -> News:
    return News("conversation.removed", {"conversationId": asked.params["id"]})


def _in_group(asked: Asked, answer: Answer) -> Logged:
    return Logged(asked.params["id"])


def _declined(asked: Asked, answer: Answer) -> News:
    return News("group.invite_revoked", {"groupId": asked.params["id"]})


def _created(asked: Asked, answer: Answer) -> News:
    return News("conversation.created", {"conversation": dict(answer)})


def _me(asked: Asked, answer: Answer) -> News:
    return News("user.updated", {"user": dict(answer)})


#: By operation.
OWN: dict[str, Callable[[Asked, Answer], Item]] = {
    "message.send": _sent,
    "message.edit": _logged,
    "message.unsend": _logged,
    "message.react": _logged,
    "message.mark_delivered": _delivered,
    "message.mark_read": _read,
    "user.me": _me,
    "user.update": _me,
    "user.update_settings": _me,
    "conversation.update": _updated,
    "conversation.accept": _updated,
    "conversation.decline": _removed,
    "conversation.delete": _removed,
    "group.create": _created,
    "group.accept": _created,
    "group.join_by_link": _created,
    "group.decline": _declined,
    "group.invite": _in_group,
    # It may open the group to links, which its log says.
    "group.link_create": _in_group,
    "group.update": _in_group,
    "group.remove_member": _in_group,
    "group.promote": _in_group,
    "group.demote": _in_group,
    "group.transfer_ownership": _in_group,
    "group.step_down": _in_group,
    "group.leave": _removed,
    "group.delete": _removed,
}
