"""Messages that are read without Autobahn: the same bytes, however they are cut, have the same answers both ways."""

from __future__ import annotations

import struct
from itertools import pairwise
from typing import Any

from autobahn.twisted.websocket import WebSocketServerProtocol
from hypothesis import given, settings
from hypothesis import strategies as st

from chatr.wamp.transports import websocket
from chatr.wamp.transports.input import SHORT_BYTES, take_messages
from tests.wamp.case import HELLO
from tests.wamp.transports.test_websocket import MemoryCase
from tests.wamp.wires import BINARY, CLOSE, JSON, PING, PONG, TEXT, client_frame

CALL = JSON.dumps([48, 1, {}, "chatr.echo.get", [], {"text": "x"}])
#: About the lengths at which a frame has another head, or is read by another.
SIZES = (0, 1, 2, 125, 126, 127, SHORT_BYTES, SHORT_BYTES + 1, 4096, 4097, 65_535, 65_536)


def call(number: int, size: int) -> bytes:
    """A frame with a call, of so many bytes if that is enough for one."""
    text = JSON.dumps([48, number, {}, "chatr.echo.get", [], {"text": ""}])
    return client_frame(TEXT, text.replace(b'""', b'"' + b"x" * max(0, size - len(text)) + b'"'))


def with_first(frame: bytes, first: int) -> bytes:
    """The frame with another first octet: reserved bits, opcodes, the final bit."""
    return bytes((first,)) + frame[1:]


#: A frame of which no octet is masked, and one whose length takes more octets than it needs.
UNMASKED = bytes((0x81, len(CALL))) + CALL
NOT_MINIMAL = bytes((0x81, 0x80 | 126)) + struct.pack("!H", 20) + b"\0\0\0\0" + CALL[:20]
NOT_MINIMAL_EITHER = bytes((0x81, 0x80 | 127)) + struct.pack("!Q", 200) + b"\0\0\0\0" + b"x" * 200

calls = st.builds(call, st.integers(1, 9), st.sampled_from(SIZES))
wrong = st.sampled_from(
    [
        UNMASKED,
        NOT_MINIMAL,
        NOT_MINIMAL_EITHER,
        client_frame(BINARY, CALL),
        client_frame(TEXT, b'[48, 1, {}, "\xff"]'),
        client_frame(TEXT, b"nonsense"),
        client_frame(CLOSE, b"\x03\xe8"),
        client_frame(CLOSE, b"\x03"),
        client_frame(TEXT, b"x" * 70_001)[:14],
    ]
)
frames = st.one_of(
    calls,
    calls,
    st.just(client_frame(PING, b"alive?")),
    st.just(client_frame(PONG, b"")),
    st.just(client_frame(TEXT, CALL[:9], fin=False) + client_frame(PING, b"") + client_frame(0, CALL[9:])),
    st.just(client_frame(TEXT, CALL[:9], fin=False)),
    wrong,
    st.builds(with_first, calls, st.integers(0, 255)),
    st.binary(max_size=12),
)


@st.composite
def pieces(draw: st.DrawFn) -> list[bytes]:
    """Frames, cut anywhere."""
    data = b"".join(draw(st.lists(frames, min_size=1, max_size=6)))
    near = st.integers(0, min(len(data), 400))
    cuts = sorted({0, len(data), *draw(st.lists(near | st.integers(0, len(data)), max_size=8))})
    return [data[start:end] for start, end in pairwise(cuts)]


class SameAnswersTests(MemoryCase):
    """With and without."""

    def transcript(self, pieces: list[bytes], *, used: bool, welcomed: bool, pinged: bool) -> list[Any]:
        """What is answered to each piece, and whether the connection is there; then when time has passed."""
        self.patch(websocket, "take_messages", take_messages if used else lambda _, __, data: data)
        self.serve(max_message_bytes=70_000)
        client = self.joined() if welcomed else self.connected()
        if pinged:
            self.clock.advance(25)
            self.clock.advance(0)
            client.frames()
        seen: list[Any] = []
        for piece in pieces:
            client.server.dataReceived(piece)
            self.clock.advance(0)
            seen.append((client.transport.value(), client.transport.disconnecting, client.transport.disconnected))
            client.transport.clear()
        self.clock.advance(10.1)
        seen.append((client.transport.disconnecting, client.transport.disconnected, self.setting.tickets.seen))
        self.assertEqual(self.flushLoggedErrors(), [])
        self.leave(client)
        return seen

    @settings(max_examples=200, deadline=None)
    @given(pieces=pieces(), welcomed=st.booleans(), pinged=st.booleans())
    def test_the_same_answers_piece_by_piece(self, pieces: list[bytes], welcomed: bool, pinged: bool) -> None:
        """Whatever comes, in whatever pieces: every byte is answered as Autobahn has it, and at the same moment."""
        pinged = pinged and welcomed
        quick = self.transcript(pieces, used=True, welcomed=welcomed, pinged=pinged)
        self.assertEqual(quick, self.transcript(pieces, used=False, welcomed=welcomed, pinged=pinged))

    def test_the_same_answers_to_a_whole_session(self) -> None:
        """The same where nothing is wrong, octet by octet, from HELLO on."""
        data = client_frame(TEXT, JSON.dumps(HELLO)) + client_frame(TEXT, JSON.dumps([5, "nobody", {}]))
        for size in (1, 2, 7, 64, len(data)):
            cut = [data[start : start + size] for start in range(0, len(data), size)]
            quick = self.transcript(cut, used=True, welcomed=False, pinged=False)
            self.assertEqual(quick, self.transcript(cut, used=False, welcomed=False, pinged=False))
            self.assertEqual(quick[-1][-1], [("nobody", "192.168.1.1")])


class ReadHereTests(MemoryCase):
    """Who reads what."""

    def setUp(self) -> None:
        super().setUp()
        self.left: list[bytes] = []
        begin = WebSocketServerProtocol.onFrameBegin

        def noted(server: WebSocketServerProtocol) -> None:
            self.left.append(server.data)
            begin(server)

        self.patch(WebSocketServerProtocol, "onFrameBegin", noted)

    def test_short_messages_are_read_here(self) -> None:
        """Autobahn sees none of a session's short messages, wherever they are cut, several in a piece or not."""
        client = self.joined()
        data = call(1, 200) + call(2, SHORT_BYTES) + call(3, 60)
        client.server.dataReceived(data)
        for start in range(0, len(data), 100):
            client.server.dataReceived(data[start : start + 100])
        self.assertEqual([message[1] for message in self.heard(client)], [1, 2, 3, 1, 2, 3])
        self.assertEqual(self.left, [])
        self.leave(client)

    def test_what_follows_is_read_here_again(self) -> None:
        """A long message and a ping are Autobahn's, and so is what came with them; the next packet is not."""
        client = self.joined()
        client.server.dataReceived(call(1, SHORT_BYTES + 1) + client_frame(PING, b"") + call(2, 60))
        self.assertEqual(len(self.left), 3)
        client.server.dataReceived(call(3, 60))
        self.assertEqual(len(self.left), 3)
        self.clock.advance(0)
        self.assertEqual([opcode for opcode, _ in client.frames()], [TEXT, PONG, TEXT, TEXT])
        self.leave(client)

    def test_messages_before_welcome_are_counted(self) -> None:
        """Of a stranger no more frames are taken than of one whom Autobahn reads."""
        client = self.connected()
        client.server.dataReceived(client_frame(PING, b"") * 64)
        client.server.dataReceived(client_frame(TEXT, JSON.dumps(HELLO)))
        *pongs, abort, close = self.heard(client)
        self.assertEqual((abort[1]["message"], close[0]), ("at most 64 frames before WELCOME", 1008))
        self.leave(client)
