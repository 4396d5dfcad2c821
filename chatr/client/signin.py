"""How a client shows who it is."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from chatr.client.errors import Lost, Refused
from chatr.fetch import Fetcher, Unreachable

#: A token is renewed when so much of its time is over.
RENEW_AT = 0.7
#: And not sooner than that.
SOONEST_S = 1.0
#: Calls an operation over the open session.
Call = Callable[[str, dict[str, Any]], Awaitable[Mapping[str, Any]]]


class Credentials(Protocol):
    """What opens a session, and keeps it open."""

    async def ticket(self) -> str:
        """A ticket for a new WAMP session.

        Raises :class:`Refused` when there is none, and :class:`Lost` when there may be one later.
        """

    def renew_after_s(self) -> float | None:
        """When the open session has to be prolonged; None: never."""

    async def prolong(self, call: Call) -> None:
        """Prolong the open session. Raises as ``call`` does."""


class AccessToken:
    """A token that the program was given: sessions end with it."""

    def __init__(self, token: str) -> None:
        self._token = token

    async def ticket(self) -> str:
        """The token."""
        return self._token

    def renew_after_s(self) -> float | None:
        """Never: it can't be renewed."""
        return None

    async def prolong(self, call: Call) -> None:
        """Does nothing."""


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
        ``keep`` is called with the next one, before the old one is of no use any more.
        """
        self._reactor = reactor
        self._api = api.rstrip("/")
        self._login = login
        self._password = password
        self._refresh_token = refresh_token
        self._keep = keep
        self._fetcher = Fetcher(reactor)
        self._access_token = ""
        self._renew_at = 0.0

    async def ticket(self) -> str:
        """A fresh one-use ticket, signing in or renewing the sign-in when it is time."""
        if self._reactor.seconds() < self._renew_at:
            try:
                return await self._ticket()
            except Refused as error:
                if error.code != "unauthenticated":
                    raise
        await self._sign_in()
        return await self._ticket()

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
                self._renewed(await self._post("/auth/refresh", {"refreshToken": self._refresh_token}))
                return
            except Refused as error:
                if error.code != "unauthenticated" or not self._password:
                    raise
                self._refresh_token = ""
        answer = await self._post("/auth/login", {"login": self._login, "password": self._password})
        if "accessToken" not in answer:
            raise Refused("totp_required", "This account needs a second step to sign in: give a refresh token")
        self._renewed(answer)

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
            raise Lost("not signed in: the answer is not that of chatr") from None
        if answer.status >= 400:
            raise Refused(str(content.get("code", answer.status)), str(content.get("detail", "")), content)
        return content
