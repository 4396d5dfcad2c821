"""A router with realms of its own making: nothing of chatr is there, and nothing is missed."""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from twisted.internet.task import Clock
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from chatr.timers import Timers
from chatr.wamp.limits import Limits, Uris
from chatr.wamp.publication import Publication
from chatr.wamp.realm import (
    CallError,
    CallResult,
    Challenge,
    Done,
    Greeting,
    Identity,
    Peer,
    Proof,
    Realm,
    RealmSession,
    Refusal,
    Refused,
)
from chatr.wamp.router import Router
from chatr.wamp.session import WampSession
from tests.wamp.link import MemoryLink

LIMITS = Limits(
    max_message_bytes=10_000,
    max_handshake_bytes=1000,
    max_output_bytes=10_000,
    max_calls_in_flight=2,
    max_subscriptions=1,
    handshake_timeout_s=5,
    ping_interval_s=20,
    ping_timeout_s=5,
)
URIS = Uris(**{name: f"example.error.{name}" for name in Uris.__struct_fields__})


class Passwords:
    """Asks for the keyed hash of a challenge (WAMP-CRA); the keys are those of the fields."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        self.keys = keys

    def greet(self, methods: Sequence[Any], peer: Peer) -> Greeting:
        if "wampcra" not in methods:
            return Refusal("wamp.error.no_matching_auth_method", "wampcra is needed")
        return Challenge("wampcra", {"challenge": f"for {peer.address}"})

    async def verify(self, proof: Proof, authid: str, peer: Peer) -> Identity:
        challenge = proof.challenge.extra["challenge"] if proof.challenge else ""
        if proof.signature != signature(self.keys[authid], challenge):
            raise Refused("wamp.error.authentication_denied", "that is not the key")
        return Identity(authid=authid, authrole="reader", authmethod=proof.method, authprovider="keys")


def signature(key: bytes, challenge: str) -> str:
    """What a client answers to a challenge."""
    return hmac.new(key, challenge.encode(), "sha256").hexdigest()


class Seat:
    """A session of somebody."""

    def __init__(self, readers: Readers, session: RealmSession, name: str) -> None:
        self.readers = readers
        self.session = session
        self.name = name

    def left(self) -> None:
        self.readers.seats.remove(self)


class Readers:
    """Everybody once at a time."""

    def __init__(self) -> None:
        self.seats: list[Seat] = []

    def refusal(self, identity: Identity) -> Refusal | None:
        taken = any(seat.name == identity.authid for seat in self.seats)
        return Refusal("example.error.taken", "is here already") if taken else None

    def joined(self, session: RealmSession, peer: Peer, identity: Identity) -> Seat:
        self.seats.append(Seat(self, session, identity.authid))
        return self.seats[-1]


class Sum:
    """Adds what it is called with, at once or when it is told to."""

    def __init__(self) -> None:
        self.waiting: list[Done] = []
        self.abandoned = 0
        self.args: Sequence[Any] = ()

    def find(self, procedure: str) -> Sum | None:
        return self if procedure == "math.sum" else None

    def error(self, uri: str, detail: str, path: str = "") -> CallError:
        return CallError(uri, f"{path}: {detail}" if path else detail, {"path": path})

    def prepare(self, member: Seat, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Sum:
        if not args:
            raise CallError("wamp.error.invalid_argument", f"nothing to add, {member.name}")
        self.args = args
        return self

    def start(self, done: Done) -> None:
        if "later" in self.args:
            self.waiting.append(done)
        else:
            done(CallResult({"of": len(self.args)}, args=[sum(self.args)]))

    def abandon(self) -> None:
        self.abandoned += 1

    def failed(self, failure: Failure) -> CallError:
        return CallError("example.error.sum", str(failure.value))


class Everywhere:
    """Lets everybody come."""

    def came(self, address: str) -> Refusal | None:
        return None

    def gone(self, address: str) -> None:
        """Nobody counts."""


class RealmTests(SynchronousTestCase):
    """Two realms of one router."""

    def setUp(self) -> None:
        self.clock, self.turns = Clock(), []
        self.realms = {name: self.realm(name.encode()) for name in ("books", "maps")}
        self.router = Router(
            realms=self.realms.get,
            limits=LIMITS,
            uris=URIS,
            arrivals=Everywhere(),
            count_for=lambda transport, key, *, known: None,
            clock=self.clock,
            timers=Timers(self.clock),
        )

    def realm(self, key: bytes) -> Realm:
        return Realm(authenticator=Passwords({"ann": key, "ben": key}), members=Readers(), callee=Sum())

    def say(self, client: tuple[WampSession, MemoryLink], message: list[Any]) -> list[Any]:
        """Say one thing; what came since the last time."""
        session, link = client
        session.received(msgspec.json.encode(message))
        sent, link.sent = link.sent, []
        return sent

    def client(self, realm: str = "books", *, methods: Sequence[str] = ("wampcra",), authid: str = "ann") -> Any:
        """A client that has said hello, and what it heard."""
        link = MemoryLink()
        session = WampSession(self.router, link)
        session.opened()
        details = {"roles": {"caller": {}}, "authmethods": methods, "authid": authid}
        return (session, link), self.say((session, link), [1, realm, details])

    def joined(self, realm: str = "books", authid: str = "ann") -> tuple[WampSession, MemoryLink]:
        client, ((_, _, extra),) = self.client(realm, authid=authid)
        ((kind, *_),) = self.say(client, [5, signature(realm.encode(), extra["challenge"]), {}])
        self.assertEqual(kind, 2)
        return client

    def test_challenge_and_response(self) -> None:
        """The authenticator's challenge reaches the client, its answer the authenticator, its identity WELCOME."""
        client, heard = self.client()
        self.assertEqual(heard, [[4, "wampcra", {"challenge": "for 192.0.2.1"}]])
        ((kind, _, details),) = self.say(client, [5, signature(b"books", "for 192.0.2.1"), {}])
        self.assertEqual((kind, details["realm"], details["authid"]), (2, "books", "ann"))
        self.assertEqual((details["authrole"], details["authmethod"]), ("reader", "wampcra"))
        self.assertEqual(details["authprovider"], "keys")

    def test_refusals(self) -> None:
        """What a realm refuses, and what fails in it, reaches the client; other realms are not there."""
        _, heard = self.client("letters")
        self.assertEqual(heard, [[3, {"message": "there is no such realm"}, "wamp.error.no_such_realm"]])
        _, heard = self.client(methods=["ticket"])
        self.assertEqual(heard[0][2], "wamp.error.no_matching_auth_method")
        client, _ = self.client()
        ((_, details, uri),) = self.say(client, [5, signature(b"maps", "for 192.0.2.1"), {}])
        self.assertEqual((details["message"], uri), ("that is not the key", "wamp.error.authentication_denied"))
        client, _ = self.client(authid="nobody")
        ((_, details, uri),) = self.say(client, [5, "x", {}])
        self.assertEqual((details["message"], uri), ("the wampcra could not be verified", "example.error.internal"))
        self.assertEqual(len(self.flushLoggedErrors(KeyError)), 1)

    def test_members(self) -> None:
        """A realm is told who comes and goes, and may have enough of somebody; another realm is no concern of it."""
        client = self.joined()
        again, _ = self.client()
        self.assertEqual(self.say(again, [5, signature(b"books", "for 192.0.2.1"), {}])[0][2], "example.error.taken")
        self.joined("maps")
        self.say(client, [6, {}, "wamp.close.close_realm"])
        self.joined()
        names = {name: [seat.name for seat in realm.members.seats] for name, realm in self.realms.items()}
        self.assertEqual(names, {"books": ["ann"], "maps": ["ann"]})

    def test_publications(self) -> None:
        """Whom a realm hands a publication gets it, with positional arguments too; topics of two realms are two."""
        (ann, ben), stranger = (self.joined(authid="ann"), self.joined(authid="ben")), self.joined("maps")
        for client in (ann, ben, stranger):
            self.assertEqual(self.say(client, [32, 1, {}, "new.page"]), [[33, 1, 1]])
        publication = Publication("new.page", {"page": 2}, number=77, args=[1, "x"])
        (seat, _) = self.realms["books"].members.seats
        self.assertTrue(seat.session.deliver(publication))
        self.assertEqual(ann[1].sent, [[36, 1, 77, {}, [1, "x"], {"page": 2}]])
        self.assertEqual((ben[1].sent, stranger[1].sent), ([], []))
        self.assertFalse(seat.session.deliver(Publication("old.page", {}, number=78)))

    def test_calls(self) -> None:
        """A callee answers with arguments of both kinds, refuses in its words, and fails in its words."""
        client = self.joined()
        self.assertEqual(self.say(client, [48, 1, {}, "math.sum", [1, 2]]), [[50, 1, {}, [3], {"of": 2}]])
        (error,) = self.say(client, [48, 2, {}, "math.sum"])
        self.assertEqual(error[4:], ["wamp.error.invalid_argument", ["nothing to add, ann"], {}])
        self.say(client, [48, 3, {}, "math.sum", ["later"]])
        self.realms["books"].callee.waiting.pop()(Failure(ValueError("no number")))
        self.assertEqual(client[1].sent[-1][2:], [3, {}, "example.error.sum", ["no number"], {}])
        ((*_, uri, _, _),) = self.say(client, [48, 4, {}, "math.product", [1]])[-1:]
        self.assertEqual(uri, "wamp.error.no_such_procedure")

    def test_calls_that_nobody_waits_for(self) -> None:
        """The callee is told of CANCEL, of a timeout, and of the end of the session, and answers nobody afterwards."""
        client, callee = self.joined(), self.realms["books"].callee
        self.say(client, [48, 1, {}, "math.sum", ["later"]])
        self.assertEqual(self.say(client, [49, 1, {}])[0][4], "wamp.error.canceled")
        self.say(client, [48, 2, {"timeout": 1000}, "math.sum", ["later"]])
        self.clock.advance(1)
        self.assertEqual(client[1].sent[-1][4], "wamp.error.timeout")
        callee.waiting.pop()(CallResult({}))
        self.say(client, [48, 3, {}, "math.sum", ["later"]])
        client[0].lost()
        self.assertEqual(callee.abandoned, 3)

    def test_the_routers_refusals_are_the_realms_words(self) -> None:
        """Too many calls and subscriptions, arguments that are none, and a stop have URIs that the operator chose."""
        client = self.joined()
        self.say(client, [48, 1, {}, "math.sum", ["later"]])
        self.say(client, [48, 2, {}, "math.sum", ["later"]])
        self.assertEqual(self.say(client, [48, 3, {}, "math.sum", [1]])[0][4], "example.error.rate_limited")
        self.realms["books"].callee.waiting.pop()(CallResult({}))
        ((*_, uri, _, kwargs),) = self.say(client, [48, 4, {"timeout": "x"}, "math.sum", [1]])[-1:]
        self.assertEqual((uri, kwargs), ("example.error.invalid", {"path": "$options.timeout"}))
        self.say(client, [32, 5, {}, "a"])
        self.assertEqual(self.say(client, [32, 6, {}, "b"])[0][4], "example.error.rate_limited")
        self.router.drain(5)
        self.assertEqual(self.say(client, [48, 7, {}, "math.sum", [1]])[0][4], "example.error.unavailable")
