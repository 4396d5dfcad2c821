"""The end of an account: what goes with it, and what stays.

What is personal says store/accounts/accounts.py ``erase``, how friends and others are told ops/people/announcing.py
``erased``. What they wrote stays, or is erased by services/eraser.py: the setting ``messages.erase_deleted``.
"""

from __future__ import annotations

from chatr.api.contract import USERS, Rate, Route, operation
from chatr.api.model import Empty, Params
from chatr.ops.accounts import verification
from chatr.ops.people import announcing
from chatr.ops.ports import Ctx
from chatr.ops.sessions import proving, sign_out
from chatr.store.accounts import accounts
from chatr.store.conversations import conversations
from chatr.store.files import files
from chatr.store.messages import erasing
from chatr.store.people import relations


class AccountDeleteParams(Params, frozen=True, kw_only=True):
    """The password, as proof. Accounts that have none must have signed in within the last ten minutes."""

    password: proving.OwnPassword | None = None


@operation("account.delete", Route("DELETE", "/users/me"), USERS, errors=proving.ERRORS, rate=Rate(10, 900))
async def delete(ctx: Ctx, params: AccountDeleteParams) -> Empty:
    """Delete the caller's account for ever. Personal data goes, with it all files that they have sent.

    Messages stay, from "Deleted user", or are erased one after the other, as the operator has chosen.
    """
    known = await proving.owner_by_password(ctx, params.password)
    async with ctx.ports.db.transaction() as tx:
        await relations.lock_all(tx, known.person.id)
        await proving.hold(tx, known)
        text, advice = "Your account was deleted, and your personal data with it.", "tell the operator of the server"
        await verification.notify(ctx, tx, known.person, "Your account was deleted", text, advice)
        await sign_out.end_all(ctx, tx, known.person.id, "account_deleted")
        circle = (await relations.circles(tx, [known.person.id]))[known.person.id]
        erased = await accounts.erase(tx, known.person.id)
        await files.let_go(tx, files.image_ids(known.person.profile_image, known.person.cover_image))
        await files.let_go_unsent(tx, known.person.id)
        await conversations.desert(tx, known.person.id)
        await announcing.erased(ctx, tx, known.person, erased, circle)
        await erasing.begin(tx, known.person.id, texts=ctx.ports.messages.settings.erase_deleted)
        tx.then(ctx.ports.messages.eraser.wake)
        tx.then(ctx.ports.files.keeper.wake)
    return Empty()
