"""Images of link previews: from this server, so that nobody's browser tells the page's server about itself."""

from __future__ import annotations

import re
from collections.abc import Awaitable
from typing import Any, Protocol

from klein import Klein

from chatr.api.errors import ApiError
from chatr.rest.app import absent
from chatr.rest.request import ChatrRequest, render
from chatr.services.link_previews import IMAGES
from chatr.store.messages.preview_images import Kept

#: Images that are on their way at once: each may wait for a slow reader with all its bytes.
AT_ONCE = 64
_TAG = re.compile(r'"([^"]*)"')
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_HEADERS = (
    # Whatever it is taken for: nothing in it runs.
    ("Content-Security-Policy", "default-src 'none'; sandbox"),
    ("Cache-Control", "public, max-age=86400"),
    # For pages of the web client on another origin.
    ("Cross-Origin-Resource-Policy", "cross-origin"),
)


class Images(Protocol):
    """Where images come from."""

    def __call__(self, id: str, *, without: str = "") -> Awaitable[Kept | None]:
        """An image; its body only if it has another version than ``without``."""


class ImageRoute:
    """Adds the route to a Klein app. Public: whoever knows an id may see the image."""

    def __init__(self, klein: Klein, images: Images) -> None:
        self._images = images
        self._under_way = 0
        show: Any = self.show
        klein.route(IMAGES + "<id>", methods=["GET"], endpoint="link-preview.image")(show)

    async def show(self, request: ChatrRequest, id: str) -> bytes:
        """The image, 304 when the browser has it, 404 when there is none that can be shown."""
        try:
            if not _ID.fullmatch(id):
                raise absent()
            if self._under_way >= AT_ONCE:
                raise ApiError("unavailable", "Too many images are asked for", retry_after_s=1)
            self._under_way += 1
            request.notifyFinish().addBoth(self._finished)
            return await self._shown(request, id)
        except ApiError as error:
            request.setResponseCode(error.kind.status)
            return render(request, error.problem(request.request_id))

    async def _shown(self, request: ChatrRequest, id: str) -> bytes:
        tags = _TAG.findall(request.getHeader("if-none-match") or "")
        image = await self._images(id, without=tags[0] if tags else "")
        if image is None or image.media_type is None:
            raise absent()
        for name, value in _HEADERS:
            request.setHeader(name, value)
        request.setHeader("ETag", f'"{image.version}"')
        if image.body is None:
            request.setResponseCode(304)
            return b""
        request.setHeader("Content-Type", image.media_type)
        return image.body

    def _finished(self, _: object) -> None:
        self._under_way -= 1
