"""The development mailbox: at /dev/mail for people, at /dev/mail.json for scripts. Mail holds codes.

Both are for who works on this machine, as the account that runs the server: neither a page of another site whose name
was pointed to this machine, nor callers of a proxy that passes nothing on of where they are.
"""

from __future__ import annotations

import html
import secrets
from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from hmac import compare_digest
from pathlib import Path
from urllib.parse import parse_qs

import msgspec
from twisted.logger import Logger

from chatr.api import cookies
from chatr.api.errors import ApiError
from chatr.rest.development.machine import from_this_machine
from chatr.rest.exchange import Exchange, absent, as_json
from chatr.rest.http.request import ChatrRequest, bearer
from chatr.rest.pages import html_page, plain

log = Logger()

MAX_MAILS = 100
MAX_BROWSERS = 16
PATH = "/dev/mail"
COOKIE = "chatr_dev_mail"
_TOKEN_BYTES = 24


class Mail(msgspec.Struct, frozen=True):
    """One mail of the outbox."""

    to: str
    subject: str
    text: str
    at: str


class Mailbox:
    """Serves the mails. Scripts have a key; a browser needs an address that works once."""

    def __init__(self, exchange: Exchange, outbox: Path, new_key: Callable[[], str]) -> None:
        self._outbox = outbox
        self._new_key = new_key
        self._key: str | None = None
        self._token = ""
        self._browsers: list[str] = []
        exchange.serve("dev.mail", PATH, self.show, max_body_bytes=0)
        exchange.serve("dev.mail.json", f"{PATH}.json", self.show_json, max_body_bytes=0)

    def open(self) -> None:
        """Make the key of scripts. Only a server does: a command beside it must leave the key as it is."""
        self._key = self._new_key()

    def invitation(self) -> str:
        """The path that opens the mailbox to one browser, once. It replaces the one before."""
        self._token = secrets.token_urlsafe(_TOKEN_BYTES)
        return f"{PATH}?token={self._token}"

    def show(self, request: ChatrRequest, /, **_: str) -> bytes:
        """The mails, newest first."""
        if not from_this_machine(request):
            raise absent()
        if self._admitted(request):
            request.setResponseCode(303)
            request.setHeader("Location", PATH)
            return b""
        if not self._knows(request):
            request.setResponseCode(401)
            text = "<h1>Development mail</h1><p>Open the address that the server has printed last in its log.</p>"
            return html_page(request, plain("Mail", text))
        shown = "".join(
            f"<section><h2>{html.escape(mail.subject)}</h2><p>To {html.escape(mail.to)}, {html.escape(mail.at)}</p>"
            f"<pre>{html.escape(mail.text)}</pre></section>"
            for mail in self._mails()
        )
        return html_page(request, plain("Mail", f"<h1>Development mail</h1>{shown or '<p>No mail yet.</p>'}"))

    def show_json(self, request: ChatrRequest, /, **_: str) -> bytes:
        """The same for scripts."""
        if not from_this_machine(request):
            raise absent()
        if not self._knows(request) and not self._is_key(bearer(request) or ""):
            raise ApiError("unauthenticated", "Send the content of mail.key in the data directory as Bearer token")
        return as_json(request, {"items": self._mails()})

    def _admitted(self, request: ChatrRequest) -> bool:
        """Whether the address lets this browser in, which it does once. The log has another one then."""
        given = parse_qs(request.query.decode("ascii")).get("token", [""])[0]
        if not self._token or request.method != b"GET" or not compare_digest(given.encode(), self._token.encode()):
            return False
        browser = secrets.token_urlsafe(_TOKEN_BYTES)
        self._browsers = [*self._browsers, browser][-MAX_BROWSERS:]
        request.addCookie(COOKIE, browser, path="/dev", httpOnly=True, sameSite="strict", secure=request.https())
        address = f"http://{request.getHeader('host')}{self.invitation()}"
        log.info("Development mail, for another browser: {address}", address=address)
        return True

    def _knows(self, request: ChatrRequest) -> bool:
        kept = cookies.read(request.cookie_header(), COOKIE).encode()
        return any(compare_digest(kept, browser.encode()) for browser in self._browsers)

    def _is_key(self, given: str) -> bool:
        return self._key is not None and compare_digest(given.encode(), self._key.encode())

    def _mails(self) -> list[Mail]:
        paths = sorted(self._outbox.glob("*.eml"), reverse=True)[:MAX_MAILS]
        parsed = [message_from_bytes(path.read_bytes(), policy=policy.default) for path in paths]
        return [Mail(str(mail["To"]), str(mail["Subject"]), _text(mail), str(mail["Date"])) for mail in parsed]


def _text(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    return str(body.get_content()) if body is not None else ""
