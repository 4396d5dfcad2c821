"""Changing messages that are there: edit, unsend, react. Edits and reactions pass no block, taking back does.

What goes with an unsent message says store/messages/changes.py ``unsend``, how long the rest stays in the database
config/messages.py ``RetentionSettings``, and what quotes of it say from then on store/messages/quotes.py. Who hears of
a change, and who has deleted the message from their own view and does not, says ops/log.py ``record``.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from chatr.api.contract import GUESTS, USERS, Rate, Route, operation
from chatr.api.errors import ApiError, invalid
from chatr.api.events.messages import MessageEdited, MessageReaction, MessageUnsent, Reacted
from chatr.api.model import Id, Message, MessageParams, Params, Time, Wire, wire_time
from chatr.ops import access, log, pages
from chatr.ops.messages import previews, texts
from chatr.ops.people import permissions
from chatr.ops.ports import Ctx
from chatr.store.ids import uuid7
from chatr.store.messages import changes, messages
from chatr.store.pool import Transaction
from chatr.store.writing.places import Of

MOST_EDITS = 100
#: Different ones that a message has: each of them is told whenever one is.
MOST_EMOJI = 20


class MessageEditParams(Params, frozen=True, kw_only=True):
    """The new text; of a file its caption, which may be empty."""

    id: Id
    content: texts.Caption


@operation(
    "message.edit",
    Route("PATCH", "/messages/<id>"),
    GUESTS,
    errors=["not_found", "forbidden", "gone", "blocked"],
)
async def edit(ctx: Ctx, params: MessageEditParams) -> Message:
    """Replace the text of one's own message. The former texts are kept; an equal text changes nothing.

    With another link the preview goes, and the new one comes by ``message.preview``.

    ``forbidden`` for somebody else's message, when it is too late, and when the recipient has declined the request;
    ``gone`` when it was unsent.
    """

    async def change(tx: Transaction) -> Message:
        held = access.not_unsent(await access.held_message(ctx, tx, params.id))
        content = (texts.content if held.type == "text" else texts.caption)(params.content)
        if held.sender_id != ctx.caller.user_id or held.type == "system":
            raise ApiError("forbidden", "Only who wrote a message can edit it")
        window_s = ctx.ports.messages.settings.edit_window_s
        if window_s and ctx.now > held.created_at + timedelta(seconds=window_s):
            raise ApiError("forbidden", "It is too late to edit this message")
        permissions.not_closed(held.closed)
        if held.declined:
            raise ApiError("forbidden", "The recipient declined the request")
        if content != held.content:
            dictionary = ctx.ports.messages.settings.search_dictionary
            names = texts.names(content)
            changes.edit(tx, held, uuid7(), ctx.caller.user_id, content, names, dictionary=dictionary)
            await previews.edited(ctx, tx, held, content)
            stored = await log.record(tx, held, MessageEdited, exclude=ctx.caller.connection)
            return stored.seen_by(ctx.caller.user_id, held.marks)
        return await access.message_as_it_is(ctx, tx, held)

    return await ctx.ports.messages.writer.change(change, caller=ctx.caller.user_id, place=Of(params.id))


@operation("message.unsend", Route("DELETE", "/messages/<id>"), GUESTS, errors=["not_found", "forbidden"])
async def unsend(ctx: Ctx, params: MessageParams) -> Message:
    """Take a message back: all see a placeholder, and nobody what it said. Repeating it changes nothing.

    For who wrote it, and in a group for its owner and admins too.
    """

    async def change(tx: Transaction) -> Message:
        held = await access.held_message(ctx, tx, params.id)
        may = held.sender_id == ctx.caller.user_id or held.role in ("owner", "admin")
        if not may or held.type == "system":
            raise ApiError("forbidden", "Only who wrote a message can take it back")
        if not held.unsent:
            changes.unsend(tx, held)
            stored = await log.record(tx, held, MessageUnsent, exclude=ctx.caller.connection)
            return stored.seen_by(ctx.caller.user_id, held.marks)
        return await access.message_as_it_is(ctx, tx, held)

    return await ctx.ports.messages.writer.change(change, caller=ctx.caller.user_id, place=Of(params.id))


class MessageReactParams(Params, frozen=True, kw_only=True):
    """One emoji; the one that is there already, or null, takes it away."""

    id: Id
    emoji: Annotated[str, Meta(max_length=64, description="One emoji of Unicode's RGI set.")] | None


@operation(
    "message.react",
    Route("PUT", "/messages/<id>/reaction"),
    GUESTS,
    errors=["not_found", "forbidden", "gone", "blocked", "conflict"],
    rate=Rate(120, 60),
)
async def react(ctx: Ctx, params: MessageReactParams) -> Message:
    """React to a message with one emoji, in place of an earlier one; the same again removes it.

    ``gone`` when it was unsent; ``forbidden`` for system entries, and while a message request waits; ``conflict`` for
    one more emoji than a message may have: 20 different ones.
    """
    if params.emoji is not None and not texts.is_emoji(params.emoji):
        raise invalid("$.emoji", "is not a single emoji")
    me = ctx.caller.user_id

    async def change(tx: Transaction) -> Message:
        held = access.not_unsent(await access.held_message(ctx, tx, params.id))
        if held.type == "system":
            raise ApiError("forbidden", "Nobody can react to this message")
        permissions.passes(held.status, held.closed)
        before, wanted, others = await changes.reactions(tx, held.id, me, params.emoji)
        emoji = None if wanted == before else wanted
        if emoji is not None and others >= MOST_EMOJI:
            raise ApiError("conflict", f"A message has {MOST_EMOJI} different reactions at most: choose one of these")
        if emoji != before:
            changes.react(tx, held.id, me, emoji)
            facts = Reacted(me, emoji)
            stored = await log.record(tx, held, MessageReaction, facts, exclude=ctx.caller.connection)
            return (await messages.with_own(tx, me, [stored.seen_by(me, held.marks)]))[0]
        return await access.message_as_it_is(ctx, tx, held)

    return await ctx.ports.messages.writer.change(change, caller=ctx.caller.user_id, place=Of(params.id))


class FormerText(Wire, frozen=True):
    """A text that a message had before an edit."""

    id: Id
    previous_content: str
    edited_at: Time
    edited_by: Id


class MessageEdits(Wire, frozen=True):
    """The former texts of a message, oldest first."""

    message_id: Id
    edits: list[FormerText]
    more: bool | UnsetType = UNSET


class MessageEditsParams(Params, frozen=True, kw_only=True):
    """Of which message, and behind which of its former texts."""

    id: Id
    after: Id | None = None


@operation("message.edits", Route("GET", "/messages/<id>/edits"), USERS, errors=["not_found", "gone"])
async def edits(ctx: Ctx, params: MessageEditsParams) -> MessageEdits:
    """What a message said before it was edited, oldest first. ``gone`` when it was unsent.

    ``more``: there are more than fit; ask again with ``after``, the id of the last.
    """
    found = access.not_unsent(await access.message(ctx, params.id))
    former = await changes.edits(ctx.ports.db, found.id, after=params.after, limit=MOST_EDITS + 1)
    texts_before = [
        FormerText(each.id, each.previous_content, wire_time(each.edited_at), each.edited_by)
        for each in former[:MOST_EDITS]
    ]
    page = pages.first(texts_before, ctx.ports.limits.page_bytes)
    return MessageEdits(found.id, page, more=len(page) < len(former) or UNSET)
