"""Signing in with an OpenID provider, a small real one."""

from __future__ import annotations

from typing import Any

import pyotp
from twisted.internet.defer import Deferred, gatherResults

from chatr.api.context import Caller
from tests.oidc_provider import CLIENT_ID, CLIENT_SECRET, Provider
from tests.ops.case import PASSWORD, OpsCase


class OidcCase(OpsCase):
    """A server that trusts a provider."""

    oidc: dict[str, str] = {}

    async def setUp(self) -> None:
        self.provider = Provider()
        self.addCleanup(self.provider.stop)
        self.settings = {
            "oidc.issuer": self.provider.issuer,
            "oidc.client_id": CLIENT_ID,
            "oidc.client_secret": CLIENT_SECRET,
            "oidc.name": "Company",
            "server.public_url": "https://chat.example.org",
            # A code by mail is for passwords.
            "auth.login_code": "email",
            **self.oidc,
        }
        await super().setUp()

    async def begin(self) -> dict[str, str]:
        """Go to the provider and come back: what oidc.finish takes."""
        started = await self.call("oidc.start")
        self.assertIn("redirect_uri=https%3A%2F%2Fchat.example.org%2Foidc", started["url"])
        state, code = self.provider.authorize(started["url"])
        return {"state": state, "code": code, "binding": started["binding"]}

    async def sign_in(self) -> Any:
        return await self.call("oidc.finish", **await self.begin())


class FlowTests(OidcCase):
    """The flow, and what is refused of it."""

    async def test_new_and_again(self) -> None:
        """Somebody new gets an account with the confirmed address; the second sign-in finds it."""
        self.assertEqual((await self.call("oidc.providers"))["items"], [{"name": "Company"}])
        self.provider.person["preferred_username"] = "Ann Lee"
        session = await self.sign_in()
        user = session["user"]
        shown = (user["username"], user["displayName"], user["email"], user["emailVerified"])
        self.assertEqual(shown, ("@Ann_Lee", "Ann", "ann@example.org", True))
        self.provider.person.update(email="other@example.org", name="Renamed")
        again = await self.sign_in()
        self.assertEqual((again["user"]["id"], again["user"]["email"]), (user["id"], "ann@example.org"))
        await self.refused(self.call("session.login", login="ann_lee", password=""), "code_wrong")

    async def test_names_are_tidied(self) -> None:
        """A provider's name can't be sent back to be mended: it is made into one that could have been chosen here."""
        for number, (name, shown) in enumerate(
            (
                ("Ann\n\x1b[31m Lee\u202e", "Ann [31m Lee"),
                ("Zoe\u0301 " + "x" * 60, "Zoé " + "x" * 46),
                ("\u3164\u200b", "nobody3"),
            )
        ):
            self.provider.person.update(sub=f"s{number}", name=name, email=f"e{number}@example.org")
            self.provider.person["preferred_username"] = f"nobody{number + 1}"
            self.assertEqual((await self.sign_in())["user"]["displayName"], shown)

    async def test_every_kind_of_key(self) -> None:
        """RSA, elliptic curves, Ed25519; a new key of the provider is fetched when it shows up."""
        for algorithm in ("RS256", "ES256", "EdDSA", "RS256"):
            self.provider.rotate(algorithm)
            await self.sign_in()
        self.assertEqual(self.provider.asked.count("/keys"), 4)
        self.assertEqual(self.provider.asked.count("/.well-known/openid-configuration"), 1)

    async def test_once_and_by_who_began(self) -> None:
        """A sign-in can't be finished twice, with another's binding, an unknown state, or after ten minutes."""
        back = await self.begin()
        await self.call("oidc.finish", **back)
        await self.refused(self.call("oidc.finish", **back), "code_wrong")
        for change in ({"binding": "other"}, {"state": "other"}, {"code": "other"}):
            await self.refused(self.call("oidc.finish", **{**await self.begin(), **change}), "code_wrong")
        mine, other = await self.begin(), await self.begin()
        await self.refused(self.call("oidc.finish", **{**mine, "code": other["code"]}), "code_wrong")
        late = await self.begin()
        await self.node.db.execute("UPDATE oidc_logins SET expires_at = now()")
        await self.refused(self.call("oidc.finish", **late), "code_wrong")

    async def test_tokens_that_prove_nothing(self) -> None:
        """For another client, by another issuer, old, for another sign-in, unsigned, signed with what is public."""
        for changes in (
            {"aud": "other"},
            {"aud": [CLIENT_ID, "other"]},
            {"azp": "other"},
            {"iss": "https://evil.example.org"},
            {"exp": 1},
            {"exp": None},
            {"nonce": "other"},
            {"nonce": None},
            {"sub": None},
            {"email": 5},
        ):
            self.provider.changes = changes
            await self.refused(self.sign_in(), "code_wrong")
        self.provider.changes = {"aud": [CLIENT_ID, "other"], "azp": CLIENT_ID}
        await self.sign_in()
        self.provider.changes = {}
        for algorithm in ("none", "HS256"):
            self.provider.algorithm = algorithm
            await self.refused(self.sign_in(), "code_wrong")
        self.provider.algorithm = "RS256"
        published = self.provider.jwk
        self.provider.rotate()
        self.provider.jwk = {**published, "kid": self.provider.kid}
        await self.refused(self.sign_in(), "code_wrong")

    async def test_client_authentication(self) -> None:
        """The secret goes where the provider wants it; a wrong one is refused."""
        self.provider.methods = ["client_secret_post"]
        await self.sign_in()
        self.provider.secret = "changed"
        await self.refused(self.sign_in(), "code_wrong")

    async def test_provider_in_trouble(self) -> None:
        """Down, gone, or another than it says: unavailable, and nobody is let in."""
        backs = [await self.begin() for _ in range(2)]
        self.provider.down = True
        await self.refused(self.call("oidc.finish", **backs[0]), "unavailable")
        await self.provider.stop()
        await self.refused(self.call("oidc.finish", **backs[1]), "unavailable")

    async def test_userinfo(self) -> None:
        """A provider that keeps the address out of the token is asked for it, and believed about this person only."""
        del self.provider.person["email"], self.provider.person["email_verified"]
        self.provider.userinfo = {"sub": "1", "email": "ann@example.org", "email_verified": "true"}
        self.assertEqual((await self.sign_in())["user"]["email"], "ann@example.org")
        self.provider.userinfo["sub"] = "2"
        await self.refused(self.sign_in(), "code_wrong")

    async def test_at_once(self) -> None:
        """Two first sign-ins at the same moment make one account."""
        backs = [await self.begin() for _ in range(4)]
        answers = await gatherResults([Deferred.fromCoroutine(self.call("oidc.finish", **back)) for back in backs])
        self.assertEqual(len({answer["user"]["id"] for answer in answers}), 1)


class AccountTests(OidcCase):
    """Whom a sign-in opens."""

    async def test_confirmed_address_of_somebody_here(self) -> None:
        """Without the setting it is a conflict, also for a provider that did confirm it; nothing is made."""
        await self.person("ann")
        await self.refused(self.sign_in(), "conflict")
        self.assertEqual(await self.node.db.query("SELECT count(*) FROM users"), [(1,)])

    async def test_unconfirmed_addresses(self) -> None:
        """One that the provider has not confirmed is not taken over; one that nobody confirmed here blocks nobody."""
        await self.call("account.register", username="ann", email="ann@example.org", password=PASSWORD)
        self.provider.person["email_verified"] = False
        self.assertNotIn("email", (await self.sign_in())["user"])
        self.provider.person.update(sub="2", email_verified=True)
        self.assertEqual((await self.sign_in())["user"]["email"], "ann@example.org")
        names = await self.node.db.query("SELECT username FROM users WHERE username = '@ann'")
        self.assertEqual(names, [], "who had only named the address has lost it, and was nothing else")

    async def test_second_factor(self) -> None:
        """An account with an authenticator is asked for it here too."""
        session = await self.sign_in()
        ann = session["user"]["id"]
        me = self.node.ports.accounts.tokens.verify(session["accessToken"])
        caller = Caller(role="user", user_id=ann, session_id=me.session_id)
        setup = await self.call("two_factor.setup", caller)
        codes = await self.call("two_factor.enable", caller, code=pyotp.TOTP(setup["secret"]).at(self.now()))
        step = await self.sign_in()
        self.assertEqual((step["userId"], step["methods"]), (ann, ["totp", "recovery_code"]))
        proof = {"challenge": step["challenge"], "recoveryCode": codes["recoveryCodes"][0]}
        self.assertEqual((await self.call("session.verify_login", **proof))["user"]["id"], ann)

    async def test_disabled(self) -> None:
        """The operator's word counts more than the provider's."""
        await self.sign_in()
        await self.node.db.execute("UPDATE users SET disabled_at = now()")
        await self.refused(self.sign_in(), "forbidden")


class LinkTests(OidcCase):
    """A server that links accounts by address, and makes none."""

    oidc = {"oidc.link_by_email": "true", "oidc.register": "false"}

    async def test_linked(self) -> None:
        """The account with the confirmed address is opened from now on, whatever its address becomes.

        Its owner is told. Nobody who has only named that address is linked, or stands in the way.
        """
        ann = await self.person("ann")
        await self.codes_later()
        await self.call("account.register", username="mallory", phoneNumber="+41791234567", password=PASSWORD)
        await self.node.db.execute("UPDATE users SET email = 'ann@example.org' WHERE username = '@mallory'")
        self.assertEqual((await self.sign_in())["user"]["id"], ann.id)
        self.assertIn("can be signed in to with Company now", self.mails()[-1][1])
        self.provider.person["email"] = "new@example.org"
        self.assertEqual((await self.sign_in())["user"]["id"], ann.id)

    async def test_nobody_new(self) -> None:
        """Who has no account stays outside, and so does who only says to have that address."""
        await self.refused(self.sign_in(), "forbidden")
        await self.person("ann")
        self.provider.person["email_verified"] = False
        await self.refused(self.sign_in(), "forbidden")


class OtherIssuerTests(OidcCase):
    """A discovery document of somebody else."""

    async def test_refused(self) -> None:
        """It is not used."""
        self.provider.named = "https://evil.example.org"
        await self.refused(self.call("oidc.start"), "unavailable")


class NoneTests(OpsCase):
    """A server without a provider."""

    async def test_none(self) -> None:
        """There is none to sign in with."""
        self.assertEqual((await self.call("oidc.providers"))["items"], [])
        await self.refused(self.call("oidc.start"), "not_found")
        await self.refused(self.call("oidc.finish", state="a", code="b", binding="c"), "not_found")
