"""Calls over a session: parameters, results, errors, CANCEL, timeouts and limits."""

from __future__ import annotations

from typing import Any, ClassVar

from tests.wamp.case import SessionCase


class CallTests(SessionCase):
    """CALL, RESULT, ERROR, CANCEL and timeouts."""

    limits: ClassVar[dict[str, Any]] = {"max_calls_in_flight": 4}

    def setUp(self) -> None:
        super().setUp()
        self.client = self.joined()

    def call(self, request: int, procedure: str, *payload: Any, options: dict[str, Any] | None = None) -> list[Any]:
        return self.client.say([48, request, options or {}, procedure, *payload])

    def test_keyword_arguments(self) -> None:
        """Keyword arguments go in, one dict comes out, and args is an empty list."""
        self.assertEqual(self.call(1, "chatr.echo.get", [], {"text": "a"}), [[50, 1, {}, [], {"text": "a"}]])

    def test_half_an_emoji(self) -> None:
        """Half of a surrogate pair, as JavaScript's slice makes it, is that call's mistake: the others go on."""
        self.call(6, "chatr.echo.watch", [], {"text": "w"})
        self.client.session.received(b'[48, 7, {}, "chatr.echo.get", [], {"text": "\\ud83d"}]')
        ((_, of, request, _, uri, args, problem),) = self.client.heard()
        self.assertEqual((of, request, uri), (48, 7, "chatr.error.invalid"))
        self.assertEqual(problem["errors"], [{"path": "$.text", "message": "contains a lone surrogate"}])
        self.assertEqual((args, problem["status"]), ([problem["detail"]], 400))
        self.assertTrue(problem["requestId"])
        self.setting.gates.open()
        self.assertEqual([message[:2] for message in self.client.heard()], [[50, 6]])

    def test_half_an_emoji_under_an_id_in_flight(self) -> None:
        """The id is taken: that ends the session, whatever else is wrong."""
        self.call(6, "chatr.echo.watch", [], {"text": "w"})
        self.client.session.received(b'[48, 6, {}, "chatr.echo.get", [], {"text": "\\ud83d"}]')
        self.assertIn("still in flight", self.client.heard()[-1][1]["message"])
        self.setting.gates.open()

    def test_unknown_procedure(self) -> None:
        """What is not declared does not exist."""
        ((kind, of, request, _, uri, *_),) = self.call(1, "chatr.echo.nothing")
        self.assertEqual((kind, of, request, uri), (8, 48, 1, "wamp.error.no_such_procedure"))

    def test_result_that_cannot_be_encoded(self) -> None:
        """An answer that is no wire data is internal, logged once, and does no harm to the session."""
        ((_, _, _, _, uri, *_),) = self.call(1, "chatr.echo.garble")
        self.assertEqual(uri, "chatr.error.internal")
        self.assertEqual(len(self.flushLoggedErrors()), 1)
        self.assertEqual(self.call(2, "chatr.echo.get", [], {"text": "a"})[0][0], 50)

    def test_result_that_is_too_large(self) -> None:
        """A result that the output queue can't hold is an error of the call, not the end of the session."""
        ((_, _, _, _, uri, *_),) = self.call(1, "chatr.echo.fill")
        self.assertEqual(uri, "wamp.error.payload_size_exceeded")
        self.assertEqual(self.client.session.state, "open")

    def test_calls_begin_in_order_and_end_as_they_finish(self) -> None:
        """Operations begin in the order of arrival, before the next message is looked at; results overtake."""
        self.call(1, "chatr.echo.write", [], {"text": "a"})
        self.call(2, "chatr.echo.write", [], {"text": "b"})
        self.call(3, "chatr.echo.get", [], {"text": "c"})
        self.assertEqual(self.setting.gates.begun, ["a", "b", "c"])
        self.setting.gates.open(1)
        self.setting.gates.open(0)
        self.assertEqual([message[1] for message in self.client.heard()], [2, 1])

    def test_calls_in_flight(self) -> None:
        """One call too many is refused at once, and there is room again as soon as one finishes."""
        for request in range(1, 5):
            self.call(request, "chatr.echo.watch", [], {"text": "a"})
        ((_, _, request, _, uri, _, problem),) = self.call(5, "chatr.echo.get", [], {"text": "a"})
        self.assertEqual((request, uri, problem["retryAfter"]), (5, "chatr.error.rate_limited", 1))
        self.setting.gates.open()
        self.client.heard()
        self.assertEqual(self.call(6, "chatr.echo.get", [], {"text": "a"})[0][0], 50)

    def test_request_id_in_flight_twice(self) -> None:
        """A request id may not be used again while it is in flight."""
        self.call(1, "chatr.echo.watch", [], {"text": "a"})
        self.client.session.received(b'[48, 1, {}, "chatr.echo.whoami"]')
        self.assertViolation(self.client, saying="request id 1")

    def test_cancel_read(self) -> None:
        """A cancelled read is answered at once, and its result is dropped."""
        self.call(1, "chatr.echo.watch", [], {"text": "a"})
        ((kind, of, request, _, uri, *_),) = self.client.say([49, 1, {"mode": "kill"}])
        self.assertEqual((kind, of, request, uri), (8, 48, 1, "wamp.error.canceled"))
        self.setting.gates.open()
        self.assertEqual(self.client.heard(), [])

    def test_cancelled_mutation_completes(self) -> None:
        """A mutation that has begun completes although its caller gave up; its late result is dropped."""
        self.call(1, "chatr.echo.write", [], {"text": "a"})
        self.assertEqual(self.client.say([49, 1, {}])[0][4], "wamp.error.canceled")
        self.setting.gates.open()
        self.assertEqual((self.setting.gates.done, self.client.heard()), (["a"], []))

    def test_cancelled_call_stays_in_flight_until_it_ends(self) -> None:
        """CALL and CANCEL in turn don't get around the limit."""
        for request in range(1, 5):
            self.call(request, "chatr.echo.write", [], {"text": "a"})
            self.client.say([49, request, {}])
        self.assertEqual(self.call(5, "chatr.echo.get", [], {"text": "a"})[0][4], "chatr.error.rate_limited")

    def test_late_result_does_not_answer_a_later_call_of_the_same_id(self) -> None:
        """The result of a cancelled call is not mistaken for that of a call that uses its id again."""
        self.call(1, "chatr.echo.watch", [], {"text": "old"})
        self.client.say([49, 1, {}])
        self.call(1, "chatr.echo.watch", [], {"text": "new"})
        self.setting.gates.open(0)
        self.assertEqual(self.client.heard(), [])
        self.setting.gates.open(0)
        self.assertEqual(self.client.heard(), [[50, 1, {}, [], {"text": "new"}]])

    def test_cancel_of_what_is_not_in_flight(self) -> None:
        """A CANCEL that crosses its RESULT is ignored."""
        self.call(1, "chatr.echo.whoami")
        self.assertEqual(self.client.say([49, 1, {}], [49, 99, {}]), [])

    def test_timeout(self) -> None:
        """A call with a timeout is answered when it is over, once."""
        self.call(1, "chatr.echo.watch", [], {"text": "a"}, options={"timeout": 1500})
        self.clock.advance(1.4)
        self.assertEqual(self.client.heard(), [])
        self.clock.advance(0.2)
        self.assertEqual(self.client.heard()[0][4], "wamp.error.timeout")
        self.setting.gates.open()
        self.assertEqual(self.client.heard(), [])

    def test_timeout_is_forgotten_with_the_result(self) -> None:
        """A call that finishes in time leaves no timer."""
        before = len(self.clock.getDelayedCalls())
        self.call(1, "chatr.echo.watch", [], {"text": "a"}, options={"timeout": 1500})
        self.setting.gates.open()
        self.call(2, "chatr.echo.whoami", options={"timeout": 1500})
        self.call(3, "chatr.echo.whoami", options={"timeout": 0})
        self.assertEqual(len(self.clock.getDelayedCalls()), before)

    def test_timeout_that_is_no_number(self) -> None:
        """A timeout that is no number of milliseconds is refused; null is none."""
        for timeout in ("1", -1, True, [], {}):
            answer = self.call(1, "chatr.echo.whoami", options={"timeout": timeout})[0]
            self.assertEqual(answer[6]["errors"][0]["path"], "$options.timeout")
        self.assertEqual(self.call(1, "chatr.echo.whoami", options={"timeout": None})[0][0], 50)

    def test_mutations_complete_after_the_session(self) -> None:
        """A session that goes away lets its mutations complete and hears nothing of them."""
        self.call(1, "chatr.echo.write", [], {"text": "a"}, options={"timeout": 5000})
        self.client.session.lost()
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.setting.gates.open()
        self.assertEqual((self.setting.gates.done, self.client.heard()), (["a"], []))
        self.assertEqual(self.door.router.sessions.calls.count, 0)
