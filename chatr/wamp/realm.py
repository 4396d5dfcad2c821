"""What a realm is made of: who is let in, who is here, and who answers calls. A router serves any number of realms."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, TypeAlias

import msgspec
from twisted.python.failure import Failure

from chatr.wamp.publication import Publication
from chatr.wamp.subscriptions import SubscriptionIds


class Refusal(NamedTuple):
    """Why a session ends: a WAMP URI and a sentence for the developer of the client."""

    uri: str
    reason: str


class Refused(Exception):
    """A client is not let in."""

    def __init__(self, uri: str, reason: str) -> None:
        super().__init__(uri, reason)
        self.refusal = Refusal(uri, reason)


class Peer(Protocol):
    """Who is at the other end, before anything is proved."""

    address: str
    """Empty on a Unix socket."""
    headers: Mapping[str, str]
    """The handshake's HTTP headers with lower-case names (``origin``, ``cookie``); none on RawSocket."""


class Challenge(NamedTuple):
    """What a client is asked for: CHALLENGE."""

    method: str
    extra: Mapping[str, Any]


class Proof(NamedTuple):
    """What a client shows: the signature of AUTHENTICATE, or what came with the handshake already."""

    method: str
    signature: str
    challenge: Challenge | None = None


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """Who a session is, as WELCOME says it."""

    authid: str
    authrole: str
    authmethod: str
    authprovider: str
    turn_key: str = ""
    """Whose time its work takes; empty: nobody's but the connection's."""
    account: Any = None
    """What its realm knows beyond that."""


#: What a realm answers to HELLO.
Greeting: TypeAlias = Challenge | Proof | Identity | Refusal


class Authenticator(Protocol):
    """Says how clients prove who they are, and who they are."""

    def greet(self, methods: Sequence[Any], peer: Peer) -> Greeting:
        """Choose of the ``authmethods`` of HELLO: ask, look at what came with the handshake, let in, or refuse."""

    async def verify(self, proof: Proof, authid: str, peer: Peer) -> Identity:
        """Say whose proof this is. ``authid``: who the client says that it is, if it does.

        Raises :class:`Refused`. Whatever else it raises is logged, and refused with ``Uris.internal``.
        """


class RealmSession(Protocol):
    """An open session as its realm knows it."""

    connection: str
    """Names the connection; no two have the same, ever."""

    @property
    def speaks_json(self) -> bool:
        """Whether what it is sent is JSON."""

    def deliver(self, publication: Publication) -> bool:
        """Send an event for each subscription that wants it; whether one was sent. Never blocks or raises."""

    def end(self, uri: str, reason: str) -> None:
        """End with GOODBYE."""


class Member(Protocol):
    """What a realm keeps of one session."""

    def left(self) -> None:
        """The session has ended. Called once."""


class Members(Protocol):
    """Who is in a realm."""

    def refusal(self, identity: Identity) -> Refusal | None:
        """Say why this client may not come in at this moment, if so; asked when it has proved who it is."""

    def joined(self, session: RealmSession, peer: Peer, identity: Identity) -> Member:
        """Take note of a session that has been welcomed."""


class CallResult(msgspec.Struct, frozen=True):
    """What a call answers: the payload of RESULT. ``kwargs``: a mapping or a struct."""

    kwargs: Any
    args: Sequence[Any] = ()


class CallError(Exception):
    """What a call is refused with: the payload of ERROR. ``brief`` stands for it where a peer takes short messages."""

    def __init__(self, uri: str, detail: str, kwargs: Mapping[str, Any] | None = None, *, brief: str = "") -> None:
        super().__init__(uri, detail)
        self.uri = uri
        self.detail = detail
        self.kwargs = kwargs or {}
        self.brief = brief or detail


#: Is told what a call answers, or how it has failed.
Done: TypeAlias = Callable[[CallResult | Failure], None]


class Invocation(Protocol):
    """One call on its way to whoever answers it."""

    def start(self, done: Done) -> None:
        """Begin. ``done`` is called once, when it is over, which may be at once."""

    def abandon(self) -> None:
        """Stop it if it can be stopped: nobody waits any more. Its answer is dropped; until then it is in flight."""

    def failed(self, failure: Failure) -> CallError:
        """Word a failure, its own or that of encoding its answer. What nobody could expect is logged."""


class Procedure(Protocol):
    """What one procedure URI stands for."""

    def prepare(self, member: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Invocation:
        """Make a call of a session, whose :class:`Member` is ``member``. Raises :class:`CallError`."""


class Callee(Protocol):
    """Answers the calls of a realm, or finds who does."""

    def find(self, procedure: str) -> Procedure | None:
        """Find the procedure of a URI."""

    def error(self, uri: str, detail: str, path: str = "") -> CallError:
        """Word a refusal of the router's own as the realm does: one of :class:`~chatr.wamp.limits.Uris`.

        ``path`` names the part of the call that is at fault, as in ``$.content``.
        """


class Realm(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """One realm: sessions of different realms have nothing in common."""

    authenticator: Authenticator
    members: Members
    callee: Callee
    welcome: Callable[[], Mapping[str, Any]] = dict
    """What else WELCOME says of the realm."""
    subscription_ids: SubscriptionIds = msgspec.field(default_factory=SubscriptionIds)
