"""Networks that go, and servers that end: what was written arrives, once and in order, on both screens."""

from __future__ import annotations

import json
import signal

from playwright.sync_api import Page, WebSocketRoute, expect

from tests.web.case import ProcessCase, in_browser
from tests.web.test_conversation import Chat, ConversationCase

#: What Chromium says of requests and sockets that can't be.
NO_NETWORK = "ERR_INTERNET_DISCONNECTED|WebSocket connection"
#: As of a server that is ending or beginning too.
NO_SERVER = "ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|WebSocket connection|status of 503"
#: A server that begins again, and clients that wait before they try.
RETURN_MS = 45_000


def waiting(page: Page) -> list[str]:
    """What the database of the browser has to send."""
    found = page.evaluate(
        """async () => {
            const [{ name }] = await indexedDB.databases();
            const db = await new Promise((resolve, reject) => {
                const request = indexedDB.open(name);
                request.onsuccess = () => resolve(request.result);
                request.onerror = () => reject(request.error);
            });
            const all = db.transaction("outbox").objectStore("outbox").index("order").getAll();
            await new Promise((resolve) => (all.onsuccess = resolve));
            db.close();
            return all.result.map(({ content }) => content);
        }"""
    )
    return [str(each) for each in found]


class LostAnswers:
    """Between a page and the server: lets what is sent pass, and cuts before the answers when it is told to."""

    def __init__(self, page: Page) -> None:
        self._broken = 0
        self._breaks_left = 0
        page.route_web_socket("**/ws", self._connect)

    @property
    def broken(self) -> int:
        """How many connections were cut for an answer."""
        return self._broken

    def begin(self, times: int) -> None:
        """Lose the next answers, each with its connection."""
        self._breaks_left = times

    def _connect(self, here: WebSocketRoute) -> None:
        there = here.connect_to_server()
        calls: set[int] = set()
        cut = False

        def sent(frame: str | bytes) -> None:
            message = json.loads(frame)
            if message[0] == 48 and message[3] == "chatr.message.send":
                calls.add(message[1])
            if not cut:
                there.send(frame)

        def came(frame: str | bytes) -> None:
            nonlocal cut
            message = json.loads(frame)
            if self._breaks_left and message[0] == 50 and message[1] in calls:
                self._breaks_left -= 1
                self._broken += 1
                cut = True
                there.close(code=3000)
                here.close(code=3000)
                return
            here.send(frame)

        here.on_message(sent)
        there.on_message(came)


class OfflineTests(ConversationCase):
    """Without a network."""

    @in_browser
    def test_ten_messages(self) -> None:
        """Written while there is none, in a tab that is loaded anew meanwhile: all arrive, once and in order."""
        self.allow(NO_NETWORK)
        hers, his = self.side_by_side()
        hers.write("hello")
        his.has("hello")
        self._goes_offline(hers.page)
        for number in range(5):
            hers.write(f"message {number}")
        hers.has("message 4")
        hers.page.reload()
        hers.has("message 4")
        for number in range(5, 10):
            hers.write(f"message {number}")
        hers.has("message 9")
        written = [f"message {number}" for number in range(10)]
        self.assertEqual(hers.texts(), ["hello", *written])
        self.assertEqual(waiting(hers.page), written)
        hers.page.context.set_offline(False)
        his.has("message 9")
        self._arrived_once(hers, his, ["hello", *written])

    @in_browser
    def test_first_words(self) -> None:
        """To a friend who was never written to: the conversation begins when there is a network, with all in order."""
        self.allow(NO_NETWORK)
        hers, his = self.side_by_side()
        expect(hers.page.get_by_text("Online").first).to_be_visible()
        self._goes_offline(hers.page)
        for number in range(3):
            hers.write(f"first {number}")
        hers.has("first 2")
        # Another tab, which has only what the worker kept.
        page = hers.page.context.new_page()
        page.goto(hers.page.url)
        hers.page.close()
        hers = Chat(page)
        hers.has("first 2")
        for number in range(3, 5):
            hers.write(f"first {number}")
        hers.has("first 4")
        page.context.set_offline(False)
        his.has("first 4")
        self._arrived_once(hers, his, [f"first {number}" for number in range(5)])

    @in_browser
    def test_answers_lost(self) -> None:
        """Stored, and cut before the answer, again and again: what is sent again is not stored again."""
        self.allow("WebSocket connection")
        ann, ben = self.people()
        page = self.at_home(ann)
        lost = LostAnswers(page)
        page.goto(f"/u/{ben.id}")
        hers, his = Chat(page), Chat(self.at_home(ben, f"/u/{ann.id}"))
        hers.write("hello")
        his.has("hello")
        lost.begin(4)
        written = [f"message {number}" for number in range(10)]
        for text in written:
            hers.write(text)
        his.has("message 9")
        self._arrived_once(hers, his, ["hello", *written])
        self.assertEqual(lost.broken, 4)

    def _goes_offline(self, page: Page) -> None:
        """The network goes, when the worker has all that the client is made of."""
        page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
        page.context.set_offline(True)

    def _arrived_once(self, hers: Chat, his: Chat, texts: list[str]) -> None:
        """On both screens, at the server, and nothing waits."""
        expect(hers.log.locator(".bubble-meta__tick--pending")).to_have_count(0)
        self.assertEqual(his.texts(), texts)
        self.assertEqual(hers.texts(), texts)
        self.assertEqual(waiting(hers.page), [])
        self.assertEqual(self.wait(self.stored()), texts)


class KilledTests(ProcessCase):
    """A server that ends without a word."""

    @in_browser
    def test_killed(self) -> None:
        """SIGKILL in the middle of a chat: both screens catch up by themselves, and nothing is lost or there twice."""
        self.allow(NO_SERVER)
        hers, his = Chat(self.at_home("ann", "ben")), Chat(self.at_home("ben", "ann"))
        hers.write("before")
        his.has("before")
        # Nobody waits for an answer: some are on their way when it ends.
        for number in range(5):
            hers.write(f"hers {number}")
            his.write(f"his {number}")
        self.wait(self.stop(signal.SIGKILL))
        for number in range(5, 8):
            hers.write(f"hers {number}")
            his.write(f"his {number}")
        expect(hers.page.get_by_text("No connection.").first).to_be_visible()
        self.wait(self.start())
        for chat in (hers, his):
            for text in ("hers 7", "his 7"):
                expect(chat.bubble(text)).to_be_visible(timeout=RETURN_MS)
            expect(chat.log.locator(".bubble-meta__tick--pending")).to_have_count(0)
        texts = hers.texts()
        self.assertEqual(his.texts(), texts)
        for who in ("hers", "his"):
            said = [text for text in texts if text.startswith(who)]
            self.assertEqual(said, [f"{who} {number}" for number in range(8)])
        conversation = hers.page.url.rpartition("/")[2]
        entries = self.wait(self.equal_logs(["ann", "ben"], conversation))
        stored = [entry["data"]["message"]["content"] for entry in entries if entry["event"] == "message.received"]
        self.assertEqual(stored, texts)
