"""The cookie variant of sessions on REST: the refresh token in a cookie that scripts can't read."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from chatr.api import cookies
from chatr.api.contract import Operation
from chatr.api.errors import ApiError
from chatr.api.model import Session
from chatr.auth.tokens import new_secret
from chatr.ops.sessions.lockout import KNOWN_DAYS
from chatr.rest.http.request import ChatrRequest

#: A client that keeps its session in the cookies alone sends this header with the value "cookie".
HEADER = "x-chatr-session"
REFRESH_PATH, REALTIME_PATH = "/api/auth", "/ws"
REFRESH_ROUTE = f"{REFRESH_PATH}/refresh"
#: How long a browser is known after it was last signed in.
DEVICE_S = KNOWN_DAYS * 86400
_MARK = re.compile(r"[A-Za-z0-9_-]{43}")
_TAKES_COOKIE = "session.refresh"
_ENDS_SESSION = "session.logout"


class SessionCookies:
    """Sets, reads and clears the cookies. ``SameSite=Strict`` and a check of the origin keep other sites from them."""

    def __init__(self, *, public_url: str, refresh_s: int) -> None:
        self._public_url = public_url
        self._refresh_s = refresh_s

    def take(self, request: ChatrRequest, record: Operation, raw: dict[str, Any]) -> bool:
        """Give session.refresh its token from the cookie, unless the body has one; answers whether it did.

        A cookie that is refused then is of no more use. Raises ``forbidden`` when the page that asks is another site's.
        """
        if record.name != _TAKES_COOKIE or "refreshToken" in raw:
            return False
        token = self._kept(request, cookies.REFRESH)
        if not token:
            return False
        if not self.own_page(request):
            raise ApiError("forbidden", "The session cookie works for this server's own pages only")
        raw["refreshToken"] = token
        return True

    def own_page(self, request: ChatrRequest) -> bool:
        """Whether a page of this server asks, or no page at all."""
        site = request.getHeader("sec-fetch-site") or "same-origin"
        own = cookies.own_origin(request.getHeader("origin"), request.getHeader("host"), self._public_url)
        return own and site in ("same-origin", "none")

    def device(self, request: ChatrRequest) -> str:
        """What the browser keeps of us, or is to keep if this call signs somebody in; empty where nothing does."""
        if not request.path.startswith(REFRESH_PATH.encode()):
            return ""
        kept = self._kept(request, cookies.DEVICE)
        if _MARK.fullmatch(kept):
            return kept
        # Who goes on without cookies would bring a new mark each time, and so push out those of the owner's browsers.
        goes_on = request.path == REFRESH_ROUTE.encode()
        return "" if goes_on and not self._kept(request, cookies.REFRESH) else new_secret()

    def give(self, request: ChatrRequest, record: Operation, answer: Any, *, device: str) -> Any:
        """Set or clear the cookies that belong to an answer; what to answer then."""
        if record.name == _ENDS_SESSION:
            self.clear(request)
        return self.signed_in(request, answer, device=device) if isinstance(answer, Session) else answer

    def signed_in(self, request: ChatrRequest, session: Session, *, device: str = "") -> Session:
        """Set the cookies of a session; what to answer of it."""
        self._set(request, cookies.REFRESH, session.refresh_token, REFRESH_PATH, self._refresh_s)
        self._set(request, cookies.REALTIME, session.access_token, REALTIME_PATH, session.expires_in)
        if device:
            self._set(request, cookies.DEVICE, device, REFRESH_PATH, DEVICE_S)
        if request.getHeader(HEADER) == "cookie":
            return msgspec.structs.replace(session, refresh_token="")
        return session

    def clear(self, request: ChatrRequest) -> None:
        """Have the browser forget the session. That it was signed in here it remembers."""
        self._set(request, cookies.REFRESH, "", REFRESH_PATH, 0)
        self._set(request, cookies.REALTIME, "", REALTIME_PATH, 0)

    def _kept(self, request: ChatrRequest, name: str) -> str:
        return cookies.read(request.cookie_header(), cookies.named(name, https=request.https()))

    def _set(self, request: ChatrRequest, name: str, value: str, path: str, max_age_s: int) -> None:
        https = request.https()
        request.addCookie(
            cookies.named(name, https=https),
            value,
            path=path,
            max_age=str(max_age_s),
            httpOnly=True,
            sameSite="strict",
            secure=https,
        )
