"""What every storage of files must do."""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import CancelledError, Deferred, DeferredList
from twisted.internet.interfaces import IConsumer
from zope.interface import implementer

from chatr.files.storage import BadKey, ConsumerGone, Missing, Storage, StorageUnavailable, key_of

FILE = "01935f2e-7c11-7abc-8def-0123456789ab"
KEY = key_of(FILE, "original")
#: More than any storage has under way at once, and no multiple of anything.
LARGE = 3 * 1024 * 1024 + 7
#: What may be on its way to a consumer that has paused: one piece.
PIECE = 256 * 1024


def turn() -> Deferred[None]:
    """A turn of the reactor."""
    passed: Deferred[None] = Deferred()
    reactor.callLater(0, passed.callback, None)  # type: ignore[attr-defined]
    return passed


def content(size: int, seed: int = 1) -> bytes:
    """Bytes of which no part is like another."""
    return random.Random(seed).randbytes(size)


@implementer(IConsumer)
class Taker:
    """Takes what it is sent. With ``room`` for so many bytes it pauses its producer when it has them, and says so.

    As transports do it pauses once, and takes what comes nevertheless.
    """

    def __init__(self, room: int | None = None) -> None:
        self.room = room
        self.taken = bytearray()
        self.largest = 0
        self.producer: Any = None
        self.registered = 0
        self.paused = False
        self.full: Deferred[None] = Deferred()

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        assert streaming and self.producer is None
        self.producer = producer
        self.registered += 1

    def unregisterProducer(self) -> None:
        assert self.producer is not None
        self.producer = None

    def write(self, data: bytes) -> None:
        assert type(data) is bytes and self.producer is not None, "nothing is written without a producer"
        self.taken += data
        self.largest = max(self.largest, len(data))
        if self.room is not None and len(self.taken) >= self.room and not self.paused:
            self.paused = True
            self.producer.pauseProducing()
            self.full.callback(None)

    def resume(self, room: int | None = None) -> None:
        """Have room for some more, or for all."""
        self.room, self.paused, self.full = room, False, Deferred()
        if self.producer is not None:
            self.producer.resumeProducing()


class StorageSuite:
    """Mixed into a test case per implementation, which makes and starts ``storage``, and ``folder`` for local files."""

    storage: Storage
    folder: Path
    assertEqual: Any
    assertTrue: Any
    assertIn: Any
    assertIsNone: Any
    assertRaises: Any
    assertLessEqual: Any
    assertFailure: Any

    def local(self, data: bytes, name: str = "upload") -> Path:
        """A file of this machine."""
        path = self.folder / name
        path.unlink(missing_ok=True)
        path.write_bytes(data)
        return path

    async def put(self, data: bytes, key: str = KEY) -> None:
        await self.storage.put(key, self.local(data))

    async def read(self, start: int, stop: int, key: str = KEY) -> bytes:
        taker = Taker()
        await self.storage.send(key, start, stop, taker)
        self.assertLessEqual(taker.registered, 1)
        self.assertIsNone(taker.producer)
        return bytes(taker.taken)

    async def absent(self, key: str = KEY) -> None:
        """That there is no such object, however one asks."""
        taker = Taker()
        await self.assertFailure(self.storage.send(key, 0, 1, taker), Missing)
        self.assertEqual((taker.registered, taker.taken), (0, b""))
        await self.assertFailure(Deferred.fromCoroutine(self.storage.fetch(key, self.folder / "absent")), Missing)
        self.assertTrue(not (self.folder / "absent").exists())

    async def test_ranges(self) -> None:
        """Every range of an object is what was put."""
        data = content(LARGE)
        await self.put(data)
        for start, stop in ((0, LARGE), (0, 1), (LARGE - 1, LARGE), (131071, 131073), (1000, 2_000_001), (5, 5)):
            self.assertTrue(await self.read(start, stop) == data[start:stop], f"{start}:{stop}")

    async def test_sizes(self) -> None:
        """Files of no bytes, of one, and about the size of a piece."""
        for size in (0, 1, 131071, 131072, 131073):
            data = content(size)
            await self.put(data)
            self.assertTrue(await self.read(0, size) == data, f"{size}")

    async def test_fetch(self) -> None:
        """A local copy, which outlasts the object."""
        data = content(LARGE)
        await self.put(data)
        await self.storage.fetch(KEY, self.folder / "copy")
        await self.storage.delete(KEY)
        self.assertTrue((self.folder / "copy").read_bytes() == data)

    async def test_fetch_of_nothing(self) -> None:
        """An empty object is one."""
        await self.put(b"")
        await self.storage.fetch(KEY, self.folder / "copy")
        self.assertEqual((self.folder / "copy").read_bytes(), b"")

    async def test_replaced(self) -> None:
        """Another content under a key takes the place of the first, as a whole; the same one again is fine too."""
        await self.put(content(LARGE))
        await self.put(b"short")
        self.assertEqual(await self.read(0, 5), b"short")
        await self.put(b"short")
        self.assertEqual(await self.read(0, 5), b"short")

    async def test_missing(self) -> None:
        """What is not there is missing before anything is written; also the empty range of it."""
        await self.absent()
        await self.assertFailure(self.storage.send(KEY, 0, 0, Taker()), Missing)

    async def test_delete(self) -> None:
        """What is deleted is gone, its other forms are not; what is not there may be deleted."""
        small = key_of(FILE, "sm")
        await self.put(b"one")
        await self.put(b"two", small)
        await self.storage.delete(KEY)
        await self.storage.delete(KEY)
        await self.absent()
        self.assertEqual(await self.read(0, 3, small), b"two")
        await self.storage.delete(small)
        await self.absent(small)
        await self.put(b"three")
        self.assertEqual(await self.read(0, 5), b"three")

    async def test_bad_keys(self) -> None:
        """Whatever is no key is refused by everything, before anything is touched."""
        path = self.local(b"x")
        for key in (
            "",
            "/",
            "original",
            f"/ab/89/{FILE}/original",
            f"../89/{FILE}/original",
            f"ab/../{FILE}/original",
            f"ab/89/{FILE}/..",
            f"ab/89/{FILE}/a/b",
            f"ab/89/{FILE}/.original",
            f"ab/89/{FILE}/original\n",
            f"ab/89/{FILE}/ori\0ginal",
            f"ab/89/{FILE}/originál",
            f"AB/89/{FILE}/original",
            f"ab/89/{FILE}/{'a' * 33}",
            f"ab/89/{FILE}/%2e%2e",
        ):
            for asked in (
                Deferred.fromCoroutine(self.storage.put(key, path)),
                Deferred.fromCoroutine(self.storage.fetch(key, self.folder / "copy")),
                Deferred.fromCoroutine(self.storage.delete(key)),
                self.storage.send(key, 0, 1, Taker()),
            ):
                await self.assertFailure(asked, BadKey)
        self.assertRaises(BadKey, key_of, "../../../etc/passwd", "original")
        self.assertRaises(BadKey, key_of, FILE, "../x")
        self.assertEqual(os.listdir(self.folder), ["upload"])

    async def test_slow_consumer(self) -> None:
        """Who pauses gets no more than a piece until it goes on, and everything in the end."""
        data = content(LARGE)
        await self.put(data)
        taker = Taker(room=1)
        sending = self.storage.send(KEY, 0, LARGE, taker)
        steps = 0
        await taker.full
        while not sending.called:
            before = len(taker.taken)
            # Whatever comes without being asked for comes in these.
            for _ in range(5):
                await turn()
            taker.resume(before + 1)
            await DeferredList([taker.full, sending], fireOnOneCallback=True, fireOnOneErrback=True)
            self.assertLessEqual(len(taker.taken) - before, PIECE)
            steps += 1
        await sending
        self.assertTrue(steps > LARGE // PIECE)
        self.assertTrue(bytes(taker.taken) == data)

    async def test_consumer_goes(self) -> None:
        """Who has stopped its producer gets nothing any more."""
        await self.put(content(LARGE))
        taker = Taker(room=1)
        sending = self.storage.send(KEY, 0, LARGE, taker)
        await taker.full
        taken = len(taker.taken)
        taker.producer.stopProducing()
        await self.assertFailure(sending, ConsumerGone)
        self.assertEqual((len(taker.taken), taker.producer), (taken, None))
        self.assertEqual(len(await self.read(0, LARGE)), LARGE)

    async def test_cancelled(self) -> None:
        """A sending may be cancelled, before it has begun and in the middle."""
        await self.put(content(LARGE))
        taker = Taker()
        sending = self.storage.send(KEY, 0, LARGE, taker)
        sending.cancel()
        await self.assertFailure(sending, CancelledError)
        self.assertEqual(taker.registered, 0)
        taker = Taker(room=1)
        sending = self.storage.send(KEY, 0, LARGE, taker)
        await taker.full
        taken = len(taker.taken)
        sending.cancel()
        await self.assertFailure(sending, CancelledError)
        self.assertEqual((len(taker.taken), taker.producer), (taken, None))

    async def test_puts_at_once(self) -> None:
        """Of several contents put under one key at once one is there, whole, whenever one looks."""
        contents = [content(300_000 + seed, seed) for seed in range(4)]
        await self.put(contents[0])
        paths = [self.local(data, f"upload{seed}") for seed, data in enumerate(contents)]
        putting = [Deferred.fromCoroutine(self.storage.put(KEY, path)) for path in paths]
        looks = 0
        while not all(each.called for each in putting):
            looks += 1
            try:
                seen = await self.read(0, 300_000)
            except StorageUnavailable:
                # It was another one by then.
                continue
            self.assertIn(seen, [data[:300_000] for data in contents])
        await DeferredList(putting, fireOnOneErrback=True)
        self.assertTrue(looks > 0)
        self.assertIn(await self.read(0, 300_000), [data[:300_000] for data in contents])

    async def test_deleted_while_sent(self) -> None:
        """Who is in the middle of an object that is deleted gets the rest of it, or hears that it was not all."""
        data = content(LARGE)
        await self.put(data)
        taker = Taker(room=1)
        sending = self.storage.send(KEY, 0, LARGE, taker)
        await taker.full
        await self.storage.delete(KEY)
        taker.resume()
        try:
            await sending
        except (Missing, StorageUnavailable):
            self.assertTrue(len(taker.taken) < LARGE)
        else:
            self.assertEqual(len(taker.taken), LARGE)
        self.assertTrue(data.startswith(taker.taken))
        await self.absent()

    async def test_deleted_while_put(self) -> None:
        """A put and a delete of one key at once: the whole object in the end, or none of it."""
        data = content(300_000)
        for _ in range(2):
            paths = [self.local(data, f"upload{number}") for number in range(2)]
            both = [
                Deferred.fromCoroutine(work)
                for work in (
                    self.storage.put(KEY, paths[0]),
                    self.storage.delete(KEY),
                    self.storage.put(KEY, paths[1]),
                    self.storage.delete(KEY),
                )
            ]
            outcomes = await DeferredList(both, consumeErrors=True)
            for good, value in outcomes:
                self.assertTrue(good or value.check(StorageUnavailable), f"{value}")
            try:
                self.assertTrue(await self.read(0, len(data)) == data)
            except Missing:
                await self.absent()
