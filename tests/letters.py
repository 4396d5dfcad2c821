"""What a server has written to its outbox."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

_CODE = re.compile(r"\b[0-9]{6}\b")


def letters(outbox: Path, *, newest_first: bool = False) -> Iterator[tuple[str, str]]:
    """Mail: whom to, and the text. Each is read when it is asked for, as reading one takes milliseconds."""
    for path in sorted(outbox.glob("*.eml"), reverse=newest_first):
        mail = message_from_bytes(path.read_bytes(), policy=policy.default)
        assert isinstance(mail, EmailMessage)
        body = mail.get_body(("plain",))
        assert body is not None
        yield mail["To"], body.get_content()


def last_code(outbox: Path, email: str) -> str:
    """The code in the newest mail to an address."""
    text = next(text for to, text in letters(outbox, newest_first=True) if to == email)
    found = _CODE.search(text)
    assert found is not None
    return found[0]
