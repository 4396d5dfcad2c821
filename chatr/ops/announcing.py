"""Telling people that somebody's account changed."""

from __future__ import annotations

from chatr.api.events import USER_UPDATED, UserUpdated
from chatr.ops import audience, visibility
from chatr.ops.ports import Ctx
from chatr.store.people import Person
from chatr.store.pool import Transaction


def changed(ctx: Ctx, tx: Transaction, person: Person) -> None:
    """Tell the person's other sessions, once the change is committed."""
    updated = UserUpdated(user=visibility.me(person))
    tx.emit(USER_UPDATED, updated, [audience.person(person.id)], exclude=ctx.caller.connection)
