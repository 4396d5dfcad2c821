"""Threads of one kind of work."""

from __future__ import annotations

import threading

from twisted.internet import reactor
from twisted.internet.defer import Deferred, DeferredList
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import TestCase

from chatr.process.threads import Threads, ThreadsEnded


class ThreadsTests(TestCase):
    """What they take, and how they end."""

    def setUp(self) -> None:
        self.threads = Threads(reactor, "test", at_most=1)
        self.threads.start()
        self.addCleanup(self.threads.stop)

    async def test_run(self) -> None:
        """A function runs in a thread that nothing waits for at the end, and its result or failure comes back."""
        thread = await self.threads.run(threading.current_thread)
        self.assertTrue(thread.daemon)
        self.assertIsNot(thread, threading.current_thread())
        await self.assertFailure(self.threads.run(int, "x"), ValueError)

    async def test_turns(self) -> None:
        """What is done while results are handed out waits for the next turn: others have theirs between."""
        turns: list[str] = []
        followed: Deferred[None] = Deferred()

        def handed_out(_: object) -> None:
            # Done before this is over.
            over = threading.Event()
            self.threads.run(int)
            self.threads.run(over.set).addCallback(lambda _: turns.append("result")).chainDeferred(followed)
            reactor.callFromThread(turns.append, "others")  # type: ignore[attr-defined]
            over.wait(30)

        await self.threads.run(int).addCallback(handed_out)
        await followed
        self.assertEqual(turns, ["others", "result"])

    async def test_end(self) -> None:
        """What runs goes on to its end, what waits behind it fails, and so does whatever comes later; at once."""
        begun, door = threading.Event(), threading.Event()

        def work() -> str:
            begun.set()
            door.wait(30)
            return "done"

        running, waiting = self.threads.run(work), self.threads.run(work)
        await deferToThread(begun.wait, 30)
        stopped = self.threads.stop()
        self.assertFalse(stopped.called)
        await self.assertFailure(self.threads.run(work), ThreadsEnded)
        door.set()
        await stopped
        (good, result), (bad, failure) = await DeferredList([running, waiting], consumeErrors=True)
        self.assertEqual((good, result, bad), (True, "done", False))
        self.assertIs(failure.type, ThreadsEnded)  # type: ignore[union-attr]

    async def test_end_of_nothing(self) -> None:
        """They may end without having begun, and more than once."""
        threads = Threads(reactor, "test", at_most=1)
        await threads.stop()
        await threads.stop()
