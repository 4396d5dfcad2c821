"""Files on their way out: by signed links, to who is signed in, and public images.

Who may have what says the :class:`Serving`. Nothing of what strangers have sent runs in a browser, whatever it is.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable
from typing import Any, Protocol

from twisted.logger import Logger
from zope.interface import implementer

from chatr.api.context import Caller
from chatr.api.errors import ApiError
from chatr.files.disk import PIECE_BYTES
from chatr.files.names import disposition
from chatr.files.pieces import IDirectConsumer
from chatr.files.served import Served
from chatr.files.storage import ConsumerGone, Missing, Storage, StorageError
from chatr.rest.exchange import PREFIX, Exchange, absent
from chatr.rest.http.conditions import Unsatisfiable, knows, part_of
from chatr.rest.http.headers import FILE, SHARED_FILE, Headers, HttpRefusal
from chatr.rest.http.request import ChatrRequest
from chatr.rest.parameters import query_of
from chatr.rest.transfers.intake import UnderWay

log = Logger()

#: How long an address of the storage itself opens: a browser goes there at once.
DIRECT_S = 60
#: What browsers may show by themselves: no other kind, and of these nothing that is text.
_SHOWN = re.compile(r"(image|audio|video)/(?!.*xml)[a-z0-9.+-]+")
#: What a browser would take for a page or a script, were it told so.
_ACTIVE = re.compile(r"[a-z]+/(x?html|xml|(x-)?(java|ecma)script|.*\+xml)(;.*)?", re.IGNORECASE)


class Serving(Protocol):
    """Says what is served. All may raise ``not_found``, ``gone`` and ``unavailable``. No ``form``: the file itself."""

    def by_link(self, id: str, form: str, signature: str) -> Awaitable[Served]:
        """What a signed link opens. Raises ``forbidden`` for one that doesn't."""

    def by_caller(self, caller: Caller, id: str, form: str) -> Awaitable[Served]:
        """A file for somebody who is signed in. Raises ``unauthenticated``."""

    def of_message(self, caller: Caller, message_id: str) -> Awaitable[Served]:
        """The file of a message, for somebody who is signed in. Raises ``unauthenticated``."""

    def picture(self, id: str, size: str) -> Awaitable[Served]:
        """A public image, in the size of that name or its largest."""


class Downloads:
    """Serves them."""

    def __init__(self, exchange: Exchange, serving: Serving, storage: Storage, under_way: UnderWay) -> None:
        self._exchange = exchange
        self._serving = serving
        self._storage = storage
        self._under_way = under_way
        for name, path, handler in (
            ("file.download", "/files/<id>/<name>", self._file),
            ("message.download", "/messages/download/<id>", self._of_message),
            ("image.show", "/images/<id>", self._picture),
        ):
            exchange.serve(name, PREFIX + path, handler, max_body_bytes=0)

    async def _file(self, request: ChatrRequest, /, **variables: str) -> bytes:
        query = query_of(request)
        id, form, signature = variables["id"], query.get("form", ""), query.get("signature", "")
        if signature:
            return await self._serve(request, self._serving.by_link(id, form, signature))
        return await self._serve(request, self._serving.by_caller(self._exchange.caller(request), id, form))

    async def _of_message(self, request: ChatrRequest, /, **variables: str) -> bytes:
        return await self._serve(request, self._serving.of_message(self._exchange.caller(request), variables["id"]))

    async def _picture(self, request: ChatrRequest, /, **variables: str) -> bytes:
        return await self._serve(request, self._serving.picture(variables["id"], query_of(request).get("size", "")))

    async def _serve(self, request: ChatrRequest, looked_up: Awaitable[Served]) -> bytes:
        answered: bytes = await self._exchange.run(self._answer(request, looked_up))
        return answered

    async def _answer(self, request: ChatrRequest, looked_up: Awaitable[Served]) -> bytes:
        served = await looked_up
        answer = _Answer(request, _headers(request, served))
        tag = f'"{served.tag}"'
        if knows(request.getHeader("if-none-match") or "", tag):
            return answer.only(304, [("ETag", tag)])
        accel = self._storage.accel(served.key)
        if accel is not None:
            # nginx makes tags of its own, and knows what part is asked for.
            return answer.only(200, [("X-Accel-Redirect", accel)])
        is_get = request.method == b"GET"
        if is_get and (direct := self._direct(served)) is not None:
            return answer.only(302, [("Location", direct), ("Cache-Control", "no-store")])
        answer.headers += [("ETag", tag), ("Accept-Ranges", "bytes")]
        start, stop = self._part(request, answer, served, tag) if is_get else (0, served.size)
        answer.headers.append(("Content-Length", str(stop - start)))
        if not is_get or start == stop:
            return answer.only(200, [])
        await self._send(request, answer, served.key, start, stop)
        return b""

    def _direct(self, served: Served) -> str | None:
        return self._storage.direct(
            served.key,
            expires_s=DIRECT_S,
            media_type=_media_type(served),
            disposition=disposition(served.name, inline=_inline(served)),
        )

    def _part(self, request: ChatrRequest, answer: _Answer, served: Served, tag: str) -> tuple[int, int]:
        try:
            part = part_of(request.getHeader("range"), request.getHeader("if-range"), tag, served.size)
        except Unsatisfiable:
            more = [("Content-Range", f"bytes */{served.size}")]
            raise HttpRefusal(416, f"The file has {served.size} bytes", more=more) from None
        if part is None:
            return 0, served.size
        answer.status = 206
        answer.headers.append(("Content-Range", f"bytes {part[0]}-{part[1] - 1}/{served.size}"))
        return part

    async def _send(self, request: ChatrRequest, answer: _Answer, key: str, start: int, stop: int) -> None:
        # One piece is out of here at once, whatever its reader does: those who read large files slowly keep nobody from
        # seeing images of people.
        is_large = stop - start > PIECE_BYTES
        place = self._under_way.enter(Caller(address=self._exchange.address(request))) if is_large else None
        try:
            await self._storage.send(key, start, stop, answer)
        except ConsumerGone:
            pass
        except StorageError as error:
            if answer.begun:
                # What was written is too little, and only the end of the connection can say so.
                log.warn("a file can't be sent to its end: {error}", error=error)
                answer.channel.cut()
                return
            if isinstance(error, Missing):
                log.error("a file is not in the storage: {key}", key=key)
                raise absent() from None
            raise ApiError("unavailable", "Files can't be read at the moment", retry_after_s=10) from error
        finally:
            if place is not None:
                self._under_way.leave(place)


@implementer(IDirectConsumer)
class _Answer:
    """One answer: its headers go out with its first byte, so that until then it can become another."""

    def __init__(self, request: ChatrRequest, headers: Headers) -> None:
        self.headers = headers
        self.status = 200
        self.begun = False
        self.channel: Any = request.channel
        self._request = request

    def only(self, status: int, more: Headers) -> bytes:
        """An answer without a body."""
        self.status = status
        self.headers += more
        self._begin()
        return b""

    def write(self, data: bytes) -> None:
        """A piece of the body: straight to the connection."""
        self._begin_body()
        self.channel.write(data)

    def sendNow(self, data: memoryview) -> int | None:
        """A piece of the body, straight to the socket."""
        self._begin_body()
        sent: int | None = self.channel.send_now(data)
        return sent

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        """Have a producer write."""
        self.channel.registerProducer(producer, streaming)

    def unregisterProducer(self) -> None:
        """It has written all."""
        self.channel.unregisterProducer()

    def _begin_body(self) -> None:
        if not self.begun:
            self._begin()
            self._request.write(b"")

    def _begin(self) -> None:
        self.begun = True
        request = self._request
        request.become(SHARED_FILE if request.rules.cors_origins else FILE)
        for name, value in self.headers:
            request.setHeader(name, value)
        request.setResponseCode(self.status)


def _headers(request: ChatrRequest, served: Served) -> Headers:
    lasts = f"max-age={served.max_age_s}" if served.max_age_s else "no-cache"
    return [
        ("Content-Type", _media_type(served)),
        ("Content-Disposition", disposition(served.name, inline=_inline(served))),
        ("Cache-Control", f"public, {lasts}, immutable" if served.public else f"private, {lasts}"),
    ]


def _inline(served: Served) -> bool:
    return served.inline and _SHOWN.fullmatch(served.media_type) is not None


def _media_type(served: Served) -> str:
    return "application/octet-stream" if _ACTIVE.fullmatch(served.media_type) else served.media_type
