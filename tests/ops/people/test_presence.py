"""Whose presence is told to whom, and that it is told in order, once, and as it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

import psycopg2
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from chatr.api.errors import ApiError
from chatr.process.tasks import Tasks
from chatr.realtime.presence import PresenceChange
from chatr.services import presence_news
from chatr.services.circles import Circles
from chatr.services.presence_news import RETRY_S, Announcer
from chatr.store.people import people, relations
from chatr.store.people.relations import Circle
from chatr.store.pool import Queryable
from tests.ops.case import PASSWORD, Person
from tests.ops.fold import unrevised
from tests.ops.people.test_friends import FriendsCase


class PresenceCase(FriendsCase):
    """Ann and Ben are friends."""

    async def setUp(self) -> None:
        await super().setUp()
        self.friendship_id = await self.befriend(self.ann, self.ben)

    async def change(self, *changes: PresenceChange) -> None:
        """Announce what the tracker would, when it is so."""
        await self.node.ports.live.presence._store.put(
            {each.user_id: None if each.status == "offline" else each.status for each in changes}
        )
        self.node.ports.live.announcer.changed(list(changes))
        await self.node.ports.live.announcer.idle()

    async def state(self, viewer: Person, person: Person) -> tuple[str, bool]:
        """What a viewer is answered about a person: the status, and whether it is hidden."""
        [item] = (await viewer.call("presence.query", userIds=[person.id]))["items"]
        return item["status"], item["hidden"]


class QueryTests(PresenceCase):
    """presence.query and presence.set."""

    async def test_query(self) -> None:
        """In the order of the question; whoever is a stranger, hides, or does not exist is hidden and offline."""
        eve = await self.person("eve")
        self.node.ports.live.presence.joined(self.ben.id, "c1")
        self.node.ports.live.presence.joined(eve.id, "c2")
        await self.settled()
        nobody = "00000000-0000-4000-8000-000000000000"
        items = (await self.ann.call("presence.query", userIds=[eve.id, self.ben.id, nobody]))["items"]
        self.assertEqual([item["userId"] for item in items], [eve.id, self.ben.id, nobody])
        self.assertEqual(
            [(item["status"], item["hidden"]) for item in items],
            [("offline", True), ("online", False), ("offline", True)],
        )
        for level, shown in (("friends", True), ("nobody", False), ("everyone", True)):
            await self.ben.call("user.update_settings", privacy={"onlineStatus": level})
            wanted = ("online", False) if shown else ("offline", True)
            self.assertEqual(await self.state(self.ann, self.ben), wanted)

    async def test_own(self) -> None:
        """One sees oneself, whatever one shows to others. Before: hidden and offline."""
        device = self.ann.device()
        self.node.ports.live.presence.joined(self.ann.id, device.connection)
        self.node.ports.live.presence.set(self.ann.id, device.connection, "away")
        await self.settled()
        await self.ann.call("user.update_settings", privacy={"onlineStatus": "nobody"})
        self.assertEqual(await self.state(self.ann, self.ann), ("away", False))

    async def test_everybody(self) -> None:
        """Without ids: everybody of whom the caller may be told, and nobody else."""
        eve, dan, cat = [await self.person(name) for name in ("eve", "dan", "cat")]
        await eve.send(self.ann, "hi")
        await self.ask(self.ann, dan)
        await self.pending(self.ann, cat)
        items = (await self.ann.call("presence.query"))["items"]
        self.assertEqual({item["userId"] for item in items}, {self.ben.id, eve.id})
        items = (await cat.call("presence.query"))["items"]
        self.assertEqual([item["userId"] for item in items], [self.ann.id])
        await self.refused(self.ann.call("presence.query", userIds=[]), "invalid", "$.userIds")

    async def test_set_belongs_to_a_realtime_session(self) -> None:
        """Presence is set by an open connection only."""
        device = self.ann.device()
        await self.refused(self.ann.call("presence.set", device, status="away"), "conflict")
        await self.refused(self.ann.call("presence.set", status="away"), "conflict")
        self.node.ports.live.presence.joined(self.ann.id, device.connection)
        await self.ann.call("presence.set", device, status="away")
        await self.settled()
        self.assertEqual(await self.state(self.ben, self.ann), ("away", False))

    async def test_set_for_a_sign_in(self) -> None:
        """Over REST without a named connection it counts for those of the sign-in, and no other. Before: conflict."""
        phone, tablet = self.ann.device(), self.ann.device()
        session = await self.call("session.login", login="ann", password=PASSWORD)
        elsewhere = Person(self, session)
        await self.refused(elsewhere.call("presence.set", status="away"), "conflict")
        for device in (phone, tablet):
            self.node.ports.live.presence.joined(self.ann.id, device.connection)
        await self.refused(elsewhere.call("presence.set", status="away"), "conflict")
        await self.ann.call("presence.set", status="away")
        await self.settled()
        self.assertEqual(await self.state(self.ben, self.ann), ("away", False))


class AnnouncementTests(PresenceCase):
    """presence.changed"""

    async def test_last_seen(self) -> None:
        """It comes with leaving, is when the person left, is stored, and is in profile and query alike."""
        anns = self.ann.device()
        await self.change(PresenceChange(self.ben.id, "online"))
        await self.change(PresenceChange(self.ben.id, "offline", 300.0))
        online, offline = anns.named("presence.changed")
        self.assertEqual(unrevised(online), {"userId": self.ben.id, "status": "online"})
        self.assertLess(online["revision"], offline["revision"])
        gone = datetime.now(timezone.utc) - datetime.fromisoformat(offline["lastSeen"])
        self.assertLess(abs(gone - timedelta(seconds=300)), timedelta(seconds=60))
        [state] = (await self.ann.call("presence.query", userIds=[self.ben.id]))["items"]
        profile = await self.ann.call("user.get", userId=self.ben.id)
        self.assertEqual((state["lastSeen"], profile["lastSeen"]), (offline["lastSeen"], offline["lastSeen"]))
        eve = await self.person("eve")
        self.assertNotIn("lastSeen", await eve.call("user.get", userId=self.ben.id))

    async def test_privacy_acts_on_open_sessions(self) -> None:
        """Hiding looks like leaving, without lastSeen; showing tells how it is: to exactly those whom it concerns."""
        eve = await self.person("eve")
        await self.ben.call("conversation.accept", id=await self.pending(eve, self.ben))
        self.node.ports.live.presence.joined(self.ben.id, "c")
        await self.settled()
        hidden = {"userId": self.ben.id, "status": "offline", "hidden": True}
        shown = {"userId": self.ben.id, "status": "online"}
        steps = [
            ("friends", [], [hidden]),
            ("nobody", [hidden], []),
            ("friends", [shown], []),
            ("everyone", [], [shown]),
            ("nobody", [hidden], [hidden]),
            ("everyone", [shown], [shown]),
        ]
        for level, friends_hear, others_hear in steps:
            anns, eves = self.ann.device(), eve.device()
            await self.ben.call("user.update_settings", privacy={"onlineStatus": level})
            self.assertEqual(unrevised(anns.named("presence.changed")), friends_hear, level)
            self.assertEqual(unrevised(eves.named("presence.changed")), others_hear, level)

    async def test_becoming_close_shows_presence(self) -> None:
        """New friends, and those whose friendship ends, are told at once; so is the device that did it."""
        eve = await self.person("eve")
        await self.node.ports.live.presence._store.put({self.ann.id: "away", eve.id: "online"})
        anns, eves = self.ann.device(), eve.device()
        friendship_id = await self.ask(self.ann, eve)
        await eve.call("friend.accept", eves, friendshipId=friendship_id)
        self.assertEqual(unrevised(anns.named("presence.changed")), [{"userId": eve.id, "status": "online"}])
        self.assertEqual(unrevised(eves.named("presence.changed")), [{"userId": self.ann.id, "status": "away"}])
        await self.ann.call("friend.remove", friendshipId=friendship_id)
        hidden = {"userId": eve.id, "status": "offline", "hidden": True}
        self.assertEqual(unrevised(anns.named("presence.changed")[1:]), [hidden])

    async def test_circles_are_exact(self) -> None:
        """A kept circle serves without being read, and is read anew after everything that changes it."""
        eve = await self.person("eve")
        anns, eves = self.ann.device(), eve.device()
        reads, read = 0, relations.circles

        async def circles(db: Queryable, user_ids: Sequence[str]) -> dict[str, Circle]:
            # Not all statements of the pool: what never ends has its own now and then.
            nonlocal reads
            reads += 1
            return await read(db, user_ids)

        self.patch(relations, "circles", circles)

        async def hear() -> tuple[int, int, int]:
            """Who hears when Ben comes: Ann, Eve, and how often circles were read for it."""
            before = reads
            heard = len(anns.named("presence.changed")), len(eves.named("presence.changed"))
            await self.change(PresenceChange(self.ben.id, "online"))
            now = len(anns.named("presence.changed")), len(eves.named("presence.changed"))
            return now[0] - heard[0], now[1] - heard[1], reads - before

        await hear()
        self.assertEqual(await hear(), (1, 0, 0))
        changes: list[tuple[Any, tuple[int, int]]] = [
            (lambda: eve.send(self.ben, "hi"), (1, 0)),
            (lambda: self.ben.send(eve, "hello"), (1, 1)),
            (lambda: self.ben.call("user.update_settings", privacy={"onlineStatus": "friends"}), (1, 0)),
            (lambda: self.befriend(eve, self.ben), (1, 1)),
            (lambda: self.ann.call("friend.remove", friendshipId=self.friendship_id), (0, 1)),
            (lambda: self.ben.call("user.update_settings", privacy={"onlineStatus": "everyone"}), (0, 1)),
            (lambda: self.ben.send(self.ann, "hi"), (1, 1)),
            (lambda: self.ann.call("friend.block", userId=self.ben.id), (0, 1)),
            (lambda: self.ann.call("friend.unblock", userId=self.ben.id), (1, 1)),
            (lambda: self.ben.call("friend.block", userId=eve.id), (1, 0)),
            (lambda: self.ben.call("friend.unblock", userId=eve.id), (1, 1)),
            # Her device is a test's own: a real one is cut by then.
            (lambda: self.ann.call("account.delete", password="Correct-horse-7"), (1, 1)),
        ]
        for number, (change, wanted) in enumerate(changes):
            await change()
            await self.node.ports.messages.eraser.settled()
            self.assertEqual(await hear(), (*wanted, 1), number)
            self.assertEqual(await hear(), (*wanted, 0), number)
        self.assertEqual(self.node.ports.live.circles._kept.keys() & {self.ann.id, eve.id}, set())

    async def test_together(self) -> None:
        """What comes while somebody is told of is told together then, so many at once; and nothing passes a hiding."""
        told: list[list[str]] = []
        here = people.here

        async def noted(db: Queryable, gone_s: Mapping[str, float | None]) -> dict[str, people.Sighting]:
            told.append(list(gone_s))
            return await here(db, gone_s)

        self.patch(people, "here", noted)
        self.patch(presence_news, "MOST_AT_ONCE", 3)
        announcer, ann, ben = self.node.ports.live.announcer, self.ann.id, self.ben.id
        eve, dan, cat = [(await self.person(name)).id for name in ("eve", "dan", "cat")]
        for user_id in (ann, ben, eve, ben, dan, cat):
            announcer.changed([PresenceChange(user_id, "online")])
        announcer.hide(ann, [ben])
        announcer.changed([PresenceChange(ann, "away")])
        await announcer.idle()
        self.assertEqual(told, [[ann], [ben, eve, dan], [cat], [ann]])

    async def test_database_away(self) -> None:
        """What can't be told now is told as it then is, as soon as the database is back."""
        await self.told_later(ApiError("unavailable", "away"))

    async def test_database_broken(self) -> None:
        """Point 32 of issue 12: so after any other error of the database, which used to lose what was to be told."""
        await self.told_later(psycopg2.errors.UndefinedTable("gone"))
        self.assertEqual(len(self.flushLoggedErrors(psycopg2.Error)), 1)

    async def told_later(self, trouble: Exception) -> None:
        self.eve = await self.person("eve")
        clock, published = Clock(), []

        class Publisher:
            def publish(self, payload: Any, rooms: Any, *, exclude: str = "") -> None:
                published.append((payload.status, list(rooms)))

        class Absent:
            async def query(self, sql: str, params: Any = ()) -> Any:
                if clock.seconds() < RETRY_S:
                    raise trouble
                return await db.query(sql, params)

        db = self.node.db
        absent: Any = Absent()
        announcer = Announcer(Tasks(clock), absent, Publisher(), Circles(absent))  # type: ignore[arg-type]
        announcer.follow(self.node.ports.live.presence)
        announcer.changed([PresenceChange(self.ben.id, "online")])
        announcer.show(self.ann.id, [self.ben.id])
        announcer.hide(self.ben.id, [self.eve.id])
        # By the time that it can be told she is shown it once more.
        announcer.hide(self.ben.id, [self.ann.id])
        await announcer.idle()
        self.assertEqual(published, [])
        await self.node.ports.live.presence._store.put({self.ben.id: "away"})
        clock.advance(RETRY_S)
        await announcer.idle()
        self.assertEqual(
            sorted(published),
            [
                ("away", [f"user:{self.ann.id}"]),
                ("offline", [f"user:{self.ben.id}"]),
                ("offline", [f"user:{self.eve.id}"]),
            ],
        )
        await announcer.stop()
        self.assertEqual(clock.getDelayedCalls(), [])


class RevisionTests(PresenceCase):
    """The number by which the newest announcement is known, from whichever process it comes."""

    async def test_two_processes(self) -> None:
        """Ann left and came back, told by two processes, the later first: what says so last says how it is."""
        bens = self.ben.device()
        other = Announcer(Tasks(reactor), self.node.db, self.node.ports.live.publisher, self.node.ports.live.circles)
        other.follow(self.node.ports.live.presence)
        # She is here again, and that is told, before the process that knows that she left gets to it.
        await self.change(PresenceChange(self.ann.id, "online"))
        other.changed([PresenceChange(self.ann.id, "offline", 5.0)])
        await other.stop()
        told = bens.named("presence.changed")
        self.assertEqual([each["status"] for each in told], ["online", "online"])
        self.assertLess(told[0]["revision"], told[1]["revision"])

    async def test_in_any_order(self) -> None:
        """Each announcement has a greater one than those before, hidden and shown ones too; so has what is asked."""
        anns = self.ann.device()
        for status in ("online", "away"):
            await self.change(PresenceChange(self.ben.id, status))
        for level in ("nobody", "everyone"):
            await self.ben.call("user.update_settings", privacy={"onlineStatus": level})
        await self.change(PresenceChange(self.ben.id, "offline"))
        numbers = [each["revision"] for each in anns.named("presence.changed")]
        self.assertEqual((len(numbers), numbers), (5, sorted(set(numbers))))
        [state] = (await self.ann.call("presence.query", userIds=[self.ben.id]))["items"]
        self.assertEqual(state["revision"], numbers[-1])

    async def test_not_for_strangers(self) -> None:
        """It tells when somebody comes and goes: whoever may not see that does not see it."""
        eve = await self.person("eve")
        for viewer, shown in ((self.ann, True), (eve, False)):
            [state] = (await viewer.call("presence.query", userIds=[self.ben.id]))["items"]
            self.assertEqual(("revision" in state, state["hidden"]), (shown, not shown))
        profile = await eve.call("user.get", userId=self.ben.id)
        await self.change(PresenceChange(self.ben.id, "online"))
        await self.change(PresenceChange(self.ben.id, "offline"))
        self.assertEqual(await eve.call("user.get", userId=self.ben.id), profile)


class CirclesTests(SynchronousTestCase):
    """What is kept of circles."""

    def setUp(self) -> None:
        self.reads: list[tuple[list[str], Deferred[Any]]] = []

        async def read(db: Any, user_ids: Any) -> Any:
            waiter: Deferred[Any] = Deferred()
            self.reads.append((list(user_ids), waiter))
            return await waiter

        self.patch(relations, "circles", read)
        self.circles = Circles(None, most_people=10)  # type: ignore[arg-type]

    def get(self, *user_ids: str) -> Deferred[dict[str, Circle]]:
        return Deferred.fromCoroutine(self.circles.get(user_ids))

    def test_changed_while_it_is_read(self) -> None:
        """A circle that changes while it is read is not kept: what was read may be from before."""
        first = self.get("a", "b")
        self.circles.forget(["a"])
        self.reads[0][1].callback({"a": Circle("everyone"), "b": Circle("everyone")})
        self.successResultOf(first)
        self.successResultOf(self.get("b"))
        self.assertNoResult(self.get("a"))
        self.assertEqual([ids for ids, _ in self.reads], [["a", "b"], ["a"]])

    def test_bounded(self) -> None:
        """The circles that were not asked for longest go first."""
        for name in ("a", "b", "c"):
            waiting = self.get(name)
            if name == "c":
                self.successResultOf(self.get("a"))
            self.reads[-1][1].callback({name: Circle("everyone", friends=("x", "y", "z"))})
            self.successResultOf(waiting)
        self.assertEqual((list(self.circles._kept), self.circles._people), (["a", "c"], 8))

    def test_nobody(self) -> None:
        """Who is deleted has no circle, and a read that failed keeps nothing."""
        waiting = self.get("a")
        self.reads[0][1].callback({})
        self.assertEqual(self.successResultOf(waiting), {})
        waiting = self.get("a")
        self.reads[1][1].errback(ApiError("unavailable"))
        self.failureResultOf(waiting, ApiError)
        self.assertEqual(self.circles._reading, [])
