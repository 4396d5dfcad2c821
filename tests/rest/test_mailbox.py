"""The development mailbox: for whoever works on this machine, and nobody else."""

from __future__ import annotations

import stat
from datetime import datetime, timedelta, timezone
from typing import Any

from chatr.outbound.letters import Letter
from tests.rest.test_app import RestCase

PAGE, LIST = "/dev/mail", "/dev/mail.json"


class MailboxTests(RestCase):
    """With one mail in it."""

    async def setUp(self) -> None:
        await super().setUp()
        node: Any = self.service.node
        self.mailbox = node.http.mailbox
        letter = Letter(
            channel="email", to="ann@example.org", subject="<b>Subject</b>", text=["<script>alert(1)</script> 123456"]
        )
        async with node.db.transaction() as tx:
            await node.ports.accounts.outbound.post(tx, letter, datetime.now(timezone.utc) + timedelta(minutes=1))
        await node.ports.accounts.outbound.settled()
        self.key = (self.data_dir / "mail.key").read_text()
        self.bearer = {"Authorization": f"Bearer {self.key}"}

    async def get(self, path: str, verb: str = "GET", **headers: str) -> tuple[int, Any, Any]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.answer(verb, path, headers=named, allow_redirects=False)

    async def opened(self) -> str:
        """The cookie of a browser that has opened the address in the log."""
        status, headers, _ = await self.get(self.mailbox.invitation())
        self.assertEqual((status, headers.getRawHeaders("location")), (303, [PAGE]))
        [cookie] = headers.getRawHeaders("set-cookie")
        self.assertIn("Path=/dev; HttpOnly; SameSite=strict", cookie)
        self.assertNotIn("Max-Age", cookie)
        return str(cookie).partition(";")[0]

    async def test_browser(self) -> None:
        """The address in the log opens it; the page that it leads to has no token, and shows mail as text."""
        cookie = await self.opened()
        status, _, body = await self.get(PAGE, Cookie=cookie)
        self.assertEqual(status, 200)
        self.assertIn(b"&lt;script&gt;alert(1)&lt;/script&gt; 123456", body)
        self.assertNotIn(b"<script>", body)
        self.assertEqual((await self.get(LIST, Cookie=cookie))[0], 200)

    async def test_an_address_works_once(self) -> None:
        """Who finds it in a log or a history later is not let in; the log has a new one. HEAD uses up nothing."""
        address = self.mailbox.invitation()
        self.assertEqual((await self.get(address, "HEAD"))[0], 401)
        self.assertEqual((await self.get(address))[0], 303)
        status, headers, body = await self.get(address)
        self.assertEqual((status, headers.getRawHeaders("set-cookie")), (401, None))
        self.assertIn(b"printed last in its log", body)
        self.assertNotIn(b"Subject", body)
        self.assertNotEqual(self.mailbox.invitation(), address)

    async def test_without(self) -> None:
        """A page or a script that has neither cookie nor key reads nothing, from this machine either.

        nginx in front, as it is configured by default, looks like a script on this machine.
        """
        for path in (PAGE, f"{PAGE}?token=", f"{PAGE}?token=x", f"{PAGE}?token=%ff"):
            status, _, body = await self.get(path, Cookie="chatr_dev_mail=x")
            self.assertEqual((status, b"Subject" in body), (401, False))
        for headers in ({}, {"Authorization": "Bearer x"}, {"Authorization": "Basic x"}, {"Cookie": "chatr_dev_mail="}):
            status, _, problem = await self.get(LIST, **headers)
            self.assertEqual((status, problem["code"]), (401, "unauthenticated"))

    async def test_scripts(self) -> None:
        """The key lies where only the account that runs the server can read it."""
        [mail] = (await self.get(LIST, **self.bearer))[2]["items"]
        self.assertEqual((mail["to"], mail["subject"]), ("ann@example.org", "<b>Subject</b>"))
        self.assertEqual(stat.S_IMODE((self.data_dir / "mail.key").stat().st_mode), 0o600)

    async def test_hosts(self) -> None:
        """Only under a name of this machine: another name that leads here is a page's that was rebound to us."""
        cookie = await self.opened()
        for host in ("localhost", "LOCALHOST:8080", "127.0.0.1:1", "127.1.2.3", "[::1]", "[::1]:8080"):
            self.assertEqual((await self.get(LIST, Host=host, **self.bearer))[0], 200, host)
        for host in (
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "192.0.2.1",
            "0.0.0.0",
            "[::]",
            "1.localhost",
        ):
            self.assertEqual((await self.get(LIST, Host=host, **self.bearer))[0], 404, host)
            self.assertEqual((await self.get(PAGE, Host=host, Cookie=cookie))[0], 404, host)
            self.assertEqual((await self.get(self.mailbox.invitation(), Host=host))[0], 404, host)

    async def test_proxies(self) -> None:
        """Whoever says that there is a proxy is somewhere else, whatever they say of where."""
        cookie = await self.opened()
        for name in ("Via", "Forwarded", "X_Real_IP", "X_Forwarded_For", "X_Forwarded_Proto", "X_Forwarded_Anything"):
            self.assertEqual((await self.get(LIST, **{name: "127.0.0.1"}, **self.bearer))[0], 404, name)
            self.assertEqual((await self.get(PAGE, **{name: "127.0.0.1"}, Cookie=cookie))[0], 404, name)
        raw = await self.raw(b"GET /dev/mail HTTP/1.0\r\n\r\n")
        self.assertIn(b" 404 ", (await raw.closed).partition(b"\r\n")[0])

    async def test_a_key_for_each_start(self) -> None:
        """What was copied from the last run opens nothing."""
        await self.service.stop()
        await self.restart()
        self.assertEqual((await self.get(LIST, **self.bearer))[0], 401)
        self.assertNotEqual((self.data_dir / "mail.key").read_text(), self.key)
