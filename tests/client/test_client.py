"""The client against a real server on a real socket."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import gatherResults

from chatr.client import FileState, Lost, MemoryState, Refused, Replica
from tests.client.case import ClientCase
from tests.refusing import refusing


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

    async def test_changes_of_what_was_deleted(self) -> None:
        """They come as no event: the gap that they leave is filled once, by the next entry, and says nothing of them.

        Twenty reactions, then a message: one call of the log. The replica shows what a fresh look does.
        """
        old = await self.ann.send(self.ben, "old")
        replica = Replica(self.ben.id)

        def listen(name: str, data: dict[str, Any]) -> None:
            self.listen(name, data)
            replica.apply(name, data)

        client = self.client(listen)
        await client.start()
        await client.call("conversation.delete", id=old["conversationId"])
        await self.ann.send(self.ben, "new")
        await client.settled()
        counters = self.service.node.wamp.router.counters
        before = counters.calls
        self.heard.clear()
        for number in range(20):
            await self.ann.rest("PUT", f"/messages/{old['id']}/reaction", {"emoji": "👍" if number % 2 else "🎉"})
        await client.settled()
        # Whoever settles calls user.me.
        names = {name for name, _ in self.heard} - {"user.updated"}
        self.assertEqual((names, counters.calls - before), ({"conversation.updated"}, 1))
        await self.ann.send(self.ben, "newer")
        await client.settled()
        self.assertEqual((self.texts(), counters.calls - before), (["newer"], 3))
        self.assertEqual([name for name, _ in self.heard].count("log.cleared"), 20)
        view = await self.ben.rest("GET", f"/conversations/{old['conversationId']}")
        self.assertEqual(replica.conversations(), {old["conversationId"]: view})

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
        self.service.node.ports.live.publisher.sync_required("a test")
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


class FullDiskTests(ClientCase):
    """The server's database has no room for a while."""

    async def test_kept(self) -> None:
        """Point 33 of issue 12: sends are kept until there is room, and are stored once and in order.

        Before, the server answered ``internal``, and after five of these the client gave a send up.
        """
        client = self.client()
        await client.start()
        with refusing(self.dsn, "messages", "53100"):
            sends = [client.send(str(number), to=self.ann.id) for number in range(3)]
            refused = self.service.node.tasks.incidents
            while not any(key[0] == "the database refuses" for key in refused._open):
                await client.call("user.me")
            self.assertEqual([send.called for send in sends], [False, False, False])
        stored = await gatherResults(sends)
        self.assertEqual([(message["content"], message["seq"]) for message in stored], [("0", 1), ("1", 2), ("2", 3)])


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
