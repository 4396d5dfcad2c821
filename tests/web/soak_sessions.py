"""Sessions that end, or go on, in the middle of work."""

from __future__ import annotations

import time

import jwt
from playwright.sync_api import Page, Response, expect
from twisted.internet import reactor
from twisted.internet.task import deferLater

from tests.e2e.server import PASSWORD
from tests.web.case import in_browser
from tests.web.soak_offline import NO_NETWORK
from tests.web.test_conversation import Chat, ConversationCase

_REFRESH = "**/api/auth/refresh"


class RenewedTests(ConversationCase):
    """Access tokens that are short-lived."""

    settings = {**ConversationCase.settings, "auth.access_token_s": "30"}
    timeout = 180

    @in_browser
    def test_silently(self) -> None:
        """Renewed before it ends, and also after: without a word, and without a moment that is not connected."""
        self.allow(NO_NETWORK)
        hers, his = self.side_by_side()
        hers.write("with the first token")
        his.has("with the first token")
        with hers.page.expect_response(_REFRESH, timeout=60_000) as renewed:
            pass
        token = self._token(renewed.value)
        hers.write("with the second")
        his.has("with the second")
        # It ends while nobody can renew it.
        hers.page.context.set_offline(True)
        hers.write("on the way")
        self.wait(self._ended(token))
        hers.page.context.set_offline(False)
        his.has("on the way")
        his.write("there")
        hers.has("there")
        expect(hers.page.get_by_role("button", name="Sign in", exact=True)).to_have_count(0)
        self.assertEqual(hers.texts(), his.texts())

    def _token(self, response: Response) -> str:
        self.assertEqual(response.status, 200)
        token: str = response.json()["accessToken"]
        return token

    async def _ended(self, token: str) -> None:
        """Wait until the server takes a token no more: at the very moment, when others may think it good."""
        ends = jwt.decode(token, options={"verify_signature": False})["exp"]
        await deferLater(reactor, max(0.0, ends - time.time()))  # type: ignore[arg-type]
        await self.rest("GET", "/users/me", status=401, headers={"Authorization": f"Bearer {token}"})


class EndedTests(ConversationCase):
    """A session that is gone at the server, while somebody writes."""

    @in_browser
    def test_while_writing(self) -> None:
        """The first page says why, and after signing in again one is where one was."""
        self.allow("401|WebSocket connection|favicon")
        hers, his = self.side_by_side()
        hers.write("before")
        his.has("before")
        self._end()
        hers.field.fill("half a sent")
        self._sign_in(hers.page)
        hers.has("before")
        hers.write("after")
        his.has("after")
        self.assertEqual(hers.texts(), ["before", "after"])

    @in_browser
    def test_while_away(self) -> None:
        """So it is when one comes back to a session that has ended; another tab comes in with the first."""
        self.allow("401|WebSocket connection|favicon")
        hers, his = self.side_by_side()
        his.write("before")
        hers.has("before")
        where = hers.page.url
        other = Chat(hers.page.context.new_page())
        for page in (hers.page, other.page):
            page.goto("/manifest.webmanifest")
        self._end()
        for page in (hers.page, other.page):
            page.goto(where)
            expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
        self.assertEqual(other.page.evaluate("async () => (await indexedDB.databases()).length"), 0)
        self._sign_in(hers.page, told=False)
        for chat in (hers, other):
            chat.has("before")
            self.assertEqual(chat.page.url, where)

    def _end(self) -> None:
        """Ann has no session any more, and nobody has told her browser."""

        async def ended() -> None:
            assert self.service.node is not None
            await self.service.node.db.execute(
                "UPDATE sessions SET expires_at = now() WHERE user_id = (SELECT id FROM users WHERE username = '@ann')"
            )

        self.wait(ended())
        self.cut()

    def _sign_in(self, page: Page, *, told: bool = True) -> None:
        where = page.url
        if told:
            expect(page.get_by_text("You were signed out on this device.")).to_be_visible()
        page.get_by_label("E-mail, username or phone").fill("ann")
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        expect(page.get_by_role("log", name="Messages")).to_be_visible()
        self.assertEqual(page.url, where)
