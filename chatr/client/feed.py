"""Everything that happens, in order and each thing once: docs/clients.rst, "Losing nothing"."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from typing import Any

from chatr.client.errors import Refused
from chatr.client.own import Changed, Item, Logged, News
from chatr.client.state import State

#: Calls an operation over the connection that is served.
Call = Callable[[str, dict[str, Any]], Awaitable[dict[str, Any]]]
#: Takes the name of an event and its payload.
Listener = Callable[[str, dict[str, Any]], Awaitable[None] | None]


class Handing:
    """Something that the listener has in hand."""

    over = False


_HANDING: ContextVar[tuple[object, Handing] | None] = ContextVar("HANDING", default=None)


class Feed:
    """Hands news to the listener: what was missed first, then what comes, filling every gap from the log."""

    def __init__(self, state: State, listener: Listener, *, history: bool) -> None:
        self._state = state
        self._listener = listener
        self._history = history
        self._epoch = ""

    @property
    def calls(self) -> bool:
        """Whether whoever asks is the listener, or was begun by it, and it is not done with what it was handed."""
        found = _HANDING.get()
        return found is not None and found[0] is self and not found[1].over

    def known(self, conversation_id: str) -> int:
        """Up to which entry a conversation's log was handed over."""
        return self._state.seq(conversation_id) or 0

    async def resume(self, call: Call, epoch: str) -> None:
        """Hand over what was missed since the last time; all there is when the server's database has another epoch."""
        self._epoch = epoch
        if self._state.epoch not in ("", epoch):
            # What was handed over is not there any more, or something else is in its place.
            await self._hand("epoch.begun", {"epoch": epoch})
            self._state.begin(epoch)
        first = not self._state.epoch
        cursor = None if first else self._state.cursor
        changes = await call("sync.changes", {"cursor": cursor} if cursor else {})
        if changes["reset"]:
            # It brings the newest page only.
            changes["conversations"] = await _everything(call, changes["conversations"])
        if first:
            # At once: what comes from now on comes, also if this is broken off.
            for view in changes["conversations"]:
                self._meet(view)
            self._state.begin(epoch)
        for view in changes["conversations"]:
            # A log that lost its tail goes on from where it ends now.
            if self.known(view["id"]) > view["headSeq"]:
                self._state.set_seq(view["id"], view["headSeq"])
        await self._hand("sync.changes", changes)
        for view in changes["conversations"]:
            await self._catch_up(call, view["id"], view["headSeq"])
        # Last: if this connection breaks before, the next resume starts from the old cursor.
        self._state.set_cursor(changes["cursor"])

    async def take(self, call: Call, item: Item) -> None:
        """Hand over what came now."""
        if isinstance(item, Logged):
            await self._catch_up(call, item.conversation_id, self.known(item.conversation_id) + 1)
        elif isinstance(item, Changed):
            await self._look(call, item.conversation_id, "conversation.updated")
        elif item.name == "sync.required":
            await self.resume(call, self._epoch)
        elif "seq" in item.data and "conversationId" in item.data:
            await self._logged(call, item)
        elif item.name == "conversation.created":
            view = item.data["conversation"]
            self._meet(view)
            await self._hand(*item)
            if view["kind"] == "group":
                # Of what was before the person joined no event comes.
                await self._catch_up(call, view["id"], view["headSeq"])
        else:
            await self._hand(*item)

    async def _logged(self, call: Call, item: News) -> None:
        """An entry of a log: the next, one that is known already, or one behind a gap."""
        conversation_id, seq = item.data["conversationId"], item.data["seq"]
        if self._state.seq(conversation_id) is None:
            # As when one's own first message has made it.
            await self._look(call, conversation_id, "conversation.created")
        last = self._state.seq(conversation_id)
        if last is None:
            last = 0 if self._history else seq - 1
            self._state.set_seq(conversation_id, last)
        if seq > last + 1:
            await self._catch_up(call, conversation_id, seq)
        elif seq == last + 1:
            await self._entry(conversation_id, seq, item.name, item.data)

    async def _catch_up(self, call: Call, conversation_id: str, head: int) -> None:
        """The entries of a log up to its head."""
        if self._state.seq(conversation_id) is None:
            self._state.set_seq(conversation_id, 0)
        while (after := self.known(conversation_id)) < head:
            page = await _unless_gone(call("conversation.log", {"id": conversation_id, "after": after}))
            if page is None:
                return
            for entry in page["entries"]:
                await self._entry(conversation_id, entry["seq"], entry["event"], entry["data"])
            head = page["headSeq"]
            if not page["entries"]:
                self._state.set_seq(conversation_id, max(after, head))

    async def _look(self, call: Call, conversation_id: str, name: str) -> None:
        """Hand over a conversation as it is, as an event that did not come."""
        view = await _unless_gone(call("conversation.get", {"id": conversation_id}))
        if view is not None:
            await self._hand(name, {"conversation": view})

    def _meet(self, view: Mapping[str, Any]) -> None:
        if self._state.seq(view["id"]) is None:
            self._state.set_seq(view["id"], 0 if self._history else view["headSeq"])

    async def _entry(self, conversation_id: str, seq: int, name: str, data: dict[str, Any]) -> None:
        # What it is about was deleted from the own view: there is nothing in it that the event of that name has.
        await self._hand("log.cleared" if data.get("cleared") else name, data)
        # After it: what was not handled to its end comes again.
        self._state.set_seq(conversation_id, seq)

    async def _hand(self, name: str, data: dict[str, Any]) -> None:
        handing = Handing()
        _HANDING.set((self, handing))
        try:
            taken = self._listener(name, data)
            if taken is not None:
                await taken
        finally:
            handing.over = True


async def _everything(call: Call, newest: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """All conversations, where ``newest`` is the first page."""
    found = {view["id"]: view for view in newest}
    for part in ("chats", "requests", "archived"):
        cursor: dict[str, Any] = {}
        while True:
            try:
                page = await call("conversation.list", {"filter": part, "limit": 100, **cursor})
            except Refused as error:
                if error.code != "forbidden":
                    raise
                # Guests have no list: all of theirs are on the first page.
                return newest
            found |= {view["id"]: view for view in page["items"]}
            if not page["nextCursor"]:
                break
            cursor = {"cursor": page["nextCursor"]}
    return list(found.values())


async def _unless_gone(answer: Awaitable[dict[str, Any]]) -> dict[str, Any] | None:
    """None for a conversation that one is not in any more, since a moment ago: of that there is news of its own."""
    try:
        return await answer
    except Refused as error:
        if error.code != "not_found":
            raise
        return None
