"""One WAMP session: carries out the actions of :mod:`chatr.wamp.machine` between a transport and the rest."""

from __future__ import annotations

import math
import secrets
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, get_args

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger

from chatr.api import cookies
from chatr.api.context import Caller
from chatr.api.errors import ApiError, invalid
from chatr.realtime.hub import Announcement
from chatr.services.admission import Admission
from chatr.wamp import machine, wire
from chatr.wamp.calls import Calls, DuplicateRequest, FrameTooLarge
from chatr.wamp.door import CLOSE_TIMEOUT_S, SYSTEM_SHUTDOWN, Door
from chatr.wamp.flaws import INVALID, Unreadable
from chatr.wamp.frames import event_frame
from chatr.wamp.link import NORMAL_CLOSE, POLICY_CLOSE, Link, Malformed, Refusal
from chatr.wamp.router import REALM, RouterError, Subscriptions, check_uri

log = Logger()

ANONYMOUS = Admission(user_id="", session_id="", role="anonymous", expires_at=math.inf, rooms=())

#: Only what is true: clients choose their ways by it.
ROLES: Mapping[str, Any] = MappingProxyType(
    {
        "broker": {"features": {"pattern_based_subscription": True}},
        "dealer": {"features": {"call_canceling": True, "call_timeout": True}},
    }
)

#: Reasons may quote what a peer sent; RawSocket peers may take messages of 512 bytes and no more.
MAX_REASON_BYTES = 200

DENIED = "wamp.error.authentication_denied"

_KINDS: Mapping[type, str] = MappingProxyType(
    {kind: kind.__name__.lower() for kind in (*get_args(wire.Incoming), Unreadable)}
)


class Session:
    """One session, from its transport's opening to its loss. A member of the hub while it is open."""

    def __init__(self, door: Door, link: Link) -> None:
        self.connection = secrets.token_hex(16)
        self.state: machine.State = "opening"
        self._door = door
        self._link = link
        self._hello_authid = ""
        self._method = "ticket"
        self._admission = ANONYMOUS
        self._subscriptions = Subscriptions(door.router, limit=door.limits.max_subscriptions)
        self._calls: Calls | None = None
        self._deadline: IDelayedCall | None = None
        self._expiry: IDelayedCall | None = None

    def opened(self) -> None:
        """The transport is ready: say hello within the handshake's time."""
        self._door.sessions.add(self, self._link.address)
        if self._door.sessions.draining:
            self._step("refused", Refusal(SYSTEM_SHUTDOWN, "the server is stopping"))
        elif self._door.sessions.address_full(self._link.address):
            limit = self._door.limits.max_sessions_per_address
            self._step("refused", Refusal("chatr.error.rate_limited", f"at most {limit} sessions from one address"))
        else:
            self._wait(self._door.limits.handshake_timeout_s)

    def received(self, data: bytes) -> None:
        """One message of the transport (a batch of messages with a batched serializer) came in."""
        if self.state == "closed":
            return
        self._link.serializer = serializer = self._link.serializer.of(data)
        try:
            messages = serializer.decode(data)
        except wire.WireError as error:
            self.malformed(str(error))
            return
        for message in messages:
            self._step(_KINDS[type(message)], message)

    def malformed(self, reason: str, close_code: int = NORMAL_CLOSE) -> None:
        """Something came in that is no message."""
        self._step("malformed", Malformed(reason, close_code))

    def overflowed(self) -> None:
        """The output queue is full of what may not be dropped."""
        self._step("overflowed", None)

    def lost(self) -> None:
        """The transport is gone."""
        self._step("lost", None)

    def deliver(self, announcement: Announcement) -> None:
        """Send an event once for each subscription that wants it. Called by the hub."""
        if self.state != "open":
            return
        link, wanted = self._link, self._subscriptions.matching(announcement.topic)
        try:
            for subscription, pattern in wanted:
                frame = event_frame(announcement, link.serializer, link.framing, subscription, pattern)
                if len(frame) > link.max_bytes:
                    raise FrameTooLarge(f"an event is larger than {link.max_bytes} bytes")
                link.send(frame, ephemeral=announcement.ephemeral)
            if wanted and self._door.written is not None and self.state == "open":
                self._door.written(self._admission.user_id, announcement)
        except FrameTooLarge as error:
            self.end("too_large", str(error))
        except Exception:
            # The receivers after this one must get theirs; this one learns that it missed something.
            log.failure("{topic} could not be delivered", topic=announcement.topic)
            self.end("internal", "an event could not be delivered")

    def end(self, code: str, reason: str) -> None:
        """End the session with GOODBYE (ABORT in the handshake). ``code``: an error code of ours or a WAMP URI."""
        if self.state not in ("closing", "closed"):
            self._step("ending", Refusal(code if "." in code else f"chatr.error.{code}", reason))

    def belongs_to(self, session_id: str) -> bool:
        """Whether this is an open session of that login session."""
        return self.state == "open" and bool(session_id) and session_id == self._admission.session_id

    def extend(self, session_id: str, expires_at: float) -> bool:
        """Live until ``expires_at`` (seconds since the epoch) if this is an open session of that login session."""
        if not self.belongs_to(session_id):
            return False
        self._expire_at(expires_at)
        return True

    def _step(self, kind: str, subject: Any) -> None:
        before = self.state
        action, self.state = machine.step(before, kind)
        if action == machine.VIOLATION.action and not isinstance(subject, Malformed):
            what = f"{kind.upper()} is" if kind in machine.MESSAGES else "That is"
            subject = Malformed(f"{what} not allowed while the session is {before}")
        _ACTIONS[action](self, subject)
        if self.state == "closed" and before != "closed":
            self._leave()

    # The handshake.

    def _greet(self, hello: wire.Hello) -> None:
        details = hello.details
        methods = details.get("authmethods")
        methods = methods if isinstance(methods, list) else []
        authid = details.get("authid")
        self._hello_authid = authid if isinstance(authid, str) else ""
        if hello.realm != REALM:
            refusal = Refusal("wamp.error.no_such_realm", f"the realm is {REALM!r}")
        elif not isinstance(details.get("roles"), dict) or not details["roles"]:
            refusal = Refusal(wire.PROTOCOL_VIOLATION, "HELLO.Details.roles must announce the roles of the client")
        elif "cookie" in methods and (token := self._cookie()):
            self._method = "cookie"
            self._step("presented", wire.Authenticate(token, {}))
            return
        elif "ticket" in methods:
            self._step("challenged", None)
            return
        elif self._door.limits.anonymous and (not methods or "anonymous" in methods):
            self._step("admitted", ANONYMOUS)
            return
        else:
            refusal = Refusal("wamp.error.no_matching_auth_method", 'HELLO.Details.authmethods must contain "ticket"')
        self._step("refused", refusal)

    def _cookie(self) -> str:
        """The access token in the cookie of a page of ours. Another site's page could send it too: never for that."""
        headers = self._link.headers
        origin = headers.get("origin")
        if not origin or not cookies.own_origin(origin, headers.get("host"), self._door.public_url):
            return ""
        name = cookies.named(cookies.REALTIME, https=origin.lower().startswith("https://"))
        return cookies.read(headers.get("cookie"), name)

    def _challenge(self, _: None) -> None:
        self._send([wire.CHALLENGE, "ticket", {}])

    def _verify(self, message: wire.Authenticate) -> None:
        waiting = Deferred.fromCoroutine(self._authenticate(message.signature))
        waiting.addErrback(lambda failure: log.failure("a session could not be welcomed", failure=failure))

    async def _authenticate(self, ticket: str) -> None:
        try:
            admission = await self._door.authenticate(ticket, self._link.address, self._link.user_agent)
        except ApiError as error:
            uri = f"chatr.error.{error.code}" if error.kind.status >= 429 else DENIED
            self._step("refused", Refusal(uri, error.detail))
        except Exception:
            log.failure("a ticket could not be verified")
            self._step("refused", Refusal("chatr.error.internal", "the ticket could not be verified"))
        else:
            self._admit(admission)

    def _admit(self, admission: Admission) -> None:
        limit = self._door.limits.max_sessions_per_user
        if self._hello_authid not in ("", admission.user_id):
            refusal = Refusal(DENIED, "the ticket belongs to another user than authid")
        elif self._door.sessions.draining:
            refusal = Refusal(SYSTEM_SHUTDOWN, "the server is stopping")
        elif self._door.sessions.user_full(admission.user_id):
            refusal = Refusal("chatr.error.rate_limited", f"a user has at most {limit} sessions open")
        else:
            self._step("admitted", admission)
            return
        self._step("refused", refusal)

    def _welcome(self, admission: Admission) -> None:
        self._stop_waiting()
        self._admission = admission
        caller = Caller(
            role=admission.role,
            user_id=admission.user_id,
            session_id=admission.session_id,
            address=self._link.address,
            user_agent=self._link.user_agent,
            connection=self.connection,
        )
        self._calls = Calls(self._door, caller, self._send)
        self._link.welcomed(admission.user_id)
        self._door.counters.sessions += 1
        details = {
            "realm": REALM,
            "authid": admission.user_id or admission.role,
            "authrole": admission.role,
            "authmethod": self._method if admission.user_id else "anonymous",
            "authprovider": "chatr",
            "connection": self.connection,
            "roles": dict(ROLES),
        }
        if epoch := self._door.epoch():  # In authextra too: what else is ours Autobahn does not show.
            details |= {"epoch": epoch, "authextra": {"epoch": epoch}}
        self._send([wire.WELCOME, secrets.randbelow(2**53 - 1) + 1, details])
        if admission.user_id:
            self._door.sessions.user_joined(admission.user_id)
            self._door.hub.join(self, admission.rooms)
            self._door.presence.joined(admission.user_id, self.connection)
            self._expire_at(admission.expires_at)

    # While open.

    def _call(self, message: wire.Call) -> None:
        try:
            self._running().start(message)
        except DuplicateRequest as error:
            self.malformed(str(error))

    def _cancel(self, message: wire.Cancel) -> None:
        self._running().cancel(message.request)

    def _running(self) -> Calls:
        if self._calls is None:
            raise RuntimeError("only an open session has calls")
        return self._calls

    def _subscribe(self, message: wire.Subscribe) -> None:
        try:
            number = self._subscriptions.subscribe(message.topic, message.options.get("match"))
        except RouterError as error:
            self._error(wire.SUBSCRIBE, message.request, error)
        else:
            self._send([wire.SUBSCRIBED, message.request, number])

    def _unsubscribe(self, message: wire.Unsubscribe) -> None:
        try:
            self._subscriptions.unsubscribe(message.subscription)
        except RouterError as error:
            self._error(wire.UNSUBSCRIBE, message.request, error)
        else:
            self._send([wire.UNSUBSCRIBED, message.request])

    def _refuse_publish(self, message: wire.Publish) -> None:
        if message.options.get("acknowledge") is not True:
            self._door.counters.publishes_ignored += 1
            return
        try:
            check_uri(message.topic)
        except RouterError as error:
            self._error(wire.PUBLISH, message.request, error)
        else:
            detail = "clients publish by calling procedures"
            self._error(wire.PUBLISH, message.request, RouterError("wamp.error.not_authorized", detail))

    def _refuse_register(self, message: wire.Register) -> None:
        try:
            check_uri(message.procedure, message.options.get("match"))
        except RouterError as error:
            self._error(wire.REGISTER, message.request, error)
        else:
            detail = "clients can't register procedures"
            self._error(wire.REGISTER, message.request, RouterError("wamp.error.not_authorized", detail))

    def _refuse_unregister(self, message: wire.Unregister) -> None:
        error = RouterError("wamp.error.no_such_registration", "clients have no registrations")
        self._error(wire.UNREGISTER, message.request, error)

    def _refuse_unreadable(self, message: Unreadable) -> None:
        """Answer to a request whose data is none of ours; the session and its calls go on."""
        if not message.acknowledged:
            self._door.counters.publishes_ignored += 1
        elif message.code == wire.CALL and message.uri == INVALID:
            try:
                self._running().refuse(message.request, invalid(message.path, message.reason))
            except DuplicateRequest as error:
                self.malformed(str(error))
        else:
            self._error(message.code, message.request, RouterError(message.uri, f"{message.path}: {message.reason}"))

    def _error(self, kind: int, request: int, error: RouterError) -> None:
        self._send([wire.ERROR, kind, request, {}, error.uri, [_brief(error.detail)], {}])

    def _expire_at(self, expires_at: float) -> None:
        if self._expiry is not None and self._expiry.active():
            self._expiry.cancel()
        if expires_at < math.inf:
            left_s = max(expires_at - self._door.now(), 0)
            self._expiry = self._door.clock.callLater(left_s, self.end, "unauthenticated", "token expired")

    # The end.

    def _abort(self, refusal: Refusal) -> None:
        self._door.counters.refused += 1
        self._send([wire.ABORT, {"message": _brief(refusal.reason)}, refusal.uri])
        self._link.close(NORMAL_CLOSE, refusal.uri)

    def _abort_late(self, _: None) -> None:
        limit_s = self._door.limits.handshake_timeout_s
        self._abort(Refusal("wamp.error.authentication_timeout", f"the handshake took longer than {limit_s:g} s"))

    def _protocol_violation(self, malformed: Malformed) -> None:
        self._door.counters.violations += 1
        self._send([wire.ABORT, {"message": _brief(malformed.reason)}, wire.PROTOCOL_VIOLATION])
        self._link.close(malformed.close_code, wire.PROTOCOL_VIOLATION)

    def _goodbye(self, refusal: Refusal) -> None:
        self._send([wire.GOODBYE, {"message": _brief(refusal.reason)}, refusal.uri])
        self._wait(CLOSE_TIMEOUT_S)

    def _farewell(self, _: wire.Goodbye) -> None:
        self._send([wire.GOODBYE, {}, "wamp.close.goodbye_and_out"])
        self._finish(None)

    def _finish(self, _: object) -> None:
        self._link.close(NORMAL_CLOSE, "")

    def _cut(self, _: None) -> None:
        self._door.counters.slow_consumers += 1
        log.info("slow consumer {connection} is cut off", connection=self.connection)
        self._link.cut(POLICY_CLOSE, "chatr.error.slow_consumer")

    def _release(self, _: None) -> None:
        self._door.sessions.remove(self, self._link.address)

    def _ignore(self, _: object) -> None:
        """Nothing is answered in this state."""

    def _leave(self) -> None:
        """Give back what an open session holds, as soon as it is over and before its transport has gone."""
        self._stop_waiting()
        self._expire_at(math.inf)
        self._subscriptions.clear()
        if self._calls is not None:
            self._calls.detach()
            self._calls = None
        if self._admission.user_id:
            self._door.hub.leave(self)
            self._door.sessions.user_left(self._admission.user_id)
            self._door.presence.left(self._admission.user_id, self.connection)

    def _wait(self, seconds: float) -> None:
        self._stop_waiting()
        self._deadline = self._door.clock.callLater(seconds, self._step, "late", None)

    def _stop_waiting(self) -> None:
        if self._deadline is not None and self._deadline.active():
            self._deadline.cancel()
        self._deadline = None

    def _send(self, message: list[Any]) -> None:
        """Encode, frame and queue one message. Raises FrameTooLarge, and what the encoder raises."""
        frame = self._link.framing(self._link.serializer.encode(message), self._link.serializer.binary)
        if len(frame) > self._link.max_bytes:
            raise FrameTooLarge(f"the message is larger than {self._link.max_bytes} bytes")
        self._link.send(frame)


def _brief(reason: str) -> str:
    return reason.encode("utf-8", "replace")[:MAX_REASON_BYTES].decode(errors="ignore")


_ACTIONS: Mapping[str, Callable[[Session, Any], None]] = MappingProxyType(
    {name: getattr(Session, f"_{name}") for name in machine.ACTIONS}
)
