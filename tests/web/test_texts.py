"""What people write, as it is shown: links that are safe, and no text that is anything but text."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.web.case import in_browser
from tests.web.test_conversation import Chat, ConversationCase

_ATTACKS = (
    "<img src=x onerror=\"window.ran='img'\">",
    "<script>window.ran='script'</script>",
    "[press](javascript:window.ran='link')",
    "<a href=\"javascript:window.ran='a'\">press</a>",
    "[data](data:text/html,<script>window.ran=1</script>)",
    "![picture](https://example.org/x.png)",
    "`<svg onload=\"window.ran='svg'\">`",
    # So deep that whoever takes it apart has no stack left.
    ">" * 8000,
)


class TextsTests(ConversationCase):
    """From one to the other."""

    @in_browser
    def test_links(self) -> None:
        """A link opens elsewhere, and tells that page nothing of this one."""
        hers, his = self.side_by_side()
        hers.write("See https://example.org/a?b=1&c=2 and **[this](https://example.org/x)**")
        for chat in (hers, his):
            links = chat.has("See").get_by_role("link")
            expect(links).to_have_count(2)
            for link, address in (
                (links.nth(0), "https://example.org/a?b=1&c=2"),
                (links.nth(1), "https://example.org/x"),
            ):
                expect(link).to_have_attribute("href", address)
                expect(link).to_have_attribute("target", "_blank")
                rel = link.get_attribute("rel") or ""
                self.assertLessEqual({"noopener", "noreferrer"}, set(rel.split()))
        expect(his.has("See").locator("strong")).to_have_text("this")

    @in_browser
    def test_no_html(self) -> None:
        """HTML stays what was typed; an address that runs something is none."""
        hers, his = self.side_by_side()
        hers.write("Look")
        his.has("Look")
        for attack in _ATTACKS:
            hers.write(attack)
        hers.write("That was all")
        for chat in (hers, his):
            chat.has("That was all")
            expect(chat.log.locator(".bubble-meta__tick--pending")).to_have_count(0)
            self.assertEqual(chat.log.get_by_role("article").count(), len(_ATTACKS) + 2)
            for place in (
                "img",
                "script",
                "iframe",
                "[onerror]",
                "[onload]",
                "a[href^='javascript' i]",
                "a[href^='data' i]",
            ):
                expect(chat.log.locator(f".bubble-text {place}")).to_have_count(0)
            expect(chat.bubble("onerror")).to_contain_text(_ATTACKS[0])
            expect(chat.bubble("window.ran='script'")).to_contain_text(_ATTACKS[1])
            self.assertIsNone(chat.page.evaluate("() => window.ran ?? null"))


class SizeTests(ConversationCase):
    """What has to come before anybody can read."""

    @in_browser
    def test_deep_link(self) -> None:
        """A conversation that is opened first of all needs 200 kB of scripts; the rest comes later."""
        ann, ben = self.people()
        self.wait(ben.send(ann, "Hello"))
        opened = self.wait(ann.rest("GET", f"/conversations/with/{ben.id}"))
        chat = Chat(self.at_home(ann, f"/c/{opened['id']}"))
        chat.has("Hello")
        sizes = chat.page.evaluate(
            "() => performance.getEntriesByType('resource').filter(({ name }) => name.endsWith('.js'))"
            ".map(({ name, encodedBodySize }) => [name.split('/').at(-1), encodedBodySize])"
        )
        self.assertLessEqual(sum(size for _, size in sizes), 200_000, sizes)
        self.assertGreater(sum(size for _, size in sizes), 50_000, sizes)
