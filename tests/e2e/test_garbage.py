"""What sessions leave behind when they end."""

from __future__ import annotations

import gc
from collections import Counter
from typing import Any

from twisted.internet import reactor
from twisted.internet.endpoints import TCP4ClientEndpoint
from twisted.internet.protocol import Factory
from twisted.internet.task import deferLater

from tests.e2e.client import Wamp
from tests.e2e.server import ServerCase
from tests.rest.test_app import Raw

TIMES = 5
#: Made by clients in this process too.
CLIENTS = {"chatr.timers.Timers"}


class GarbageTests(ServerCase):
    """Nothing that holds on to itself: the collector stops everybody for as long as it looks for it.

    3,600 sessions that left had left it a third of a million objects, and a stop of 0.7 s.
    """

    async def setUp(self) -> None:
        await super().setUp()
        ann = await self.person("ann")
        self.tickets = [await ann.ticket() for _ in range(2 * TIMES)]
        gc.collect()
        gc.disable()
        gc.set_debug(gc.DEBUG_SAVEALL)
        self.addCleanup(gc.enable)
        self.addCleanup(gc.set_debug, 0)
        self.addCleanup(gc.garbage.clear)

    async def check(self) -> None:
        """Of no kind of thing of ours the collector finds one for each time."""
        connections = self.service.node.connections  # type: ignore[union-attr]
        while connections.open:
            await deferLater(reactor, 0)  # type: ignore[arg-type]
        gc.collect()
        kinds = Counter(f"{type(each).__module__}.{type(each).__qualname__}" for each in gc.garbage)
        ours = {kind: count for kind, count in kinds.items() if kind.startswith("chatr.") and kind not in CLIENTS}
        self.assertEqual({kind for kind, count in ours.items() if count >= TIMES}, set(), ours)

    async def test_websocket(self) -> None:
        """Sessions that called, subscribed and caught up, and left politely or were cut off."""
        for leave in (Wamp.leave, Wamp.cut) * TIMES:
            wamp = await Wamp.connect(self.http_port, self.tickets.pop())
            for name in ("sync.changes", "conversation.list"):
                await wamp.call(name)
            leave(wamp)
            await wamp.closed
        await self.check()

    async def test_rawsocket(self) -> None:
        """Connections with a session, and refused ones."""
        hello = b'[1,"chatr",{"roles":{"subscriber":{}},"authmethods":["ticket"]}]'
        greeting = b"\x7f\xf1\0\0" + len(hello).to_bytes(4, "big") + hello
        for sent, heard in ((greeting, b"ticket"), (b"GET ", b"")) * TIMES:
            endpoint = TCP4ClientEndpoint(reactor, "127.0.0.1", self.rawsocket_port)
            client: Any = await endpoint.connect(Factory.forProtocol(Raw))
            client.transport.write(sent)
            await client.hears(heard)
            client.transport.abortConnection()
            await client.closed
        await self.check()
