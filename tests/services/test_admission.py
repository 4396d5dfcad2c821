"""Letting realtime connections in: wrong tickets are limited by address."""

from __future__ import annotations

from twisted.internet.task import Clock

from chatr.auth.limits import RateLimiter
from chatr.services.admission import WRONG_TICKETS, Gate
from tests.ops.case import OpsCase

HERE, NEIGHBOUR, ELSEWHERE = "2001:db8::1", "2001:db8::2", "2001:db8:0:1::1"


class WrongTicketTests(OpsCase):
    """Guesses of one caller."""

    async def setUp(self) -> None:
        await super().setUp()
        self.ann = await self.person("ann")
        self.clock = Clock()
        limits = RateLimiter(seconds=self.clock.seconds, exempt_loopback=False)
        self.gate = Gate(self.node.db, self.node.ports.accounts.tokens, limits, self.node.group_rooms, now=self.now)

    async def guess(self, times: int) -> None:
        for number in range(times):
            secret = ("nonsense", "a.b.c")[number % 2]
            await self.refused(self.gate.admit(secret, HERE), "unauthenticated")

    async def test_guesses_are_limited(self) -> None:
        """After so many wrong ones in a minute the whole network waits for the next minute, others don't."""
        await self.guess(WRONG_TICKETS.count)
        ticket = (await self.ann.call("realtime.ticket"))["ticket"]
        for secret in ("nonsense", "a.b.c", ticket):
            await self.refused(self.gate.admit(secret, NEIGHBOUR), "rate_limited")
        await self.refused(self.gate.admit("nonsense", ELSEWHERE), "unauthenticated")
        self.clock.advance(WRONG_TICKETS.per_s + 1)
        await self.gate.admit(ticket, HERE)

    async def test_a_right_token_passes(self) -> None:
        """Who shares an address with one who guesses is not locked out."""
        await self.guess(WRONG_TICKETS.count)
        await self.gate.admit(self.ann.session["accessToken"], HERE)

    async def test_right_ones_are_not_counted(self) -> None:
        """Many may return at once behind one address."""
        for _ in range(WRONG_TICKETS.count + 1):
            await self.gate.admit(self.ann.session["accessToken"], HERE)
        await self.gate.admit((await self.ann.call("realtime.ticket"))["ticket"], HERE)
