"""A server that dies in the middle of an upload, at each of its steps: nothing is left, and nothing is lost."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from chatr.ops.messages import sending
from chatr.store.files import files
from tests.ops.case import outcome
from tests.ops.files.case import FilesCase, client_id, png

#: The objects of a picture.
FORMS = 3
#: The row, the objects, the word that all is there; and nobody is told of that.
STEPS = 1 + FORMS + 1 + 1


class Died(Exception):
    """Whatever comes behind it does not happen."""


class CrashTests(FilesCase):
    """What the next start finds."""

    async def test_in_an_upload(self) -> None:
        """Before the row, before each object, before it is ready, and when it is and nobody knows."""
        sent = await self.share(self.ann, self.ben, png(), "sent.png")
        kept = await self.objects()
        self.assertEqual(len(kept), FORMS)
        for number in range(STEPS):
            self.dying(number)
            self.assertEqual(await outcome(self.upload(self.ann, png(), "lost.png")), "internal")
            self.flushLoggedErrors(Died)
            self.assertEqual(len(await self.objects()) - FORMS, min(max(number - 1, 0), FORMS), number)
            await self.a_day_later()
            self.assertEqual(await self.objects(), kept, number)
            self.assertEqual(await self.node.db.query("SELECT id FROM files"), [(sent["file"]["id"],)], number)
        self.assertEqual((await self.open(sent["file"]["url"])).name, "sent.png")

    async def test_behind_the_send(self) -> None:
        """A message that was stored and not answered is there, with its file: the same call again says so."""
        where = {"recipientId": self.ben.id, "clientId": client_id()}

        async def send(*args: Any) -> Any:
            await stored(*args)
            raise Died

        stored = sending.send
        self.patch(sending, "send", send)
        first = self.upload(self.ann, png(), "a.png", "message.upload", **where)
        self.assertEqual(await outcome(first), "internal")
        self.assertEqual(len(self.flushLoggedErrors(Died)), 1)
        self.patch(sending, "send", stored)
        await self.a_day_later()
        again = await self.upload(self.ann, png(), "a.png", "message.upload", **where)
        self.assertEqual((await self.open(again["file"]["url"])).name, "a.png")
        self.assertEqual(len(await self.objects()), FORMS)
        history = await self.ben.call("message.history", otherUserId=self.ann.id)
        self.assertEqual([each["id"] for each in history["items"]], [again["id"]])

    async def test_of_an_archive(self) -> None:
        """An archive that was begun by a process that died is made by the next one."""
        device = self.ann.device()
        archives = self.node.ports.files.archives
        await archives.stop()
        started = await self.ann.call("account.export")
        self.assertEqual(await self.ann.call("account.export"), started)
        await self.node.db.execute("UPDATE files SET due_at = now() - interval '1 s', tries = 2")
        archives.start()
        await archives.settled()
        told = device.named("account.export_ready")
        self.assertEqual([each["file"]["id"] for each in told], [started["fileId"]])

    def dying(self, number: int) -> None:
        """Die at the step of this number."""
        left = [number]

        def step(function: Callable[..., Awaitable[Any]], *, behind: bool = False) -> Callable[..., Awaitable[Any]]:
            async def taken(*args: Any) -> Any:
                left[0] -= 1
                if left[0] < 0:
                    raise Died
                answer = await function(*args)
                left[0] -= behind
                if left[0] < 0:
                    raise Died
                return answer

            return taken

        storage = self.node.ports.files.storage
        for place, name in ((files, "arrive"), (storage, "put"), (files, "ready")):
            whole = self.whole.setdefault(name, getattr(place, name))
            self.patch(place, name, step(whole, behind=name == "ready"))

    async def setUp(self) -> None:
        await super().setUp()
        self.whole: dict[str, Any] = {}

    async def a_day_later(self) -> None:
        """What nobody has sent is let go."""
        await self.node.db.execute("UPDATE files SET state_at = state_at - interval '25 hours'")
        self.keeper._release_at = 0.0
        await self.kept()
