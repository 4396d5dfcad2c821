"""Presence when connections and processes vanish without a word."""

from __future__ import annotations

import shutil
import signal
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred

from chatr.realtime import presence
from tests.e2e.client import Wamp
from tests.e2e.faults import TWISTD
from tests.e2e.programs import Program
from tests.e2e.test_sessions import SessionCase
from tests.realtime.test_presence_redis import pass_s
from tests.valkey import valkey


def ago(moment: str) -> timedelta:
    """How long ago a wire time is."""
    return datetime.now(timezone.utc) - datetime.fromisoformat(moment)


class VanishTests(SessionCase):
    """Sockets that die without closing."""

    settings = {"limits.enabled": "false", "wamp.ping_interval_s": "0.5", "wamp.ping_timeout_s": "0.3"}

    async def test_network_cut(self) -> None:
        """Two tabs whose network is gone: nobody says goodbye, yet soon the person is offline, seen just before."""
        self.patch(presence, "GRACE_S", 0.2)
        bens = await self.connect(await self.ben.ticket())
        tabs = [await self.connect(await self.ann.ticket()) for _ in range(2)]
        await self.event(bens, "chatr.presence.changed", lambda told: told["status"] == "online")
        for tab in tabs:
            # It takes nothing more and answers nothing, as a machine that lost its network.
            tab._protocol.transport.pauseProducing()
        gone = await self.event(bens, "chatr.presence.changed", lambda told: told["status"] == "offline")
        self.assertLess(ago(gone["lastSeen"]), timedelta(seconds=3))
        statuses = [told["status"] for topic, told in bens.events if topic == "chatr.presence.changed"]
        self.assertEqual(statuses, ["online", "offline"])
        [state] = (await bens.call("presence.query", userIds=[self.ann.id]))["items"]
        self.assertEqual((state["status"], state["lastSeen"]), ("offline", gone["lastSeen"]))
        for tab in tabs:
            tab._protocol.transport.resumeProducing()


class NodesTests(SessionCase):
    """Two processes that share a Valkey."""

    async def setUp(self) -> None:
        self.server = valkey()
        self.assertEqual(self.server.ask("FLUSHALL"), b"+OK\r\n")
        self.settings = {"limits.enabled": "false", "redis.url": self.server.url}
        await super().setUp()

    async def test_a_server_is_killed(self) -> None:
        """Its people are online for everybody while it lives; killed, they are offline for everybody soon after."""
        other = await self.node()
        bens = await self.connect(await self.ben.ticket())
        anns = await Wamp.connect(other.port, self.ann.token)
        while await self.status(bens) != "online":
            await anns.call("user.me")
        other.kill(signal.SIGKILL)
        await other.ended
        await anns.closed
        tracker = self.service.node.ports.live.presence
        await tracker._live()
        self.assertEqual(await self.status(bens), "online")
        # As if the node had been silent for as long as a node may be.
        await pass_s(self.service.node.redis, "chatr:presence", presence.DEAD_AFTER_S)
        self.assertEqual(await self.status(bens), "offline")
        await tracker._live()
        gone = await self.event(bens, "chatr.presence.changed", lambda told: told["status"] == "offline")
        self.assertLess(abs(ago(gone["lastSeen"]) - timedelta(seconds=presence.DEAD_AFTER_S)), timedelta(seconds=10))

    async def test_redis_goes(self) -> None:
        """Without the shared server questions are refused as unavailable; all else works, and presence comes back."""
        bens, anns = await self.connect(await self.ben.ticket()), await self.connect(self.ann.token)
        await self.event(bens, "chatr.presence.changed", lambda told: told["status"] == "online")
        self.server.signal(signal.SIGKILL)
        answer = await self.ann.rest("GET", f"/presence?userIds={self.ben.id}", None, 503)
        self.assertEqual(answer["code"], "unavailable")
        await self.ann.send(self.ben, "still here")
        self.server.start()
        while (await self.ann.rest("GET", f"/presence?userIds={self.ben.id}", None, 0)).get("code"):
            await anns.call("user.me")
        while await self.status(bens) != "online":
            await self.service.node.ports.live.presence._live()

    async def status(self, wamp: Wamp) -> str:
        """What Ben is answered about Ann."""
        [state] = (await wamp.call("presence.query", userIds=[self.ann.id]))["items"]
        self.assertFalse(state["hidden"])
        return str(state["status"])

    async def node(self) -> Any:
        """Another process on the same database, Valkey and keys."""
        home = Path(self.mktemp()).absolute()
        home.mkdir()
        for name in ("server.key", "jwt.key"):
            shutil.copy(self.data_dir / name, home / name)
        options = ["--http", "tcp:0:interface=127.0.0.1", "--data-dir", str(home), "--database", self.dsn]
        for name, value in self.settings.items():
            options += ["--set", f"{name}={value}"]
        program: Any = Program([*TWISTD, *options])
        self.addCleanup(lambda: Deferred.fromCoroutine(self.end(program)))
        said = await program.says("Chatr is ready at")
        program.port = int(said.split("Chatr is ready at http://127.0.0.1:")[1].partition("/")[0])
        return program

    async def end(self, program: Any) -> None:
        if program.transport.pid:
            program.kill(signal.SIGTERM)
            await program.ended
