"""Several tabs of one person: they show the same at once, send each thing once, and end together."""

from __future__ import annotations

from playwright.sync_api import BrowserContext, Page, expect
from twisted.logger import Logger

from tests.web.case import in_browser
from tests.web.test_conversation import Chat, ConversationCase

_log = Logger()

#: Notes when each message is in the page first, in milliseconds since 1970. Not when it is painted: a browser paints a
#: tab behind another once a second.
_WATCH = """() => {
    const seen = new Map();
    const asked = new Map();
    const look = () => {
        for (const { textContent } of document.querySelectorAll(".bubble-text")) {
            if (seen.has(textContent)) continue;
            seen.set(textContent, performance.timeOrigin + performance.now());
            asked.get(textContent)?.(seen.get(textContent));
        }
    };
    new MutationObserver(look).observe(document.body, { childList: true, subtree: true, characterData: true });
    window.whenSeen = (text) =>
        new Promise((resolve) => (seen.has(text) ? resolve(seen.get(text)) : asked.set(text, resolve)));
}"""


class TabsTests(ConversationCase):
    """Of one browser."""

    @in_browser
    def test_agree(self) -> None:
        """What one tab writes, what comes, and what is taken back is on both; how far apart, trial's log says."""
        hers, other, his = self._tabs()
        for page in (hers.page, other.page, his.page):
            page.evaluate(_WATCH)
        apart: dict[str, list[float]] = {"leading": [], "following": [], "received": []}
        for number in range(5):
            for chat, kind in ((hers, "leading"), (other, "following"), (his, "received")):
                text = f"{kind} {number}"
                chat.write(text)
                one, two = (page.evaluate("text => whenSeen(text)", text) for page in (hers.page, other.page))
                apart[kind].append(abs(one - two))
        for kind, found in apart.items():
            _log.info("two tabs, {kind}: {apart} ms apart", kind=kind, apart=[round(each) for each in found])
        other.says(hers.texts())
        hers.act("received 0", "Reply")
        hers.write("a reply")
        other.has("a reply")
        other.act("a reply", "Unsend")
        other.page.get_by_role("alertdialog").get_by_role("button", name="Unsend").click()
        for chat in (hers, other, his):
            expect(chat.bubble("a reply")).to_have_count(0)
        self._same(hers, other, his)

    @in_browser
    def test_never_double(self) -> None:
        """Both write, one after the other, while sockets are cut: each thing is sent once, in the order of writing."""
        hers, other, his = self._tabs()
        written = []
        for number in range(12):
            chat = (hers, other)[number % 2]
            chat.write(f"message {number}")
            # The next is written later than this one.
            chat.has(f"message {number}")
            written.append(f"message {number}")
            if number % 4 == 2:
                self.cut()
        for chat in (hers, other, his):
            chat.has("message 11")
        self._same(hers, other, his)
        self.assertEqual(his.texts(), ["hello", *written])
        self.assertEqual(self.wait(self.stored()), ["hello", *written])

    @in_browser
    def test_leader_closed(self) -> None:
        """The tab that has the connection is closed with something unsent: the other goes on, and sends it."""
        hers, other, his = self._tabs()
        self.cut()
        hers.write("last words")
        # On the screen is what is in the database.
        hers.has("last words")
        hers.page.close()
        his.has("last words")
        other.has("last words")
        his.write("are you there?")
        other.has("are you there?")
        other.write("in the other tab")
        his.has("in the other tab")
        expect(his.page.get_by_text("Online").first).to_be_visible()
        self._same(other, his)
        self.assertEqual(self.wait(self.stored()), his.texts())

    @in_browser
    def test_loaded_at_once(self) -> None:
        """All tabs load at the same moment, again and again: nobody is signed out for it, and one leads."""
        hers, other, his = self._tabs()
        third = self.beside(hers.page, "/")
        for number in range(3):
            for page in (hers.page, other.page, third):
                page.evaluate("() => void setTimeout(() => location.assign('/'))")
            for page in (hers.page, other.page, third):
                page.get_by_role("link", name="Ben Baker").click()
            his.write(f"round {number}")
            for page in (hers.page, other.page, third):
                Chat(page).has(f"round {number}")
        self.wait(self.connections(2))

    @in_browser
    def test_signed_out(self) -> None:
        """Signing out in one signs out all, and leaves nothing."""
        hers, other, _his = self._tabs()
        hers.page.goto("/settings")
        hers.page.get_by_role("navigation", name="Settings").get_by_role("button", name="Sign out").click()
        hers.page.get_by_role("alertdialog").get_by_role("button", name="Sign out").click()
        for page in (hers.page, other.page):
            expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
        context = hers.page.context
        self._nothing_left(context, hers.page)
        # Nor is there anything to come back to.
        other.page.reload()
        expect(other.page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
        self._nothing_left(context, other.page)
        self.wait(self.connections(1))

    def _tabs(self) -> tuple[Chat, Chat, Chat]:
        """Two of Ann, of which the first has the connection, and one of Ben: all in their conversation."""
        hers, his = self.side_by_side()
        hers.write("hello")
        his.has("hello")
        other = Chat(self.beside(hers.page, hers.page.url))
        other.has("hello")
        return hers, other, his

    def _same(self, *chats: Chat) -> None:
        for chat in chats:
            expect(chat.log.locator(".bubble-meta__tick--pending")).to_have_count(0)
        for chat in chats[1:]:
            chat.says(chats[0].texts())

    def _nothing_left(self, context: BrowserContext, page: Page) -> None:
        # The databases go after the page has changed: this waits for it.
        page.wait_for_function("() => indexedDB.databases().then((all) => all.length === 0)")
        self.assertIsNone(page.evaluate("() => localStorage.getItem('chatr:user')"))
        refresh = [cookie for cookie in context.cookies() if "refresh" in str(cookie.get("name"))]
        self.assertEqual(refresh, [])
