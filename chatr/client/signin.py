"""How a client shows who it is."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any, Protocol
from urllib.parse import urlsplit

from twisted.internet.defer import Deferred

from chatr.client.errors import Lost, Refused, refusal
from chatr.fetch import Fetcher, Unreachable

#: A token is renewed when so much of its time is over.
RENEW_AT = 0.7
#: And not sooner than that.
SOONEST_S = 1.0
#: What an answer has one of.
_ANSWERS = {"accessToken", "ticket", "challenge"}
#: Calls an operation over the open session.
Call = Callable[[str, dict[str, Any]], Awaitable[Mapping[str, Any]]]


class Credentials(Protocol):
    """What opens a session, and keeps it open."""

    async def ticket(self) -> str:
        """Get a ticket for a new WAMP session.

        Raises :class:`Refused` when there is none, and :class:`Lost` when there may be one later.
        """

    def bearer(self) -> str:
        """The access token of the open session, for REST."""

    def renew_after_s(self) -> float | None:
        """When the open session has to be prolonged; None: never."""

    async def prolong(self, call: Call) -> None:
        """Prolong the open session. Raises as ``call`` does."""

    async def finished(self) -> None:
        """Returns when nothing is under way that must not be cut short."""


class AccessToken:
    """A token that the program was given: sessions end with it."""

    def __init__(self, token: str) -> None:
        self._token = token

    async def ticket(self) -> str:
        """Return the token."""
        return self._token

    def bearer(self) -> str:
        """Return the token."""
        return self._token

    def renew_after_s(self) -> float | None:
        """Never: it can't be renewed."""
        return None

    async def prolong(self, call: Call) -> None:
        """Do nothing: it can't be renewed."""

    async def finished(self) -> None:
        """At once."""


class SignIn:
    """Signs in over REST, and goes on with refresh tokens. Tickets work once: no token travels over the WebSocket."""

    def __init__(
        self,
        reactor: Any,
        api: str,
        *,
        login: str = "",
        password: str = "",
        refresh_token: str = "",
        keep: Callable[[str], None] | None = None,
    ) -> None:
        """``api``: such as ``https://chat.example.org/api``.

        Give login and password, or a refresh token of ``chatr token issue``, or both. Each refresh token works once:
        ``keep`` is called with the next one. If the answer that brings it is lost, the old one brings the same again
        for ten seconds, from the same network; later the server takes it for a theft, and only a password helps.
        Raises ValueError.
        """
        if urlsplit(api).scheme not in ("http", "https") or not urlsplit(api).hostname:
            raise ValueError(f"{api!r} is no http or https URL")
        if not refresh_token and not (login and password):
            raise ValueError("give login and password, or a refresh token")
        self._reactor = reactor
        self._api = api.rstrip("/")
        self._login = login
        self._password = password
        self._refresh_token = refresh_token
        self._keep = keep
        self._fetcher = Fetcher(reactor)
        self._access_token = ""
        self._renew_at = 0.0
        self._refreshing: Deferred[None] | None = None

    async def ticket(self) -> str:
        """Get a fresh one-use ticket, signing in or renewing the sign-in when it is time."""
        if self._reactor.seconds() < self._renew_at:
            try:
                return await self._ticket()
            except Refused as error:
                if error.code != "unauthenticated":
                    raise
        await self._sign_in()
        return await self._ticket()

    def bearer(self) -> str:
        """See :class:`Credentials`: it is renewed with the session."""
        return self._access_token

    def renew_after_s(self) -> float | None:
        """See :class:`Credentials`."""
        return max(SOONEST_S, float(self._renew_at - self._reactor.seconds()))

    async def prolong(self, call: Call) -> None:
        """Renew the tokens over the open session, which prolongs it."""
        self._renewed(await call("session.refresh", {"refreshToken": self._refresh_token}))

    async def _ticket(self) -> str:
        answer = await self._post("/auth/ticket", {}, {"Authorization": f"Bearer {self._access_token}"})
        return str(answer["ticket"])

    async def _sign_in(self) -> None:
        if self._refresh_token:
            try:
                await self._refresh()
                return
            except Refused as error:
                if error.code != "unauthenticated" or not self._password:
                    raise
                self._refresh_token = ""
        answer = await self._post("/auth/login", {"login": self._login, "password": self._password})
        if "challenge" in answer:
            raise Refused("totp_required", "This account needs a second step to sign in: give a refresh token")
        self._renewed(answer)

    def _refresh(self) -> Deferred[None]:
        """Renew the tokens. Whoever stops waiting does not stop it: the answer brings what alone will work next."""
        done = self._refreshing or Deferred.fromCoroutine(self._ask_for_tokens())
        self._refreshing = None if done.called else done
        waiter: Deferred[None] = Deferred()
        done.addBoth(waiter.callback)
        return waiter

    async def _ask_for_tokens(self) -> None:
        try:
            self._renewed(await self._post("/auth/refresh", {"refreshToken": self._refresh_token}))
        finally:
            self._refreshing = None

    async def finished(self) -> None:
        """See :class:`Credentials`."""
        if self._refreshing is not None:
            with suppress(Refused, Lost):
                await self._refresh()

    def _renewed(self, session: Mapping[str, Any]) -> None:
        self._access_token = str(session["accessToken"])
        self._refresh_token = str(session["refreshToken"])
        self._renew_at = self._reactor.seconds() + RENEW_AT * float(session["expiresIn"])
        if self._keep is not None:
            self._keep(self._refresh_token)

    async def _post(self, path: str, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Any:
        sent = {"Content-Type": "application/json", **(headers or {})}
        try:
            answer = await self._fetcher.request("POST", self._api + path, headers=sent, body=json.dumps(body).encode())
            content = json.loads(answer.body)
        except Unreachable as error:
            raise Lost(f"not signed in: {error}") from None
        except ValueError:
            content = None
        if answer.status >= 400:
            refused = refusal(answer.status, content)
            if isinstance(refused, Refused) and (refused.passes or answer.status < 500):
                raise refused
            raise Lost(f"not signed in: {refused}")
        if not isinstance(content, dict) or not _ANSWERS & content.keys():
            raise Lost("not signed in: the answer is not that of chatr")
        return content
