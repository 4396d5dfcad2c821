"""Every page: in both themes, at a desk and on a phone, with nothing that a screen reader would stumble over."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.web.case import PHONE, BrowserCase, in_browser
from tests.web.test_conversation import Chat, ConversationCase

PAGES = (
    "/",
    "/requests",
    "/archived",
    "/friends",
    "/profile",
    "/settings/appearance",
    "/settings/notifications",
    "/settings/privacy",
    "/settings/security",
    "/settings/storage",
    "/settings/account",
    "/settings/about",
    "/docs",
    "/lab",
)


class AccessibleTests(BrowserCase):
    """What axe-core says of somebody's pages, full of what a demo has, and whether all there has a name."""

    timeout = 240

    def look(self, page: Page) -> None:
        page.get_by_role("button", name=re.compile("Sam Rivers")).click()
        expect(page.get_by_role("heading", name="Chats", exact=True)).to_be_visible()
        for path in PAGES:
            page.goto(path)
            expect(page.locator("h1").first).to_be_visible()
            self.settled(page)
            self.check_accessible(page)
            self.check_named(page, path)
        page.goto("/")
        page.get_by_role("link", name=re.compile("Mira Castellanos")).click()
        Chat(page).has("Bring the stove")
        self.check_accessible(page)
        width = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
        self.assertLessEqual(width, 0, "it scrolls sideways")

    @in_browser
    def test_light_desk(self) -> None:
        """In the light theme, where there is room."""
        self.look(self.visit())

    @in_browser
    def test_dark_phone(self) -> None:
        """In the dark theme, on a phone."""
        self.look(self.visit(size=PHONE, theme="dark"))


class SettingsTests(ConversationCase):
    """What is chosen holds."""

    @in_browser
    def test_theme(self) -> None:
        """The chosen theme is there at once, in the other tab too, and after a reload before anything is drawn."""
        ann, _ = self.people()
        page = self.at_home(ann, "/settings/appearance")
        colour = "() => getComputedStyle(document.body).backgroundColor"
        light = page.evaluate(colour)
        page.get_by_text("Dark", exact=True).click()
        page.wait_for_function(f"light => ({colour})() !== light", arg=light)
        dark = page.evaluate(colour)
        page.reload()
        expect(page.get_by_role("radio", name="Dark")).to_be_checked()
        self.assertEqual(page.evaluate(colour), dark)

    @in_browser
    def test_privacy_at_once(self) -> None:
        """Who is not to be seen any more is gone from the other's screen in a moment."""
        ann, ben = self.people()
        his = self.at_home(ben, f"/u/{ann.id}")
        hers = self.at_home(ann, "/settings/privacy")
        expect(his.get_by_text("Online").first).to_be_visible()
        hers.get_by_role("button", name=re.compile("Who can see when you are online")).click()
        hers.get_by_role("menu").get_by_text("Nobody", exact=True).click()
        expect(his.get_by_text("Online")).to_have_count(0)

    @in_browser
    def test_sign_out(self) -> None:
        """Nothing is left of what was there."""
        ann, _ = self.people()
        page = self.at_home(ann, "/settings/account")
        page.get_by_role("button", name="Sign out").first.click()
        page.get_by_role("alertdialog").get_by_role("button", name="Sign out").click()
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        self.assertEqual(page.evaluate("async () => (await indexedDB.databases()).length"), 0)
        self.assertEqual(page.evaluate("() => localStorage.getItem('chatr:user')"), None)
        self.allow("auth/refresh")
