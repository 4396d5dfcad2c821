"""Decoding: what hostile bytes may cost, and which flaws are answered instead of ending the session."""

from __future__ import annotations

import json
import struct
from typing import Any

import cbor2
import msgpack
from twisted.trial.unittest import SynchronousTestCase

from chatr.wamp.codec.flaws import MAX_DEPTH, MAX_VALUES, Unreadable, text_flaw
from chatr.wamp.codec.formats import FORMATS
from chatr.wamp.codec.wire import Call, Hello, Incoming, WireError

#: Half of an emoji, as it is in UTF-8 that is none.
HALF = b"\xed\xa0\xbd"
MARK = "HALF"
TAGGED = "a CBOR tag has no place in a message"


def encoded(name: str, message: Any) -> bytes:
    """A message in one format; MARK becomes half of an emoji."""
    if name == "json":
        return json.dumps(message).replace(MARK, "\\ud83d").encode()
    if name == "msgpack":
        return msgpack.packb(message).replace(b"\xa4" + MARK.encode(), b"\xa3" + HALF)
    return cbor2.dumps(message).replace(b"\x64" + MARK.encode(), b"\x63" + HALF)


def hello(*values: bytes) -> bytes:
    """HELLO in CBOR, whose details have these values as a list."""
    return b"\x83\x01\x65chatr\xa1\x61x" + bytes((0x80 + len(values),)) + b"".join(values)


def doubled(levels: int) -> bytes:
    """Lists that hold the one before 17 times through shared values (tags 28 and 29), so many levels of them."""
    value = b"\xd8\x1c\x80"
    for level in range(levels):
        value = b"\xd8\x1c\x92" + value + (b"\xd8\x1d" + bytes((levels - level,))) * 17
    return value


class FormatCase(SynchronousTestCase):
    """Bytes in, a message or a reason out."""

    def refused(self, name: str, payload: bytes) -> str:
        return str(self.assertRaises(WireError, FORMATS[name].decode, payload))

    def understood(self, name: str, payload: bytes) -> Incoming:
        message = FORMATS[name].decode(payload)
        self.assertNotIsInstance(message, Unreadable)
        return message  # type: ignore[return-value]

    def unreadable(self, name: str, payload: bytes) -> Unreadable:
        message = FORMATS[name].decode(payload)
        self.assertIsInstance(message, Unreadable)
        return message  # type: ignore[return-value]


class HostileCborTests(FormatCase):
    """CBOR before sign-in: no tag reaches the decoder.

    Before: a HELLO of 200 to 260 bytes with shared values froze the process for 10 s and took 210 MB.
    """

    def test_tags_are_refused_with_their_place(self) -> None:
        """Shared values, decimal fractions, rationals, patterns, big numbers, dates, sets: one reason for all."""
        for value in (
            doubled(5),
            b"\xc4\x82\x1a\x7f\xff\xff\xff\x01",
            b"\xc5\x82\x1b\x7f\xff\xff\xff\xff\xff\xff\xff\x01",
            b"\xd8\x1e\x82\x01\x03",
            b"\xd8\x23\x6a(a+)+(a+)+",
            b"\xc2\x49\x01" + bytes(8),
            cbor2.dumps(cbor2.CBORTag(0, "2026-11-23T20:00:00Z")),
            b"\xd9\x01\x02\x81\x01",
            cbor2.dumps(cbor2.CBORTag(99, 1)),
            b"\xdb" + b"\xff" * 8 + b"\x01",
        ):
            self.assertEqual(self.refused("cbor", hello(value)), f"{TAGGED}, at $[2].x[0]")
            self.assertEqual(self.refused("cbor", b"\xd8\x1c" + hello(value)), f"{TAGGED}, at $")

    def test_a_list_that_holds_itself(self) -> None:
        """Before: RecursionError beside the handler, a connection dropped without ABORT, and 170 kB in the log."""
        self.assertEqual(self.refused("cbor", hello(b"\xd8\x1c\x81\xd8\x1d\x00")), f"{TAGGED}, at $[2].x[0]")

    def test_tagged_keys(self) -> None:
        """Big numbers as keys collide at will: no key but text reaches the decoder."""
        tagged = b"\xa1\xc2\x48" + b"\xff" * 8 + b"\x01"
        self.assertEqual(self.refused("cbor", hello(tagged)), f"{TAGGED}, at $[2].x[0]")
        self.assertEqual(self.refused("cbor", hello(b"\xa1\x01\x01")), "keys of a map are strings, at $[2].x[0]")

    def test_a_tag_in_a_call_is_answered(self) -> None:
        """A date in an argument (JavaScript's encoders tag them) is a bad argument, not the end of the session."""
        call = [48, 7, {}, "chatr.user.me", [], {"a": [1, {"b": cbor2.CBORTag(0, "2026-11-23T20:00:00Z")}]}]
        found = self.unreadable("cbor", cbor2.dumps(call))
        self.assertEqual((found.request, found.path, found.reason), (7, "$.a[1].b", TAGGED))

    def test_lengths_that_are_not_there(self) -> None:
        """A length beyond the rest is refused before anything is read or reserved for it."""
        for head in (b"\x9b", b"\xbb", b"\x7b", b"\x5b"):
            for length in (2**63 - 1, 2**32, 1000):
                self.assertEqual(self.refused("cbor", hello(head + struct.pack("!Q", length))), _TRUNCATED)
        for payload in (b"\x83\x01", b"\x9a\x00", b"\x19", b"\x83\x01\x65cha"):
            self.assertEqual(self.refused("cbor", payload), _TRUNCATED)

    def test_reserved_forms(self) -> None:
        """Reserved additional information, breaks out of place, and texts without a length."""
        for value, reason in (
            (b"\x1c", "reserved first byte"),
            (b"\x3f", "reserved first byte"),
            (b"\xfc", "reserved first byte"),
            (b"\x7f\x61a\xff", "text of unknown length"),
            (b"\xff", "break in the wrong place"),
            (b"\xbf\x61a\xff", "break in the wrong place"),
            (b"\xe0", "a simple value of CBOR"),
            (b"\xf8\x20", "a simple value of CBOR"),
        ):
            self.assertIn(reason, self.refused("cbor", hello(value)))
        self.assertEqual(self.refused("cbor", hello(b"\x01") + b"\x01"), "bytes behind the message")

    def test_containers_without_a_length(self) -> None:
        """They are CBOR, and JavaScript's encoders send them."""
        message = self.understood("cbor", b"\x9f\x01\x65chatr\xbf\x61x\x9f\x01\xff\x61y\xf7\xff\xff")
        self.assertEqual(message, Hello("chatr", {"x": [1]}))


_TRUNCATED = "the message ends within a value"


class BoundTests(FormatCase):
    """Depth and number of values, the same in every format."""

    def nested(self, name: str, depth: int, *, key: bool = False) -> bytes:
        """A CALL that is ``depth`` deep, the message itself included."""
        value: Any = None
        for _ in range(depth - 2):
            value = {"k": value} if key else [value]
        return encoded(name, [48, 1, {}, "chatr.user.me", [], {"a": value}])

    def test_depth(self) -> None:
        """64 containers in each other pass, 65 don't."""
        for name in FORMATS:
            for key in (False, True):
                self.understood(name, self.nested(name, MAX_DEPTH, key=key))
                self.assertEqual(
                    self.refused(name, self.nested(name, MAX_DEPTH + 1, key=key)), "data is nested more than 64 deep"
                )

    def test_depth_without_lengths(self) -> None:
        """The same for containers of CBOR without a length."""
        head = b"\x86\x18\x30\x01\xa0\x61a\x80\xa1\x61a"
        for opening, closing in ((b"\x9f", b"\xff"), (b"\xbf\x61k", b"\xff")):
            deep = MAX_DEPTH - 2
            self.understood("cbor", head + opening * deep + b"\xf6" + closing * deep)
            self.assertIn("64 deep", self.refused("cbor", head + opening * (deep + 1) + b"\xf6" + closing * (deep + 1)))

    def test_very_deep(self) -> None:
        """Nothing recurses: whatever the depth, the answer is the same."""
        for name, opening in (("json", b"["), ("msgpack", b"\x91"), ("cbor", b"\x81"), ("cbor", b"\x9f")):
            reason = self.refused(name, opening * 200_000)
            self.assertIn("recursion" if name == "json" else "64 deep", reason)

    def test_number_of_values(self) -> None:
        """One byte on the wire can be a hundred in memory: so many values are no message of ours."""
        for name in FORMATS:
            for value in (0, [], {}):
                self.understood(name, encoded(name, [48, 1, {}, "x", [value] * (MAX_VALUES - 100)]))
                many = encoded(name, [48, 1, {}, "x", [value] * (MAX_VALUES + 1)])
                self.assertEqual(self.refused(name, many), "a message has at most 65536 values")

    def test_a_long_text_is_one_value(self) -> None:
        """Whatever stands in a text: commas and brackets there are none of JSON's."""
        for name in FORMATS:
            text = "[{,}]" * 40_000
            call = self.understood(name, encoded(name, [48, 1, {}, "x", [], {"content": text}]))
            self.assertEqual(call, Call(1, {}, "x", [], {"content": text}))


class FlawTests(FormatCase):
    """Data that is none of ours, in a message that has a request."""

    def test_half_an_emoji(self) -> None:
        """The call is found, and the field: in keyword arguments, in the object instead of them, and deeper."""
        for name in FORMATS:
            for arguments, path in (
                (([], {"content": MARK}), "$.content"),
                (([{"content": MARK}],), "$.content"),
                (([], {"a": "é👍", "b": [1, {"c": ["x", MARK]}]}), "$.b[1].c[1]"),
                (([], {"a": {MARK: 1}}), "$.a"),
                ((["x", MARK],), "$args[1]"),
            ):
                found = self.unreadable(name, encoded(name, [48, 7, {}, "chatr.message.send", *arguments]))
                self.assertEqual((found.code, found.request, found.uri), (48, 7, "wamp.error.invalid_argument"))
                self.assertEqual(found.path, path)
                self.assertIn("contains a lone surrogate", found.reason)

    def test_pairs_are_text(self) -> None:
        """Both halves together are an emoji."""
        call = self.understood("json", b'[48, 7, {}, "x", [], {"content": "\\ud83d\\udc4d"}]')
        self.assertEqual(call, Call(7, {}, "x", [], {"content": "👍"}))

    def test_options_and_uris(self) -> None:
        """Elsewhere in a message the answer is the one that fits there."""
        for name in FORMATS:
            for message, uri, path in (
                ([48, 1, {"x": MARK}, "x"], "wamp.error.invalid_argument", "$options.x"),
                ([48, 1, {}, MARK], "wamp.error.invalid_uri", "$"),
                ([32, 1, {"match": MARK}, "x"], "wamp.error.invalid_argument", "$options.match"),
                ([32, 1, {}, MARK], "wamp.error.invalid_uri", "$"),
                ([64, 1, {}, MARK], "wamp.error.invalid_uri", "$"),
            ):
                found = self.unreadable(name, encoded(name, message))
                self.assertEqual((found.code, found.request, found.uri, found.path), (message[0], 1, uri, path))

    def test_publishers_hear_only_what_they_ask_for(self) -> None:
        """An error for what was not acknowledged would be a violation of ours."""
        for name in FORMATS:
            asked = self.unreadable(name, encoded(name, [16, 1, {"acknowledge": True}, "x", [MARK]]))
            silent = self.unreadable(name, encoded(name, [16, 1, {}, "x", [MARK]]))
            self.assertEqual((asked.acknowledged, silent.acknowledged), (True, False))

    def test_what_has_no_request(self) -> None:
        """There is nobody to answer: the reason says what and where."""
        for name in FORMATS:
            for message, place in (
                ([1, "chatr", {"authid": MARK}], "$[2].authid"),
                ([5, MARK, {}], "$[1]"),
                ([6, {}, MARK], "$[2]"),
                ([48, 0, {}, "x", [MARK]], "$[4][0]"),
                ([48, MARK, {}, "x"], "$[1]"),
                ([MARK], "$[0]"),
            ):
                reason = self.refused(name, encoded(name, message))
                self.assertEqual(reason, f"contains a lone surrogate, at {place}")

    def test_other_data_that_json_does_not_have(self) -> None:
        """Bytes, times, numbers that are none, and keys that are no text are answered, too."""
        for name in ("msgpack", "cbor"):
            for value, path, reason in (
                (b"\x00", "$.a", "bytes have no place in a message"),
                (float("nan"), "$.a", "NaN and infinities have no place in a message"),
                ([float("inf")], "$.a[0]", "NaN and infinities have no place in a message"),
                ({1: 2}, "$.a", "keys of a map are strings"),
                ({"b": {b"k": 2}}, "$.a.b", "keys of a map are strings"),
            ):
                found = self.unreadable(name, encoded(name, [48, 7, {}, "x", [], {"a": value}]))
                self.assertEqual((found.request, found.path, found.reason), (7, path, reason))
        time = encoded("msgpack", [48, 7, {}, "x", [], {"a": msgpack.Timestamp(1)}])
        self.assertIn("a time has no place", self.unreadable("msgpack", time).reason)
        number = self.unreadable("json", b'[48, 7, {}, "x", [], {"a": 1e999}]')
        self.assertEqual((number.path, number.reason), ("$.a", "is a number out of range"))

    def test_numeric_keys_never_meet(self) -> None:
        """Numbers that collide as keys are found before a map of them is made."""
        keys = b"".join(b"\xcf" + struct.pack("!Q", n * (2**61 - 1)) + b"\x00" for n in range(8))
        found = self.unreadable("msgpack", b"\x96\x30\x07\x80\xa1x\x90\x81\xa1a\x88" + keys)
        self.assertEqual((found.path, found.reason), ("$.a", "keys of a map are strings"))

    def test_the_first_flaw_decides(self) -> None:
        """What comes before it has been understood; what is behind it may be anything well-formed."""
        found = self.unreadable("cbor", encoded("cbor", [48, 7, {}, "x", [b"1"], {"a": MARK, "b": b"2"}]))
        self.assertEqual(found.path, "$args[0]")
        # A text that is none, before another flaw, in the place of the request.
        self.assertIn("bytes have no place", self.refused("msgpack", encoded("msgpack", [48, MARK, {}, "x", [b"1"]])))

    def test_paths_are_short_and_harmless(self) -> None:
        """Keys are the sender's: errors show a bounded, printable piece of them."""
        for key in ("k" * 100_000, "a\nb\u202ec"):
            for name in FORMATS:
                path = self.unreadable(name, encoded(name, [48, 1, {}, "x", [], {key: MARK}])).path
                self.assertLessEqual(len(path), 200)
                self.assertTrue(path.isprintable() or "\ufffd" in path)
                self.assertNotIn("\n", path)

    def test_text_flaw(self) -> None:
        """Half an emoji is told from other bytes that are no text."""
        for data, flaw in (
            ("é👍".encode(), ""),
            (HALF, "contains a lone surrogate"),
            (b"\xff", "is not valid UTF-8"),
            ("👍".encode()[:2], "is not valid UTF-8"),
        ):
            self.assertEqual(text_flaw(data), flaw)
