"""What machines ask about the process: whether it lives, whether it can serve, and its numbers."""

from __future__ import annotations

from chatr import __version__
from chatr.process.tasks import Tasks
from chatr.realtime.redis import Redis
from chatr.rest.exchange import PREFIX, Exchange, as_json
from chatr.rest.http.request import ChatrRequest
from chatr.rest.metrics import Metrics
from chatr.store.pool import Database


class Health:
    """Serves /health, /ready and /metrics, at the root and below /api; also while the server stops."""

    def __init__(
        self, exchange: Exchange, tasks: Tasks, metrics: Metrics, db: Database, redis: Redis | None, mode: str
    ) -> None:
        self._exchange = exchange
        self._mode = mode
        self._db = db
        self._redis = redis
        self._tasks = tasks
        self._metrics = metrics
        for name, handler in (("health", self.health), ("ready", self.ready), ("metrics", self.metrics)):
            for path in (f"/{name}", f"{PREFIX}/{name}"):
                exchange.serve(name, path, handler, endpoint=path, max_body_bytes=0, drains=False)

    def health(self, request: ChatrRequest, /, **_: str) -> bytes:
        """The process is alive; ``mode``: whether it runs for developers, as ``server.mode`` has it."""
        return as_json(request, {"status": "ok", "version": __version__, "mode": self._mode})

    async def ready(self, request: ChatrRequest, /, **_: str) -> bytes:
        """Whether the process can serve: 503 when not. Each part is named, also those without which it can.

        ``tasks``: what goes on beside the calls, False when it has not succeeded for a minute, with a line in ``late``.
        """
        database, draining = await self._db.healthy(), self._exchange.draining
        ready = database and not draining
        request.setResponseCode(200 if ready else 503)
        answer: dict[str, object] = {"ready": ready, "database": database, "draining": draining}
        if self._redis is not None:
            answer["redis"] = self._redis.reachable
        answer["tasks"] = {name: not pulse.late for name, pulse in self._tasks.pulses.items()}
        answer["late"] = self._tasks.late()
        return as_json(request, answer)

    def metrics(self, request: ChatrRequest, /, **_: str) -> bytes:
        """For Prometheus."""
        request.setHeader("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
        return self._metrics.render()
