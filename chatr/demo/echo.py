"""The bot of the demo: says back what is written to it, in this process, as a person would by hand."""

from __future__ import annotations

import uuid
from collections import deque

from chatr.api.errors import ApiError
from chatr.api.events.messages import MessageReceived
from chatr.demo.demo import Demo
from chatr.process.tasks import Tasks
from chatr.realtime.broker import Announce, Broker, Envelope
from chatr.realtime.rooms import person_room

#: How long it seems to type.
TYPES_S = 0.7
#: How often it is looked whether this goes on, when nobody writes.
_LOOK_S = 60.0
#: What waits for an answer at most; what is beyond gets none.
_MOST = 100
_NAMESPACE = uuid.UUID("4a7c3d0e-93b5-4f0c-8c1a-2f6f3a8f5d02")
_NOBODY = ("not_found", "blocked", "forbidden", "conflict", "gone")


class EchoBot:
    """Hears what the broker brings, and answers one after the other. In development only."""

    def __init__(self, tasks: Tasks, broker: Broker, demo: Demo) -> None:
        self._demo = demo
        self._waiting: deque[MessageReceived] = deque(maxlen=_MOST)
        self._task = tasks.every("echo_bot", _LOOK_S, self._work)
        self.start, self.stop, self.settled = self._task.start, self._task.stop, self._task.settled
        broker.subscribe(self._heard)

    def _heard(self, envelope: Envelope) -> None:
        """Note a message to the bot."""
        bot = self._demo.bot_id
        if not bot or not isinstance(envelope, Announce) or not isinstance(envelope.payload, MessageReceived):
            return
        message = envelope.payload.message
        if person_room(bot) in envelope.rooms and message.sender.id != bot and message.type != "system":
            self._waiting.append(envelope.payload)
            self._task.wake()

    async def _work(self) -> None:
        await self._demo.look()
        while self._waiting and not self._task.stopping:
            try:
                await self._answer(self._waiting.popleft())
            except ApiError as error:
                # Blocked, or gone: there is nobody to answer.
                if error.code not in _NOBODY:
                    raise
            self._task.progressed()

    async def _answer(self, received: MessageReceived) -> None:
        bot, where, message = self._demo.bot_id, received.conversation_id, received.message
        await self._demo.act(bot, "message.mark_read", id=where, seq=received.seq)
        await self._demo.act(bot, "activity.typing", conversation_id=where)
        await self._task.rest(TYPES_S)
        await self._demo.act(
            bot,
            "message.send",
            conversation_id=where,
            content=message.content,
            client_id=str(uuid.uuid5(_NAMESPACE, message.id)),
        )
