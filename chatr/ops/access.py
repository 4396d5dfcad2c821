"""What the caller names, or the refusal: one place for who may have it, and for what is said to whoever may not.

What somebody may not see is refused like what is not there: ids tell nothing.
"""

from __future__ import annotations

from typing import TypeVar

from chatr.api.context import Uploaded
from chatr.api.errors import ApiError
from chatr.api.model import Message
from chatr.ops.ports import Ctx
from chatr.store.conversations import conversations
from chatr.store.conversations.conversations import Scene
from chatr.store.conversations.views import View
from chatr.store.groups.groups import GroupRow
from chatr.store.messages import changes, messages
from chatr.store.messages.changes import Held
from chatr.store.messages.messages import Watermarks
from chatr.store.people import friends
from chatr.store.people.friends import FriendshipRow
from chatr.store.pool import Queryable, Transaction

_Found = TypeVar("_Found")
_M = TypeVar("_M", Message, Held)


def own_account(found: _Found | None) -> _Found:
    """Return the caller's own account, if found. Raises ``unauthenticated``: it was deleted since they called."""
    if found is None:
        raise ApiError("unauthenticated", "The account no longer exists")
    return found


def somebody(found: _Found | None) -> _Found:
    """Return a person who was looked for, if found. Raises ``not_found``."""
    if found is None:
        raise ApiError("not_found", "There is no such user")
    return found


async def friendship(ctx: Ctx, db: Queryable, friendship_id: str) -> FriendshipRow:
    """Find a friendship or request of the caller. Raises ``not_found``."""
    found = await friends.by_id(db, friendship_id, ctx.caller.user_id)
    if found is None:
        raise ApiError("not_found", "There is no such request or friendship")
    return found


def no_conversation() -> ApiError:
    """Make the refusal for a conversation that is not there, or that the caller is not in."""
    return ApiError("not_found", "There is no such conversation")


def no_group() -> ApiError:
    """Make the refusal for a group that is not there, or that the caller has nothing to do with."""
    return ApiError("not_found", "There is no such group")


def group(found: GroupRow | None) -> GroupRow:
    """Return a group that was looked for, if found; whether the caller may have it say the rules of groups.

    Raises ``not_found``.
    """
    if found is None:
        raise no_group()
    return found


async def conversation(ctx: Ctx, db: Queryable, conversation_id: str) -> View:
    """Find a conversation of the caller. Raises ``not_found``."""
    return there(await conversations.by_id(db, ctx.caller.user_id, conversation_id))


async def direct_conversation(ctx: Ctx, user_id: str) -> View:
    """Find the caller's conversation with a person. Raises ``not_found``."""
    return there(await conversations.with_user(ctx.ports.db, ctx.caller.user_id, user_id))


async def held_conversation(ctx: Ctx, tx: Transaction, conversation_id: str) -> View:
    """Find a conversation of the caller, which nobody writes to until the transaction ends. Raises ``not_found``."""
    conversations.lock(tx, conversation_id)
    return await conversation(ctx, tx, conversation_id)


async def scene(ctx: Ctx, conversation_id: str) -> Scene:
    """Find what signals have to know of a conversation of the caller. Raises ``not_found``."""
    return there(await conversations.scene(ctx.ports.db, conversation_id, ctx.caller.user_id))


async def marks(ctx: Ctx, conversation_id: str) -> Watermarks:
    """Find the watermarks of a conversation of the caller. Raises ``not_found``."""
    return there(await messages.marks(ctx.ports.db, conversation_id, ctx.caller.user_id))


async def message(ctx: Ctx, message_id: str) -> Message:
    """Find a message of one of the caller's conversations. Raises ``not_found``."""
    return message_there(await messages.by_id(ctx.ports.db, ctx.caller.user_id, message_id))


async def held_message(ctx: Ctx, tx: Transaction, message_id: str) -> Held:
    """Find a message of the caller's, to whose conversation nobody writes until the transaction ends.

    Raises ``not_found``.
    """
    return message_there(await changes.hold(tx, ctx.caller.user_id, message_id))


async def message_as_it_is(ctx: Ctx, tx: Transaction, held: Held) -> Message:
    """Read a message that is held as the caller sees it by now."""
    return message_there(await messages.of(tx, held.id, ctx.caller.user_id))


def uploaded(ctx: Ctx) -> Uploaded:
    """Return the file that came with the call. Raises ``unsupported_media``: none did."""
    if ctx.uploaded is None:
        raise ApiError("unsupported_media", "Send the file as multipart/form-data")
    return ctx.uploaded


def no_file() -> ApiError:
    """Make the refusal for a file that is not there, or that the caller may not have."""
    return ApiError("not_found", "There is no such file")


def not_unsent(found: _M) -> _M:
    """Return a message. Raises ``gone`` when it was taken back."""
    if found.unsent:
        raise ApiError("gone", "The message was unsent")
    return found


def there(found: _Found | None) -> _Found:
    """Return what the caller has of a conversation, if anything. Raises ``not_found``."""
    if found is None:
        raise no_conversation()
    return found


def message_there(found: _Found | None) -> _Found:
    if found is None:
        raise ApiError("not_found", "There is no such message")
    return found
