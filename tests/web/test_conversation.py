"""Two people side by side, each at a browser of their own."""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Locator, Page, expect
from twisted.internet import reactor
from twisted.internet.task import deferLater

from tests.e2e.server import Account
from tests.web.browser import WAIT_MS
from tests.web.case import PHONE, BrowserCase, in_browser

#: How many rows a table of the client's database has.
_COUNT = """async (table) => {
    const [{ name }] = await indexedDB.databases();
    const db = await new Promise((resolve, reject) => {
        const request = indexedDB.open(name);
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
    });
    const count = db.transaction(table).objectStore(table).count();
    await new Promise((resolve) => (count.onsuccess = resolve));
    db.close();
    return count.result;
}"""


class Chat:
    """A conversation on the screen of one of them."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.log = page.get_by_role("log", name="Messages")
        self.field = page.get_by_role("textbox", name=re.compile("^Message to "))

    def write(self, text: str) -> None:
        """Write, and send with Enter."""
        self.field.fill(text)
        self.field.press("Enter")

    def bubble(self, text: str) -> Locator:
        """The message that says so."""
        # Not by all that is in it: the time stands right behind the text.
        return self.log.get_by_role("article").filter(has=self.page.locator(".bubble-text", has_text=text))

    def has(self, text: str) -> Locator:
        """Wait for a message."""
        found = self.bubble(text)
        expect(found).to_be_visible()
        return found

    def says(self, texts: list[str]) -> None:
        """Wait until these are all that is there, in this order."""
        expect(self.log.locator(".bubble-text")).to_have_text(texts)

    def act(self, text: str, item: str) -> None:
        """Choose from the menu of a message. What is not sent yet has none."""
        found = self.has(text)
        expect(found.locator(".bubble-meta__tick--pending")).to_have_count(0)
        found.click(button="right")
        self.page.get_by_role("menuitem", name=item, exact=True).click()

    def texts(self) -> list[str]:
        """What is there, in order, painted or not yet."""
        return [str(text) for text in self.log.locator(".bubble-text").all_text_contents()]


class ConversationCase(BrowserCase):
    """Ann and Ben."""

    def people(self, *, friends: bool = True) -> tuple[Account, Account]:
        """Both have accounts."""

        async def made() -> tuple[Account, Account]:
            ann, ben = await self.person("ann"), await self.person("ben")
            for person, name in ((ann, "Ann Archer"), (ben, "Ben Baker")):
                await person.rest("PATCH", "/users/me", {"displayName": name})
            if friends:
                await self.acquaint(ann, ben)
            return ann, ben

        return self.wait(made())

    def kept(self, page: Page, table: str, count: int) -> None:
        """Wait until the database of a browser has so many rows of a kind."""
        ends = time.monotonic() + WAIT_MS / 1000
        while (found := page.evaluate(_COUNT, table)) != count:
            self.assertLess(time.monotonic(), ends, f"{table}: {found}, and not {count}")

    async def connections(self, count: int) -> frozenset[str]:
        """Wait until there are so many: of each person one, however many tabs they have."""
        return await self._until(lambda found: len(found) == count)

    async def taken_over(self, before: frozenset[str]) -> frozenset[str]:
        """Wait until one of these connections has gone, and another has come."""
        return await self._until(lambda found: len(found) == len(before) and found != before)

    async def _until(self, right: Callable[[frozenset[str]], bool]) -> frozenset[str]:
        assert self.service.node is not None
        sessions = self.service.node.wamp.router.sessions
        while not right(found := frozenset(session.connection for session in sessions.everyone())):
            await deferLater(reactor, 0.01)  # type: ignore[arg-type]
        return found

    async def stored(self) -> list[str]:
        """What the server has of all conversations, in order."""
        assert self.service.node is not None
        rows = await self.service.node.db.query("SELECT content FROM messages ORDER BY conversation_id, seq")
        return [str(content) for (content,) in rows]

    def side_by_side(self, **options: Any) -> tuple[Chat, Chat]:
        """Both look at their conversation."""
        ann, ben = self.people()
        return Chat(self.at_home(ann, f"/u/{ben.id}", **options)), Chat(self.at_home(ben, f"/u/{ann.id}"))


class SideBySideTests(ConversationCase):
    """What one does, the other sees at once."""

    @in_browser
    def test_typing_on(self) -> None:
        """The first message gives a conversation an address; who types on meanwhile loses no letter, nor the focus."""
        ann, ben = self.people(friends=False)
        chat = Chat(self.at_home(ann, f"/u/{ben.id}"))
        expect(chat.field).to_be_focused()
        keyboard, typed = chat.page.keyboard, ""
        keyboard.type("Hello")
        keyboard.press("Enter")
        for letter in itertools.cycle("and on "):
            keyboard.type(letter)
            typed += letter
            if "/c/" in chat.page.url and len(typed) > 40:
                break
        expect(chat.field).to_have_value(typed)
        expect(chat.field).to_be_focused()
        chat.says(["Hello"])
        chat.page.get_by_role("link", name="Friends", exact=True).click()
        expect(chat.field).to_have_count(0)
        chat.page.go_back()
        expect(chat.field).to_have_value(typed)

    @in_browser
    def test_request(self) -> None:
        """A stranger's message waits where it disturbs nobody; accepted it is a conversation like any other."""
        ann, ben = self.people(friends=False)
        hers = Chat(self.at_home(ann, f"/u/{ben.id}"))
        hers.write("We met at the sprints")
        hers.has("We met at the sprints")
        expect(hers.page.get_by_text("Waiting for Ben Baker to accept")).to_be_visible()
        page = self.at_home(ben, "/requests", size=PHONE)
        page.get_by_role("link", name="Ann Archer").click()
        his = Chat(page)
        his.has("We met at the sprints")
        expect(page.get_by_role("heading", name="Ann Archer wants to message you")).to_be_visible()
        self.check_accessible(page)
        page.get_by_role("button", name="Accept").click()
        his.write("Of course!")
        hers.has("Of course!")
        expect(hers.page.get_by_text("Waiting for Ben Baker")).to_have_count(0)

    @in_browser
    def test_first_message(self) -> None:
        """With it the conversation has an address of its own; what was sent does not stand in the field again."""
        ann, ben = self.people()
        hers = Chat(self.at_home(ann, f"/u/{ben.id}"))
        hers.field.fill("Hello")
        self.kept(hers.page, "drafts", 1)
        hers.field.press("Enter")
        hers.page.wait_for_url("**/c/*")
        hers.has("Hello")
        self.kept(hers.page, "drafts", 0)
        expect(hers.field).to_have_value("")

    @in_browser
    def test_chat(self) -> None:
        """Written, read, answered: with ticks at one side and typing at the other."""
        hers, his = self.side_by_side()
        hers.write("Hello")
        his.has("Hello")
        hers.field.press_sequentially("Is anybody there", delay=20)
        expect(his.log.get_by_text("Ann Archer is typing")).to_be_attached()
        hers.field.press("Enter")
        his.has("Is anybody there")
        expect(his.log.get_by_text("Ann Archer is typing")).to_have_count(0)
        his.page.bring_to_front()
        his.write("I am")
        hers.has("I am")
        expect(hers.bubble("Is anybody there").get_by_text("Read")).to_be_attached()
        expect(hers.page.get_by_text("Online").first).to_be_visible()
        for chat in (hers, his):
            self.assertEqual(chat.texts(), ["Hello", "Is anybody there", "I am"])
            self.check_accessible(chat.page)

    @in_browser
    def test_drafts_seen(self) -> None:
        """Where both have it on, each sees what the other is about to write; where one has not, that they write."""
        ann, ben = self.people()
        for who in (ann, ben):
            self.wait(who.rest("PUT", "/users/me/settings", {"privacy": {"ghostTyping": True}}))
        hers, his = Chat(self.at_home(ann, f"/u/{ben.id}")), Chat(self.at_home(ben, f"/u/{ann.id}"))
        hers.write("Hello")
        his.has("Hello")
        hers.field.press_sequentially(
            "Shall we meet at the old bridge, or is that too far away for you tonight?", delay=5
        )
        seen = his.log.locator(".activity-bubble__draft")
        expect(seen).to_contain_text("too far away for you tonight?")
        hers.field.press("ControlOrMeta+a")
        hers.field.press_sequentially("At nine", delay=5)
        expect(seen).to_have_text("At nine")
        self.check_accessible(his.page)
        hers.field.press("Enter")
        his.has("At nine")
        expect(seen).to_have_count(0)
        self.wait(ben.rest("PUT", "/users/me/settings", {"privacy": {"ghostTyping": False}}))
        # That somebody types passes every two seconds, and may have passed just now.
        hers.field.press_sequentially("And now I go on", delay=200)
        expect(his.log.get_by_text("Ann Archer is typing")).to_be_attached()
        expect(seen).to_have_count(0)

    @in_browser
    def test_changes(self) -> None:
        """An edit, a reaction, a reply, something taken back."""
        hers, his = self.side_by_side()
        hers.write("Dinner on Satruday?")
        his.has("Dinner on Satruday?")
        hers.act("Dinner on Satruday?", "Edit")
        hers.write("Dinner on Saturday?")
        his.has("Dinner on Saturday?")
        expect(his.bubble("Saturday").get_by_text("edited")).to_be_visible()
        his.has("Saturday").click(button="right")
        his.page.get_by_role("menuitem", name="React with ❤️").click()
        expect(hers.log.get_by_role("button", name=re.compile("❤️"))).to_be_visible()
        his.act("Saturday", "Reply")
        his.write("Who cooks?")
        expect(hers.has("Who cooks?").get_by_text("Dinner on Saturday?")).to_be_visible()
        for chat, name in ((hers, "You"), (his, "Ann Archer")):
            expect(chat.has("Who cooks?").locator(".quote__name")).to_have_text(name)
        his.act("Who cooks?", "Unsend")
        his.page.get_by_role("alertdialog").get_by_role("button", name="Unsend").click()
        expect(hers.log.get_by_text("Ben Baker unsent a message")).to_be_visible()
        expect(hers.bubble("Who cooks?")).to_have_count(0)
        for chat in (hers, his):
            self.check_accessible(chat.page)

    @in_browser
    def test_presence_with_two_tabs(self) -> None:
        """Somebody is here while one of their tabs is."""
        ann, ben = self.people()
        his = self.at_home(ben, f"/u/{ann.id}")
        hers = self.at_home(ann)
        other = self.beside(hers, "/")
        expect(other.get_by_role("heading", name="Chats", exact=True)).to_be_visible()
        online = his.get_by_role("banner").get_by_text("Online")
        expect(his.get_by_text("Online").first).to_be_visible()
        before = self.wait(self.connections(2))
        hers.close()
        self.wait(self.taken_over(before))
        seen = self.wait(ben.rest("GET", f"/presence?userIds={ann.id}"))
        self.assertEqual([each["status"] for each in seen["items"]], ["online"])
        expect(his.get_by_text("Online").first).to_be_visible()
        other.close()
        expect(online).to_have_count(0)
        expect(his.get_by_text(re.compile("Last seen today")).first).to_be_visible()

    @in_browser
    def test_search(self) -> None:
        """A word said long ago is found, and a click goes there."""
        ann, ben = self.people()

        async def talk() -> None:
            await ann.send(ben, "The password of the cellar is gooseberry")
            for number in range(120):
                await (ann if number % 3 else ben).send(ben if number % 3 else ann, f"Line {number}")
            assert self.service.node is not None
            await self.service.node.indexer.catch_up()

        self.wait(talk())
        page = self.at_home(ann)
        page.get_by_role("searchbox", name="Search chats and messages").fill("gooseberry")
        page.get_by_role("link").filter(has_text="gooseberry").first.click()
        expect(Chat(page).bubble("gooseberry")).to_be_in_viewport()
        self.check_accessible(page)


class ApartTests(ConversationCase):
    """What becomes of a connection that goes."""

    @in_browser
    def test_cut(self) -> None:
        """Sockets that are cut come back by themselves, and nothing is missing or twice."""
        hers, his = self.side_by_side()
        hers.write("before")
        his.has("before")
        for number in range(3):
            self.cut()
            hers.write(f"cut {number}")
            his.write(f"cut too {number}")
        for chat in (hers, his):
            for number in range(3):
                chat.has(f"cut {number}")
                chat.has(f"cut too {number}")
            texts = chat.texts()
            self.assertEqual(len(texts), 7, texts)
            self.assertEqual([each for each in texts if "too" not in each], ["before", "cut 0", "cut 1", "cut 2"])
        self.assertEqual(hers.texts(), his.texts())
