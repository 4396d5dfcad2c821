"""Signing in as somebody of the demo, by one click, for who works on this machine."""

from __future__ import annotations

from chatr.api.errors import ApiError
from chatr.demo.demo import BOTS, PLAYERS, Demo, Player
from chatr.rest.development.machine import from_this_machine
from chatr.rest.exchange import Exchange, absent, as_json
from chatr.rest.http.request import ChatrRequest

PATH = "/dev/demo"


class DemoDoor:
    """Serves who there is, and sessions of theirs."""

    def __init__(self, exchange: Exchange, demo: Demo) -> None:
        self._exchange = exchange
        self._demo = demo
        exchange.serve("dev.demo", PATH, self.show, max_body_bytes=0)
        exchange.serve("dev.demo.sign-in", f"{PATH}/<username>", self.sign_in, verb="POST")

    async def show(self, request: ChatrRequest, /, **_: str) -> bytes:
        """Whom one may be, and who answers by itself; ids of those who are there. Nothing is made for that."""
        if not from_this_machine(request):
            raise absent()
        ids = await self._exchange.run(self._demo.known())
        return _uncached(request, {"people": _shown(PLAYERS, ids), "bots": _shown(BOTS, ids)})

    async def sign_in(self, request: ChatrRequest, /, **variables: str) -> bytes:
        """A session as session.login answers it, with its cookies. The demo is made if it is not there."""
        if not from_this_machine(request):
            raise absent()
        if not self._exchange.cookies.own_page(request):
            raise ApiError("forbidden", "This is for the server's own pages only")
        caller = self._exchange.caller(request)
        username = variables["username"].removeprefix("@")
        session = await self._exchange.run(self._demo.sign_in(caller, username))
        return _uncached(request, self._exchange.cookies.signed_in(request, session))


def _uncached(request: ChatrRequest, value: object) -> bytes:
    request.setHeader("Cache-Control", "no-store")
    return as_json(request, value)


def _shown(players: list[Player], ids: dict[str, str]) -> list[dict[str, str]]:
    names = [{"username": f"@{player.username}", "displayName": player.display_name} for player in players]
    return [
        {**name, "id": ids[player.username]} if player.username in ids else name
        for player, name in zip(players, names, strict=True)
    ]
