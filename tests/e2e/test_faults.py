"""Nothing acknowledged is lost and nothing happens twice: under SIGKILL, database restarts and cut connections."""

from __future__ import annotations

import os
import signal
import uuid
from datetime import datetime, timedelta, timezone
from typing import Any

from twisted.internet.defer import Deferred, DeferredList, gatherResults

from tests.box import Box
from tests.e2e.client import Lost, Refused, Wamp
from tests.e2e.faults import FaultCase


class KillTests(FaultCase):
    """The server dies."""

    async def test_sigkill_in_the_middle_of_1000_sends(self) -> None:
        """After restart and resume every acknowledged message is there once for both, in one order without a gap."""
        await self.start()
        await self.friends("ann", "ben")
        ann, ben = await self.wamp("ann"), await self.wamp("ben")
        first = await ann.call("message.send", recipientId=self.ids["ben"], content="0", clientId=str(uuid.uuid4()))
        conversation = first["conversationId"]
        outbox = {name: [str(uuid.uuid4()) for _ in range(500)] for name in ("ann", "ben")}
        acknowledged: dict[str, dict[str, Any]] = {first["clientId"]: first}
        half: Deferred[None] = Deferred()

        def answered(message: dict[str, Any]) -> None:
            acknowledged[message["clientId"]] = message
            if len(acknowledged) == 400:
                half.callback(None)

        async def write(wamp: Wamp, name: str) -> None:
            """Sixteen sends in flight at any time."""
            for start in range(0, 500, 16):
                batch = [
                    wamp.begin("message.send", conversationId=conversation, content=client_id, clientId=client_id)
                    for client_id in outbox[name][start : start + 16]
                ]
                for done in batch:
                    done.addCallbacks(answered, lambda failure: failure.trap(Lost))
                await DeferredList(batch)

        writers = [Deferred.fromCoroutine(write(wamp, name)) for wamp, name in ((ann, "ann"), (ben, "ben"))]
        await half
        await self.stop(signal.SIGKILL)
        await DeferredList(writers)
        self.assertLess(len(acknowledged), 1001)
        before = dict(acknowledged)

        await self.start()
        for name in ("ann", "ben"):
            wamp = await self.wamp(name)
            changes = await wamp.call("sync.changes")
            self.assertEqual([item["id"] for item in changes["conversations"]], [conversation])
            for client_id in outbox[name]:
                # The outbox sends again what was never acknowledged, and here also what was.
                message = await wamp.call(
                    "message.send", conversationId=conversation, content=client_id, clientId=client_id
                )
                if client_id in before:
                    self.assertEqual(
                        (message["id"], message["seq"]), (before[client_id]["id"], before[client_id]["seq"])
                    )
        entries = await self.equal_logs(["ann", "ben"], conversation)
        self.assertEqual(len(entries), 1001)
        by_client = {entry["data"]["message"]["clientId"]: entry["seq"] for entry in entries}
        self.assertEqual(set(by_client), {first["clientId"], *outbox["ann"], *outbox["ben"]})
        for client_id, message in before.items():
            self.assertEqual(by_client[client_id], message["seq"])

    async def test_sigterm_under_load(self) -> None:
        """Calls in flight finish, sessions hear GOODBYE, nothing that was acknowledged is missing afterwards."""
        await self.start()
        await self.friends("ann", "ben")
        ann = await self.wamp("ann")
        sends = [
            ann.begin("message.send", recipientId=self.ids["ben"], content=str(n), clientId=str(uuid.uuid4()))
            for n in range(60)
        ]
        results = DeferredList(sends, consumeErrors=True)
        await sends[0]
        said = await self.stop(signal.SIGTERM)
        outcomes = await results
        self.assertEqual(ann.goodbye, "wamp.close.system_shutdown")
        for ok, value in outcomes:
            if not ok:
                value.trap(Refused)
                self.assertEqual(value.value.uri, "chatr.error.unavailable")
        self.assertNotIn("Traceback", said)
        await self.start()
        entries = await self.equal_logs(["ann", "ben"], (await sends[0] or outcomes[0][1])["conversationId"])
        stored = {entry["data"]["message"]["id"] for entry in entries}
        self.assertEqual(stored, {value["id"] for ok, value in outcomes if ok})

    async def test_nobody_stays_online(self) -> None:
        """Killed or stopped: after the restart those who were there are offline, with the time when they were."""
        await self.start()
        await self.friends("ann", "ben")
        for number in (signal.SIGKILL, signal.SIGTERM):
            ann, ben = await self.wamp("ann"), await self.wamp("ben")
            await ann.call("message.send", recipientId=self.ids["ben"], content="hi", clientId=str(uuid.uuid4()))
            while not any(topic == "chatr.presence.changed" and e["status"] == "online" for topic, e in ben.events):
                await ben.call("user.me")
            await self.stop(number)
            await self.start()
            ben = await self.wamp("ben")
            [state] = (await ben.call("presence.query", userIds=[self.ids["ann"]]))["items"]
            self.assertEqual((state["status"], state["hidden"]), ("offline", False))
            gone = datetime.now(timezone.utc) - datetime.fromisoformat(state["lastSeen"])
            self.assertLess(gone, timedelta(seconds=20))


class DatabaseTests(FaultCase):
    """PostgreSQL dies and comes back."""

    async def test_killed_and_restarted_under_load(self) -> None:
        """Calls in between fail with unavailable and nothing else; then all works without a restart of chatr."""
        box = Box(durable=True)
        self.addCleanup(box.close)
        self.database = ["--database", box.database()]
        await self.start()
        await self.friends("ann", "ben")
        ann = await self.wamp("ann")
        first = await ann.call("message.send", recipientId=self.ids["ben"], content="0", clientId=str(uuid.uuid4()))
        conversation, acknowledged, refused = first["conversationId"], [first["id"]], []

        async def send(client_id: str) -> bool:
            try:
                message = await ann.call(
                    "message.send", conversationId=conversation, content=client_id, clientId=client_id
                )
            except Refused as error:
                refused.append(error.uri)
                return False
            acknowledged.append(message["id"])
            return True

        client_ids = [str(uuid.uuid4()) for _ in range(120)]
        under_way = [Deferred.fromCoroutine(send(client_id)) for client_id in client_ids[:30]]
        box.stop_server()
        under_way += [Deferred.fromCoroutine(send(client_id)) for client_id in client_ids[30:60]]
        box.start_server()
        await gatherResults(under_way)
        self.assertEqual(set(refused) - {"chatr.error.unavailable"}, set())
        for client_id in client_ids:
            self.assertTrue(await send(client_id))
        entries = await self.equal_logs(["ann", "ben"], conversation)
        self.assertEqual({entry["data"]["message"]["id"] for entry in entries}, set(acknowledged))
        self.assertEqual(len(entries), 121)

    async def test_embedded_database_is_restarted(self) -> None:
        """The embedded PostgreSQL is killed: chatr starts it again and goes on."""
        await self.start()
        await self.person("ann")
        ann = await self.wamp("ann")
        postmaster = int((self.data_dir / "pg" / "postmaster.pid").read_text().split("\n", 1)[0])
        os.kill(postmaster, signal.SIGKILL)
        assert self.program is not None
        await self.program.says("the embedded PostgreSQL ended")
        for _ in range(200):
            try:
                self.assertEqual((await ann.call("user.me"))["id"], self.ids["ann"])
                break
            except Refused as error:
                self.assertEqual(error.uri, "chatr.error.unavailable")
        else:
            self.fail("the database did not come back")


class ConnectionTests(FaultCase):
    """Connections are cut."""

    async def test_cut_in_the_middle_of_a_send(self) -> None:
        """A send whose answer was lost is repeated on another connection and returns the first message."""
        await self.start()
        await self.friends("ann", "ben")
        ann, ben = await self.wamp("ann"), await self.wamp("ben")
        for number in range(10):
            client_id = str(uuid.uuid4())
            params = {"recipientId": self.ids["ben"], "content": str(number), "clientId": client_id}
            lost = ann.begin("message.send", **params)
            lost.addErrback(lambda failure: failure.trap(Lost) and None)
            # What was written may or may not have left: both are fine.
            ann.cut()
            await ann.closed
            await lost
            ann = await self.wamp("ann")
            again = await self.wamp("ann")
            both = await gatherResults([ann.begin("message.send", **params), again.begin("message.send", **params)])
            self.assertEqual(both[0]["id"], both[1]["id"])
            self.assertEqual(both[0]["seq"], number + 1)
        await ben.call("user.me")
        received = [event["seq"] for topic, event in ben.events if topic == "chatr.message.received"]
        self.assertEqual(received, list(range(1, 11)))
