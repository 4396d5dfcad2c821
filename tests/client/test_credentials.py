"""How a client shows who it is."""

from __future__ import annotations

from twisted.internet import reactor
from twisted.internet.defer import DeferredQueue

from chatr.client import AccessToken, Lost, Refused, SignIn, signin
from tests.client.case import ClientCase
from tests.e2e.server import PASSWORD


class CredentialTests(ClientCase):
    """Who one is."""

    def sign_in(self, **options: str) -> SignIn:
        return SignIn(reactor, f"{self.url}/api", **options)

    async def test_password_and_refresh_token(self) -> None:
        """Signed in by password; then by the token that was kept, each of which is used once."""
        kept: list[str] = []
        one = SignIn(reactor, f"{self.url}/api", login="ben", password=PASSWORD, keep=kept.append)
        client = self.client(credentials=one)
        await client.start()
        self.assertEqual(client.user_id, self.ben.id)
        await client.stop()
        again = SignIn(reactor, f"{self.url}/api", refresh_token=kept[-1], keep=kept.append)
        await self.client(credentials=again).start()
        self.assertEqual(len(set(kept)), 2)

    async def test_stopped_under_a_refresh(self) -> None:
        """The next token is kept all the same: the one before it has been used."""
        kept: list[str] = []
        one = SignIn(reactor, f"{self.url}/api", login="ben", password=PASSWORD, keep=kept.append)
        await one.ticket()
        cut_short = self.client(credentials=SignIn(reactor, one._api, refresh_token=kept[-1], keep=kept.append))
        starting = cut_short.start()
        await cut_short.stop()
        await self.assertFailure(starting, Lost)
        await self.client(credentials=SignIn(reactor, one._api, refresh_token=kept[-1], keep=kept.append)).start()
        self.assertEqual(len(set(kept)), 3)

    async def test_the_answer_to_a_refresh_is_lost(self) -> None:
        """The token that was kept is used again a moment later, and brings the same next one: nobody was robbed."""
        kept: list[str] = []
        one = SignIn(reactor, f"{self.url}/api", login="ben", password=PASSWORD, keep=kept.append)
        await one.ticket()
        lost = await self.rest("POST", "/auth/refresh", {"refreshToken": kept[-1]})
        await self.client(credentials=SignIn(reactor, one._api, refresh_token=kept[-1], keep=kept.append)).start()
        self.assertEqual(kept[-1], lost["refreshToken"])

    async def test_refused_for_good(self) -> None:
        """A wrong password, a used token, and an access token that is none end the client, and it says so."""
        for credentials in (
            self.sign_in(login="ben", password="wrong"),
            self.sign_in(refresh_token="x" * 43),
            AccessToken("none"),
        ):
            client = self.client(credentials=credentials)
            ended = client.ended()
            error = await self.assertFailure(client.start(), Refused)
            self.assertIn(error.code, ("code_wrong", "unauthenticated", "wamp.error.authentication_denied"))
            self.assertIs(await self.assertFailure(ended, Refused), error)

    async def test_prolonged(self) -> None:
        """The open session is prolonged before its token expires: the server counts from then on."""
        self.patch(signin, "RENEW_AT", 0.0)
        self.patch(signin, "SOONEST_S", 0.01)
        renewed: DeferredQueue[str] = DeferredQueue()
        client = self.client(
            credentials=SignIn(reactor, f"{self.url}/api", login="ben", password=PASSWORD, keep=renewed.put)
        )
        await client.start()
        first = await renewed.get()
        second = await renewed.get()
        self.assertNotEqual(first, second)
        self.assertEqual((await client.call("user.me"))["id"], self.ben.id)

    async def test_a_server_that_is_away(self) -> None:
        """The client waits for it, however often it tries; a stop ends that at once."""
        signs_in = self.sign_in(login="ben", password=PASSWORD)
        await self.service.stop()
        client = self.client(credentials=signs_in)
        live = client.start()
        self.assertNoResult(live)
        await client.stop()
        await self.assertFailure(live, Lost)
        await self.restart()
