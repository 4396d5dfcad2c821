"""A day at Chatr without a mouse."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.e2e.server import PASSWORD, Account
from tests.web.case import in_browser
from tests.web.keyboard import Keyboard
from tests.web.test_conversation import Chat, ConversationCase


class KeyboardTests(ConversationCase):
    """By keyboard alone: no test here touches a mouse."""

    def crowd(self) -> tuple[Account, Account]:
        """Ann and Ben are friends; Dan has written to Ann, and Cyd, whom nobody knows."""
        ann, ben = self.people()

        async def made() -> None:
            cyd, dan = await self.person("cyd"), await self.person("dan")
            for person, name in ((cyd, "Cyd Clark"), (dan, "Dan Dyer")):
                await person.rest("PATCH", "/users/me", {"displayName": name})
            await self.acquaint(ann, dan)
            await dan.send(ann, "Are you there?")
            await cyd.send(ann, "We met at the sprints")

        self.wait(made())
        return ann, ben

    @in_browser
    def test_code(self) -> None:
        """Code that is wider than its bubble: left and right go along it, Tab goes past it."""
        ann, ben = self.people()
        self.wait(ben.send(ann, "```\n" + "a line that is far too long " * 9 + "\n```"))
        page = self.at_home(ann, f"/u/{ben.id}")
        keys, code = Keyboard(page), Chat(page).log.locator("pre")
        expect(code).to_be_visible()
        keys.at("textbox", "^Message to Ben Baker$")
        keys.press("Shift+Tab")
        keys.at("article", "^Ben Baker: a line")
        keys.press("ArrowRight", "ArrowRight")
        self.assertEqual(code.evaluate("(code) => code.scrollLeft"), 120)
        keys.press("ArrowLeft")
        self.assertEqual(code.evaluate("(code) => code.scrollLeft"), 60)
        keys.press("Tab")
        keys.at("textbox", "^Message to Ben Baker$")

    @in_browser
    def test_a_day(self) -> None:
        """Sign in, talk to a friend, accept a stranger, change the theme, leave: the focus is always somewhere."""
        ann, ben = self.crowd()
        page = self.visit()
        keys, chat = Keyboard(page), Chat(page)
        self.sign_in(keys)
        self.write(keys, chat)
        self.wait(ben.send(ann, "Hi Ann"))
        chat.has("Hi Ann")
        self.act_on_messages(keys, chat)
        self.go_on(keys, page)
        self.leave(keys, page)
        self.allow("auth/refresh")

    def sign_in(self, keys: Keyboard) -> None:
        keys.at("textbox", "E-mail, username or phone")
        keys.write("ann")
        keys.press("Tab")
        keys.at("textbox", "^Password$")
        keys.write(PASSWORD)
        keys.press("Enter")
        keys.at("region", "^Chats$")

    def write(self, keys: Keyboard, chat: Chat) -> None:
        keys.press("Control+k")
        keys.at("combobox", "Go to")
        keys.write("Ben")
        expect(keys.page.get_by_role("option", name="Ben Baker").first).to_have_attribute("aria-selected", "true")
        keys.press("Enter")
        keys.at("textbox", "^Message to Ben Baker$")
        keys.write("Hello Bne")
        keys.press("Enter")
        chat.has("Hello Bne")
        expect(chat.log.locator(".bubble-meta__tick--pending")).to_have_count(0)
        keys.at("textbox", "^Message to Ben Baker$")
        keys.press("ArrowUp")
        expect(chat.field).to_have_value("Hello Bne")
        keys.press("Backspace", "Backspace")
        keys.write("en")
        keys.press("Enter")
        expect(chat.has("Hello Ben").get_by_text("edited")).to_be_visible()
        keys.at("textbox", "^Message to Ben Baker$")

    def act_on_messages(self, keys: Keyboard, chat: Chat) -> None:
        """The newest is one step from the field; arrows, and the keys of a message, from there."""
        keys.press("Shift+Tab")
        keys.at("article", "^Ben Baker: Hi Ann")
        keys.press("ArrowUp")
        keys.at("article", "^You: Hello Ben, .*edited")
        keys.press("End")
        keys.at("article", "^Ben Baker: Hi Ann")
        keys.press("+")
        keys.at("searchbox", "Search emoji")
        keys.press("Tab")
        keys.at("button", "^Smileys$")
        for name in ("People", "Nature", "Food"):
            keys.press("ArrowRight")
            keys.at("button", f"^{name}$")
        keys.press("Enter")
        keys.at("searchbox", "Search emoji")
        expect(keys.page.locator(".emoji-picker__name")).to_have_text("Grapes")
        keys.write("red heart")
        expect(keys.page.locator(".emoji-picker__name")).to_have_text("Red heart")
        keys.press("Enter")
        expect(chat.bubble("Hi Ann").get_by_role("button", name="❤️", pressed=True)).to_be_visible()
        keys.at("article", "^Ben Baker: Hi Ann")
        keys.press("Enter")
        keys.at("menuitem", "React with 👍")
        keys.press("ArrowDown")
        keys.at("menuitem", "React with ❤️")
        keys.press("Escape")
        keys.at("article", "^Ben Baker: Hi Ann")
        keys.press("r")
        keys.at("textbox", "^Message to Ben Baker$")
        expect(chat.field).to_have_accessible_description("Ben Baker Hi Ann")
        keys.write("Lunch?")
        keys.press("Enter")
        expect(chat.has("Lunch?").get_by_text("Hi Ann")).to_be_visible()
        expect(chat.log.locator(".bubble-meta__tick--pending")).to_have_count(0)
        keys.press("Shift+Tab")
        keys.at("article", "^You: Lunch")
        keys.press("Delete")
        keys.at("button", "^Cancel$")
        keys.press("Tab")
        keys.at("button", "^Unsend$")
        keys.press("Enter")
        keys.at("article", "unsent")
        keys.press("Tab")
        keys.at("textbox", "^Message to Ben Baker$")

    def go_on(self, keys: Keyboard, page: Page) -> None:
        """To the next chat, and to a request that waits."""
        keys.press("Alt+ArrowDown")
        keys.at("textbox", "^Message to Dan Dyer$")
        keys.press("Alt+ArrowUp")
        keys.at("textbox", "^Message to Ben Baker$")
        keys.press("Control+k")
        keys.at("combobox", "Go to")
        keys.write("requests")
        keys.press("Enter")
        keys.at("region", "^Chats$")
        keys.tab_to("link", "^Cyd Clark")
        keys.press("Enter")
        expect(page.get_by_role("heading", name="Cyd Clark wants to message you")).to_be_visible()
        keys.tab_to("button", "^Accept$")
        keys.press("Enter")
        keys.at("textbox", "^Message to Cyd Clark$")

    def leave(self, keys: Keyboard, page: Page) -> None:
        """Settings, the theme, and out."""
        keys.press("Control+k")
        keys.at("combobox", "Go to")
        keys.write("settings")
        keys.press("Enter")
        keys.at("main")
        keys.tab_to("radio", "System")
        keys.press("ArrowDown", "ArrowDown")
        keys.at("radio", "Dark")
        self.assertEqual(page.evaluate("() => getComputedStyle(document.documentElement).colorScheme"), "dark")
        keys.tab_to("button", "^Sign out$", back=True)
        keys.press("Enter")
        keys.at("button", "^Cancel$")
        keys.press("Tab", "Enter")
        keys.at("textbox", "E-mail, username or phone")
        self.assertEqual(page.evaluate("async () => (await indexedDB.databases()).length"), 0)
