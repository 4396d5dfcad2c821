"""Ending sessions: what every way of signing out ends with.

Other nodes hear of it by the broker, and find it in the database within a second all the same: services/revocations.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from chatr.api.events.sessions import SessionRevoked
from chatr.ops.ports import Ctx
from chatr.realtime.rooms import person_room, session_room
from chatr.store.accounts import codes
from chatr.store.pool import Transaction
from chatr.store.sessions import sessions

_SENTENCES = {
    "logout": "Signed out",
    "revoked": "Signed out from another device",
    "refresh_token_reused": "A refresh token was used twice: sign in again",
    "password_changed": "The password was changed: sign in again",
    "account_deleted": "The account was deleted",
    "account_disabled": "The account was disabled",
    "address_restored": "A change of the account's addresses was undone: set a new password",
    "ended_by_operator": "Signed out by the operator of the server",
}


async def end(ctx: Ctx, tx: Transaction, user_id: str, session_id: str, reason: str) -> None:
    """End one session: its tokens, its tickets, and with the commit its open connections on every node."""
    if await sessions.revoke(tx, session_id, reason):
        _announce(ctx, tx, user_id, [session_id], reason)


async def end_all(ctx: Ctx, tx: Transaction, user_id: str, reason: str, *, but: str = "") -> int:
    """End all sessions of a person, or all but one, and the sign-ins that are half done; how many sessions."""
    await codes.delete(tx, user_id, "login")
    ended = await sessions.revoke_all(tx, user_id, reason, but=but)
    _announce(ctx, tx, user_id, ended, reason)
    return len(ended)


def _announce(ctx: Ctx, tx: Transaction, user_id: str, session_ids: Sequence[str], reason: str) -> None:
    publisher, sentence = ctx.ports.live.publisher, _SENTENCES[reason]
    for session_id in session_ids:
        tx.tell(SessionRevoked(session_id, reason), [person_room(user_id)], exclude=ctx.caller.connection)
    for session_id in session_ids:
        # After the events: those who are cut off are told why before.
        tx.then(partial(publisher.end, session_room(session_id), "unauthenticated", sentence))
