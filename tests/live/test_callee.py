"""Operations as procedures: parameters, the caller, and problems."""

from __future__ import annotations

from typing import Any

import cbor2
import msgspec

from chatr.wamp.codec.frames import SERIALIZERS
from tests.wamp.case import ALICE, Client, SessionCase


class CalleeTests(SessionCase):
    """CALL, and what an operation makes of it."""

    def setUp(self) -> None:
        super().setUp()
        self.client = self.joined()

    def call(self, request: int, procedure: str, *payload: Any) -> list[Any]:
        return self.client.say([48, request, {}, procedure, *payload])

    def test_one_positional_dict(self) -> None:
        """One positional object stands for the keyword arguments."""
        self.assertEqual(self.call(1, "chatr.echo.get", [{"text": "a"}]), [[50, 1, {}, [], {"text": "a"}]])

    def test_other_positional_arguments(self) -> None:
        """Anything else positional is refused with a path."""
        for payload in ([["a"]], [[{"text": "a"}, {}]], [[{"text": "a"}], {"text": "b"}], [[None]]):
            ((_, _, _, _, uri, _, problem),) = self.call(1, "chatr.echo.get", *payload)
            self.assertEqual((uri, problem["errors"][0]["path"]), ("chatr.error.invalid", "$args"))

    def test_invalid_argument(self) -> None:
        """An argument of the wrong type is named by its path."""
        ((_, _, request, _, uri, args, problem),) = self.call(7, "chatr.echo.get", [], {"text": 1})
        self.assertEqual((request, uri, problem["code"]), (7, "chatr.error.invalid", "invalid"))
        self.assertEqual(problem["errors"][0]["path"], "$.text")
        self.assertEqual((args, problem["status"]), ([problem["detail"]], 400))
        self.assertTrue(problem["requestId"])

    def test_declared_error(self) -> None:
        """An error of the operation reaches the caller with its sentence."""
        ((_, _, _, _, uri, args, problem),) = self.call(1, "chatr.echo.refuse")
        self.assertEqual((uri, args, problem["status"]), ("chatr.error.not_found", ["no such echo"], 404))

    def test_programming_error(self) -> None:
        """A fault of ours is internal, and logged once."""
        ((_, _, _, _, uri, _, problem),) = self.call(1, "chatr.echo.fail")
        self.assertEqual((uri, problem["code"]), ("chatr.error.internal", "internal"))
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    def test_problem_that_is_too_large(self) -> None:
        """A client that takes 512 bytes gets the bare code when the detail does not fit."""
        client = Client(self.setting, max_bytes=512)
        client.join()
        ((_, _, _, _, uri, _, problem),) = client.say([48, 1, {}, "chatr.echo.get", [], {"y" * 600: 1}])
        self.assertEqual((uri, problem), ("chatr.error.invalid", {}))

    def test_json_that_is_ready(self) -> None:
        """An answer has JSON in it where it becomes JSON, and the same as values in any other format."""
        self.assertEqual(self.call(1, "chatr.echo.spelled"), [[50, 1, {}, [], {"value": "a"}]])
        for name, decode in (("msgpack", msgspec.msgpack.decode), ("cbor", cbor2.loads)):
            client, frames = self.joined(), list[bytes]()
            client.link.serializer = serializer = SERIALIZERS[f"wamp.2.{name}"]
            self.patch(client.link, "send", lambda frame, frames=frames: frames.append(frame))
            client.session.received(serializer.encode([48, 1, {}, "chatr.echo.spelled"]))
            self.assertEqual([*map(decode, frames)], [[50, 1, {}, [], {"value": "a"}]])

    def test_caller(self) -> None:
        """The operation sees who calls, from where, and over which connection."""
        ((_, _, _, _, who),) = self.call(1, "chatr.echo.whoami")
        self.assertEqual(
            who,
            {
                "role": "user",
                "userId": ALICE,
                "sessionId": "session-of-alice",
                "address": "192.0.2.1",
                "userAgent": "tests",
                "connection": self.client.session.connection,
            },
        )
