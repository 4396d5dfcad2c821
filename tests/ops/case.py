"""What tests of operations stand on: a node without ports on a real database, and people who call it."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta, timezone
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
from twisted.internet import reactor
from twisted.internet.defer import Deferred, gatherResults
from twisted.trial.unittest import TestCase

from chatr.api.context import Caller, Uploaded
from chatr.api.errors import ApiError
from chatr.config import Config, load
from chatr.datadir import DataDirectory
from chatr.node import Node
from chatr.realtime.hub import Announcement
from chatr.store.conversations import conversations
from chatr.store.ids import uuid7
from chatr.store.pool import Transaction
from chatr.store.writing.lanes import Lane
from chatr.store.writing.places import Place
from tests.box import box
from tests.letters import last_code, letters

PASSWORD = "Correct-horse-7"


async def outcome(call: Any) -> Any:
    """The answer of a call, or the code of its refusal."""
    try:
        return await call
    except ApiError as error:
        return error.code


class Device:
    """A realtime connection that keeps what it is told."""

    def __init__(self, connection: str) -> None:
        self.connection = connection
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.ended: list[tuple[str, str]] = []

    def deliver(self, announcement: Announcement) -> None:
        self.events.append((announcement.event.name, msgspec.to_builtins(announcement.payload)))

    def end(self, code: str, reason: str) -> None:
        self.ended.append((code, reason))

    def named(self, name: str) -> list[dict[str, Any]]:
        """The payloads of one kind of event."""
        return [payload for event, payload in self.events if event == name]


class Person:
    """Somebody with an account, signed in once."""

    def __init__(self, case: OpsCase, session: dict[str, Any]) -> None:
        self._case = case
        self.session = session
        self.id: str = session["user"]["id"]
        self.username: str = session["user"]["username"]
        identity = case.node.ports.accounts.tokens.verify(session["accessToken"])
        self.session_id, self.role = identity.session_id, identity.role

    async def call(self, name: str, device: Device | None = None, /, **params: Any) -> Any:
        """Call an operation as this person, from one of their devices if given."""
        connection = device.connection if device else ""
        caller = Caller(
            role=self.role, user_id=self.id, session_id=self.session_id, address="192.0.2.1", connection=connection
        )
        return await self._case.call(name, caller, **params)

    async def upload(self, operation: str, content: bytes, name: str, /, **params: Any) -> Any:
        """Call an operation with a file, as if its bytes had come in by a door."""
        path = Path(self._case.mktemp()).absolute()
        path.write_bytes(content)
        upload = self._case.node.dispatcher.contract.operations[operation].route.upload
        digest = sha256(content).digest() if upload is not None and upload.hashed else None
        uploaded = Uploaded(id=uuid7(), path=path, size=len(content), sha256=digest, name=name)
        caller = Caller(role=self.role, user_id=self.id, session_id=self.session_id, address="192.0.2.1")
        return await self._case.call(operation, caller, uploaded, **params)

    def device(self) -> Device:
        """One more realtime connection of theirs."""
        device = Device(f"{self.username}-{uuid.uuid4()}")
        self._case.node.hub.join(device, [f"user:{self.id}", f"session:{self.session_id}"])
        return device

    async def send(self, to: Person | str, content: str, device: Device | None = None, **params: Any) -> Any:
        """Send a message to a person or, by id, to a conversation."""
        where = {"conversationId": to} if isinstance(to, str) else {"recipientId": to.id}
        params.setdefault("clientId", str(uuid.uuid4()))
        return await self.call("message.send", device, content=content, **where, **params)


class OpsCase(TestCase):
    """A node on a clean database. ``settings`` overrides the configuration, as ``section.key``: text."""

    settings: dict[str, str] = {}

    async def setUp(self) -> None:
        self.dsn = box().shared()
        self.addCleanup(box().clean, self.dsn)
        self.moved = timedelta()
        self.data = DataDirectory.open(Path(self.mktemp()).absolute())
        self.node = Node(self.config(), reactor, self.data, now=self.now)
        await self.node.open(self.dsn)
        self.addCleanup(self.close)

    def config(self) -> Config:
        options = {"auth.bcrypt_cost": "4", "limits.enabled": "false", "database.pool_size": "4", **self.settings}
        return load(None, {}, options)

    def now(self) -> datetime:
        return datetime.now(timezone.utc) + self.moved

    async def close(self) -> None:
        await self.node.close()
        # A statement whose parameters have no type of their own there wants a cast: it would never be prepared.
        self.assertEqual(self.node.db.texts.plain, {})

    async def call(
        self, name: str, caller: Caller | None = None, uploaded: Uploaded | None = None, /, **params: Any
    ) -> Any:
        """Call an operation, as a stranger unless told otherwise; the answer in wire form."""
        operation = self.node.dispatcher.contract.operations[name]
        stranger = Caller(address="192.0.2.1", user_agent="test")
        caller = caller or stranger
        answer = await self.node.dispatcher.call(operation, params, caller, request_id="test", uploaded=uploaded)
        await self.node.ports.live.announcer.idle()
        return msgspec.to_builtins(answer)

    async def alone(self) -> None:
        """From now on nothing asks the database but what the test calls: its statements can be counted."""
        node = self.node
        behind = node.ports.messages.preview_queue, node.ports.messages.eraser, node.ports.accounts.outbound
        for part in (node.revocations, node.indexer, node.nightly, *behind):
            await part.stop()

    @asynccontextmanager
    async def lane_taken(self, place: Place) -> AsyncIterator[Lane]:
        """Nothing is written to this conversation inside, sends and changes wait: in the lane that this yields."""
        begun: Deferred[None] = Deferred()
        over: Deferred[None] = Deferred()

        async def hold(_: Transaction) -> None:
            begun.callback(None)
            await over

        held = self.node.ports.messages.writer.change(hold, caller="test", place=place)
        await begun
        lanes = self.node.ports.messages.writer._lanes._lanes
        yield next(lane for lane in lanes.values() if lane.held)
        over.callback(None)
        await held

    @asynccontextmanager
    async def batch_taken(self) -> AsyncIterator[None]:
        """As many batches as may be are under way inside: what is sent meanwhile is in the next one, together."""
        writer, held = self.node.ports.messages.writer, []
        one, *others = [await self.person(f"{name}_{uuid7()[-12:]}") for name in ("one", "two", "three")]
        places = [(await one.send(other, "hi"))["conversationId"] for other in others]
        async with self.node.db.transaction() as tx:
            for place in sorted(places):
                conversations.lock(tx, place)
                await tx.query("SELECT 1")
                held.append(Deferred.fromCoroutine(one.send(place, "there")))
                while writer._writing < len(held):
                    await self.node.db.query("SELECT 1")
            yield
            while writer._entering:
                await self.node.db.query("SELECT 1")
        await gatherResults(held)

    async def refused(self, call: Any, code: str, path: str | None = None) -> ApiError:
        """Assert that a call is refused with a code and, if given, the path of the field at fault."""
        error = await self.assertFailure(Deferred.fromCoroutine(call), ApiError)
        self.assertEqual(error.code, code, error.detail)
        if path is not None:
            self.assertEqual([field.path for field in error.errors], [path])
        return error

    async def codes_later(self, seconds: int = 301) -> None:
        """As if so many seconds had passed since codes were sent: those that limit the next ones, no others."""
        await self.node.db.execute("UPDATE code_sends SET sent_at = sent_at - make_interval(secs => %s)", (seconds,))

    def mails(self) -> list[tuple[str, str]]:
        """Mail in the outbox, oldest first: whom to, and the text."""
        return list(letters(self.data.outbox))

    def last_code(self, email: str) -> str:
        """The code in the newest mail to an address."""
        return last_code(self.data.outbox, email)

    async def acquaint(self, one: Person, other: Person) -> None:
        """Make friends of two, so that they can write to each other without asking."""
        asked = await one.call("friend.request", addresseeId=other.id)
        await other.call("friend.accept", friendshipId=asked["friendship"]["id"])

    async def person(self, name: str) -> Person:
        """Somebody new, registered, verified and signed in."""
        email = f"{name}@example.org"
        made = await self.call("account.register", username=name, email=email, password=PASSWORD)
        session = await self.call("account.verify_email", userId=made["userId"], code=self.last_code(email))
        return Person(self, session)
