"""What developers have: the documentation and the test lab."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.e2e.server import PASSWORD
from tests.web.case import PHONE, BrowserCase, in_browser


class DocsTests(BrowserCase):
    """The documentation, for whoever comes by."""

    @in_browser
    def test_search_and_links(self) -> None:
        """A page is found by the keyboard, has an address of its own, and leads on."""
        page = self.visit("/docs")
        expect(page.get_by_text(re.compile(r"^\d+ operations, \d+ events$"))).to_be_visible()
        page.keyboard.press("/")
        page.keyboard.type("message.send")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1, name="message.send")).to_be_visible()
        page.reload()
        page.get_by_role("radio", name="Python").click()
        expect(page.get_by_text("await client.call")).to_be_visible()
        page.get_by_role("link", name="forbidden").first.click()
        expect(page.get_by_role("heading", level=1, name="Errors")).to_be_visible()
        page.goto("/docs/guides/clients#losing-nothing")
        expect(page.get_by_role("heading", name="Losing nothing")).to_be_in_viewport()
        self.check_accessible(page)

    @in_browser
    def test_phone(self) -> None:
        """On a phone the list of pages is a page, and each other has a way back to it."""
        page = self.visit("/docs", size=PHONE)
        page.get_by_role("link", name="conversation.log").click()
        expect(page.get_by_role("heading", level=1, name="conversation.log")).to_be_focused()
        self.assertLessEqual(page.evaluate("() => document.documentElement.scrollWidth - innerWidth"), 0)
        page.get_by_role("button", name="Back").click()
        expect(page.get_by_role("heading", level=1, name="Docs")).to_be_visible()


class LabTests(BrowserCase):
    """The test lab."""

    def sign_in(self, page: Page, pane: int, login: str) -> None:
        form = page.get_by_role("region", name=re.compile(f"^Pane {pane},"))
        form.get_by_label("E-mail, username or phone").fill(login)
        form.get_by_label("Password", exact=True).fill(PASSWORD)
        form.get_by_role("button", name="Sign in", exact=True).click()
        expect(form.get_by_text("Connected")).to_be_visible()

    @in_browser
    def test_side_by_side(self) -> None:
        """Two people beside the one who is signed in: a call of one is an event of the other; a cut mends itself."""
        ann = self.wait(self.person("ann"))
        ben = self.wait(self.person("ben"))
        cleo = self.wait(self.person("cleo"))
        page = self.at_home(cleo, "/lab")
        for pane, person in enumerate((ann, ben), 1):
            self.sign_in(page, pane, person.session["user"]["username"])
        first = page.get_by_role("region", name=re.compile("^Pane 1,"))
        events = page.get_by_role("log")
        expect(first.get_by_label("recipientId")).to_have_value(ben.id)
        first.get_by_role("button", name=re.compile("^Call as")).click()
        expect(first.get_by_text(re.compile(r"^201 · \d+ ms$"))).to_be_visible()
        expect(events.get_by_text("message.received")).to_be_visible()
        self.check_accessible(page)

        first.get_by_role("button", name="Cut the connection").click()
        expect(events.get_by_text("connection lost")).to_be_visible()
        expect(first.get_by_text("Connected")).to_be_visible()
        page.get_by_role("button", name="message.get", exact=True).click()
        first.get_by_label("id", exact=True).fill("nonsense")
        first.get_by_role("button", name=re.compile("^Call as")).click()
        expect(first.get_by_text(re.compile("^invalid"))).to_be_visible()

        # The session of this browser is still cleo's.
        page.reload()
        page.get_by_role("link", name="Your profile").click()
        expect(page.get_by_text("@cleo").first).to_be_visible()

    @in_browser
    def test_talk(self) -> None:
        """Two of the demo, by one click each, talk with each other; all of it is among the events, which are sifted."""
        page = self.visit("/lab")
        panes = [page.get_by_role("region", name=re.compile(f"^Pane {number},")) for number in (1, 2)]
        for pane, name in zip(panes, ("Mira Castellanos", "Sam Rivers"), strict=True):
            pane.get_by_role("button", name=f"Sign in as {name}").click()
            expect(pane.get_by_text("Connected")).to_be_visible()
        mira, sam = panes
        # Who types is told when both know in which conversation.
        for pane in panes:
            expect(pane.get_by_role("article").first).to_be_visible()
        field = mira.get_by_role("textbox", name="Message to Sam Rivers")
        field.press_sequentially("Is this the lab?", delay=20)
        expect(sam.get_by_text("Mira Castellanos is typing")).to_be_attached()
        field.press("Enter")
        expect(sam.get_by_role("log").get_by_text("Is this the lab?")).to_be_visible()
        expect(sam.get_by_text("Mira Castellanos is typing")).to_have_count(0)
        expect(mira.get_by_role("article").last.get_by_text("Read")).to_be_attached()
        expect(mira.get_by_role("button", name="Cut the connection")).to_be_enabled()
        mira.get_by_role("button", name="Cut the connection").click()
        answer = sam.get_by_role("textbox", name="Message to Mira Castellanos")
        answer.fill("It is, and it mends itself")
        answer.press("Enter")
        expect(mira.get_by_role("log").get_by_text("It is, and it mends itself")).to_be_visible()
        events = page.get_by_role("log", name="Events")
        for kind, seen, hidden in (("Errors", "connection lost", "message.send"), ("Out", "message.send", "lost")):
            page.get_by_role("radio", name=kind, exact=True).click()
            expect(events.get_by_text(seen).first).to_be_visible()
            expect(events.get_by_text(hidden)).to_have_count(0)
        page.get_by_role("searchbox", name="Filter events").fill("mark_read")
        expect(events.get_by_text("mark_read").first).to_be_visible()
        expect(events.get_by_text("message.send")).to_have_count(0)
        self.check_accessible(page)

    @in_browser
    def test_try_it(self) -> None:
        """The documentation opens the lab with the fields filled."""
        ann = self.wait(self.person("ann"))
        page = self.visit("/docs/operations/message/search")
        page.get_by_role("button", name="Try it in the lab").click()
        self.sign_in(page, 1, ann.session["user"]["username"])
        expect(page.get_by_label("q", exact=True)).not_to_have_value("")
