"""Erasing what is left of deleted people: what they are in groups, their names in quotes, and maybe what they wrote.

Group by group, as if they left it, and, where the operator wants that, message by message, as if they unsent it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Protocol, TypeAlias

from chatr.process.tasks import Tasks
from chatr.store.files import files
from chatr.store.groups import groups
from chatr.store.messages import changes, erasing
from chatr.store.messages.changes import Held
from chatr.store.pool import Database, Transaction
from chatr.store.writing.places import Of
from chatr.store.writing.writer import MessageWriter

#: Looked up at once; each is a change of its own, between which everybody else's have their turn.
BATCH = 100
#: Another node may die with work in its hands: look for it now and then.
EVERY_S = 30.0
#: In whose name the writer is asked.
CALLER = "erasing"

TakeBack: TypeAlias = Callable[[Transaction, Held], Awaitable[None]]


class TakeAway(Protocol):
    """Deletes a person's reaction."""

    def __call__(self, tx: Transaction, held: Held, user_id: str) -> Awaitable[None]:
        """Of this message."""


class Leave(Protocol):
    """Lets a person leave a group."""

    def __call__(self, tx: Transaction, group_id: str, user_id: str) -> Awaitable[None]:
        """Whatever they are in it."""


class Eraser:
    """Goes on where any process has left off. Two that do the same change nothing twice."""

    def __init__(
        self,
        tasks: Tasks,
        db: Database,
        writer: MessageWriter,
        *,
        leave: Leave,
        take_back: TakeBack,
        take_away: TakeAway,
    ) -> None:
        """``take_back`` erases a message, ``take_away`` a person's reaction to one."""
        self._leave = leave
        self._db = db
        self._writer = writer
        self._take_back = take_back
        self._take_away = take_away
        self._task = tasks.every("erasing", EVERY_S, self._work)
        self.wake = self._task.wake
        self.settled = self._task.settled
        self.start = self._task.start
        self.stop = self._task.stop

    async def _work(self) -> float | None:
        while self._task.running and (due := await erasing.due(self._db)):
            await self._groups(due.user_id)
            await self._quotes(due.user_id)
            await self._files(due.user_id)
            if due.texts:
                await self._messages(due.user_id)
                await self._reactions(due.user_id)
            if self._task.running:
                await erasing.done(self._db, due.user_id)
        return None

    async def _groups(self, user_id: str) -> None:
        while self._task.running and (batch := await groups.of(self._db, user_id, BATCH)):
            for group_id in batch:
                change = partial(self._leave, group_id=group_id, user_id=user_id)
                await self._writer.change(change, caller=CALLER, place=group_id)
                self._task.progressed()

    async def _quotes(self, user_id: str) -> None:
        after: erasing.Walked | None = erasing.BEGINNING
        while self._task.running and after is not None:
            after = await erasing.forget_name(self._db, user_id, after, BATCH)
            self._task.progressed()

    async def _files(self, user_id: str) -> None:
        while self._task.running and await files.take_back_some(self._db, user_id, BATCH):
            self._task.progressed()

    async def _messages(self, user_id: str) -> None:
        after = erasing.BEGINNING
        while self._task.running and (batch := await erasing.written(self._db, user_id, after, BATCH)):
            for message in batch:
                await self._change(message.id, self._take_back)
            after = batch[-1].at

    async def _reactions(self, user_id: str) -> None:
        while self._task.running and (batch := await erasing.reacted(self._db, user_id, BATCH)):
            for message_id in batch:
                await self._change(message_id, partial(self._take_away, user_id=user_id))

    async def _change(self, message_id: str, work: Callable[[Transaction, Held], Awaitable[None]]) -> None:
        async def change(tx: Transaction) -> None:
            held = await changes.hold_for_nobody(tx, message_id)
            if held is not None:
                await work(tx, held)

        await self._writer.change(change, caller=CALLER, place=Of(message_id))
        self._task.progressed()
