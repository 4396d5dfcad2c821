"""What chatr writes to people, and how it looks as mail and as SMS."""

from __future__ import annotations

from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from html import escape
from typing import Literal

import msgspec

Channel = Literal["email", "sms"]
Purpose = Literal["email", "phone", "login", "reset", "change"]


class Letter(msgspec.Struct, frozen=True, kw_only=True, tag="letter"):
    """One letter to one person. ``code``, if any, is set apart in mail, and so is ``token``, a long secret."""

    channel: Channel
    to: str
    subject: str
    text: list[str]
    code: str = ""
    token: str = ""


class Resend(msgspec.Struct, frozen=True, kw_only=True, tag="resend"):
    """A wish to have a code sent again. Whether there is one is found out when its turn comes.

    ``own``: wished by the account itself, signed in. ``sender``: whom it is counted for (services/code_gate.py).
    """

    user_id: str
    purpose: Purpose
    challenge_hash: bytes = b""
    own: bool = False
    sender: str = ""
    channel: Channel = "email"


class Forgotten(msgspec.Struct, frozen=True, kw_only=True, tag="forgotten"):
    """A wish to set a new password. Whether the address is known is found out when its turn comes."""

    email: str
    sender: str = ""
    channel: Channel = "email"


Job = Letter | Resend | Forgotten

_ASKED = {
    "email": "to confirm this e-mail address",
    "phone": "to confirm this phone number",
    "login": "to sign in",
    "reset": "to set a new password",
    "change": "to change or drop the address that waits for its code",
}


def code(channel: Channel, to: str, purpose: Purpose, code: str, minutes: int) -> Letter:
    """Write the letter with a code that somebody asked for."""
    return Letter(
        channel=channel,
        to=to,
        subject="Your Chatr code",
        text=[
            f"Enter this code {_ASKED[purpose]}.",
            f"It is good for {minutes} minutes. If you did not ask for it, ignore this message and tell nobody the "
            "code: nothing happens without it.",
        ],
        code=code,
    )


def notice(channel: Channel, to: str, subject: str, text: str, advice: str = "") -> Letter:
    """Write what the owner of an account should know about it, and what to do if it was somebody else's doing."""
    return Letter(
        channel=channel,
        to=to,
        subject=subject,
        text=[text, f"If this was not you, {advice or 'set a new password and sign out your other devices'}."],
    )


def changed(channel: Channel, to: str, what: str, token: str, days: int) -> Letter:
    """Write that an address of an account was changed; ``token`` undoes that."""
    return Letter(
        channel=channel,
        to=to,
        subject=f"Your {what} was changed",
        text=[
            f"Your account has a new {what}.",
            f"If this was not you, undo it within {days} days with the key above: give it to your app where it undoes "
            "a change of address, or tell the operator of the server. Every device is signed out then, and you set a "
            "new password. Tell the key to nobody else.",
        ],
        token=token,
    )


def sms(letter: Letter) -> str:
    """A letter as one short message."""
    if letter.token:
        return f"Chatr: {letter.text[0]} If this was not you, undo it with {letter.token}"
    if letter.code:
        return f"Chatr code: {letter.code}. {letter.text[0]} Tell it to nobody."
    return f"{letter.subject}. {letter.text[0]}"


def mail(letter: Letter, *, sender: str, at: datetime, home: str = "") -> EmailMessage:
    """A letter as mail: plain text, and HTML for those who read that.

    ``home``: where the web client is, if anywhere is known. It has a page that takes a key out of its address.
    """
    message = EmailMessage()
    message["From"] = sender
    message["To"] = letter.to
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(at)
    message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2].rstrip("> ") or "localhost")
    # Out-of-office answers to a machine help nobody (RFC 3834).
    message["Auto-Submitted"] = "auto-generated"
    first, *rest = letter.text
    link = _undo_link(letter, home)
    parts = [first, *filter(None, (letter.code, letter.token, link and f"{_UNDO}: {link}")), *rest]
    message.set_content("\n\n".join(parts) + "\n")
    message.add_alternative(_html(letter, link), subtype="html")
    return message


def _undo_link(letter: Letter, home: str) -> str:
    """Where a key is good for something. Behind the ``#``: no server, log or referrer sees it."""
    return f"{home.rstrip('/')}/undo#token={letter.token}" if letter.token and home else ""


_UNDO = "Undo the change"


#: No colour of text or ground is fixed without its counterpart: clients in dark mode turn the rest themselves.
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>{subject}</title>
<style>
:root {{ color-scheme: light dark; supported-color-schemes: light dark; }}
.code {{ background: #eef1f5; color: #14171b; }}
@media (prefers-color-scheme: dark) {{ .code {{ background: #2a3038 !important; color: #f2f4f7 !important; }} }}
</style>
</head>
<body style="margin:0;padding:24px;font:16px/1.5 -apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif">
<div style="max-width:32em;margin:0 auto">
<h1 style="font-size:20px;margin:0 0 16px">{subject}</h1>
{body}
<p style="font-size:13px;opacity:.7;margin:24px 0 0">Sent by Chatr.</p>
</div>
</body>
</html>
"""
_PARAGRAPH = '<p style="margin:0 0 16px">{}</p>'
_CODE = (
    '<p class="code" style="margin:0 0 16px;padding:16px;border-radius:8px;text-align:center;'
    'font:600 28px/1.2 ui-monospace,Menlo,Consolas,monospace;letter-spacing:.2em">{}</p>'
)

_TOKEN = (
    '<p class="code" style="margin:0 0 16px;padding:16px;border-radius:8px;overflow-wrap:anywhere;'
    'font:600 16px/1.4 ui-monospace,Menlo,Consolas,monospace">{}</p>'
)


_LINK = '<p style="margin:0 0 16px"><a href="{}">{}</a></p>'


def _html(letter: Letter, link: str) -> str:
    first, *rest = [_PARAGRAPH.format(escape(part)) for part in letter.text]
    shown = [_CODE.format(escape(letter.code))] if letter.code else []
    shown += [_TOKEN.format(escape(letter.token))] if letter.token else []
    shown += [_LINK.format(escape(link), _UNDO)] if link else []
    return _PAGE.format(subject=escape(letter.subject), body="\n".join([first, *shown, *rest]))
