"""Pages and images of the public internet: redirects here, time and size by the settings, addresses by addresses.py."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import msgspec
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IHostnameResolver
from twisted.web.iweb import IPolicyForHTTPS

from chatr import __version__
from chatr.config import PreviewsSettings
from chatr.fetch import Fetcher, Response, ResponseHead, Unreachable
from chatr.media.processes.workers import MEMORY_BYTES, Workers
from chatr.previews import addresses, images, reading, urls
from chatr.previews.agent import PublicAgent
from chatr.previews.reading import WebPage
from chatr.previews.resolver import Resolver

MAX_REDIRECTS = 3
#: What a worker needs for each byte of a page beyond what it needs anyway: its text, and what the parser makes of it.
_MEMORY_FACTOR = 64
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PAGES = frozenset({"text/html", "application/xhtml+xml"})
_USER_AGENT = f"chatr/{__version__} (link previews)"


class Image(msgspec.Struct, frozen=True):
    """An image, and what it is by its own bytes."""

    media_type: str
    body: bytes


class Web:
    """Reads what may be read, within the bounds of the settings: of time, for all redirects together."""

    def __init__(
        self,
        reactor: Any,
        settings: PreviewsSettings,
        *,
        resolver: IHostnameResolver | None = None,
        policy: IPolicyForHTTPS | None = None,
    ) -> None:
        self._reactor = reactor
        self._settings = settings
        memory_bytes = MEMORY_BYTES + _MEMORY_FACTOR * settings.max_bytes
        self._workers = Workers(reactor, {reading.JOB: reading.MODULE}, memory_bytes=memory_bytes)
        agent = partial(
            PublicAgent,
            reactor,
            resolver or Resolver(reactor),
            public=partial(addresses.public, allow=addresses.networks(settings.allow)),
            ports=settings.ports,
            timeout_s=settings.timeout_s,
            policy=policy,
        )
        # With room for the marks between chunks.
        self._pages = Fetcher(reactor, agent=agent(max_bytes=settings.max_bytes * 5 // 4))
        self._images = Fetcher(reactor, agent=agent(max_bytes=settings.max_image_bytes * 5 // 4))

    def stop(self) -> Deferred[None]:
        """Stop the processes that read pages."""
        return self._workers.stop()

    async def page(self, url: str) -> WebPage | None:
        """Read what a page says of itself; None when it is none, or says nothing.

        Raises :class:`Unreachable`, ``Unparsed`` and ``unavailable``.
        """
        asking = partial(self._pages.request, limit=self._settings.max_bytes, wanted=_is_page)
        answer, url = await self._get(asking, url, "text/html, application/xhtml+xml")
        if not _is_page(answer):
            return None
        return await reading.read(self._workers, answer.body, answer.content_type, url, self._settings.ports)

    async def image(self, url: str) -> Image | None:
        """Fetch an image; None when it is none, is too large or is not whole in time. Raises :class:`Unreachable`."""
        asking = partial(self._images.request, limit=self._settings.max_image_bytes, wanted=_is_found)
        answer, url = await self._get(asking, url, "image/*")
        kind = images.media_type(answer.body) if answer.whole and _is_found(answer) else None
        return Image(kind, answer.body) if kind else None

    async def _get(self, request: Callable[..., Awaitable[Response]], url: str, accept: str) -> tuple[Response, str]:
        """What is at the end of the redirects, and where that is."""
        end = self._reactor.seconds() + self._settings.timeout_s
        headers = {"Accept": accept, "User-Agent": _USER_AGENT}
        for _ in range(1 + MAX_REDIRECTS):
            left = end - self._reactor.seconds()
            if left <= 0:
                raise Unreachable("took too long")
            answer = await request("GET", url, headers=headers, timeout_s=left)
            if answer.status not in _REDIRECTS:
                return answer, url
            try:
                url = urls.joined(url, answer.location, self._settings.ports)
            except ValueError as error:
                raise Unreachable(f"leads where nothing is fetched: it {error}") from None
        raise Unreachable("redirects too often")


def _is_found(head: ResponseHead) -> bool:
    return 200 <= head.status < 300


def _is_page(head: ResponseHead) -> bool:
    return _is_found(head) and head.content_type.partition(";")[0].strip().lower() in _PAGES
