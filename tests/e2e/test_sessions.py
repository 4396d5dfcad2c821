"""Sessions over both doors at once: two devices, presence, revocation, prolonging."""

from __future__ import annotations

from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred

from chatr.realtime import presence
from tests.e2e.client import Lost, Refused, Wamp
from tests.e2e.server import Account, ServerCase


class SessionCase(ServerCase):
    """WAMP connections that are closed at the end."""

    settings = {"limits.enabled": "false"}

    async def setUp(self) -> None:
        await super().setUp()
        self.open: list[Wamp] = []
        self.addCleanup(lambda: Deferred.fromCoroutine(self.cut_all()))
        self.ann, self.ben = await self.person("ann"), await self.person("ben")
        sent = await self.ann.send(self.ben, "hi")
        await self.ben.rest("POST", f"/conversations/{sent['conversationId']}/accept", {})

    async def cut_all(self) -> None:
        for wamp in self.open:
            if not wamp.is_closed:
                wamp.cut()
                await wamp.closed

    async def connect(self, secret: str) -> Wamp:
        wamp = await Wamp.connect(self.http_port, secret)
        self.open.append(wamp)
        return wamp

    async def event(self, wamp: Wamp, topic: str, matches: Any = lambda payload: True) -> dict[str, Any]:
        """Wait for an event."""
        end = reactor.seconds() + 10  # type: ignore[attr-defined]
        while True:
            for heard, payload in wamp.events:
                if heard == topic and matches(payload):
                    return payload
            self.assertLess(reactor.seconds(), end, f"no {topic} in {wamp.events}")  # type: ignore[attr-defined]
            await wamp.call("user.check_username", username="barrier")


class WrittenTests(SessionCase):
    """messages.delivered_when_written"""

    settings = {"limits.enabled": "false", "messages.delivered_when_written": "true"}

    async def test_delivered_when_written(self) -> None:
        """What the server has written to a session counts as delivered, for strangers only once they are accepted."""
        anns, laptop, bens = [await self.connect(await person.ticket()) for person in (self.ann, self.ann, self.ben)]
        sent = await anns.call("message.send", recipientId=self.ben.id, content="x", clientId=self.ann.id)
        for wamp in (anns, laptop, bens):
            told = await self.event(wamp, "chatr.message.status")
            self.assertEqual((told["userId"], told["deliveredSeq"], told["readSeq"]), (self.ben.id, 2, 0))
        self.assertEqual((await anns.call("message.get", id=sent["id"]))["status"], "delivered")
        eve = await self.person("eve")
        asked = await eve.send(self.ben, "hi")
        await self.event(bens, "chatr.message.status", lambda told: told["conversationId"] == asked["conversationId"])
        self.assertEqual((await eve.rest("GET", f"/messages/{asked['id']}"))["status"], "sent")
        await bens.call("conversation.accept", id=asked["conversationId"])
        self.assertEqual((await eve.rest("GET", f"/messages/{asked['id']}"))["status"], "delivered")


class DeviceTests(SessionCase):
    """Several devices of one person."""

    async def test_other_devices_hear_what_one_does(self) -> None:
        """A message and a receipt reach the person's other device and the other person, not the calling session."""
        phone, laptop, bens = [await self.connect(await person.ticket()) for person in (self.ann, self.ann, self.ben)]
        sent = await phone.call("message.send", recipientId=self.ben.id, content="x", clientId=self.ann.id)
        await bens.call("message.mark_read", id=sent["conversationId"], seq=2)
        for wamp in (laptop, bens):
            received = await self.event(wamp, "chatr.message.received")
            self.assertEqual(received["message"], sent)
        for wamp in (phone, laptop):
            # The first that is told of it: what was written to a session counts as delivered only by a setting.
            self.assertEqual((await self.event(wamp, "chatr.message.status"))["readSeq"], 2)
        self.assertEqual([topic for topic, _ in phone.events if topic == "chatr.message.received"], [])
        self.assertEqual([topic for topic, _ in bens.events if topic == "chatr.message.status"], [])

    async def test_strangers_hear_nothing(self) -> None:
        """Whoever subscribes to everything gets only what is addressed to them."""
        eve = await self.connect(await (await self.person("eve")).ticket())
        await self.ann.send(self.ben, "secret")
        await eve.call("user.me")
        self.assertEqual(eve.events, [])

    async def test_presence(self) -> None:
        """Two devices, one closes: still online. The last one leaves: offline with lastSeen after the grace time."""
        self.patch(presence, "GRACE_S", 0.2)
        bens = await self.connect(await self.ben.ticket())
        phone, laptop = [await self.connect(await self.ann.ticket()) for _ in range(2)]
        await self.event(bens, "chatr.presence.changed", lambda payload: payload["status"] == "online")
        phone.cut()
        await laptop.call("presence.set", status="away")
        await self.event(bens, "chatr.presence.changed", lambda payload: payload["status"] == "away")
        [state] = (await bens.call("presence.query", userIds=[self.ann.id]))["items"]
        self.assertEqual((state["status"], state["hidden"]), ("away", False))
        await laptop.leave()
        gone = await self.event(bens, "chatr.presence.changed", lambda payload: payload["status"] == "offline")
        self.assertEqual((gone["userId"], "lastSeen" in gone), (self.ann.id, True))
        statuses = [payload["status"] for topic, payload in bens.events if topic == "chatr.presence.changed"]
        self.assertEqual(statuses, ["online", "away", "offline"])


class EndTests(SessionCase):
    """Ways in which sessions end."""

    async def test_logout_over_rest_closes_sockets(self) -> None:
        """The person's other sign-ins are told; the sockets of the one that ended hear GOODBYE and close."""
        other = Account(self, await self.rest("POST", "/auth/login", {"login": "ann", "password": "Correct-horse-7"}))
        ended, kept = await self.connect(self.ann.token), await self.connect(other.token)
        await self.ann.rest("POST", "/auth/logout", {})
        await ended.closed
        self.assertEqual(ended.goodbye, "chatr.error.unauthenticated")
        revoked = await self.event(kept, "chatr.session.revoked")
        self.assertEqual(revoked["reason"], "logout")
        await self.assertFailure(Deferred.fromCoroutine(self.connect(self.ann.token)), Refused)

    async def test_logout_over_wamp(self) -> None:
        """The calling session gets its answer, then GOODBYE."""
        wamp = await self.connect(self.ann.token)
        self.assertEqual(await wamp.call("session.logout"), {})
        await wamp.closed
        self.assertEqual(wamp.goodbye, "chatr.error.unauthenticated")
        await self.assertFailure(wamp.begin("user.me"), Lost)

    async def test_stolen_refresh_token(self) -> None:
        """A refresh token used again later closes the sockets of thief and owner."""
        owner, thief = await self.connect(self.ann.token), await self.connect(await self.ann.ticket())
        body = {"refreshToken": self.ann.session["refreshToken"]}
        await self.rest("POST", "/auth/refresh", body)
        assert self.service.node is not None
        await self.service.node.db.execute("UPDATE refresh_tokens SET used_at = used_at - interval '10 seconds'")
        await self.rest("POST", "/auth/refresh", body, 401)
        for wamp in (owner, thief):
            await wamp.closed
            self.assertEqual(wamp.goodbye, "chatr.error.unauthenticated")
            self.assertIn("chatr.session.revoked", [topic for topic, _ in wamp.events])

    async def test_tickets_work_once(self) -> None:
        """A ticket opens one session; the second use, and nonsense, are refused with a reason."""
        ticket = await self.ann.ticket()
        await self.connect(ticket)
        for secret in (ticket, "nonsense", "a.b.c"):
            error = await self.assertFailure(Deferred.fromCoroutine(self.connect(secret)), Refused)
            self.assertEqual(error.uri, "wamp.error.authentication_denied")


class ExpiryTests(SessionCase):
    """Access tokens end."""

    settings = {"auth.access_token_s": "30", "limits.enabled": "false"}

    async def test_refresh_over_the_open_session_prolongs_it(self) -> None:
        """The session's end moves with the new token."""
        wamp = await self.connect(self.ann.token)
        node = self.service.node
        assert node is not None
        [member] = node.hub.everyone()
        before = member._expiry.at_s  # type: ignore[attr-defined]
        await wamp.call("session.refresh", refreshToken=self.ann.session["refreshToken"])
        self.assertGreater(member._expiry.at_s, before)  # type: ignore[attr-defined]

    async def test_expiry(self) -> None:
        """A session whose token has run out hears GOODBYE."""
        wamp = await self.connect(self.ann.token)
        node = self.service.node
        assert node is not None
        [member] = node.hub.everyone()
        member.extend(0)
        await wamp.closed
        self.assertEqual(wamp.goodbye, "chatr.error.unauthenticated")
