"""Somebody who has no mouse, and what a screen reader is told."""

from __future__ import annotations

import re
import time
from typing import Any

from playwright.sync_api import Page, expect

from tests.web.browser import WAIT_MS

#: Whether the element that has the focus shows it: itself, what is around it, or the bubble in it.
_RING = """() => {
  const element = document.activeElement;
  const near = [element, element.firstElementChild];
  for (let each = element.parentElement; each !== null && near.length < 6; each = each.parentElement) near.push(each);
  if (element.type === 'radio') near.push(element.nextElementSibling);
  const ring = (each) => {
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(each);
    const outlined = outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2;
    return outlined || /inset 0px 0px 0px|0px 0px 0px 2px inset/.test(boxShadow);
  };
  return near.some((each) => each !== null && ring(each));
}"""
_IN_VIEW = """() => {
  const { top, left, bottom, right } = document.activeElement.getBoundingClientRect();
  return bottom > 0 && right > 0 && top < innerHeight && left < innerWidth;
}"""
#: What has a ring of its own, or none because there is nothing to press: a field's caret, a chosen item, a whole page.
_NO_RING = (
    "textbox",
    "searchbox",
    "combobox",
    "menu",
    "menuitem",
    "menuitemcheckbox",
    "main",
    "region",
    "heading",
    "dialog",
)


class AxTree:
    """The accessibility tree of a page, as Chromium gives it to a screen reader."""

    def __init__(self, page: Page) -> None:
        self._session = page.context.new_cdp_session(page)
        self._session.send("Accessibility.enable")

    def focused(self) -> tuple[str, str]:
        """Role and name of what has the focus."""
        found = self._session.send("Runtime.evaluate", {"expression": "document.activeElement"})
        query = {"objectId": found["result"]["objectId"], "fetchRelatives": False}
        node = self._session.send("Accessibility.getPartialAXTree", query)["nodes"][0]
        return _value(node, "role"), _value(node, "name")

    def nodes(self) -> list[dict[str, Any]]:
        """All that is not ignored: role, name, and properties by their names."""
        return [
            {
                "role": _value(node, "role"),
                "name": _value(node, "name"),
                **{each["name"]: each["value"].get("value") for each in node.get("properties", ())},
            }
            for node in self._session.send("Accessibility.getFullAXTree")["nodes"]
            if not node.get("ignored")
        ]

    def named(self, role: str) -> list[str]:
        """The names of all of a role, in order."""
        return [str(node["name"]) for node in self.nodes() if node["role"] == role]


def _value(node: dict[str, Any], key: str) -> str:
    return str(node.get(key, {}).get("value", ""))


class Keyboard:
    """A page of somebody who has nothing else."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self._tree = AxTree(page)

    def press(self, *keys: str) -> None:
        """One key after the other."""
        for key in keys:
            self.page.keyboard.press(key)

    def write(self, text: str) -> None:
        """Letter by letter."""
        self.page.keyboard.type(text)

    def at(self, role: str, name: str = "") -> None:
        """The focus comes to something of this role, whose name matches; it is in view, and is seen to have it."""
        ends = time.monotonic() + WAIT_MS / 1000
        while not self.is_at(role, name):
            if time.monotonic() > ends:
                raise AssertionError(f"the focus is at {self._tree.focused()}, and not at {role} {name!r}")
            self.page.wait_for_timeout(30)
        if not self.page.evaluate(_IN_VIEW):
            raise AssertionError(f"{role} {name!r} has the focus and is out of view")
        if role not in _NO_RING and not self.page.evaluate(_RING):
            raise AssertionError(f"nothing shows that {role} {name!r} has the focus")

    def is_at(self, role: str, name: str = "") -> bool:
        """Whether the focus is there now."""
        found = self._tree.focused()
        return found[0] == role and re.search(name, found[1]) is not None

    def tab_to(self, role: str, name: str, *, back: bool = False, most: int = 25) -> None:
        """Tab (or Shift+Tab) until the focus is there."""
        # What a page shows late is waited for: Tab is faster.
        expect(self.page.get_by_role(role, name=re.compile(name)).first).to_be_attached()  # type: ignore[arg-type]
        passed = []
        for _ in range(most):
            self.press("Shift+Tab" if back else "Tab")
            if self.is_at(role, name):
                return self.at(role, name)
            passed.append(self._tree.focused())
        raise AssertionError(f"no Tab leads to {role} {name!r}: {passed}")
