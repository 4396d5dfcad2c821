"""What the browser keeps: gone, of another version of the client, or of a server that was restored."""

from __future__ import annotations

import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.web.case import ProcessCase, in_browser
from tests.web.soak_offline import NO_NETWORK, NO_SERVER, RETURN_MS
from tests.web.test_conversation import Chat, ConversationCase

#: Makes the database anew as another version of the client would have it: with its number, an object store and a field
#: of its own, without what this one has. What waits to be sent is in both.
_OTHER_VERSION = """async ({ userId, version }) => {
    const name = `chatr:${userId}`;
    const done = (request) => new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
    });
    const old = await done(indexedDB.open(name));
    const waiting = await done(old.transaction("outbox").objectStore("outbox").getAll());
    const drafts = await done(old.transaction("drafts").objectStore("drafts").getAll());
    old.close();
    await done(indexedDB.deleteDatabase(name));
    const request = indexedDB.open(name, version);
    request.onupgradeneeded = () => {
        const db = request.result;
        db.createObjectStore("conversations", { keyPath: "key" }).put({ key: 1, id: "none" });
        db.createObjectStore("outbox", { keyPath: "clientId" });
        db.createObjectStore("drafts", { keyPath: "target" });
        db.createObjectStore("elsewhere", { autoIncrement: true }).put({ what: "ever" });
    };
    const db = await done(request);
    const change = db.transaction(["outbox", "drafts"], "readwrite");
    for (const row of waiting) change.objectStore("outbox").put(row);
    for (const row of drafts) change.objectStore("drafts").put(row);
    await new Promise((resolve) => (change.oncomplete = resolve));
    db.close();
    return waiting.length;
}"""
#: A page of the server's where the client does not run.
_ELSEWHERE = "/openapi.json"


class DatabaseTests(ConversationCase):
    """Of the browser."""

    @in_browser
    def test_wiped(self) -> None:
        """Between two visits: all is loaded anew, and nothing is said of it."""
        hers, his = self.side_by_side()
        for number in range(3):
            hers.write(f"message {number}")
            his.has(f"message {number}")
        page = hers.page
        conversation = page.url
        page.goto(_ELSEWHERE)
        page.evaluate(
            """() => indexedDB.databases().then((all) => Promise.all(all.map(({ name }) => new Promise((resolve) => {
                indexedDB.deleteDatabase(name).onsuccess = resolve;
            }))))"""
        )
        page.goto(conversation)
        hers.has("message 2")
        self.assertEqual(hers.texts(), [f"message {number}" for number in range(3)])
        hers.write("and on")
        his.has("and on")

    @in_browser
    def test_older(self) -> None:
        """Of an older client."""
        self._of_version(1)

    @in_browser
    def test_newer(self) -> None:
        """Of a newer client, as when the operator goes back to the version before."""
        self._of_version(970)

    def _of_version(self, version: int) -> None:
        """It is made anew, and what waited to be sent, or was being written, is there still."""
        self.allow(NO_NETWORK)
        hers, his = self.side_by_side()
        hers.write("before")
        his.has("before")
        page = hers.page
        conversation = page.url
        page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
        page.context.set_offline(True)
        written = [f"unsent {number}" for number in range(3)]
        for text in written:
            hers.write(text)
        hers.has(written[-1])
        # A page that the worker has, and that is not the client's: nothing of it may have the database open.
        page.goto("/manifest.webmanifest")
        user_id = page.evaluate("() => localStorage.getItem('chatr:user')")
        self.assertEqual(page.evaluate(_OTHER_VERSION, {"userId": user_id, "version": version}), 3)
        page.context.set_offline(False)
        page.goto(conversation)
        his.has(written[-1])
        hers.has(written[-1])
        expect(hers.log.locator(".bubble-meta__tick--pending")).to_have_count(0)
        self.assertEqual(hers.texts(), ["before", *written])
        self.assertEqual(his.texts(), hers.texts())
        self.assertEqual(self.wait(self.stored()), hers.texts())
        # Another visit finds nothing to do.
        page.reload()
        hers.has("before")
        self.assertEqual(self._version(page), 10)

    def _version(self, page: Page) -> int:
        return int(page.evaluate("async () => (await indexedDB.databases())[0].version"))


class RestoredTests(ProcessCase):
    """A server whose history is another."""

    @in_browser
    def test_restored(self) -> None:
        """From a backup: both load all anew by themselves, what it has lost is gone, and what waited is sent once."""
        self.allow(NO_SERVER)
        hers, his = Chat(self.at_home("ann", "ben")), Chat(self.at_home("ben", "ann"))
        hers.write("kept")
        his.has("kept")
        self.wait(self._back_up())
        for text in ("lost 1", "lost 2"):
            hers.write(text)
            expect(his.bubble(text)).to_be_visible(timeout=RETURN_MS)
        self.wait(self.stop(signal.SIGTERM))
        written = [f"unsent {number}" for number in range(5)]
        for text in written:
            hers.write(text)
        hers.has(written[-1])
        self.wait(self._restore())
        for chat in (hers, his):
            expect(chat.bubble(written[-1])).to_be_visible(timeout=RETURN_MS)
            expect(chat.bubble("lost")).to_have_count(0)
            expect(chat.log.locator(".bubble-meta__tick--pending")).to_have_count(0)
            chat.says(["kept", *written])
        entries = self.wait(self.equal_logs(["ann", "ben"], hers.page.url.rpartition("/")[2]))
        stored = [entry["data"]["message"]["content"] for entry in entries if entry["event"] == "message.received"]
        self.assertEqual(stored, ["kept", *written])
        his.write("as before")
        hers.has("as before")

    async def _back_up(self) -> None:
        await self.stop(signal.SIGTERM)
        self.backup = Path(tempfile.mkdtemp(prefix="chatr-test-"))
        self.addCleanup(shutil.rmtree, self.backup)
        subprocess.run(["cp", "-a", f"{self.data_dir}/.", self.backup], check=True)
        await self.start()

    async def _restore(self) -> None:
        shutil.rmtree(self.data_dir)
        subprocess.run(["cp", "-a", self.backup, self.data_dir], check=True)
        await self.start()
