"""Mail by SMTP, on twisted.mail."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from email import policy
from email.utils import parseaddr
from io import BytesIO
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.ssl import Certificate, optionsForClientTLS, trustRootFromCertificates
from twisted.mail.smtp import ESMTPSenderFactory, SMTPClientError
from twisted.python.failure import Failure

from chatr.config import MailSettings
from chatr.outbound.letters import Letter, mail
from chatr.outbound.senders import NotSent

TIMEOUT_S = 60.0
_CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


class _Factory(ESMTPSenderFactory):
    """Tells when its connection is gone, so that a sent mail leaves no open connection behind."""

    noisy = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.closed: Deferred[None] = Deferred()

    def clientConnectionFailed(self, connector: Any, err: Failure) -> None:
        super().clientConnectionFailed(connector, err)
        self.closed.callback(None)

    def clientConnectionLost(self, connector: Any, err: Failure) -> None:
        super().clientConnectionLost(connector, err)
        self.closed.callback(None)


class SmtpSender:
    """Hands mail to one relay: ``starttls`` (refused without it), ``tls`` from the start, or ``none``."""

    def __init__(self, reactor: Any, settings: MailSettings, *, now: Callable[[], datetime], home: str = "") -> None:
        """``home``: where the web client is (server.public_url)."""
        self._home = home
        self._reactor = reactor
        self._settings = settings
        self._now = now
        self._trust = _trust(settings.smtp_ca_file)

    async def send(self, letter: Letter) -> None:
        """Hand one mail over. An answer of 5xx is final, all else may be tried again."""
        settings = self._settings
        message = mail(letter, sender=settings.sender, at=self._now(), home=self._home)
        # twisted.mail turns LF into CRLF itself.
        content = message.as_bytes(policy=policy.SMTP.clone(linesep="\n"))
        sent: Deferred[Any] = Deferred()
        try:
            factory = _Factory(
                settings.smtp_username.encode() or None,
                settings.smtp_password.encode() or None,
                parseaddr(settings.sender)[1].encode("ascii"),
                letter.to.encode("ascii"),
                BytesIO(content),
                sent,
                retries=0,
                timeout=TIMEOUT_S,
                contextFactory=self._context() if settings.smtp_security == "starttls" else None,
                requireAuthentication=bool(settings.smtp_username),
                requireTransportSecurity=settings.smtp_security == "starttls",
                heloFallback=settings.smtp_security != "starttls" and not settings.smtp_username,
            )
        except UnicodeEncodeError:
            raise NotSent("the address is not plain ASCII", final=True) from None
        host, port = settings.smtp_host, settings.smtp_port
        if settings.smtp_security == "tls":
            connector = self._reactor.connectSSL(host, port, factory, self._context(), timeout=TIMEOUT_S)
        else:
            connector = self._reactor.connectTCP(host, port, factory, timeout=TIMEOUT_S)
        give_up = self._reactor.callLater(2 * TIMEOUT_S, connector.disconnect)
        try:
            await sent
        except SMTPClientError as error:
            raise _not_sent(error) from None
        finally:
            connector.disconnect()
            await factory.closed
            if give_up.active():
                give_up.cancel()

    def _context(self) -> Any:
        # A new one each time: its validation is bound to one connection.
        return optionsForClientTLS(self._settings.smtp_host, trustRoot=self._trust)


def _not_sent(error: SMTPClientError) -> NotSent:
    # Never str(error): it holds the whole conversation, with the password in it.
    answer = error.resp.decode("ascii", "replace") if isinstance(error.resp, bytes) else str(error.resp)
    code = error.code if isinstance(error.code, int) else -1
    return NotSent(f"{code} {answer}"[:500] if code > 0 else answer[:500], final=500 <= code < 600)


def _trust(ca_file: str) -> Any:
    if not ca_file:
        return None
    found = _CERTIFICATE.findall(Path(ca_file).read_bytes())
    return trustRootFromCertificates([Certificate.loadPEM(certificate) for certificate in found])
