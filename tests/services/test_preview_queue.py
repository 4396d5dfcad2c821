"""Messages that wait for a preview outlive processes, and are done once."""

from __future__ import annotations

from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred, gatherResults
from twisted.web.server import NOT_DONE_YET

from chatr.node import Node
from chatr.realtime.hub import Announcement
from chatr.services.link_previews import AT_ONCE, FOR_MESSAGES
from tests.ops.previews import PreviewsCase
from tests.previews.sites import page


class WorkerTests(PreviewsCase):
    """Jobs outlive processes, and are done once"""

    # The tests hold pages for as long as others take: on a busy machine that is long.
    settings = {"previews.timeout_s": "60"}

    async def test_restart(self) -> None:
        """What waits when a process ends is found by the next one."""
        await self.node.ports.messages.preview_queue.stop()
        message = await self.ann.send(self.ben, f"{self.url}/")
        self.assertEqual((await self.jobs(), self.public.hits), ([f"{self.url}/"], []))
        node = await self.another_node()
        await node.ports.messages.preview_queue.settled()
        self.assertEqual((await self.preview(message) or {})["title"], "Title")

    async def test_dead_claimer(self) -> None:
        """A claimed job is left alone until its lease runs out; three times, then it is given up."""
        await self.node.ports.messages.preview_queue.stop()
        message = await self.ann.send(self.ben, f"{self.url}/")
        await self.node.db.execute("UPDATE preview_jobs SET attempts = 2, due_at = now() + interval '50 s'")
        node = await self.another_node()
        await node.ports.messages.preview_queue.settled()
        self.assertEqual((await self.jobs(), self.public.hits), ([f"{self.url}/"], []))
        await self.node.db.execute("UPDATE preview_jobs SET due_at = now()")
        node.ports.messages.preview_queue.wake()
        await node.ports.messages.preview_queue.settled()
        self.assertIsNotNone(await self.preview(message))
        late = await self.ann.send(self.ben, f"{self.url}/other")
        await self.node.db.execute("UPDATE preview_jobs SET attempts = 3")
        await self.node.ports.messages.previews.forget()
        self.assertEqual((await self.jobs(), await self.preview(late)), ([], None))

    async def test_two_nodes(self) -> None:
        """Each message gets one preview, however many nodes work."""
        other = await self.another_node()
        conversation = (await self.ann.send(self.ben, "first"))["conversationId"]
        sends = [Deferred.fromCoroutine(self.ann.send(conversation, f"{self.url}/?{n}")) for n in range(12)]
        self.public.pages["/"] = page("Title")
        other.ports.messages.preview_queue.wake()
        sent = await gatherResults(sends)
        other.ports.messages.preview_queue.wake()
        await gatherResults([each.ports.messages.preview_queue.settled() for each in (self.node, other)])
        events = [entry["event"] for entry in await self.log(sent[0])]
        self.assertEqual((events.count("message.preview"), len(events)), (12, 25))

    async def test_claimed_twice(self) -> None:
        """A node that is slower than its lease: whoever comes second finds the job gone."""
        other = await self.another_node()
        held = self.public.hit("/slow")
        message = await self.ann.send(self.ben, f"{self.url}/slow")
        await held
        self.public.pages["/slow"] = page("Fast")
        await self.node.db.execute("UPDATE preview_jobs SET due_at = now()")
        other.ports.messages.preview_queue.wake()
        await other.ports.messages.preview_queue.settled()
        request = self.public.requests[0]
        request.write(page("Slow"))
        request.finish()
        await self.settled()
        self.assertEqual((await self.preview(message) or {})["title"], "Fast")
        self.assertEqual(len(await self.log(message)), 2)

    async def test_slow_ones_hold_up_no_other(self) -> None:
        """A page that takes its time leaves places for others, of messages that come meanwhile."""
        held = self.public.hit("/slow")
        await self.ann.send(self.ben, f"{self.url}/slow")
        await held
        device = self.ben.device()
        told: Deferred[None] = Deferred()

        def deliver(said: Announcement) -> None:
            if said.event.name == "message.preview" and not told.called:
                told.callback(None)

        self.patch(device, "deliver", deliver)
        message = await self.ann.send(self.ben, f"{self.url}/other")
        await told
        self.assertEqual((await self.preview(message) or {})["title"], "Other")
        request = self.public.requests[0]
        request.write(page("Slow"))
        request.finish()
        await self.settled()

    async def test_at_once(self) -> None:
        """So many pages are fetched at a time, and no more; however many wait, no message goes without."""
        most = 0
        running: list[Any] = []

        def render(request: Any) -> Any:
            nonlocal most
            running.append(request)
            most = max(most, len(running))
            reactor.callLater(0.02, answer)  # type: ignore[attr-defined]
            return NOT_DONE_YET

        def answer() -> None:
            request = running.pop()
            request.setHeader("Content-Type", "text/html")
            request.write(page("x"))
            request.finish()

        self.public.pages["/many"] = render
        asked = [Deferred.fromCoroutine(self.ben.call("preview.get", url=f"{self.url}/many?{n}")) for n in range(6)]
        for number in range(30):
            await self.ann.send(self.ben, f"{self.url}/many?sent{number}")
        await gatherResults(asked)
        await self.settled()
        self.assertEqual(len(self.public.hits), 36)
        self.assertLessEqual(most, AT_ONCE + FOR_MESSAGES)
        self.assertEqual(await self.jobs(), [])

    async def test_database_away(self) -> None:
        """A job that can't be finished waits."""
        held = self.public.hit("/slow")
        await self.ann.send(self.ben, f"{self.url}/slow")
        await held
        previews, away = self.node.ports.messages.previews, Node(self.config(), reactor, self.data, now=self.now)
        pool, previews._db = previews._db, away.db
        self.public.requests[0].finish()
        await self.settled()
        previews._db = pool
        self.assertEqual(await self.jobs(), [f"{self.url}/slow"])
