"""People at browsers: a whole server in this process, its built client, and pages that a test looks at."""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, Literal, TypeVar

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, ViewportSize, expect
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater
from twisted.internet.threads import blockingCallFromThread
from twisted.trial.unittest import TestCase

from chatr.rest.client import FOLDER
from tests.e2e.faults import FaultCase
from tests.e2e.server import PASSWORD, Account, ServerCase
from tests.web.browser import BROWSER, WAIT_MS
from tests.web.chromium import WEB
from tests.web.keyboard import AxTree

PHONE: ViewportSize = {"width": 360, "height": 740}
DESKTOP: ViewportSize = {"width": 1440, "height": 900}
#: Of what axe-core finds.
GRAVE = ("critical", "serious", "moderate")
_AXE = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
#: Code in a message: the arrows of the message scroll it (tests/web/test_keyboard.py), which axe-core can't know.
_CODE = ("scrollable-region-focusable", '<pre dir="ltr" tabindex="-1"')

#: What Chromium 153 says, and no newer one, of a page that loads while its service worker takes over: what was asked
#: for ahead comes again from there. Nothing is amiss.
_TAKEN_OVER = re.compile(
    r"cross-world service worker resource mismatch|/assets/\S+ was preloaded using link preload but not used"
)
#: What may have the focus for the next step's sake, and is nothing by itself.
_NO_NAME = ("RootWebArea", "main", "generic")
_NO_WORKER = "delete Navigator.prototype.serviceWorker"
#: Comes when nothing has changed for 150 ms.
_SETTLED = """() => new Promise((done) => {
    let timer = setTimeout(ended, 150);
    const observer = new MutationObserver(() => {
        clearTimeout(timer);
        timer = setTimeout(ended, 150);
    });
    observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
    function ended() {
        observer.disconnect();
        done();
    }
})"""
#: Comes when all transitions are over.
_CHANGED = """() => {
    const running = document.getAnimations().filter((each) => each instanceof CSSTransition);
    return Promise.allSettled(running.map((each) => each.finished));
}"""

T = TypeVar("T")
expect.set_options(timeout=WAIT_MS)


def in_browser(test: Callable[[Any], None]) -> Callable[[Any], Deferred[Any]]:
    """Have a test method run in the browser's thread, while the server goes on in this one."""

    @wraps(test)
    def run(self: Any) -> Deferred[Any]:
        return BROWSER.run(lambda browser: self.at(browser, test))

    return run


class Browsing(TestCase):
    """What a test may do with browsers, whatever server it has. Its methods are marked :func:`in_browser`.

    Each ends with a look at every console: an error or a warning fails it.
    """

    timeout = 120
    url: str

    def begin(self) -> None:
        """Nothing is open yet. Fails where there is no client to look at."""
        if not (FOLDER / "index.html").is_file():
            self.fail("the web client is not built: make web")
        self.said: list[str] = []
        self._allowed: list[re.Pattern[str]] = []
        self._contexts: list[BrowserContext] = []
        self._browser: Browser | None = None

    def at(self, browser: Browser, test: Callable[[Any], None]) -> None:
        """Run a test with the browser."""
        self._browser = browser
        try:
            test(self)
            said = [line for line in self.said if not any(each.search(line) for each in self._allowed)]
            self.assertEqual(said, [], "the console is not free of errors and warnings")
        except BaseException:
            self._show()
            raise
        finally:
            for context in self._contexts:
                context.close()

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        """What comes of something that the server or a person without a browser does: ``wait(self.person("ann"))``."""
        found: T = blockingCallFromThread(reactor, lambda: Deferred.fromCoroutine(work))  # type: ignore[arg-type, type-var]
        return found

    def allow(self, pattern: str) -> None:
        """Let a console say something that belongs to the test, such as a request that is to fail."""
        self._allowed.append(re.compile(pattern))

    def context(
        self,
        *,
        size: ViewportSize = DESKTOP,
        theme: Literal["light", "dark"] = "light",
        bare: bool | None = None,
        **options: Any,
    ) -> BrowserContext:
        """A browser of its own: cookies, storage and window.

        The first of a test has all that browsers have. Each further one is ``bare``, unless told otherwise: without
        service workers, as a private window of Firefox, and of somebody who wants less motion. So nearly every test
        sees both kinds, and takes half the time of the second.
        """
        assert self._browser is not None
        bare = bool(self._contexts) if bare is None else bare
        if bare:
            options.setdefault("reduced_motion", "reduce")
        context = self._browser.new_context(
            base_url=self.url, viewport=size, color_scheme=theme, locale="en-GB", timezone_id="Europe/Berlin", **options
        )
        if bare:
            context.add_init_script(_NO_WORKER)
        context.set_default_timeout(WAIT_MS)
        context.on("console", self._heard)
        context.on("weberror", lambda error: self.said.append(f"error: {error.error}"))
        self._contexts.append(context)
        return context

    def visit(self, path: str = "/", **options: Any) -> Page:
        """A page of somebody who is not signed in, in a browser of its own."""
        page = self.context(**options).new_page()
        page.goto(path)
        return page

    def signed_in(self, username: str, user_id: str, path: str = "/", **options: Any) -> Page:
        """A page of somebody who has signed in with this browser before."""
        # What the client keeps of who was signed in, beside the cookie.
        known = {"origin": self.url, "localStorage": [{"name": "chatr:user", "value": user_id}]}
        context = self.context(storage_state={"cookies": [], "origins": [known]}, **options)
        answer = context.request.post(
            f"{self.url}/api/auth/login",
            data={"login": username, "password": PASSWORD},
            headers={"X-Chatr-Session": "cookie", "Origin": self.url},
        )
        self.assertEqual(answer.status, 200, answer.text())
        page = context.new_page()
        page.goto(path)
        return page

    def beside(self, page: Page, path: str) -> Page:
        """Another page of the same browser, in a window of its own: a tab behind another is painted once a second."""
        with page.context.expect_page() as opened:
            page.evaluate("path => void window.open(path, '_blank', 'popup,noopener,width=1440,height=900')", path)
        return opened.value

    def painted(self, page: Page) -> None:
        """Wait until what a page has to show by now is painted: two frames, the first may be under way."""
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def settled(self, page: Page) -> None:
        """Wait until a page has changed nothing for a moment: what it fetches and what it shows late is there."""
        page.evaluate(_SETTLED)

    def check_accessible(self, page: Page) -> None:
        """Have axe-core look at a page as it is now: nothing moderate or worse."""
        # Behind a dialog it is there, and has no role.
        expect(page.locator("main")).to_be_visible()
        # What changes its colour has none of its own meanwhile.
        self.painted(page)
        page.evaluate(_CHANGED)
        page.evaluate((WEB / "node_modules" / "axe-core" / "axe.min.js").read_text())
        found = page.evaluate("options => axe.run(document, options)", _AXE)
        grave = [
            f"{each['impact']} {each['id']}: {each['help']}: {node['html'][:200]}"
            for each in found["violations"]
            for node in each["nodes"]
            if each["impact"] in GRAVE and not (each["id"] == _CODE[0] and node["html"].startswith(_CODE[1]))
        ]
        self.assertEqual(grave, [])

    def check_named(self, page: Page, where: str) -> None:
        """Whatever can have the focus has a name."""
        focusable = [node for node in AxTree(page).nodes() if node.get("focusable")]
        self.assertGreater(len(focusable), 3, where)
        unnamed = [node["role"] for node in focusable if not str(node["name"]).strip() and node["role"] not in _NO_NAME]
        self.assertEqual(unnamed, [], where)

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not _TAKEN_OVER.search(message.text):
            self.said.append(f"{message.type}: {message.text} ({message.location.get('url', '')})")

    def _show(self) -> None:
        """Leave a picture of every page beside trial's log."""
        for number, page in enumerate(page for context in self._contexts for page in context.pages):
            try:
                page.screenshot(path=f"{self.id()}.{number}.png", timeout=3000)
            except Exception as error:  # the page may be what is broken
                print(f"no picture: {error}")


class BrowserCase(Browsing, ServerCase):
    """Browsers at a server in this process."""

    settings = {"limits.enabled": "false"}

    async def setUp(self) -> None:
        self.begin()
        # Cleanups run backwards: behind the end of the server, when no browser can come any more.
        self.addCleanup(lambda: hang_up(self.http_port))
        await super().setUp()

    def at_home(self, who: Account, path: str = "/", **options: Any) -> Page:
        """A page of somebody who has signed in with this browser before."""
        return self.signed_in(who.session["user"]["username"], who.id, path, **options)

    def cut(self) -> None:
        """Cut every WebSocket, without a word to either end."""
        # One that is just being opened says so.
        self.allow("WebSocket connection to .* failed")

        async def cut() -> None:
            node = self.service.node
            assert node is not None
            for session in node.wamp.router.sessions.everyone():
                session._link._protocol.transport.abortConnection()  # type: ignore[attr-defined]

        self.wait(cut())


async def hang_up(port: int) -> None:
    """Close what browsers left open to a port of this process."""
    readers = reactor.getReaders()  # type: ignore[attr-defined]
    connections = [each for each in readers if getattr(each, "hostname", "") and each.getHost().port == port]
    for connection in connections:
        connection.abortConnection()
    while any(connection.connected for connection in connections):
        await deferLater(reactor, 0)  # type: ignore[arg-type]


class ProcessCase(Browsing, FaultCase):
    """Browsers at a server in a process of its own, at which Ann and Ben are friends."""

    timeout = 240

    def setUp(self) -> Any:
        self.begin()
        super().setUp()
        return Deferred.fromCoroutine(self._begun())

    async def _begun(self) -> None:
        await self.start()
        self.url = f"http://127.0.0.1:{self.port}"
        await self.friends("ann", "ben")

    def at_home(self, name: str, other: str) -> Page:
        """The page of one with the other."""
        return self.signed_in(name, self.ids[name], f"/u/{self.ids[other]}")
