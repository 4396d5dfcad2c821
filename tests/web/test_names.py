"""What a screen reader is told: names and roles, in the accessibility tree of the browser."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.e2e.server import Account
from tests.web.case import PHONE, in_browser
from tests.web.keyboard import AxTree
from tests.web.test_conversation import Chat, ConversationCase


class NamesTests(ConversationCase):
    """Ann's pages; Ben has written to her."""

    timeout = 240

    def talk(self) -> tuple[Account, Account]:
        ann, ben = self.people()

        async def talked() -> None:
            await ann.send(ben, "Dinner on Saturday?")
            for text in ("Gladly", "Who **cooks**?"):
                await ben.send(ann, text)

        self.wait(talked())
        return ann, ben

    @in_browser
    def test_all_named_at_a_desk(self) -> None:
        """No link, button or field without a name in a conversation and its dialogs; those of the pages: test_pages."""
        ann, ben = self.talk()
        page = self.at_home(ann, f"/u/{ben.id}")
        chat = Chat(page)
        chat.has("Gladly")
        chat.act("Gladly", "Details")
        expect(page.get_by_role("dialog", name=re.compile("."))).to_be_visible()
        self.check_named(page, "details of a message")
        page.keyboard.press("Escape")
        page.keyboard.press("?")
        expect(page.get_by_role("dialog", name="Shortcuts")).to_be_visible()
        self.check_named(page, "shortcuts")

    @in_browser
    def test_all_named_on_a_phone(self) -> None:
        """The same where there is less room."""
        ann, ben = self.talk()
        page = self.at_home(ann, f"/u/{ben.id}", size=PHONE)
        Chat(page).has("Gladly")
        self.check_named(page, "conversation")

    @in_browser
    def test_list(self) -> None:
        """A row says who, whether they are here, how much is unread, and what was said."""
        ann, ben = self.talk()
        page = self.at_home(ann)
        self.at_home(ben)
        row = page.get_by_role("list", name="Chats").get_by_role("link")
        expect(row).to_have_accessible_name(re.compile(r"^Ben Baker, online, 2 unread, Who cooks\? \d\d:\d\d$"))
        tree = AxTree(page)
        self.assertIn("Chats, 2 unread", tree.named("link"))
        self.assertIn("Main", tree.named("navigation"))
        self.assertEqual(tree.named("searchbox"), ["Search chats and messages"])

    @in_browser
    def test_conversation(self) -> None:
        """Messages are read as who, what, when and how far it has come; the field says to whom."""
        ann, ben = self.talk()
        page = self.at_home(ann, f"/u/{ben.id}")
        chat = Chat(page)
        chat.has("Gladly")
        expect(chat.log).to_have_attribute("aria-live", "polite")
        tree = AxTree(page)
        clock = r", \d\d:\d\d"
        messages = (
            f"^You: Dinner on Saturday\\?{clock}, ",
            f"^Ben Baker: Gladly{clock}$",
            f"^Ben Baker: Who cooks\\?{clock}$",
        )
        for name, pattern in zip(tree.named("article"), messages, strict=True):
            self.assertRegex(name, pattern)
        self.assertIn("Messages", tree.named("log"))
        self.assertIn("Message to Ben Baker", tree.named("textbox"))
        for name in ("Attach", "Record a voice note"):
            self.assertIn(name, tree.named("button"))
        his = Chat(self.at_home(ben, f"/u/{ann.id}"))
        his.has("Gladly")
        his.page.bring_to_front()
        expect(chat.log.get_by_role("article", name=re.compile("Dinner on Saturday.*, Read$"))).to_be_visible()
        his.field.press_sequentially("I do", delay=20)
        expect(chat.log.get_by_role("status")).to_have_text("Ben Baker is typing")
        chat.act("Dinner on", "Unsend")
        expect(chat.page.get_by_role("alertdialog")).to_be_visible()
        self.assertEqual(tree.named("alertdialog"), ["Unsend this message?"])
