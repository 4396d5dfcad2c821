"""What every carrier of letters looks like, and the one for development: files in the outbox."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Protocol

from twisted.logger import Logger

from chatr.outbound.letters import Letter, mail, sms

log = Logger()


class NotSent(Exception):
    """The letter was not taken. ``final``: trying again won't help. The sentence never holds what was sent."""

    def __init__(self, reason: str, *, final: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.final = final


class LetterSender(Protocol):
    """Carries letters of one channel."""

    async def send(self, letter: Letter) -> None:
        """Returns once the other side has taken responsibility. Raises :class:`NotSent`."""


class OutboxSender:
    """Writes each letter to ``<outbox>/<time>-<number>.eml``, readable by the server's account only."""

    def __init__(self, outbox: Path, *, sender: str, now: Callable[[], datetime], home: str = "") -> None:
        """``home``: where the web client is (server.public_url)."""
        self._outbox = outbox
        self._sender = sender
        self._home = home
        self._now = now
        self._numbers = count(1)

    async def send(self, letter: Letter) -> None:
        """Write one letter; the log names the file and never what it says."""
        now = self._now()
        message = mail(letter, sender=self._sender, at=now, home=self._home)
        if letter.channel == "sms":
            message.replace_header("Subject", "SMS")
            message.clear_content()
            message.set_content(sms(letter) + "\n")
        path = self._outbox / f"{now:%Y%m%dT%H%M%S.%f}-{next(self._numbers):04d}.eml"
        partial = path.with_suffix(".part")
        try:
            descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(bytes(message))
            # Readers list *.eml: they never see half a letter.
            partial.rename(path)
        except OSError as error:
            raise NotSent(f"can't write to the outbox: {error.strerror}") from None
        log.info("{channel} written to {path}", channel=letter.channel, path=str(path))
