"""A client that stays connected and resumes as docs/clients.rst ("Losing nothing") describes."""

from __future__ import annotations

import random as randomness
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urlsplit

from twisted.internet.defer import CancelledError, Deferred, fail, succeed
from twisted.internet.interfaces import IStreamClientEndpoint
from twisted.internet.task import deferLater
from twisted.logger import Logger
from twisted.python.failure import Failure

from chatr.client.connection import Connection, connect
from chatr.client.errors import Lost, Refused
from chatr.client.feed import Feed, Listener
from chatr.client.files.rest import Rest
from chatr.client.files.transfers import Transfers
from chatr.client.files.uploading import Progress
from chatr.client.inbox import Inbox, fire
from chatr.client.own import OWN, Asked, News
from chatr.client.patience import Backoff, Patient
from chatr.client.sending.ids import new_client_id
from chatr.client.sending.outbox import Outbox
from chatr.client.signin import Credentials
from chatr.client.state import MemoryState, Send, State

log = Logger()

#: Between two tries to connect.
FIRST_S, LAST_S = 0.5, 15.0
#: A connection that lasted so long was a good one: the next try comes soon.
GOOD_S = 30.0
_NOT_THE_TICKET = "wamp.error.authentication_denied"


class Client:
    """One person's, or program's, connection to chatr, for as long as it is wanted.

    ``listener`` is given everything that happens, one thing after the other: entries of a conversation's log in the
    order of ``seq``, each once; all other events as they come; and after each connect ``sync.changes`` with its answer,
    before the entries that were missed. Before that comes ``epoch.begun`` when the server's database was restored, or
    has lost its newest part: what was handed over is void, and all that there is comes anew. What a call of this client
    changes is given to it too. A listener that fails has the connection begun anew, and gets the same entry again,
    before all others, as long as it fails: it should let pass what it can't mend (a refusal), and derive what it sends
    (``clientId``) from what it answers. A kept send that is refused after a restart, when nobody waits for it, comes as
    ``outbox.refused``: ``send``, ``code``, ``detail``.
    Progress is in ``state``; without ``history`` the first start begins with what comes from then on.
    """

    def __init__(
        self,
        reactor: Any,
        url: str,
        credentials: Credentials,
        listener: Listener,
        *,
        state: State | None = None,
        history: bool = True,
        endpoint: IStreamClientEndpoint | None = None,
        random: Callable[[], float] = randomness.random,
    ) -> None:
        """``url``: ``ws://…/ws`` or ``wss://…/ws``.

        ``endpoint``: the way there if it is not that of the URL, such as a Unix socket, or TLS with certificates
        of one's own. ``random``: from 0 to 1, for the jitter of delays. Raises ValueError.
        """
        _check(url)
        self._reactor, self._url, self._endpoint = reactor, url, endpoint
        self._credentials = credentials
        kept: State = state or MemoryState()
        self._feed = Feed(kept, listener, history=history)
        self._random = random
        self._backoff = Backoff(random, first_s=FIRST_S, last_s=LAST_S)
        self._outbox = Outbox(reactor, kept, random, self._dropped)
        self._transfers = Transfers(reactor, Rest(reactor, url, self._bearer, endpoint), random)
        self._connection: Connection | None = None
        self._serving: Deferred[None] | None = None
        self._live: list[Deferred[None]] = []
        self._connecting: list[Deferred[None]] = []
        self._stopping = False
        self._trying: Deferred[Any] | None = None
        self._running: Deferred[None] | None = None
        self._inbox = Inbox(self._overflow)
        self._over = False
        self._failure: Exception | None = None
        self._ends: list[Deferred[None]] = []
        self._refused = False
        self._caught_up = False
        self.user_id = ""

    @property
    def is_live(self) -> bool:
        """Whether the client is connected and nothing is missing."""
        return self._caught_up and self._connection is not None and not self._connection.ended

    def start(self) -> Deferred[None]:
        """Connect, and stay connected; fires when what was missed has been handed over for the first time.

        Fails with :class:`Refused` when the credentials are refused for good; the client has ended then. A client
        starts once: raises RuntimeError.
        """
        if self._running is not None or self._over:
            raise RuntimeError("a client starts once")
        self._running = Deferred.fromCoroutine(self._run())
        return self.live()

    def live(self) -> Deferred[None]:
        """Fires when the client is connected and nothing is missing; fails when it has ended.

        The listener can't wait for it, as it comes after what the listener has in hand: raises RuntimeError.
        """
        if self._over:
            return fail(self._failure or Lost("the client was stopped"))
        if self.is_live:
            return succeed(None)
        self._not_by_listener("live")
        waiter: Deferred[None] = Deferred(self._live.remove)
        self._live.append(waiter)
        return waiter

    def _not_by_listener(self, name: str) -> None:
        if self._feed.calls:
            raise RuntimeError(f"the listener can't wait for {name}(): that comes when it is done")

    async def stop(self) -> None:
        """Disconnect and end. Sends that wait stay in the state. For the listener it returns at once."""
        self._stopping = True
        if self._feed.calls:
            self._reactor.callLater(0, lambda: Deferred.fromCoroutine(self._stop()))
        else:
            await self._stop()

    async def _stop(self) -> None:
        await self._transfers.stop()
        await self._credentials.finished()
        if self._trying is not None:
            self._trying.cancel()
        if self._serving is not None:
            self._serving.cancel()
        if self._connection is not None:
            await self._connection.leave()
        if self._running is not None:
            await self._running
        else:
            self._end(None)

    async def call(self, name: str, /, **params: Any) -> dict[str, Any]:
        """Call an operation once, such as ``user.me``. Raises :class:`Refused` and :class:`Lost`."""
        if self._connection is None or self._connection.ended:
            raise Lost("not connected")
        return await self._call(self._connection, name, params)

    def send(self, content: str, *, to: str = "", conversation: str = "", **more: Any) -> Deferred[dict[str, Any]]:
        """Send a message to a person or to a conversation, however long it takes; fires with the message.

        ``more``: ``clientId`` (a UUID), ``replyToId`` and the like. Fails with :class:`Refused` when the server refuses
        it, and with :class:`Lost` when the client is stopped before: then it waits in the state for the next start.
        Whoever does not wait for the answer gives it an errback. Raises ValueError or TypeError for what is no JSON.
        """
        return self._outbox.put({"content": content, **_where(to, conversation), **more})

    def send_file(
        self,
        source: str | Path | BinaryIO,
        *,
        to: str = "",
        conversation: str = "",
        caption: str = "",
        name: str = "",
        progress: Progress | None = None,
        **more: Any,
    ) -> Deferred[dict[str, Any]]:
        """Upload a file and send it as a message, however long it takes; fires with the message.

        ``source``: a path, or an open file that can seek, of which the rest is taken. ``name``: another than its own.
        ``progress``: told how many bytes of how many have gone; fewer than before, after a lost connection. ``more``:
        as for :meth:`send`, from which point on nothing is lost; an upload ends with the client. What the server does
        not take (``too_large``, ``unsupported_media``) fails with :class:`Refused`; with OSError or ValueError, what
        can't be read.
        """
        send = {"clientId": new_client_id(), "content": caption, **_where(to, conversation), **more}

        async def sent() -> dict[str, Any]:
            file_id = await self._transfers.upload(source, name, progress)
            return await self._outbox.put({**send, "fileId": file_id})

        return self._transfers.begin(sent())

    def download(
        self, file: str | Mapping[str, Any], path: str | Path, *, progress: Progress | None = None
    ) -> Deferred[Path]:
        """Fetch a file to ``path``, however long it takes; fires when all of it is there, and nothing of it before.

        ``file``: its id, itself, or its message. Fails with :class:`Refused`, with OSError when it can't be written,
        and with :class:`Lost` when the client is stopped before; with ValueError for a message without a file.
        """
        return self._transfers.begin(self._transfers.download(file, path, progress))

    async def settled(self) -> None:
        """Returns when everything that the server had announced before has been handed over.

        Not for the listener: raises RuntimeError.
        """
        self._not_by_listener("settled")
        inbox = self._inbox
        # What was announced before the answer comes before it. Guests have no user.me: their answer is a refusal.
        with suppress(Refused):
            await self.call("user.me")
        await inbox.empty()

    def ended(self) -> Deferred[None]:
        """Fires when the client has ended: after :meth:`stop`, or with :class:`Refused` as :meth:`start` says."""
        if self._over:
            return fail(self._failure) if self._failure is not None else succeed(None)
        waiter: Deferred[None] = Deferred(self._ends.remove)
        self._ends.append(waiter)
        return waiter

    async def _run(self) -> None:
        failure: Exception | None = None
        try:
            failure = await self._stay()
        except Exception as error:
            # As of credentials that fail otherwise than they may.
            failure = error
            log.failure("chatr client: it has ended")
        self._outbox.stop()
        await self._transfers.stop()
        if self._serving is not None:
            await self._serving
        self._end(failure)

    async def _stay(self) -> Refused | None:
        """Connect, and connect again; what the client is refused for good for, None when it is stopped."""
        failure: Refused | None = None
        while not self._stopping and failure is None:
            began = self._reactor.seconds()
            wait_s = 0.0
            try:
                await self._connected()
            except Refused as error:
                if error.passes:
                    wait_s = error.retry_after_s
                else:
                    failure = error
                log.info("chatr client: refused: {code} {detail}", code=error.code, detail=error.detail)
            except Lost as error:
                log.info("chatr client: {error}", error=error)
            if self._reactor.seconds() - began > GOOD_S:
                self._backoff.reset()
            if not self._stopping and failure is None:
                with suppress(CancelledError):
                    await self._try(deferLater(self._reactor, max(wait_s, self._backoff.delay_s())))
        return failure

    async def _connected(self) -> None:
        """One connection, from signing in to its end. Raises :class:`Refused` and :class:`Lost`."""
        inbox = Inbox(self._overflow)
        try:
            connection = await self._try(Deferred.fromCoroutine(self._connect(inbox)))
        except CancelledError:
            raise Lost("the client was stopped") from None
        self._connection, self._inbox, self.user_id = connection, inbox, connection.user_id
        fire(self._connecting)
        self._outbox.opened(lambda send: self._call(connection, "message.send", dict(send)))
        renewing = Deferred.fromCoroutine(self._renew(connection))
        before = self._serving
        self._serving = Deferred.fromCoroutine(self._serve(connection, inbox, before))
        self._serving.addErrback(self._failed, connection)
        reason = await connection.closed
        self._caught_up, self._connection = False, None
        inbox.close()
        renewing.cancel()
        await self._outbox.closed()
        raise Lost(reason)

    async def _connect(self, inbox: Inbox) -> Connection:
        ticket = await self._credentials.ticket()
        try:
            connection = await connect(self._reactor, self._url, ticket, inbox.put_event, self._endpoint)
        except Refused as error:
            # A ticket may have come too late; the next one will not. All else is the server's state, which passes.
            if error.code == _NOT_THE_TICKET and self._refused:
                raise
            self._refused = error.code == _NOT_THE_TICKET
            raise Lost(f"refused: {error.code} {error.detail}") from None
        self._refused = False
        if not connection.epoch:
            connection.cut()
            raise Lost("the server does not know its database yet")
        return connection

    async def _try(self, attempt: Deferred[Any]) -> Any:
        """Wait for what :meth:`stop` cancels."""
        self._trying = attempt
        try:
            return await attempt
        finally:
            self._trying = None

    async def _serve(self, connection: Connection, inbox: Inbox, before: Deferred[None] | None) -> None:
        if before is not None:
            # What the listener began under the last connection it finishes first: it may wait for the outbox.
            await before
        patient = Patient(connection.call, self._reactor, self._random, connection.closed)
        await self._feed.resume(patient.call, connection.epoch)
        self._caught_up = True
        fire(self._live)
        async for item in inbox:
            await self._feed.take(patient.call, item)

    async def _call(self, connection: Connection, name: str, params: dict[str, Any]) -> dict[str, Any]:
        asked = Asked(connection.user_id, params, self._feed.known(str(params.get("id"))))
        answer = await connection.call(name, params)
        if name in OWN and connection is self._connection:
            self._inbox.put(OWN[name](asked, answer))
        return answer

    async def _bearer(self) -> str:
        """Wait for a connection: while there is one, the token that opened it is renewed in time."""
        while self._connection is None or self._connection.ended:
            waiter: Deferred[None] = Deferred(self._connecting.remove)
            self._connecting.append(waiter)
            await waiter
        return self._credentials.bearer()

    async def _renew(self, connection: Connection) -> None:
        """Prolong the session in time, as long as it lasts."""
        with suppress(CancelledError, Lost):
            while (delay_s := self._credentials.renew_after_s()) is not None:
                await deferLater(self._reactor, delay_s)
                try:
                    await self._credentials.prolong(connection.call)
                except Refused as error:
                    log.warn("chatr client: the session could not be prolonged: {error}", error=error)
                    if not error.passes:
                        return

    def _failed(self, failure: Failure, connection: Connection) -> None:
        """End: the listener has failed, or the connection under it."""
        if not failure.check(Lost, CancelledError):
            log.failure("chatr client: what happened could not be handled", failure)
        if not self._stopping and not connection.closed.called:
            connection.cut()

    def _overflow(self) -> None:
        """Drop what a slow listener has not got: it comes from the log, when it has done what it has in hand."""
        if self._connection is not None and not self._connection.ended:
            log.warn("chatr client: the listener is too slow, the connection begins anew")
            self._connection.cut()

    def _dropped(self, send: Send, error: BaseException) -> None:
        code = error.code if isinstance(error, Refused) else "invalid"
        self._inbox.put(News("outbox.refused", {"send": dict(send), "code": code, "detail": str(error)}))

    def _end(self, failure: Exception | None) -> None:
        self._stopping = self._over = True
        self._failure = failure
        fire(self._live, failure or Lost("the client was stopped"))
        fire(self._ends, failure)


def _where(to: str, conversation: str) -> dict[str, str]:
    return {"conversationId": conversation} if conversation else {"recipientId": to}


def _check(url: str) -> None:
    if urlsplit(url).scheme not in ("ws", "wss") or not urlsplit(url).hostname:
        raise ValueError(f"{url!r} is no ws or wss URL")
