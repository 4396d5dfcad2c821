"""How many strangers somebody may approach in a day."""

from __future__ import annotations

import uuid
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred, gatherResults

from chatr.api.context import Caller, Context
from chatr.api.errors import ApiError
from chatr.node import Node
from chatr.ops.conversations.conversations import begin_direct
from tests.ops.case import OpsCase, Person

DAY_S = 86400


class ApproachesCase(OpsCase):
    """Ann, and many whom she does not know."""

    settings = {"limits.enabled": "true"}

    async def setUp(self) -> None:
        await super().setUp()
        self.ann = await self.person("ann")

    async def strangers(self, count: int) -> list[str]:
        """Ids of people with confirmed accounts."""
        rows = await self.node.db.query(
            """INSERT INTO users (id, username, display_name, password_hash, email_verified_at)
               SELECT id, '@' || left(id::text, 18), 'Somebody', '', now()
                 FROM unnest(%s::uuid[]) id RETURNING id""",
            ([str(uuid.uuid4()) for _ in range(count)],),
        )
        return [row[0] for row in rows]

    async def sent(self, person: Person, user_ids: list[str]) -> list[str]:
        """What becomes of first messages to people, all at once: "sent", or the code of the error."""

        async def send(user_id: str) -> str:
            try:
                await person.call("message.send", recipientId=user_id, content="hi", clientId=str(uuid.uuid4()))
            except ApiError as error:
                self.wait_s = error.retry_after_s or 0
                return error.code
            return "sent"

        return await gatherResults([Deferred.fromCoroutine(send(user_id)) for user_id in user_ids])

    async def grow(self, person: Person) -> None:
        """An account that is no longer in its first day."""
        await self.node.db.execute(
            "UPDATE users SET created_at = created_at - interval '25 hours' WHERE id = %s", (person.id,)
        )


class ConversationTests(ApproachesCase):
    """First messages to people who don't know the sender."""

    async def test_thirty_a_day(self) -> None:
        """Thirty in 24 hours, however many are sent at once; then as many as are 24 hours ago.

        Before, nothing but the rate of sends: 20 a second.
        """
        await self.grow(self.ann)
        heard = await self.sent(self.ann, await self.strangers(35))
        self.assertEqual((heard.count("sent"), heard.count("rate_limited")), (30, 5))
        self.assertIn(self.wait_s, range(DAY_S - 60, DAY_S + 1))
        await self.node.db.execute(
            """UPDATE approaches SET at = at - interval '24 hours'
                WHERE ctid = ANY (ARRAY(SELECT ctid FROM approaches ORDER BY at LIMIT 2))"""
        )
        heard = await self.sent(self.ann, await self.strangers(4))
        self.assertEqual((heard.count("sent"), heard.count("rate_limited")), (2, 2))
        [(rows,)] = await self.node.db.query("SELECT count(*) FROM approaches")
        self.assertEqual(rows, 30)

    async def test_forty_connections_at_once(self) -> None:
        """Of conversations begun by several transactions at the same moment no more are made than may be."""
        await self.grow(self.ann)
        caller = Caller(role="user", user_id=self.ann.id, session_id=self.ann.session_id)

        async def begin(user_id: str) -> str:
            ctx = Context(caller=caller, request_id="test", now=self.now(), ports=self.node.ports)
            try:
                async with self.node.db.transaction() as tx:
                    await begin_direct(ctx, user_id, tx)
            except ApiError as error:
                return error.code
            return "begun"

        heard = await gatherResults([Deferred.fromCoroutine(begin(each)) for each in await self.strangers(40)])
        self.assertEqual((heard.count("begun"), heard.count("rate_limited")), (30, 10))
        self.assertEqual(await self.node.db.query("SELECT count(*) FROM conversations"), [(30,)])

    async def test_first_day(self) -> None:
        """Ten on the first day of an account, until it is a day old."""
        await self.node.db.execute("UPDATE users SET created_at = created_at - interval '23 hours'")
        heard = await self.sent(self.ann, await self.strangers(12))
        self.assertEqual((heard.count("sent"), heard.count("rate_limited")), (10, 2))
        self.assertIn(self.wait_s, range(3500, 3601))
        await self.grow(self.ann)
        heard = await self.sent(self.ann, await self.strangers(21))
        self.assertEqual((heard.count("sent"), heard.count("rate_limited")), (20, 1))

    async def test_a_restart_forgets_nothing(self) -> None:
        """What was begun before a restart counts after it."""
        await self.sent(self.ann, await self.strangers(10))
        await self.node.close()
        self.node = Node(self.config(), reactor, self.data, now=self.now)
        await self.node.open(self.dsn)
        self.assertEqual(await self.sent(self.ann, await self.strangers(1)), ["rate_limited"])

    async def test_who_is_no_stranger(self) -> None:
        """Friends, bots, support, and whoever has written first are written to all the same; nothing is counted."""
        ben, cat = await self.person("ben"), await self.person("cat")
        await self.acquaint(self.ann, ben)
        bot, support = await self.strangers(2)
        await self.node.db.execute("UPDATE users SET is_bot = true WHERE id = %s", (bot,))
        await self.node.db.execute("UPDATE users SET role = 'support' WHERE id = %s", (support,))
        self.assertEqual(await self.sent(cat, [self.ann.id]), ["sent"])
        self.assertEqual(await self.sent(self.ann, await self.strangers(10)), ["sent"] * 10)
        self.assertEqual(await self.sent(self.ann, [ben.id, cat.id, bot, support]), ["sent"] * 4)
        self.assertEqual(await self.sent(self.ann, await self.strangers(1)), ["rate_limited"])
        # What was begun goes on.
        begun = (await self.ann.call("conversation.list", limit=100))["items"]
        self.assertEqual(len(begun), 14)
        await self.ann.send(begun[-1]["id"], "once more")

    async def test_what_is_refused_is_not_there(self) -> None:
        """Nobody hears of a conversation that was one too many, and it is not counted."""
        await self.sent(self.ann, await self.strangers(10))
        dan = await self.person("dan")
        device = dan.device()
        self.assertEqual(await self.sent(self.ann, [dan.id]), ["rate_limited"])
        self.assertEqual(device.events, [])
        self.assertEqual((await dan.call("conversation.list", filter="requests"))["items"], [])
        # The other way round it is no stranger's: Dan has a budget of his own.
        self.assertEqual(await self.sent(dan, [self.ann.id]), ["sent"])
        self.assertEqual(await self.sent(self.ann, [dan.id]), ["sent"])


class SettingTests(ApproachesCase):
    """As the operator wants it."""

    settings = {
        "limits.enabled": "true",
        "limits.strangers_per_day": "3",
        "limits.friend_requests_per_day": "2",
        "limits.invites_per_day": "4",
    }

    async def test_settings(self) -> None:
        """Both numbers are settings; the first day never has more than another."""
        heard = await self.sent(self.ann, await self.strangers(5))
        self.assertEqual((heard.count("sent"), heard.count("rate_limited")), (3, 2))
        for user_id in await self.strangers(2):
            await self.ann.call("friend.request", addresseeId=user_id)
        await self.refused(self.ann.call("friend.request", addresseeId=(await self.strangers(1))[0]), "rate_limited")

    async def test_invitations(self) -> None:
        """Strangers who are invited to groups count, friends do not; what is too much invites nobody."""
        ben = await self.person("ben")
        asked = await ben.call("friend.request", addresseeId=self.ann.id)
        await self.ann.call("friend.accept", friendshipId=asked["friendship"]["id"])
        strangers = await self.strangers(5)
        await self.refused(self.ann.call("group.create", name="Foxes", memberIds=strangers), "rate_limited")
        self.assertEqual((await self.ann.call("group.list"))["items"], [])
        group = (await self.ann.call("group.create", name="Foxes", memberIds=[ben.id, *strangers[:3]]))["id"]
        # Whom she has invited already counts no more.
        await self.ann.call("group.invite", id=group, userIds=strangers[:4])
        await self.refused(self.ann.call("group.invite", id=group, userIds=strangers), "rate_limited")
        self.assertEqual(len((await self.ann.call("group.get", id=group))["members"]), 6)


class FriendRequestTests(ApproachesCase):
    """Requests to be friends."""

    async def ask(self, user_id: str) -> Any:
        return await self.ann.call("friend.request", addresseeId=user_id)

    async def test_fifty_a_day(self) -> None:
        """Fifty in 24 hours, also when they are taken back, and after a restart; accepting is not asking.

        Before, the count was in memory: each restart gave fifty more.
        """
        ben = await self.person("ben")
        await ben.call("friend.request", addresseeId=self.ann.id)
        for user_id in await self.strangers(50):
            asked = await self.ask(user_id)
            await self.ann.call("friend.decline", friendshipId=asked["friendship"]["id"])
        [last] = await self.strangers(1)
        error = await self.refused(self.ask(last), "rate_limited")
        self.assertIn(error.retry_after_s, range(DAY_S - 120, DAY_S + 1))
        await self.node.close()
        self.node = Node(self.config(), reactor, self.data, now=self.now)
        await self.node.open(self.dsn)
        await self.refused(self.ask(last), "rate_limited")
        self.assertEqual((await self.ask(ben.id))["friendship"]["status"], "accepted")
