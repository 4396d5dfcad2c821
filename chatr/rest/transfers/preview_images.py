"""Images of link previews: from this server, so that nobody's browser tells the page's server about itself."""

from __future__ import annotations

import re
from collections.abc import Awaitable
from typing import Protocol

from chatr.api.errors import ApiError
from chatr.rest.exchange import Exchange, absent
from chatr.rest.http.headers import IMAGE
from chatr.rest.http.request import ChatrRequest
from chatr.services.link_previews import IMAGES
from chatr.store.messages.preview_images import Kept

#: Images that are on their way at once: each may wait for a slow reader with all its bytes.
AT_ONCE = 64
_TAG = re.compile(r'"([^"]*)"')
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Images(Protocol):
    """Where images come from."""

    def __call__(self, id: str, *, without: str = "") -> Awaitable[Kept | None]:
        """An image; its body only if it has another version than ``without``."""


class ImageRoute:
    """Serves the images. Public: whoever knows an id may see the image."""

    def __init__(self, exchange: Exchange, images: Images) -> None:
        self._exchange = exchange
        self._images = images
        self._under_way = 0
        exchange.serve("link-preview.image", IMAGES + "<id>", self.show, max_body_bytes=0)

    async def show(self, request: ChatrRequest, /, **variables: str) -> bytes:
        """The image, 304 when the browser has it, 404 when there is none that can be shown."""
        if not _ID.fullmatch(variables["id"]):
            raise absent()
        if self._under_way >= AT_ONCE:
            raise ApiError("unavailable", "Too many images are asked for", retry_after_s=1)
        self._under_way += 1
        request.notifyFinish().addBoth(self._finished)
        shown: bytes = await self._exchange.run(self._shown(request, variables["id"]))
        return shown

    async def _shown(self, request: ChatrRequest, id: str) -> bytes:
        tags = _TAG.findall(request.getHeader("if-none-match") or "")
        image = await self._images(id, without=tags[0] if tags else "")
        if image is None or image.media_type is None:
            raise absent()
        request.become(IMAGE)
        request.setHeader("ETag", f'"{image.version}"')
        if image.body is None:
            request.setResponseCode(304)
            return b""
        request.setHeader("Content-Type", image.media_type)
        return image.body

    def _finished(self, _: object) -> None:
        self._under_way -= 1
