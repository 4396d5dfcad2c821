"""Who carries letters of which channel, as the operator chose."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from chatr.config import Config
from chatr.fetch import Fetcher
from chatr.outbound.letters import Channel
from chatr.outbound.senders import LetterSender, OutboxSender
from chatr.outbound.sms import GatewaySender


def channels(config: Config, reactor: Any, outbox: Path, now: Callable[[], datetime]) -> dict[Channel, LetterSender]:
    """The channels that there are, each with its sender."""
    home = config.server.public_url
    files = OutboxSender(outbox, sender=config.mail.sender, now=now, home=home)
    senders: dict[Channel, LetterSender] = {"email": files}
    if config.mail.transport == "smtp":
        # With the mail of Twisted, which nobody else needs in memory.
        from chatr.outbound.smtp import SmtpSender

        senders["email"] = SmtpSender(reactor, config.mail, now=now, home=home)
    if config.sms_transport == "outbox":
        senders["sms"] = files
    elif config.sms_transport == "http":
        senders["sms"] = GatewaySender(Fetcher(reactor), config.sms)
    return senders
