"""Nothing moves by itself: what is being read stays where it is."""

from __future__ import annotations

import re
import struct
import zlib
from typing import Any

from playwright.sync_api import BrowserContext, expect

from tests.e2e.server import Account
from tests.previews.sites import PUBLIC, Server, page
from tests.web.case import DESKTOP, PHONE, in_browser
from tests.web.test_conversation import Chat, ConversationCase

#: Keeps what moved without anybody's doing, and what it was. A row of the list of chats that has something new to say
#: is another one: its time becomes bold, a tick comes before its text.
_WATCH = """
const isOfRow = ({ node }) => (node?.closest ? node : node?.parentElement)?.closest('.chat-row');
window.moved = [];
window.watch = (entries) => {
  for (const { value, hadRecentInput, sources } of entries) {
    if (hadRecentInput || sources.every(isOfRow)) continue;
    const what = sources.map(({ node, previousRect, currentRect }) =>
      `${node?.className || node?.nodeName} ${previousRect.y}+${previousRect.height}` +
      ` -> ${currentRect.y}+${currentRect.height}`);
    window.moved.push([value, what]);
  }
};
window.watching = new PerformanceObserver((list) => window.watch(list.getEntries()));
window.watching.observe({ type: 'layout-shift', buffered: true });
"""
#: Where the rows are that are there.
_TOPS = """() => Object.fromEntries([...document.querySelectorAll('[role=log] [data-key]')]
  .map((row) => [row.dataset.key, row.getBoundingClientRect()]).filter(([, { bottom }]) => bottom > 0)
  .map(([key, { top }]) => [key, top]))"""
#: Follows the rows frame by frame, while somebody scrolls back: they go down. The observer can't tell that from what
#: moves by itself: it counts what the list does to stay where it is when rows above turn out higher than they seemed.
_FOLLOW = f"""() => {{
  window.back = [];
  let before = {{}};
  const look = () => {{
    const now = ({_TOPS})();
    for (const [key, top] of Object.entries(now)) {{
      if (top < before[key] - 1) window.back.push([key, before[key], top]);
    }}
    before = now;
    requestAnimationFrame(look);
  }};
  look();
}}"""


def _chunk(kind: bytes, data: bytes) -> bytes:
    """A part of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


#: Six pixels by four.
_PICTURE = (
    b"\x89PNG\r\n\x1a\n"
    + _chunk(b"IHDR", struct.pack(">IIBBBBB", 6, 4, 8, 2, 0, 0, 0))
    + _chunk(b"IDAT", zlib.compress((b"\0" + b"\x2e\x7d\x9a" * 6) * 4))
    + _chunk(b"IEND", b"")
)
#: How far the wheel goes at once.
_STEP = 300


class StillnessTests(ConversationCase):
    """Ann looks, and does nothing; Ben does."""

    async def setUp(self) -> None:
        self.public = Server()
        site = self.public.listen(PUBLIC)
        self.link = f"{site}/"
        self.addCleanup(self.public.close)
        self.public.pages["/"] = page("A page with a title", '<meta property="og:description" content="And more">')
        self.public.pages["/seen"] = page("A page with a picture", '<meta property="og:image" content="/picture.png">')
        self.public.pages["/picture.png"] = (_PICTURE, "image/png")
        self.public.pages["/blind"] = page("A page whose picture is gone", '<meta property="og:image" content="/gone">')
        self.settings = {
            **self.settings,
            "previews.allow": f"{PUBLIC}/32",
            "previews.ports": f"80,443,{self.public.number}",
        }
        await super().setUp()

    def watched(self, chat: Chat, what: str, but: str = "^$") -> None:
        """Nothing moved since the last look, ``but`` what fits a pattern."""
        self.painted(chat.page)
        moved = chat.page.evaluate(
            "() => { window.watch(window.watching.takeRecords()); return window.moved.splice(0); }"
        )
        self.assertEqual([each for each in moved if not re.search(but, ", ".join(each[1]))], [], what)

    def looking(self, ann: Account, ben: Account, **options: Any) -> Chat:
        """Ann's screen; what it took to load is behind it."""
        context: BrowserContext = self.at_home(ann, "/settings/about", **options).context
        context.add_init_script(_WATCH)
        opened = context.new_page()
        opened.goto(f"/u/{ben.id}")
        return Chat(opened)

    def talk(self, count: int) -> tuple[Account, Account]:
        ann, ben = self.people()

        async def talked() -> None:
            for number in range(count):
                text = f"Line {number}" + " and more of it" * (number * 7 % 20)
                await (ben.send(ann, text) if number % 3 else ann.send(ben, text))

        self.wait(talked())
        return ann, ben

    @in_browser
    def test_others_act(self) -> None:
        """Typing, a message, a reaction, an edit above, a link card."""
        ann, ben = self.talk(12)
        chat = self.looking(ann, ben)
        chat.has("Line 11")
        self.watched(chat, "opening")
        his = Chat(self.at_home(ben, f"/u/{ann.id}"))
        his.has("Line 11")
        self.watched(chat, "somebody is here")
        his.field.press_sequentially("Wait", delay=20)
        expect(chat.log.get_by_text("Ben Baker is typing")).to_be_attached()
        self.watched(chat, "typing")
        his.field.press("Enter")
        chat.has("Wait")
        expect(chat.log.get_by_text("Ben Baker is typing")).to_have_count(0)
        self.watched(chat, "a message")
        mine = self.wait(ann.send(ben, "Mine"))
        chat.has("Mine")
        self.watched(chat, "a message of one's own from another device")
        self.wait(ben.rest("PUT", f"/messages/{mine['id']}/reaction", {"emoji": "👍"}))
        expect(chat.log.get_by_role("button", name=re.compile("👍"))).to_be_visible()
        self.watched(chat, "a reaction")
        above = self.wait(ben.rest("GET", f"/messages/history?conversationId={mine['conversationId']}"))["items"][8]
        self.wait(
            (ben if above["sender"]["id"] == ben.id else ann).rest(
                "PATCH", f"/messages/{above['id']}", {"content": "Short, now"}
            )
        )
        expect(chat.bubble("Short, now")).to_be_attached()
        # Of a message that becomes another the time alone: it stands where the message ends.
        self.watched(chat, "an edit above", but=r"^bubble-meta [^,]*$")
        self.wait(ben.send(ann, f"Look: {self.link}"))
        expect(chat.log.get_by_text("A page with a title")).to_be_visible()
        self.watched(chat, "a link card", but=r"^TIME [^,]*$")

    @in_browser
    def test_pictures(self) -> None:
        """A picture of a link, that is on this server: its place is there before it is, also if it never comes."""
        ann, ben = self.talk(20)
        self.allow("404")
        for size in (DESKTOP, PHONE):
            chat = self.looking(ann, ben, size=size)
            chat.log.get_by_role("article").first.wait_for()
            chat.page.keyboard.press("Escape")
            chat.has("Line 19")
            self.watched(chat, "opening")
            self.wait(ben.send(ann, f"Look: {self.link}seen"))
            picture = chat.log.locator(".link-card__picture").filter(has=chat.page.locator("img")).last
            expect(picture.locator("img")).to_have_js_property("naturalWidth", 6)
            self.assertTrue(picture.locator("img").evaluate("img => img.src").startswith(f"{self.url}/api/"))
            self.wait(ben.send(ann, f"And this: {self.link}blind"))
            expect(chat.log.locator(".link-card__picture svg").last).to_be_visible()
            box, card = picture.bounding_box(), picture.locator("..").bounding_box()
            assert box is not None and card is not None
            self.assertAlmostEqual(box["width"], card["width"], places=0)
            self.assertAlmostEqual(box["width"] / box["height"], 1.5, places=2)
            self.watched(chat, "pictures", but=r"^(TIME|bubble-meta) [^,]*$")
            self.check_accessible(chat.page)
            chat.page.context.close()

    @in_browser
    def test_history(self) -> None:
        """Scrolling back through what has to be loaded."""
        ann, ben = self.talk(160)
        chat = self.looking(ann, ben)
        expect(chat.log.get_by_text("Line 1", exact=False).first).to_be_visible()
        chat.page.keyboard.press("Escape")
        chat.has("Line 159")
        self.watched(chat, "to the latest")
        chat.log.hover()
        page, first = chat.page, chat.log.get_by_text("Line 0", exact=True)
        page.evaluate(_FOLLOW)
        turned = gone = 0.0
        for _ in range(80):
            before = page.evaluate(_TOPS)
            page.mouse.wheel(0, -_STEP)
            turned += _STEP
            self.painted(page)
            after = page.evaluate(_TOPS)
            moved = [top - before[key] for key, top in after.items() if key in before]
            if first.count():
                break
            self.assertTrue(moved)
            # In which frame the wheel arrives is not known; the list stands at parts of a pixel.
            self.assertLess(max(moved) - min(moved), 2, "what was in view went together")
            gone += moved[0]
            self.assertTrue(-5 < gone < turned + 5, f"{gone} px at {turned} of the wheel")
        expect(first).to_be_attached()
        # Not what the observer says: on a busy machine two turns of the wheel come in one frame, and it counts the rows
        # that the list then puts where they belong, whatever was to be seen.
        self.assertEqual(page.evaluate("() => window.back"), [], "nothing went the other way, not for one frame")
