"""Presence of several processes, on a real Valkey."""

from __future__ import annotations

import signal
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase, TestCase

from chatr.api.errors import ApiError
from chatr.process.tasks import Tasks
from chatr.realtime import redis as connection
from chatr.realtime.presence import DEAD_AFTER_S, PresenceChange, PresenceTracker
from chatr.realtime.presence_redis import RedisPresence
from chatr.realtime.redis import Redis, RedisError, parsed
from tests.contract_suites.presence import ANN, BEN, CAT, PresenceSuite
from tests.valkey import valkey

_PREFIX = "test"


class RedisCase(TestCase):
    """An empty server, and connections that are closed at the end."""

    def setUp(self) -> None:
        self.server = valkey()
        self.assertEqual(self.server.ask("FLUSHALL"), b"+OK\r\n")
        self.redis = self.connect()

    def connect(self) -> Redis:
        redis = Redis(Tasks(reactor), self.server.url)  # type: ignore[arg-type]
        redis.start()
        self.addCleanup(lambda: Deferred.fromCoroutine(redis.stop()))
        return redis

    async def pass_s(self, seconds: float) -> None:
        await pass_s(self.redis, _PREFIX, seconds)


async def pass_s(redis: Redis, prefix: str, seconds: float) -> None:
    """Move everything that is stored back by that time: for the store the same as if it passed."""
    script = """
    local by = tonumber(ARGV[2])
    for _, node in ipairs(redis.call('ZRANGE', ARGV[1] .. ':nodes', 0, -1)) do
        redis.call('ZINCRBY', ARGV[1] .. ':nodes', -by, node)
        redis.call('HINCRBY', ARGV[1] .. ':beats', node, -by)
    end
    for _, key in ipairs(redis.call('KEYS', ARGV[1] .. ':p:*')) do
        if redis.call('HEXISTS', key, 'at') == 1 then redis.call('HINCRBY', key, 'at', -by) end
    end
    return 0
    """
    await redis.run(script, prefix, round(seconds * 1000) + 1)


class RedisPresenceTests(RedisCase, PresenceSuite):
    """The suite of all presence stores."""

    def setUp(self) -> None:
        super().setUp()
        self.store = RedisPresence(self.redis, prefix=_PREFIX)

    def another(self) -> RedisPresence:
        return RedisPresence(self.connect(), prefix=_PREFIX)

    async def test_nothing_is_left(self) -> None:
        """Who is gone takes no room for longer than the interval."""
        await self.store.beat()
        await self.store.put({ANN: "online"})
        await self.store.settle([ANN])
        await self.pass_s(1)
        await self.store.put({ANN: None})
        await self.store.settle([ANN])
        self.assertIn(b":1", self.server.ask(f"EXISTS {_PREFIX}:p:{ANN}"))
        ttl = int(self.server.ask(f"PTTL {_PREFIX}:p:{ANN}")[1:])
        self.assertTrue(0 < ttl <= 1000)
        self.assertEqual(self.server.ask(f"EXISTS {_PREFIX}:of:{self.store._node}"), b":0\r\n")


class NodesTests(RedisCase):
    """Several nodes."""

    def setUp(self) -> None:
        super().setUp()
        self.one = RedisPresence(self.redis, prefix=_PREFIX)
        self.two = RedisPresence(self.connect(), prefix=_PREFIX)

    async def test_best_of_all_nodes(self) -> None:
        """Online on one is online; away when away everywhere; offline when the last node says so."""
        await self.one.beat()
        await self.two.beat()
        steps: list[tuple[Any, Any, str]] = [
            (self.one, "away", "away"),
            (self.two, "online", "online"),
            (self.two, "away", "away"),
            (self.one, None, "away"),
            (self.two, None, "offline"),
        ]
        for node, says, wanted in steps:
            await node.put({ANN: says})
            for asked in (self.one, self.two):
                self.assertEqual(await asked.statuses([ANN]), {ANN: wanted})

    async def test_announced_by_one(self) -> None:
        """A change that two nodes see is announced by one of them."""
        await self.one.beat()
        await self.two.beat()
        await self.one.put({ANN: "online"})
        await self.two.put({ANN: "online"})
        self.assertEqual((await self.two.settle([ANN])).news, {ANN: "online"})
        self.assertEqual((await self.one.settle([ANN])).news, {})

    async def test_a_node_that_dies(self) -> None:
        """Its people are gone as soon as its time is over; one other node is told, with how long ago it was heard."""
        for node in (self.one, self.two):
            self.assertFalse((await node.beat()).known)
            self.assertTrue((await node.beat()).known)
        await self.one.put({ANN: "online", BEN: "online"})
        await self.two.put({BEN: "away", CAT: "online"})
        await self.one.settle([ANN, BEN, CAT])
        await self.pass_s(DEAD_AFTER_S - 5)
        self.assertEqual((await self.two.beat()).orphans, {})
        self.assertEqual(await self.two.statuses([ANN]), {ANN: "online"})
        await self.pass_s(10)
        self.assertEqual(await self.two.statuses([ANN, BEN]), {ANN: "offline", BEN: "away"})
        third = RedisPresence(self.redis, prefix=_PREFIX)
        heard = [await node.beat() for node in (self.two, third)]
        self.assertEqual((set(heard[0].orphans), heard[1].orphans), ({ANN, BEN}, {}))
        self.assertTrue(all(35 <= seconds < 36 for seconds in heard[0].orphans.values()))
        self.assertEqual((await self.two.settle([ANN, BEN, CAT])).news, {ANN: "offline", BEN: "away"})
        self.assertFalse((await self.one.beat()).known)

    async def test_a_node_that_dies_before_it_announces(self) -> None:
        """Whoever asked was told that the person is here: so they are told of the going, though not of the coming."""
        for node in (self.one, self.two):
            await node.beat()
        await self.one.put({ANN: "away"})
        self.assertEqual(await self.two.statuses([ANN]), {ANN: "away"})
        await self.pass_s(DEAD_AFTER_S)
        self.assertEqual(list((await self.two.beat()).orphans), [ANN])
        self.assertEqual((await self.two.settle([ANN])).news, {ANN: "offline"})

    async def test_server_restarts(self) -> None:
        """A server that was killed: calls fail at once, then all is said again and nobody was lost."""
        told: list[PresenceChange] = []
        tracker = PresenceTracker(Tasks(reactor), self.one, told.extend)  # type: ignore[arg-type]
        tracker.start()
        tracker.joined(ANN, "c")
        while not told:
            await self.one.beat()
        self.server.signal(signal.SIGKILL)
        error = await self.assertFailure(Deferred.fromCoroutine(tracker.statuses([ANN])), ApiError)
        self.assertEqual(error.code, "unavailable")
        self.server.start()
        while (await self.statuses(tracker)).get(ANN) != "online":
            await Deferred.fromCoroutine(tracker._live())
        await tracker.stop()

    async def statuses(self, tracker: PresenceTracker) -> dict[str, str]:
        """Statuses, none while there is no connection."""
        try:
            return dict(await tracker.statuses([ANN]))
        except ApiError:
            return {}

    async def test_server_hangs(self) -> None:
        """A server that does not answer: calls fail after a deadline, and work again afterwards."""
        self.patch(connection, "TIMEOUT_S", 0.2)
        await self.one.beat()
        self.server.signal(signal.SIGSTOP)
        try:
            await self.assertFailure(Deferred.fromCoroutine(self.one.beat()), ApiError)
        finally:
            self.server.signal(signal.SIGCONT)
        for _ in range(100):
            try:
                heard = await self.one.beat()
                break
            except ApiError:
                continue
        self.assertTrue(heard.known)


class UrlTests(SynchronousTestCase):
    """Where a server is."""

    def test_parsed(self) -> None:
        """Hosts, ports, databases, passwords, TLS, Unix sockets."""
        plain = {
            "tls": False,
            "username": None,
            "password": None,
            "path": "",
            "host": "h",
            "port": 6379,
            "database": None,
        }
        for url, differs in (
            ("redis://h", {}),
            ("redis://h:7/3", {"port": 7, "database": 3}),
            ("rediss://u:p%40@h", {"tls": True, "username": "u", "password": "p@"}),
            ("unix:/run/valkey", {"path": "/run/valkey", "host": "", "port": 0}),
        ):
            self.assertEqual(parsed(url), {**plain, **differs}, url)

    def test_refused(self) -> None:
        """Everything else, without the password in the message."""
        for url in ("", "h:6379", "http://h", "redis://", "redis://u:secret@h/x", "redis://u:secret@h:x", "unix:"):
            error = self.assertRaises(RedisError, parsed, url)
            self.assertNotIn("secret", str(error))
