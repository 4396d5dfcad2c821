"""Mail in development: each message becomes a file in the outbox, readable there and at /dev/mail."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Protocol

from twisted.logger import Logger

log = Logger()


class Mailer(Protocol):
    """Takes mail that is to leave. Never keeps the caller waiting for a mail server."""

    def send(self, to: str, subject: str, text: str) -> None:
        """Hand one mail over."""


class OutboxMailer:
    """Writes mail to ``<outbox>/<time>-<number>.eml``, readable by the server's account only."""

    def __init__(self, outbox: Path, *, sender: str, now: Callable[[], datetime]) -> None:
        self._outbox = outbox
        self._sender = sender
        self._now = now
        self._count = 0

    def send(self, to: str, subject: str, text: str) -> None:
        """Write one mail; the log names the file and never what it says."""
        message = EmailMessage()
        message["From"] = self._sender
        message["To"] = to
        message["Subject"] = subject
        message["Date"] = format_datetime(self._now())
        message.set_content(text)
        self._count += 1
        path = self._outbox / f"{self._now():%Y%m%dT%H%M%S.%f}-{self._count:04d}.eml"
        partial = path.with_suffix(".part")
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(bytes(message))
        # Readers list *.eml: they never see half a mail.
        partial.rename(path)
        log.info("mail written to {path}", path=str(path), subject=subject)
