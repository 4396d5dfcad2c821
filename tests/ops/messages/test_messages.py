"""Sending, history, receipts."""

from __future__ import annotations

import uuid
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred, gatherResults

from chatr.config import MessagesSettings
from tests.ops.case import OpsCase, Person


class SendTests(OpsCase):
    """message.send."""

    async def setUp(self) -> None:
        await super().setUp()
        self.ann, self.ben = await self.person("ann"), await self.person("ben")
        await self.acquaint(self.ann, self.ben)

    async def test_first_message_begins_the_conversation(self) -> None:
        """Both are told of the conversation and then of the message; the sender's calling device of neither."""
        phone, laptop, bens = self.ann.device(), self.ann.device(), self.ben.device()
        message = await self.ann.send(self.ben, "hi  \n", phone)
        self.assertEqual((message["seq"], message["content"], message["status"]), (1, "hi", "sent"))
        self.assertEqual(message["sender"]["username"], "@ann")
        self.assertEqual(phone.events, [])
        for device in (laptop, bens):
            self.assertEqual([name for name, _ in device.events], ["conversation.created", "message.received"])
            received = device.named("message.received")[0]
            self.assertEqual(received, {"conversationId": message["conversationId"], "seq": 1, "message": message})
        created = bens.named("conversation.created")[0]["conversation"]
        self.assertEqual((created["other"]["id"], created["initiatorId"]), (self.ann.id, self.ann.id))

    async def test_one_round_trip(self) -> None:
        """A send into a conversation that exists is a single statement."""
        first = await self.ann.send(self.ben, "one")
        await self.alone()
        before = self.node.db.round_trips
        await self.ann.send(self.ben, "two")
        await self.ann.send(first["conversationId"], "three")
        self.assertEqual(self.node.db.round_trips - before, 2)

    async def test_group_commit(self) -> None:
        """Sends that wait together are committed by few statements, each with its own answer."""
        await self.ann.send(self.ben, "first")
        before = self.node.ports.messages.writer.statements
        sends = [Deferred.fromCoroutine(self.ann.send(self.ben, f"n{n}")) for n in range(100)]
        answers = await gatherResults(sends)
        self.assertEqual([answer["content"] for answer in answers], [f"n{n}" for n in range(100)])
        self.assertEqual([answer["seq"] for answer in answers], list(range(2, 102)))
        self.assertLess(self.node.ports.messages.writer.statements - before, 10)

    async def test_repeat_returns_the_first_message(self) -> None:
        """A clientId stands for one message of its sender in a conversation, for ever and however that is named."""
        bens = self.ben.device()
        client_id = str(uuid.uuid4())
        first = await self.ann.send(self.ben, "once", clientId=client_id)
        for to in (self.ben, first["conversationId"]):
            self.assertEqual(await self.ann.send(to, "once ", clientId=client_id.upper()), first)
        self.assertEqual(len(bens.named("message.received")), 1)
        own = await self.ben.send(self.ann, "mine", clientId=client_id)
        self.assertNotEqual(own["id"], first["id"])

    async def test_another_message_with_the_same_client_id(self) -> None:
        """Another text or reply in the same conversation is a conflict; in another conversation another message."""
        cat = await self.person("cat")
        original = await self.ann.send(self.ben, "original")
        client_id = str(uuid.uuid4())
        first = await self.ann.send(self.ben, "once", clientId=client_id)
        await self.refused(self.ann.send(self.ben, "twice", clientId=client_id), "conflict")
        await self.refused(self.ann.send(first["conversationId"], "once.", clientId=client_id), "conflict")
        reply = self.ann.send(self.ben, "once", clientId=client_id, replyToId=original["id"])
        await self.refused(reply, "conflict")
        other = await self.ann.send(cat, "twice", clientId=client_id)
        self.assertEqual((other["content"], other["seq"]), ("twice", 1))
        page = await self.ben.call("message.history", otherUserId=self.ann.id)
        self.assertEqual([item["content"] for item in page["items"]], ["original", "once"])

    async def test_repeat_of_what_was_edited(self) -> None:
        """What counts is what was sent, not what it says now."""
        client_id = str(uuid.uuid4())
        first = await self.ann.send(self.ben, "once", clientId=client_id)
        await self.ann.call("message.edit", id=first["id"], content="edited")
        self.assertEqual((await self.ann.send(self.ben, "once", clientId=client_id))["content"], "edited")
        await self.refused(self.ann.send(self.ben, "edited", clientId=client_id), "conflict")

    async def test_repeat_of_what_was_unsent(self) -> None:
        """Nothing is left by which the text could be told: whatever it says, a repeat gets the first message."""
        client_id = str(uuid.uuid4())
        first = await self.ann.send(self.ben, "once", clientId=client_id)
        await self.ann.call("message.unsend", id=first["id"])
        self.assertEqual(await self.node.db.query("SELECT digest FROM messages"), [(None,)])
        for content in ("once", "twice"):
            again = await self.ann.send(self.ben, content, clientId=client_id)
            self.assertEqual((again["id"], again["unsent"]), (first["id"], True))

    async def test_every_character(self) -> None:
        """A text is stored as it was given, whatever stands in it."""
        texts = [
            '"',
            "\\",
            '\\"',
            "{,}",
            "(null)",
            "NULL",
            "a,b)",
            "'",
            "\\x00",
            "'; --",
            "%s",
            'x"),"(',
            "é\t\n\r ü",
            "😀\\",
        ]
        first = await self.ann.send(self.ben, "first")
        await gatherResults([Deferred.fromCoroutine(self.ann.send(first["conversationId"], text)) for text in texts])
        page = await self.ben.call("message.history", otherUserId=self.ann.id)
        self.assertEqual([item["content"] for item in page["items"][1:]], [text.rstrip() for text in texts])

    async def test_repeat_after_the_view_was_cleared(self) -> None:
        """The first message is the answer for ever, also when its sender has deleted the conversation since."""
        client_id = str(uuid.uuid4())
        first = await self.ann.send(self.ben, "one", clientId=client_id)
        await self.ann.call("conversation.delete", id=first["conversationId"])
        self.assertEqual(await self.ann.send(self.ben, "one", clientId=client_id), first)

    async def test_a_reply_begins_nothing(self) -> None:
        """A reply to somebody with whom there is no conversation is refused, and nobody is told of any."""
        cat, device = await self.person("cat"), self.ben.device()
        elsewhere = await self.ann.send(cat, "elsewhere")
        sending = self.ann.send(self.ben, "re", replyToId=elsewhere["id"])
        await self.refused(sending, "invalid", "$.replyToId")
        self.assertEqual(device.events, [])
        pair = sorted((self.ann.id, self.ben.id))
        query = "SELECT 1 FROM conversations WHERE user_low = %s AND user_high = %s"
        self.assertEqual(await self.node.db.query(query, pair), [])

    async def test_same_send_at_once(self) -> None:
        """Of two identical sends at the same moment, one creates the message and both get it."""
        for to in ("new", "old"):
            client_id = str(uuid.uuid4())
            both = [Deferred.fromCoroutine(self.ann.send(self.ben, to, clientId=client_id)) for _ in range(2)]
            one, two = await gatherResults(both)
            self.assertEqual(one, two)
        page = await self.ben.call("message.history", otherUserId=self.ann.id)
        self.assertEqual([item["content"] for item in page["items"]], ["new", "old"])

    async def test_order_of_one_sender(self) -> None:
        """Messages of one sender to one conversation keep their order, however they name it."""
        conversation = (await self.ann.send(self.ben, "first"))["conversationId"]
        others = [await self.person(name) for name in ("cat", "dan", "eve")]
        for other in others:
            await self.acquaint(self.ann, other)
        calls = []
        for number in range(150):
            calls.append(Deferred.fromCoroutine(self.ann.send(self.ben if number % 2 else conversation, str(number))))
            for other in others:
                calls.append(Deferred.fromCoroutine(other.send(self.ann, str(number))))
        answers = await gatherResults(calls)
        self.assertEqual([answer["seq"] for answer in answers[::4]], list(range(2, 152)))
        for offset in (1, 2, 3):
            self.assertEqual([answer["seq"] for answer in answers[offset::4]], list(range(1, 151)))
        self.assertLess(self.node.ports.messages.writer.statements, 60)

    async def test_one_bad_send_never_fails_its_neighbours(self) -> None:
        """In one batch each send has its own outcome: good ones are stored, bad ones refused."""
        good = await self.ann.send(self.ben, "first")
        foreign = str(uuid.uuid4())
        calls = [
            Deferred.fromCoroutine(work)
            for work in (
                self.ann.send(self.ben, "a"),
                self.refused(self.ann.send(foreign, "b"), "not_found"),
                self.refused(self.ann.send(self.ben, "c", replyToId=foreign), "invalid", "$.replyToId"),
                self.ann.send(good["conversationId"], "d"),
            )
        ]
        a, _, _, d = await gatherResults(calls)
        self.assertEqual((a["seq"], d["seq"]), (2, 3))

    async def test_a_send_that_breaks_the_statement_fails_alone(self) -> None:
        """When the statement itself fails, its sends are repeated one by one."""
        await self.ann.send(self.ben, "first")
        cat = await self.person("cat")
        await cat.send(self.ben, "hello")
        await self.node.db.execute("ALTER TABLE messages ADD CONSTRAINT no_poison CHECK (content <> 'poison')")
        try:
            calls = [
                Deferred.fromCoroutine(self.ann.send(self.ben, "a")),
                Deferred.fromCoroutine(self.refused(cat.send(self.ben, "poison"), "internal")),
                Deferred.fromCoroutine(self.ann.send(self.ben, "b")),
            ]
            a, _, b = await gatherResults(calls)
            self.assertEqual((a["seq"], b["seq"]), (2, 3))
            self.assertEqual(len(self.flushLoggedErrors()), 1)
        finally:
            await self.node.db.execute("ALTER TABLE messages DROP CONSTRAINT no_poison")

    async def test_64_senders_one_log(self) -> None:
        """64 concurrent senders into one conversation give seq 1..n without a gap, equal to commit order."""
        group = await make_group(self, [self.ann, self.ben])
        people = [await self.bare_person(group, number) for number in range(64)]
        calls = [Deferred.fromCoroutine(p.send(group, f"{n}")) for n in range(4) for p in people]
        answers = await gatherResults(calls)
        self.assertEqual(sorted(answer["seq"] for answer in answers), list(range(1, 257)))
        page = await self.ann.call("conversation.log", id=group, after=0)
        self.assertEqual([entry["seq"] for entry in page["entries"]], list(range(1, 257)))
        times = [entry["at"] for entry in page["entries"]]
        self.assertEqual(times, sorted(times))
        by_seq = {answer["seq"]: answer["id"] for answer in answers}
        self.assertEqual([e["data"]["message"]["id"] for e in page["entries"]], [by_seq[n] for n in range(1, 257)])

    async def bare_person(self, group: str, number: int) -> Person:
        """A member of the group without the ceremony of registration."""
        rows = await self.node.db.query(
            """WITH u AS (INSERT INTO users (id, username, password_hash, display_name, email_verified_at)
                 VALUES (gen_random_uuid(), %s, '', %s, now()) RETURNING id),
               m AS (INSERT INTO members (conversation_id, user_id) SELECT %s, id FROM u)
               SELECT id FROM u""",
            (f"@member{number}", f"Member {number}", group),
        )
        session = {
            "accessToken": self.node.ports.accounts.tokens.issue(rows[0][0], "none", "user"),
            "user": {"id": rows[0][0], "username": f"@member{number}"},
        }
        return Person(self, session)

    async def test_two_processes_one_log(self) -> None:
        """Two writers on connections of their own keep one gapless order and never deadlock."""
        from chatr.store.ids import uuid7
        from chatr.store.writing.appending import Append
        from chatr.store.writing.writer import MessageWriter

        first = await self.ann.send(self.ben, "first")
        cat = await self.person("cat")
        await self.acquaint(self.ann, cat)
        other = await self.ann.send(cat, "first")
        writers = [
            MessageWriter(self.node.db, reactor, settings=MessagesSettings(), queue_limit=1000, changes=1)
            for _ in range(2)
        ]
        targets = [first["conversationId"], other["conversationId"]]
        calls = [
            writer.append(
                Append(
                    id=uuid7(),
                    sender_id=self.ann.id,
                    client_id=str(uuid.uuid4()),
                    digest=b"",
                    content="x",
                    conversation_id=targets[(n + turn) % 2],
                )
            )
            for n in range(200)
            for turn, writer in enumerate(writers)
        ]
        done = await gatherResults(calls)
        for target in targets:
            seqs = sorted(item.seq for item in done if item.conversation_id == target)
            self.assertEqual(seqs, list(range(2, 202)))

    async def test_refusals(self) -> None:
        """Each wrong field is named, and nothing is stored."""
        client_id = str(uuid.uuid4())
        good: dict[str, Any] = {"recipientId": self.ben.id, "content": "x", "clientId": client_id}

        async def refuse(code: str, path: str | None, **change: Any) -> None:
            params = {key: value for key, value in {**good, **change}.items() if value is not ...}
            await self.refused(self.ann.call("message.send", **params), code, path)

        await refuse("invalid", "$.content", content="  \n ")
        await refuse("invalid", "$.content", content="x" * 8001)
        await refuse("invalid", "$.content", content="a\x00b")
        await refuse("invalid", "$.content", content="a\ud800b")
        await refuse("invalid", "$.clientId", clientId="1")
        await refuse("invalid", "$.clientId", clientId=...)
        await refuse("invalid", "$.clientId", clientId=client_id + "\n")
        await refuse("invalid", "$.recipientId", recipientId=...)
        await refuse("invalid", "$.recipientId", conversationId=str(uuid.uuid4()))
        await refuse("invalid", "$.recipientId", recipientId=self.ann.id)
        await refuse("invalid", "$.type", type="system")
        await refuse("invalid", "$.senderId", senderId=self.ben.id)
        await refuse("not_found", None, recipientId=str(uuid.uuid4()))
        self.assertEqual(await self.node.db.query("SELECT 1 FROM messages"), [])
        self.assertEqual((await self.ann.send(self.ben, "x" * 8000 + "  "))["seq"], 1)

    async def test_members_only(self) -> None:
        """Whoever is not in a conversation can neither write to it nor read it, nor learn that it exists."""
        message = await self.ann.send(self.ben, "secret")
        eve = await self.person("eve")
        conversation = message["conversationId"]
        for call in (
            eve.send(conversation, "x"),
            eve.call("message.history", conversationId=conversation),
            eve.call("message.get", id=message["id"]),
            eve.call("conversation.get", id=conversation),
            eve.call("conversation.log", id=conversation),
            eve.call("message.mark_read", id=conversation, seq=1),
            eve.call("message.mark_delivered", id=conversation, seq=1),
        ):
            await self.refused(call, "not_found")

    async def test_unverified_people_get_no_messages(self) -> None:
        """Nobody can write to an account that is not verified."""
        made = await self.call("account.register", username="new", email="new@example.org", password="Other-pass-1")
        await self.refused(
            self.ann.call("message.send", recipientId=made["userId"], content="x", clientId=str(uuid.uuid4())),
            "not_found",
        )

    async def test_reply_snapshot(self) -> None:
        """A reply carries a frozen snapshot of a message of the same conversation."""
        first = await self.ann.send(self.ben, "y" * 300)
        reply = await self.ben.send(self.ann, "re", replyToId=first["id"])
        snapshot = {"id": first["id"], "senderName": "ann", "type": "text", "content": "y" * 200}
        self.assertEqual(reply["replyTo"], snapshot)
        self.assertEqual((await self.ann.call("message.get", id=reply["id"]))["replyTo"], snapshot)
        cat = await self.person("cat")
        await cat.send(self.ann, "hello")
        await self.refused(cat.send(self.ann, "re", replyToId=first["id"]), "invalid", "$.replyToId")

    async def test_quotes_end_at_a_grapheme(self) -> None:
        """200 characters at most, and no emoji is cut in two: in the answer, the event, and whenever it is read."""
        family, device = "👨‍👩‍👧‍👦", self.ann.device()
        for text, shown in (
            ("y" * 197 + family + "z", "y" * 197),
            ("y" * 193 + family + "z", "y" * 193 + family),
            ("y" * 199 + "e\u0301", "y" * 199),
            ("\u0301" * 300, "\u0301" * 200),
        ):
            first = await self.ann.send(self.ben, text if text[0] == "y" else f"a{text}")
            reply = await self.ben.send(self.ann, "re", replyToId=first["id"])
            shown = shown if text[0] == "y" else f"a{shown}"[:200]
            read = (await self.ben.call("message.get", id=reply["id"]))["replyTo"]["content"]
            heard = device.named("message.received")[-1]["message"]["replyTo"]["content"]
            self.assertEqual({reply["replyTo"]["content"], read, heard}, {shown})


class HistoryTests(OpsCase):
    """message.history and message.get."""

    async def setUp(self) -> None:
        await super().setUp()
        self.ann, self.ben = await self.person("ann"), await self.person("ben")
        await self.acquaint(self.ann, self.ben)
        for number in range(1, 11):
            self.last = await self.ann.send(self.ben, str(number))

    async def page(self, **params: Any) -> tuple[list[int], bool, bool]:
        answer = await self.ben.call("message.history", conversationId=self.last["conversationId"], **params)
        return [item["seq"] for item in answer["items"]], answer["hasBefore"], answer["hasAfter"]

    async def test_pages(self) -> None:
        """Newest page first, ascending; before, after and around a seq; flags tell whether there is more."""
        self.assertEqual(await self.page(limit=3), ([8, 9, 10], True, False))
        self.assertEqual(await self.page(limit=3, before=8), ([5, 6, 7], True, True))
        self.assertEqual(await self.page(limit=3, before=4), ([1, 2, 3], False, True))
        self.assertEqual(await self.page(limit=3, before=1), ([], False, True))
        self.assertEqual(await self.page(limit=3, after=0), ([1, 2, 3], False, True))
        self.assertEqual(await self.page(limit=3, after=7), ([8, 9, 10], True, False))
        self.assertEqual(await self.page(limit=3, after=10), ([], True, False))
        self.assertEqual(await self.page(limit=4, around=5), ([3, 4, 5, 6], True, True))
        self.assertEqual(await self.page(limit=4, around=10), ([8, 9, 10], True, False))
        self.assertEqual(await self.page(limit=100), (list(range(1, 11)), False, False))

    async def test_by_other_user(self) -> None:
        """The other person names the conversation too; without one the page is empty."""
        page = await self.ben.call("message.history", otherUserId=self.ann.id, limit=1)
        self.assertEqual(page["items"][0]["id"], self.last["id"])
        cat = await self.person("cat")
        empty = {"items": [], "hasBefore": False, "hasAfter": False, "otherDeliveredSeq": 0, "otherReadSeq": 0}
        self.assertEqual(await self.ben.call("message.history", otherUserId=cat.id), empty)
        await self.refused(self.ben.call("message.history", otherUserId=str(uuid.uuid4())), "not_found")

    async def test_refusals(self) -> None:
        """Contradictory questions are refused with the field."""
        await self.refused(self.ben.call("message.history"), "invalid", "$.conversationId")
        here = self.last["conversationId"]
        await self.refused(
            self.ben.call("message.history", conversationId=here, before=1, after=1), "invalid", "$.before"
        )
        await self.refused(self.ben.call("message.history", conversationId=here, limit=101), "invalid", "$.limit")
        await self.refused(self.ben.call("message.history", conversationId=here, before=-1), "invalid", "$.before")

    async def test_history_marks_nothing(self) -> None:
        """Fetching history leaves the unread count as it is."""
        await self.page()
        view = await self.ben.call("conversation.get", id=self.last["conversationId"])
        self.assertEqual((view["unreadCount"], view["readSeq"]), (10, 0))

    async def test_one_round_trip(self) -> None:
        """A page is a single statement, however the conversation is named; a message and a conversation are, too."""
        await self.alone()
        before = self.node.db.round_trips
        await self.ben.call("message.get", id=self.last["id"])
        await self.ben.call("conversation.get", id=self.last["conversationId"])
        await self.ben.call("conversation.list")
        await self.ben.call("conversation.log", id=self.last["conversationId"])
        await self.ben.call("message.mark_read", id=self.last["conversationId"], seq=5)
        await self.page(before=5)
        await self.page(after=5)
        await self.ben.call("message.history", otherUserId=self.ann.id)
        self.assertEqual(self.node.db.round_trips - before, 8)

    async def test_get(self) -> None:
        """Either side gets a message by id."""
        self.assertEqual((await self.ben.call("message.get", id=self.last["id"]))["content"], "10")
        await self.refused(self.ben.call("message.get", id=str(uuid.uuid4())), "not_found")


class ReceiptTests(OpsCase):
    """Watermarks."""

    async def setUp(self) -> None:
        await super().setUp()
        self.ann, self.ben = await self.person("ann"), await self.person("ben")
        await self.acquaint(self.ann, self.ben)
        for number in range(1, 4):
            self.last = await self.ann.send(self.ben, str(number))
        self.conversation = self.last["conversationId"]

    async def statuses(self) -> list[str]:
        page = await self.ann.call("message.history", conversationId=self.conversation)
        return [item["status"] for item in page["items"]]

    async def test_status_of_the_sender(self) -> None:
        """sent, delivered, read derive from the other's watermarks; read implies delivered."""
        self.assertEqual(await self.statuses(), ["sent", "sent", "sent"])
        await self.ben.call("message.mark_delivered", id=self.conversation, seq=2)
        self.assertEqual(await self.statuses(), ["delivered", "delivered", "sent"])
        await self.ben.call("message.mark_read", id=self.conversation, seq=1)
        self.assertEqual(await self.statuses(), ["read", "delivered", "sent"])
        await self.ben.call("message.mark_read", id=self.conversation, seq=3)
        self.assertEqual(await self.statuses(), ["read", "read", "read"])

    async def test_events(self) -> None:
        """Both people's other devices are told when a watermark grows, and only then."""
        anns, calling, bens = self.ann.device(), self.ben.device(), self.ben.device()
        await self.ben.call("message.mark_read", calling, id=self.conversation, seq=2)
        await self.ben.call("message.mark_read", calling, id=self.conversation, seq=2)
        await self.ben.call("message.mark_read", calling, id=self.conversation, seq=1)
        await self.ben.call("message.mark_delivered", calling, id=self.conversation, seq=1)
        self.assertEqual(calling.events, [])
        for device in (anns, bens):
            [status] = device.named("message.status")
            self.assertEqual((status["userId"], status["readSeq"], status["deliveredSeq"]), (self.ben.id, 2, 2))

    async def test_bounds(self) -> None:
        """A watermark never goes beyond the head, nor back."""
        await self.ben.call("message.mark_read", id=self.conversation, seq=2**53 - 1)
        await self.ben.call("message.mark_read", id=self.conversation, seq=1)
        view = await self.ben.call("conversation.get", id=self.conversation)
        self.assertEqual((view["readSeq"], view["deliveredSeq"], view["unreadCount"]), (3, 3, 0))
        other = await self.ann.call("conversation.get", id=self.conversation)
        self.assertEqual((other["otherReadSeq"], other["otherDeliveredSeq"]), (3, 3))

    async def test_concurrent_marks(self) -> None:
        """Marks from many devices at once leave the highest, and the events never go back."""
        for number in range(20):
            await self.ann.send(self.ben, str(number))
        anns = self.ann.device()
        marks = [
            Deferred.fromCoroutine(self.ben.call("message.mark_read", id=self.conversation, seq=seq))
            for seq in (5, 23, 1, 17, 9, 23, 2)
        ]
        await gatherResults(marks)
        view = await self.ben.call("conversation.get", id=self.conversation)
        self.assertEqual(view["readSeq"], 23)
        self.assertEqual(max(event["readSeq"] for event in anns.named("message.status")), 23)


async def make_group(case: OpsCase, people: list[Person]) -> str:
    """A group with these members and an empty log: what is counted is what a test writes."""
    rows = await case.node.db.query(
        "INSERT INTO conversations (id, kind, title) VALUES (gen_random_uuid(), 'group', 'g') RETURNING id"
    )
    for person in people:
        await case.node.db.execute(
            "INSERT INTO members (conversation_id, user_id) VALUES (%s, %s)", (rows[0][0], person.id)
        )
    group: str = rows[0][0]
    return group
