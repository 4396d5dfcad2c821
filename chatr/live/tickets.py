"""How people prove who they are to the realm: a ticket or access token, or the cookie of a page of ours."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Sequence
from typing import Any, Protocol

from chatr.api import cookies
from chatr.api.errors import URI_PREFIX, ApiError
from chatr.services.admission import Admission
from chatr.wamp.realm import Challenge, Greeting, Identity, Peer, Proof, Refusal, Refused

DENIED = "wamp.error.authentication_denied"
_TICKET = Challenge("ticket", {})
_NOBODY = Admission(user_id="", session_id="", role="anonymous", expires_at=math.inf, rooms=())


class Admit(Protocol):
    """Verifies an access token or a one-use ticket."""

    def __call__(self, ticket: str, address: str, /) -> Awaitable[Admission]:
        """Raises :class:`chatr.api.errors.ApiError`: ``unauthenticated``, ``unavailable``."""


class Tickets:
    """Admits who shows a ticket or token, in an answer or in a cookie. The router's ``Authenticator``."""

    def __init__(self, authenticate: Admit, *, anonymous: bool, public_url: str) -> None:
        """``public_url``: where pages of ours are served, if not where the sockets are."""
        self._authenticate = authenticate
        self._anonymous = anonymous
        self._public_url = public_url

    def greet(self, methods: Sequence[Any], peer: Peer) -> Greeting:
        """Take the cookie if there is one, else ask for a ticket; let in strangers where the operator wants them."""
        if "cookie" in methods and (token := self._cookie(peer)):
            return Proof("cookie", token)
        if "ticket" in methods:
            return _TICKET
        if self._anonymous and (not methods or "anonymous" in methods):
            return _identity(_NOBODY, "anonymous")
        return Refusal("wamp.error.no_matching_auth_method", 'HELLO.Details.authmethods must contain "ticket"')

    async def verify(self, proof: Proof, authid: str, peer: Peer) -> Identity:
        """Say whose ticket this is. Raises :class:`Refused`."""
        try:
            admission = await self._authenticate(proof.signature, peer.address)
        except ApiError as error:
            uri = URI_PREFIX + error.code if error.kind.status >= 429 else DENIED
            raise Refused(uri, error.detail) from None
        if authid not in ("", admission.user_id):
            raise Refused(DENIED, "the ticket belongs to another user than authid")
        return _identity(admission, proof.method)

    def _cookie(self, peer: Peer) -> str:
        """The access token in the cookie of a page of ours. Another site's page could send it too: never for that."""
        origin = peer.headers.get("origin")
        if not origin or not cookies.own_origin(origin, peer.headers.get("host"), self._public_url):
            return ""
        name = cookies.named(cookies.REALTIME, https=origin.lower().startswith("https://"))
        return cookies.read(peer.headers.get("cookie"), name)


def _identity(admission: Admission, method: str) -> Identity:
    return Identity(
        authid=admission.user_id or admission.role,
        authrole=admission.role,
        authmethod=method,
        authprovider="chatr",
        turn_key=admission.user_id,
        account=admission,
    )
