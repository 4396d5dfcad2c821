"""Many sends under way at once."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import gatherResults

from chatr.client import AccessToken
from tests.client.case import ClientCase


class PipelineTests(ClientCase):
    """Ben's client writes to Ann faster than the server lets it."""

    settings = {"limits.enabled": "true"}

    async def test_order_under_a_limit(self) -> None:
        """60 sends at once, of which the server takes 40 for now: all are stored, in their order, each once.

        They go out without waiting for each other: more than one of this connection's calls was in flight.
        """
        ben = self.client(credentials=AccessToken(self.ben.token))
        await ben.start()
        flying: list[int] = []
        call = ben._call

        async def counted(connection: Any, name: str, params: Any) -> Any:
            flying.append(ben._outbox._lanes[self.ann.id].flying if name == "message.send" else 0)
            return await call(connection, name, params)

        self.patch(ben, "_call", counted)
        sent = await gatherResults([ben.send(f"text {number}", to=self.ann.id) for number in range(60)])
        self.assertEqual([message["seq"] for message in sent], list(range(1, 61)))
        self.assertGreater(max(flying), 4)
