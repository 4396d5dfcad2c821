"""Requests to a bucket that speaks S3: signed, bounded in time, and made again where that can do no harm.

Signatures are botocore's (AWS Signature Version 4); its transport, which needs a thread for each request, is not used.
Addresses are path-style, ``<endpoint>/<bucket>/<key>``. What is raised names what the bucket answered, never what was
sent: secrets are in headers, and in the URLs of :meth:`Bucket.presigned`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

import msgspec
import treq
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from lxml import etree
from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater
from twisted.web.client import Agent, HTTPConnectionPool, _HTTP11ClientFactory
from twisted.web.http_headers import Headers

from chatr.config import S3Settings
from chatr.files.s3.answers import Idle, Lost, Reading
from chatr.files.s3.bodies import FilePart, OutgoingBytes
from chatr.files.storage import Missing, StorageError, StorageFull, StorageUnavailable

T = TypeVar("T")

#: How often something is asked for in all, and the pause before the second time; it doubles.
TRIES = 4
PAUSE_S = 0.25
#: Connections that are kept open while they are idle, and for how long.
KEPT = 8
KEPT_S = 30
#: Of an answer that is no object: a list of unfinished uploads is the longest.
MAX_ANSWER_BYTES = 1024 * 1024

_CODE = re.compile(r"[A-Za-z0-9.]{1,64}")
_AGAIN = frozenset({408, 429, 500, 502, 503, 504})
_NO_ROOM = frozenset({"QuotaExceeded", "XMinioStorageFull", "InsufficientStorage"})


class BucketRefused(StorageUnavailable):
    """The bucket answered that it does not do it. ``code``: its own word for why, empty if it gave none."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(f"the bucket answered {status} {code}".rstrip())
        self.status = status
        self.code = code


class BucketAnswer(msgspec.Struct, frozen=True):
    """What the bucket answered."""

    status: int
    headers: Headers
    body: bytes = b""

    def header(self, name: str) -> str:
        """A header, empty if it is not there."""
        value: bytes = (self.headers.getRawHeaders(name.encode()) or [b""])[0]
        return value.decode("latin-1")

    def texts(self, *names: str) -> list[tuple[str, ...]]:
        """Of each element that has children of all these names, their texts."""
        found = []
        for element in _parsed(self.body).iter("{*}*"):
            texts = tuple(element.findtext(f"{{*}}{name}") for name in names)
            if None not in texts:
                found.append(texts)
        return found


class _QuietFactory(_HTTP11ClientFactory):
    """Says nothing in the log of each connection."""

    noisy = False


class _Signer(S3SigV4Auth):
    """Signs with the hash that is known already: of a file it would read everything, on the reactor thread."""

    def payload(self, request: AWSRequest) -> str:
        sha256: str = request.context["sha256"]
        return sha256


class Bucket:
    """The bucket of the settings."""

    def __init__(self, reactor: Any, settings: S3Settings, *, pause_s: float = PAUSE_S) -> None:
        """``pause_s``: before something is asked for the second time."""
        self._reactor = reactor
        self._settings = settings
        self._pause_s = pause_s
        self._credentials = Credentials(settings.access_key, settings.secret_key)
        self._signer = _Signer(self._credentials, "s3", settings.region)
        self._pool = HTTPConnectionPool(reactor)
        self._pool.maxPersistentPerHost = KEPT
        self._pool.cachedConnectionTimeout = KEPT_S
        # There is no public way.
        self._pool._factory = _QuietFactory
        # It would do it for lost connections alone, and at once.
        self._pool.retryAutomatically = False
        self._agent = Agent(reactor, connectTimeout=settings.timeout_s, pool=self._pool)

    async def stop(self) -> None:
        """Close idle connections."""
        await self._pool.closeCachedConnections()
        # One that was just done with becomes idle in this turn.
        await deferLater(self._reactor, 0)
        await self._pool.closeCachedConnections()

    async def ask(
        self,
        method: str,
        key: str | None,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: FilePart | bytes = b"",
        again: bool = True,
    ) -> BucketAnswer:
        """The answer to a request for an object (``None``: for the bucket), of a status below 300.

        What fails for now is asked for again; ``again``: also what may have been done, since no answer came. Raises
        :class:`Missing`, :class:`StorageFull`, :class:`BucketRefused`, :class:`Lost`.
        """

        async def once() -> BucketAnswer:
            response, idle = await self.begin(method, key, query=query, headers=headers, body=body)
            content = await self._read(response, idle)
            answer = BucketAnswer(response.code, response.headers, content)
            if method == "POST" and answer.texts("Code", "Message"):
                # The answer to some requests begins before it is known how they end.
                raise _refusal(500, content)
            return answer

        return await self.again(once, also_lost=again)

    async def again(self, once: Callable[[], Awaitable[T]], *, also_lost: bool = True) -> T:
        """Do something that asks the bucket, a few times if it fails for now."""
        for tried in range(1, TRIES):
            try:
                return await once()
            except Lost:
                if not also_lost:
                    raise
            except BucketRefused as error:
                if error.status not in _AGAIN:
                    raise
            await self.pause(tried)
        return await once()

    async def pause(self, tried: int) -> None:
        """Wait before the next try."""
        await deferLater(self._reactor, self._pause_s * 2 ** (tried - 1))

    async def begin(
        self,
        method: str,
        key: str | None,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: FilePart | bytes = b"",
    ) -> tuple[Any, Idle]:
        """The answer to a request, of a status below 300, before its body; and what watches over that. Once."""
        idle = Idle(self._reactor, self._settings.timeout_s)
        sha256 = hashlib.sha256(body).hexdigest() if isinstance(body, bytes) else body.sha256
        url, signed = self._signed(method, key, query or {}, headers or {}, sha256)
        opened = None if isinstance(body, bytes) else await body.open(idle.moved)
        data: Any = OutgoingBytes(body) if isinstance(body, bytes) and body else opened
        try:
            # A client each time: it would keep cookies.
            asked: Deferred[Any] = treq.client.HTTPClient(self._agent).request(
                method,
                url,
                headers=Headers(signed),
                data=data,
                allow_redirects=False,
                unbuffered=True,
                reactor=self._reactor,
            )
            response = await idle.watch(asked)
        finally:
            if opened is not None:
                opened.close()
        if response.code >= 300:
            raise _refusal(response.code, await self._read(response, idle))
        return response, idle

    def presigned(self, key: str, expires_s: int, parameters: Mapping[str, str]) -> str:
        """A URL that opens the object to whoever has it, for a while."""
        endpoint = self._settings.public_endpoint or self._settings.endpoint
        request = AWSRequest("GET", self._url(key, endpoint), params=dict(parameters))
        S3SigV4QueryAuth(self._credentials, "s3", self._settings.region, expires_s).add_auth(request)
        return str(request.url)

    def _url(self, key: str | None, endpoint: str) -> str:
        path = "" if key is None else f"/{self._settings.prefix}{key}"
        return f"{endpoint}/{self._settings.bucket}{path}"

    def _signed(
        self, method: str, key: str | None, query: Mapping[str, str], headers: Mapping[str, str], sha256: str
    ) -> tuple[str, dict[str, list[str]]]:
        url = self._url(key, self._settings.endpoint)
        if query:
            url += "?" + urlencode(sorted(query.items()), quote_via=quote, safe="")
        request = AWSRequest(method, url, headers=dict(headers))
        request.context["sha256"] = sha256
        self._signer.add_auth(request)
        return url, {name: [value] for name, value in request.headers.items()}

    async def _read(self, response: Any, idle: Idle) -> bytes:
        reading = Reading(idle, MAX_ANSWER_BYTES)
        response.deliverBody(reading)
        await idle.watch(reading.done)
        return bytes(reading.content)


def _parsed(body: bytes) -> Any:
    """The answer as XML; what is none is taken for an empty one."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, recover=True)
    root = etree.fromstring(body, parser) if body.strip() else None
    return etree.Element("none") if root is None else root


def _refusal(status: int, body: bytes) -> StorageError:
    """What an answer of 300 or above means."""
    code = _parsed(body).findtext("{*}Code") or ""
    if not _CODE.fullmatch(code):
        code = ""
    if status == 404 and code != "NoSuchBucket":
        return Missing(f"the bucket answered 404 {code}".rstrip())
    if status == 507 or code in _NO_ROOM:
        return StorageFull(f"the bucket answered {status} {code}".rstrip())
    return BucketRefused(status, code)
