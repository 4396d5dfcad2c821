"""Files in a bucket: moto behind a front of the tests that checks signatures and hashes, and fails as it is told to.

What this can't show, since moto is one process that keeps everything in memory: what a real service does when it is
slow, throttles, or is spread over machines (AWS, MinIO, Ceph); its durability; policies and rights (moto asks for
none); virtual hosts, TLS and redirects to other regions; that a presigned link really ends when it should.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import treq
from twisted.internet import reactor
from twisted.internet.defer import CancelledError, Deferred
from twisted.logger import formatEvent, globalLogPublisher
from twisted.trial.unittest import TestCase
from twisted.web.client import Agent

from chatr.config import S3Settings
from chatr.files.disk import Disk
from chatr.files.s3.answers import Lost
from chatr.files.s3.bucket import TRIES
from chatr.files.s3.objects import AT_ONCE_OF_ONE, PART_BYTES, S3Storage
from chatr.files.storage import (
    ConsumerGone,
    StorageFull,
    StorageUnavailable,
)
from tests.contract_suites.storage import FILE, KEY, LARGE, PIECE, StorageSuite, Taker, content, turn
from tests.files.s3 import moto
from tests.files.s3.front import ACCESS_KEY, SECRET_KEY, Fault, Front

#: Of uploads in parts; moto is told to take parts as small as that, S3 is not.
PART = 200_000
#: Five parts, the last one short.
PARTS = content(4 * PART + 1000)
PATH = f"/chatr-files/a/b/{KEY}"


class S3Case(TestCase):
    """A bucket behind the front, empty."""

    timeout_s = 5.0
    part_bytes = PART_BYTES

    async def setUp(self) -> None:
        self.folder = Path(self.mktemp())
        self.folder.mkdir(parents=True)
        self.disk = Disk(reactor)
        self.disk.start()
        self.addCleanup(self.disk.stop)
        await self._behind("POST", "/moto-api/reset")
        await self._behind("PUT", "/chatr-files")
        self.front = Front(reactor, moto.running().url)
        self.addCleanup(self.front.stop)
        self.storage = self.open()

    def open(self, **settings: Any) -> S3Storage:
        chosen = {
            "endpoint": self.front.url,
            "bucket": "chatr-files",
            "access_key": ACCESS_KEY,
            "secret_key": SECRET_KEY,
            "prefix": "a/b/",
            "timeout_s": self.timeout_s,
            **settings,
        }
        storage = S3Storage(self.disk, S3Settings(**chosen), pause_s=0.001, part_bytes=self.part_bytes)
        self.addCleanup(storage.stop)
        return storage

    async def _behind(self, method: str, path: str) -> bytes:
        answer = await treq.request(method, moto.running().url + path, persistent=False, agent=Agent(reactor))
        return await answer.content()

    def faults(self, *faults: Fault, method: str = "", uri: str = "") -> None:
        """Have the next requests of that kind fail, one each."""
        self.front.seen.clear()
        self.front.faults = list(faults)
        self.front.wanted = lambda asked, path: method in ("", asked) and uri in path

    def refused(self, awaitable: Any, kind: type[Exception] = StorageUnavailable) -> Any:
        return self.assertFailure(Deferred.fromCoroutine(awaitable), kind)

    def asked(self, method: str) -> int:
        return sum(each == method for each, _ in self.front.seen)

    async def unfinished(self) -> int:
        """How many uploads in parts are neither complete nor aborted."""
        return (await self._behind("GET", "/chatr-files?uploads")).count(b"<UploadId>")

    async def objects(self) -> list[str]:
        return re.findall("<Key>(.*?)</Key>", (await self._behind("GET", "/chatr-files?list-type=2")).decode())

    def path(self, data: bytes) -> Path:
        path = self.folder / "upload"
        path.write_bytes(data)
        return path

    async def read(self, size: int) -> bytes:
        taker = Taker()
        await self.storage.send(KEY, 0, size, taker)
        return bytes(taker.taken)


class ContractTests(StorageSuite, S3Case):
    """The suite of all storages; what is large in it comes and goes in parts."""

    part_bytes = PART


class PartsTests(S3Case):
    """Large files."""

    part_bytes = PART

    async def test_in_parts(self) -> None:
        """It comes in parts, a few at once, and goes in ranges."""
        await self.storage.put(KEY, self.path(PARTS))
        self.assertEqual([self.asked("POST"), self.asked("PUT")], [2, 5])
        self.assertLessEqual(self.front.most, AT_ONCE_OF_ONE)
        self.assertTrue(await self.read(len(PARTS)) == PARTS)
        self.assertEqual(self.asked("GET"), 5)
        await self.storage.fetch(KEY, self.folder / "copy")
        self.assertTrue((self.folder / "copy").read_bytes() == PARTS)
        self.assertEqual(await self.unfinished(), 0)

    async def test_part_fails_once(self) -> None:
        """A part that fails, or is cut off, is sent again, from its beginning."""
        self.faults(Fault("status"), Fault("in", 100), Fault("status", status=503), method="PUT")
        await self.storage.put(KEY, self.path(PARTS))
        self.assertEqual(self.asked("PUT"), 8)
        self.assertTrue(await self.read(len(PARTS)) == PARTS)

    async def test_part_fails_always(self) -> None:
        """When a part can't be sent the upload is given up, and nothing of it is left."""
        self.faults(*[Fault("status")] * 99, method="PUT", uri="partNumber=2")
        await self.refused(self.storage.put(KEY, self.path(PARTS)))
        await self.given_up()

    async def test_cancelled(self) -> None:
        """A put that nobody waits for any more leaves nothing either."""
        self.faults(Fault("stall"), method="PUT", uri="partNumber=1")
        putting = Deferred.fromCoroutine(self.storage.put(KEY, self.path(PARTS)))
        while not self.asked("PUT"):
            await turn()
        putting.cancel()
        await self.assertFailure(putting, CancelledError)
        await self.given_up()

    async def given_up(self) -> None:
        """Wait until an upload is aborted, and see that nothing is left."""
        self.front.cut()
        # Which it waits for.
        await self.storage.stop()
        self.assertEqual((await self.unfinished(), await self.objects()), (0, []))

    async def test_completed_unheard(self) -> None:
        """When the answer to the completion is lost, the upload is complete all the same."""
        self.faults(Fault("out", 10), method="POST", uri="uploadId")
        await self.storage.put(KEY, self.path(PARTS))
        self.assertEqual(self.asked("POST"), 3)
        self.assertTrue(await self.read(len(PARTS)) == PARTS)

    async def test_error_behind_200(self) -> None:
        """A completion may answer 200 and then say that it failed."""
        self.faults(Fault("status", status=200), method="POST", uri="uploadId")
        await self.storage.put(KEY, self.path(PARTS))
        self.assertTrue(await self.read(len(PARTS)) == PARTS)

    async def test_delete_takes_halves(self) -> None:
        """What a crash has left of an upload in parts goes with the object; others' does not."""
        for path in (PATH, f"{PATH}2"):
            await self._behind("POST", f"{path}?uploads")
        self.assertEqual(await self.unfinished(), 2)
        await self.storage.delete(KEY)
        self.assertEqual(await self.unfinished(), 1)

    async def test_deleted_halfway(self) -> None:
        """A delete in the middle of an upload in parts: the put says so, and nothing is left."""
        self.faults(Fault("stall"), method="PUT", uri="partNumber=2")
        putting = Deferred.fromCoroutine(self.storage.put(KEY, self.path(PARTS)))
        while not self.front.stalled:
            await turn()
        await self.storage.delete(KEY)
        self.front.cut()
        await self.assertFailure(putting, StorageUnavailable)
        self.assertEqual((await self.unfinished(), await self.objects()), (0, []))

    async def test_replaced_while_sent(self) -> None:
        """Of two objects that were one after the other under a key nobody gets halves."""
        await self.storage.put(KEY, self.path(PARTS))
        taker = Taker(room=1)
        sending = self.storage.send(KEY, 0, len(PARTS), taker)
        await taker.full
        await self.storage.put(KEY, self.path(PARTS[::-1]))
        taker.resume()
        await self.assertFailure(sending, StorageUnavailable)
        self.assertTrue(PARTS.startswith(taker.taken))
        self.assertEqual(len(taker.taken), PART)

    async def test_hang_up_ends_the_request(self) -> None:
        """Of a large object that nobody reads to its end no more than a range is asked for, and its connection ends."""
        await self.storage.put(KEY, self.path(PARTS))
        self.faults(Fault("stall", 100_000, status=206, body=PARTS[:PART]))
        taker = Taker(room=1)
        sending = self.storage.send(KEY, 0, len(PARTS), taker)
        await taker.full
        taker.producer.stopProducing()
        await self.assertFailure(sending, ConsumerGone)
        await self.front.quiet()
        self.assertEqual(self.asked("GET"), 1)


class FaultTests(S3Case):
    """A bucket that fails."""

    async def test_once(self) -> None:
        """Whatever fails once is done all the same."""
        for fault in (Fault("status"), Fault("status", status=503), Fault("out", 0)):
            for work in (
                lambda: self.storage.put(KEY, self.path(b"content")),
                lambda: self.storage.fetch(KEY, self.folder / f"copy{self.asked('')}"),
                lambda: self.storage.delete(KEY),
            ):
                self.faults(fault)
                await work()
                self.assertGreater(len(self.front.seen), 1)
                (self.folder / "copy0").unlink(missing_ok=True)
            await self.storage.put(KEY, self.path(b"content"))
            self.faults(fault)
            self.assertEqual(await self.read(7), b"content")

    async def test_always(self) -> None:
        """What fails each time is given up after a few, and before anything is written."""
        path = self.path(b"content")
        for work in (
            lambda: self.storage.put(KEY, path),
            lambda: self.storage.fetch(KEY, self.folder / "copy"),
            lambda: self.storage.delete(KEY),
        ):
            self.faults(*[Fault("status")] * 99)
            error = await self.refused(work())
            self.assertEqual((str(error), len(self.front.seen)), ("the bucket answered 500 InternalError", TRIES))
        taker = Taker()
        await self.assertFailure(self.storage.send(KEY, 0, 7, taker), StorageUnavailable)
        self.assertEqual(taker.registered, 0)
        self.assertFalse((self.folder / "copy").exists())

    async def test_upload_cut(self) -> None:
        """A connection that ends in the middle of an upload: it is sent again; each time: nothing is there."""
        path = self.path(content(LARGE))
        self.faults(Fault("in", 1_000_000))
        await self.storage.put(KEY, path)
        self.assertTrue(await self.read(LARGE) == content(LARGE))
        await self.storage.delete(KEY)
        self.faults(*[Fault("in", 1_000_000)] * 99)
        await self.refused(self.storage.put(KEY, path))
        self.assertEqual((self.asked("PUT"), await self.objects()), (TRIES, []))
        await self.closed()
        self.front.faults = []
        nowhere = self.open(endpoint="http://127.0.0.1:1")
        await self.refused(nowhere.put(KEY, path))
        await self.closed()

    async def test_answered_early(self) -> None:
        """An answer that comes before the body has left is one."""
        self.faults(Fault("early", status=403, body=b"<Error><Code>AccessDenied</Code></Error>"))
        error = await self.refused(self.storage.put(KEY, self.path(content(LARGE))))
        self.assertEqual(str(error), "the bucket answered 403 AccessDenied")
        await self.closed()

    async def closed(self) -> None:
        """Wait until nobody reads the file any more."""
        while any(name.endswith("/upload") for name in map(_file, os.listdir("/proc/self/fd"))):
            await turn()

    async def test_download_cut(self) -> None:
        """A connection that ends in the middle of a download: the rest follows, and no byte comes twice."""
        await self.storage.put(KEY, self.path(content(LARGE)))
        self.faults(Fault("out", 1_000_000), Fault("out", 1_000_000))
        self.assertTrue(await self.read(LARGE) == content(LARGE))
        self.assertEqual(
            [headers["range"] for headers in self.front.headers[-3:]],
            [f"bytes={start}-{LARGE - 1}" for start in (0, 1_000_000, 2_000_000)],
        )
        self.faults(Fault("out", 1_000_000), Fault("status"))
        await self.storage.fetch(KEY, self.folder / "copy")
        self.assertTrue((self.folder / "copy").read_bytes() == content(LARGE))

    async def test_download_cut_always(self) -> None:
        """When no more comes the sending fails: what was written is good, and too little."""
        await self.storage.put(KEY, self.path(content(LARGE)))
        self.faults(Fault("out", 1_000_000), *[Fault("status")] * 99)
        taker = Taker()
        await self.assertFailure(self.storage.send(KEY, 0, LARGE, taker), StorageUnavailable)
        self.assertTrue(bytes(taker.taken) == content(LARGE)[:1_000_000])
        self.assertIsNone(taker.producer)
        self.faults(*[Fault("out", 0)] * 99)
        await self.refused(self.storage.fetch(KEY, self.folder / "copy"))
        self.assertFalse((self.folder / "copy").exists())

    async def test_gone_while_cut(self) -> None:
        """Who goes while the rest is asked for is not written to any more."""
        await self.storage.put(KEY, self.path(content(LARGE)))
        self.faults(Fault("out", 1_000_000), Fault("stall"))
        taker = Taker()
        sending = self.storage.send(KEY, 0, LARGE, taker)
        while self.asked("GET") < 2:
            await turn()
        taker.producer.stopProducing()
        await self.assertFailure(sending, ConsumerGone)
        self.assertEqual(len(taker.taken), 1_000_000)

    async def test_paused_by_the_first_piece(self) -> None:
        """What comes first is written before the connection flows: a pause then is one as well."""
        await self.storage.put(KEY, self.path(content(LARGE)))
        taker = Taker(room=1)
        sending = self.storage.send(KEY, 0, LARGE, taker)
        await taker.full
        for _ in range(50):
            await turn()
        self.assertLessEqual(len(taker.taken), PIECE)
        taker.resume()
        await sending
        self.assertTrue(bytes(taker.taken) == content(LARGE))

    async def test_own_pause(self) -> None:
        """A reader that takes its time is not taken for a bucket that does: no clock runs meanwhile."""
        await self.storage.put(KEY, self.path(content(LARGE)))
        taker = Taker(room=1)
        sending = self.storage.send(KEY, 0, LARGE, taker)
        await taker.full
        self.assertEqual([call for call in reactor.getDelayedCalls() if "_give_up" in str(call)], [])  # type: ignore
        taker.resume()
        self.assertEqual(len([call for call in reactor.getDelayedCalls() if "_give_up" in str(call)]), 1)  # type: ignore
        await sending

    async def test_refusals(self) -> None:
        """What will not be otherwise the next time is asked for once: rights, redirects, no room, nonsense."""
        path = self.path(b"content")
        for status, body, kind, text in (
            (403, b"<Error><Code>AccessDenied</Code></Error>", StorageUnavailable, "403 AccessDenied"),
            (307, b"", StorageUnavailable, "307"),
            (507, b"<Error><Code>XMinioStorageFull</Code></Error>", StorageFull, "507 XMinioStorageFull"),
            (403, b"<Error><Code>QuotaExceeded</Code></Error>", StorageFull, "403 QuotaExceeded"),
            (400, b"<html>nginx<p>\x00\xff&nbsp;", StorageUnavailable, "400"),
            (400, b"<Error><Code>two words\nand lines</Code></Error>", StorageUnavailable, "400"),
            (404, b"<Error><Code>NoSuchBucket</Code></Error>", StorageUnavailable, "404 NoSuchBucket"),
            (400, _BOMB, StorageUnavailable, "400"),
        ):
            self.faults(Fault("status", status=status, body=body))
            error = await self.refused(self.storage.put(KEY, path), kind)
            self.assertEqual((str(error), len(self.front.seen)), (f"the bucket answered {text}", 1))

    async def test_nothing_in_the_log(self) -> None:
        """What is asked for, and what fails, is in no line of the log and no error: neither secrets nor names."""
        lines: list[str] = []
        observer = lambda event: lines.append(f"{formatEvent(event)} {event}")  # noqa: E731
        globalLogPublisher.addObserver(observer)
        self.addCleanup(globalLogPublisher.removeObserver, observer)
        await self.storage.put(KEY, self.path(b"content"))
        for fault in (Fault("status"), Fault("out", 0), Fault("status", status=403)):
            self.faults(*[fault] * TRIES)
            error = await self.refused(self.storage.put(KEY, self.path(b"content")))
            lines.append(f"{error} {error!r} {error.__cause__}")
        self.open(presigned=True).direct(KEY, expires_s=60, media_type="text/plain", disposition="inline")
        # Each connection would have a line with the place.
        place = f"HostnameEndpoint {self.front.url.removeprefix('http://')}"
        for secret in (SECRET_KEY, ACCESS_KEY, "Signature", FILE, place):
            self.assertEqual([line for line in lines if secret in line], [])

    async def test_endless_answer(self) -> None:
        """An answer that is no object is read up to a bound."""
        self.faults(*[Fault("status", status=400, body=b"x" * 2_000_000)] * TRIES)
        error = await self.refused(self.storage.put(KEY, self.path(b"content")), Lost)
        self.assertIn("1048576", str(error))

    async def test_no_ranges(self) -> None:
        """A bucket that sends everything where a range was asked for is not believed, unless that begins there too."""
        await self.storage.put(KEY, self.path(b"content"))
        for start, taken in ((0, b"con"), (2, b"")):
            self.faults(Fault("status", status=200, body=b"content"))
            taker = Taker()
            sending = self.storage.send(KEY, start, 3, taker)
            if start:
                await self.assertFailure(sending, StorageUnavailable)
            else:
                await sending
            self.assertEqual(taker.taken, taken)


#: A billion laughs, if somebody believed in entities.
_BOMB = (
    b'<!DOCTYPE x [<!ENTITY a "'
    + b"ha" * 1000
    + b'"><!ENTITY b "'
    + b"&a;" * 1000
    + b'"><!ENTITY c "'
    + b"&b;" * 1000
    + b'">]><Error><Code>&c;</Code></Error>'
)


class SlowTests(S3Case):
    """A bucket that does not answer."""

    timeout_s = 0.1

    async def test_stalls(self) -> None:
        """When nothing moves for so long it is given up: before an answer, and in the middle of one."""
        self.faults(*[Fault("stall")] * 99)
        error = await self.refused(self.storage.delete(KEY), Lost)
        self.assertEqual((str(error), len(self.front.seen)), ("nothing has moved for 0.1 s", TRIES))
        self.faults(Fault("stall", 2, status=206, body=b"content"), *[Fault("stall")] * 99)
        taker = Taker()
        await self.assertFailure(self.storage.send(KEY, 0, 7, taker), Lost)
        self.assertEqual(taker.taken, b"co")


class DirectTests(S3Case):
    """Presigned links."""

    async def test_opens_for_anybody(self) -> None:
        """Who has the link gets the object as it is named there, without a key; a changed one opens nothing."""
        await self.storage.put(KEY, self.path(b"content"))
        self.assertIsNone(self.storage.direct(KEY, expires_s=60, media_type="text/plain", disposition="attachment"))
        name = "attachment; filename=\"na me&+.txt\"; filename*=UTF-8''n%C3%A4me%20%26.txt"
        link = self.open(presigned=True).direct(KEY, expires_s=60, media_type="text/plain", disposition=name)
        assert link is not None
        self.assertTrue(link.startswith(f"{self.front.url}{PATH}?"))
        self.assertIn("X-Amz-Expires=60", link)
        self.assertNotIn(SECRET_KEY, link)
        answer, content = await self._get(link)
        self.assertEqual((answer.code, content), (200, b"content"))
        self.assertEqual(answer.headers.getRawHeaders("content-type"), ["text/plain"])
        self.assertEqual(answer.headers.getRawHeaders("content-disposition"), [name])
        for changed in (link.replace("X-Amz-Expires=60", "X-Amz-Expires=99"), link.replace("original", "sm")):
            self.assertEqual((await self._get(changed))[0].code, 403)

    async def _get(self, link: str) -> Any:
        answer = await treq.get(link.encode(), agent=Agent(reactor))
        return answer, await answer.content()

    async def test_public_endpoint(self) -> None:
        """Browsers may know the bucket by another address than this server does."""
        storage = self.open(presigned=True, public_endpoint="https://files.example.org")
        link = storage.direct(KEY, expires_s=60, media_type="text/plain", disposition="inline")
        self.assertTrue(str(link).startswith(f"https://files.example.org{PATH}?"))
        self.assertIsNone(storage.accel(KEY))


class StartTests(S3Case):
    """What an operator reads."""

    async def test_usable(self) -> None:
        """Everything that is needed is tried once, and nothing of that is left."""
        await self.storage.start()
        self.assertEqual([method for method, _ in self.front.seen], ["GET", "GET", "PUT", "GET", "DELETE"])
        self.assertEqual(await self.objects(), [])

    async def test_bucket_that_lists_no_uploads(self) -> None:
        """Not all that speak S3 tell of unfinished uploads: nobody asks those again."""
        self.faults(Fault("status", status=501), uri="uploads")
        await self.storage.start()
        self.front.seen.clear()
        await self.storage.delete(KEY)
        self.assertEqual([method for method, _ in self.front.seen], ["DELETE"])

    async def test_says_what_is_wrong(self) -> None:
        """One sentence, with the setting that is wrong, and without a secret."""
        for reason, settings in (
            ("there is no such bucket (s3.bucket)", {"bucket": "nothing-here"}),
            ("s3.access_key is not known there", {"access_key": "AKIAOTHER"}),
            ("s3.secret_key is not the one of s3.access_key", {"secret_key": "not-the-secret"}),
            ("the connection failed: ConnectionRefusedError", {"endpoint": "http://127.0.0.1:1"}),
        ):
            storage = self.open(**settings)
            error = await self.refused(storage.start())
            place = f"the bucket {settings.get('bucket', 'chatr-files')} at {settings.get('endpoint', self.front.url)}"
            self.assertEqual(str(error), f"files can't be kept in {place}: {reason}")
        self.faults(Fault("status", status=403, body=b"<Error><Code>AccessDenied</Code></Error>"), method="PUT")
        self.assertIn("lacks a right", str(await self.refused(self.storage.start())))


def _file(descriptor: str) -> str:
    """What a descriptor of this process is."""
    try:
        return os.readlink(f"/proc/self/fd/{descriptor}")
    except FileNotFoundError:
        return ""
