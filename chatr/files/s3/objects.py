"""Files in a bucket that speaks S3."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from twisted.internet.defer import CancelledError, Deferred, DeferredList, DeferredSemaphore, FirstError, gatherResults
from twisted.internet.interfaces import IConsumer

from chatr.config import S3Settings
from chatr.files.disk import Disk
from chatr.files.s3.answers import Idle, Lost, Relay, discard
from chatr.files.s3.bodies import FilePart
from chatr.files.s3.bucket import PAUSE_S, TRIES, Bucket, BucketRefused
from chatr.files.s3.fetched import FetchedFile
from chatr.files.storage import ConsumerGone, Missing, StorageError, StorageUnavailable, checked

#: What is larger is uploaded in parts (S3 wants 5 MiB), and sent range by range: a reader that hangs up wastes no more.
PART_BYTES = 8 * 1024 * 1024
NOT_IMPLEMENTED = 501
#: Bodies that are uploaded at the same time: of one file, and of all.
AT_ONCE_OF_ONE = 3
AT_ONCE = 8

_REASONS = {
    "NoSuchBucket": "there is no such bucket (s3.bucket)",
    "InvalidAccessKeyId": "s3.access_key is not known there",
    "SignatureDoesNotMatch": "s3.secret_key is not the one of s3.access_key",
    "AccessDenied": "s3.access_key lacks a right: listing the bucket, or reading, writing and deleting objects",
    "AuthorizationHeaderMalformed": "the bucket is in another region than s3.region",
    "PermanentRedirect": "the bucket is in another region than s3.region, or at another s3.endpoint",
    "RequestTimeTooSkewed": "the clock of this machine is wrong",
}


class S3Storage:
    """Objects are those of a bucket, under a prefix and their keys. The bucket is trusted with them."""

    def __init__(
        self, disk: Disk, settings: S3Settings, *, pause_s: float = PAUSE_S, part_bytes: int = PART_BYTES
    ) -> None:
        """``pause_s``: before something is asked for the second time. ``part_bytes``: of uploads in parts."""
        self._part_bytes = part_bytes
        self._disk = disk
        self._settings = settings
        self._bucket = Bucket(disk.reactor, settings, pause_s=pause_s)
        self._uploads = DeferredSemaphore(AT_ONCE)
        self._aborting: set[Deferred[Any]] = set()
        self._lists_uploads = True

    async def start(self) -> None:
        """Ask for everything that will be needed once. Raises :class:`StorageUnavailable` with what is wrong."""
        settings = self._settings
        try:
            query = {"list-type": "2", "max-keys": "1", "prefix": settings.prefix}
            await self._bucket.ask("GET", None, query=query)
            self._lists_uploads = await self._can_list_uploads()
            for method in ("PUT", "GET", "DELETE"):
                await self._bucket.ask(method, "probe")
        except StorageError as error:
            reason = _REASONS.get(error.code, str(error)) if isinstance(error, BucketRefused) else str(error)
            place = f"the bucket {settings.bucket} at {settings.endpoint}"
            raise StorageUnavailable(f"files can't be kept in {place}: {reason}") from None

    async def stop(self) -> None:
        """Wait until uploads that were given up are aborted, and close idle connections."""
        await gatherResults(list(self._aborting))
        await self._bucket.stop()

    async def put(self, key: str, path: Path) -> None:
        """See :class:`Storage`: by one request, or part by part; the bucket compares hashes. Memory stays flat."""
        checked(key)
        size = (await self._disk.run(os.stat, path)).st_size
        if size <= self._part_bytes:
            await self._upload(key, path, 0, size, {})
        else:
            await self._put_parts(key, path, size)

    def send(self, key: str, start: int, stop: int, consumer: IConsumer) -> Deferred[None]:
        """See :class:`Storage`. What is cut off is gone on with, unless the object is another one by now."""
        return Deferred.fromCoroutine(self._send(key, start, stop, consumer))

    async def fetch(self, key: str, path: Path) -> None:
        """See :class:`Storage`."""
        fetched = FetchedFile(self._disk, path)
        checked(key)
        await fetched.create()
        try:
            response, idle = await self._bucket.again(partial(self._bucket.begin, "GET", key))
            if not isinstance(response.length, int):
                discard(response)
                raise StorageUnavailable("the bucket does not say how long an object is")
            # If it is stopped, the file knows why.
            with suppress(ConsumerGone):
                await self._relay(key, Relay(self._disk.reactor, fetched, 0, response.length), response, idle, fetched)
            await fetched.finish()
        except BaseException:
            await fetched.discard()
            raise

    async def delete(self, key: str) -> None:
        """See :class:`Storage`: with uploads in parts that were never completed."""
        checked(key)
        if self._lists_uploads:
            query = {"uploads": "", "prefix": self._settings.prefix + key}
            for name, upload in (await self._bucket.ask("GET", None, query=query)).texts("Key", "UploadId"):
                if name == query["prefix"]:
                    await self._abort(key, upload)
        await self._delete(key, {})

    def direct(self, key: str, *, expires_s: int, media_type: str, disposition: str) -> str | None:
        """See :class:`Storage`: a presigned URL, if the settings want it."""
        if not self._settings.presigned:
            return None
        headers = {"response-content-type": media_type, "response-content-disposition": disposition}
        return self._bucket.presigned(checked(key), expires_s, headers)

    def accel(self, key: str) -> str | None:
        """None: nginx has no such directory."""
        return None

    async def _can_list_uploads(self) -> bool:
        """Whether the bucket tells of uploads that are not complete; where it doesn't, it removes them by itself."""
        try:
            await self._bucket.ask("GET", None, query={"uploads": "", "prefix": f"{self._settings.prefix}probe"})
        except BucketRefused as error:
            if error.status != NOT_IMPLEMENTED:
                raise
            return False
        return True

    # Out of the bucket.

    async def _send(self, key: str, start: int, stop: int, consumer: IConsumer) -> None:
        if start >= stop:
            await self._bucket.ask("HEAD", checked(key))
            return
        relay = Relay(self._disk.reactor, consumer, start, stop)
        response, idle = await self._range(checked(key), relay)
        await self._relay(key, relay, response, idle, consumer)

    async def _relay(self, key: str, relay: Relay, response: Any, idle: Idle, consumer: IConsumer) -> None:
        consumer.registerProducer(relay, True)
        passing = Deferred.fromCoroutine(self._pass_on(key, relay, response, idle))
        relay.when_gone(passing.cancel)
        try:
            await passing
        except CancelledError:
            if relay.gone:
                raise ConsumerGone from None
            raise
        except Missing:
            raise StorageUnavailable("it was deleted while it was sent") from None
        finally:
            consumer.unregisterProducer()

    async def _pass_on(self, key: str, relay: Relay, response: Any, idle: Idle) -> None:
        tag = (response.headers.getRawHeaders(b"etag") or [b""])[0].decode("latin-1")
        failed = 0
        while True:
            position = relay.position
            try:
                await relay.pass_on(response, idle)
            except Lost:
                failed = 1 if relay.position > position else failed + 1
                if failed == TRIES:
                    raise
                await self._bucket.pause(failed)
            if relay.position >= relay.stop:
                return
            response, idle = await self._range(key, relay, tag)

    async def _range(self, key: str, relay: Relay, tag: str = "") -> tuple[Any, Idle]:
        start, stop = relay.position, min(relay.position + self._part_bytes, relay.stop)
        headers = {"Range": f"bytes={start}-{stop - 1}"}
        if tag:
            headers["If-Match"] = tag
        response, idle = await self._bucket.again(partial(self._bucket.begin, "GET", key, headers=headers))
        if response.code != 206 and start:
            discard(response)
            raise StorageUnavailable("the bucket sends no ranges")
        return response, idle

    # Into the bucket.

    async def _upload(self, key: str, path: Path, start: int, stop: int, query: dict[str, str]) -> str:
        """Upload a file, or a part of one, in its turn; its ETag."""

        async def upload() -> str:
            body = FilePart(self._disk, path, start, stop)
            await body.read()
            return (await self._bucket.ask("PUT", key, query=query, body=body)).header("etag")

        return await self._uploads.run(upload)

    async def _put_parts(self, key: str, path: Path, size: int) -> None:
        answer = await self._bucket.ask("POST", key, query={"uploads": ""}, again=False)
        [(upload,)] = answer.texts("UploadId") or [("",)]
        if not upload:
            raise StorageUnavailable("the bucket begins no upload in parts")
        try:
            await self._complete(key, upload, await self._put_each(key, upload, path, size))
        except Missing:
            raise StorageUnavailable("it was deleted while it was put") from None
        except BaseException:
            # Whoever has put it does not wait. What can't be aborted now goes when the object is deleted.
            aborting = Deferred.fromCoroutine(self._abort(key, upload))
            self._aborting.add(aborting)
            aborting.addErrback(lambda failure: failure.trap(StorageError))
            aborting.addBoth(lambda _: self._aborting.discard(aborting))
            raise

    async def _put_each(self, key: str, upload: str, path: Path, size: int) -> list[str]:
        """Upload all parts, a few at once; their ETags. When one fails the others are given up first."""
        tags: dict[int, str] = {}
        starts = enumerate(range(0, size, self._part_bytes), 1)

        async def work(starts: Iterator[tuple[int, int]]) -> None:
            for number, start in starts:
                query = {"partNumber": str(number), "uploadId": upload}
                tags[number] = await self._upload(key, path, start, min(start + self._part_bytes, size), query)

        workers = [Deferred.fromCoroutine(work(starts)) for _ in range(AT_ONCE_OF_ONE)]
        try:
            await gatherResults(workers, consumeErrors=True)
        except FirstError as error:
            for worker in workers:
                worker.cancel()
            await DeferredList(workers, consumeErrors=True)
            error.subFailure.raiseException()
        return [tags[number] for number in sorted(tags)]

    async def _complete(self, key: str, upload: str, tags: list[str]) -> None:
        parts = "".join(
            f"<Part><PartNumber>{number}</PartNumber><ETag>{_escaped(tag)}</ETag></Part>"
            for number, tag in enumerate(tags, 1)
        )
        body = f"<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>".encode()
        complete = partial(self._bucket.ask, "POST", key, query={"uploadId": upload}, body=body)
        try:
            await complete(again=False)
        except Lost:
            # It may have been done: then there is no such upload a second time.
            with suppress(Missing):
                await complete()

    async def _abort(self, key: str, upload: str) -> None:
        await self._delete(key, {"uploadId": upload})

    async def _delete(self, key: str, query: dict[str, str]) -> None:
        try:
            await self._bucket.ask("DELETE", key, query=query)
        except Missing:
            return


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")
