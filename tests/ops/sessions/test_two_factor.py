"""Two-factor sign-in."""

from __future__ import annotations

import base64
from datetime import datetime, timedelta, timezone
from typing import Any

import pyotp
from twisted.internet.defer import Deferred, gatherResults

from tests.ops.case import PASSWORD, OpsCase, Person


class TwoFactorCase(OpsCase):
    """Somebody with an authenticator."""

    async def setUp(self) -> None:
        await super().setUp()
        self.ann = await self.person("ann")
        self.setup = await self.ann.call("two_factor.setup")
        self.totp = pyotp.TOTP(self.setup["secret"])

    def code(self, steps: int = 0) -> str:
        return self.totp.at(self.now() + timedelta(seconds=30 * steps))

    async def enable(self) -> list[str]:
        """Switch it on, and let its code's time pass."""
        answer = await self.ann.call("two_factor.enable", code=self.code())
        self.moved += timedelta(seconds=90)
        codes: list[str] = answer["recoveryCodes"]
        return codes

    async def challenge(self) -> str:
        step = await self.call("session.login", login="ann", password=PASSWORD)
        self.assertEqual((step["methods"], step["userId"]), (["totp", "recovery_code"], self.ann.id))
        challenge: str = step["challenge"]
        return challenge

    async def finish(self, challenge: str, **proof: str) -> Any:
        return await self.call("session.verify_login", challenge=challenge, **proof)


class EnableTests(TwoFactorCase):
    """Switching on and off."""

    async def test_setup(self) -> None:
        """The secret comes as base32, as the URI that authenticators read, and as a PNG; nothing is on yet."""
        self.assertEqual(len(base64.b32decode(self.setup["secret"])), 20)
        parsed = pyotp.parse_uri(self.setup["uri"])
        self.assertEqual((parsed.secret, parsed.name, parsed.issuer), (self.setup["secret"], "@ann", "Chatr"))
        head, _, content = self.setup["qrCode"].partition(",")
        self.assertEqual(head, "data:image/png;base64")
        self.assertEqual(base64.b64decode(content)[:8], b"\x89PNG\r\n\x1a\n")
        self.assertIn("accessToken", await self.call("session.login", login="ann", password=PASSWORD))

    async def test_enable(self) -> None:
        """A right code switches it on, tells the owner's mailbox and devices, and gives ten codes, hashed in store."""
        device = self.ann.device()
        wrong = f"{(int(self.code()) + 1) % 1_000_000:06d}"
        if wrong not in (self.code(-1), self.code(1)):
            await self.refused(self.ann.call("two_factor.enable", code=wrong), "code_wrong")
        codes = await self.enable()
        self.assertEqual(len(set(codes)), 10)
        self.assertTrue((await self.ann.call("user.me"))["twoFactorEnabled"])
        self.assertTrue(device.named("user.updated")[-1]["user"]["twoFactorEnabled"])
        self.assertIn("switched on", self.mails()[-1][1])
        dump = str(await self.node.db.query("SELECT encode(totp_secret, 'escape') FROM users"))
        dump += str(await self.node.db.query("SELECT encode(hash, 'escape') FROM recovery_codes"))
        for secret in (self.setup["secret"], *codes):
            self.assertNotIn(secret, dump)
        for name, params in (("setup", {}), ("enable", {"code": self.code()})):
            await self.refused(self.ann.call(f"two_factor.{name}", **params), "conflict")

    async def test_disable(self) -> None:
        """Needs the password and a code; afterwards the password is enough again, and the recovery codes are void."""
        codes = await self.enable()
        disable = "two_factor.disable"
        await self.refused(self.ann.call(disable, password="Wrong-pass-1", code=self.code()), "code_wrong")
        await self.refused(self.ann.call(disable, password=PASSWORD), "totp_required")
        self.assertTrue((await self.ann.call("user.me"))["twoFactorEnabled"])
        await self.ann.call(disable, password=PASSWORD, code=self.code())
        self.assertIn("accessToken", await self.call("session.login", login="ann", password=PASSWORD))
        await self.refused(self.ann.call(disable, password=PASSWORD, recoveryCode=codes[0]), "conflict")
        self.assertEqual(await self.node.db.query("SELECT 1 FROM recovery_codes"), [])

    async def test_new_recovery_codes(self) -> None:
        """New ones void the old."""
        old = await self.enable()
        await self.refused(self.ann.call("two_factor.recovery_codes", password="Wrong-pass-1"), "code_wrong")
        new = (await self.ann.call("two_factor.recovery_codes", password=PASSWORD))["recoveryCodes"]
        challenge = await self.challenge()
        await self.refused(self.finish(challenge, recoveryCode=old[0]), "code_wrong")
        await self.finish(challenge, recoveryCode=new[0])


class LoginTests(TwoFactorCase):
    """Signing in with it."""

    async def setUp(self) -> None:
        await super().setUp()
        self.codes = await self.enable()

    async def test_no_door_without_it(self) -> None:
        """The password alone opens no session, no ticket and no realtime connection, over no operation."""
        challenge = await self.challenge()
        await self.refused(self.finish(challenge, code="123456"), "totp_required")
        await self.refused(self.call("session.refresh", refreshToken=challenge), "unauthenticated")
        await self.refused(self.node.gate.admit(challenge), "unauthenticated")
        await self.refused(self.call("realtime.ticket"), "unauthenticated")
        await self.call("account.resend_code", userId=self.ann.id, purpose="login", challenge=challenge)
        self.assertNotRegex(self.mails()[-1][1], r"\d{6}")
        # Neither does the mailbox: a reset changes the password, not the second factor.
        await self.call("password.forgot", email="ann@example.org")
        code = self.last_code("ann@example.org")
        await self.call("password.reset", email="ann@example.org", code=code, password=PASSWORD + "x")
        step = await self.call("session.login", login="ann", password=PASSWORD + "x")
        self.assertEqual(step["methods"], ["totp", "recovery_code"])
        # Nor a code for a new address, from outside of a session.
        session = await self.finish(step["challenge"], totp=self.code())
        ann = Person(self, session)
        await ann.call("user.update", email="new@example.org")
        code = self.last_code("new@example.org")
        await self.refused(self.call("account.verify_email", userId=self.ann.id, code=code), "code_wrong")

    async def test_a_code_works_once(self) -> None:
        """A code is refused the second time, and so is one that is older than the last; the next one works."""
        code = self.code()
        await self.finish(await self.challenge(), totp=code)
        challenge = await self.challenge()
        for used in (code, self.code(-1)):
            await self.refused(self.finish(challenge, totp=used), "code_wrong")
        self.moved += timedelta(seconds=30)
        await self.finish(challenge, totp=self.code())

    async def test_at_once(self) -> None:
        """Of two sign-ins with the same code at the same moment one succeeds."""
        code = self.code()
        both = [
            Deferred.fromCoroutine(self.finish(await self.challenge(), totp=code)).addErrback(lambda f: f.value.code)
            for _ in range(2)
        ]
        answers = await gatherResults(both)
        self.assertEqual(sum(isinstance(answer, dict) for answer in answers), 1, answers)

    async def test_window(self) -> None:
        """One step early or late is good, two are not."""
        for steps in (-2, 2):
            await self.refused(self.finish(await self.challenge(), totp=self.code(steps)), "code_wrong")
        await self.finish(await self.challenge(), totp=self.code(-1))
        await self.finish(await self.challenge(), totp=self.code(1))

    async def test_recovery_codes(self) -> None:
        """Each works once, however it is typed, and none of somebody else's."""
        await self.finish(await self.challenge(), recoveryCode=self.codes[0])
        await self.finish(await self.challenge(), recoveryCode=self.codes[1].upper().replace("-", " "))
        challenge = await self.challenge()
        await self.refused(self.finish(challenge, recoveryCode=self.codes[0]), "code_wrong")
        await self.refused(self.finish(challenge, recoveryCode="aaaaa-aaaaa"), "code_wrong")

    async def test_guesses(self) -> None:
        """Five void the challenge; new challenges don't buy more: the account locks, also for who has the password."""
        wrong = [f"{number:06d}" for number in range(10) if f"{number:06d}" not in map(self.code, (-1, 0, 1))]
        challenge = await self.challenge()
        for guess in wrong[:5]:
            await self.refused(self.finish(challenge, totp=guess), "code_wrong")
        await self.refused(self.finish(challenge, totp=self.code()), "code_wrong")
        # One login and five guesses were counted: three more of each fill the ten.
        challenge = await self.challenge()
        for guess in wrong[:3]:
            await self.refused(self.finish(challenge, totp=guess), "code_wrong")
        await self.refused(self.finish(challenge, totp=self.code()), "locked")
        await self.refused(self.call("session.login", login="ann", password=PASSWORD), "locked")

    async def test_challenge_ends(self) -> None:
        """A challenge works once and lives ten minutes."""
        challenge = await self.challenge()
        await self.finish(challenge, totp=self.code())
        await self.refused(self.finish(challenge, recoveryCode=self.codes[0]), "code_wrong")
        challenge = await self.challenge()
        [(left,)] = await self.node.db.query("SELECT expires_at FROM codes WHERE purpose = 'login'")
        self.assertLess(abs(left - self.now() - timedelta(minutes=10)), timedelta(seconds=10))
        await self.node.db.execute("UPDATE codes SET expires_at = now()")
        await self.refused(self.finish(challenge, recoveryCode=self.codes[0]), "code_expired")

    async def test_key_is_gone(self) -> None:
        """Without the server key a secret can't be read: the sign-in fails and says so in the log, nobody gets in."""
        await self.node.db.execute("UPDATE users SET totp_secret = 'x'")
        await self.refused(self.finish(await self.challenge(), totp=self.code()), "internal")
        self.assertEqual(len(self.flushLoggedErrors()), 1)


class VectorTests(OpsCase):
    """RFC 6238, appendix B: the SHA-1 vectors, whose last six digits are the six-digit codes."""

    def test_vectors(self) -> None:
        """Each code belongs to its time, and to no other."""
        from chatr.auth import totp

        secret = base64.b32encode(b"12345678901234567890").decode()
        vectors = {
            59: "94287082",
            1111111109: "07081804",
            1111111111: "14050471",
            1234567890: "89005924",
            2000000000: "69279037",
            20000000000: "65353130",
        }
        for seconds, digits in vectors.items():
            at = datetime.fromtimestamp(seconds, timezone.utc)
            self.assertEqual(totp.step(secret, digits[-6:], at), seconds // 30)
            self.assertIsNone(totp.step(secret, digits[-6:], at + timedelta(seconds=90)))
            self.assertIsNone(totp.step(secret, digits[:6], at))
