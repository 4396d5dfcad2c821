"""What every broker must do."""

from __future__ import annotations

from typing import Any

from chatr.realtime.broker import Broker, EndRoom, Envelope


class BrokerSuite:
    """Mixed into a test case per implementation, which makes ``broker`` and lets ``settle`` wait for delivery."""

    broker: Broker
    assertEqual: Any
    flushLoggedErrors: Any

    async def settle(self) -> None:
        """Wait until what was published has arrived."""

    async def test_order(self) -> None:
        """Every receiver gets every envelope once, in the publisher's order."""
        heard: list[list[Envelope]] = [[], []]
        for log in heard:
            self.broker.subscribe(log.append)
        await self.broker.start()
        sent = [EndRoom(str(number), "code", "reason") for number in range(50)]
        for envelope in sent:
            self.broker.publish(envelope)
        await self.settle()
        self.assertEqual(heard, [sent, sent])
        await self.broker.stop()

    async def test_receiver_that_publishes(self) -> None:
        """What a receiver publishes in turn arrives behind what was published before."""
        heard: list[str] = []

        def receive(envelope: Any) -> None:
            heard.append(envelope.room)
            if envelope.room == "first":
                self.broker.publish(EndRoom("answer", "", ""))

        self.broker.subscribe(receive)
        self.broker.subscribe(lambda envelope: heard.append("2:" + envelope.room))  # type: ignore[union-attr]
        await self.broker.start()
        self.broker.publish(EndRoom("first", "", ""))
        await self.settle()
        self.assertEqual(heard, ["first", "2:first", "answer", "2:answer"])
        await self.broker.stop()

    async def test_receiver_that_fails(self) -> None:
        """A receiver's bug neither reaches the publisher nor keeps others from hearing."""
        heard: list[Envelope] = []

        def fail(envelope: Envelope) -> None:
            raise KeyError

        self.broker.subscribe(fail)
        self.broker.subscribe(heard.append)
        await self.broker.start()
        self.broker.publish(EndRoom("room", "", ""))
        await self.settle()
        self.assertEqual(len(heard), 1)
        self.assertEqual(len(self.flushLoggedErrors(KeyError)), 1)
        await self.broker.stop()
