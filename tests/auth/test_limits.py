"""Rate limits."""

from __future__ import annotations

from bisect import bisect_right

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from chatr.api.context import Caller
from chatr.api.contract import Operation, Rate
from chatr.api.errors import ApiError
from chatr.auth.limits import MOST_KEYS, RateLimiter
from chatr.ops.catalog import CONTRACT

LOGIN = CONTRACT.operations["session.login"]
SEND = CONTRACT.operations["message.send"]
VERIFY = CONTRACT.operations["account.verify_email"]
LIST, ME, REFRESH = (CONTRACT.operations[name] for name in ("conversation.list", "user.me", "session.refresh"))


class LimitsCase(SynchronousTestCase):
    """A limiter on a clock of its own."""

    def setUp(self) -> None:
        self.seconds = 1000.0
        self.limiter = self.made()

    def made(self, *, exempt_loopback: bool = False, enabled: bool = True) -> RateLimiter:
        return RateLimiter(seconds=lambda: self.seconds, exempt_loopback=exempt_loopback, enabled=enabled)

    def passes(self, operation: Operation, caller: Caller, limiter: RateLimiter | None = None, most: int = 1000) -> int:
        """How many calls in a row pass, up to 1,000."""
        for count in range(most):
            try:
                (limiter or self.limiter).check(operation, caller)
            except ApiError as error:
                self.assertEqual(error.code, "rate_limited")
                self.retry_after_s = error.retry_after_s
                return count
        return most

    def user(self, user_id: str, address: str = "192.0.2.1") -> Caller:
        return Caller(role="user", user_id=user_id, address=address)


class RateLimiterTests(LimitsCase):
    """Calls are counted by account and by address."""

    def test_address(self) -> None:
        """Ten logins from one address pass, then none until the first is 15 minutes ago; others are not affected.

        With debts that were paid back (GCRA) one more passed each 90 s: 19 within 15 minutes.
        """
        caller = Caller(address="192.0.2.1")
        self.assertEqual(self.passes(LOGIN, caller), 10)
        self.assertEqual(self.passes(LOGIN, Caller(address="192.0.2.2")), 10)
        self.assertEqual(self.retry_after_s, 900)
        self.seconds += 899
        self.assertEqual(self.passes(LOGIN, caller), 0)
        self.assertEqual(self.retry_after_s, 1)
        self.seconds += 1
        self.assertEqual(self.passes(LOGIN, caller), 10)

    def test_account(self) -> None:
        """Sends are counted per person: 40 at once, 20 a second."""
        caller = self.user("u")
        self.assertEqual(self.passes(SEND, caller), 40)
        self.assertEqual(self.passes(SEND, self.user("v")), 40)
        self.seconds += 1
        self.assertEqual(self.passes(SEND, caller), 0)
        self.seconds += 1
        self.assertEqual(self.passes(SEND, caller), 40)
        self.seconds += 2
        passed = 0
        for _ in range(1000):
            self.seconds += 0.0625
            passed += self.passes(SEND, caller, most=1)
        self.assertEqual(passed, 1000)

    def test_networks(self) -> None:
        """The 18 quintillion addresses of an IPv6 /64 are one caller, and a mapped address is the IPv4 one it names."""
        passed = sum(self.passes(LOGIN, Caller(address=f"2001:db8:0:1::{number:x}"), most=1) for number in range(300))
        self.assertEqual(passed, 10)
        self.assertEqual(self.passes(LOGIN, Caller(address="2001:db8:0:2::1")), 10)
        self.assertEqual(self.passes(LOGIN, Caller(address="192.0.2.1")), 10)
        self.assertEqual(self.passes(LOGIN, Caller(address="::ffff:192.0.2.1")), 0)

    def test_everything_else_together(self) -> None:
        """Operations without a rate of their own share 600 a minute of the account, and 3,000 of the address."""
        self.assertEqual(self.passes(LIST, self.user("u"), most=400), 400)
        self.assertEqual(self.passes(ME, self.user("u"), most=400), 200)
        self.assertEqual(self.passes(REFRESH, self.user("u"), most=400), 0)
        # Those with one of their own are not part of it, nor it of them.
        self.assertEqual(self.passes(SEND, self.user("u")), 40)
        for number in range(4):
            self.assertEqual(self.passes(LIST, self.user(f"v{number}")), 600)
        self.assertEqual(self.passes(LIST, self.user("w")), 0)
        self.assertEqual(self.passes(REFRESH, Caller(address="192.0.2.1")), 0)
        self.assertEqual(self.passes(LIST, self.user("w", "192.0.2.2")), 600)

    def test_signed_in_by_address(self) -> None:
        """From one address as much as five accounts may do passes, whatever it is: a hundred accounts win nothing."""
        passed = sum(self.passes(SEND, self.user(f"{number}"), most=40) for number in range(100))
        self.assertEqual(passed, 200)
        # Without an address there is none to count by: a Unix socket of this machine.
        self.assertEqual(
            sum(self.passes(SEND, self.user(f"local {number}", ""), most=10) for number in range(100)), 1000
        )

    def test_refused_calls_count_nowhere(self) -> None:
        """Who is refused by one count uses up no other: nobody's account pays for what their address did."""
        for number in range(5):
            self.passes(LIST, self.user(f"v{number}"))
        self.assertEqual(self.passes(LIST, self.user("u")), 0)
        self.assertEqual(self.passes(LIST, self.user("u", "192.0.2.2")), 600)

    def test_about_oneself(self) -> None:
        """A call about somebody counts for that person from wherever it comes; their own call about themselves not."""
        for number in range(10):
            self.limiter.check(VERIFY, Caller(address=f"192.0.2.{number}"), "u")
        with self.assertRaises(ApiError):
            self.limiter.check(VERIFY, Caller(address="198.51.100.1"), "u")
        self.limiter.check(VERIFY, self.user("u", "198.51.100.1"), "u")

    def test_exempt_loopback(self) -> None:
        """In development callers on this machine are not limited by address."""
        limiter = self.made(exempt_loopback=True)
        for address in ("127.0.0.1", "::1", "::ffff:127.0.0.1", ""):
            self.assertEqual(self.passes(LOGIN, Caller(address=address), limiter), 1000)
        self.assertEqual(self.passes(LOGIN, Caller(address="192.0.2.1"), limiter), 10)

    def test_off(self) -> None:
        """Limits can be switched off."""
        limiter = self.made(enabled=False)
        self.assertEqual(self.passes(LOGIN, Caller(address="192.0.2.1"), limiter), 1000)

    def test_named(self) -> None:
        """What is no operation is counted under a name: by account, by address, by whom it is done to."""
        rate = Rate(2, 60)
        for passes in (self.limiter.passes, self.limiter.address_passes, self.limiter.subject_passes):
            self.assertEqual([passes("thing", "192.0.2.1", rate) for _ in range(3)], [True, True, False])
            self.assertTrue(passes("another", "192.0.2.1", rate))
        self.assertEqual(self.limiter.address_wait_s("thing", "::ffff:192.0.2.1", rate), 60)
        for _ in range(3):
            self.assertEqual(self.limiter.address_wait_s("thing", "192.0.2.2", rate), 0)

    @settings(max_examples=60, deadline=None)
    @given(st.lists(st.tuples(st.floats(0, 30), st.integers(0, 2), st.integers(0, 1)), min_size=50, max_size=400))
    def test_never_more(self, calls: list[tuple[float, int, int]]) -> None:
        """Whoever calls when and from where: no account and no address passes its number in any window."""
        clock = Clock()
        limiter = RateLimiter(seconds=clock.seconds, exempt_loopback=False, accounts_per_address=2)
        operation = CONTRACT.operations["two_factor.setup"]
        passed: dict[str, list[float]] = {}
        for pause, user, address in calls:
            clock.advance(pause)
            try:
                limiter.check(operation, self.user(f"user {user}", f"192.0.2.{address}"))
            except ApiError:
                continue
            for key in (f"user {user}", f"address {address}"):
                passed.setdefault(key, []).append(clock.seconds())
        for key, moments in passed.items():
            most = 10 if key.startswith("user") else 20
            for index, end in enumerate(moments):
                within = index + 1 - bisect_right(moments, end - 900 + 1e-6)
                self.assertLessEqual(within, most, key)


class TableTests(LimitsCase):
    """How much is remembered."""

    def test_bounded(self) -> None:
        """Of 30,000 networks 20,000 are remembered; who has used up their tries is among them."""
        eve = Caller(address="2001:db8:ffff::1")
        self.passes(LOGIN, eve)
        for number in range(30_000):
            self.limiter.check(LOGIN, Caller(address=f"2001:db8:0:{number:x}::1"))
        self.assertEqual(self.limiter.keys, MOST_KEYS)
        self.assertEqual(self.limiter.fallen_out, 10_001)
        self.assertEqual(self.passes(LOGIN, eve), 0)

    def test_accounts_and_addresses_apart(self) -> None:
        """However many addresses come, no account's count is forgotten for them."""
        limiter = RateLimiter(seconds=lambda: self.seconds, exempt_loopback=False, most_keys=10)
        limiter.check(LIST, self.user("u"))
        for number in range(100):
            limiter.check(REFRESH, Caller(address=f"198.51.100.{number}"))
        self.assertEqual(limiter.keys, 11)
        self.assertEqual(self.passes(LIST, self.user("u"), limiter), 599)

    def test_what_no_longer_counts_is_forgotten(self) -> None:
        """Addresses that have been quiet for a window go as others come, two at a time.

        Before, each call looked at all of them above 50,000, and nothing bounded how many those were.
        """
        for number in range(100):
            self.limiter.check(LOGIN, Caller(address=f"192.0.2.{number}"))
        self.seconds += 10_000
        for number in range(60):
            self.limiter.check(LOGIN, Caller(address=f"198.51.100.{number}"))
        self.assertEqual(self.limiter.keys, 60)
