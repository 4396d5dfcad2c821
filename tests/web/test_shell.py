"""What the server gives a browser, before anybody signs in."""

from __future__ import annotations

from playwright.sync_api import expect

from chatr.rest.http.headers import CLIENT
from tests.web.case import BrowserCase, in_browser


class ShellTests(BrowserCase):
    """The first page, its files, its policy."""

    @in_browser
    def test_loads(self) -> None:
        """The page comes up at its address and at any other of its pages, and nothing that it asks for is missing."""
        missing: list[str] = []
        for path in ("/", "/c/019a7c00-0000-7000-8000-000000000001", "/settings/privacy", "/docs", "/lab"):
            page = self.context().new_page()
            page.on("response", lambda response: missing.append(response.url) if response.status == 404 else None)
            answer = page.goto(path)
            assert answer is not None
            self.assertEqual((answer.status, answer.header_value("content-security-policy")), (200, CLIENT.csp))
            expect(page.get_by_role("main")).to_be_visible()
            self.assertIn("Chatr", page.title())
            self.assertEqual(missing, [])

    @in_browser
    def test_policy_holds(self) -> None:
        """No script that is put into the page runs, no text becomes HTML, and nothing is loaded from elsewhere."""
        self.allow(r"Content Security Policy|Trusted")
        page = self.visit()
        self.assertEqual(page.evaluate("typeof trustedTypes"), "object")
        injected = (
            "() => { const s = document.createElement('script'); s.text = 'window.ran = 1'; document.body.append(s) }"
        )
        for attack in (injected, "() => { document.body.innerHTML = '<p>x</p>' }"):
            with self.assertRaisesRegex(Exception, "requires '?Trusted"):
                page.evaluate(attack)
        self.assertIsNone(page.evaluate("() => window.ran ?? null"))
        refused = page.evaluate("() => fetch('https://example.org/').then(() => false, () => true)")
        self.assertTrue(refused)

    @in_browser
    def test_a_missing_file_is_none(self) -> None:
        """A script of another version is 404, and no page in its place."""
        page = self.visit()
        status, kind = page.evaluate(
            "() => fetch('/assets/gone-1a.js').then((answer) => [answer.status, answer.headers.get('content-type')])"
        )
        self.assertEqual((status, kind), (404, "application/problem+json"))
        self.allow("404")

    @in_browser
    def test_compressed(self) -> None:
        """Scripts come compressed, and a second visit asks for no file that it has."""
        context = self.context()
        page = context.new_page()
        encodings: dict[str, str | None] = {}
        page.on("response", lambda answer: encodings.update({answer.url: answer.header_value("content-encoding")}))
        page.goto("/")
        page.wait_for_load_state("networkidle")
        scripts = {url: encoding for url, encoding in encodings.items() if "/assets/index-" in url}
        self.assertLessEqual(set(scripts.values()), {"br", "gzip"})
        self.assertTrue(scripts)
        again = context.new_page()
        again.goto("/")
        sizes = again.evaluate(
            "() => performance.getEntriesByType('resource').filter((each) => each.name.includes('/assets/'))"
            ".map((each) => each.transferSize)"
        )
        self.assertEqual(set(sizes), {0})


class ProductionTests(BrowserCase):
    """A server for people, at this machine's own address."""

    settings = {**BrowserCase.settings, "server.mode": "production"}

    @in_browser
    def test_first_page(self) -> None:
        """Nothing is there for developers, and nothing is asked for that only they have."""
        page = self.visit()
        page.wait_for_load_state("networkidle")
        expect(page.get_by_text("Development")).to_have_count(0)
        self.check_accessible(page)
