"""What codes are like, how long they are good, and how many wrong ones make them void.

One lives for each person and purpose, and what has run out or was voided stays so: store/accounts/codes.py ``again``.
How they are made, kept and compared says auth/code_hashes.py, how often one may be sent services/code_gate.py.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from msgspec import Meta

from chatr.ops.ports import Ports

Code = Annotated[str, Meta(pattern="^[0-9]{6}$", min_length=6, max_length=6)]
RecoveryCode = Annotated[str, Meta(min_length=10, max_length=32)]
Secret = Annotated[str, Meta(min_length=1, max_length=4096)]
#: A sign-in that is half done lives this long at most.
CHALLENGE_S = 600
#: Wrong answers after which a code is void.
ATTEMPTS = 5
#: Wrong answers after which a reset is void for all places together that the account does not know.
STRANGERS_ATTEMPTS = 20
WRONG = "The code is wrong or no longer valid"


def expiry(ports: Ports, now: datetime, purpose: str) -> datetime:
    """Until when a code of a purpose that is made now is good."""
    return now + timedelta(seconds=lifetime_s(ports, purpose))


def lifetime_s(ports: Ports, purpose: str) -> int:
    """For how many seconds a code of a purpose is good: the setting ``auth.code_s``."""
    return min(CHALLENGE_S, ports.accounts.settings.code_s) if purpose == "login" else ports.accounts.settings.code_s
