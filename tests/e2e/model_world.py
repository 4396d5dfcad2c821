"""The world of the model: people with devices, what they have done so far, and what has to be so in the end."""

from __future__ import annotations

import itertools
import uuid
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred, gatherResults

from chatr.client import AccessToken, Client, Lost, MemoryState, Refused, Replica
from chatr.store.writing import integrity
from tests.e2e.server import Account, ServerCase

#: Refusals that say no more than that the moment was wrong for it.
EXPECTED = {"blocked", "forbidden", "not_found", "gone", "conflict"}
_numbers = itertools.count()


class Device:
    """A client with its replica. What it is handed is checked as it comes."""

    def __init__(self, world: World, person: Account) -> None:
        self.person = person
        self.replica = Replica(person.id)
        self.state = MemoryState()
        self.client: Client | None = None
        self.seqs: dict[str, int] = {}
        self.marks: dict[tuple[str, str, str], int] = {}
        self.wrong: list[str] = []
        self._world = world

    def heard(self, name: str, data: dict[str, Any]) -> None:
        """Entries come in order and once each; watermarks never go back."""
        conversation_id = data.get("conversationId", "")
        if "seq" in data:
            last = self.seqs.get(conversation_id, 0)
            if data["seq"] <= last:
                self.wrong.append(f"{name} {data['seq']} after {last}")
            self.seqs[conversation_id] = data["seq"]
        if name == "message.status":
            for mark in ("deliveredSeq", "readSeq"):
                key = (conversation_id, data["userId"], mark)
                # One who does not want to see receipts is told zero; one's own calls tell of one mark only.
                if data[mark] and data["userId"] != self.person.id:
                    if data[mark] < self.marks.get(key, 0):
                        self.wrong.append(f"{mark} went back from {self.marks[key]} to {data[mark]}")
                    self.marks[key] = data[mark]
        self.replica.apply(name, data)

    async def arrive(self) -> None:
        """Connect; what was missed comes."""
        if self.client is None:
            url, token = self._world.case.websocket_url, AccessToken(self.person.token)
            self.client = Client(reactor, url, token, self.heard, state=self.state)
            await self.client.start()
            # How oneself is called is not part of what is missed.
            await self._world.call(self, "user.me")

    async def leave(self) -> None:
        """Go away for a while."""
        client, self.client = self.client, None
        if client is not None:
            await client.stop()

    def cut(self) -> None:
        """Lose the connection; the client comes back by itself."""
        if self.client is not None and self.client._connection is not None:
            self.client._connection.cut()


class World:
    """Three people with two devices each."""

    def __init__(self, case: ServerCase) -> None:
        self.case = case
        self.people: list[Account] = []
        self.devices: list[Device] = []
        self.sends: list[tuple[str, Deferred[Any]]] = []
        self.sent: dict[str, dict[str, Any]] = {}
        self.refused: dict[str, str] = {}
        self.groups: list[str] = []

    async def begin(self) -> None:
        """All are there and in a group, and two of them are friends."""
        number = next(_numbers)
        self.people = [await self.case.person(f"{name}_{number}") for name in ("ann", "ben", "cat")]
        await self.case.acquaint(self.people[0], self.people[1])
        self.devices = [Device(self, person) for person in self.people for _ in range(2)]
        await gatherResults([Deferred.fromCoroutine(device.arrive()) for device in self.devices])
        await self.gather(self.devices[0])
        for person in self.people[1:]:
            await person.rest("POST", f"/groups/{self.groups[0]}/accept")

    async def gather(self, device: Device) -> None:
        """Somebody has a new group, to which all are invited."""
        if device.client is None:
            return
        ids = [person.id for person in self.people]
        try:
            made = await device.client.call("group.create", name="Everybody", memberIds=ids)
        except Lost:
            return
        except Refused as error:
            self.case.assertIn(error.code, EXPECTED)
            return
        self.groups.append(made["id"])

    async def call(self, device: Device, name: str, /, **params: Any) -> None:
        """Do something on a device that is there: it works, or is refused for a reason that may be."""
        if device.client is None:
            return
        try:
            await device.client.call(name, **params)
        except Lost:
            pass
        except Refused as error:
            self.case.assertIn(error.code, EXPECTED, f"{name} {params}")

    def send(self, device: Device, where: dict[str, str], reply_to: str | None) -> None:
        """Write to somebody or in a group; what can't leave now leaves later."""
        if device.client is None or where.get("to") == device.person.id:
            return
        client_id = str(uuid.uuid4())
        more = {"replyToId": reply_to} if reply_to else {}
        done = device.client.send(f"text {client_id}", clientId=client_id, **where, **more)
        self.sends.append((client_id, done.addErrback(self._refusal, client_id)))

    def _refusal(self, failure: Any, client_id: str) -> None:
        if failure.trap(Refused, Lost) is Lost:
            # The device went away: it sends it when it comes back.
            return
        self.case.assertIn(failure.value.code, EXPECTED | {"invalid"})
        self.refused[client_id] = failure.value.code

    def messages(self, device: Device) -> list[dict[str, Any]]:
        """All that a device shows."""
        return [
            message
            for conversation in device.replica.conversations()
            for message in device.replica.messages(conversation)
        ]

    async def idle(self) -> None:
        """Whoever is there has sent what they had to send."""
        await gatherResults([Deferred.fromCoroutine(self._sent(device)) for device in self.devices])

    async def end(self) -> None:
        """All come back, send what waits, and hear of everything; then the checks."""
        await gatherResults([Deferred.fromCoroutine(device.arrive()) for device in self.devices])
        await self.idle()
        for client_id, done in self.sends:
            message = await done
            if message is not None:
                self.sent[client_id] = message
        for device in self.devices:
            await self._settled(device)
        for person in self.people:
            await self._check(person)
        await self._check_logs()
        await gatherResults([Deferred.fromCoroutine(device.leave()) for device in self.devices])

    async def _sent(self, device: Device) -> None:
        """What a device has to send is sent: nothing of the same to the same waits behind this."""
        while device.client is not None and device.state.sends():
            send = device.state.sends()[-1]
            to, group = send.get("recipientId", ""), send.get("conversationId", "")
            try:
                await device.client.send(send["content"], to=to, conversation=group, clientId=send["clientId"])
            except Refused:
                pass

    async def _settled(self, device: Device) -> None:
        assert device.client is not None
        while True:
            await device.client.live()
            try:
                await device.client.settled()
                return
            except Lost:
                continue

    async def _check(self, person: Account) -> None:
        """Every device shows what a fresh snapshot says."""
        rows = await self.case.service.node.db.query("SELECT blocker_id, blocked_id FROM blocks")
        # Who blocks sees who the other is now, but is not told of it. Who is blocked sees the other as they were.
        pairs = {(row[0], row[1]) for row in rows}
        blocked = {other for one, other in pairs if one == person.id and (other, one) not in pairs}
        for device in self.devices:
            if device.person is person:
                self.case.assertEqual(device.wrong, [])
                await self._compare(device, blocked)

    async def _compare(self, device: Device, blocked: set[str]) -> None:
        fresh: dict[str, Any] = {}
        for part in ("chats", "requests", "archived"):
            page = await device.person.rest("GET", f"/conversations?filter={part}")
            fresh |= {view["id"]: view for view in page["items"]}
        shown = device.replica.conversations()
        self.case.assertEqual(set(shown), set(fresh))
        for conversation_id, view in fresh.items():
            page = await device.person.rest("GET", f"/messages/history?conversationId={conversation_id}&limit=100")
            if view["kind"] == "group":
                # What was told of it while the device was away is in no log.
                marks = {key: page[key] for key in ("otherDeliveredSeq", "otherReadSeq")}
                device.replica.apply("message.receipts", {"conversationId": conversation_id, **marks})
            whole = {"view": view, "messages": page["items"]}
            known = {
                "view": device.replica.conversations()[conversation_id],
                "messages": device.replica.messages(conversation_id),
            }
            # Of a group's members nobody is told who they are called now, unless they know them otherwise.
            names = view["kind"] == "direct" and view["other"]["id"] not in blocked
            self.case.assertEqual(differences(plain(known, names), plain(whole, names)), [])
            unread = [
                item
                for item in page["items"]
                if item["seq"] > view["readSeq"]
                and item["sender"]["id"] != device.person.id
                and not item["unsent"]
                and item["type"] != "system"
            ]
            self.case.assertEqual(view["unreadCount"], len(unread))

    async def _check_logs(self) -> None:
        """Logs have no gap and are the same for both; acknowledged sends are in them once, refused ones are not."""
        self.case.assertEqual([fault async for fault in integrity.faults(self.case.service.node.db)], [])
        query = "SELECT conversation_id, seq, event, message_id FROM entries WHERE conversation_id = %s ORDER BY seq"
        written: list[str] = []
        rows = await self.case.service.node.db.query(
            "SELECT id, head_seq FROM conversations WHERE user_low = ANY (%s::uuid[]) OR id = ANY (%s::uuid[])",
            ([p.id for p in self.people], self.groups),
        )
        for conversation_id, head in rows:
            log = await self.case.service.node.db.query(query, (conversation_id,))
            self.case.assertEqual([row[1] for row in log], list(range(1, head + 1)))
            written += [row[3] for row in log if row[2] == "message.received"]
            for person in self.people:
                await self._check_log(person, conversation_id, [(row[1], row[2]) for row in log])
        self.case.assertEqual(len(written), len(set(written)))
        self.case.assertEqual({message["id"] for message in self.sent.values()} - set(written), set())
        stored = await self.case.service.node.db.query("SELECT client_id FROM messages")
        self.case.assertEqual([(row[0], self.refused[row[0]]) for row in stored if row[0] in self.refused], [])

    async def _check_log(self, person: Account, conversation_id: str, whole: list[tuple[int, str]]) -> None:
        page = await person.rest("GET", f"/conversations/{conversation_id}/log", status=0)
        if "entries" in page:
            seen = [(entry["seq"], entry["event"]) for entry in page["entries"]]
            self.case.assertEqual(seen, whole[len(whole) - len(seen) :])
            self.case.assertTrue(page["complete"])


def plain(value: Any, names: bool) -> Any:
    """Without when somebody was here last, which follows presence; without names that one who blocks is not told.

    Nor revisions: these also grow where one is told nothing.
    """
    if isinstance(value, list):
        return [plain(item, names) for item in value]
    if isinstance(value, dict):
        left_out = {"lastSeen", "revision"} if names else {"lastSeen", "revision", "displayName", "senderName"}
        return {key: plain(item, names) for key, item in value.items() if key not in left_out}
    return value


def differences(shown: Any, fresh: Any, path: str = "$") -> list[str]:
    """Where two values in wire form differ."""
    if isinstance(shown, dict) and isinstance(fresh, dict):
        keys = sorted({*shown, *fresh})
        return [each for key in keys for each in differences(shown.get(key), fresh.get(key), f"{path}.{key}")]
    return [] if shown == fresh else [f"{path}: {shown!r} is {fresh!r}"]
