"""Coming in, and being put out."""

from __future__ import annotations

import pyotp
from playwright.sync_api import Page, expect

from tests.e2e.server import PASSWORD
from tests.web.case import PHONE, BrowserCase, in_browser


def sign_in(page: Page, login: str) -> None:
    """Fill in the form of the first page."""
    page.get_by_label("E-mail, username or phone").fill(login)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def is_in(page: Page) -> None:
    """Wait until somebody is signed in."""
    expect(page.get_by_role("heading", name="Chats", exact=True)).to_be_visible()


#: As of a browser whose disk is full or broken, until it is mended.
_NO_STORAGE = """if (location.protocol === "http:" && sessionStorage.getItem("mended") === null) {
    IDBFactory.prototype.open = () => { throw new DOMException("Not allowed here", "InvalidStateError"); };
}"""
#: As of one that is told to keep nothing of this site.
_NO_SITE_DATA = """if (location.protocol === "http:") Object.defineProperty(window, "localStorage", {
    get() { throw new DOMException("Access is denied", "SecurityError"); },
});"""


class SigningInTests(BrowserCase):
    """From the first page to the chats."""

    @in_browser
    def test_register(self) -> None:
        """An account, its code from the outbox, and one is in; a reload does not ask again."""
        page = self.visit()
        self.check_accessible(page)
        page.get_by_role("link", name="Create an account").click()
        page.get_by_label("Username").fill("ann")
        expect(page.get_by_text("@ann is free.")).to_be_visible()
        page.get_by_label("E-mail").fill("ann@example.org")
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        self.check_accessible(page)
        page.get_by_role("button", name="Continue").click()
        expect(page.get_by_role("heading", name="Check your e-mail")).to_be_visible()
        self.check_accessible(page)
        page.get_by_label("Six-digit code").press_sequentially(self.code("ann@example.org"))
        is_in(page)
        page.reload()
        is_in(page)

    @in_browser
    def test_wrong_password(self) -> None:
        """Says so, keeps what was typed, and takes the right one."""
        self.wait(self.person("ann"))
        self.allow(r"401|403|400")
        page = self.visit(size=PHONE, theme="dark")
        page.get_by_label("E-mail, username or phone").fill("ann")
        page.get_by_label("Password", exact=True).fill("Wrong-horse-7")
        page.get_by_role("button", name="Sign in", exact=True).click()
        expect(page.get_by_role("alert")).to_be_visible()
        self.check_accessible(page)
        sign_in(page, "ann")
        is_in(page)

    @in_browser
    def test_two_factor(self) -> None:
        """Whoever has an authenticator is asked for its code."""
        ann = self.wait(self.person("ann"))
        setup = self.wait(ann.rest("POST", "/auth/2fa/setup", {}))
        code = pyotp.TOTP(setup["secret"]).now()
        self.wait(ann.rest("POST", "/auth/2fa/verify", {"code": code}))
        self.wait(self.sql("UPDATE users SET totp_last_step = NULL"))
        page = self.visit()
        sign_in(page, "ann")
        expect(page.get_by_role("heading", name="Two-step sign-in")).to_be_visible()
        self.check_accessible(page)
        page.get_by_label("Six-digit code").press_sequentially(pyotp.TOTP(setup["secret"]).now())
        is_in(page)

    @in_browser
    def test_demo(self) -> None:
        """One click, and one is somebody who has written and been written to."""
        page = self.visit()
        page.get_by_role("button", name="Mira").click()
        is_in(page)
        expect(page.get_by_role("link", name="Sam Rivers")).to_be_visible()
        self.check_accessible(page)

    async def sql(self, statement: str) -> None:
        assert self.service.node is not None
        await self.service.node.db.execute(statement)


class EndTests(BrowserCase):
    """A session that ends."""

    @in_browser
    def test_revoked_elsewhere(self) -> None:
        """Another device signs this one out: it says so, and keeps nothing of what was there."""
        ann = self.wait(self.person("ann"))
        page = self.at_home(ann)
        is_in(page)
        # The list is there before the server has answered; the reason comes over the connection.
        expect(page.get_by_role("navigation", name="Main").locator(".avatar__presence")).to_be_visible()
        self.allow("401|auth/refresh")
        self.wait(ann.rest("DELETE", "/auth/sessions"))
        expect(page.get_by_text("You were signed out on this device from another one.")).to_be_visible()
        self.assertEqual(page.evaluate("async () => (await indexedDB.databases()).length"), 0)
        self.assertIsNone(page.evaluate("() => localStorage.getItem('chatr:user')"))

    @in_browser
    def test_ended_while_away(self) -> None:
        """The session ended while no page was open: whoever comes signs in, and what was kept is gone."""
        ann = self.wait(self.person("ann"))
        page = self.at_home(ann)
        is_in(page)
        page.goto("about:blank")
        self.wait(ann.rest("DELETE", "/auth/sessions"))
        self.allow("401")
        page.goto("/")
        expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
        page.evaluate("async () => { while ((await indexedDB.databases()).length > 0) await new Promise(setTimeout); }")
        self.assertIsNone(page.evaluate("() => localStorage.getItem('chatr:user')"))
        self.assertEqual(len(self.said), 1, "the server is asked once")


class StorageTests(BrowserCase):
    """A browser that keeps nothing."""

    @in_browser
    def test_does_not_open(self) -> None:
        """Says why and what helps, whether one was signed in or signs in now; mended, all is there."""
        ann = self.wait(self.person("ann"))
        page = self.at_home(ann, size=PHONE, theme="dark")
        is_in(page)
        page.context.add_init_script(_NO_STORAGE)
        page.reload()
        told = page.get_by_role("alert")
        expect(told).to_contain_text("This browser’s storage does not open")
        expect(told).to_contain_text("InvalidStateError")
        self.check_accessible(page)
        for script, reason in ((_NO_STORAGE, "InvalidStateError"), (_NO_SITE_DATA, "SecurityError")):
            context = self.context()
            context.add_init_script(script)
            first = context.new_page()
            first.goto("/")
            if script == _NO_STORAGE:
                sign_in(first, "ann")
            expect(first.get_by_role("alert")).to_contain_text(reason)
        page.evaluate("() => sessionStorage.setItem('mended', '')")
        page.get_by_role("button", name="Reload").click()
        is_in(page)
