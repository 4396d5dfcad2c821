"""A real browser for the bench of the web client: whose pages they are, how slow they are, and what they felt."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, sync_playwright

from tests.web.chromium import chromium

WAIT_MS = 120_000
#: No bubble of a conversation is to be seen before the timeline stands where it opens.
BUBBLE = ".timeline__scroller:not(.timeline__scroller--settling) .bubble-text"
CHAT = ".chat-row"

# Runs in each page before anything else.
_PROBE = (
    """
(() => {
  const probe = { shifts: [], tasks: [], frames: [], shown: {} };
  globalThis.probe = probe;
  const observe = (type, take) =>
    new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type, buffered: true });
  observe("layout-shift", (entry) => {
    const nodes = entry.sources.map(({ node }) => node?.className || node?.nodeName || "?");
    probe.shifts.push({ value: entry.value, at: entry.startTime, input: entry.hadRecentInput, nodes });
  });
  observe("longtask", ({ startTime, duration }) => probe.tasks.push({ at: startTime, end: startTime + duration }));
  observe("long-animation-frame", (entry) => {
    const scripts = entry.scripts.map((each) => `${each.invoker} ${Math.round(each.duration)} ms`);
    const layout_ms = entry.startTime + entry.duration - entry.styleAndLayoutStart;
    probe.frames.push({ at: entry.startTime, ms: entry.duration, layout_ms, scripts });
  });
  // When the first element of a selector was painted: it is there when a frame begins, and the frame has ended.
  probe.painted = (selector) =>
    new Promise((resolve) => {
      const look = () => {
        if (document.querySelector(selector) === null) return requestAnimationFrame(look);
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => resolve(performance.now());
        port2.postMessage(null);
      };
      look();
    });
  // As often as frames come, until work says that it is done: the gaps between them in milliseconds.
  probe.gaps = (work) =>
    new Promise((resolve) => {
      const gaps = [];
      let before;
      const frame = (now) => {
        if (before !== undefined) gaps.push(now - before);
        before = now;
        if (work()) resolve(gaps);
        else requestAnimationFrame(frame);
      };
      requestAnimationFrame(frame);
    });
"""
    + "".join(
        f"  probe.painted({selector!r}).then((at) => {{ probe.shown[{name!r}] = at; }});\n"
        for name, selector in (("chats", CHAT), ("bubbles", BUBBLE), ("landing", ".auth-form"))
    )
    + "})();"
)


@dataclass(frozen=True)
class Person:
    """Somebody who can sign in."""

    id: str
    login: str
    password: str


class Visit:
    """A page of somebody, in a browser profile of its own."""

    page: Page
    _cdp: CDPSession

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.context = context
        self.url = url
        self.new_page()

    def new_page(self) -> None:
        """Close the page, if there is one, and have another: whatever the old one kept in memory is gone."""
        if self.context.pages:
            self.page.close()
        self.page = self.context.new_page()
        self._cdp = self.context.new_cdp_session(self.page)
        self._cdp.send("Performance.enable")

    def goto(self, path: str, shown: str) -> None:
        """Open a path; wait until something is painted: ``landing``, ``chats`` or ``bubbles``."""
        self.page.goto(self.url + path)
        self.wait(f"probe.shown.{shown} !== undefined")

    def run(self, script: str, argument: object = None) -> Any:
        """Evaluate a function, or an expression, in the page."""
        return self.page.evaluate(script, argument)

    def wait(self, condition: str) -> None:
        """Wait until an expression is true."""
        # Playwright's own way evaluates in the page, which the Content-Security-Policy forbids.
        deadline = time.monotonic() + WAIT_MS / 1000
        while not self.run(condition):
            if time.monotonic() > deadline:
                raise TimeoutError(condition)
            time.sleep(0.02)

    def slow(self, times: float) -> None:
        """Have a processor that many times as slow."""
        self._cdp.send("Emulation.setCPUThrottlingRate", {"rate": times})

    def forget(self) -> None:
        """Take nothing from the browser's cache from now on."""
        self._cdp.send("Network.enable")
        self._cdp.send("Network.setCacheDisabled", {"cacheDisabled": True})

    def heap(self) -> tuple[float, int]:
        """What the scripts of the page hold after a collection (MB), and how many nodes the document has."""
        for _ in range(3):
            self._cdp.send("HeapProfiler.collectGarbage")
        used = self._cdp.send("Runtime.getHeapUsage")["usedSize"]
        return used / 1e6, int(self._cdp.send("Memory.getDOMCounters")["nodes"])

    @contextmanager
    def profiled(self, folder: Path | None, name: str) -> Iterator[None]:
        """Leave a profile of the block, for the Performance panel of a browser, if there is a folder for it."""
        if folder is None:
            yield
            return
        self._cdp.send("Profiler.enable")
        self._cdp.send("Profiler.start")
        yield
        profile = self._cdp.send("Profiler.stop")["profile"]
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.cpuprofile").write_text(json.dumps(profile))

    def sign_in(self, person: Person) -> None:
        """By the form, to the end of the first paint of chats."""
        self.goto("/", "landing")
        self.page.locator("[name=username]").fill(person.login)
        self.page.locator("[name=password]").fill(person.password)
        self.page.locator("button[type=submit]").click()
        self.wait("probe.shown.chats !== undefined")

    def synced(self, user_id: str) -> float:
        """Wait until what was missed is here; when that was, by the page's clock."""
        at: float = self.run(_SYNCED, user_id)
        return at

    def open(self, conversation_id: str, name: str) -> float:
        """Click a chat of the list; milliseconds until its messages are painted."""
        took: float = self.run(_OPEN, [conversation_id, f'.conversation[aria-label="{name}"] {BUBBLE}'])
        return took

    def close(self) -> None:
        self.context.close()


_SYNCED = """async (id) => {
  const open = () => new Promise((resolve, reject) => {
    const request = indexedDB.open(`chatr:${id}`);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const database = await open();
  const get = (key) => new Promise((resolve) => {
    const request = database.transaction("meta").objectStore("meta").get(key);
    request.onsuccess = () => resolve(request.result?.value);
  });
  while (!(await get("connection"))?.synced) await new Promise((resolve) => setTimeout(resolve, 20));
  database.close();
  return performance.now();
}"""

_OPEN = """async ([id, bubble]) => {
  const began = performance.now();
  document.querySelector(`.chat-row[href="/c/${id}"]`).click();
  return await probe.painted(bubble) - began;
}"""


@contextmanager
def browsing() -> Iterator[Browser]:
    """A Chromium, until the end of the block."""
    program, environment = chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program,
            # Heaps to the byte, not in steps.
            args=["--enable-precise-memory-info"],
            env={**os.environ, **environment},
        )
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def visiting(browser: Browser, url: str, *, workers: bool = True) -> Iterator[Visit]:
    """A browser profile that has never been at the server, with a page, until the end of the block.

    ``workers``: with a service worker, from whose cache later requests are answered.
    """
    context = browser.new_context(
        viewport={"width": 1440, "height": 900},
        locale="en-GB",
        timezone_id="Europe/Berlin",
        color_scheme="light",
        service_workers="allow" if workers else "block",
    )
    context.set_default_timeout(WAIT_MS)
    context.add_init_script(_PROBE)
    visit = Visit(context, url)
    try:
        yield visit
    finally:
        visit.close()
