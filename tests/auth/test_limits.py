"""Rate limits."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from chatr.api.context import Caller
from chatr.api.contract import Operation
from chatr.api.errors import ApiError
from chatr.auth.limits import RateLimiter
from chatr.ops.catalog import CONTRACT

LOGIN = CONTRACT.operations["session.login"]
SEND = CONTRACT.operations["message.send"]


class RateLimiterTests(SynchronousTestCase):
    """Calls are counted by account, public ones by address too."""

    def setUp(self) -> None:
        self.seconds = 1000.0
        self.limiter = RateLimiter(seconds=lambda: self.seconds, exempt_loopback=False)

    def passes(self, operation: Operation, caller: Caller, limiter: RateLimiter | None = None) -> int:
        """How many calls in a row pass, up to 1,000."""
        for count in range(1000):
            try:
                (limiter or self.limiter).check(operation, caller)
            except ApiError as error:
                self.assertEqual(error.code, "rate_limited")
                self.retry_after_s = error.retry_after_s
                return count
        return 1000

    def test_address(self) -> None:
        """Ten logins from one address pass, then none until the told time has gone by; others are not affected."""
        caller = Caller(address="192.0.2.1")
        self.assertEqual(self.passes(LOGIN, caller), 10)
        self.assertEqual(self.passes(LOGIN, Caller(address="192.0.2.2")), 10)
        self.assertEqual(self.retry_after_s, 90)
        self.seconds += 89
        self.assertEqual(self.passes(LOGIN, caller), 0)
        self.seconds += 1
        self.assertEqual(self.passes(LOGIN, caller), 1)

    def test_account(self) -> None:
        """Sends are counted per person: 40 at once, then 20 a second."""
        caller = Caller(role="user", user_id="u", address="192.0.2.1")
        self.assertEqual(self.passes(SEND, caller), 40)
        self.assertEqual(self.passes(SEND, Caller(role="user", user_id="v", address="192.0.2.1")), 40)
        self.seconds += 1
        self.assertEqual(self.passes(SEND, caller), 20)

    def test_exempt_loopback(self) -> None:
        """In development callers on this machine are not limited by address."""
        limiter = RateLimiter(seconds=lambda: self.seconds, exempt_loopback=True)
        self.assertEqual(self.passes(LOGIN, Caller(address="127.0.0.1"), limiter), 1000)
        self.assertEqual(self.passes(LOGIN, Caller(address="::1"), limiter), 1000)
        self.assertEqual(self.passes(LOGIN, Caller(address="192.0.2.1"), limiter), 10)

    def test_off(self) -> None:
        """Limits can be switched off."""
        limiter = RateLimiter(seconds=lambda: self.seconds, exempt_loopback=False, enabled=False)
        self.assertEqual(self.passes(LOGIN, Caller(address="192.0.2.1"), limiter), 1000)

    def test_paid_debts_are_swept(self) -> None:
        """Addresses that have paid their debt are forgotten."""
        self.patch(__import__("chatr.auth.limits").auth.limits, "SWEEP_AT", 10)
        for number in range(10):
            self.limiter.check(LOGIN, Caller(address=f"192.0.2.{number}"))
        self.seconds += 10_000
        self.limiter.check(LOGIN, Caller(address="192.0.2.99"))
        self.assertEqual(len(self.limiter._debts), 1)
