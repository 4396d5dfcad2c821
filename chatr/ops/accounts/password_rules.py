"""What a new password has to be; how many wrong ones lock says ops/sessions/lockout.py."""

from __future__ import annotations

from functools import cache
from typing import Annotated

from msgspec import Meta

from chatr.api.errors import invalid

#: As it is sent: :func:`checked` says the bounds.
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
MIN_PASSWORD, MAX_PASSWORD = 8, 128
#: From here on a password may be of any kind of characters.
LONG_PASSWORD = 16
#: What is left of a password without its tail says something about it if it has so many characters.
MIN_COMMON = 4


def checked(text: str, *, username: str, email: str) -> str:
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
    if any(len(form) >= MIN_COMMON and form in common_passwords() for form in forms):
        raise invalid("$.password", "is one of the commonest passwords")
    return text


@cache
def common_passwords() -> frozenset[str]:
    """The commonest passwords. They are read when somebody chooses one: with what comes with them they take 12 MB."""
    from zxcvbn.frequency_lists import FREQUENCY_LISTS

    return frozenset(FREQUENCY_LISTS["passwords"])


def _without_tail(text: str) -> set[str]:
    """A text, and what is left of it without any of the digits and signs at its end, down to its last letter.

    "Abc123!" is as common as "abc123" is, and "Password1!" as "password".
    """
    last = max((place for place, character in enumerate(text) if character.isalpha()), default=len(text) - 1)
    return {text[:end] for end in range(last + 1, len(text) + 1)}
