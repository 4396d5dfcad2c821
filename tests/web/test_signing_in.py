"""Coming in, and being put out."""

from __future__ import annotations

import re
import time

import pyotp
from playwright.sync_api import Page, Route, expect

from tests.e2e.server import PASSWORD, Account
from tests.web.case import PHONE, BrowserCase, in_browser


def sign_in(page: Page, login: str) -> None:
    """Fill in the form of the first page."""
    page.get_by_label("E-mail, username or phone").fill(login)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def is_in(page: Page) -> None:
    """Wait until somebody is signed in."""
    expect(page.get_by_role("heading", name="Chats", exact=True)).to_be_visible()


async def with_authenticator(case: BrowserCase, who: Account) -> str:
    """Have somebody set up two-step sign-in; the secret, whose code of this moment may be used again."""
    secret: str = (await who.rest("POST", "/auth/2fa/setup", {}))["secret"]
    await who.rest("POST", "/auth/2fa/verify", {"code": pyotp.TOTP(secret).now()})
    assert case.service.node is not None
    await case.service.node.db.execute("UPDATE users SET totp_last_step = NULL")
    return secret


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
        secret = self.wait(with_authenticator(self, ann))
        page = self.visit()
        sign_in(page, "ann")
        expect(page.get_by_role("heading", name="Two-step sign-in")).to_be_visible()
        self.check_accessible(page)
        page.get_by_label("Six-digit code").press_sequentially(pyotp.TOTP(secret).now())
        is_in(page)

    @in_browser
    def test_demo(self) -> None:
        """One click, and one is somebody who has written and been written to. Whoever leaves leaves nothing behind."""
        page = self.context().new_page()
        held: list[Route] = []
        page.route("**/dev/demo", lambda route: held.append(route))
        with page.expect_request("**/dev/demo"):
            page.goto("/")
        form = page.get_by_label("Password", exact=True)
        before = form.bounding_box()
        held[0].continue_()
        page.unroute("**/dev/demo")
        expect(page.get_by_role("button", name="Mira")).to_be_visible()
        self.assertEqual(form.bounding_box(), before, "the form stays where it is")
        page.get_by_role("button", name="Mira").click()
        is_in(page)
        expect(page.get_by_role("link", name="Sam Rivers")).to_be_visible()
        self.check_accessible(page)
        page.goto("/settings/account")
        page.get_by_role("main").get_by_role("button", name="Sign out").last.click()
        page.get_by_role("alertdialog").get_by_role("button", name="Sign out").click()
        expect(page.get_by_role("button", name="Mira")).to_be_visible()
        self.assertEqual(page.url, f"{self.url}/")

    @in_browser
    def test_echo_bot(self) -> None:
        """One click, and one can write to somebody who answers."""
        page = self.visit(size=PHONE)
        page.get_by_role("button", name="Write to Echo").click()
        field = page.get_by_role("textbox", name="Message to Echo")
        field.fill("Anybody there?")
        field.press("Enter")
        said = page.get_by_role("log", name="Messages").get_by_role("article").filter(has_text="Anybody there?")
        expect(said).to_have_count(2)


class LimitTests(BrowserCase):
    """A server at which nobody may try without end."""

    settings = {"limits.exempt_loopback": "false"}

    @in_browser
    def test_too_many_tries(self) -> None:
        """How long to wait is said, counts down and goes; then one comes in, the lock of the account being open too."""
        self.wait(self.person("ann"))
        wrong = {"login": "ann", "password": "Wrong-horse-7"}
        for _ in range(10):
            self.wait(self.rest("POST", "/auth/login", wrong, 401))
        self.allow("429|423")
        page = self.context().new_page()
        page.clock.install()
        page.goto("/")
        sign_in(page, "ann")
        note = page.get_by_role("alert")
        expect(note.get_by_text("Too fast. Try again in 15 min.").last).to_be_visible()
        self.check_accessible(page)
        page.clock.fast_forward("14:00")
        expect(note).to_contain_text(re.compile(r"Try again in [0-9]+ s\."))
        page.clock.fast_forward("01:00")
        expect(note).to_have_count(0)
        node = self.service.node
        assert node is not None
        node.ports.limits.limiter._seconds = lambda: time.monotonic() + 900
        sign_in(page, "ann")
        expect(note).to_contain_text("Too many tries. Wait 15 min, or reset your password.")
        expect(note.get_by_role("link", name="reset your password")).to_be_visible()
        self.check_accessible(page)
        self.wait(self.opened())
        sign_in(page, "ann")
        is_in(page)

    async def opened(self) -> None:
        assert self.service.node is not None
        await self.service.node.db.execute("UPDATE sign_in_tries SET locked_until = now()")


class EndTests(BrowserCase):
    """A session that ends."""

    @in_browser
    def test_undo_by_letter(self) -> None:
        """A letter leads to the page that undoes a change also in a browser that is signed in, and then ends that."""
        ann = self.wait(self.person("ann"))
        page = self.at_home(ann)
        is_in(page)
        token = self.wait(self.moved(ann))
        self.allow("401|auth/refresh")
        page.goto(f"/undo#token={token}")
        expect(page.get_by_role("link", name="Back to chats")).to_be_visible()
        self.check_accessible(page)
        self.assertEqual(page.evaluate("location.href"), f"{self.url}/undo", "the key is not left there")
        page.get_by_role("button", name="Undo the change").click()
        page.get_by_role("button", name="Set a new password").click()
        expect(page.get_by_role("link", name="Back to sign in")).to_be_visible()

    async def moved(self, who: Account) -> str:
        """Change the address of somebody; answers the key that undoes it."""
        changed = {"email": "other@example.org", "password": PASSWORD}
        await who.rest("PATCH", "/users/me", changed)
        code = self.code("other@example.org")
        await who.rest("POST", "/auth/verify-email", {"userId": who.id, "code": code})
        letters = sorted((self.data_dir / "outbox").glob("*.eml"))
        found = [key for letter in letters for key in re.findall(r"^[\w-]{43}$", letter.read_text(), re.M)]
        return str(found[-1])

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
