"""The gate that every code passes on its way out, whatever it is for: nobody can have a stranger flooded.

Where a refusal would tell whether an account exists (password.forgot, account.resend_code) it is asked behind the
answer, which takes the same time either way, by ops/accounts/verification.py ``carry_out``. A login tells nothing by
auth/password_hashes.py ``compare``.
"""

from __future__ import annotations

from chatr.api.context import Caller
from chatr.api.errors import ApiError
from chatr.auth.code_hashes import Codes
from chatr.networks import caller_key, on_this_machine
from chatr.store.accounts import code_sends
from chatr.store.accounts.codes import Sent
from chatr.store.pool import Transaction

#: To one address three in five minutes, a minute apart; one account or network has ten sent an hour.
PACE = code_sends.Pace(apart_s=60, per_target=3, target_window_s=300, per_sender=10, sender_window_s=3600)
#: Who has codes sent, as :meth:`CodeGate.pass_` counts them; empty: not counted.
Sender = str


class CodeGate:
    """Counts codes in the database: every process counts the same, and a restart forgets nothing."""

    def __init__(self, codes: Codes, *, enabled: bool, exempt_loopback: bool) -> None:
        """``enabled``, ``exempt_loopback``: whether senders are counted, and those on this machine (config.Limits).

        What one address gets is always counted.
        """
        self._codes = codes
        self._enabled = enabled
        self._exempt_loopback = exempt_loopback

    def account(self, user_id: str) -> Sender:
        """Somebody who is signed in, or has just confirmed an address."""
        return f"account:{user_id}" if self._enabled else ""

    def stranger(self, caller: Caller) -> Sender:
        """Somebody who has shown nothing: all that is known is the network that they call from."""
        if not self._enabled or (self._exempt_loopback and on_this_machine(caller.address)):
            return ""
        return f"address:{caller_key(caller.address)}"

    def signing_in(self, caller: Caller, user_id: str) -> Sender:
        """Somebody who knows the password of an account.

        By network too: who has found out a password must not use up what its owner needs to sign in.
        """
        network = self.stranger(caller)
        return f"login:{user_id}:{network}" if network else ""

    async def pass_(self, tx: Transaction, to: Sent, sender: Sender, purpose: str) -> None:
        """Let a code leave. Raises ``rate_limited``, with ``retry_after_s``, when none may leave now."""
        wait_s = await self.wait(tx, to, sender, purpose)
        if wait_s is not None:
            detail = f"No more codes can be sent there at the moment: try again in {wait_s} s"
            raise ApiError("rate_limited", detail, retry_after_s=wait_s)

    async def wait(self, tx: Transaction, to: Sent, sender: Sender, purpose: str) -> int | None:
        """The same; the seconds until a code may leave, or None when this one may."""
        # Anybody may ask for codes that reset a password: one of what an address gets is left for its owner's sign-in.
        spare = 1 if purpose == "reset" else 0
        hashed = self._codes.key(f"sender:{sender}") if sender else None
        return await code_sends.take(tx, self._codes.key(_name(to)), hashed, PACE, spare=spare)

    async def entered(self, tx: Transaction, to: Sent) -> None:
        """Whoever reads what goes to an address has entered a code from there: it was wanted, and keeps back no other.

        Otherwise nobody could sign in within a minute after they registered.
        """
        await code_sends.release(tx, self._codes.key(_name(to)))


def _name(to: Sent) -> str:
    return f"target:{to.channel}:{to.target.strip().lower()}"
