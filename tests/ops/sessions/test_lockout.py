"""Guessing: passwords, codes, and what a stranger may learn."""

from __future__ import annotations

from functools import partial
from typing import Any

from twisted.internet.defer import Deferred

from chatr.api.context import Caller
from chatr.api.errors import ApiError
from chatr.ops.accounts import verification
from tests.ops.case import PASSWORD, OpsCase, Person, outcome

#: Where nobody has ever signed in.
STRANGE = "198.51.100.9"


class LockTests(OpsCase):
    """Too many wrong passwords, from where the account was never signed in."""

    async def login(self, login: str, password: str, address: str = STRANGE) -> Any:
        return await self.call("session.login", Caller(address=address), login=login, password=password)

    async def wrong(self, login: str, times: int = 10) -> None:
        for number in range(times):
            await self.refused(self.login(login, "Wrong-pass-1", f"203.0.113.{number}"), "code_wrong")

    async def test_ten_lock_only_that_account(self) -> None:
        """From the eleventh try on the right password says so, and for how long, whoever has it; others sign in."""
        ann = await self.person("ann")
        await self.person("ben")
        await self.wrong("ann")
        for login in ("ann", "ann@example.org"):
            error = await self.refused(self.login(login, PASSWORD), "locked")
        self.assertIn(error.retry_after_s, range(890, 901))
        await self.login("ben", PASSWORD)
        # Whoever is signed in stays so.
        await self.call("session.refresh", refreshToken=ann.session["refreshToken"])
        await ann.call("user.me")

    async def test_lock_opens_and_grows(self) -> None:
        """After the lock there are ten tries again, and the next lock is twice as long."""
        await self.person("ann")
        for seconds in (900, 1800, 3600):
            await self.wrong("ann")
            error = await self.refused(self.login("ann", PASSWORD), "locked")
            self.assertIn(error.retry_after_s, range(seconds - 10, seconds + 1))
            await self.node.db.execute("UPDATE sign_in_tries SET locked_until = now()")
        await self.login("ann", PASSWORD)
        self.assertEqual(await self.node.db.query("SELECT 1 FROM sign_in_tries"), [])

    async def test_tries_are_forgotten(self) -> None:
        """By signing in, and by time."""
        await self.person("ann")
        await self.wrong("ann", 9)
        await self.login("ann", PASSWORD)
        await self.wrong("ann", 9)
        await self.node.db.execute("UPDATE sign_in_tries SET since = since - interval '16 minutes'")
        await self.wrong("ann", 9)
        await self.login("ann", PASSWORD, "198.51.100.10")

    async def test_unknown_accounts_answer_alike(self) -> None:
        """A name that nobody has answers as one that somebody has, before the lock and behind it, after equal work.

        Two logins of one account share a lock that nobody sees: which e-mail belongs to which name is not told.
        """
        await self.person("ann")
        await self.alone()
        answers, statements = set(), set()
        for login in ("ann", "nobody", "ann@example.org"):
            for most in (10, 30):
                counts = []
                for _ in range(most):
                    sent = self.node.db.round_trips
                    error = await self.refused(self.login(login, "Wrong-pass-1"), "code_wrong")
                    counts.append(self.node.db.round_trips - sent)
                    answers.add((error.detail, error.retry_after_s))
                # Now and then a watcher has asked something in between.
                statements.add(min(counts))
        self.assertEqual((len(answers), len(statements)), (1, 1), statements)

    async def test_guessing_goes_on_behind_no_lock(self) -> None:
        """Twenty more tries are looked at while a lock lasts: after those the right password is a wrong one."""
        await self.person("ann")
        await self.wrong("ann", 10 + 19)
        await self.refused(self.login("ann", PASSWORD), "locked")
        await self.refused(self.login("ann", PASSWORD), "code_wrong")
        # The owner is not kept out by it: from where they are known, and with the next lock.
        await self.login("ann", PASSWORD, "192.0.2.1")
        await self.node.db.execute("UPDATE sign_in_tries SET locked_until = now()")
        await self.login("ann", PASSWORD)

    async def test_at_once(self) -> None:
        """Tries at the same moment can't slip past the limit."""
        await self.person("ann")
        tries = [
            Deferred.fromCoroutine(self.login("ann", PASSWORD if n == 39 else "Wrong-pass-1", f"203.0.113.{n}"))
            for n in range(40)
        ]
        for each in tries[:39]:
            await self.assertFailure(each, ApiError)
        await self.assertFailure(tries[39], ApiError)
        [(count, looks)] = await self.node.db.query("SELECT tries, looks FROM sign_in_tries")
        self.assertEqual((count, looks), (10, 30))

    async def test_stored_unreadable(self) -> None:
        """The table of tries names nobody: a mistyped login may be a password."""
        await self.wrong("My-secret-typed-here", 1)
        [(dump,)] = await self.node.db.query("SELECT sign_in_tries::text || encode(key, 'escape') FROM sign_in_tries")
        self.assertNotIn("secret", dump.lower())

    async def test_password_as_proof_counts_too(self) -> None:
        """Whoever sits at an open session can't guess the password there either; nor lock any other."""
        ann = await self.person("ann")
        for _ in range(10):
            await self.refused(
                ann.call("password.change", current="Wrong-pass-1", password="Another-pass-9"), "code_wrong"
            )
        await self.refused(ann.call("account.delete", password=PASSWORD), "locked")
        again = Person(self, await self.login("ann", PASSWORD))
        await again.call("account.delete", password=PASSWORD)

    async def test_reset_opens_the_lock(self) -> None:
        """The owner of the mailbox need not wait."""
        await self.person("ann")
        await self.wrong("ann")
        await self.call("password.forgot", email="ann@example.org")
        code, new = self.last_code("ann@example.org"), "Another-pass-9"
        await self.refused(self.login("ann", "Wrong-pass-1", "192.0.2.1"), "code_wrong")
        await self.call("password.reset", email="ann@example.org", code=code, password=new)
        self.assertEqual(await self.node.db.query("SELECT 1 FROM sign_in_tries"), [])
        await self.login("ann", new)


class LimitTests(OpsCase):
    """Limits by account, which no number of addresses gets around."""

    settings = {"limits.enabled": "true", "auth.login_code": "email"}

    async def test_a_thousand_addresses_guess_no_code(self) -> None:
        """Five attempts void a code, ten calls are heard at all, wherever they come from."""
        made = await self.call("account.register", username="ann", email="ann@example.org", password=PASSWORD)
        right = self.last_code("ann@example.org")
        wrong = f"{(int(right) + 1) % 1_000_000:06d}"
        answers = []
        for number in range(1000):
            caller = Caller(address=f"10.0.{number // 250}.{number % 250}")
            try:
                await self.call(
                    "account.verify_email", caller, userId=made["userId"], code=wrong if number != 7 else right
                )
            except Exception as error:
                answers.append(error.code)  # type: ignore[attr-defined]
        self.assertEqual(answers, ["code_wrong"] * 10 + ["rate_limited"] * 990)
        self.assertEqual(await self.node.db.query("SELECT attempts FROM codes WHERE purpose = 'email'"), [(5,)])

    async def test_nobody_floods_a_mailbox(self) -> None:
        """However many addresses ask, a mailbox gets three mails in 15 minutes; nobody is refused for the others."""
        await self.person("ann")
        before = len(self.mails())
        for number in range(10):
            await self.codes_later()
            await self.call("password.forgot", Caller(address=f"10.0.0.{number}"), email=" ANN@example.org")
        self.assertEqual(len(self.mails()) - before, 3)
        for _ in range(2):
            await self.call("password.forgot", Caller(address="10.0.0.9"), email="nobody@example.org")
        error = await self.refused(
            self.call("password.forgot", Caller(address="10.0.0.9"), email="ben@example.org"), "rate_limited"
        )
        self.assertGreater(error.retry_after_s or 0, 0)

    async def test_nobody_asks_for_a_code_again_and_again(self) -> None:
        """Three in five minutes, from one address, and with one challenge from whatever addresses."""
        ann = await self.person("ann")
        resend = {"userId": ann.id, "purpose": "login"}
        for addresses, with_what in ((["10.0.1.1"] * 4, {}), ([f"10.0.2.{n}" for n in range(4)], {"challenge": "c"})):
            answers = [
                await outcome(self.call("account.resend_code", Caller(address=each), **resend, **with_what))
                for each in addresses
            ]
            self.assertEqual([answer == "rate_limited" for answer in answers], [False] * 3 + [True])


class SilenceTests(OpsCase):
    """What a stranger can't learn."""

    async def test_forgot_and_resend_are_alike(self) -> None:
        """Known, unknown, unverified: the same answer, and the same statements before it."""
        ann = await self.person("ann")
        made = await self.call("account.register", username="new", email="new@example.org", password=PASSWORD)
        before = len(self.mails())
        await self.alone()
        answers, statements = set(), []
        for email in ("ann@example.org", "new@example.org", "nobody@example.org"):
            counts = []
            for _ in range(3):
                sent = self.node.db.round_trips
                answers.add(str(await self.call("password.forgot", email=email)))
                counts.append(self.node.db.round_trips - sent)
            # Now and then a watcher has asked something in between.
            statements.append(min(counts))
        self.assertEqual((len(answers), len(set(statements))), (1, 1), statements)
        carry_out = partial(verification.carry_out, self.node.ports, self.now)
        self.node.ports.accounts.outbound.start(carry_out)
        await self.node.ports.accounts.outbound.settled()
        self.assertEqual({to for to, _ in self.mails()[before:]}, {"ann@example.org"})
        shown = [
            (await self.call("account.resend_code", userId=id, purpose=purpose))["sentTo"]
            for id, purpose in ((ann.id, "email"), (ann.id, "login"), (ann.session_id, "email"))
        ]
        self.assertEqual(shown, ["***"] * 3)
        waiting = await self.call("account.resend_code", userId=made["userId"], purpose="email")
        self.assertEqual(waiting["sentTo"], "***")
        own = await ann.call("account.resend_code", userId=ann.id, purpose="email")
        self.assertEqual(own["sentTo"], "***")

    async def test_wrong_login_does_the_same_work(self) -> None:
        """A wrong password and an unknown name take the same statements."""
        await self.person("ann")
        await self.alone()
        statements = []
        for login in ("ann", "nobody", "ann@example.org", "no@example.org"):
            counts = []
            for _ in range(2):
                sent = self.node.db.round_trips
                await self.refused(self.call("session.login", login=login, password="Wrong-pass-1"), "code_wrong")
                counts.append(self.node.db.round_trips - sent)
            statements.append(min(counts))
        self.assertEqual(len(set(statements)), 1, statements)
