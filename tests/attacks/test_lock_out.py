"""An attacker with one address, who knows an owner's name and mail address, and wants them kept out."""

from __future__ import annotations

from typing import Any

from chatr.api.context import Caller
from chatr.api.errors import ApiError
from tests.ops.case import PASSWORD, OpsCase, outcome

EMAIL, NEW = "ann@example.org", "Another-pass-9"
#: From where the owner has never signed in.
ELSEWHERE = Caller(address="198.51.100.7")


class LockOutTests(OpsCase):
    """Limits are on, as in production. The owner is Ann, who has signed in from 192.0.2.1 (:class:`OpsCase`)."""

    settings = {"limits.enabled": "true"}

    async def setUp(self) -> None:
        await super().setUp()
        self.ann = await self.person("ann")

    async def attack(self, name: str, times: int = 100, **params: Any) -> set[str]:
        """Call over and over from the addresses of one /64; what was answered."""
        heard = set()
        for number in range(times):
            try:
                await self.call(name, Caller(address=f"2001:db8:bad:1::{number:x}"), **params)
                heard.add("")
            except ApiError as error:
                heard.add(error.code)
        return heard

    async def login(self, password: str = PASSWORD, caller: Caller | None = None) -> Any:
        return await self.call("session.login", caller, login="ann", password=password)

    async def test_wrong_logins(self) -> None:
        """The owner signs in where they have before; anywhere else they learn why not, and a mailed code helps.

        Before: after ten of somebody else's wrong logins the right password was answered 423, everywhere.
        """
        self.assertEqual(
            await self.attack("session.login", login="ann", password="Wrong-pass-1"), {"code_wrong", "rate_limited"}
        )
        await self.login()
        await self.refused(self.login(caller=ELSEWHERE), "locked")
        await self.call("password.forgot", ELSEWHERE, email=EMAIL)
        code = self.last_code(EMAIL)
        await self.call("password.reset", ELSEWHERE, email=EMAIL, code=code, password=NEW)
        await self.login(NEW, ELSEWHERE)

    async def test_the_owner_opens_no_lock_for_the_attacker(self) -> None:
        """That the owner signs in gives nobody ten new tries: strangers stay locked."""
        await self.attack("session.login", 10, login="ann", password="Wrong-pass-1")
        await self.login()
        await self.refused(self.login(caller=ELSEWHERE), "locked")

    async def test_own_mistakes_are_limited_too(self) -> None:
        """Where the owner is known ten wrong passwords lock as well: somebody in the same network guesses no more."""
        for _ in range(9):
            await self.refused(self.login("Wrong-pass-1"), "code_wrong")
        # The tenth closes the lock behind it; by then the limit by address has closed as well.
        await self.refused(self.login("Wrong-pass-1"), "code_wrong")
        await self.refused(self.login(), "rate_limited")
        [(tries, locked)] = await self.node.db.query("SELECT tries, locked_until > now() FROM sign_in_tries")
        self.assertEqual((tries, locked), (10, True))

    async def test_known_for_90_days(self) -> None:
        """An address is forgotten 90 days after the last sign-in there; staying signed in counts as one."""
        await self.attack("session.login", 10, login="ann", password="Wrong-pass-1")
        await self.node.db.execute("UPDATE known_places SET signed_in_at = now() - interval '91 days'")
        await self.refused(self.login(), "locked")
        await self.call("session.refresh", refreshToken=self.ann.session["refreshToken"])
        await self.login()

    async def test_resets(self) -> None:
        """The owner's code stays good, wherever the owner enters it.

        Before: five attempts voided it, and after ten the right code was answered 429.
        """
        for caller in (None, ELSEWHERE):
            await self.call("password.forgot", caller, email=EMAIL)
            code = self.last_code(EMAIL)
            heard = await self.attack("password.reset", email=EMAIL, code=self.wrong(code), password=NEW)
            self.assertEqual(heard - {"rate_limited"}, {"code_wrong"} if caller is None else set())
            await self.call("password.reset", caller, email=EMAIL, code=code, password=NEW)
        await self.login(NEW)

    async def test_guessing_a_reset(self) -> None:
        """An address has five attempts at a code, and all that the account does not know have twenty together."""
        await self.call("password.forgot", email=EMAIL)
        code = self.last_code(EMAIL)
        for number in range(100):
            stranger = Caller(address=f"203.0.113.{number // 6}")
            reset = {"email": EMAIL, "code": self.wrong(code), "password": NEW}
            await self.refused(self.call("password.reset", stranger, **reset), "code_wrong")
        [(attempts, by)] = await self.node.db.query("SELECT attempts, attempts_by FROM codes WHERE purpose = 'reset'")
        self.assertEqual((attempts, sorted(by.values())), (20, [5, 5, 5, 5]))
        await self.refused(self.call("password.reset", ELSEWHERE, email=EMAIL, code=code, password=NEW), "code_wrong")
        await self.call("password.reset", email=EMAIL, code=code, password=NEW)

    async def test_forgots(self) -> None:
        """The owner may ask too, and finds a code that is good; the mailbox gets no more than a few.

        Before: after three of somebody else's the owner's own was answered 429.
        """
        before = len(self.mails())
        for _ in range(10):
            await self.attack("password.forgot", 10, email=EMAIL)
            await self.codes_later(61)
        await self.call("password.forgot", email=EMAIL)
        await self.node.ports.accounts.outbound.settled()
        self.assertLessEqual(len(self.mails()) - before, 3 + 1)
        await self.call("password.reset", email=EMAIL, code=self.last_code(EMAIL), password=NEW)

    async def test_forgots_from_everywhere(self) -> None:
        """However many strangers ask, the owner has a share of the mails of their own where they have signed in."""
        for number in range(20):
            await self.call("password.forgot", Caller(address=f"203.0.113.{number}"), email=EMAIL)
        before = len(self.mails())
        await self.codes_later(61)
        await self.call("password.forgot", ELSEWHERE, email=EMAIL)
        await self.node.ports.accounts.outbound.settled()
        self.assertEqual(len(self.mails()) - before, 0)
        await self.call("password.forgot", email=EMAIL)
        await self.node.ports.accounts.outbound.settled()
        self.assertEqual(len(self.mails()) - before, 1)

    async def test_registering_somebody_elses_address(self) -> None:
        """Many who register an address before its owner does don't keep the owner from it for more than a minute.

        One code leaves for all of them. Before: the sixth, the owner, was answered 429 for 15 minutes.
        """
        email = "ben@example.org"
        await self.attack("account.register", 10, username="eve", email=email, password=PASSWORD)
        await self.codes_later(60)
        made = await self.call("account.register", username="ben", email=email, password=PASSWORD)
        await self.call("account.verify_email", userId=made["userId"], code=self.last_code(email))

    async def test_inside_a_session(self) -> None:
        """Whoever is signed in changes the password and deletes the account, whatever strangers try outside.

        Before: both were answered 423 after ten wrong logins by anybody.
        """
        await self.attack("session.login", login="ann", password="Wrong-pass-1")
        await self.ann.call("password.change", current=PASSWORD, password=NEW)
        await self.ann.call("account.delete", password=NEW)

    async def test_confirming_a_new_address(self) -> None:
        """Ids are public: ten wrong codes under the owner's don't keep the owner from confirming a new address."""
        await self.attack("account.verify_email", userId=self.ann.id, code="000000")
        await self.ann.call("user.update", email="new@example.org")
        code = self.last_code("new@example.org")
        await self.ann.call("account.verify_email", userId=self.ann.id, code=code)

    def wrong(self, code: str) -> str:
        return f"{(int(code) + 1) % 1_000_000:06d}"


class SecondStepTests(OpsCase):
    """The same while somebody is between the two steps of a sign-in."""

    settings = {"limits.enabled": "true", "auth.login_code": "email"}

    async def test_resends(self) -> None:
        """The owner has the code sent again, however often strangers ask for that under the owner's id.

        Before: three of somebody else's used up the owner's share, who was answered 429.
        """
        await self.person("ann")
        half = await self.call("session.login", login="ann", password=PASSWORD)
        resend = {"userId": half["userId"], "purpose": "login"}
        for number in range(20):
            await outcome(self.call("account.resend_code", Caller(address=f"203.0.113.{number}"), **resend))
        await self.codes_later(61)
        await self.call("account.resend_code", **resend, challenge=half["challenge"])
        await self.node.ports.accounts.outbound.settled()
        code = self.last_code(EMAIL)
        await self.call("session.verify_login", challenge=half["challenge"], code=code)

    async def test_between_the_steps(self) -> None:
        """Wrong logins by a stranger don't keep the owner from the second step."""
        await self.person("ann")
        half = await self.call("session.login", login="ann", password=PASSWORD)
        for number in range(30):
            stranger = Caller(address=f"203.0.113.{number}")
            await self.refused(self.call("session.login", stranger, login="ann", password="Wrong-pass-1"), "code_wrong")
        await self.call("session.verify_login", challenge=half["challenge"], code=self.last_code(EMAIL))

    async def test_a_code_sent_again(self) -> None:
        """Ids are public: whoever asks for codes under the owner's uses up nothing of what the owner may ask for.

        Before, three such calls in five minutes, by anybody, were all that there were for the account.
        """
        ann = await self.person("ann")
        half = await self.call("session.login", login="ann", password=PASSWORD)
        for number in range(10):
            stranger = Caller(address=f"203.0.113.{number}")
            await self.call("account.resend_code", stranger, userId=ann.id, purpose="login")
        await self.codes_later(61)
        before = len(self.mails())
        await self.call("account.resend_code", userId=ann.id, purpose="login", challenge=half["challenge"])
        await self.node.ports.accounts.outbound.settled()
        self.assertEqual(len(self.mails()) - before, 1)
        await self.call("session.verify_login", challenge=half["challenge"], code=self.last_code(EMAIL))
