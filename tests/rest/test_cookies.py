"""The cookie variant of sessions: over REST, and as the way into WAMP."""

from __future__ import annotations

from http.cookies import Morsel, SimpleCookie
from typing import Any

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from chatr.api import cookies
from tests.e2e.client import Refused, Wamp
from tests.e2e.server import PASSWORD
from tests.rest.test_app import RestCase

LOGIN, REFRESH = "/api/auth/login", "/api/auth/refresh"


class CookieCase(RestCase):
    """Somebody whose browser keeps cookies."""

    settings = {"limits.enabled": "false"}

    async def setUp(self) -> None:
        await super().setUp()
        self.ann = await self.person("ann")
        self.jar: dict[str, Morsel[str]] = {}

    async def post(self, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """As a page's script would: with the cookies of the path, and keeping what is set."""
        sent = "; ".join(f"{name}={kept.value}" for name, kept in self.jar.items() if path.startswith(kept["path"]))
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        status, shown, answer = await self.answer(
            "POST", path, json=body or {}, headers={**named, **({"Cookie": sent} if sent else {})}
        )
        for line in shown.getRawHeaders("set-cookie", []):
            for name, morsel in SimpleCookie(line).items():
                self.jar.pop(name, None)
                if morsel["max-age"] != "0":
                    self.jar[name] = morsel
        return status, answer

    async def login(self) -> Any:
        status, answer = await self.post(LOGIN, {"login": "ann", "password": PASSWORD}, X_Chatr_Session="cookie")
        self.assertEqual(status, 200)
        return answer


class RestTests(CookieCase):
    """REST."""

    async def test_cookies(self) -> None:
        """No script can read them, no other site causes them to be sent, and each goes to one place only."""
        session = await self.login()
        self.assertEqual(session["refreshToken"], "")
        refresh, realtime = self.jar["chatr_refresh"], self.jar["chatr_realtime"]
        self.assertEqual(realtime.value, session["accessToken"])
        for cookie, path in ((refresh, "/api/auth"), (realtime, "/ws")):
            self.assertTrue(cookie["httponly"])
            self.assertEqual((cookie["samesite"].lower(), cookie["path"], cookie["secure"]), ("strict", path, ""))
        self.assertEqual((refresh["max-age"], realtime["max-age"]), (str(30 * 86400), "900"))

    async def test_refresh(self) -> None:
        """The cookie stands in for the token in the body, and is replaced with each use."""
        await self.login()
        first = self.jar["chatr_refresh"].value
        status, session = await self.post(REFRESH, X_Chatr_Session="cookie", Origin=self.url)
        self.assertEqual((status, session["refreshToken"], session["user"]["id"]), (200, "", self.ann.id))
        self.assertNotEqual(self.jar["chatr_refresh"].value, first)
        await self.rest("POST", "/auth/refresh", {"refreshToken": self.jar["chatr_refresh"].value})

    async def test_other_sites(self) -> None:
        """A page of another site can't use it, and doesn't use it up."""
        await self.login()
        for headers in (
            {"Origin": "https://evil.example.org"},
            {"Origin": "null"},
            {"Origin": f"http://localhost:{self.http_port}"},
            {"Sec_Fetch_Site": "cross-site"},
            {"Sec_Fetch_Site": "same-site", "Origin": self.url},
        ):
            status, problem = await self.post(REFRESH, **headers)
            self.assertEqual((status, problem["code"]), (403, "forbidden"), headers)
        self.assertEqual((await self.post(REFRESH, Sec_Fetch_Site="same-origin", Origin=self.url))[0], 200)

    async def test_no_other_operation_takes_it(self) -> None:
        """The cookie opens nothing but a refresh."""
        await self.login()
        value = self.jar["chatr_refresh"].value
        headers = {"Cookie": f"chatr_refresh={value}; chatr_realtime={self.jar['chatr_realtime'].value}"}
        for verb, path in (("GET", "/users/me"), ("POST", "/auth/logout"), ("POST", "/auth/ticket")):
            await self.rest(verb, path, None if verb == "GET" else {}, 401, headers=headers)

    async def test_logout_and_reuse_clear(self) -> None:
        """Signing out clears the cookies, and so does a refresh with one that is no longer good."""
        session = await self.login()
        stale = self.jar["chatr_refresh"]
        await self.post("/api/auth/logout", Authorization=f"Bearer {session['accessToken']}")
        self.assertEqual(set(self.jar), {"chatr_device"})
        self.jar["chatr_refresh"] = stale
        status, problem = await self.post(REFRESH)
        self.assertEqual((status, problem["code"], set(self.jar)), (401, "unauthenticated", {"chatr_device"}))

    async def test_refusal_of_another_token_clears_nothing(self) -> None:
        """What is refused is an access token that is over, or a token in the body: the cookie is good for the next."""
        await self.login()
        kept = self.jar["chatr_refresh"].value
        self.assertEqual((await self.post(REFRESH, Authorization="Bearer over", Origin=self.url))[0], 401)
        self.assertEqual((await self.post(REFRESH, {"refreshToken": "nobody-has-this-one"}, Origin=self.url))[0], 401)
        self.assertEqual(self.jar["chatr_refresh"].value, kept)
        self.assertEqual((await self.post(REFRESH, Origin=self.url))[0], 200)

    async def test_body_wins(self) -> None:
        """A client that keeps its token itself is served by that, whatever cookies lie about."""
        session = await self.login()
        mine = await self.rest("POST", "/auth/login", {"login": "ann", "password": PASSWORD})
        self.assertNotEqual(mine["refreshToken"], "")
        status, answer = await self.post(REFRESH, {"refreshToken": mine["refreshToken"]}, Origin="https://x.example")
        self.assertEqual((status, bool(answer["refreshToken"])), (200, True))
        self.assertNotEqual(answer["accessToken"], session["accessToken"])


class HttpsTests(CookieCase):
    """Behind a proxy that ends TLS."""

    settings = {"limits.enabled": "false", "server.public_url": "https://chat.example.org"}

    async def test_secure(self) -> None:
        """The cookies never travel in clear, and the public origin is ours."""
        await self.login()
        self.assertEqual(set(self.jar), {"__Secure-chatr_refresh", "__Secure-chatr_realtime", "__Secure-chatr_device"})
        self.assertTrue(all(cookie["secure"] for cookie in self.jar.values()))
        self.assertEqual((await self.post(REFRESH, Origin="https://chat.example.org"))[0], 200)

    async def test_a_cookie_set_in_clear(self) -> None:
        """A cookie without the prefix may come from a page in clear, put there by whoever is on the way: it is none."""
        session = await self.rest("POST", "/auth/login", {"login": "ann", "password": PASSWORD})
        headers = {"Cookie": f"chatr_refresh={session['refreshToken']}", "Origin": "https://chat.example.org"}
        status, _, problem = await self.answer("POST", REFRESH, json={}, headers=headers)
        self.assertEqual((status, problem["code"]), (400, "invalid"))
        await self.login()
        page = f"http://127.0.0.1:{self.http_port}"
        self.assertEqual((await self.post(REFRESH, Origin=page))[0], 403)

    async def test_wamp(self) -> None:
        """The other door reads the same name, from pages of https only."""
        await self.login()
        value = self.jar["__Secure-chatr_realtime"].value
        for cookie, origin, let_in in (
            (f"__Secure-chatr_realtime={value}", "https://chat.example.org", True),
            (f"chatr_realtime={value}", "https://chat.example.org", False),
            (f"__Secure-chatr_realtime={value}", "http://chat.example.org", False),
        ):
            opening = Deferred.fromCoroutine(
                Wamp.connect(self.http_port, "", methods=["cookie"], headers={"Cookie": cookie}, origin=origin)
            )
            if let_in:
                wamp = await opening
                self.assertEqual(wamp.welcome["authid"], self.ann.id)
                await wamp.leave()
            else:
                await self.assertFailure(opening, Refused)


class WampTests(CookieCase):
    """WAMP."""

    async def connect(self, **options: Any) -> Wamp:
        cookie = f"a=b; chatr_realtime={self.jar['chatr_realtime'].value}"
        return await Wamp.connect(self.http_port, "", methods=["cookie"], headers={"Cookie": cookie}, **options)

    async def test_own_page(self) -> None:
        """A page of ours is let in without a challenge, as who the cookie says; signing out closes it."""
        session = await self.login()
        wamp = await self.connect(origin=self.url)
        self.assertEqual((wamp.welcome["authid"], wamp.welcome["authmethod"]), (self.ann.id, "cookie"))
        self.assertEqual((await wamp.call("user.me"))["id"], self.ann.id)
        await self.post("/api/auth/logout", Authorization=f"Bearer {session['accessToken']}")
        await wamp.closed

    async def test_others(self) -> None:
        """Without an origin, or from another one, the cookie counts for nothing."""
        await self.login()
        for origin in (None, "http://127.0.0.1:1"):
            error = await self.assertFailure(Deferred.fromCoroutine(self.connect(origin=origin)), Refused)
            self.assertEqual(error.uri, "wamp.error.no_matching_auth_method")

    async def test_wrong_cookie(self) -> None:
        """A cookie that is no token of ours is refused."""
        await self.login()
        self.jar["chatr_realtime"].set("chatr_realtime", "nonsense", "nonsense")
        error = await self.assertFailure(Deferred.fromCoroutine(self.connect(origin=self.url)), Refused)
        self.assertEqual(error.uri, "wamp.error.authentication_denied")


class HelperTests(SynchronousTestCase):
    """Reading cookies and origins."""

    def test_read(self) -> None:
        """Ours is found among others, however broken they are; of two the first, which has the longer path."""
        for header in (
            "x=1",
            "a=b; x=1",
            'bad[]=1; x=1; "',
            "=;x=1",
            "x=1; x=2",
            ";;  x=1 ;",
            "\ufffd; x=1",
            "xx=2;x=1",
        ):
            self.assertEqual(cookies.read(header, "x"), "1", header)
        for header in (None, "", "y=1", "xx=1", "x", "X=1", "y=;=x=1"):
            self.assertEqual(cookies.read(header, "x"), "", header)

    def test_read_takes_no_quotes(self) -> None:
        """Tokens have none; reading them as SimpleCookie did took half a second for 15 kB."""
        for header in ('x="1"', 'x="\\061"', 'x="a;b"', 'x=1"'):
            self.assertEqual(cookies.read(header, "x"), "", header)

    def test_a_comma_separates_nothing(self) -> None:
        """Else a page in clear could hide a cookie with the name that only https may set in one of another name."""
        self.assertEqual(cookies.read("a=b,x=1", "x"), "")
        self.assertEqual(cookies.read("x=1,2", "x"), "1,2")

    def test_own_origin(self) -> None:
        """The host asked, or the public one, with its default port or without."""
        for origin, host, public, wanted in (
            (None, "h", "", True),
            ("http://h", "h", "", True),
            ("http://H:80", "h", "", True),
            ("https://h", "h:443", "", True),
            ("http://h:8080", "h:8080", "", True),
            ("http://h:8081", "h:8080", "", False),
            ("https://h.example", "h", "", False),
            ("https://chat.example", "127.0.0.1:8080", "https://chat.example", True),
            ("null", "h", "", False),
            ("http://h", None, "", False),
            ("http://[", "h", "", False),
            ("http://", "h", "", False),
            ("://h", "h", "", False),
            ("ftp://h", "h", "", False),
            ("http://u@h", "h", "", False),
            ("http://h/", "h", "", False),
            ("http://[::1]:80", "[::1]", "", True),
            ("https://h", "h", "https://chat.example", True),
            ("http://h", "h", "https://chat.example", False),
            ("http://chat.example", "h", "https://chat.example", False),
        ):
            self.assertEqual(cookies.own_origin(origin, host, public), wanted, (origin, host, public))
