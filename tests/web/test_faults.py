"""Servers that end, databases that are gone: what is on the screen comes back by itself."""

from __future__ import annotations

import signal
from typing import Any

from playwright.sync_api import expect
from twisted.internet.defer import Deferred

from chatr.store import epoch
from tests.e2e.faults import FaultCase
from tests.web.case import Browsing, in_browser
from tests.web.test_conversation import Chat, ConversationCase


class KilledTests(Browsing, FaultCase):
    """A server in a process of its own."""

    def setUp(self) -> Any:
        self.begin()
        super().setUp()
        return Deferred.fromCoroutine(self._start())

    async def _start(self) -> None:
        await self.start()
        self.url = f"http://127.0.0.1:{self.port}"
        await self.friends("ann", "ben")

    @in_browser
    def test_killed(self) -> None:
        """SIGKILL while two people write: both screens catch up by themselves, with what was written meanwhile."""
        self.allow("ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|WebSocket")
        hers = Chat(self.signed_in("ann", self.ids["ann"], f"/u/{self.ids['ben']}"))
        his = Chat(self.signed_in("ben", self.ids["ben"], f"/u/{self.ids['ann']}"))
        hers.write("before")
        his.has("before")
        self.wait(self.stop(signal.SIGKILL))
        hers.write("hers, meanwhile")
        his.write("his, meanwhile")
        expect(hers.page.get_by_text("No connection.").first).to_be_visible()
        self.wait(self.start())
        for chat in (hers, his):
            retry = chat.page.get_by_role("button", name="Retry now")
            if retry.count():
                retry.first.click()
        hers.has("his, meanwhile")
        his.has("hers, meanwhile")
        self.assertEqual(sorted(hers.texts()), ["before", "hers, meanwhile", "his, meanwhile"])
        self.assertEqual(hers.texts(), his.texts())


class DatabaseTests(ConversationCase):
    """What the browser keeps."""

    @in_browser
    def test_two_tabs(self) -> None:
        """Of one person: both show the same at once, and nothing is sent twice."""
        hers, his = self.side_by_side()
        hers.write("one")
        his.has("one")
        other = Chat(hers.page.context.new_page())
        other.page.goto(hers.page.url)
        other.has("one")
        other.write("two")
        hers.has("two")
        his.write("three")
        for chat in (hers, other):
            chat.has("three")
        hers.page.close()
        his.write("four")
        other.has("four")
        other.write("five")
        his.has("five")
        self.assertEqual(his.texts(), ["one", "two", "three", "four", "five"])
        self.assertEqual(other.texts(), his.texts())

    @in_browser
    def test_wiped(self) -> None:
        """A database that is gone is made again."""
        hers, his = self.side_by_side()
        his.write("still here")
        hers.has("still here")
        page = hers.page
        page.goto("/lab")
        page.evaluate(
            "async () => { for (const { name } of await indexedDB.databases()) indexedDB.deleteDatabase(name) }"
        )
        page.goto("/")
        page.get_by_role("link", name="Ben Baker").click()
        Chat(page).has("still here")

    @in_browser
    def test_another_history(self) -> None:
        """A restored server: all is loaded anew, and what waited is sent."""
        hers, his = self.side_by_side()
        hers.write("before")
        his.has("before")
        assert self.service.node is not None
        self.wait(self._renewed())
        hers.write("after")
        his.has("after")
        for chat in (hers, his):
            chat.has("before")
            chat.has("after")
            self.assertEqual(chat.texts(), ["before", "after"])

    async def _renewed(self) -> None:
        assert self.service.node is not None
        await epoch.renew(self.service.node.db)
