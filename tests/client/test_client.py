"""The client against a real server on a real socket."""

from __future__ import annotations

import uuid
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred, DeferredQueue, gatherResults

from chatr.client import AccessToken, Client, FileState, Lost, MemoryState, Refused, Replica, SignIn, signin
from chatr.client import client as client_module
from tests.e2e.server import PASSWORD, ServerCase


class ClientCase(ServerCase):
    """Ann writes over REST; Ben has a client. Both are friends."""

    settings = {"limits.enabled": "false"}

    async def setUp(self) -> None:
        await super().setUp()
        self.patch(client_module, "FIRST_S", 0.01)
        self.ann, self.ben = await self.person("ann"), await self.person("ben")
        await self.acquaint(self.ann, self.ben)
        self.heard: list[tuple[str, dict[str, Any]]] = []
        self.news: DeferredQueue[str] = DeferredQueue()
        self.clients: list[Client] = []
        self.addCleanup(lambda: gatherResults([Deferred.fromCoroutine(client.stop()) for client in self.clients]))

    def listen(self, name: str, data: dict[str, Any]) -> None:
        self.heard.append((name, data))
        self.news.put(name)

    async def until(self, name: str) -> None:
        """Wait for an event of a kind that was not waited for yet."""
        while await self.news.get() != name:
            pass

    def client(self, listener: Any = None, credentials: Any = None, **options: Any) -> Client:
        who = credentials or AccessToken(self.ben.token)
        client = Client(reactor, self.websocket_url, who, listener or self.listen, **options)
        self.clients.append(client)
        return client

    def texts(self) -> list[str]:
        """The texts that were handed over, in order."""
        return [data["message"]["content"] for name, data in self.heard if name == "message.received"]

    def cut(self) -> None:
        """End every connection from the server's side, without a word."""
        for session in self.service.node.door.sessions.everyone():
            session._link.cut(1001, "cut")  # type: ignore[union-attr]


class ResumeTests(ClientCase):
    """Nothing is missed and nothing comes twice."""

    async def test_what_was_missed_comes_first(self) -> None:
        """Before the start, while away, and while live: each message once and in order."""
        await self.ann.send(self.ben, "1")
        state = MemoryState()
        client = self.client(state=state)
        await client.start()
        await self.ann.send(self.ben, "2")
        await client.settled()
        await client.stop()
        await self.ann.send(self.ben, "3")
        await self.client(state=state).start()
        self.assertEqual(self.texts(), ["1", "2", "3"])
        self.assertEqual([name for name, _ in self.heard].count("sync.changes"), 2)

    async def test_without_history(self) -> None:
        """What was before the first start does not come; what comes while away does."""
        await self.ann.send(self.ben, "1")
        state = MemoryState()
        client = self.client(state=state, history=False)
        await client.start()
        await self.ann.send(self.ben, "2")
        await client.settled()
        await client.stop()
        await self.ann.send(self.ben, "3")
        await self.client(state=state, history=False).start()
        self.assertEqual(self.texts(), ["2", "3"])

    async def test_a_cut_connection(self) -> None:
        """The client comes back by itself and goes on where it was."""
        client = self.client()
        await client.start()
        await self.ann.send(self.ben, "1")
        await client.settled()
        self.cut()
        await self.ann.send(self.ben, "2")
        await self.until("message.received")
        await self.until("message.received")
        self.assertEqual(self.texts(), ["1", "2"])

    async def test_a_gap_is_filled_from_the_log(self) -> None:
        """An event that was lost on the way is fetched before the next is handed over."""
        client = self.client()
        await client.start()
        await self.ann.send(self.ben, "1")
        await client.settled()
        hub = self.service.node.hub
        deliver, hub.deliver = hub.deliver, lambda *args: 0
        await self.ann.send(self.ben, "lost")
        hub.deliver = deliver
        await self.ann.send(self.ben, "3")
        await client.settled()
        self.assertEqual(self.texts(), ["1", "lost", "3"])

    async def test_long_messages(self) -> None:
        """More than fits into one message of the transport: it comes in pieces."""
        for number in range(45):
            await self.ann.send(self.ben, f"{number} " + "語" * 7990)
        await self.client().start()
        self.assertEqual([text.split()[0] for text in self.texts()], [str(number) for number in range(45)])

    async def test_sync_required(self) -> None:
        """The server's doubt makes the client look anew."""
        client = self.client()
        await client.start()
        hub = self.service.node.hub
        deliver, hub.deliver = hub.deliver, lambda *args: 0
        await self.ann.send(self.ben, "lost")
        hub.deliver = deliver
        self.service.node.publisher.sync_required("a test")
        await client.settled()
        self.assertEqual(self.texts(), ["lost"])

    async def test_a_listener_that_fails_gets_it_again(self) -> None:
        """What was not handled to its end comes again, and nothing behind it before it."""
        tries: list[str] = []

        async def listen(name: str, data: dict[str, Any]) -> None:
            if name == "message.received":
                tries.append(data["message"]["content"])
                if len(tries) == 2:
                    raise RuntimeError("the listener failed")
            self.listen(name, data)

        client = self.client(listen)
        await client.start()
        for text in ("1", "2", "3"):
            await self.ann.send(self.ben, text)
        for _ in range(3):
            await self.until("message.received")
        self.assertEqual((tries, self.texts()), (["1", "2", "2", "3"], ["1", "2", "3"]))
        [failure] = self.flushLoggedErrors(RuntimeError)
        self.assertEqual(failure.getErrorMessage(), "the listener failed")

    async def test_more_conversations_than_a_page(self) -> None:
        """A first start knows them all, and what is in each."""
        people = [await self.person(f"person_{number}") for number in range(55)]
        for person in people:
            await person.send(self.ben, "hi")
        replica = Replica(self.ben.id)
        await self.client(replica.apply).start()
        shown = replica.conversations()
        self.assertEqual({view["other"]["id"] for view in shown.values()}, {person.id for person in people})
        self.assertEqual({view["lastMessage"]["content"] for view in shown.values()}, {"hi"})


class SendTests(ClientCase):
    """Sends have one effect, however long they take."""

    async def history(self) -> list[str]:
        page = await self.ann.rest("GET", f"/messages/history?otherUserId={self.ben.id}")
        return [item["content"] for item in page["items"]]

    async def test_before_there_is_a_connection(self) -> None:
        """What is sent before the start leaves with it, in order; also of a process that ended before."""
        path = self.mktemp()
        state = FileState(path)
        self.addCleanup(lambda: state.close())
        early = self.client(state=state)
        waiting = early.send("1", to=self.ann.id)
        await early.start()
        self.assertEqual((await waiting)["content"], "1")
        await early.stop()
        later = self.client(state=state)
        lost = [later.send(text, to=self.ann.id) for text in ("2", "3")]
        later._outbox.stop()
        for each in lost:
            await self.assertFailure(each, Lost)
        state.close()
        state = FileState(path)
        client = self.client(state=state)
        last = client.send("4", to=self.ann.id)
        await client.start()
        await last
        self.assertEqual(await self.history(), ["1", "2", "3", "4"])

    async def test_cut_under_the_send(self) -> None:
        """Connections that break while sends are under way: each message is there once, in order."""
        client = self.client()
        await client.start()
        texts = [str(number) for number in range(60)]
        sends = [client.send(text, to=self.ann.id) for text in texts]
        for number in (5, 20, 40):
            await sends[number]
            self.cut()
        await gatherResults(sends)
        self.assertEqual((await self.history())[-50:], texts[-50:])
        whole = await self.ann.rest("GET", f"/conversations/{(await sends[0])['conversationId']}/log")
        self.assertEqual([entry["data"]["message"]["content"] for entry in whole["entries"]], texts)

    async def test_refused(self) -> None:
        """Who sends is told the code, and the field at fault."""
        client = self.client()
        await client.start()
        error = await self.assertFailure(client.send("", to=self.ann.id), Refused)
        self.assertEqual((error.code, error.problem["errors"][0]["path"]), ("invalid", "$.content"))
        await self.assertFailure(client.send("x", to=self.ben.id), Refused)
        self.assertEqual((await client.send("y", to=self.ann.id))["seq"], 1)

    async def test_own_calls_are_news_too(self) -> None:
        """What a client does itself is handed over like what others do, and its replica shows it."""
        replica = Replica(self.ben.id)
        client = self.client(replica.apply)
        await client.start()
        sent = await client.send("1", to=self.ann.id)
        await client.call("message.edit", id=sent["id"], content="2")
        await client.call("message.react", id=sent["id"], emoji="👍")
        await client.call("conversation.update", id=sent["conversationId"], pinned=True)
        await client.settled()
        [view] = (await self.ben.rest("GET", "/conversations"))["items"]
        [shown] = replica.conversations().values()
        self.assertEqual((shown["lastMessage"], shown["pinned"], shown["headSeq"]), (view["lastMessage"], True, 3))

    async def test_own_marks(self) -> None:
        """What is known can be marked; beyond it the server decides, and the client asks what became of it."""
        client = self.client()
        await client.start()
        where = (await client.send("1", to=self.ann.id))["conversationId"]
        await client.settled()
        await client.call("message.mark_read", id=where, seq=1)
        await client.call("message.mark_read", id=where, seq=9)
        await client.settled()
        kinds = ("message.status", "conversation.updated")
        (one, status), (other, changed) = [(name, data) for name, data in self.heard if name in kinds]
        self.assertEqual((one, other), kinds)
        self.assertEqual((status["readSeq"], changed["conversation"]["readSeq"]), (1, 1))


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


class CredentialTests(ClientCase):
    """Who one is."""

    def sign_in(self, **options: str) -> SignIn:
        return SignIn(reactor, f"{self.url}/api", **options)

    async def test_password_and_refresh_token(self) -> None:
        """Signed in by password; then by the token that was kept, each of which is used once."""
        kept: list[str] = []
        one = SignIn(reactor, f"{self.url}/api", login="ben", password=PASSWORD, keep=kept.append)
        client = self.client(credentials=one)
        await client.start()
        self.assertEqual(client.user_id, self.ben.id)
        await client.stop()
        again = SignIn(reactor, f"{self.url}/api", refresh_token=kept[-1], keep=kept.append)
        await self.client(credentials=again).start()
        self.assertEqual(len(set(kept)), 2)

    async def test_stopped_under_a_refresh(self) -> None:
        """The next token is kept all the same: the one before it has been used."""
        kept: list[str] = []
        one = SignIn(reactor, f"{self.url}/api", login="ben", password=PASSWORD, keep=kept.append)
        await one.ticket()
        cut_short = self.client(credentials=SignIn(reactor, one._api, refresh_token=kept[-1], keep=kept.append))
        starting = cut_short.start()
        await cut_short.stop()
        await self.assertFailure(starting, Lost)
        await self.client(credentials=SignIn(reactor, one._api, refresh_token=kept[-1], keep=kept.append)).start()
        self.assertEqual(len(set(kept)), 3)

    async def test_refused_for_good(self) -> None:
        """A wrong password, a used token, and an access token that is none end the client, and it says so."""
        for credentials in (
            self.sign_in(login="ben", password="wrong"),
            self.sign_in(refresh_token="x" * 43),
            AccessToken("none"),
        ):
            client = self.client(credentials=credentials)
            ended = client.ended()
            error = await self.assertFailure(client.start(), Refused)
            self.assertIn(error.code, ("code_wrong", "unauthenticated", "wamp.error.not_authorized"))
            self.assertIs(await self.assertFailure(ended, Refused), error)

    async def test_prolonged(self) -> None:
        """The open session is prolonged before its token expires: the server counts from then on."""
        self.patch(signin, "RENEW_AT", 0.0)
        self.patch(signin, "SOONEST_S", 0.01)
        renewed: DeferredQueue[str] = DeferredQueue()
        client = self.client(
            credentials=SignIn(reactor, f"{self.url}/api", login="ben", password=PASSWORD, keep=renewed.put)
        )
        await client.start()
        first = await renewed.get()
        second = await renewed.get()
        self.assertNotEqual(first, second)
        self.assertEqual((await client.call("user.me"))["id"], self.ben.id)

    async def test_a_server_that_is_away(self) -> None:
        """The client waits for it, however often it tries; a stop ends that at once."""
        signs_in = self.sign_in(login="ben", password=PASSWORD)
        await self.service.stop()
        client = self.client(credentials=signs_in)
        live = client.start()
        self.assertNoResult(live)
        await client.stop()
        await self.assertFailure(live, Lost)
        await self.restart()


class RestartTests(ClientCase):
    """The server goes away and comes back at the same address."""

    async def test_restart(self) -> None:
        """Clients come back and nothing is missing, from either side."""
        self._options["server.http"] = f"tcp:{self.http_port}:interface=127.0.0.1"
        client = self.client()
        await client.start()
        await self.ann.send(self.ben, "1")
        await client.settled()
        await self.service.stop()
        waiting = client.send("2", to=self.ann.id)
        await self.restart()
        self.assertEqual((await waiting)["seq"], 2)
        await self.ann.send(self.ben, "3")
        await client.live()
        await client.settled()
        self.assertEqual(self.texts(), ["1", "2", "3"])
