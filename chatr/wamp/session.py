"""One WAMP session: carries out the actions of :mod:`chatr.wamp.machine` between a transport and a realm."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, get_args

from twisted.internet.defer import Deferred
from twisted.logger import Logger

from chatr.timers import Timer
from chatr.wamp import machine
from chatr.wamp.calls import Calls, DuplicateRequest, FrameTooLarge
from chatr.wamp.codec import wire
from chatr.wamp.codec.flaws import INVALID_ARGUMENT, Unreadable
from chatr.wamp.limits import CLOSE_TIMEOUT_S
from chatr.wamp.link import NORMAL_CLOSE, POLICY_CLOSE, Link, Malformed
from chatr.wamp.publication import Publication
from chatr.wamp.realm import Challenge, Identity, Member, Proof, Realm, Refusal, Refused
from chatr.wamp.router import STOPPING, Router
from chatr.wamp.subscriptions import RequestError, Subscriptions, check_uri

log = Logger()

#: Only what is true: clients choose their ways by it.
ROLES: Mapping[str, Any] = MappingProxyType(
    {
        "broker": {"features": {"pattern_based_subscription": True}},
        "dealer": {"features": {"call_canceling": True, "call_timeout": True}},
    }
)

#: Reasons may quote what a peer sent; RawSocket peers may take messages of 512 bytes and no more.
MAX_REASON_BYTES = 200

_KINDS: Mapping[type, str] = MappingProxyType(
    {kind: kind.__name__.lower() for kind in (*get_args(wire.Incoming), Unreadable)}
)


class _Hello(NamedTuple):
    """What a client that has come to a realm said of itself."""

    realm: Realm
    name: str
    authid: str


class _Inside(NamedTuple):
    """What a session has while it is open."""

    member: Member
    calls: Calls
    subscriptions: Subscriptions


class WampSession:
    """One session, from its transport's opening to its loss; a member of its realm while it is open."""

    __slots__ = ("_asked", "_deadline", "_hello", "_inside", "_link", "_router", "connection", "state")

    def __init__(self, router: Router, link: Link) -> None:
        self.connection = secrets.token_hex(16)
        self.state: machine.State = "opening"
        self._router = router
        self._link = link
        self._hello: _Hello | None = None
        self._asked: Challenge | None = None
        self._inside: _Inside | None = None
        self._deadline: Timer | None = None

    def opened(self) -> None:
        """Begin: from now on the client has the handshake's time."""
        self._router.sessions.add(self)
        refusal = self._router.arrivals.came(self._link.address)
        if self._router.sessions.draining:
            refusal = STOPPING
        if refusal is None:
            self._wait(self._router.limits.handshake_timeout_s)
        else:
            self._step("refused", refusal)

    def received(self, data: bytes) -> None:
        """Take one message of the transport (a batch of messages with a batched serializer)."""
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
        """Refuse what came in and is no message."""
        self._step("malformed", Malformed(reason, close_code))

    def overflowed(self) -> None:
        """Cut the client off: the output queue is full of what may not be dropped."""
        self._step("overflowed", None)

    def lost(self) -> None:
        """Give everything back: the transport is gone."""
        self._step("lost", None)

    @property
    def speaks_json(self) -> bool:
        """Whether what it is sent is JSON."""
        return self._link.serializer.name == "json"

    def deliver(self, publication: Publication) -> bool:
        """Send an event once for each subscription that wants it; whether one was sent."""
        inside = self._inside
        if inside is None or self.state != "open":
            return False
        wanted = inside.subscriptions.matching[publication.topic]
        if not wanted:
            return False
        link = self._link
        try:
            for subscription, pattern in wanted:
                frame = publication.frame(link.serializer, link.framing, subscription, pattern)
                if len(frame) > link.max_bytes:
                    raise FrameTooLarge(f"an event is larger than {link.max_bytes} bytes")
                link.send(frame, publication.ephemeral)
        except FrameTooLarge as error:
            self.end(self._router.uris.too_large, str(error))
        except Exception:
            # The receivers after this one must get theirs; this one learns that it missed something.
            log.failure("{topic} could not be delivered", topic=publication.topic)
            self.end(self._router.uris.internal, "an event could not be delivered")
        return self.state == "open"

    def end(self, uri: str, reason: str) -> None:
        """End the session with GOODBYE (ABORT in the handshake)."""
        if self.state not in ("closing", "closed"):
            self._step("ending", Refusal(uri, reason))

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
        realm = self._router.realms(hello.realm)
        if realm is None:
            self._step("refused", Refusal("wamp.error.no_such_realm", self._router.no_such_realm))
            return
        if not isinstance(details.get("roles"), dict) or not details["roles"]:
            reason = "HELLO.Details.roles must announce the roles of the client"
            self._step("refused", Refusal(wire.PROTOCOL_VIOLATION, reason))
            return
        authid, methods = details.get("authid"), details.get("authmethods")
        self._hello = _Hello(realm, hello.realm, authid if isinstance(authid, str) else "")
        greeting = realm.authenticator.greet(methods if isinstance(methods, list) else [], self._link)
        self._step(_GREETINGS[type(greeting)], greeting)

    def _challenge(self, challenge: Challenge) -> None:
        self._asked = challenge
        self._send([wire.CHALLENGE, challenge.method, challenge.extra])

    def _prove(self, message: wire.Authenticate) -> None:
        if self._asked is None:
            raise RuntimeError("AUTHENTICATE answers a challenge")
        self._verify(Proof(self._asked.method, message.signature, self._asked))

    def _verify(self, proof: Proof) -> None:
        waiting = Deferred.fromCoroutine(self._authenticate(proof))
        waiting.addErrback(lambda failure: log.failure("a session could not be welcomed", failure=failure))

    async def _authenticate(self, proof: Proof) -> None:
        realm, _, authid = self._greeted()
        try:
            identity = await realm.authenticator.verify(proof, authid, self._link)
        except Refused as refused:
            self._step("refused", refused.refusal)
        except Exception:
            log.failure("a {method} could not be verified", method=proof.method)
            reason = f"the {proof.method} could not be verified"
            self._step("refused", Refusal(self._router.uris.internal, reason))
        else:
            stopping = STOPPING if self._router.sessions.draining else None
            refusal = stopping or realm.members.refusal(identity)
            self._step("refused" if refusal else "admitted", refusal or identity)

    def _greeted(self) -> _Hello:
        if self._hello is None:
            raise RuntimeError("only who said hello has a realm")
        return self._hello

    def _welcome(self, identity: Identity) -> None:
        self._stop_waiting()
        self._router.counters.sessions += 1
        realm, name, _ = self._greeted()
        details = {
            "realm": name,
            "authid": identity.authid,
            "authrole": identity.authrole,
            "authmethod": identity.authmethod,
            "authprovider": identity.authprovider,
            "connection": self.connection,
            "roles": dict(ROLES),
        }
        self._send([wire.WELCOME, secrets.randbelow(2**53 - 1) + 1, {**details, **realm.welcome()}])
        member = realm.members.joined(self, self._link, identity)
        limit, too_many = self._router.limits.max_subscriptions, self._router.uris.rate_limited
        self._inside = _Inside(
            member,
            Calls(self._router, realm.callee, member, self._send),
            Subscriptions(realm.subscription_ids, limit=limit, too_many=too_many),
        )
        # What was said in the handshake has been read by all who want it.
        self._hello = self._asked = None
        self._link.welcomed(identity.turn_key)

    # While open.

    def _call(self, message: wire.Call) -> None:
        try:
            self._open().calls.start(message)
        except DuplicateRequest as error:
            self.malformed(str(error))

    def _cancel(self, message: wire.Cancel) -> None:
        self._open().calls.cancel(message.request)

    def _open(self) -> _Inside:
        if self._inside is None:
            raise RuntimeError("the session is not open")
        return self._inside

    def _subscribe(self, message: wire.Subscribe) -> None:
        try:
            number = self._open().subscriptions.subscribe(message.topic, message.options.get("match"))
        except RequestError as error:
            self._error(wire.SUBSCRIBE, message.request, error)
        else:
            self._send([wire.SUBSCRIBED, message.request, number])

    def _unsubscribe(self, message: wire.Unsubscribe) -> None:
        try:
            self._open().subscriptions.unsubscribe(message.subscription)
        except RequestError as error:
            self._error(wire.UNSUBSCRIBE, message.request, error)
        else:
            self._send([wire.UNSUBSCRIBED, message.request])

    def _refuse_publish(self, message: wire.Publish) -> None:
        if message.options.get("acknowledge") is not True:
            self._router.counters.publishes_ignored += 1
            return
        try:
            check_uri(message.topic)
        except RequestError as error:
            self._error(wire.PUBLISH, message.request, error)
        else:
            detail = "clients publish by calling procedures"
            self._error(wire.PUBLISH, message.request, RequestError("wamp.error.not_authorized", detail))

    def _refuse_register(self, message: wire.Register) -> None:
        try:
            check_uri(message.procedure, message.options.get("match"))
        except RequestError as error:
            self._error(wire.REGISTER, message.request, error)
        else:
            detail = "clients can't register procedures"
            self._error(wire.REGISTER, message.request, RequestError("wamp.error.not_authorized", detail))

    def _refuse_unregister(self, message: wire.Unregister) -> None:
        error = RequestError("wamp.error.no_such_registration", "clients have no registrations")
        self._error(wire.UNREGISTER, message.request, error)

    def _refuse_unreadable(self, message: Unreadable) -> None:
        """Answer to a request whose data is none of ours; the session and its calls go on."""
        if not message.acknowledged:
            self._router.counters.publishes_ignored += 1
        elif message.code == wire.CALL and message.uri == INVALID_ARGUMENT:
            try:
                self._open().calls.refuse(message.request, message.path, message.reason)
            except DuplicateRequest as error:
                self.malformed(str(error))
        else:
            self._error(message.code, message.request, RequestError(message.uri, f"{message.path}: {message.reason}"))

    def _error(self, kind: int, request: int, error: RequestError) -> None:
        self._send([wire.ERROR, kind, request, {}, error.uri, [_brief(error.detail)], {}])

    # The end.

    def _abort(self, refusal: Refusal) -> None:
        self._router.counters.refused += 1
        self._send([wire.ABORT, {"message": _brief(refusal.reason)}, refusal.uri])
        self._link.close(NORMAL_CLOSE, refusal.uri)

    def _abort_late(self, _: None) -> None:
        limit_s = self._router.limits.handshake_timeout_s
        self._abort(Refusal("wamp.error.authentication_timeout", f"the handshake took longer than {limit_s:g} s"))

    def _protocol_violation(self, malformed: Malformed) -> None:
        self._router.counters.violations += 1
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
        self._router.counters.slow_consumers += 1
        log.info("slow consumer {connection} is cut off", connection=self.connection)
        self._link.cut(POLICY_CLOSE, self._router.uris.slow_consumer)

    def _release(self, _: None) -> None:
        if self._router.sessions.remove(self):
            self._router.arrivals.gone(self._link.address)

    def _ignore(self, _: object) -> None:
        """Nothing is answered in this state."""

    def _leave(self) -> None:
        """Give back what an open session holds, as soon as it is over and before its transport has gone."""
        self._stop_waiting()
        if self._inside is not None:
            inside, self._inside = self._inside, None
            inside.subscriptions.clear()
            inside.calls.detach()
            inside.member.left()

    def _wait(self, seconds: float) -> None:
        self._stop_waiting()
        self._deadline = self._router.timers.call_later(seconds, self._late)

    def _late(self) -> None:
        self._step("late", None)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
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


#: What happens when a realm greets so.
_GREETINGS: Mapping[type, str] = MappingProxyType(
    {Challenge: "challenged", Proof: "presented", Identity: "admitted", Refusal: "refused"}
)

_ACTIONS: Mapping[str, Callable[[WampSession, Any], None]] = MappingProxyType(
    {name: getattr(WampSession, f"_{name}") for name in machine.ACTIONS}
)
