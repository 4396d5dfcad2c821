"""What links lead to: known of late, or fetched, each once at a time.

For messages that is after the send (services/preview_queue.py), and no client has a say (ops/messages/previews.py).
Where nothing is fetched from says previews/addresses.py; time, size and how long one is kept config/messages.py
``Previews``.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec import UNSET, UnsetType
from twisted.logger import Logger

from chatr.api.model import LinkPreview
from chatr.config import PreviewsSettings
from chatr.fetch import Unreachable
from chatr.media.processes.worker import Unparsed
from chatr.previews import links, urls
from chatr.previews.reading import WebPage
from chatr.previews.shared import SharedWork
from chatr.previews.web import Image, Web
from chatr.store.messages import preview_images, previews
from chatr.store.messages.preview_images import Kept
from chatr.store.pool import Database

log = Logger()

#: Where images are served from: below it is the id of one.
IMAGES = "/api/link-preview/images/"
AT_ONCE = 4
MOST_WAITING = 64
#: Pages for messages that were sent. Many, as a slow one takes its place for seconds: nobody's few are to hold up all.
FOR_MESSAGES = 16


class Previews:
    """Looks at links, within the bounds of the settings. ``counted`` hears of each fetch how it went."""

    def __init__(self, db: Database, web: Web, settings: PreviewsSettings, *, counted: Callable[[str], None]) -> None:
        self._db = db
        self._web = web
        self._settings = settings
        self._counted = counted
        self._pages: SharedWork[LinkPreview | None] = SharedWork(self._fetch, at_once=AT_ONCE, most=MOST_WAITING)
        # Of their own, so that no crowd that asks for previews makes messages wait, or go without.
        self._for_messages: SharedWork[LinkPreview | None] = SharedWork(
            self._fetch, at_once=FOR_MESSAGES, most=FOR_MESSAGES
        )
        self._images: SharedWork[None] = SharedWork(self._fetch_image, at_once=AT_ONCE, most=MOST_WAITING)

    @property
    def enabled(self) -> bool:
        """Whether anything is fetched."""
        return self._settings.enabled

    def normal(self, url: str) -> str:
        """A URL in normal form. Raises ValueError for one that is not fetched."""
        return urls.normal(url, self._settings.ports)

    def link(self, text: str) -> str:
        """The first link of a text in normal form; empty when there is none, or one that is not fetched."""
        found = links.first_link(text)
        try:
            # Most texts have none: parsing nothing would cost a fifth of a send.
            return self.normal(found) if found else ""
        except ValueError:
            return ""

    async def get(self, url: str) -> LinkPreview | None:
        """The preview of a URL in normal form; None: there is none, for whatever reason. Raises ``unavailable``."""
        return await self._found(url, self._pages)

    async def for_message(self, url: str) -> LinkPreview | None:
        """The same for a message that was sent: at most :data:`FOR_MESSAGES` at once."""
        return await self._found(url, self._for_messages)

    async def _found(self, url: str, pages: SharedWork[LinkPreview | None]) -> LinkPreview | None:
        if not self.enabled:
            return None
        known = await previews.known(self._db, url, self._settings.cache_s)
        return known.preview if known is not None else await pages.get(url)

    async def image(self, id: str, *, without: str = "") -> Kept | None:
        """An image of a preview, fetched if need be; its body only if it has another version than ``without``."""
        kept = await preview_images.get(self._db, id, self._settings.cache_s, without=without)
        if kept is None or kept.fresh or not self.enabled:
            return kept
        await self._images.get(kept.url)
        return await preview_images.get(self._db, id, self._settings.cache_s, without=without)

    async def forget(self) -> None:
        """Forget what is too old, and images beyond what they may take."""
        await previews.forget(self._db, self._settings.cache_s)
        await preview_images.drop_bodies(self._db, self._settings.cache_s, self._settings.max_cache_bytes)

    async def _fetch(self, url: str) -> LinkPreview | None:
        page: WebPage | None = None
        try:
            page = await self._web.page(url)
            self._counted("found" if page is not None else "nothing")
        except Unreachable as error:
            self._failed(error)
        except Unparsed as error:
            self._counted("unparsed")
            log.debug("a page could not be parsed: {error}", error=error)
        preview = await self._preview(url, page) if page is not None else None
        await previews.keep(self._db, url, preview)
        return preview

    async def _preview(self, url: str, page: WebPage) -> LinkPreview:
        return LinkPreview(
            url=url,
            title=page.title or UNSET,
            description=page.description or UNSET,
            image=await self._path(page.image),
            site_name=page.site_name or UNSET,
            favicon=await self._path(page.favicon),
        )

    async def _path(self, url: str) -> str | UnsetType:
        return IMAGES + await preview_images.id_of(self._db, url) if url else UNSET

    async def _fetch_image(self, url: str) -> None:
        image: Image | None = None
        try:
            image = await self._web.image(url)
            self._counted("image" if image is not None else "no_image")
        except Unreachable as error:
            self._failed(error)
        kind, body = (image.media_type, image.body) if image is not None else (None, None)
        await preview_images.keep(self._db, url, kind, body)

    def _failed(self, error: Unreachable) -> None:
        self._counted("unreachable")
        # Not what was looked at: a link is part of what somebody wrote.
        log.debug("a link of a message, or its image: {error}", error=error)
