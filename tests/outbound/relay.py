"""A real SMTP relay (aiosmtpd) on 127.0.0.1, in a thread of its own, and certificates for it."""

from __future__ import annotations

import logging
import ssl
from datetime import datetime, timedelta, timezone
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, Session
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

# It logs refused handshakes with a traceback; the tests look at what our side makes of them.
logging.getLogger("mail.log").disabled = True

HOST = "127.0.0.1"
USERNAME, PASSWORD = "chatr", "Relay-secret-1"


class _AnyPort(Controller):
    """aiosmtpd makes sure that it answers, and must know on which port it does."""

    def _trigger_server(self) -> None:
        assert self.server is not None
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


class Relay:
    """Takes mail. ``answer``: what it says to the content instead of taking it. ``secure``: none, starttls or tls."""

    def __init__(self, *, secure: str = "none", certificate: Path | None = None, login: bool = False) -> None:
        self.mails: list[EmailMessage] = []
        self.envelopes: list[Envelope] = []
        self.raw: list[bytes] = []
        self.tls: list[bool] = []
        self.logins: list[bytes] = []
        self.answer = ""
        context = None
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
        options: dict[str, Any] = {}
        if secure == "starttls":
            options.update(tls_context=context, require_starttls=True)
        if login:
            options.update(authenticator=self._login, auth_required=True, auth_require_tls=secure == "starttls")
        self._options = options
        self._implicit = context if secure == "tls" else None
        self._controller: Controller | None = None
        self.port = 0

    def start(self) -> None:
        """Listen, on the same port as before if there was one."""
        self._controller = _AnyPort(self, hostname=HOST, port=self.port, ssl_context=self._implicit, **self._options)
        self._controller.start()
        self.port = self._controller.port

    def stop(self) -> None:
        """Close the port."""
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:
        """Take one mail."""
        if self.answer:
            return self.answer
        assert isinstance(envelope.original_content, bytes)
        self.raw.append(envelope.original_content)
        self.envelopes.append(envelope)
        self.tls.append(session.ssl is not None or self._implicit is not None)
        self.mails.append(message_from_bytes(envelope.original_content, policy=policy.default))  # type: ignore
        return "250 taken"

    def _login(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        self.logins.append(data.login)
        success = (data.login, data.password) == (USERNAME.encode(), PASSWORD.encode())
        # Not handled: aiosmtpd is to answer 535 itself.
        return AuthResult(success=success, handled=False)


def make_certificate(path: Path) -> Path:
    """A file with a key and a certificate for 127.0.0.1 that is its own authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "relay")])
    now = datetime.now(timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(HOST))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    path.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + certificate.public_bytes(Encoding.PEM)
    )
    return path
