"""What a session's own calls change: the server sends the session no event of those, it has the answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple


class News(NamedTuple):
    """An event as another session of the same person gets it."""

    name: str
    data: dict[str, Any]


class Logged(NamedTuple):
    """The log of a conversation has an entry more, whose number the answer does not tell."""

    conversation_id: str


Params = Mapping[str, Any]
Answer = Mapping[str, Any]


def _sent(me: str, params: Params, answer: Answer) -> News:
    """Also the first message, when it was sent before."""
    where = {"conversationId": answer["conversationId"], "seq": answer["seq"]}
    return News("message.received", {**where, "message": dict(answer)})


def _logged(me: str, params: Params, answer: Answer) -> Logged:
    return Logged(answer["conversationId"])


def _marked(me: str, params: Params, delivered: int, read: int) -> News:
    marks = {"deliveredSeq": delivered, "readSeq": read}
    return News("message.status", {"conversationId": params["id"], "userId": me, **marks})


def _delivered(me: str, params: Params, answer: Answer) -> News:
    return _marked(me, params, params["seq"], 0)


def _read(me: str, params: Params, answer: Answer) -> News:
    return _marked(me, params, params["seq"], params["seq"])


def _updated(me: str, params: Params, answer: Answer) -> News:
    return News("conversation.updated", {"conversation": dict(answer)})


def _removed(me: str, params: Params, answer: Answer) -> News:
    return News("conversation.removed", {"conversationId": params["id"]})


def _me(me: str, params: Params, answer: Answer) -> News:
    return News("user.updated", {"user": dict(answer)})


#: By operation.
OWN: dict[str, Callable[[str, Params, Answer], News | Logged]] = {
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
}
