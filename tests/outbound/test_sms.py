"""SMS through a real HTTP server that plays the gateway."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import parse_qs

from twisted.internet import reactor
from twisted.internet.defer import Deferred, gatherResults
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Site

from tests.ops.case import PASSWORD, OpsCase

NUMBER = "+41791234567"


class Gateway(Resource):
    """Takes messages, or answers what it is told to."""

    isLeaf = True

    def __init__(self) -> None:
        super().__init__()
        self.taken: list[tuple[str, str, bytes]] = []
        self.status = 202
        self.endless = False
        self.location = ""
        self.gone: list[Deferred[None]] = []

    def render(self, request: Any) -> Any:
        self.gone.append(request.notifyFinish().addErrback(lambda _: None))
        request.setResponseCode(self.status)
        self.taken.append(
            (request.getHeader("authorization"), request.getHeader("content-type"), request.content.read())
        )
        if self.location:
            request.setHeader("Location", self.location)
        if self.endless:
            request.write(b"x" * 200_000)
            return NOT_DONE_YET
        return b'{"id": "1"}'


class SmsCase(OpsCase):
    """A node whose SMS go to a gateway."""

    sms: dict[str, str] = {}

    async def setUp(self) -> None:
        self.gateway = Gateway()
        port = reactor.listenTCP(0, Site(self.gateway), interface="127.0.0.1")  # type: ignore[attr-defined]
        self.addCleanup(port.stopListening)
        # Our side does not wait for the end of an answer: the server notices a moment later.
        self.addCleanup(lambda: gatherResults(self.gateway.gone))
        self.url = f"http://127.0.0.1:{port.getHost().port}/send"
        self.settings = {
            "sms.transport": "http",
            "sms.url": self.url,
            "sms.authorization": "Bearer gateway-secret",
            "sms.sender": 'Ch"tr & Co',
            **self.sms,
        }
        await super().setUp()

    async def register(self) -> str:
        made = await self.call("account.register", username="ann", password=PASSWORD, phoneNumber=NUMBER)
        await self.node.ports.accounts.outbound.settled()
        return str(made["userId"])

    async def queued(self) -> list[tuple[str, bool]]:
        rows = await self.node.db.query("SELECT coalesce(error, ''), dead_at IS NOT NULL FROM outbound")
        return [(row[0], row[1]) for row in rows]


class JsonTests(SmsCase):
    """A gateway that takes JSON."""

    sms = {"sms.body": '{"from": "{sender}", "messages": [{"to": "{to}", "text": "{text}"}]}'}

    async def test_taken(self) -> None:
        """The body is the template filled in, the code in it works, and nothing is left in the queue."""
        user_id = await self.register()
        [(authorization, kind, body)] = self.gateway.taken
        self.assertEqual((authorization, kind), ("Bearer gateway-secret", "application/json"))
        sent = json.loads(body)
        self.assertEqual((sent["from"], sent["messages"][0]["to"]), ('Ch"tr & Co', NUMBER))
        code = re.findall(r"\d{6}", sent["messages"][0]["text"])[0]
        session = await self.call("account.verify_phone", userId=user_id, code=code)
        self.assertTrue(session["user"]["phoneVerified"])
        self.assertEqual(await self.queued(), [])

    async def test_refused(self) -> None:
        """4xx and redirects are final, 429 and 5xx are not; the reason holds neither secret nor text."""
        for status, final in ((400, True), (302, True), (429, False), (503, False)):
            self.gateway.status, self.gateway.location = status, self.url if status == 302 else ""
            await self.register()
            self.assertEqual(await self.queued(), [(f"the SMS gateway answered {status}", final)])
            await self.node.db.execute("DELETE FROM outbound")
            await self.codes_later()
        self.assertEqual(len(self.gateway.taken), 4)

    async def test_endless_answer(self) -> None:
        """An answer that does not end is cut off; the status says that the message was taken."""
        self.gateway.endless = True
        await self.register()
        self.assertEqual(await self.queued(), [])


class FormTests(SmsCase):
    """A gateway that takes form fields."""

    sms = {
        "sms.content_type": "application/x-www-form-urlencoded",
        "sms.body": "from={sender}&to={to}&text={text}",
        "sms.method": "PUT",
    }

    async def test_taken(self) -> None:
        """Fields are encoded as forms are."""
        await self.register()
        fields = parse_qs(self.gateway.taken[0][2].decode())
        self.assertEqual((fields["from"], fields["to"]), (['Ch"tr & Co'], [NUMBER]))
        self.assertRegex(fields["text"][0], r"^Chatr code: \d{6}\.")


class DownTests(SmsCase):
    """A gateway that is not there."""

    sms = {"sms.url": "http://127.0.0.1:9/"}

    async def test_waits(self) -> None:
        """The message waits and is tried again."""
        await self.register()
        self.assertEqual(await self.queued(), [("the SMS gateway can't be reached: ConnectionRefusedError", False)])
