"""Signing in as somebody of the demo: by a click on this machine, in development, and nowhere else."""

from __future__ import annotations

from typing import Any

from tests.rest.test_app import RestCase

LIST, SAM = "/dev/demo", "/dev/demo/@sam"


class DemoTests(RestCase):
    """The routes of the first page."""

    async def post(self, path: str = SAM, **headers: str) -> tuple[int, Any, Any]:
        return await self.answer("POST", path, headers={name.replace("_", "-"): v for name, v in headers.items()})

    async def test_one_click(self) -> None:
        """Whom one may be; then a session with its cookies, as a login answers it, and all that they have written."""
        status, headers, body = await self.answer("GET", LIST)
        self.assertEqual((status, headers.getRawHeaders("cache-control")), (200, ["no-store"]))
        self.assertEqual([each["username"] for each in body["people"]], ["@mira", "@sam"])
        self.assertEqual(body["bots"], [{"username": "@echo_bot", "displayName": "Echo"}], "nothing is made by looking")
        own = {"Origin": self.url, "X_Chatr_Session": "cookie", "Sec_Fetch_Site": "same-origin"}
        status, headers, session = await self.post(**own)
        self.assertEqual((status, session["refreshToken"], session["user"]["displayName"]), (200, "", "Sam Rivers"))
        self.assertEqual(headers.getRawHeaders("cache-control"), ["no-store"])
        _, _, body = await self.answer("GET", LIST)
        self.assertEqual(body["people"][1]["id"], session["user"]["id"])
        self.assertTrue(body["bots"][0]["id"])
        refresh, realtime = headers.getRawHeaders("set-cookie")
        self.assertIn("chatr_refresh=", refresh)
        self.assertIn("Path=/api/auth; Max-Age=2592000; HttpOnly; SameSite=strict", refresh)
        self.assertIn("chatr_realtime=", realtime)
        cookie = refresh.partition(";")[0]
        status, _, again = await self.answer("POST", "/api/auth/refresh", json={}, headers={"Cookie": cookie})
        self.assertEqual((status, again["user"]["username"]), (200, "@sam"))
        bearer = {"Authorization": f"Bearer {session['accessToken']}"}
        listed = await self.rest("GET", "/conversations", headers=bearer)
        self.assertGreaterEqual(len(listed["items"]), 4)

    async def test_nobody_else(self) -> None:
        """Who is not of the demo, or not played."""
        await self.person("ann")
        for name in ("ann", "@ada_okafor", "nobody", "%00"):
            status, _, body = await self.post(f"/dev/demo/{name}", Origin=self.url)
            self.assertEqual((status, body["code"]), (404, "not_found"), name)

    async def test_other_sites(self) -> None:
        """A page of another site can sign nobody in here, and one whose name was pointed to this machine neither."""
        for headers, status in (
            ({"Origin": "https://evil.example"}, 403),
            ({"Origin": "null"}, 403),
            ({"Origin": self.url, "Sec_Fetch_Site": "cross-site"}, 403),
            ({"Host": "evil.example", "Origin": "http://evil.example"}, 404),
            ({"X_Forwarded_For": "127.0.0.1"}, 404),
        ):
            self.assertEqual((await self.post(**headers))[0], status, headers)
        for headers in ({"Host": "evil.example"}, {"Via": "1.1 x"}):
            self.assertEqual((await self.answer("GET", LIST, headers=headers))[0], 404)


class ProductionTests(RestCase):
    """A server for people."""

    settings = {"server.mode": "production"}

    async def test_absent(self) -> None:
        """There is no such address."""
        for verb, path in (("GET", LIST), ("POST", SAM)):
            self.assertEqual((await self.answer(verb, path))[0], 404)
