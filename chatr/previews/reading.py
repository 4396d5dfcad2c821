"""Reading a page, as a job for a worker process: what goes there and what comes back. No parser is imported here."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated

import msgspec
from msgspec import Meta

from chatr.media.processes.worker import Unparsed
from chatr.media.processes.workers import Workers
from chatr.previews import urls

MAX_TITLE, MAX_DESCRIPTION, MAX_SITE_NAME = 300, 600, 100
#: What of a Content-Type header is looked at.
MAX_CONTENT_TYPE = 200
#: The job, and the module that does it there.
JOB, MODULE = "page", "chatr.previews.pages"

_Link = Annotated[str, Meta(max_length=urls.MAX_CHARS)]


class WebPage(msgspec.Struct, frozen=True, kw_only=True):
    """What a page says of itself; empty: nothing. ``image`` and ``favicon`` are URLs in normal form."""

    title: Annotated[str, Meta(max_length=MAX_TITLE)] = ""
    description: Annotated[str, Meta(max_length=MAX_DESCRIPTION)] = ""
    site_name: Annotated[str, Meta(max_length=MAX_SITE_NAME)] = ""
    image: _Link = ""
    favicon: _Link = ""


class Given(msgspec.Struct, frozen=True, array_like=True):
    """A page as it was fetched."""

    body: bytes
    content_type: str
    url: str
    ports: tuple[int, ...]


class Answer(msgspec.Struct, frozen=True, array_like=True):
    """What is to show of it."""

    page: WebPage | None


async def read(workers: Workers, body: bytes, content_type: str, url: str, ports: Collection[int]) -> WebPage | None:
    """What a page says of itself; None when that is not worth showing. Raises :class:`Unparsed` and ``unavailable``.

    A parser that strangers have taken over may answer anything: so links are looked at once more here.
    """
    given = Given(body, content_type[:MAX_CONTENT_TYPE], url, tuple(ports))
    try:
        page = msgspec.msgpack.decode(await workers.run(JOB, msgspec.msgpack.encode(given)), type=Answer).page
        found = {name: urls.normal(link, ports) for name in ("image", "favicon") if (link := getattr(page, name, ""))}
    except (msgspec.MsgspecError, ValueError):
        raise Unparsed("it is broken") from None
    return msgspec.structs.replace(page, **found) if page is not None else None
