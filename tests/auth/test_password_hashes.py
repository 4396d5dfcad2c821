"""Password hashes."""

from __future__ import annotations

import threading
from datetime import datetime, timezone

import bcrypt
from twisted.internet import reactor
from twisted.internet.defer import CancelledError, Deferred, DeferredList, gatherResults
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import TestCase

from chatr.api.context import Caller, Context, HangUp
from chatr.api.errors import ApiError
from chatr.auth import password_hashes
from chatr.auth.password_hashes import Passwords


class PasswordsTests(TestCase):
    """bcrypt off the reactor thread."""

    def setUp(self) -> None:
        self.passwords = Passwords(reactor, cost=4, threads=2, queue_limit=3)
        self.passwords.start()
        self.addCleanup(self.passwords.stop)

    async def hash(self, password: str, address: str = "192.0.2.1", hang_up: HangUp | None = None) -> str:
        return await self.passwords.hash(password, _context(address, hang_up))

    async def check(self, password: str, stored: str | None) -> bool:
        return await self.passwords.compare(password, stored)

    async def test_right_and_wrong(self) -> None:
        """A password matches its own hash only, and two hashes of it differ."""
        first, second = await self.hash("Correct-horse"), await self.hash("Correct-horse")
        self.assertNotEqual(first, second)
        self.assertTrue(await self.check("Correct-horse", first))
        self.assertFalse(await self.check("correct-horse", first))

    async def test_long_passwords_are_not_truncated(self) -> None:
        """Passwords that differ after bcrypt's 72 bytes differ, whatever bytes they contain."""
        stem = "ä" * 40
        stored = await self.hash(stem + "1")
        self.assertTrue(await self.check(stem + "1", stored))
        self.assertFalse(await self.check(stem + "2", stored))

    async def test_stranger(self) -> None:
        """Without an account every password is wrong, after the same work: bcrypt runs on a hash of equal cost."""
        self.assertFalse(await self.check("anything", None))
        work = password_hashes._stranger(7)
        self.assertTrue(work.startswith(b"$2b$07$"))
        self.assertFalse(bcrypt.checkpw(b"anything", work))

    async def test_never_on_the_reactor_thread(self) -> None:
        """The work is done by another thread."""
        seen: list[int] = []

        def record(password: bytes, salt: bytes) -> bytes:
            seen.append(threading.get_ident())
            return b"hash"

        self.patch(bcrypt, "hashpw", record)
        await self.hash("x")
        self.assertEqual(len(seen), 1)
        self.assertNotEqual(seen[0], threading.get_ident())

    async def test_stop_waits_for_no_queue(self) -> None:
        """Point 31 of issue 12: a stop blocks nothing, what runs ends, and what waits behind it is refused.

        Before, the reactor stood still until the last of the queue was hashed: 256 of them took half a minute.
        """
        entered, door, done = threading.Semaphore(0), threading.Event(), 0

        def work(password: bytes, salt: bytes) -> bytes:
            nonlocal done
            entered.release()
            door.wait(30)
            done += 1
            return b"hash"

        self.patch(bcrypt, "hashpw", work)
        hashes = [Deferred.fromCoroutine(self.hash("x")) for _ in range(5)]
        await deferToThread(lambda: (entered.acquire(), entered.acquire()))
        stopped = self.passwords.stop()
        self.assertFalse(stopped.called)
        door.set()
        await stopped
        outcomes = await DeferredList(hashes, consumeErrors=True)
        self.assertEqual((done, sum(ok for ok, _ in outcomes)), (2, 2))
        error = await self.assertFailure(Deferred.fromCoroutine(self.hash("x")), ApiError)
        self.assertEqual(error.code, "unavailable")

    async def test_bounded_queue(self) -> None:
        """Beyond the queue's limit a caller is told to come back, and those who wait are served."""
        waiting = [Deferred.fromCoroutine(self.hash("x")) for _ in range(5)]
        error = await self.assertFailure(Deferred.fromCoroutine(self.hash("x")), ApiError)
        self.assertEqual(error.code, "unavailable")
        self.assertEqual(len(await gatherResults(waiting)), 5)
        await self.hash("x")

    async def test_in_turn_by_network(self) -> None:
        """Behind 300 of one IPv6 /64 an honest caller is the next: only what runs already is done before, not 300.

        Before, the queue knew no callers: at 0.28 s a hash and two threads the honest one waited for 84 s.
        """
        passwords = Passwords(reactor, cost=4, threads=1, queue_limit=1000, per_caller=1000)
        passwords.start()
        self.addCleanup(passwords.stop)
        order: list[str] = []

        async def one(address: str, name: str) -> None:
            await passwords.hash("x", _context(address))
            order.append(name)

        work = [Deferred.fromCoroutine(one(f"2001:db8:0:1::{number:x}", "eve")) for number in range(300)]
        work.append(Deferred.fromCoroutine(one("2001:db8:0:2::1", "ann")))
        await gatherResults(work)
        self.assertEqual((len(order), order.index("ann")), (301, 1))

    async def test_gone_callers_cost_nothing(self) -> None:
        """Hashes that wait for callers who have gone are never computed."""
        done: list[bytes] = []

        def record(password: bytes, salt: bytes) -> bytes:
            done.append(password)
            return b"hash"

        self.patch(bcrypt, "hashpw", record)
        going = threading.Event()
        busy = [self.passwords._threads.run(going.wait) for _ in range(2)]
        hang_up = HangUp()
        waiting = [Deferred.fromCoroutine(self.hash(f"{number}", hang_up=hang_up)) for number in range(5)]
        hang_up.happens()
        going.set()
        for waiter in waiting[2:]:
            await self.assertFailure(waiter, CancelledError)
        await gatherResults([*waiting[:2], *busy])
        self.assertEqual(sorted(done), [b"0", b"1"])


def _context(address: str, hang_up: HangUp | None = None) -> Context[None]:
    return Context(
        caller=Caller(address=address),
        request_id="test",
        now=datetime.now(timezone.utc),
        ports=None,
        hang_up=hang_up or HangUp(),
    )
