"""The web client: its files, and its first page at every address that is a page of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from chatr.rest.exchange import Exchange, absent
from chatr.rest.files import Form, ServedFile, read_files
from chatr.rest.http.conditions import knows
from chatr.rest.http.headers import CLIENT, PAGE
from chatr.rest.http.request import ChatrRequest
from chatr.rest.pages import plain

#: Where ``vite build`` puts the client, in a checkout and in a wheel.
FOLDER = Path(__file__).parents[1] / "static"
#: Below these no address is a page of the client.
_OTHERS = ("/api/", "/assets/", "/dev/", "/ws/")
_CODING = re.compile(r"[ \t]*+([a-z*]++)[ \t]*+(?:;[ \t]*+q=([0-9.]++)[ \t]*+)?")
_ASSETS = "public, max-age=31536000, immutable"
_UNBUILT = plain(
    "Chatr",
    "<h1>Chatr</h1><p>The server works. Its web client has not been built: that needs Node 20.19 or newer with npm. "
    "In a checkout <code>make run</code> builds it, and so does <code>make web</code>; then start the server again.</p>"
    '<p>What programs need is here: <a href="/api/openapi.json">OpenAPI</a>, <a href="/api/wamp.json">WAMP</a>.</p>',
)


class WebClient:
    """Answers where no route does. Until :meth:`open`, and where nothing was built, with a page that says how to."""

    def __init__(self, exchange: Exchange, folder: Path = FOLDER, *, bucket: str = "") -> None:
        """``bucket``: the origin that browsers are sent to for files, if they are."""
        self._folder = folder
        self._files: Mapping[str, ServedFile] = {}
        self._index = ServedFile.of("text/html; charset=utf-8", _UNBUILT)
        self._kind = PAGE
        self._bucket = bucket
        exchange.otherwise("client", self.show)

    def open(self) -> None:
        """Read the files. Only a server does, once."""
        self._files = read_files(self._folder)
        built = self._files.get("/index.html")
        if built is not None:
            self._index, self._kind = built, CLIENT
            if self._bucket:
                self._kind = CLIENT.with_source(self._bucket, "img-src ", "media-src ", "connect-src ")

    def show(self, request: ChatrRequest, /, **_: str) -> bytes:
        """The file of this name; the first page where the name is none of a file; else ``not_found``."""
        path = request.path.decode("ascii")
        file = self._files.get(path)
        if file is None:
            # What begins with two slashes a browser may take for another host.
            if f"{path}/".startswith(_OTHERS) or "//" in path or "." in path.rpartition("/")[2]:
                raise absent()
            file = self._index
        form = _form(file, request.getHeader("accept-encoding") or "")
        request.become(self._kind)
        request.setHeader("Cache-Control", _ASSETS if path.startswith("/assets/") else "no-cache")
        request.responseHeaders.addRawHeader("Vary", "Accept-Encoding")
        request.setHeader("ETag", form.tag)
        if knows(request.getHeader("if-none-match") or "", form.tag):
            request.setResponseCode(304)
            return b""
        request.setHeader("Content-Type", file.media_type)
        if form.encoding:
            request.setHeader("Content-Encoding", form.encoding)
        return form.body


def _form(file: ServedFile, accepted: str) -> Form:
    """The first form that the browser takes (RFC 9110, section 12.5.3); the plain one, whatever it says of that."""
    codings = [found.groups() for part in accepted.lower().split(",") if (found := _CODING.fullmatch(part))]
    taken = {name for name, weight in codings if weight is None or weight.strip("0.")}
    return next((form for form in file.forms if form.encoding in taken), file.forms[-1])
