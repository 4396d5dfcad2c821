"""A conversation under a finger."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Locator, expect

from tests.web.case import PHONE, in_browser
from tests.web.test_conversation import Chat, ConversationCase


class Finger:
    """One finger on a page, as a screen reports it."""

    def __init__(self, chat: Chat) -> None:
        self._session = chat.page.context.new_cdp_session(chat.page)
        self._at = (0.0, 0.0)

    def put(self, on: Locator) -> None:
        """Put it on the middle of something."""
        box = on.bounding_box()
        assert box is not None
        self._at = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        self._say("touchStart", [self._at])

    def move(self, right: float, down: float = 0, steps: int = 6) -> None:
        """Move it so far, without lifting it."""
        for _ in range(steps):
            self._at = self._at[0] + right / steps, self._at[1] + down / steps
            self._say("touchMove", [self._at])

    def lift(self) -> None:
        """Take it off."""
        self._say("touchEnd", [])

    def _say(self, kind: str, points: list[tuple[float, float]]) -> None:
        touched: dict[str, Any] = {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]}
        self._session.send("Input.dispatchTouchEvent", touched)


class TouchTests(ConversationCase):
    """Ann has a phone."""

    @in_browser
    def test_hold_and_swipe(self) -> None:
        """A finger that rests opens the menu, and one that moves along answers; one that scrolls does neither."""
        ann, ben = self.people()
        self.wait(ben.send(ann, "Under the finger"))
        chat = Chat(self.at_home(ann, f"/u/{ben.id}", size=PHONE, has_touch=True, is_mobile=True))
        finger = Finger(chat)
        bubble = chat.has("Under the finger").locator(".bubble")
        strip = chat.page.get_by_role("button", name="Cancel reply")
        menu = chat.page.get_by_role("menu")

        finger.put(bubble)
        expect(menu).to_be_visible()
        finger.lift()
        self.painted(chat.page)
        expect(menu).to_be_visible()
        chat.page.get_by_role("menuitem", name="Reply").tap()
        expect(strip).to_be_visible()
        strip.click()
        expect(strip).to_have_count(0)

        finger.put(bubble)
        finger.move(90)
        expect(strip).to_be_visible()
        finger.lift()
        strip.click()
        expect(strip).to_have_count(0)

        finger.put(bubble)
        finger.move(0, 120)
        finger.lift()
        self.painted(chat.page)
        expect(menu).to_have_count(0)
        expect(strip).to_have_count(0)
