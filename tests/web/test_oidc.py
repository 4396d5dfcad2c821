"""Coming in by an OpenID provider: over to its page, and back."""

from __future__ import annotations

import socket

import pyotp
from playwright.sync_api import Page, expect
from twisted.internet.defer import Deferred

from tests.oidc_provider import CLIENT_ID, CLIENT_SECRET, Provider
from tests.web.case import BrowserCase, hang_up, in_browser
from tests.web.test_signing_in import is_in, with_authenticator


class OidcCase(BrowserCase):
    """A server that trusts a provider, which is another site: this one is localhost."""

    oidc: dict[str, str] = {}

    async def setUp(self) -> None:
        self.provider = Provider()
        self.addCleanup(self.provider.stop)
        self.addCleanup(lambda: Deferred.fromCoroutine(hang_up(self.provider.port)))
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self.settings = {
            **self.settings,
            "server.http": f"tcp:{port}:interface=127.0.0.1",
            "server.public_url": f"http://localhost:{port}",
            "oidc.issuer": self.provider.issuer,
            "oidc.client_id": CLIENT_ID,
            "oidc.client_secret": CLIENT_SECRET,
            "oidc.name": "Company",
            **self.oidc,
        }
        await super().setUp()
        self.url = f"http://localhost:{port}"

    def go(self, page: Page, answer: str = "Go on as Ann") -> None:
        """Over to the provider, which is answered, and back."""
        page.get_by_role("button", name="Continue with Company").click()
        page.get_by_role("button", name=answer).click()


class OidcTests(OidcCase):
    """A provider whose word opens accounts that came by it."""

    @in_browser
    def test_there_and_back(self) -> None:
        """Somebody new gets an account; the address keeps nothing of the way; a reload does not ask again."""
        page = self.visit()
        expect(page.get_by_role("button", name="Continue with Company")).to_be_visible()
        self.check_accessible(page)
        self.go(page)
        is_in(page)
        self.assertEqual(page.url, f"{self.url}/")
        page.reload()
        is_in(page)

    @in_browser
    def test_refused_there(self) -> None:
        """Whoever said no there is told so here, and may try again."""
        page = self.visit()
        self.go(page, "Not now")
        expect(page.get_by_role("alert")).to_have_text("The sign-in was not finished. Begin again.")
        self.assertEqual(page.url, f"{self.url}/")
        self.check_accessible(page)
        self.go(page)
        is_in(page)

    @in_browser
    def test_address_of_somebody(self) -> None:
        """Who has an account with this address signs in with its password: the provider's word alone opens nothing."""
        self.wait(self.person("ann"))
        self.allow("409")
        page = self.visit()
        self.go(page)
        expect(page.get_by_role("alert")).to_have_text(
            "Someone here has this e-mail address. Sign in with its password."
        )


class LinkingTests(OidcCase):
    """A provider that is believed about addresses."""

    oidc = {"oidc.link_by_email": "true"}

    @in_browser
    def test_second_step(self) -> None:
        """Who has the address here comes in by the provider; their authenticator is asked for as with a password."""
        ann = self.wait(self.person("ann"))
        secret = self.wait(with_authenticator(self, ann))
        page = self.visit()
        self.go(page)
        expect(page.get_by_role("heading", name="Two-step sign-in")).to_be_visible()
        page.get_by_label("Six-digit code").press_sequentially(pyotp.TOTP(secret).now())
        is_in(page)
        page.goto("/profile")
        expect(page.get_by_text("@ann").first).to_be_visible()
