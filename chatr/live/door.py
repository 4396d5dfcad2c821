"""The WAMP door: a router with the one realm ``chatr``."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime

from chatr.api.dispatch import Dispatcher
from chatr.config import Config
from chatr.live import settings
from chatr.live.callee import Operations
from chatr.live.crowd import Addresses
from chatr.live.members import Members, Presence, Written
from chatr.live.tickets import Admit, Tickets
from chatr.realtime.hub import Hub
from chatr.sharing import count_for
from chatr.timers import Timers
from chatr.wamp.realm import Realm
from chatr.wamp.router import Router
from chatr.wamp.transports.rawsocket import WampRawSocketFactory
from chatr.wamp.transports.upgrade import Upgrade, websocket_resource
from chatr.wamp.transports.websocket import Refuse

REALM = "chatr"


class WampDoor:
    """What the realm and its router are made of."""

    def __init__(
        self,
        config: Config,
        clock: IReactorTime,
        dispatcher: Dispatcher,
        *,
        authenticate: Admit,
        hub: Hub,
        presence: Presence,
        epoch: Callable[[], str],
        written: Written | None,
        now: Callable[[], datetime],
    ) -> None:
        """``epoch``: which history the database has, empty while that is not known.

        ``written`` hears of each event that a session of a user takes.
        """
        self._config = config
        wamp = config.wamp
        timers = Timers(clock)
        self.members = Members(
            hub=hub, presence=presence, per_user=wamp.max_sessions_per_user, timers=timers, now=now, written=written
        )
        self.realm = Realm(
            authenticator=Tickets(authenticate, anonymous=wamp.anonymous, public_url=config.server.public_url),
            members=self.members,
            callee=Operations(dispatcher),
            welcome=lambda: _welcome(epoch()),
        )
        self.router = Router(
            realms={REALM: self.realm}.get,
            no_such_realm=f"the realm is {REALM!r}",
            limits=settings.limits(config),
            uris=settings.URIS,
            arrivals=Addresses(wamp.max_sessions_per_address, exempt_loopback=config.exempt_loopback),
            count_for=count_for,
            clock=clock,
            timers=timers,
        )

    def websocket(self, refuse: Refuse | None = None) -> Upgrade:
        """Make the resource to mount at ``/ws``. ``refuse`` makes the answer to a handshake that fails."""
        return websocket_resource(self.router, settings.websocket_options(self._config), refuse)

    def rawsocket(self) -> WampRawSocketFactory:
        """Make what listens for RawSocket."""
        return WampRawSocketFactory(self.router)

    def stop(self) -> Deferred[None]:
        """Stop kindly; fires when every transport is gone."""
        return self.router.drain(self._config.server.stop_timeout_s)


def _welcome(epoch: str) -> dict[str, Any]:
    # Once more in authextra, the one place of its own where Autobahn shows it.
    return {"epoch": epoch, "authextra": {"epoch": epoch}} if epoch else {}
