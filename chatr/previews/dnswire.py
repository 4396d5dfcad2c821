"""One question to one name server (RFC 1035): by a datagram from a port of its own, by TCP if the answer is cut."""

from __future__ import annotations

import secrets
import socket
import struct
from typing import Any

from twisted.internet.defer import Deferred, TimeoutError
from twisted.internet.endpoints import TCP4ClientEndpoint, TCP6ClientEndpoint, connectProtocol
from twisted.internet.error import ConnectError
from twisted.internet.interfaces import IReadDescriptor
from twisted.internet.protocol import connectionDone
from twisted.names import dns
from twisted.protocols.basic import Int16StringReceiver
from twisted.python.failure import Failure
from zope.interface import implementer

#: What may be in a datagram. Servers keep to 512 bytes for who does not say that they take more.
_MAX_DATAGRAM = 4096
#: What an answer by TCP may have, and any answer's records: to read one takes a tenth of a millisecond. With 64 KiB of
#: them whoever runs a zone held up everybody for half a second.
_MAX_STREAM = 16 * 1024
_MOST_RECORDS = 128
#: Id, flags, and how many questions, answers, authorities and additional records there are.
_HEAD = struct.Struct("!6H")
_FAMILIES = {dns.A: socket.AF_INET, dns.AAAA: socket.AF_INET6}


class NoAnswer(Exception):
    """This server does not know, or is not there: another one may."""


async def ask(reactor: Any, server: tuple[str, int], name: str, kind: int, timeout_s: float) -> list[str]:
    """The addresses of a name, none if there is no such. Raises :class:`NoAnswer`."""
    question = _question(name, kind)
    try:
        answer = await _by_datagram(reactor, server, question, timeout_s)
        found = _addresses(answer, kind)
        if answer.trunc and not found:
            found = _addresses(await _by_stream(reactor, server, question, timeout_s), kind)
    except (TimeoutError, ConnectError, OSError) as error:
        raise NoAnswer(type(error).__name__) from None
    return found


def _question(name: str, kind: int) -> dns.Message:
    question = dns.Message(secrets.randbits(16), recDes=1)
    question.queries = [dns.Query(name, kind)]
    return question


def _addresses(answer: dns.Message, kind: int) -> list[str]:
    """What a server says, which has followed all other names for us."""
    if answer.rCode not in (dns.OK, dns.ENAME):
        raise NoAnswer(f"code {answer.rCode}")
    records: list[Any] = [each.payload for each in answer.answers if each.type == kind]
    return [socket.inet_ntop(_FAMILIES[kind], record.address) for record in records]


async def _by_datagram(reactor: Any, server: tuple[str, int], question: dns.Message, timeout_s: float) -> dns.Message:
    asking = _Datagram(question, server)
    try:
        asking.begin(reactor)
        return await asking.answered.addTimeout(timeout_s, reactor)
    finally:
        asking.end(reactor)


async def _by_stream(reactor: Any, server: tuple[str, int], question: dns.Message, timeout_s: float) -> dns.Message:
    kind = TCP6ClientEndpoint if ":" in server[0] else TCP4ClientEndpoint
    asking = _Stream(question)
    await connectProtocol(kind(reactor, *server, timeout=timeout_s), asking)
    try:
        return await asking.answered.addTimeout(timeout_s, reactor)
    finally:
        asking.cut()
        await asking.gone


class _Asking:
    """Waits for the answer to its question; whatever else comes is not heard."""

    def __init__(self, question: dns.Message) -> None:
        self._question = question
        self.answered: Deferred[dns.Message] = Deferred()

    def _heard(self, data: bytes) -> None:
        if len(data) < _HEAD.size or sum(_HEAD.unpack_from(data)[2:]) > _MOST_RECORDS:
            return
        message = dns.Message()
        try:
            message.fromStr(data)
        except Exception:
            return
        same = message.answer and message.id == self._question.id and message.queries == self._question.queries
        if same and not self.answered.called:
            self.answered.callback(message)

    def _failed(self, error: Exception) -> None:
        if not self.answered.called:
            self.answered.errback(Failure(error))


@implementer(IReadDescriptor)
class _Datagram(_Asking):
    """A socket of its own: its port, which the kernel chooses, is a part of what a forger would have to guess.

    None of Twisted's, which writes two lines into the log for each.
    """

    def __init__(self, question: dns.Message, server: tuple[str, int]) -> None:
        super().__init__(question)
        self._server = server
        self._socket = socket.socket(socket.AF_INET6 if ":" in server[0] else socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)

    def begin(self, reactor: Any) -> None:
        # Connected: the kernel takes datagrams of this server only, and tells when nobody listens there.
        self._socket.connect(self._server)
        self._socket.send(self._question.toStr())
        reactor.addReader(self)

    def end(self, reactor: Any) -> None:
        reactor.removeReader(self)
        self._socket.close()

    def doRead(self) -> None:
        try:
            self._heard(self._socket.recv(_MAX_DATAGRAM))
        except BlockingIOError:
            pass
        except OSError as error:
            self._failed(error)

    def fileno(self) -> int:
        return self._socket.fileno()

    def logPrefix(self) -> str:
        return "dns"

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._failed(ConnectError())


class _Stream(_Asking, Int16StringReceiver):
    MAX_LENGTH = _MAX_STREAM

    def __init__(self, question: dns.Message) -> None:
        super().__init__(question)
        self.gone: Deferred[None] = Deferred()

    def cut(self) -> None:
        transport: Any = self.transport
        transport.abortConnection()

    def connectionMade(self) -> None:
        self.sendString(self._question.toStr())

    def stringReceived(self, string: bytes) -> None:
        self._heard(string)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._failed(ConnectError())
        self.gone.callback(None)
