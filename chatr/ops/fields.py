"""Rules for the fields that people fill in. Each raises ``invalid`` with the path of its field."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from msgspec import Meta

from chatr.api.errors import invalid

Gender = Literal["male", "female", "non-binary", "prefer-not-to-say"]
Name = Annotated[str, Meta(max_length=50)]
Code = Annotated[str, Meta(pattern="^[0-9]{6}$", min_length=6, max_length=6)]
Secret = Annotated[str, Meta(min_length=1, max_length=4096)]

USERNAME = re.compile(r"[A-Za-z0-9_]{3,20}\Z")
#: Deliberately loose: the proof of an address is the code that arrives there.
EMAIL = re.compile(r"[^\s@\x00-\x1f<>\"(),:;\\\[\]]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?\Z")

MIN_PASSWORD, MAX_PASSWORD = 8, 128


def username(text: str) -> str:
    """The stored form: @ and 3 to 20 letters, digits or underscores, as typed."""
    bare = text.removeprefix("@")
    if not USERNAME.match(bare):
        raise invalid("$.username", "must be 3 to 20 letters, digits or underscores")
    return "@" + bare


def email(text: str) -> str:
    """An e-mail address, trimmed."""
    address = text.strip()
    if not EMAIL.match(address) or ".." in address:
        raise invalid("$.email", "is not an e-mail address")
    return address


def password(text: str, *, username: str, email: str) -> str:
    """A new password: long enough, an upper-case letter, a special character, and not the person's own name."""
    if not MIN_PASSWORD <= len(text) <= MAX_PASSWORD:
        raise invalid("$.password", f"must have {MIN_PASSWORD} to {MAX_PASSWORD} characters")
    if not any(character.isupper() for character in text):
        raise invalid("$.password", "must contain an upper-case letter")
    if all(character.isalnum() or character.isspace() for character in text):
        raise invalid("$.password", "must contain a special character")
    if text.lower() in (username.lower(), username.lower().removeprefix("@"), email.lower()):
        raise invalid("$.password", "must differ from the username and the e-mail address")
    return text


def masked(address: str) -> str:
    """An e-mail address that its owner recognises and nobody else can read: ``a***@example.org``."""
    local, _, domain = address.partition("@")
    return f"{local[:1]}***@{domain}"
