"""Settings of accounts: how people prove who they are, and how mail and SMS reach them."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from chatr.config.section import Count, Section

#: ``choice``: whoever signs in says where the code goes.
LoginCode = Literal["off", "email", "sms", "choice"]


class AuthSettings(Section, frozen=True):
    """Passwords, codes and tokens."""

    #: Empty: whole.py says what it is then, by the mode.
    login_code: LoginCode | Literal[""] = ""
    #: Of phone numbers without a leading +: two letters, as in DE.
    phone_region: Annotated[str, Meta(pattern="^([A-Z]{2})?$")] = ""
    #: Of new keys for access tokens.
    token_algorithm: Literal["HS256", "EdDSA"] = "HS256"
    access_token_s: Annotated[int, Meta(ge=30)] = 900
    refresh_token_s: Annotated[int, Meta(ge=60)] = 30 * 86400
    ticket_s: Annotated[int, Meta(ge=1)] = 30
    #: A sign-in that is half done lives as ops/accounts/code_rules.py ``CHALLENGE_S`` says.
    code_s: Annotated[int, Meta(ge=60)] = 900
    bcrypt_cost: Annotated[int, Meta(ge=4, le=16)] = 12
    bcrypt_threads: Annotated[int, Meta(ge=1, le=32)] = 2
    bcrypt_queue: Count = 256
    #: Of one address, or of one person who is signed in.
    bcrypt_queue_per_caller: Count = 64


class MailSettings(Section, frozen=True):
    """Outgoing mail. ``outbox`` writes each mail to the data directory instead of sending it."""

    transport: Literal["outbox", "smtp"] = "outbox"
    sender: str = "Chatr <chatr@localhost>"
    smtp_host: str = ""
    smtp_port: Annotated[int, Meta(ge=1, le=65535)] = 587
    #: ``starttls`` is refused when the relay does not offer it; ``tls`` is encrypted from the start (port 465).
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    smtp_username: str = ""
    smtp_password: str = ""
    #: PEM file of certificates to trust instead of the system's.
    smtp_ca_file: str = ""


class SmsSettings(Section, frozen=True):
    """Outgoing SMS by any HTTP gateway; by default to the outbox in development and off in production.

    ``{to}``, ``{text}`` and ``{sender}`` in ``body`` are filled in, encoded as JSON strings or as form fields.
    """

    transport: Literal["off", "outbox", "http", ""] = ""
    url: str = ""
    method: Literal["POST", "PUT"] = "POST"
    content_type: Literal["application/json", "application/x-www-form-urlencoded"] = "application/json"
    body: str = '{"to": "{to}", "text": "{text}"}'
    sender: str = "Chatr"
    #: The whole Authorization header, if the gateway wants one.
    authorization: str = ""


class OidcSettings(Section, frozen=True):
    """Sign-in with an OpenID provider; an empty ``issuer`` means none."""

    issuer: str = ""
    client_id: str = ""
    client_secret: str = ""
    #: What the button says.
    name: str = "Single sign-on"
    scopes: tuple[str, ...] = ("openid", "email", "profile")
    #: Where the provider sends people back to; by default /oidc below server.public_url.
    redirect_url: str = ""
    #: Whether somebody unknown gets an account.
    register: bool = True
    #: Whether an address that the provider has verified opens the account that has it here.
    link_by_email: bool = False
