"""Rules for the fields that people fill in: usernames, passwords, addresses, names, codes.

Each raises ``invalid`` with the path of its field.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated, Literal

import phonenumbers
import regex
from msgspec import Meta
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from chatr.api.errors import invalid
from chatr.ops.messages import texts

Gender = Literal["male", "female", "non-binary", "prefer-not-to-say"]
MAX_NAME = 50
#: Of what composes to a name. Composing takes the square of the length, where the text is made for that.
MAX_DECOMPOSED = 4 * MAX_NAME
#: Bounded by :func:`cleaned`, since letters and marks that come apart count as what they compose to.
Name = Annotated[
    str,
    Meta(
        extra_json_schema={"maxLength": MAX_NAME},
        description=(
            "Kept in Unicode's normal form C, without space around it. No control characters, line ends or marks that "
            "change the direction of text, and not only invisible characters."
        ),
    ),
]
#: As they are sent. Space around an address, the letters of a password and the like are looked at by the functions
#: below; longer ones are refused unseen, but for new passwords, of which they say the bounds.
Username = Annotated[
    str, Meta(pattern="^@?[A-Za-z0-9_]{3,20}$", min_length=3, max_length=21, description="Words of this API are taken.")
]
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
NewPassword = Annotated[
    str,
    Meta(
        min_length=8,
        max_length=128,
        description=(
            "With an upper-case letter and a special character, or 16 characters and more. None of the commonest, also "
            "without what stands behind its last letter, nor the username or e-mail address."
        ),
    ),
]
#: One that is compared: those of earlier rules too.
Password = Annotated[str, Meta(max_length=512)]
Code = Annotated[str, Meta(pattern="^[0-9]{6}$", min_length=6, max_length=6)]
RecoveryCode = Annotated[str, Meta(min_length=10, max_length=32)]
Secret = Annotated[str, Meta(min_length=1, max_length=4096)]

#: Controls, half characters, line ends, and what embeds, overrides or isolates a direction.
_STRANGE = regex.compile(r"[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u206f\ufff9-\ufffb]")
USERNAME = re.compile(r"[A-Za-z0-9_]{3,20}\Z")
#: Deliberately loose: the proof of an address is the code that arrives there.
EMAIL = re.compile(r"[^\s@\x00-\x1f<>\"(),:;\\\[\]]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?\Z")

MIN_PASSWORD, MAX_PASSWORD = 8, 128
#: From here on a password may be of any kind of characters.
LONG_PASSWORD = 16
#: What is left of a password without its tail says something about it if it has so many characters.
MIN_COMMON = 4
COMMON_PASSWORDS = frozenset(FREQUENCY_LISTS["passwords"])

#: An address that a caller may not know.
MASKED = "***"


def username(text: str, reserved: frozenset[str]) -> str:
    """The stored form: @ and 3 to 20 letters, digits or underscores, as typed. Words of ``reserved`` are nobody's."""
    bare = text.removeprefix("@")
    if not USERNAME.match(bare):
        raise invalid("$.username", "must be 3 to 20 letters, digits or underscores")
    if bare.lower() in reserved:
        raise invalid("$.username", "is reserved")
    return "@" + bare


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
    """What somebody may mean who signs in as ``text``: ``email``, ``username``, ``phone_number``, else empty."""
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


def cleaned(text: str | None, path: str) -> str | None:
    """A name as it is stored: NFC, without space around it; None when nothing is left.

    Raises ``invalid`` for what would end a line, turn text round, or show nothing: others see it in lists and logs.
    """
    if len(text or "") > MAX_DECOMPOSED:
        raise invalid(path, f"has more than {MAX_NAME} characters")
    name = unicodedata.normalize("NFC", text or "")
    if _STRANGE.search(name):
        raise invalid(path, "has control characters, line ends or marks that change the direction of text")
    name = name.strip()
    if len(name) > MAX_NAME:
        raise invalid(path, f"has more than {MAX_NAME} characters")
    if name and not texts.visible(name):
        raise invalid(path, "has only invisible characters")
    return name or None


def tidied(text: str) -> str:
    """A name from elsewhere, made into one that :func:`cleaned` takes; empty when nothing is left."""
    name = " ".join(_STRANGE.sub(" ", unicodedata.normalize("NFC", text)).split())[:MAX_NAME].strip()
    return name if texts.visible(name) else ""


def display_name(text: str | None, first_name: str | None, last_name: str | None, username: str) -> str:
    """What a person is shown as: what they chose, else first and last name, else the username."""
    names = " ".join(name for name in (first_name, last_name) if name)
    # Two full names may be longer than what a display name may have.
    return cleaned(text, "$.displayName") or names[:MAX_NAME].strip() or username.removeprefix("@")


def password(text: str, *, username: str, email: str) -> str:
    """A new password: hard to guess by its length or its kinds of characters, not common, not the person's own name."""
    if not MIN_PASSWORD <= len(text) <= MAX_PASSWORD:
        raise invalid("$.password", f"must have {MIN_PASSWORD} to {MAX_PASSWORD} characters")
    if len(text) < LONG_PASSWORD and not any(character.isupper() for character in text):
        raise invalid("$.password", f"must contain an upper-case letter, or have {LONG_PASSWORD} characters and more")
    if len(text) < LONG_PASSWORD and all(character.isalnum() for character in text):
        raise invalid("$.password", f"must contain a special character, or have {LONG_PASSWORD} characters and more")
    forms = _without_tail(text.lower())
    if forms & {username.lower(), username.lower().removeprefix("@"), email.lower()}:
        raise invalid("$.password", "must differ from the username and the e-mail address")
    if any(len(form) >= MIN_COMMON and form in COMMON_PASSWORDS for form in forms):
        raise invalid("$.password", "is one of the commonest passwords")
    return text


def _without_tail(text: str) -> set[str]:
    """A text, and what is left of it without any of the digits and signs at its end, down to its last letter.

    "Abc123!" is as common as "abc123" is, and "Password1!" as "password".
    """
    last = max((place for place, character in enumerate(text) if character.isalpha()), default=len(text) - 1)
    return {text[:end] for end in range(last + 1, len(text) + 1)}


def masked(address: str) -> str:
    """An address that its owner recognises and nobody else can read: ``a***@example.org``, ``+49***56``."""
    local, at, domain = address.partition("@")
    return f"{local[:1]}***@{domain}" if at else f"{address[:3]}***{address[-2:]}"
