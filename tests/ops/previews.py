"""What tests of link previews stand on: two friends, a public server, and a private one that must not be hit."""

from __future__ import annotations

from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred

from chatr.node import Node
from tests.ops.case import Person
from tests.ops.people.test_friends import FriendsCase
from tests.previews.sites import PRIVATE, PUBLIC, Server, page

HEAD = """<meta property="og:description" content="About it"><meta property="og:image" content="/i.png">
    <meta property="og:site_name" content="Example"><link rel="icon" href="/f.ico">"""


class PreviewsCase(FriendsCase):
    """Ann and Ben are friends; there is a public server, and a private one that must not be hit."""

    async def setUp(self) -> None:
        self.public, self.private = Server(), Server()
        self.url, self.private_url = self.public.listen(PUBLIC), self.private.listen(PRIVATE)
        for server in (self.public, self.private):
            self.addCleanup(server.close)
        self.public.pages |= {"/": page("Title", HEAD), "/other": page("Other")}
        self.private.pages["/"] = page("secret")
        self.settings = {
            "previews.allow": f"{PUBLIC}/32",
            "previews.ports": f"80,443,{self.public.number},{self.private.number}",
            "previews.timeout_s": "2",
            **self.settings,
        }
        await super().setUp()
        await self.befriend(self.ann, self.ben)

    async def settled(self) -> None:
        await self.node.ports.messages.preview_queue.settled()

    async def sent(self, content: str, **params: Any) -> dict[str, Any]:
        """A message of Ann's to Ben, once its preview has come if it has one."""
        message: dict[str, Any] = await self.ann.send(self.ben, content, **params)
        await self.settled()
        return message

    async def preview(self, message: dict[str, Any], person: Person | None = None) -> dict[str, Any] | None:
        """The preview that a message has now."""
        found: dict[str, Any] = await (person or self.ben).call("message.get", id=message["id"])
        return found.get("linkPreview")

    async def log(self, message: dict[str, Any]) -> list[dict[str, Any]]:
        """The log of its conversation, as Ben reads it; without a gap."""
        page_ = await self.ben.call("conversation.log", id=message["conversationId"])
        seqs = [entry["seq"] for entry in page_["entries"]]
        self.assertEqual(seqs, list(range(1, page_["headSeq"] + 1)))
        return page_["entries"]  # type: ignore[no-any-return]

    async def jobs(self) -> list[str]:
        """The links that wait."""
        return [row[0] for row in await self.node.db.query("SELECT url FROM preview_jobs ORDER BY created_at")]

    async def another_node(self) -> Node:
        """One more node on the same database."""
        node = Node(self.config(), reactor, self.data, now=self.now)
        await node.open(self.dsn)
        self.addCleanup(lambda: Deferred.fromCoroutine(node.close()))
        return node
