"""Having codes sent to a stranger: by every operation that sends one, at once and one after the other."""

from __future__ import annotations

import uuid
from collections import Counter
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred, gatherResults

from chatr.api.context import Caller
from chatr.api.errors import ApiError
from chatr.node import Node
from chatr.store.accounts.codes import Sent
from tests.ops.case import PASSWORD, OpsCase

VICTIM, NUMBER = "victim@example.org", "+41791234567"
MINE = "203.0.113.7"


class BombingCase(OpsCase):
    """The limits of calls are off: what holds codes back is the gate alone."""

    settings = {"auth.phone_region": "CH"}

    async def at_once(self, *calls: Any) -> Counter[str]:
        """Make calls in parallel: how many were answered, and how many refused with which code."""

        def code(failure: Any) -> str:
            failure.trap(ApiError)
            if failure.value.code == "rate_limited":
                self.assertGreater(failure.value.retry_after_s, 0)
            return str(failure.value.code)

        made = [Deferred.fromCoroutine(call).addCallbacks(lambda _: "answered", code) for call in calls]
        counted: Counter[str] = Counter(await gatherResults(made))
        await self.node.outbound.settled()
        return counted

    async def owner_of(self, email: str) -> None:
        made = await self.call("account.register", username="owner", email=email, password=PASSWORD)
        await self.call("account.verify_email", userId=made["userId"], code=self.last_code(email))

    def sent_to(self, address: str) -> int:
        return sum(to.lower() == address for to, text in self.mails())


class TargetTests(BombingCase):
    """What one address gets."""

    async def test_thirty_changes_at_once(self) -> None:
        """PATCH /users/me {email | phoneNumber}, 30 of each in parallel: one code leaves to each, 29 are rate_limited.

        Before: 30 mails and 30 SMS, in 2 s.
        """
        mallory = await self.person("mallory")
        for field, address in (("email", VICTIM), ("phoneNumber", NUMBER)):
            counted = await self.at_once(*(mallory.call("user.update", **{field: address}) for _ in range(30)))
            self.assertEqual(counted, {"answered": 1, "rate_limited": 29})
            self.assertEqual(self.sent_to(address), 1)

    async def test_thirty_registrations_at_once(self) -> None:
        """By e-mail, in whatever case, and by phone: one code leaves to each, and one account is made."""
        for field, addresses in (("email", (VICTIM, VICTIM.upper())), ("phoneNumber", (NUMBER, "079 123 45 67"))):
            calls = [
                self.call("account.register", username=f"m{n}_{field}", password=PASSWORD, **{field: addresses[n % 2]})
                for n in range(30)
            ]
            self.assertEqual(await self.at_once(*calls), {"answered": 1, "rate_limited": 29})
            self.assertEqual(self.sent_to(addresses[0]), 1)
        [(count,)] = await self.node.db.query("SELECT count(*) FROM users")
        self.assertEqual(count, 2)

    async def test_three_in_five_minutes_whatever_they_are_for(self) -> None:
        """Registration, resending, another's change of address, registering anew: together three, 60 s apart."""
        mallory, other = await self.person("mallory"), await self.person("other")
        made = await self.call("account.register", username="mal1", email=VICTIM, password=PASSWORD)
        for wait_s in (0, 50, 15, 50, 15, 61, 62):
            await self.codes_later(wait_s)
            await self.call("account.resend_code", userId=made["userId"], purpose="email")
            await self.node.outbound.settled()
            for call in (
                mallory.call("user.update", email=VICTIM),
                other.call("user.update", email=VICTIM.upper()),
                self.call("account.register", username=f"mal_{wait_s}", email=VICTIM, password=PASSWORD),
            ):
                await self.refused(call, "rate_limited")
            await self.call("session.login", login="mal1", password=PASSWORD)
        # At 0, 65 and 130 s; the next not before 300 s, and 253 s have passed.
        self.assertEqual(self.sent_to(VICTIM), 3)
        await self.codes_later(60)
        await mallory.call("user.update", email=VICTIM)
        self.assertEqual(self.sent_to(VICTIM), 4)

    async def test_nothing_is_changed_when_no_code_leaves(self) -> None:
        """A refused registration removes no account, a refused change keeps neither name nor code."""
        mallory, bob = await self.person("mallory"), await self.person("bob")
        await bob.call("user.update", email=VICTIM)
        before = await self.node.db.query("SELECT users::text FROM users ORDER BY id"), await self.codes()
        await self.refused(mallory.call("user.update", email=VICTIM, displayName="Other"), "rate_limited")
        await self.refused(
            self.call("account.register", username="mal1", email=VICTIM, password=PASSWORD), "rate_limited"
        )
        after = await self.node.db.query("SELECT users::text FROM users ORDER BY id"), await self.codes()
        self.assertEqual(before, after)

    async def codes(self) -> Any:
        return await self.node.db.query("SELECT user_id, purpose, hash, attempts FROM codes ORDER BY user_id, purpose")

    async def test_forgot_is_silent_and_leaves_one_for_the_owner(self) -> None:
        """Forgotten passwords: the same answer each time, two mails in five minutes; the third is for signing in."""
        await self.owner_of(VICTIM)
        for _ in range(5):
            self.assertEqual(await self.call("password.forgot", email=VICTIM), {})
            await self.node.outbound.settled()
            await self.codes_later(49)
        self.assertEqual(self.sent_to(VICTIM), 1 + 2)
        async with self.node.db.transaction() as tx:
            gate = self.node.ports.accounts.code_gate
            self.assertIsNone(await gate.wait(tx, Sent("email", VICTIM), gate.account("owner"), "login"))

    async def test_whoever_guesses_ids_has_nothing_sent(self) -> None:
        """Ids of confirmed people are public: codes are sent again for themselves alone, and none is voided."""
        ann = await self.person("ann")
        await ann.call("user.update", email="new@example.org")
        code = self.last_code("new@example.org")
        await self.codes_later()
        before = len(self.mails())
        for purpose in ("email", "phone", "login"):
            answer = await self.call("account.resend_code", userId=ann.id, purpose=purpose)
            unknown = await self.call("account.resend_code", userId=str(uuid.uuid4()), purpose=purpose)
            self.assertEqual(answer["sentTo"], unknown["sentTo"])
        await self.node.outbound.settled()
        self.assertEqual(len(self.mails()), before)
        await ann.call("account.verify_email", userId=ann.id, code=code)

    async def test_another_process_counts_the_same(self) -> None:
        """The count is in the database: a second node, and one that starts anew, refuse what the first has sent."""
        mallory = await self.person("mallory")
        await mallory.call("user.update", email=VICTIM)
        second = Node(self.config(), reactor, self.data, now=self.now)
        await second.open_for_administration(self.dsn)
        try:
            operation = second.dispatcher.contract.operations["account.register"]
            params = {"username": "mal1", "email": VICTIM, "password": PASSWORD}
            call = second.dispatcher.call(operation, params, Caller(address=MINE), request_id="test")
            await self.refused(call, "rate_limited")
        finally:
            await second.close_after_administration()

    async def test_no_address_is_stored_for_it(self) -> None:
        """What is kept are keyed hashes, and for no longer than they count."""
        mallory = await self.person("mallory")
        await mallory.call("user.update", email=VICTIM)
        kept = str(await self.node.db.query("SELECT code_sends::text FROM code_sends"))
        self.assertNotIn("victim", kept)
        self.assertNotIn(VICTIM.encode().hex(), kept)
        await self.codes_later(3601)
        await mallory.call("user.update", phoneNumber=NUMBER)
        self.assertEqual(await self.node.db.query("SELECT count(*) FROM code_sends"), [(1,)])


class SenderTests(BombingCase):
    """What one sender has sent, to however many addresses."""

    settings = {"auth.phone_region": "CH", "limits.enabled": "true", "limits.exempt_loopback": "false"}

    async def test_ten_an_hour_by_account(self) -> None:
        """A stolen session that asks for codes to 25 strangers at once: 10 leave."""
        mallory = await self.person("mallory")
        calls = [mallory.call("user.update", email=f"stranger{n}@example.org") for n in range(25)]
        self.assertEqual(await self.at_once(*calls), {"answered": 10, "rate_limited": 15})
        self.assertEqual(len([to for to, _ in self.mails() if to.startswith("stranger")]), 10)
        await self.codes_later(3590)
        await self.refused(mallory.call("user.update", email="late@example.org"), "rate_limited")
        await self.codes_later(11)
        await mallory.call("user.update", email="late@example.org")

    async def test_ten_an_hour_by_network(self) -> None:
        """All addresses of one IPv6 /64 are one sender; IPv4 mapped into IPv6 is IPv4; another network has its own."""
        for prefix, other in (("2001:db8:1:2::{:x}", "2001:db8:1:3::1"), ("192.0.2.9", "::ffff:192.0.2.10")):
            sent = [await self.leaves(prefix.format(n), f"stranger{n}@{len(other)}.example.org") for n in range(14)]
            self.assertEqual(sent, [True] * 10 + [False] * 4)
            self.assertTrue(await self.leaves(other, "bob@example.org"))
            await self.codes_later(61)
        self.assertFalse(await self.leaves("::ffff:192.0.2.9", "bob@example.net"))
        made = Caller(address="192.0.2.9")
        call = self.call("account.register", made, username="mal1", email=VICTIM, password=PASSWORD)
        await self.refused(call, "rate_limited")
        await self.owner_of(VICTIM)
        self.assertEqual(await self.call("password.forgot", made, email=VICTIM), {})
        await self.node.outbound.settled()
        self.assertEqual(self.sent_to(VICTIM), 1)

    async def leaves(self, address: str, target: str) -> bool:
        gate = self.node.ports.accounts.code_gate
        async with self.node.db.transaction() as tx:
            return await gate.wait(tx, Sent("email", target), gate.stranger(Caller(address=address)), "email") is None


class LoginResendTests(BombingCase):
    """Codes of a sign-in."""

    settings = {"auth.login_code": "email"}

    async def test_without_the_challenge_nothing_is_sent(self) -> None:
        """The owner's code stays good whatever a stranger asks for; before, it was void after the first call."""
        ann = await self.person("ann")
        step = await self.call("session.login", login="ann", password=PASSWORD)
        code = self.last_code("ann@example.org")
        await self.codes_later(61)
        for challenge in ({}, {"challenge": "wrong"}):
            answer = await self.call("account.resend_code", userId=ann.id, purpose="login", **challenge)
            self.assertEqual(answer["sentTo"], "***")
        await self.node.outbound.settled()
        self.assertEqual(self.sent_to("ann@example.org"), 2)
        await self.call("session.verify_login", challenge=step["challenge"], code=code)

    async def test_dead_challenges_stay_dead(self) -> None:
        """Neither one voided by five wrong codes nor one that has run out is revived by sending it again."""
        ann = await self.person("ann")
        for state in ("attempts = 5", "expires_at = now()"):
            step = await self.call("session.login", login="ann", password=PASSWORD)
            code, before = self.last_code("ann@example.org"), len(self.mails())
            await self.node.db.execute(f"UPDATE codes SET {state} WHERE purpose = 'login'")
            await self.codes_later()
            resend = {"userId": ann.id, "purpose": "login", "challenge": step["challenge"]}
            self.assertEqual((await self.call("account.resend_code", **resend))["sentTo"], "***")
            await self.node.outbound.settled()
            self.assertEqual(len(self.mails()), before)
            expected = "code_wrong" if "attempts" in state else "code_expired"
            await self.refused(self.call("session.verify_login", challenge=step["challenge"], code=code), expected)

    async def test_a_challenge_is_not_prolonged(self) -> None:
        """A code sent again is good until the challenge ends, ten minutes after its password step."""
        await self.person("ann")
        step = await self.call("session.login", login="ann", password=PASSWORD)
        [(ends,)] = await self.node.db.query("SELECT expires_at FROM codes WHERE purpose = 'login'")
        await self.codes_later(61)
        resend = {"userId": step["userId"], "purpose": "login", "challenge": step["challenge"]}
        self.assertEqual((await self.call("account.resend_code", **resend))["sentTo"], "a***@example.org")
        await self.node.outbound.settled()
        self.assertEqual(self.sent_to("ann@example.org"), 3)
        self.assertEqual(await self.node.db.query("SELECT expires_at FROM codes WHERE purpose = 'login'"), [(ends,)])
        code = self.last_code("ann@example.org")
        await self.call("session.verify_login", challenge=step["challenge"], code=code)

    async def test_the_owner_signs_in_right_after_registering(self) -> None:
        """A code that was entered holds back no other: its address wanted it."""
        await self.person("ann")
        step = await self.call("session.login", login="ann", password=PASSWORD)
        code = self.last_code("ann@example.org")
        await self.call("session.verify_login", challenge=step["challenge"], code=code)
        await self.call("session.login", login="ann", password=PASSWORD)
        error = await self.refused(self.call("session.login", login="ann", password=PASSWORD), "rate_limited")
        self.assertIn(error.retry_after_s, range(50, 61))
