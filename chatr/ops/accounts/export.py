"""All that chatr knows of a person, as JSON and files, for them to take with them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any, get_args

import msgspec

from chatr.api.contract import USERS, Rate, Route, operation
from chatr.api.model import Id, NoParams, Wire, wire_time
from chatr.ops.people import visibility
from chatr.ops.ports import Ctx
from chatr.services.files.archives import Archive
from chatr.store.conversations import conversations
from chatr.store.files import files
from chatr.store.ids import uuid7
from chatr.store.messages import history
from chatr.store.people import friends, people
from chatr.store.pool import Database
from chatr.store.sessions import sessions

#: Read at once.
PAGE = 100
_ALL = 1000


class ExportStarted(Wire, frozen=True):
    """Which file it will be: file.get answers it once it is there."""

    file_id: Id


@operation("account.export", Route("POST", "/users/me/export", status=202), USERS, rate=Rate(5, 86400))
async def export(ctx: Ctx, params: NoParams) -> ExportStarted:
    """Make an archive of all that is known of the caller: a zip of JSON and of the files that they have sent.

    It is made behind the call; ``account.export_ready`` says when it is there. It can be fetched for a week, or
    until the next one is there, by the caller alone. While one is being made, that one is answered.
    """
    me = ctx.caller.user_id
    file_id = await files.archive_of(ctx.ports.db, me)
    if file_id is None:
        file_id = uuid7()
        archive = files.Arrival(file_id, me, "export", f"chatr-{ctx.now:%Y-%m-%d}.zip", None)
        await files.arrive(ctx.ports.db, [archive])
    ctx.ports.files.archives.wake()
    return ExportStarted(file_id)


async def describe(db: Database, user_id: str, archive: Archive) -> None:
    """Tell all of a person into an archive."""
    person = await people.by_id(db, user_id)
    if person is None:
        return
    await archive.add("account.json", _json(visibility.me(person)))
    signed = await sessions.live(db, user_id, limit=_ALL)
    await archive.add("sessions.json", _json(signed))
    await archive.add("friends.json", _json(await _friends(db, user_id)))
    at: tuple[datetime, str] | None = None
    while found := await conversations.newest(db, user_id, limit=PAGE, below=at):
        for view in found:
            folder = f"conversations/{view.id}"
            await archive.add(f"{folder}/conversation.json", _json(visibility.conversation(view, user_id)))
            await archive.add_pieces(f"{folder}/messages.json", _messages(db, user_id, view.id))
        at = (found[-1].active_at, found[-1].id)


async def _friends(db: Database, user_id: str) -> dict[str, list[Any]]:
    """All lists of people that somebody has."""
    told: dict[str, list[Any]] = {}
    for which in get_args(friends.List):
        told[which], at = [], None
        while found := await friends.listed(db, user_id, which, below=at, limit=PAGE):
            told[which] += [
                {"since": wire_time(each.since), "user": visibility.other(each.other, user_id)} for each in found
            ]
            at = (found[-1].since, found[-1].id)
    return told


def _json(told: Any) -> bytes:
    return msgspec.json.format(msgspec.json.encode(told), indent=1)


async def _messages(db: Database, user_id: str, conversation_id: str) -> AsyncIterator[bytes]:
    """A conversation's messages as one JSON list, the oldest first, in pieces."""
    yield b"["
    seq = 0
    place = history.conversation(conversation_id)
    while (page := await history.after(db, place, user_id, seq, PAGE)) is not None:
        if page.items:
            yield (b",\n" if seq else b"\n") + b",\n".join(map(msgspec.json.encode, page.items))
            seq = page.items[-1].seq
        if not page.has_after:
            break
    yield b"\n]\n"
