"""A model: people with several devices do anything at any time, and go away and come back; in the end all agree."""

from __future__ import annotations

import os
import uuid
from collections.abc import Awaitable
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test
from twisted.internet import reactor
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.threads import blockingCallFromThread, deferToThread

from chatr.client import client as client_module
from tests.e2e.model_world import Device, World
from tests.e2e.server import ServerCase

#: Of random runs; ``make soak`` makes more of them, each time others.
EXAMPLES = int(os.environ.get("SOAK_EXAMPLES", "0"))
#: What is done in groups, by whom it may and by whom it may not: to somebody, or to the group.
TO_PEOPLE = ("remove_member", "promote", "demote", "transfer_ownership")
BELONG = ("accept", "accept", "decline", "leave", "step_down", "request_to_join", "delete")
CHANGES: tuple[dict[str, Any], ...] = (
    {"name": "Foxes"},
    {"name": "Wolves", "description": "howl"},
    {"description": ""},
    {"historyVisible": False},
    {"historyVisible": True},
    {"joinPolicy": "request"},
)


class Machine(RuleBasedStateMachine):
    """What may happen. Runs in a thread; everything is done in the reactor's."""

    case: ModelTests
    which = st.integers(0, 5)
    other = st.integers(0, 2)
    index = st.integers(0, 7)

    def __init__(self) -> None:
        super().__init__()
        self.world = World(self.case)
        self.run(self.world.begin())

    def run(self, work: Awaitable[Any]) -> Any:
        """Do something in the reactor and wait for it."""
        return blockingCallFromThread(reactor, Deferred.fromCoroutine, work)

    def device(self, which: int) -> Device:
        return self.world.devices[which]

    def message(self, which: int, index: int) -> dict[str, Any] | None:
        """One of the newest messages that a device shows."""
        shown = self.world.messages(self.device(which))
        return shown[-1 - index] if index < len(shown) else None

    def conversation(self, which: int, index: int) -> str | None:
        """One of the conversations that a device shows."""
        shown = sorted(self.device(which).replica.conversations())
        return shown[index % len(shown)] if shown else None

    def group(self, index: int) -> str:
        """One of the groups, maybe of others."""
        return self.world.groups[index % len(self.world.groups)]

    def do(self, which: int, name: str, /, **params: Any) -> None:
        """One call of one device."""
        self.run(self.world.call(self.device(which), name, **params))

    @rule(which=which, to=other, index=index, quote=st.booleans())
    def send(self, which: int, to: int, index: int, quote: bool) -> None:
        """Somebody writes, without waiting for the answer."""
        quoted = self.message(which, index) if quote else None
        self.write(which, {"to": self.world.people[to].id}, quoted["id"] if quoted else None)

    def write(self, which: int, where: dict[str, str], reply_to: str | None = None) -> None:
        """Somebody writes somewhere."""
        blockingCallFromThread(reactor, self.world.send, self.device(which), where, reply_to)

    @rule(which=which, group=index, count=st.integers(1, 3))
    def write_in_group(self, which: int, group: int, count: int) -> None:
        """Somebody writes in a group, whether they are in it or not."""
        for _ in range(count):
            self.write(which, {"conversation": self.group(group)})

    @rule(which=which, group=index, act=st.sampled_from(BELONG))
    def belong(self, which: int, group: int, act: str) -> None:
        """Somebody comes into a group, leaves it, or ends it."""
        self.do(which, f"group.{act}", id=self.group(group))

    @rule(which=which, group=index, whom=other, act=st.sampled_from(("invite", "invite", *TO_PEOPLE)))
    def govern(self, which: int, group: int, whom: int, act: str) -> None:
        """Somebody does something to somebody in a group."""
        user_id = self.world.people[whom].id
        more: dict[str, Any] = {"userIds": [user_id]} if act == "invite" else {"userId": user_id}
        self.do(which, f"group.{act}", id=self.group(group), **more)

    @rule(which=which, group=index, changes=st.sampled_from(CHANGES))
    def alter(self, which: int, group: int, changes: dict[str, Any]) -> None:
        """A group is another."""
        self.do(which, "group.update", id=self.group(group), **changes)

    @rule(which=which)
    def gather(self, which: int) -> None:
        """There is one group more."""
        self.run(self.world.gather(self.device(which)))

    @rule(which=which, to=other, count=st.integers(2, 5))
    def burst(self, which: int, to: int, count: int) -> None:
        """Several at once, from both devices of somebody."""
        for number in range(count):
            self.write(which ^ (number % 2), {"to": self.world.people[to].id})

    @rule(which=which, index=index, what=st.sampled_from(["edit", "unsend", "👍", "🎉", None]))
    def change(self, which: int, index: int, what: str | None) -> None:
        """Somebody changes a message, or reacts to it."""
        message = self.message(which, index)
        if message is None:
            return
        if what == "edit":
            self.do(which, "message.edit", id=message["id"], content=f"edited {uuid.uuid4()}")
        elif what == "unsend":
            self.do(which, "message.unsend", id=message["id"])
        else:
            self.do(which, "message.react", id=message["id"], emoji=what)

    @rule(one=which, other=which, index=index)
    def at_once(self, one: int, other: int, index: int) -> None:
        """Two devices do something to the same message at once."""
        message = self.message(one, index)
        if message is None:
            return
        calls = [
            self.world.call(self.device(one), "message.react", id=message["id"], emoji="👍"),
            self.world.call(self.device(other), "message.unsend", id=message["id"]),
            self.world.call(self.device(other ^ 1), "message.react", id=message["id"], emoji="🎉"),
            self.world.call(self.device(one), "message.mark_read", id=message["conversationId"], seq=message["seq"]),
        ]
        self.run(_all(calls))

    @rule(which=which, index=index, verb=st.sampled_from(["mark_read", "mark_delivered"]), less=st.integers(-2, 3))
    def mark(self, which: int, index: int, verb: str, less: int) -> None:
        """A receipt, maybe of something older, or of more than there is."""
        conversation_id = self.conversation(which, index)
        if conversation_id is not None:
            head = self.device(which).replica.conversations()[conversation_id]["headSeq"]
            self.do(which, f"message.{verb}", id=conversation_id, seq=max(head - less, 0))

    @rule(
        which=which, index=index, what=st.sampled_from(["accept", "decline", "delete", "archive", "pin", "unarchive"])
    )
    def keep(self, which: int, index: int, what: str) -> None:
        """Somebody accepts, declines, deletes, or puts away a conversation."""
        conversation_id = self.conversation(which, index)
        changes = {"archive": {"archived": True}, "unarchive": {"archived": False}, "pin": {"pinned": True}}
        if conversation_id is not None and what in changes:
            self.do(which, "conversation.update", id=conversation_id, **changes[what])
        elif conversation_id is not None:
            self.do(which, f"conversation.{what}", id=conversation_id)

    @rule(which=which, to=other, verb=st.sampled_from(["block", "unblock"]))
    def block(self, which: int, to: int, verb: str) -> None:
        """Somebody blocks somebody, or no longer."""
        if self.world.people[to] is not self.device(which).person:
            self.do(which, f"friend.{verb}", userId=self.world.people[to].id)

    @rule(which=which, on=st.booleans())
    def receipts(self, which: int, on: bool) -> None:
        """Somebody gives receipts, or no longer."""
        self.do(which, "user.update_settings", privacy={"readReceipts": on})

    @rule(which=which)
    def rename(self, which: int) -> None:
        """Somebody has another name."""
        self.do(which, "user.update", displayName=f"Name {uuid.uuid4()}")

    @rule(which=which)
    def leave(self, which: int) -> None:
        """A device goes away."""
        self.run(self.device(which).leave())

    @rule(which=which)
    def arrive(self, which: int) -> None:
        """A device comes back."""
        self.run(self.device(which).arrive())

    @rule(which=which)
    def cut(self, which: int) -> None:
        """A connection breaks."""
        blockingCallFromThread(reactor, self.device(which).cut)

    @precondition(lambda self: True)
    @rule(which=which)
    def settle(self, which: int) -> None:
        """A device hears of everything."""
        device = self.device(which)
        if device.client is not None:
            self.run(self.world._settled(device))

    def teardown(self) -> None:
        """The end of a run, good or bad."""
        try:
            self.run(self.world.end())
        finally:
            self.run(_all([device.leave() for device in self.world.devices]))


async def _all(calls: list[Awaitable[Any]]) -> None:
    await gatherResults([Deferred.fromCoroutine(call) for call in calls])


class ModelTests(ServerCase):
    """Everything at once."""

    settings = {"limits.enabled": "false", "messages.request_cooldown_s": "0"}
    timeout = 3600 if EXAMPLES else 240

    def test_all_agree_in_the_end(self) -> Deferred[None]:
        """After any run every device shows what a fresh snapshot says, and no send was lost or doubled."""
        self.patch(client_module, "FIRST_S", 0.01)
        machine = type("Run", (Machine,), {"case": self})
        chosen = settings(
            max_examples=EXAMPLES or 6,
            stateful_step_count=30,
            deadline=None,
            database=None,
            derandomize=not EXAMPLES,
            print_blob=True,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        return deferToThread(run_state_machine_as_test, machine, settings=chosen).addErrback(self._steps)

    def _steps(self, failure: Any) -> None:
        """Hypothesis says in notes what was done; trial would not show them."""
        self.fail("\n".join([failure.getErrorMessage(), *getattr(failure.value, "__notes__", ())]))
