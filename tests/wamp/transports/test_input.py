"""Messages that are read without Autobahn: the same bytes, however they are cut, have the same answers both ways."""

from __future__ import annotations

import struct
from itertools import accumulate, pairwise
from random import Random
from typing import Any

from autobahn.twisted.websocket import WebSocketServerProtocol

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

#: What is no message of one short frame, or none at all.
OTHERS = (
    UNMASKED,
    NOT_MINIMAL,
    NOT_MINIMAL_EITHER,
    *(with_first(call(2, 60), first) for first in (0x00, 0x01, 0x02, 0x80, 0x83, 0x88, 0x89, 0x8B, 0x91, 0xA1, 0xC1)),
    client_frame(BINARY, CALL),
    client_frame(TEXT, b'[48, 1, {}, "\xff"]'),
    client_frame(TEXT, b"nonsense"),
    client_frame(TEXT, b""),
    client_frame(TEXT, b"x" * 70_001)[:14],
    client_frame(CLOSE, b"\x03\xe8"),
    client_frame(CLOSE, b"\x03"),
    client_frame(PING, b"alive?"),
    client_frame(PONG, b""),
    client_frame(TEXT, CALL[:9], fin=False) + client_frame(PING, b"") + client_frame(0, CALL[9:]),
    client_frame(TEXT, CALL[:9], fin=False),
    client_frame(TEXT, JSON.dumps([6, {}, "wamp.close.close_realm"])),
    client_frame(TEXT, JSON.dumps(HELLO)),
)


def cut(data: bytes, *places: int) -> list[bytes]:
    """The data in pieces."""
    return [data[start:end] for start, end in pairwise(sorted({0, len(data), *places}))]


def drawn(random: Random) -> list[bytes]:
    """Frames, most of them calls, cut anywhere, near their heads above all."""
    frames = [
        call(random.randint(1, 9), random.choice(SIZES)) if random.random() < 0.7 else random.choice(OTHERS)
        for _ in range(random.randint(1, 5))
    ]
    starts = [0, *accumulate(map(len, frames))]
    places = [random.choice(starts) + random.randint(0, 12) for _ in range(random.randint(0, 6))]
    data = b"".join(frames)
    return cut(data, *(place for place in places if place < len(data)))


class SameAnswersTests(MemoryCase):
    """With and without."""

    def transcript(
        self,
        pieces: list[bytes],
        *,
        used: bool,
        welcomed: bool = True,
        pinged: bool = False,
        max_message_bytes: int = 70_000,
    ) -> list[Any]:
        """What is answered to each piece, and whether the connection is there; then when time has passed."""
        self.patch(websocket, "take_messages", take_messages if used else lambda _, __, data: data)
        self.serve(max_message_bytes=max_message_bytes)
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

    def assertSame(self, pieces: list[bytes], **options: Any) -> None:
        quick = self.transcript(pieces, used=True, **options)
        self.assertEqual(quick, self.transcript(pieces, used=False, **options), (pieces, options))

    def test_each_other_frame(self) -> None:
        """Between two calls, whole and cut in the middle of its head: answered as Autobahn has it, and when."""
        for frame in OTHERS:
            data = call(1, 60) + frame + call(3, 60)
            place = len(call(1, 60))
            for places in ((), (place,), (place + 1,), (place + 5,), (place + 7,), (len(data) - len(call(3, 60)),)):
                self.assertSame(cut(data, *places))

    def test_while_a_ping_waits(self) -> None:
        """A message counts as the answer to it; half of one does not."""
        for pieces in ([call(1, 60)], [call(1, 60)[:-1]], cut(call(1, 200), 100), [call(1, 5000)]):
            self.assertSame(pieces, pinged=True)

    def test_small_limits(self) -> None:
        """A message that is longer than it may be is refused at its head."""
        for size in (600, 601, SHORT_BYTES):
            for pieces in ([call(1, size)], cut(call(1, size), 7), cut(call(1, size), 8)):
                self.assertSame(pieces, max_message_bytes=600)

    def test_frames_of_strangers(self) -> None:
        """All count, whoever reads them."""
        hello = client_frame(TEXT, JSON.dumps(HELLO))
        for count in (62, 63, 64):
            self.assertSame([hello, client_frame(PING, b"") * count], welcomed=False)
            self.assertSame([client_frame(PING, b"") * count, hello], welcomed=False)

    def test_whatever_comes(self) -> None:
        """The same for any of them in any order and any pieces."""
        random = Random(17)
        for _ in range(200):
            welcomed = random.random() < 0.8
            self.assertSame(drawn(random), welcomed=welcomed, pinged=welcomed and random.random() < 0.3)

    def test_the_same_answers_to_a_whole_session(self) -> None:
        """The same where nothing is wrong, octet by octet, from HELLO on."""
        data = client_frame(TEXT, JSON.dumps(HELLO)) + client_frame(TEXT, JSON.dumps([5, "nobody", {}]))
        for size in (1, 2, 7, 64, len(data)):
            self.assertSame(cut(data, *range(0, len(data), size)), welcomed=False)
            self.assertEqual(self.setting.tickets.seen, [("nobody", "192.168.1.1")])


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
