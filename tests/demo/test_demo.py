"""The demo: made once, by whoever asks first; what it shows; the bot that answers."""

from __future__ import annotations

from collections import Counter
from typing import Any

from twisted.internet.defer import Deferred, gatherResults

from chatr.api.context import Caller
from chatr.api.errors import ApiError
from chatr.demo import echo
from chatr.demo.demo import Demo
from chatr.ops import operator
from tests.ops.case import OpsCase, outcome

BROWSER = Caller(address="127.0.0.1", user_agent="a browser")


class DemoCase(OpsCase):
    """A server in development."""

    async def setUp(self) -> None:
        self.patch(echo, "TYPES_S", 0.0)
        await super().setUp()
        assert self.node.demo is not None
        self.demo: Demo = self.node.demo

    async def conversations(self, user_id: str, filter: str = "all") -> list[Any]:
        return list((await self.demo.act(user_id, "conversation.list", filter=filter)).items)

    async def messages(self, user_id: str, conversation_id: str) -> list[Any]:
        page = await self.demo.act(user_id, "message.history", conversation_id=conversation_id, after=0, limit=100)
        return list(page.items)


class MakingTests(DemoCase):
    """What is there after one click."""

    async def test_one_of_everything(self) -> None:
        """Replies, an edit, reactions, something unsent, code, a long text, an archive, requests."""
        session = await self.demo.sign_in(BROWSER, "sam")
        sam = session.user.id
        self.assertEqual((session.user.username, session.user.display_name), ("@sam", "Sam Rivers"))
        listed = await self.conversations(sam)
        self.assertTrue(any(each.unread_count for each in listed))
        self.assertTrue(any(each.pinned for each in listed))
        self.assertTrue(any(each.other and each.other.is_bot for each in listed))
        self.assertTrue(await self.conversations(sam, "archived"))
        [request] = await self.conversations(sam, "requests")
        self.assertEqual(request.other.display_name, "Priya Raman")
        self.assertTrue((await self.demo.act(sam, "friend.incoming")).items)
        [group] = [each for each in listed if each.kind == "group"]
        self.assertEqual((group.title, group.member_count, group.mention_count), ("Alpine weekend", 5, 2))
        [invite] = (await self.demo.act(sam, "group.invites")).items
        self.assertEqual(invite.invited_by.display_name, "Priya Raman")
        [pinned] = [each for each in listed if each.pinned]
        messages = await self.messages(sam, pinned.id)
        self.assertTrue(any(each.reply_to for each in messages))
        self.assertTrue(any(each.edited for each in messages))
        self.assertTrue(any(each.reactions for each in messages))
        self.assertTrue(any(each.unsent for each in messages))
        self.assertTrue(any(each.mentions for each in messages))
        self.assertTrue(any("```" in each.content for each in messages))
        self.assertTrue(any("https://" in each.content for each in messages))
        self.assertTrue(any(len(each.content) > 1000 for each in messages))
        # What was sent beside words; two pictures together.
        self.assertEqual(Counter(each.type for each in messages), {"text": 15, "image": 2, "audio": 1, "file": 1})
        [group_id] = {each.group_id for each in messages if each.type == "image"}
        self.assertTrue(group_id)

    async def test_made_once(self) -> None:
        """Whoever comes at the same time, or later, finds the same; what one has changed meanwhile stays."""
        two = [Deferred.fromCoroutine(self.demo.sign_in(BROWSER, name)) for name in ("sam", "mira")]
        sam, _ = await gatherResults(two)
        before = Counter(each.head_seq for each in await self.conversations(sam.user.id))
        friends = (await self.demo.act(sam.user.id, "friend.list")).items
        await self.demo.act(sam.user.id, "friend.remove", friendship_id=friends[0].friendship_id)
        again = await Demo(self.node.ports, self.now).sign_in(BROWSER, "sam")
        self.assertEqual(again.user.id, sam.user.id)
        self.assertEqual(Counter(each.head_seq for each in await self.conversations(sam.user.id)), before)
        self.assertEqual(len((await self.demo.act(sam.user.id, "friend.list")).items), len(friends) - 1)

    async def test_goes_on_where_it_stopped(self) -> None:
        """A server that ends in the middle of it begins again, and nothing is there twice."""
        act, calls = self.demo.act, 0

        async def fails(user_id: str, name: str, /, **params: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls == 40:
                raise ApiError("unavailable")
            return await act(user_id, name, **params)

        self.patch(self.demo, "act", fails)
        self.assertEqual(await outcome(self.demo.make()), "unavailable")
        sam = (await self.demo.sign_in(BROWSER, "sam")).user.id
        [pinned] = [each for each in await self.conversations(sam) if each.pinned]
        texts = Counter(each.content for each in await self.messages(sam, pinned.id) if each.content)
        self.assertEqual(set(texts.values()), {1})

    async def test_nobody_else(self) -> None:
        """Only the two are played; who has the name of one by chance is not signed in as."""
        self.assertEqual(await outcome(self.demo.sign_in(BROWSER, "echo_bot")), "not_found")
        own = operator.NewUser(username="mira", password="Correct-horse-7", email="mira@example.org")
        await operator.create_user(self.demo._ctx(Caller(role="admin")), own)
        self.assertEqual(await outcome(self.demo.sign_in(BROWSER, "mira")), "conflict")


class EchoTests(DemoCase):
    """The bot."""

    async def write(self, who: str) -> Any:
        """Write to the bot."""
        client_id = f"{who[:-1]}0"
        return await self.demo.act(
            who, "message.send", recipient_id=self.demo.bot_id, content="hello?", client_id=client_id
        )

    async def settled(self) -> None:
        assert self.node.echo_bot is not None
        await self.node.echo_bot.settled()

    async def test_answers(self) -> None:
        """What is written to it it says back, once, after reading it; also to somebody whom it does not know."""
        sam = (await self.demo.sign_in(BROWSER, "sam")).user.id
        ann = await self.person("ann")
        device = ann.device()
        for who in (sam, ann.id):
            sent = await self.write(who)
            await self.settled()
            *_, question, answer = await self.messages(who, sent.conversation_id)
            self.assertEqual((question.id, question.status), (sent.id, "read"))
            self.assertEqual((answer.content, answer.sender.id), ("hello?", self.demo.bot_id))
        self.assertEqual(len(device.named("activity.typing")), 1)

    async def test_who_has_blocked_it(self) -> None:
        """Gets no answer, and holds up nobody."""
        sam = (await self.demo.sign_in(BROWSER, "sam")).user.id
        mira = (await self.demo.sign_in(BROWSER, "mira")).user.id
        for who, answers in ((sam, False), (mira, True)):
            sent = await self.write(who)
            if not answers:
                await self.demo.act(who, "friend.block", user_id=self.demo.bot_id)
            await self.settled()
            last = (await self.messages(who, sent.conversation_id))[-1]
            self.assertEqual(last.sender.id, self.demo.bot_id if answers else sam)

    async def test_knows_a_demo_of_before(self) -> None:
        """After a restart it is there without a click."""
        await self.demo.make()
        other = Demo(self.node.ports, self.now)
        await other.look()
        self.assertEqual(other.bot_id, self.demo.bot_id)


class ProductionTests(OpsCase):
    """A server for people."""

    settings = {"server.mode": "production"}

    async def test_none(self) -> None:
        """There is no demo, and no bot."""
        self.assertIsNone(self.node.demo)
        self.assertIsNone(self.node.echo_bot)
