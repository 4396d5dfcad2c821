"""Password hashes."""

from __future__ import annotations

import threading

import bcrypt
from twisted.internet import reactor
from twisted.internet.defer import Deferred, DeferredList, gatherResults
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import TestCase

from chatr.api.errors import ApiError
from chatr.auth import passwords
from chatr.auth.passwords import Passwords


class PasswordsTests(TestCase):
    """bcrypt off the reactor thread."""

    def setUp(self) -> None:
        self.passwords = Passwords(reactor, cost=4, threads=2, queue_limit=3)
        self.passwords.start()
        self.addCleanup(self.passwords.stop)

    async def test_right_and_wrong(self) -> None:
        """A password matches its own hash only, and two hashes of it differ."""
        first, second = await self.passwords.hash("Correct-horse"), await self.passwords.hash("Correct-horse")
        self.assertNotEqual(first, second)
        self.assertTrue(await self.passwords.check("Correct-horse", first))
        self.assertFalse(await self.passwords.check("correct-horse", first))

    async def test_long_passwords_are_not_truncated(self) -> None:
        """Passwords that differ after bcrypt's 72 bytes differ, whatever bytes they contain."""
        stem = "ä" * 40
        stored = await self.passwords.hash(stem + "1")
        self.assertTrue(await self.passwords.check(stem + "1", stored))
        self.assertFalse(await self.passwords.check(stem + "2", stored))

    async def test_stranger(self) -> None:
        """Without an account every password is wrong, after the same work: bcrypt runs on a hash of equal cost."""
        self.assertFalse(await self.passwords.check("anything", None))
        work = passwords._stranger(7)
        self.assertTrue(work.startswith(b"$2b$07$"))
        self.assertFalse(bcrypt.checkpw(b"anything", work))

    async def test_never_on_the_reactor_thread(self) -> None:
        """The work is done by another thread."""
        seen: list[int] = []

        def record(password: bytes, salt: bytes) -> bytes:
            seen.append(threading.get_ident())
            return b"hash"

        self.patch(bcrypt, "hashpw", record)
        await self.passwords.hash("x")
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
        self.passwords._queue_limit = 100
        hashes = [Deferred.fromCoroutine(self.passwords.hash("x")) for _ in range(100)]
        await deferToThread(lambda: (entered.acquire(), entered.acquire()))
        stopped = self.passwords.stop()
        self.assertFalse(stopped.called)
        door.set()
        await stopped
        outcomes = await DeferredList(hashes, consumeErrors=True)
        self.assertEqual((done, sum(ok for ok, _ in outcomes)), (2, 2))
        error = await self.assertFailure(Deferred.fromCoroutine(self.passwords.hash("x")), ApiError)
        self.assertEqual(error.code, "unavailable")

    async def test_bounded_queue(self) -> None:
        """Beyond the queue's limit a caller is told to come back, and those who wait are served."""
        waiting = [Deferred.fromCoroutine(self.passwords.hash("x")) for _ in range(3)]
        error = await self.assertFailure(Deferred.fromCoroutine(self.passwords.hash("x")), ApiError)
        self.assertEqual(error.code, "unavailable")
        self.assertEqual(len(await gatherResults(waiting)), 3)
        await self.passwords.hash("x")
