"""Access tokens."""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime, timedelta, timezone
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from twisted.trial.unittest import SynchronousTestCase

from chatr.api.errors import ApiError
from chatr.auth.tokens import MAX_VERIFIED, Tokens, looks_like_token, new_secret
from chatr.datadir import SigningKey

KEY = b"k" * 64


class TokensTests(SynchronousTestCase):
    """One verifier for both doors."""

    def setUp(self) -> None:
        self.now = datetime(2026, 11, 23, tzinfo=timezone.utc)
        self.tokens = Tokens([SigningKey("one", KEY)], lifetime_s=900, now=lambda: self.now)

    def refused(self, token: str) -> str:
        error = self.assertRaises(ApiError, self.tokens.verify, token)
        self.assertEqual(error.code, "unauthenticated")
        self.assertNotIn(token or "?", error.detail)
        return error.detail

    def forged(self, key: bytes = KEY, algorithm: str | None = "HS256", kid: str = "one", **claims: object) -> str:
        now = self.now.timestamp()
        full = {"sub": "u", "sid": "s", "role": "user", "iat": now, "exp": now + 60, "iss": "chatr", "aud": "chatr"}
        full.update(claims)
        full = {name: value for name, value in full.items() if value is not None}
        return jwt.encode(full, key if algorithm else None, algorithm or "none", headers={"kid": kid})

    def test_round_trip(self) -> None:
        """An issued token names its person, session, role and end."""
        identity = self.tokens.verify(self.tokens.issue("u", "s", "support"))
        self.assertEqual((identity.user_id, identity.session_id, identity.role), ("u", "s", "support"))
        self.assertEqual(identity.expires_at, self.now.timestamp() + 900)

    def test_expiry_uses_the_given_clock(self) -> None:
        """A token is good until the moment it names and not a moment longer."""
        token = self.tokens.issue("u", "s", "user")
        self.now += timedelta(seconds=899)
        self.tokens.verify(token)
        self.now += timedelta(seconds=1)
        self.assertIn("expired", self.refused(token))

    def test_revoked_session(self) -> None:
        """A revoked session's tokens are refused at once, others are not."""
        mine, other = self.tokens.issue("u", "s", "user"), self.tokens.issue("u", "t", "user")
        self.tokens.revoke("s")
        self.refused(mine)
        self.tokens.verify(other)

    def test_a_token_that_is_remembered(self) -> None:
        """It is decoded once, and ends when it would: by time, by a revocation. No other is taken for it."""
        token = self.tokens.issue("u", "s", "user")
        first = self.tokens.verify(token)
        self.assertIs(self.tokens.verify(token), first)
        head, payload, signature = token.split(".")
        others = (
            ".".join((head, self.tokens.issue("v", "s", "user").split(".")[1], signature)),
            f"{head}.{payload}.",
            f"{head}.{payload}",
            token[1:],
            token.swapcase(),
        )
        for other in others:
            self.refused(other)
        self.tokens.revoke("s")
        self.assertIn("ended", self.refused(token))
        another = self.tokens.issue("u", "t", "user")
        self.tokens.verify(another)
        self.now += timedelta(seconds=900)
        self.assertIn("expired", self.refused(another))

    def test_what_is_remembered_is_bounded(self) -> None:
        """Only so many, the newest, and none that was refused; nowhere a token itself."""
        tokens = [self.tokens.issue("u", f"s{number}", "user") for number in range(MAX_VERIFIED + 2)]
        remembered = [self.tokens.verify(token) for token in tokens]
        for refused in (self.forged(key=b"x" * 64), self.forged(exp=self.now.timestamp() - 1)):
            self.refused(refused)
        self.assertEqual([*self.tokens._verified.values()], remembered[2:])
        self.assertIsNot(self.tokens.verify(tokens[0]), remembered[0])
        self.assertTrue(all(len(digest) == 32 for digest in self.tokens._verified))

    def test_rotation(self) -> None:
        """The newest key signs; tokens of the older ones are good as long as these are kept, whatever their kinds."""
        newer = SigningKey("two", b"e" * 32, "EdDSA")
        old = self.tokens.issue("u", "s", "user")
        self.tokens = Tokens([newer, SigningKey("one", KEY)], lifetime_s=900, now=lambda: self.now)
        new = self.tokens.issue("u", "s", "user")
        self.assertEqual([jwt.get_unverified_header(token)["alg"] for token in (old, new)], ["HS256", "EdDSA"])
        for token in (old, new):
            self.assertEqual(self.tokens.verify(token).user_id, "u")
        self.tokens = Tokens([newer], lifetime_s=900, now=lambda: self.now)
        self.tokens.verify(new)
        self.refused(old)

    def test_algorithm_belongs_to_the_key(self) -> None:
        """A public Ed25519 key can't be passed off as the secret of an HMAC, nor one kind of key as another."""
        self.tokens = Tokens([SigningKey("one", b"e" * 32, "EdDSA")], lifetime_s=900, now=lambda: self.now)
        public = Ed25519PrivateKey.from_private_bytes(b"e" * 32).public_key().public_bytes_raw()
        self.refused(self.forged(key=public))
        self.refused(self.forged(key=b"e" * 32))

    def test_revocations_are_forgotten_when_no_token_can_live(self) -> None:
        """The list of revoked sessions does not grow for ever."""
        self.tokens.revoke("s")
        self.now += timedelta(seconds=901)
        self.tokens.revoke("t")
        self.assertEqual(list(self.tokens._revoked), ["t"])

    def test_a_revocation_does_not_go_through_those_before_it(self) -> None:
        """What expires goes with those that come. Before, 20,000 at a start held everything up for nine seconds."""

        class Kept(OrderedDict[str, float]):
            looked = 0

            def items(self) -> Any:
                for each in super().items():
                    self.looked += 1
                    yield each

            def values(self) -> Any:
                for each in super().values():
                    self.looked += 1
                    yield each

        kept = self.tokens._revoked = Kept()
        for number in range(1000):
            self.tokens.revoke(str(number))
        self.now += timedelta(seconds=901)
        self.tokens.revoke("t")
        self.assertEqual(list(kept), ["t"])
        self.assertLess(kept.looked, 3000)

    def test_forgeries(self) -> None:
        """Foreign keys, no algorithm, unknown kid, wrong audience and missing claims are refused."""
        self.tokens.verify(self.forged())
        for token in (
            self.forged(key=b"x" * 64),
            self.forged(algorithm=None),
            self.forged(algorithm="HS512"),
            self.forged(kid="two"),
            self.forged(aud="elsewhere"),
            self.forged(iss="elsewhere"),
            self.forged(sid=None),
            self.forged(exp=None),
            self.forged(exp="soon"),
            "a.b.c",
            "",
            "\ud800.x.y",
        ):
            self.refused(token)

    def test_a_ticket_never_looks_like_a_token(self) -> None:
        """One-use tickets and access tokens can be told apart."""
        self.assertTrue(looks_like_token(self.tokens.issue("u", "s", "user")))
        self.assertFalse(looks_like_token(new_secret()))
