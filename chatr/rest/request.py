"""Reading a request: its body within a limit, its parameters, its bearer, its caller's address."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from twisted.internet.interfaces import IReactorTime
from twisted.python.failure import Failure
from twisted.web.server import Request

from chatr.api.contract import Operation
from chatr.api.errors import ApiError, invalid

#: How long a client that was refused early may go on sending before it is cut off: closing at once would reset the
#: connection, and the refusal would be lost on its way.
LINGER_S = 2.0


class LimitedRequest(Request):
    """A request whose body is bounded before Twisted buffers it, with or without a known length."""

    max_body_bytes: int
    clock: IReactorTime

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._received = 0
        self._refused = False

    def gotLength(self, length: int | None) -> None:
        """All headers are in."""
        if length is not None and length > self.max_body_bytes:
            self._refuse()
        super().gotLength(0 if self._refused else length)

    def handleContentChunk(self, data: bytes) -> None:
        """A part of the body is in."""
        if self._refused:
            return
        self._received += len(data)
        if self._received > self.max_body_bytes:
            self._refuse()
        else:
            super().handleContentChunk(data)

    def requestReceived(self, command: bytes, path: bytes, version: bytes) -> None:
        """The whole body is in."""
        if self._refused:
            self.channel.loseConnection()
        else:
            super().requestReceived(command, path, version)

    def _refuse(self) -> None:
        self._refused = True
        detail = f"A request body has at most {self.max_body_bytes} bytes"
        body = msgspec.json.encode(ApiError("too_large", detail).problem(""))
        head = (
            b"HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Type: application/problem+json\r\n"
            b"X-Content-Type-Options: nosniff\r\nContent-Length: %d\r\n\r\n" % len(body)
        )
        self.channel.persistent = False
        # Otherwise Twisted would invite the body with 100 Continue.
        self.requestHeaders.removeHeader(b"expect")
        transport: Any = self.channel.transport
        transport.write(head + body)
        cut = self.clock.callLater(LINGER_S, transport.abortConnection)
        self.notifyFinish().addBoth(_cancel, cut)


def _cancel(_: Failure | None, call: Any) -> None:
    if call.active():
        call.cancel()


def limited(max_body_bytes: int, clock: IReactorTime) -> type[LimitedRequest]:
    """The request class of a site with this limit."""
    return type("ChatrRequest", (LimitedRequest,), {"max_body_bytes": max_body_bytes, "clock": clock})


def parameters(
    request: Request, operation: Operation, variables: Mapping[str, str], lists: frozenset[str]
) -> tuple[dict[str, Any], bool]:
    """An operation's undecoded parameters, and whether they are text.

    They come from the path, the query and a JSON body; a name may stand in one of them only. ``lists`` names the
    parameters that a query repeats or separates by commas. Raises ``invalid`` and ``unsupported_media``.
    """
    body = _body(request)
    merged: dict[str, Any] = dict(variables)
    for source in (_query(request, lists), body):
        for name, value in source.items():
            if name in merged:
                raise invalid(f"$.{name}", "is given twice")
            merged[name] = value
    key = request.getHeader("idempotency-key")
    fields = {field.encode_name for field in msgspec.structs.fields(operation.params)}
    if key is not None and "clientId" in fields:
        merged.setdefault("clientId", key)
    return merged, not body


def _query(request: Request, lists: frozenset[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for raw_name, raw_values in request.args.items():
        try:
            name, values = raw_name.decode(), [value.decode() for value in raw_values]
        except UnicodeDecodeError:
            raise invalid("$", "the query is not valid UTF-8") from None
        if name in lists:
            found[name] = [part for value in values for part in value.split(",") if part]
        elif len(values) > 1:
            raise invalid(f"$.{name}", "is given twice")
        else:
            found[name] = values[0]
    return found


def _body(request: Request) -> dict[str, Any]:
    content = request.content.read() if request.content is not None else b""
    if not content:
        return {}
    kind = (request.getHeader("content-type") or "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise ApiError("unsupported_media", "Send a JSON object as application/json")
    try:
        value = msgspec.json.decode(content)
    except UnicodeDecodeError:
        raise invalid("$", "the body is not valid UTF-8") from None
    except (msgspec.DecodeError, RecursionError) as error:
        raise invalid("$", f"the body is not valid JSON: {error}") from None
    if not isinstance(value, dict):
        raise invalid("$", "the body is not a JSON object")
    return value


def bearer(request: Request) -> str | None:
    """The access token of the Authorization header; None without one. Raises ``unauthenticated`` on another scheme."""
    header = request.getHeader("authorization")
    if header is None:
        return None
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise ApiError("unauthenticated", "Send the access token as Authorization: Bearer <token>")
    return token.strip()


def address_reader(trusted_proxies: int) -> Callable[[Request], str]:
    """How to tell a caller's address behind so many proxies of our own: each has appended to X-Forwarded-For."""

    def read(request: Request) -> str:
        if trusted_proxies:
            lines = request.requestHeaders.getRawHeaders("x-forwarded-for", [])
            hops = [hop.strip() for line in lines for hop in line.split(",") if hop.strip()]
            if len(hops) >= trusted_proxies:
                return hops[-trusted_proxies]
        return str(getattr(request.getClientAddress(), "host", ""))

    return read
