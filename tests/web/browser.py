"""One browser for all tests of a process, in a thread of its own: Playwright's sync API must stay in one."""

from __future__ import annotations

import atexit
import os
import queue
import threading
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Browser, sync_playwright
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from tests.web.chromium import chromium

#: What a test waits for at most, on a machine that is busy.
WAIT_MS = 15_000
_ENDS_S = 10.0
_FLAGS = ("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream", "--font-render-hinting=none")


class BrowserThread:
    """Runs what tests do with the browser, one after the other. It is started when it is first asked for."""

    def __init__(self) -> None:
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._playwright: Any = None
        self._browser: Browser | None = None

    def run(self, work: Callable[[Browser], Any]) -> Deferred[Any]:
        """Do something with the browser, in its thread; fires in the reactor's."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._serve, name="browser", daemon=True)
            self._thread.start()
            atexit.register(self._end)
        done: Deferred[Any] = Deferred()

        def job() -> None:
            try:
                outcome = work(self._started())
            except BaseException:
                outcome = Failure()
            reactor.callFromThread(done.callback, outcome)  # type: ignore[attr-defined]

        self._jobs.put(job)
        return done

    def _started(self) -> Browser:
        if self._browser is None:
            program, environment = chromium()
            self._playwright = self._playwright or sync_playwright().start()
            self._browser = self._playwright.chromium.launch(
                executable_path=program, args=_FLAGS, env={**os.environ, **environment}
            )
        return self._browser

    def _serve(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()
        if self._browser is not None:
            self._browser.close()
        if self._playwright is not None:
            self._playwright.stop()

    def _end(self) -> None:
        self._jobs.put(None)
        if self._thread is not None:
            self._thread.join(_ENDS_S)


BROWSER = BrowserThread()
