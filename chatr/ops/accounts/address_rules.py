"""E-mail addresses and phone numbers: their form, which of them a login is, and how they are shown to others.

Whose they are, without regard to case and once they are confirmed, says store/accounts/accounts.py ``address_taken``.
"""

from __future__ import annotations

import re
from typing import Annotated

import phonenumbers
from msgspec import Meta

from chatr.api.errors import invalid

#: As they are sent. Space around them is left to the functions below; longer ones are refused unseen.
Email = Annotated[str, Meta(max_length=320, description="An e-mail address.", extra_json_schema={"format": "email"})]
PhoneNumber = Annotated[
    str,
    Meta(
        max_length=32,
        description=(
            "A phone number that exists, where this server can send SMS, with + and its country code unless it is one "
            "of the server's region."
        ),
    ),
]
#: Deliberately loose: the proof of an address is the code that arrives there.
EMAIL = re.compile(r"[^\s@\x00-\x1f<>\"(),:;\\\[\]]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?\Z")
#: An address that a caller may not know.
MASKED = "***"


def email(text: str) -> str:
    """An e-mail address, trimmed."""
    address = text.strip()
    if not EMAIL.match(address) or ".." in address or not address.isprintable():
        raise invalid("$.email", "is not an e-mail address")
    return address


def phone(text: str, region: str) -> str:
    """A phone number in E.164 (``+4930123456``). Without a leading + it is one of the configured region."""
    number = _phone(text, region)
    if number is None:
        hint = "" if region else ", with + and its country code"
        raise invalid("$.phoneNumber", f"is not a phone number{hint}")
    return number


def login(text: str, region: str) -> dict[str, str]:
    """What somebody may mean who signs in as ``text``: ``email``, ``username``, ``phone_number``, else empty.

    Of several accounts that fit store/accounts/accounts.py ``by_login`` says which it is.
    """
    is_email = "@" in text[1:]
    return {
        "email": text if is_email else "",
        "username": "" if is_email else "@" + text.removeprefix("@"),
        "phone_number": "" if "@" in text else _phone(text, region) or "",
    }


def _phone(text: str, region: str) -> str | None:
    try:
        parsed = phonenumbers.parse(text, region or None)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(parsed) or parsed.extension:
        return None
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))


def masked(address: str) -> str:
    """An address that its owner recognises and nobody else can read: ``a***@example.org``, ``+49***56``."""
    local, at, domain = address.partition("@")
    return f"{local[:1]}***@{domain}" if at else f"{address[:3]}***{address[-2:]}"
