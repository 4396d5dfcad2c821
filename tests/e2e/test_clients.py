"""Clients of four makes, over every serialiser they speak, hold a conversation with somebody on REST."""

from __future__ import annotations

import shutil
import sys
import uuid
from pathlib import Path
from typing import Any

from autobahn.twisted.rawsocket import WampRawSocketClientFactory
from autobahn.twisted.wamp import ApplicationSession
from autobahn.twisted.websocket import WampWebSocketClientFactory
from autobahn.wamp.exception import ApplicationError
from autobahn.wamp.serializer import CBORSerializer, JsonSerializer, MsgPackSerializer
from autobahn.wamp.types import ComponentConfig, SubscribeOptions
from twisted.internet import reactor
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint
from twisted.web.client import ResponseNeverReceived

from chatr.timers import Timers
from tests.e2e.programs import steps
from tests.e2e.server import ServerCase

HERE = Path(__file__).parent
NODE = HERE.parent / "node"


class Partner(ApplicationSession):
    """autobahn for Python: joins, and keeps what it hears."""

    def __init__(self, config: ComponentConfig) -> None:
        super().__init__(config)
        self.joined: Deferred[Any] = config.extra["joined"]
        self.left: Deferred[None] = config.extra["left"]
        self.heard: Deferred[dict[str, Any]] = Deferred()

    def onConnect(self) -> None:
        self.join("chatr", ["ticket"], self.config.extra["authid"])

    def onChallenge(self, challenge: Any) -> str:
        ticket: str = self.config.extra["ticket"]
        return ticket

    async def onJoin(self, details: Any) -> None:
        self.joined.callback((self, details))

    def onLeave(self, details: Any) -> None:
        if not self.joined.called:
            self.joined.errback(AssertionError(f"refused: {details.reason} {details.message}"))
        self.disconnect()

    def onDisconnect(self) -> None:
        self.left.callback(None)

    def onUserError(self, failure: Any, message: str) -> None:
        raise AssertionError(message)


class ClientCase(ServerCase):
    """Two people: ann uses the client in question, ben REST, as fast as he can."""

    settings = {"limits.enabled": "false"}

    async def setUp(self) -> None:
        await super().setUp()
        self.ann, self.ben = await self.person("ann"), await self.person("ben")

    def check_sent(self, sent: dict[str, Any], client_id: str) -> None:
        self.assertEqual((sent["seq"], sent["clientId"], sent["sender"]["id"]), (1, client_id, self.ann.id))

    def check_error(self, uri: str, kwargs: dict[str, Any]) -> None:
        self.assertEqual(uri, "chatr.error.invalid")
        self.assertEqual((kwargs["code"], kwargs["status"]), ("invalid", 400))
        self.assertEqual(kwargs["errors"][0]["path"], "$.content")

    def check_received(self, event: dict[str, Any], conversation_id: str) -> None:
        self.assertEqual((event["conversationId"], event["seq"]), (conversation_id, 2))
        self.assertEqual((event["message"]["content"], event["message"]["sender"]["id"]), ("from ben", self.ben.id))

    async def answer_when_asked(self) -> None:
        """Ben writes back as soon as ann's message is there."""
        while True:
            page = await self.ben.rest("GET", f"/messages/history?otherUserId={self.ann.id}")
            if page["items"]:
                await self.ben.send(self.ann, "from ben")
                return


class AutobahnTests(ClientCase):
    """autobahn for Python."""

    async def partner(self, factory: Any, endpoint: TCP4ClientEndpoint, extra: dict[str, Any]) -> tuple[Partner, Any]:
        await endpoint.connect(factory)
        joined: tuple[Partner, Any] = await extra["joined"]
        return joined

    async def converse(self, serializer: Any, *, rawsocket: bool = False) -> None:
        ticket = await self.ann.ticket()
        extra = {"joined": Deferred(), "left": Deferred(), "authid": self.ann.id, "ticket": ticket}

        def make() -> Partner:
            return Partner(ComponentConfig("chatr", extra))

        if rawsocket:
            factory: Any = WampRawSocketClientFactory(make, serializer=serializer)
        else:
            factory = WampWebSocketClientFactory(make, url=self.websocket_url, serializers=[serializer])
            # Autobahn's own timers stay in their buckets after they are cancelled.
            factory._batched_timer = Timers(reactor)
        port = self.rawsocket_port if rawsocket else self.http_port
        session, details = await self.partner(factory, TCP4ClientEndpoint(reactor, "127.0.0.1", port), extra)
        self.assertEqual((details.authid, details.authrole), (self.ann.id, "user"))
        by_prefix: list[str] = []
        await session.subscribe(
            lambda **event: by_prefix.append(event["conversationId"]),
            "chatr.message.",
            SubscribeOptions(match="prefix"),
        )
        await session.subscribe(lambda **event: session.heard.callback(event), "chatr.message.received")
        client_id = str(uuid.uuid4())
        params = {"recipientId": self.ben.id, "content": "from ann", "clientId": client_id}
        sent = (await session.call("chatr.message.send", **params)).kwresults
        self.check_sent(sent, client_id)
        self.assertEqual((await session.call("chatr.message.send", **params)).kwresults, sent)
        await self.ben.send(self.ann, "from ben")
        self.check_received(await session.heard, sent["conversationId"])
        self.assertEqual(by_prefix, [sent["conversationId"]])
        try:
            await session.call("chatr.message.send", **{**params, "content": ""})
            self.fail("an empty message was taken")
        except ApplicationError as error:
            self.check_error(error.error, error.kwargs)
        session.leave()
        await extra["left"]

    async def test_websocket_json(self) -> None:
        """JSON over WebSocket."""
        await self.converse(JsonSerializer())

    async def test_websocket_msgpack(self) -> None:
        """MessagePack over WebSocket."""
        await self.converse(MsgPackSerializer())

    async def test_websocket_cbor(self) -> None:
        """CBOR over WebSocket."""
        await self.converse(CBORSerializer())

    async def test_websocket_json_batched(self) -> None:
        """Batched JSON over WebSocket."""
        await self.converse(JsonSerializer(batched=True))

    async def test_websocket_msgpack_batched(self) -> None:
        """Batched MessagePack over WebSocket."""
        await self.converse(MsgPackSerializer(batched=True))

    async def test_websocket_cbor_batched(self) -> None:
        """Batched CBOR over WebSocket."""
        await self.converse(CBORSerializer(batched=True))

    async def test_rawsocket_json(self) -> None:
        """JSON over RawSocket."""
        await self.converse(JsonSerializer(), rawsocket=True)

    async def test_rawsocket_msgpack(self) -> None:
        """MessagePack over RawSocket."""
        await self.converse(MsgPackSerializer(), rawsocket=True)

    async def test_rawsocket_cbor(self) -> None:
        """CBOR over RawSocket."""
        await self.converse(CBORSerializer(), rawsocket=True)


class ProgramCase(ClientCase):
    """Clients that run as programs of their own."""

    async def converse(self, command: list[str], serializer: str, url: str) -> None:
        client_id = str(uuid.uuid4())
        env = {
            "URL": url,
            "TICKET": await self.ann.ticket(),
            "ME": self.ann.id,
            "OTHER": self.ben.id,
            "SERIALIZER": serializer,
            "CLIENT_ID": client_id,
        }
        answered = Deferred.fromCoroutine(self.answer_when_asked())
        try:
            said = {line["step"]: line["data"] for line in await steps(command, env)}
        finally:
            answered.addErrback(lambda failure: failure.trap(CancelledError, ResponseNeverReceived))
            answered.cancel()
        self.assertEqual(said["welcome"], {"authid": self.ann.id, "authrole": "user"})
        self.check_sent(said["sent"], client_id)
        self.check_received(said["received"], said["sent"]["conversationId"])
        self.check_error(said["error"]["uri"], said["error"]["kwargs"])
        self.assertIn("closed", said)

    async def node(self, script: str, serializer: str) -> None:
        node = shutil.which("node")
        self.assertIsNotNone(node, "node is needed to test clients in JavaScript")
        await self.converse([str(node), str(NODE / script)], serializer, self.websocket_url)


class AutobahnJsTests(ProgramCase):
    """autobahn-js."""

    async def test_json(self) -> None:
        """JSON."""
        await self.node("autobahn_client.js", "json")

    async def test_msgpack(self) -> None:
        """MessagePack."""
        await self.node("autobahn_client.js", "msgpack")

    async def test_cbor(self) -> None:
        """CBOR."""
        await self.node("autobahn_client.js", "cbor")


class WampyTests(ProgramCase):
    """wampy.js."""

    async def test_json(self) -> None:
        """JSON."""
        await self.node("wampy_client.js", "json")

    async def test_msgpack(self) -> None:
        """MessagePack."""
        await self.node("wampy_client.js", "msgpack")

    async def test_cbor(self) -> None:
        """CBOR."""
        await self.node("wampy_client.js", "cbor")


class XconnTests(ProgramCase):
    """xconn for Python."""

    async def xconn(self, serializer: str, url: str) -> None:
        await self.converse([sys.executable, str(HERE / "xconn_client.py")], serializer, url)

    async def test_websocket_json(self) -> None:
        """JSON over WebSocket."""
        await self.xconn("json", self.websocket_url)

    async def test_websocket_msgpack(self) -> None:
        """MessagePack over WebSocket."""
        await self.xconn("msgpack", self.websocket_url)

    async def test_websocket_cbor(self) -> None:
        """CBOR over WebSocket."""
        await self.xconn("cbor", self.websocket_url)

    async def test_rawsocket_json(self) -> None:
        """JSON over RawSocket."""
        await self.xconn("json", f"rs://127.0.0.1:{self.rawsocket_port}")

    async def test_rawsocket_msgpack(self) -> None:
        """MessagePack over RawSocket."""
        await self.xconn("msgpack", f"rs://127.0.0.1:{self.rawsocket_port}")

    async def test_rawsocket_cbor(self) -> None:
        """CBOR over RawSocket."""
        await self.xconn("cbor", f"rs://127.0.0.1:{self.rawsocket_port}")
