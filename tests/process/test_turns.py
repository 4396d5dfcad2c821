"""Work that is done in turn."""

from __future__ import annotations

from functools import partial

from twisted.internet.defer import CancelledError, Deferred
from twisted.trial.unittest import SynchronousTestCase

from chatr.api.context import HangUp
from chatr.api.errors import ApiError
from chatr.process.turns import Turns


class TurnsTests(SynchronousTestCase):
    """Two pieces of work at a time; what runs is in ``begun`` until it is done."""

    def setUp(self) -> None:
        self.turns = Turns(at_once=2, per_key=3, in_all=6, detail="Too many")
        self.begun: list[tuple[str, Deferred[str]]] = []

    def want(self, key: str, hang_up: HangUp | None = None) -> Deferred[str]:
        def work() -> Deferred[str]:
            done: Deferred[str] = Deferred()
            self.begun.append((key, done))
            return done

        return self.turns.run(key, work, hang_up)

    def finish(self) -> str:
        """The oldest piece of work that runs is done; whose it was."""
        key, done = self.begun.pop(0)
        done.callback(key)
        return key

    def refused(self, wanted: Deferred[str]) -> None:
        self.assertEqual(self.failureResultOf(wanted, ApiError).value.code, "unavailable")

    def test_in_turn(self) -> None:
        """Whoever comes behind those of somebody else is the next; what each wants first is done first."""
        waiters = [self.want("eve") for _ in range(5)] + [self.want("ann"), self.want("ben"), self.want("ann")]
        self.assertEqual([self.finish() for _ in range(8)], ["eve", "eve", "ann", "ben", "eve", "ann", "eve", "eve"])
        self.assertEqual([self.successResultOf(waiter) for waiter in waiters[5:]], ["ann", "ben", "ann"])
        self.assertEqual((self.turns.running, len(self.turns)), (0, 0))

    def test_bounded_by_key(self) -> None:
        """Three of one key wait, beside those that run."""
        for _ in range(5):
            self.want("eve")
        self.refused(self.want("eve"))
        self.assertEqual((self.turns.running, len(self.turns)), (2, 3))

    def test_bounded_in_all(self) -> None:
        """When it is full, whoever comes with less takes the last place of whoever has most; nobody else is refused."""
        eves = [self.want("eve") for _ in range(5)]
        mallorys = [self.want("mallory") for _ in range(3)]
        self.refused(self.want("mallory"))
        ann = self.want("ann")
        self.refused(eves[-1])
        self.assertEqual(len(self.turns), 6)
        ben = self.want("ben")
        self.refused(mallorys[-1])
        for name, loser in (("cat", eves[-2]), ("dan", mallorys[-2])):
            self.want(name)
            self.refused(loser)
        # Each of six has one waiting: nobody has more than the next would have.
        self.refused(self.want("fay"))
        while self.begun:
            self.finish()
        self.assertEqual((self.successResultOf(ann), self.successResultOf(ben)), ("ann", "ben"))

    def test_gone(self) -> None:
        """What waits for somebody who has gone is never begun; what runs goes on, and its place is not given twice."""
        hang_ups = [HangUp() for _ in range(4)]
        waiters = [self.want("eve", each) for each in hang_ups]
        for each in hang_ups:
            each.happens()
        self.assertEqual(len(self.turns), 0)
        for waiter in waiters[2:]:
            self.failureResultOf(waiter, CancelledError)
        self.assertNoResult(waiters[0])
        ann = self.want("ann")
        self.assertEqual(self.turns.running, 2)
        self.assertEqual([self.finish(), self.finish()], ["eve", "eve"])
        self.assertEqual(self.successResultOf(waiters[0]), "eve")
        self.finish()
        self.successResultOf(ann)
        gone = HangUp()
        gone.happens()
        self.want("a"), self.want("b")
        self.failureResultOf(self.want("c", gone), CancelledError)

    def test_cancelled(self) -> None:
        """Whoever stops waiting for what runs gives no place to others before it is done; its outcome is dropped."""
        running = [self.want("eve"), self.want("eve")]
        for each in running:
            each.cancel()
            self.failureResultOf(each, CancelledError)
        self.want("ann")
        self.assertEqual([key for key, _ in self.begun], ["eve", "eve"])
        self.begun.pop(0)[1].errback(ValueError("nobody hears this"))
        self.assertEqual([key for key, _ in self.begun], ["eve", "ann"])

    def test_failures_are_told(self) -> None:
        """What work raises, at once or later, is heard by whoever wanted it, and the next gets its turn."""

        def fail() -> Deferred[str]:
            raise ValueError("at once")

        self.failureResultOf(self.turns.run("ann", fail), ValueError)
        later = self.want("ann")
        self.begun.pop()[1].errback(ValueError("later"))
        self.failureResultOf(later, ValueError)
        self.assertEqual(self.turns.running, 0)

    def test_many_that_end_at_once(self) -> None:
        """Work that fails without waiting, as all does while the database is away: each is told, however many wait."""
        turns = Turns(at_once=1, per_key=2000, in_all=4000, detail="Too many")
        held: Deferred[str] = Deferred()
        first = turns.run("ann", lambda: held)

        async def fail() -> str:
            raise ValueError("at once")

        waiters = [turns.run(name, fail) for name in ("ann", "ben") for _ in range(2000)]
        held.callback("done")
        self.assertEqual(self.successResultOf(first), "done")
        for waiter in waiters:
            self.failureResultOf(waiter, ValueError)
        self.assertEqual((turns.running, len(turns)), (0, 0))

    def test_stop(self) -> None:
        """Whoever waits when it stops is told, and nothing more begins."""
        waiters = [self.want("ann") for _ in range(4)]
        self.turns.stop()
        for waiter in waiters[2:]:
            self.refused(waiter)
        self.finish(), self.finish()
        self.assertEqual(self.begun, [])

    def test_a_thousand_keys(self) -> None:
        """However many come, so many wait: the work to find room is as bounded as those."""
        for number in range(1000):
            self.want(f"key {number}").addErrback(partial(self.flushed, number))
        self.assertEqual(len(self.turns), 6)

    def flushed(self, number: int, failure: object) -> None:
        self.assertGreaterEqual(number, 8)
