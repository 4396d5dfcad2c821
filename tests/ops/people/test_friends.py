"""Friends, requests and blocks: what is allowed, what each side and each device is told, and what happens at once."""

from __future__ import annotations

import uuid
from typing import Any

from twisted.internet.defer import Deferred, gatherResults

from chatr.api.errors import ApiError
from tests.ops.case import OpsCase, Person
from tests.ops.fold import LISTS, Fold, plain


class FriendsCase(OpsCase):
    """Ann and Ben, who have nothing to do with each other yet."""

    async def setUp(self) -> None:
        await super().setUp()
        self.ann, self.ben = await self.person("ann"), await self.person("ben")

    async def settled(self) -> None:
        """Wait until the tracker has passed on what it heard of presence, and that has been told."""
        presence = self.node.ports.live.presence
        while presence._flush is not None or presence._flushing is not None:
            await self.node.db.query("SELECT 1")
        await self.node.ports.live.announcer.idle()

    async def ask(self, one: Person, other: Person) -> str:
        """Ask for a friendship; its id."""
        answer = await one.call("friend.request", addresseeId=other.id)
        return str(answer["friendship"]["id"])

    async def befriend(self, one: Person, other: Person) -> str:
        """Make friends of two; the friendship's id."""
        friendship_id = await self.ask(one, other)
        await other.call("friend.accept", friendshipId=friendship_id)
        return friendship_id

    async def lists(self, person: Person) -> dict[str, list[str]]:
        """Whom each of a person's lists holds."""
        return {
            name: [item["user"]["username"] for item in (await person.call(f"friend.{name}"))["items"]]
            for name in LISTS
        }

    async def pending(self, one: Person, other: Person) -> str:
        """A conversation that ``one`` has asked ``other`` for; its id."""
        return str((await one.send(other, "hi"))["conversationId"])


class FriendTests(FriendsCase):
    """friend.*"""

    async def test_request_and_accept(self) -> None:
        """none → pending → accepted; both and all their devices are told by the server, the calling device is not."""
        phone, laptop, bens = self.ann.device(), self.ann.device(), self.ben.device()
        answer = await self.ann.call("friend.request", phone, addresseeId=self.ben.id)
        friendship = answer["friendship"]
        self.assertEqual(
            (friendship["status"], friendship["requesterId"], friendship["addresseeId"]),
            ("pending", self.ann.id, self.ben.id),
        )
        self.assertEqual(phone.events, [])
        [seen] = bens.named("friend.requested")
        self.assertEqual((seen["friendship"], seen["user"]["username"]), (friendship, "@ann"))
        self.assertEqual(laptop.named("friend.requested")[0]["user"]["username"], "@ben")
        self.assertEqual((await self.lists(self.ann))["outgoing"], ["@ben"])
        self.assertEqual((await self.lists(self.ben))["incoming"], ["@ann"])
        await self.refused(self.ann.call("friend.accept", friendshipId=friendship["id"]), "forbidden")
        answer = await self.ben.call("friend.accept", bens, friendshipId=friendship["id"])
        self.assertEqual(answer["friendship"]["status"], "accepted")
        self.assertEqual(bens.named("friend.accepted"), [])
        for device in (phone, laptop):
            self.assertEqual(device.named("friend.accepted")[0]["user"]["username"], "@ben")
        for person, other in ((self.ann, "@ben"), (self.ben, "@ann")):
            self.assertEqual(await self.lists(person), {"list": [other], "incoming": [], "outgoing": [], "blocked": []})

    async def test_reverse_request_accepts(self) -> None:
        """Whoever asks the person by whom they are asked becomes a friend."""
        friendship_id = await self.ask(self.ann, self.ben)
        answer = await self.ben.call("friend.request", addresseeId=self.ann.id)
        self.assertEqual((answer["friendship"]["id"], answer["friendship"]["status"]), (friendship_id, "accepted"))

    async def test_decline_and_cancel(self) -> None:
        """The addressee declines, the requester cancels; both leave nothing, and one may ask again."""
        for one in (self.ann, self.ben):
            device = self.ann.device()
            friendship_id = await self.ask(self.ann, self.ben)
            answer = await one.call("friend.decline", friendshipId=friendship_id)
            self.assertEqual(answer["friendship"]["status"], "declined")
            self.assertEqual(len(device.named("friend.declined")), 1)
            self.assertEqual((await self.lists(self.ben))["incoming"], [])
            await self.refused(one.call("friend.decline", friendshipId=friendship_id), "not_found")

    async def test_remove_is_for_friends_only(self) -> None:
        """A request can't be removed, a friendship can't be declined; removing tells both."""
        friendship_id = await self.ask(self.ann, self.ben)
        for person in (self.ann, self.ben):
            await self.refused(person.call("friend.remove", friendshipId=friendship_id), "conflict")
        await self.ben.call("friend.accept", friendshipId=friendship_id)
        await self.refused(self.ben.call("friend.decline", friendshipId=friendship_id), "conflict")
        device = self.ben.device()
        await self.ann.call("friend.remove", friendshipId=friendship_id)
        self.assertEqual(device.named("friend.removed")[0]["friendship"]["status"], "removed")
        self.assertEqual((await self.lists(self.ben))["list"], [])

    async def test_refusals(self) -> None:
        """Oneself, nobody, guests, repeats, and what belongs to others."""
        eve = await self.person("eve")
        ask = self.ann.call
        await self.refused(ask("friend.request", addresseeId=self.ann.id), "invalid", "$.addresseeId")
        await self.refused(ask("friend.request", addresseeId=str(uuid.uuid4())), "not_found")
        friendship_id = await self.ask(self.ann, self.ben)
        await self.refused(ask("friend.request", addresseeId=self.ben.id), "conflict")
        for name in ("accept", "decline", "remove"):
            await self.refused(eve.call(f"friend.{name}", friendshipId=friendship_id), "not_found")
        await self.ben.call("friend.accept", friendshipId=friendship_id)
        for person, other in ((self.ann, self.ben), (self.ben, self.ann)):
            await self.refused(person.call("friend.request", addresseeId=other.id), "conflict")
        await self.refused(self.ben.call("friend.accept", friendshipId=friendship_id), "conflict")
        await self.node.db.execute("UPDATE users SET role = 'guest' WHERE id = %s", (eve.id,))
        await self.refused(ask("friend.request", addresseeId=eve.id), "conflict")

    async def test_accepting_accepts_the_pending_conversation(self) -> None:
        """A message request between two who become friends is an ordinary conversation from then on."""
        conversation_id = await self.pending(self.ann, self.ben)
        friendship_id = await self.ask(self.ann, self.ben)
        anns = self.ann.device()
        await self.ben.call("friend.accept", friendshipId=friendship_id)
        accepted = {"conversationId": conversation_id, "acceptedBy": self.ben.id}
        [told] = anns.named("conversation.accepted")
        self.assertEqual({key: told[key] for key in accepted}, accepted)
        view = await self.ann.call("conversation.get", id=conversation_id)
        self.assertEqual((view["status"], view["isFriend"]), ("accepted", True))

    async def test_pages(self) -> None:
        """Lists come newest first, page by page, without gap or repeat."""
        others = [await self.person(f"other{number}") for number in range(5)]
        for other in others:
            await self.befriend(self.ann, other)
        found: list[str] = []
        cursor: dict[str, Any] = {}
        for _ in range(3):
            page = await self.ann.call("friend.list", limit=2, **cursor)
            found += [item["user"]["username"] for item in page["items"]]
            cursor = {"cursor": page["nextCursor"]}
        self.assertEqual((found, cursor), ([f"@other{n}" for n in range(4, -1, -1)], {"cursor": None}))
        await self.refused(self.ann.call("friend.list", cursor="x"), "invalid", "$.cursor")

    async def test_sync_says_that_lists_changed(self) -> None:
        """A client that was away is told to fetch its friend lists anew, and finds the conversation's new state."""
        await self.ann.send(self.ben, "hi")
        await self.node.db.execute("UPDATE members SET changed_at = now() - interval '1 hour'")
        await self.node.db.execute("UPDATE conversations SET changed_at = now() - interval '1 hour'")
        changes = await self.ben.call("sync.changes", cursor=(await self.ben.call("sync.changes"))["cursor"])
        self.assertEqual((changes["conversations"], "friends" in changes), ([], False))
        await self.befriend(self.ann, self.ben)
        changes = await self.ben.call("sync.changes", cursor=changes["cursor"])
        self.assertEqual((changes["conversations"][0]["isFriend"], changes["friends"]), (True, True))

    async def test_sync_says_that_people_changed(self) -> None:
        """The same when a friend's profile is another; who has nothing to do with it is told nothing."""
        eve = await self.person("eve")
        await self.befriend(self.ann, self.ben)
        await self.ann.send(self.ben, "hi")
        for table in ("members", "conversations"):
            await self.node.db.execute(f"UPDATE {table} SET changed_at = now() - interval '1 hour'")
        await self.node.db.execute("UPDATE users SET friends_changed_at = '-infinity'")
        cursors = {person.id: (await person.call("sync.changes"))["cursor"] for person in (self.ann, eve)}
        await self.ben.call("user.update", displayName="Benny")
        changes = await self.ann.call("sync.changes", cursor=cursors[self.ann.id])
        self.assertEqual(changes["conversations"][0]["other"]["displayName"], "Benny")
        self.assertTrue(changes["friends"])
        changes = await eve.call("sync.changes", cursor=cursors[eve.id])
        self.assertEqual((changes["conversations"], "friends" in changes), ([], False))


class BlockTests(FriendsCase):
    """friend.block and what it stops."""

    async def test_names_after_a_block(self) -> None:
        """Across a block nobody hears of a new name; when it is lifted, both hear what the other is called by now."""
        await self.befriend(self.ann, self.ben)
        await self.ann.send(self.ben, "hi")
        devices = {person: person.device() for person in (self.ann, self.ben)}
        await self.ann.call("friend.block", userId=self.ben.id)
        for person in (self.ann, self.ben):
            await person.call("user.update", displayName=f"New {person.username}")
        for person, device in devices.items():
            others = [told["user"]["id"] for told in device.named("user.updated")]
            self.assertEqual(set(others) - {person.id}, set())
            device.events.clear()
        await self.ann.call("friend.unblock", userId=self.ben.id)
        for person, other in ((self.ann, self.ben), (self.ben, self.ann)):
            view = devices[person].named("conversation.updated")[-1]["conversation"]
            self.assertEqual(view["other"]["displayName"], f"New {other.username}")

    async def test_blocks_are_independent(self) -> None:
        """Each lifts only the own block, and is told of that one only."""
        status = {"userId": self.ben.id}
        await self.ann.call("friend.block", userId=self.ben.id)
        self.assertEqual(await self.ann.call("friend.block_status", **status), {"blocked": True, "blockedByMe": True})
        self.assertEqual(
            await self.ben.call("friend.block_status", userId=self.ann.id), {"blocked": False, "blockedByMe": False}
        )
        await self.ben.call("friend.unblock", userId=self.ann.id)
        self.assertTrue((await self.ann.call("friend.block_status", **status))["blocked"])
        await self.ben.call("friend.block", userId=self.ann.id)
        await self.ann.call("friend.unblock", userId=self.ben.id)
        self.assertEqual(await self.ann.call("friend.block_status", **status), {"blocked": False, "blockedByMe": False})
        self.assertEqual(
            ((await self.lists(self.ann))["blocked"], (await self.lists(self.ben))["blocked"]), ([], ["@ann"])
        )

    async def test_ends_what_was(self) -> None:
        """Friendship and requests end as by hand; nothing tells the other of the block."""
        for other in (await self.person("cat"), await self.person("dan")):
            friendship_id = await self.ask(self.ann, other)
            ended = "friend.declined"
            if other.username == "@dan":
                await other.call("friend.accept", friendshipId=friendship_id)
                ended = "friend.removed"
            theirs, own = other.device(), self.ann.device()
            await self.ann.call("friend.block", userId=other.id)
            await self.ann.call("friend.block", userId=other.id)
            self.assertEqual([name for name, _ in theirs.events if name != "presence.changed"], [ended])
            self.assertEqual([payload["userId"] for payload in own.named("friend.blocked")], [other.id])
            self.assertEqual(len(own.named(ended)), 1)

    async def test_nothing_passes(self) -> None:
        """No message either way, no request, no profile of the blocker; history stays readable, repeats are repeats."""
        client_id = str(uuid.uuid4())
        message = await self.ann.send(self.ben, "before", clientId=client_id)
        await self.ann.call("friend.block", userId=self.ben.id)
        for one, other in ((self.ann, self.ben), (self.ben, self.ann)):
            await self.refused(one.send(other, "x"), "blocked")
            await self.refused(one.send(message["conversationId"], "x"), "blocked")
            await self.refused(one.call("friend.request", addresseeId=other.id), "conflict")
            history = await one.call("message.history", otherUserId=other.id)
            self.assertEqual([item["content"] for item in history["items"]], ["before"])
        self.assertEqual(await self.ann.send(self.ben, "before", clientId=client_id), message)
        await self.refused(self.ben.call("user.get", userId=self.ann.id), "not_found")
        await self.refused(self.ben.call("user.get_by_username", username="ann"), "not_found")
        self.assertEqual((await self.ann.call("user.get", userId=self.ben.id))["username"], "@ben")
        await self.ann.call("friend.unblock", userId=self.ben.id)
        await self.ben.send(self.ann, "after")

    async def test_first_message(self) -> None:
        """A block that is older than the conversation keeps it from beginning."""
        await self.ben.call("friend.block", userId=self.ann.id)
        await self.refused(self.ann.send(self.ben, "hi"), "blocked")
        await self.refused(self.ben.send(self.ann, "hi"), "blocked")
        self.assertEqual((await self.ann.call("conversation.list"))["items"], [])

    async def test_views(self) -> None:
        """The blocker's conversation says so, the other's does not."""
        await self.ann.send(self.ben, "hi")
        anns, bens = self.ann.device(), self.ben.device()
        await self.ann.call("friend.block", userId=self.ben.id)
        [changed] = anns.named("conversation.updated")
        self.assertEqual((changed["conversation"]["isBlocked"], changed["conversation"]["blockedByMe"]), (True, True))
        self.assertEqual(bens.named("conversation.updated"), [])
        theirs = await self.ben.call("conversation.with_user", userId=self.ann.id)
        self.assertEqual((theirs["isBlocked"], theirs["blockedByMe"]), (False, False))

    async def test_refusals(self) -> None:
        """Not oneself, not nobody."""
        nobody = str(uuid.uuid4())
        await self.refused(self.ann.call("friend.block", userId=self.ann.id), "invalid", "$.userId")
        for name in ("block", "unblock", "block_status"):
            await self.refused(self.ann.call(f"friend.{name}", userId=nobody), "not_found")

    async def test_deleted_accounts_get_nothing(self) -> None:
        """Nobody writes to somebody who is gone, and no friendship with them is left."""
        await self.befriend(self.ann, self.ben)
        message = await self.ann.send(self.ben, "hi")
        anns = self.ann.device()
        await self.ben.call("account.delete", password="Correct-horse-7")
        self.assertEqual(len(anns.named("friend.removed")), 1)
        self.assertEqual(anns.named("user.updated")[0]["user"]["displayName"], "Deleted user")
        self.assertTrue(anns.named("presence.changed")[-1]["hidden"])
        await self.refused(self.ann.send(self.ben, "x"), "not_found")
        await self.refused(self.ann.send(message["conversationId"], "x"), "not_found")
        self.assertEqual((await self.lists(self.ann))["list"], [])


class AtOnceTests(FriendsCase):
    """Real concurrency on PostgreSQL: one outcome, and never an internal error."""

    async def outcomes(self, *calls: Any) -> list[str]:
        """Run calls at the same time; what each came to, by status or error code."""

        async def one(call: Any) -> str:
            try:
                answer = await call
            except ApiError as error:
                return error.code
            return str(answer.get("friendship", {}).get("status", "done"))

        return list(await gatherResults([Deferred.fromCoroutine(one(call)) for call in calls]))

    async def test_cross_requests(self) -> None:
        """Both ask at the same moment: the first is a request, the second its acceptance."""
        for _ in range(10):
            found = await self.outcomes(
                self.ann.call("friend.request", addresseeId=self.ben.id),
                self.ben.call("friend.request", addresseeId=self.ann.id),
            )
            self.assertEqual(sorted(found), ["accepted", "pending"])
            [item] = (await self.ann.call("friend.list"))["items"]
            await self.ann.call("friend.remove", friendshipId=item["friendshipId"])

    async def test_double_accepts(self) -> None:
        """Of several accepts one is it, the others conflict; the other is told once."""
        friendship_id = await self.ask(self.ann, self.ben)
        device = self.ann.device()
        found = await self.outcomes(
            *(self.ben.call("friend.accept", friendshipId=friendship_id) for _ in range(6)),
        )
        self.assertEqual(sorted(found), ["accepted"] + ["conflict"] * 5)
        self.assertEqual(len(device.named("friend.accepted")), 1)

    async def test_block_against_accept(self) -> None:
        """Whoever comes first, in the end there is a block and no friendship."""
        for _ in range(10):
            friendship_id = await self.ask(self.ann, self.ben)
            found = await self.outcomes(
                self.ben.call("friend.accept", friendshipId=friendship_id),
                self.ann.call("friend.block", userId=self.ben.id),
            )
            self.assertIn(found[0], ("accepted", "not_found"))
            self.assertEqual((found[1], (await self.lists(self.ben))["list"]), ("done", []))
            self.assertEqual((await self.lists(self.ann))["blocked"], ["@ben"])
            await self.ann.call("friend.unblock", userId=self.ben.id)

    async def test_profiles(self) -> None:
        """Friends who change their profiles at the same moment don't stand in each other's way."""
        people = [self.ann, self.ben, *[await self.person(f"other{number}") for number in range(3)]]
        for number, one in enumerate(people):
            for other in people[number + 1 :]:
                await self.befriend(one, other)
                await one.send(other, "hi")
        for turn in range(5):
            calls = [person.call("user.update", displayName=f"{person.username} {turn}") for person in people]
            calls += [
                person.call("user.update_settings", privacy={"gender": "friends" if turn % 2 else "nobody"})
                for person in people
            ]
            calls.append(self.ann.call("friend.block", userId=self.ben.id))
            self.assertEqual(set(await self.outcomes(*calls)), {"done"})
            await self.ann.call("friend.unblock", userId=self.ben.id)
            await self.befriend(self.ann, self.ben)

    async def test_everything_at_once(self) -> None:
        """Three people do everything to each other: coded answers only, at most one state for each pair."""
        people = [self.ann, self.ben, await self.person("cat")]
        folds = [await Fold(person).load() for person in people]
        for turn in range(6):
            calls = []
            for one in people:
                for other in people:
                    if one is other:
                        continue
                    calls.append(one.call("friend.request", addresseeId=other.id))
                    if turn % 2:
                        calls.append(one.call("friend.block", userId=other.id))
                    calls.append(one.call("friend.unblock", userId=other.id))
                for name in ("list", "incoming"):
                    for item in (await one.call(f"friend.{name}"))["items"]:
                        verb = "remove" if name == "list" else "accept" if turn % 3 else "decline"
                        calls.append(one.call(f"friend.{verb}", friendshipId=item["friendshipId"]))
            found = await self.outcomes(*calls)
            allowed = {"pending", "accepted", "declined", "removed", "done", "conflict", "not_found", "forbidden"}
            self.assertEqual(set(found) - allowed, set())
        for fold in folds:
            self.assertEqual(plain(fold.state()), plain(await fold.fresh()))


class FoldTests(FriendsCase):
    """State before + events received = fresh state after: for each person concerned and each of their devices."""

    async def setUp(self) -> None:
        await super().setUp()
        self.eve = await self.person("eve")
        for person in (self.ann, self.ben):
            await person.call("user.update", firstName=person.username[1:].title(), gender="female")
        levels = {"gender": "friends", "fullName": "friends", "joinedDate": "nobody"}
        await self.ben.call("user.update_settings", privacy=levels)
        # Ann calls from the first of her devices; Eve, who has nothing to do with them, must not learn anything.
        self.folds = [await Fold(person).load() for person in (self.ann, self.ann, self.ben, self.ben, self.eve)]
        for device in self.folds:
            self.node.ports.live.presence.joined(device.person.id, device.device.connection)
        await self.settled()

    async def step(self, name: str, *, by: Person | None = None, event: str = "", **params: Any) -> Any:
        """Call something, from a device if ``event`` is how that device's answer is applied; then compare everybody."""
        person = by or self.ann
        fold = next(fold for fold in self.folds if fold.person is person)
        answer = await person.call(name, fold.device if event else None, **params)
        if event:
            friendship = answer["friendship"]
            other_id = next(id for id in (friendship["requesterId"], friendship["addresseeId"]) if id != person.id)
            fold.did(event, answer, await person.call("user.get", userId=other_id))
        for each in self.folds:
            self.assertEqual(plain(each.state()), plain(await each.fresh()), (name, each.person.username))
        return answer

    async def test_state_before_plus_events_is_state_after(self) -> None:
        """Through every operation on friends and blocks, with and without a conversation."""
        ann, ben = self.ann.id, self.ben.id
        for talk in (False, True):
            if talk:
                await self.step("message.send", recipientId=ben, content="hi", clientId=str(uuid.uuid4()))
            asked = await self.step("friend.request", addresseeId=ben, event="friend.requested")
            which = {"friendshipId": asked["friendship"]["id"]}
            await self.step("friend.decline", **which, event="friend.declined")
            asked = await self.step("friend.request", by=self.ben, addresseeId=ann, event="friend.requested")
            which = {"friendshipId": asked["friendship"]["id"]}
            await self.step("friend.accept", **which, event="friend.accepted")
            await self.step("user.update", by=self.ben, displayName=f"Benny {talk}", gender="male")
            for level in ("friends", "nobody", "everyone"):
                await self.step("user.update_settings", by=self.ben, privacy={"onlineStatus": level, "gender": level})
            await self.step("friend.block", userId=ben)
            await self.step("friend.block", by=self.ben, userId=ann)
            await self.step("friend.unblock", userId=ben)
            await self.step("friend.unblock", by=self.ben, userId=ann)
            await self.step("friend.request", by=self.ben, addresseeId=ann)
            asked = await self.step("friend.request", addresseeId=ben, event="friend.accepted")
            await self.step("friend.remove", friendshipId=asked["friendship"]["id"], event="friend.removed")
            await self.step("user.update_settings", by=self.ben, privacy={"gender": "friends"})
        await self.befriend(self.ann, self.ben)
        await self.eve.call("friend.block", userId=self.ben.id)
        await self.ben.call("account.delete", password="Correct-horse-7")
        for fold in (*self.folds[:2], self.folds[4]):
            self.assertEqual(plain(fold.state()), plain(await fold.fresh()))
