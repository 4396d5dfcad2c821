"""The session's behaviour, on a transport twin in memory."""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec
from twisted.internet.defer import Deferred

from chatr.api.events import EVENTS
from chatr.api.events.sessions import SyncRequired
from chatr.realtime.hub import Announcement
from chatr.wamp import machine
from tests.wamp.case import ALICE, BOB, HELLO, HISTORY, NOT_AUTHORIZED, VIOLATION, Client, SessionCase

SYNC_REQUIRED = EVENTS["sync.required"]

TOPIC = SYNC_REQUIRED.topic


class HandshakeTests(SessionCase):
    """HELLO to WELCOME, and every way to be refused."""

    def test_ticket(self) -> None:
        """A ticket is asked for, verified, and answered with who the client is and what the router can do."""
        client = Client(self.setting)
        self.assertEqual(client.say(HELLO), [[4, "ticket", {}]])
        ((code, number, details),) = client.say([5, "alice", {}])
        self.assertEqual(code, 2)
        self.assertTrue(0 < number < 2**53)
        self.assertEqual(
            {key: details[key] for key in ("realm", "authid", "authrole", "authmethod", "authprovider")},
            {"realm": "chatr", "authid": ALICE, "authrole": "user", "authmethod": "ticket", "authprovider": "chatr"},
        )
        self.assertEqual(details["connection"], client.session.connection)
        self.assertEqual((details["epoch"], details["authextra"]), (HISTORY, {"epoch": HISTORY}))
        self.assertTrue(client.link.takes_long)
        self.assertEqual(details["roles"]["broker"]["features"], {"pattern_based_subscription": True})
        self.assertEqual(details["roles"]["dealer"]["features"], {"call_canceling": True, "call_timeout": True})
        self.assertEqual(self.setting.tickets.seen, [("alice", "192.0.2.1")])
        self.assertEqual(self.setting.attendance.events, [("joined", ALICE)])

    def test_wrong_realm(self) -> None:
        """Another realm than ours does not exist."""
        client = Client(self.setting)
        client.session.received(msgspec.json.encode([1, "realm1", HELLO[2]]))
        self.assertAborted(client, "wamp.error.no_such_realm", saying="chatr")

    def test_roles_are_needed(self) -> None:
        """A client without roles can't do anything."""
        for roles in ({}, None, []):
            client = Client(self.setting)
            client.session.received(msgspec.json.encode([1, "chatr", {"roles": roles, "authmethods": ["ticket"]}]))
            self.assertViolation(client, saying="roles")

    def test_verification_fails(self) -> None:
        """A fault of ours is logged and is no reason to hang."""
        self.setting.tickets.failure = ZeroDivisionError()
        client = Client(self.setting)
        client.say(HELLO)
        client.session.received(b'[5, "alice", {}]')
        self.assertAborted(client, "chatr.error.internal")
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    def test_deadline(self) -> None:
        """Who does not authenticate in time is let go, whichever part is missing."""
        for messages in ([], [HELLO]):
            client = Client(self.setting)
            client.say(*messages)
            self.clock.advance(9.9)
            self.assertIsNone(client.link.closed)
            self.clock.advance(0.2)
            self.assertAborted(client, "wamp.error.authentication_timeout", saying="10 s")

    def test_deadline_while_verifying(self) -> None:
        """A verification that comes back too late changes nothing."""
        self.setting.tickets.hold = Deferred()
        client = Client(self.setting)
        client.say(HELLO, [5, "alice", {}])
        self.clock.advance(10)
        self.assertAborted(client, "wamp.error.authentication_timeout")
        self.setting.tickets.hold.callback(None)
        self.assertEqual(client.heard(), [])
        self.assertEqual(self.setting.attendance.events, [])

    def test_lost_while_verifying(self) -> None:
        """A client that left while its ticket was verified leaves nothing behind."""
        self.setting.tickets.hold = Deferred()
        client = Client(self.setting)
        client.say(HELLO, [5, "alice", {}])
        client.session.lost()
        self.setting.tickets.hold.callback(None)
        self.assertEqual((client.heard(), len(self.door.router.sessions)), ([], 0))
        self.assertEqual(self.setting.attendance.events, [])
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_client_aborts(self) -> None:
        """A client's ABORT ends the handshake without an answer."""
        client = Client(self.setting)
        self.assertEqual(client.say(HELLO, [3, {}, "wamp.error.authentication_failed"])[1:], [])
        self.assertEqual((client.session.state, client.link.closed), ("closed", ("close", 1000, "")))


class BrokerTests(SessionCase):
    """SUBSCRIBE, UNSUBSCRIBE, EVENT, PUBLISH, REGISTER."""

    limits: ClassVar[dict[str, Any]] = {"max_subscriptions": 2}

    def setUp(self) -> None:
        super().setUp()
        self.client = self.joined()

    def test_subscribe(self) -> None:
        """One id for one topic, however often it is asked for; a pattern has another."""
        ((code, request, number),) = self.client.say([32, 5, {}, TOPIC])
        self.assertEqual((code, request), (33, 5))
        self.assertEqual(self.client.say([32, 6, {"match": "exact"}, TOPIC]), [[33, 6, number]])
        self.assertNotEqual(self.client.say([32, 7, {"match": "prefix"}, TOPIC])[0][2], number)

    def test_subscription_limit_and_invalid_topic(self) -> None:
        """What is refused says why and leaves the session open."""
        self.assertEqual(self.client.say([32, 1, {}, "a..b"])[0][:5], [8, 32, 1, {}, "wamp.error.invalid_uri"])
        self.client.say([32, 2, {}, "a"], [32, 3, {}, "b"])
        self.assertEqual(self.client.say([32, 4, {}, "c"])[0][:5], [8, 32, 4, {}, "chatr.error.rate_limited"])

    def test_unsubscribe(self) -> None:
        """Giving back is answered, giving back again too, and what one never had is an error."""
        number = self.client.say([32, 1, {}, TOPIC])[0][2]
        self.assertEqual(self.client.say([34, 2, number]), [[35, 2]])
        self.assertEqual(self.client.say([34, 3, number]), [[35, 3]])
        answer = self.client.say([34, 4, number + 1])[0]
        self.assertEqual(answer[:5], [8, 34, 4, {}, "wamp.error.no_such_subscription"])

    def test_publish_is_refused(self) -> None:
        """An acknowledged PUBLISH is refused, another one ignored and counted."""
        answer = self.client.say([16, 1, {"acknowledge": True}, TOPIC])[0]
        self.assertEqual(answer[:5], [8, 16, 1, {}, NOT_AUTHORIZED])
        self.assertEqual(self.client.say([16, 2, {}, TOPIC, [], {"a": 1}]), [])
        self.assertEqual(self.door.router.counters.publishes_ignored, 1)

    def test_register_is_refused(self) -> None:
        """Clients are no callees."""
        self.assertEqual(self.client.say([64, 1, {}, "chatr.x.y"])[0][:5], [8, 64, 1, {}, NOT_AUTHORIZED])
        answer = self.client.say([66, 2, 1])[0]
        self.assertEqual(answer[:5], [8, 66, 2, {}, "wamp.error.no_such_registration"])

    def test_uris_that_are_none(self) -> None:
        """What is no URI is told apart from what is not allowed or not there; the session goes on."""
        for uri in ("", ".", "a..b", "a.", ".a", "a b", "a#b", "a\n", "x" * 257, "x" * 5000):
            for message in (
                [48, 1, {}, uri],
                [32, 1, {}, uri],
                [64, 1, {}, uri],
                [16, 1, {"acknowledge": True}, uri],
            ):
                (answer,) = self.client.say(message)
                self.assertEqual(answer[:5], [8, message[0], 1, {}, "wamp.error.invalid_uri"])
            self.assertEqual(self.client.say([16, 1, {}, uri]), [])
        self.assertEqual(self.client.say([64, 1, {"match": "wildcard"}, "a..b"])[0][4], NOT_AUTHORIZED)
        self.assertEqual(self.client.say([64, 1, {"match": "other"}, "a.b"])[0][4], "wamp.error.invalid_argument")
        self.assertEqual(self.client.session.state, "open")

    def test_prefixes_with_and_without_the_dot(self) -> None:
        """Some clients refuse to send a trailing dot."""
        for topic in ("chatr.", "chatr"):
            client = self.joined("bob")
            number = client.say([32, 1, {"match": "prefix"}, topic])[0][2]
            self.setting.hub.deliver([f"user:{BOB}"], Announcement(SYNC_REQUIRED, SyncRequired(reason="r"), 1))
            self.assertEqual(client.heard()[0][1], number)

    def test_half_an_emoji(self) -> None:
        """A request with half of a surrogate pair is answered with what is wrong; the session goes on.

        Before, it ended the session with ABORT, and every call in flight with it.
        """
        for sent, code, uri, path in (
            (b'[32, 1, {"match": "\\ud83d"}, "x"]', 32, "wamp.error.invalid_argument", "$options.match"),
            (b'[32, 1, {}, "\\ud83d"]', 32, "wamp.error.invalid_uri", "$"),
            (b'[64, 1, {}, "\\ud83d"]', 64, "wamp.error.invalid_uri", "$"),
            (b'[16, 1, {"acknowledge": true}, "x", ["\\ud83d"]]', 16, "wamp.error.invalid_argument", "$args[0]"),
            (b'[48, 1, {}, "\\ud83d"]', 48, "wamp.error.invalid_uri", "$"),
        ):
            self.client.session.received(sent)
            answer = [8, code, 1, {}, uri, [f"{path}: contains a lone surrogate"], {}]
            self.assertEqual(self.client.heard(), [answer])
        self.client.session.received(b'[16, 1, {}, "x", ["\\ud83d"]]')
        self.assertEqual((self.client.heard(), self.door.router.counters.publishes_ignored), ([], 1))
        self.assertEqual(self.client.session.state, "open")

    def test_half_an_emoji_without_a_request(self) -> None:
        """Where there is nobody to answer, the end says why."""
        for sent, place in ((b'[49, 1, {"mode": "\\ud83d"}]', "$[2].mode"), (b'[6, {}, "\\ud83d"]', "$[2]")):
            client = self.joined("bob")
            client.session.received(sent)
            self.assertEqual(client.heard(), [[3, {"message": f"contains a lone surrogate, at {place}"}, VIOLATION]])


class EndTests(SessionCase):
    """GOODBYE, expiry, overflow, revocation and the server's stop."""

    def assertGone(self) -> None:
        self.assertEqual(list(self.setting.hub.members(f"user:{ALICE}")), [])
        self.assertEqual(self.setting.attendance.events, [("joined", ALICE), ("left", ALICE)])
        self.assertEqual(len(self.door.realm.subscription_ids), 0)

    def test_client_says_goodbye(self) -> None:
        """GOODBYE is answered, then the transport closes, and nothing is left."""
        client = self.joined()
        client.say([32, 1, {}, TOPIC])
        self.assertEqual(
            client.say([6, {}, "wamp.close.close_realm"], [48, 1, {}, "chatr.echo.whoami"]),
            [[6, {}, "wamp.close.goodbye_and_out"]],
        )
        self.assertEqual(client.link.closed, ("close", 1000, ""))
        self.assertGone()
        client.session.lost()
        self.assertGone()
        self.assertEqual((len(self.door.router.sessions), self.clock.getDelayedCalls()), (0, []))

    def test_transport_is_lost(self) -> None:
        """A transport that goes away without a word leaves nothing behind."""
        client = self.joined()
        client.say([32, 1, {}, TOPIC])
        client.session.lost()
        self.assertGone()
        self.assertEqual((len(self.door.router.sessions), self.clock.getDelayedCalls()), (0, []))

    def test_server_ends_the_session(self) -> None:
        """The server says GOODBYE, ignores what is still on its way, and closes at the answer."""
        client = self.joined()
        self.setting.hub.end(f"user:{ALICE}", "unauthenticated", "session revoked")
        self.assertEqual(client.heard(), [[6, {"message": "session revoked"}, "chatr.error.unauthenticated"]])
        self.assertEqual(client.say([48, 1, {}, "chatr.echo.whoami"], [32, 2, {}, TOPIC]), [])
        self.setting.hub.end(f"user:{ALICE}", "unauthenticated", "again")
        client.session.received(b"nonsense")
        self.assertEqual((client.heard(), client.link.closed), ([], None))
        client.say([6, {}, "wamp.close.goodbye_and_out"])
        self.assertEqual(client.link.closed, ("close", 1000, ""))
        self.assertGone()

    def test_client_does_not_answer_goodbye(self) -> None:
        """A client that does not answer GOODBYE is closed all the same."""
        client = self.joined()
        client.session.end("wamp.close.system_shutdown", "bye")
        self.assertEqual(client.heard()[0][2], "wamp.close.system_shutdown")
        self.clock.advance(1.9)
        self.assertIsNone(client.link.closed)
        self.clock.advance(0.2)
        self.assertIsNotNone(client.link.closed)
        client.session.lost()
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_slow_consumer_is_cut(self) -> None:
        """A session whose queue is full is cut off with a code and resumes by sync."""
        client = self.joined()
        client.session.overflowed()
        client.session.overflowed()
        self.assertEqual(client.link.closed, ("cut", 1008, "chatr.error.slow_consumer"))
        self.assertEqual(self.door.router.counters.slow_consumers, 1)
        self.assertGone()


class CellTests(SessionCase):
    """What a client sees of each cell of the state table."""

    MESSAGES: ClassVar[dict[str, list[Any]]] = {
        "hello": HELLO,
        "abort": [3, {}, "wamp.error.x"],
        "authenticate": [5, "alice", {}],
        "goodbye": [6, {}, "wamp.close.close_realm"],
        "error": [8, 68, 1, {}, "some.error"],
        "publish": [16, 1, {}, TOPIC],
        "subscribe": [32, 1, {}, TOPIC],
        "unsubscribe": [34, 1, 1],
        "call": [48, 1, {}, "chatr.echo.whoami"],
        "cancel": [49, 1, {}],
        "register": [64, 1, {}, "chatr.x.y"],
        "unregister": [66, 1, 1],
        "yield": [70, 1, {}],
    }

    def at(self, state: machine.State) -> Client:
        self.setting.tickets.hold = None
        client = Client(self.setting)
        if state in ("challenged", "authenticating"):
            client.say(HELLO)
        if state == "authenticating":
            self.setting.tickets.hold = Deferred()
            client.say([5, "alice", {}])
        if state in ("open", "closing", "closed"):
            client.join()
        if state == "closing":
            client.session.end("chatr.error.unauthenticated", "")
        if state == "closed":
            client.session.lost()
        client.heard()
        self.assertEqual(client.session.state, state)
        return client

    def test_messages_cover_the_table(self) -> None:
        """There is an example of every message of the table."""
        self.assertEqual(tuple(self.MESSAGES), machine.MESSAGES)


def _cell(state: machine.State, kind: str):
    step = machine.step(state, kind)

    def test(self: CellTests) -> None:
        client = self.at(state)
        client.session.received(msgspec.json.encode(self.MESSAGES[kind]))
        if step.action == "protocol_violation":
            self.assertViolation(client, saying=f"{kind.upper()} is not allowed while the session is {state}")
        elif step.action == "ignore":
            self.assertEqual((client.heard(), client.session.state, client.link.closed), ([], state, None))
        elif step.action in ("finish", "farewell"):
            self.assertEqual(client.session.state, "closed")
            self.assertIsNotNone(client.link.closed)
            self.assertEqual([message[0] for message in client.heard()], [6] if step.action == "farewell" else [])
        else:
            self.assertNotIn(client.session.state, ("closing", "closed"))
            self.assertNotIn(3, [message[0] for message in client.heard()])

    test.__doc__ = f"{kind.upper()} while {state}: {step.action}."
    return test


for _state in machine.STATES:
    for _kind in machine.MESSAGES:
        setattr(CellTests, f"test_{_state}_{_kind}", _cell(_state, _kind))
