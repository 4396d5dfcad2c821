"""Sends that wait to be acknowledged."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from chatr.client import Lost, MemoryState, Refused
from chatr.client.sending.lane import WINDOW
from chatr.client.sending.outbox import MOST_FLYING, Outbox


class OutboxTests(SynchronousTestCase):
    """The other end of the line is in the test's hands: :meth:`answer` and :meth:`fail` end the oldest call."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.state = MemoryState()
        self.gone: list[tuple[str, BaseException]] = []
        self.outbox = Outbox(self.clock, self.state, lambda: 1.0, self.dropped)
        self.calls: list[tuple[Any, Deferred[dict[str, Any]]]] = []

    def dropped(self, send: Any, error: BaseException) -> None:
        self.gone.append((send["clientId"], error))

    async def transmit(self, send: Any) -> dict[str, Any]:
        answer: Deferred[dict[str, Any]] = Deferred()
        self.calls.append((send, answer))
        return await answer

    def put(self, client_id: str, to: str = "ben") -> Deferred[dict[str, Any]]:
        return self.outbox.put({"clientId": client_id, "recipientId": to, "content": "x"})

    def under_way(self) -> list[str]:
        return [send["clientId"] for send, _ in self.calls]

    def behind(self) -> list[str | None]:
        return [send.get("afterClientId") for send, _ in self.calls]

    def answer(self) -> None:
        send, answer = self.calls.pop(0)
        answer.callback({"clientId": send["clientId"]})

    def fail(self, error: Exception) -> None:  # type: ignore[override]
        self.calls.pop(0)[1].errback(error)

    def close(self) -> None:
        self.successResultOf(Deferred.fromCoroutine(self.outbox.closed()))

    def test_what_would_wait_for_a_day(self) -> None:
        """A send that the server wants hours later is refused: nobody waits for it, and those behind it are tried."""
        self.outbox.opened(self.transmit)
        waiters = [self.put("1"), self.put("2")]
        self.fail(Refused("chatr.error.rate_limited", "Too many strangers", {"retryAfter": 601}))
        self.assertEqual(self.failureResultOf(waiters[0], Refused).value.retry_after_s, 601)
        self.assertEqual(self.under_way(), ["2"])
        self.fail(Refused("chatr.error.rate_limited", "", {"retryAfter": 600}))
        self.assertNoResult(waiters[1])
        self.clock.advance(600)
        self.answer()
        self.successResultOf(waiters[1])

    def test_in_order_without_waiting(self) -> None:
        """To one person each names the one before it, and none waits for an answer; others are apart from that."""
        self.outbox.opened(self.transmit)
        waiters = [self.put("1"), self.put("2"), self.put("3", to="cat"), self.put("4")]
        self.assertEqual(self.under_way(), ["1", "2", "3", "4"])
        self.assertEqual(self.behind(), [None, "1", None, "2"])
        self.answer()
        self.assertEqual(self.successResultOf(waiters[0]), {"clientId": "1"})
        for _ in range(3):
            self.answer()
        self.assertEqual((len(self.outbox), self.state.sends()), (0, []))
        self.assertEqual([self.successResultOf(waiter)["clientId"] for waiter in waiters[1:]], ["2", "3", "4"])
        self.put("5")
        self.assertEqual(self.behind(), [None])

    def test_so_many_at_once(self) -> None:
        """To one person and in all: a session has other calls to make; each recipient has one at least."""
        self.outbox.opened(self.transmit)
        for number in range(WINDOW + 5):
            self.put(f"a{number}", to="a")
        self.assertEqual(len(self.calls), WINDOW)
        self.answer()
        self.assertEqual(self.under_way()[-1], f"a{WINDOW}")
        for to in "bcdef":
            for number in range(WINDOW):
                self.put(f"{to}{number}", to=to)
        self.assertEqual(len(self.calls), MOST_FLYING + 3)
        self.assertEqual(self.under_way()[-2:], ["e0", "f0"])

    def test_lost_while_several_are_sent(self) -> None:
        """When the connection turns out to be gone at the first of several, all wait for the next one."""
        gone = False

        async def transmit(send: Any) -> dict[str, Any]:
            if gone:
                raise Lost("the connection is gone")
            return await self.transmit(send)

        self.outbox.opened(transmit)
        for number in range(3 * WINDOW):
            self.put(str(number), to=f"to {number % 3}")
        waiters = [self.put(number, to="dan") for number in "abc"]
        self.assertEqual(self.under_way()[-1], "a")
        for _ in range(4):
            self.answer()
        gone = True
        waiters.append(self.put("d", to="dan"))
        gone = False
        self.outbox.opened(self.transmit)
        while self.calls:
            self.answer()
        self.assertEqual([self.successResultOf(waiter)["clientId"] for waiter in waiters], list("abcd"))
        self.assertEqual(len(self.outbox), 0)

    def test_refused_in_the_middle(self) -> None:
        """Those behind one that was refused for now are made again behind it: never before it."""
        self.outbox.opened(self.transmit)
        waiters = [self.put(number) for number in "1234"]
        self.answer()
        self.fail(Refused("chatr.error.rate_limited", "", {"retryAfter": 3}))
        self.put("5")
        self.assertEqual(self.under_way(), ["3", "4"])
        self.fail(Refused("chatr.error.unavailable", "", {"retryAfter": 1}))
        self.fail(Refused("chatr.error.unavailable", "", {"retryAfter": 1}))
        self.assertEqual(self.calls, [])
        self.clock.advance(3)
        self.assertEqual((self.under_way(), self.behind()), (["2", "3", "4", "5"], [None, "2", "3", "4"]))
        for _ in range(4):
            self.answer()
        self.assertEqual([self.successResultOf(waiter)["clientId"] for waiter in waiters], list("1234"))

    def test_again_after_a_reconnect(self) -> None:
        """What was not acknowledged is sent again with the same clientId, oldest first; who waits is told then."""
        waiter = self.put("1")
        self.put("2")
        self.assertEqual(self.under_way(), [])
        self.outbox.opened(self.transmit)
        self.fail(Lost())
        self.close()
        self.assertNoResult(waiter)
        self.calls.clear()
        self.outbox.opened(self.transmit)
        self.assertEqual((self.under_way(), self.behind()), (["1", "2"], [None, "1"]))
        self.answer()
        self.assertEqual(self.successResultOf(waiter), {"clientId": "1"})
        self.assertEqual(self.under_way(), ["2"])

    def test_refused_for_good(self) -> None:
        """Who waits is told, and the next one leaves."""
        self.outbox.opened(self.transmit)
        waiter = self.put("1")
        self.put("2")
        self.fail(Refused("chatr.error.blocked"))
        self.assertEqual(self.failureResultOf(waiter, Refused).value.code, "blocked")
        self.assertEqual(self.under_way(), ["2"])
        self.assertEqual([send["clientId"] for send in self.state.sends()], ["2"])

    def test_refused_for_now(self) -> None:
        """What passes is tried again, as late as the server asks; nothing overtakes it."""
        self.outbox.opened(self.transmit)
        self.put("1")
        self.fail(Refused("chatr.error.rate_limited", "", {"retryAfter": 3}))
        self.put("2")
        self.clock.advance(2.9)
        self.assertEqual(self.under_way(), [])
        self.clock.advance(0.1)
        self.assertEqual(self.under_way(), ["1", "2"])
        self.fail(Refused("chatr.error.unavailable"))
        self.close()
        self.assertEqual((self.clock.getDelayedCalls(), len(self.state.sends())), ([], 2))

    def test_the_same_twice(self) -> None:
        """A clientId that waits already is not sent twice; all who wait are told."""
        self.outbox.opened(self.transmit)
        waiters = [self.put("1"), self.put("1")]
        waiters.append(self.put("1"))
        waiters[2].addErrback(lambda _: None)
        waiters[2].cancel()
        self.assertEqual(self.under_way(), ["1"])
        self.answer()
        self.assertEqual([self.successResultOf(waiter)["clientId"] for waiter in waiters[:2]], ["1", "1"])
        self.assertEqual(self.under_way(), [])

    def test_stopped(self) -> None:
        """Who waits is told; the send is there for the next start, with a state that outlives it."""
        waiter = self.put("1")
        self.outbox.stop()
        self.failureResultOf(waiter, Lost)
        self.outbox = Outbox(self.clock, self.state, lambda: 1.0, self.dropped)
        self.outbox.opened(self.transmit)
        self.assertEqual(self.under_way(), ["1"])

    def test_refused_while_nobody_waits(self) -> None:
        """As after a restart: the client is told, so that it can tell."""
        self.put("1").addErrback(lambda _: None)
        self.outbox.stop()
        self.outbox = Outbox(self.clock, self.state, lambda: 1.0, self.dropped)
        self.outbox.opened(self.transmit)
        refusal = Refused("chatr.error.blocked")
        self.fail(refusal)
        self.assertEqual((self.gone, self.state.sends()), ([("1", refusal)], []))

    def test_what_can_not_be_sent(self) -> None:
        """It is refused at once, and not kept: it would stand in the way of all others, for ever."""
        self.outbox.opened(self.transmit)
        for content in (float("nan"), "\ud800", b"bytes", object(), "x" * 300_000):
            with self.assertRaises((ValueError, TypeError)):
                self.outbox.put({"clientId": "1", "recipientId": "ben", "content": content})
        self.assertEqual((self.under_way(), self.state.sends(), len(self.outbox)), ([], [], 0))

    def test_a_call_that_fails_otherwise(self) -> None:
        """It is that send's failure; the next one leaves."""
        self.outbox.opened(self.transmit)
        waiter = self.put("1")
        self.put("2")
        self.fail(KeyError("x"))
        self.failureResultOf(waiter, KeyError)
        self.assertEqual(self.under_way(), ["2"])

    def test_internal_errors(self) -> None:
        """They leave open what became of the send: it is made again, but not for ever."""
        self.outbox.opened(self.transmit)
        waiter = self.put("1")
        for _ in range(4):
            self.fail(Refused("chatr.error.internal"))
            self.assertNoResult(waiter)
            self.clock.advance(15)
        self.fail(Refused("chatr.error.internal"))
        self.failureResultOf(waiter, Refused)
        waiter = self.put("2")
        self.fail(Refused("chatr.error.internal"))
        self.clock.advance(15)
        self.fail(Refused("chatr.error.blocked"))
        self.assertEqual(self.failureResultOf(waiter, Refused).value.code, "blocked")

    def test_after_the_end(self) -> None:
        """Nothing is kept any more."""
        self.outbox.stop()
        self.failureResultOf(self.put("1"), Lost)
        self.assertEqual(self.state.sends(), [])
