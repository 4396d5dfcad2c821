"""The connection to Redis or Valkey: txredisapi with deadlines, and every trouble as ``unavailable``."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote, urlsplit

from twisted.internet.defer import TimeoutError
from twisted.python.failure import Failure

from chatr.api.errors import ApiError
from chatr.process.tasks import Tasks

TIMEOUT_S = 2.0
#: Reconnecting begins after this, and is tried at least this often.
FIRST_RETRY_S, LAST_RETRY_S = 0.1, 2.0


class RedisError(ValueError):
    """The URL is none of a server."""


class Redis:
    """One connection, which reconnects by itself. Calls run in order; those that can't be made in time fail.

    ``url``: ``redis://[user:password@]host[:port][/database]``, ``rediss://`` for TLS, or ``unix:/path/of/socket``.
    """

    def __init__(self, tasks: Tasks, url: str) -> None:
        """Raises :class:`RedisError`."""
        # Whoever has no Redis does not need it in memory.
        import txredisapi

        self._client = txredisapi
        self._clock = tasks.clock
        self._pulse = tasks.pulse("redis")
        self._url = parsed(url)
        self._handler: Any = None

    def start(self) -> None:
        """Begin to connect."""
        url = self._url
        common: dict[str, Any] = {
            "poolsize": 1,
            "charset": None,
            "convertNumbers": False,
            "replyTimeout": TIMEOUT_S,
            "connectTimeout": TIMEOUT_S,
            "password": url["password"],
            "username": url["username"],
            "dbid": url["database"],
        }
        if url["path"]:
            self._handler = self._client.lazyUnixConnectionPool(url["path"], **common)
        else:
            tls = {"ssl_context_factory": True} if url["tls"] else {}
            self._handler = self._client.lazyConnectionPool(url["host"], url["port"], **common, **tls)
        factory = self._handler._factory
        factory.initialDelay, factory.maxDelay = FIRST_RETRY_S, LAST_RETRY_S

    @property
    def reachable(self) -> bool:
        """Whether the last call went well."""
        return not self._pulse.tries

    async def stop(self) -> None:
        """Disconnect."""
        handler, self._handler = self._handler, None
        if handler is not None:
            await handler.disconnect()

    async def run(self, script: str, *args: str | int | float) -> Any:
        """Run a Lua script, which is one step for everybody else. Raises ``unavailable``."""
        if self._handler is None:
            raise ApiError("unavailable", "Redis is not connected")
        try:
            answer = await self._handler.eval(script, args=list(args)).addTimeout(TIMEOUT_S, self._clock)
        except (self._client.RedisError, TimeoutError) as error:
            trouble = ApiError("unavailable", f"Redis: {error or type(error).__name__}", retry_after_s=1)
            self._pulse.failed(Failure(trouble), said=trouble.detail)
            raise trouble from None
        self._pulse.succeeded()
        return answer


def parsed(url: str) -> dict[str, Any]:
    """The parts of a URL. Raises :class:`RedisError`, without the password that is in it."""
    try:
        parts = urlsplit(url)
        host, port, database = parts.hostname, parts.port, parts.path.strip("/")
    except ValueError:
        raise RedisError("is not a URL") from None
    known: dict[str, Any] = {
        "tls": parts.scheme == "rediss",
        "username": unquote(parts.username) if parts.username else None,
        "password": unquote(parts.password) if parts.password else None,
    }
    if parts.scheme == "unix" and parts.path:
        return {**known, "path": parts.path, "host": "", "port": 0, "database": None}
    if parts.scheme not in ("redis", "rediss") or not host or (database and not database.isdigit()):
        raise RedisError("must be redis://host:port/database, rediss://… or unix:/path")
    return {**known, "path": "", "host": host, "port": port or 6379, "database": int(database) if database else None}
