"""Clients that end, and what can not be waited for."""

from __future__ import annotations

import uuid
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred

from chatr.client import AccessToken, Client, Lost, MemoryState, Refused, SignIn
from tests.client.case import ClientCase


class EndTests(ClientCase):
    """Starting, stopping, and what can't be waited for."""

    async def test_after_the_end(self) -> None:
        """Whoever comes late is told at once."""
        client = self.client()
        await client.start()
        self.assertRaises(RuntimeError, client.start)
        await client.stop()
        await client.stop()
        await client.ended()
        for late in (client.live(), client.send("x", to=self.ann.id)):
            await self.assertFailure(late, Lost)
        self.assertRaises(RuntimeError, client.start)
        unused = self.client()
        waiting = unused.live()
        await unused.stop()
        await self.assertFailure(waiting, Lost)
        refused = self.client(credentials=AccessToken("wrong"))
        await self.assertFailure(refused.start(), Refused)
        await self.assertFailure(refused.ended(), Refused)
        await self.assertFailure(refused.live(), Refused)

    async def test_stopped_by_the_listener(self) -> None:
        """A bot that is told to quit; and what the listener can't wait for it is told."""
        wrong: list[str] = []

        async def heard(name: str, data: dict[str, Any]) -> None:
            if name == "message.received":
                try:
                    await client.settled()
                except RuntimeError as error:
                    wrong.append(str(error))
                await client.stop()

        client = self.client(heard)
        await client.start()
        await self.ann.send(self.ben, "quit")
        await client.ended()
        self.assertEqual(len(wrong), 1)

    async def test_begun_by_the_listener(self) -> None:
        """What the listener begins and leaves to itself waits for what it likes."""
        done: Deferred[None] = Deferred()

        def heard(name: str, data: dict[str, Any]) -> None:
            if name == "message.received":
                Deferred.fromCoroutine(apart()).chainDeferred(done)

        async def apart() -> None:
            await client.call("user.me")
            await client.settled()

        client = self.client(heard)
        await client.start()
        await self.ann.send(self.ben, "x")
        await done

    async def test_calling_again_and_again(self) -> None:
        """Under a connection that ends: a loop of calls waits for the next connection, it does not spin."""
        client = self.client()
        await client.start()
        asked = 0

        async def ask() -> None:
            nonlocal asked
            while True:
                asked += 1
                try:
                    await client.call("presence.query")
                    return
                except Lost:
                    await client.live()

        for _ in range(3):
            asking = Deferred.fromCoroutine(ask())
            assert client._connection is not None
            client._connection.cut()
            await asking
        self.assertLess(asked, 10)

    async def test_what_can_not_be_sent(self) -> None:
        """It is refused, and the connection goes on."""
        client = self.client()
        await client.start()
        with self.assertRaises(Refused):
            await client.call("message.send", recipientId=self.ann.id, content=object())
        self.assertEqual((await client.send("fine", to=self.ann.id))["seq"], 1)

    def test_no_addresses(self) -> None:
        """They are refused when the client is made."""
        for url in ("http://127.0.0.1/ws", "127.0.0.1", "ws://"):
            self.assertRaises(ValueError, Client, reactor, url, AccessToken("x"), self.listen)
        for options in ({"api": "x", "refresh_token": "y"}, {"api": "http://x/api"}, {"api": "http://x", "login": "y"}):
            self.assertRaises(ValueError, SignIn, reactor, **options)

    async def test_credentials_that_fail(self) -> None:
        """Otherwise than they may: the client ends, and says why."""

        class Broken(AccessToken):
            async def ticket(self) -> str:
                raise OSError("no place for the token")

        client = self.client(credentials=Broken(""))
        await self.assertFailure(client.start(), OSError)
        await self.assertFailure(client.ended(), OSError)
        self.assertEqual(len(self.flushLoggedErrors(OSError)), 1)

    async def test_a_first_start_that_is_broken_off(self) -> None:
        """Without history: what comes from the first start on comes, also if that was broken off."""
        await self.ann.send(self.ben, "before")
        failed = False

        async def heard(name: str, data: dict[str, Any]) -> None:
            nonlocal failed
            if not failed:
                failed = True
                await self.ann.send(self.ben, "between")
                raise ValueError("not now")
            self.listen(name, data)

        await self.client(heard, history=False).start()
        self.assertEqual(self.texts(), ["between"])
        self.flushLoggedErrors(ValueError)

    async def test_a_kept_send_that_is_refused(self) -> None:
        """After a restart nobody waits for it: it comes as news."""
        state = MemoryState()
        state.add_send({"clientId": str(uuid.uuid4()), "recipientId": self.ann.id, "content": " "})
        await self.client(state=state).start()
        await self.until("outbox.refused")
        [refused] = [data for name, data in self.heard if name == "outbox.refused"]
        self.assertEqual((refused["code"], refused["send"]["content"], state.sends()), ("invalid", " ", []))
