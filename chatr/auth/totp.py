"""Second factors: time-based codes (RFC 6238) on pyotp, and the recovery codes for a lost authenticator.

That each works once says store/sessions/second_factor.py.
"""

from __future__ import annotations

import hmac
import secrets
from datetime import datetime

import pyotp

ISSUER = "Chatr"
STEP_S = 30
#: Clocks differ: the codes of the neighbouring steps are good too.
WINDOW = 1
RECOVERY_CODES = 10
#: Without letters and digits that look alike.
_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"


def new_secret() -> str:
    """A secret of 160 bits, as base32."""
    return pyotp.random_base32()


def step(secret: str, code: str, at: datetime) -> int | None:
    """The time step whose code this is, within the window; None when it is none of them. In constant time."""
    totp = pyotp.TOTP(secret, interval=STEP_S)
    now = int(at.timestamp()) // STEP_S
    found = None
    for candidate in range(now - WINDOW, now + WINDOW + 1):
        if hmac.compare_digest(totp.generate_otp(candidate), code):
            found = candidate
    return found


def uri(secret: str, username: str) -> str:
    """What authenticators read: ``otpauth://totp/…``."""
    return pyotp.TOTP(secret, interval=STEP_S).provisioning_uri(name=username, issuer_name=ISSUER)


def qr_code(uri: str) -> str:
    """The same as a picture, a data URI of a PNG. Takes milliseconds: call it off the reactor thread."""
    # Few ever ask: until then its tables need not be in memory.
    import segno

    return str(segno.make(uri, error="m").png_data_uri(scale=6, border=4, light="white"))


def new_recovery_codes() -> list[str]:
    """Ten codes of 49 bits, ``xxxxx-xxxxx``."""
    return ["-".join(_letters(5) for _ in range(2)) for _ in range(RECOVERY_CODES)]


def normalised(recovery_code: str) -> str:
    """A recovery code as it is hashed: however it was typed."""
    return "".join(letter for letter in recovery_code.lower() if letter.isalnum())


def _letters(count: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(count))
