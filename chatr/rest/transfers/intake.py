"""What all uploads share: how many there may be at once, and how a body and the disk wait for each other."""

from __future__ import annotations

from collections import Counter

from twisted.logger import Logger

from chatr.api.context import Caller
from chatr.api.errors import ApiError
from chatr.files.storage import StorageError
from chatr.networks import caller_key
from chatr.process.threads import ThreadsEnded
from chatr.rest.exchange import Exchange, stopping
from chatr.rest.http.headers import Headers, HttpRefusal
from chatr.rest.http.request import ChatrRequest

log = Logger()


class UnderWay:
    """Counts what is under way, of each caller and in all."""

    def __init__(self, *, per_caller: int, in_all: int, what: str) -> None:
        """``what``: as the one who is refused is told of it."""
        self.under_way = 0
        self._per_caller = per_caller
        self._in_all = in_all
        self._what = what
        self._of_caller: Counter[str] = Counter()

    def enter(self, caller: Caller) -> str:
        """One more, of somebody; the key that :meth:`leave` wants. Raises ``rate_limited`` and ``unavailable``."""
        key = caller.user_id or caller_key(caller.address)
        if self._of_caller[key] >= self._per_caller:
            raise ApiError("rate_limited", f"You have {self._per_caller} {self._what} under way", retry_after_s=1)
        if self.under_way >= self._in_all:
            raise ApiError("unavailable", f"Too many {self._what} are under way", retry_after_s=1)
        self.under_way += 1
        self._of_caller[key] += 1
        return key

    def leave(self, key: str) -> None:
        """It is over."""
        self.under_way -= 1
        self._of_caller[key] -= 1
        if not self._of_caller[key]:
            del self._of_caller[key]


class Intake:
    """One request whose body goes to the disk: a drain waits for it, and it waits for the disk."""

    def __init__(self, exchange: Exchange, under_way: UnderWay, request: ChatrRequest, caller: Caller) -> None:
        """Raises what :meth:`UnderWay.enter` does."""
        self._exchange = exchange
        self._under_way = under_way
        self._key = under_way.enter(caller)
        #: While its body comes.
        self._request: ChatrRequest | None = request
        self._over = False
        #: What the answers to refusals carry.
        self.headers: Headers = []
        exchange.begin()

    def body_ended(self) -> None:
        """Nothing more of the body comes: what the disk does holds up nobody any more."""
        self._request = None

    def over(self) -> None:
        """All is done that there was to do."""
        self.body_ended()
        if not self._over:
            self._over = True
            self._under_way.leave(self._key)
            self._exchange.end()

    def cut(self) -> None:
        """End its connection, whatever is still to come."""
        if self._request is not None:
            self._request.channel.cut()

    @property
    def silent_s(self) -> float:
        """For how long nothing has come that was to come."""
        return 0.0 if self._request is None else float(self._request.channel.silent_s)

    # The disk calls these.

    def hold(self) -> None:
        """The disk is behind."""
        if self._request is not None:
            self._request.channel.hold_body()

    def go_on(self) -> None:
        """The disk has caught up."""
        if self._request is not None:
            self._request.channel.take_body()

    def failed(self, error: Exception) -> None:
        """It can't be kept: the client need not send the rest."""
        request = self._request
        if request is not None:
            refusal = error if isinstance(error, HttpRefusal) else HttpRefusal.of(refused(error), self.headers)
            request.channel.refuse(refusal)


def too_large(max_bytes: int) -> ApiError:
    """More than a file may have."""
    return ApiError("too_large", f"A file has at most {max_bytes} bytes here")


def refused(error: Exception) -> ApiError:
    """What somebody is told of a failure to keep what they send. Anything unexpected is logged and ``internal``."""
    if isinstance(error, ApiError):
        return error
    if isinstance(error, ThreadsEnded):
        return stopping()
    if isinstance(error, OSError | StorageError):
        log.warn("an upload can't be kept: {error}", error=error)
        return ApiError("unavailable", "The server can't take files at the moment", retry_after_s=30)
    log.error("an upload failed: {error!r}", error=error)
    return ApiError("internal")
