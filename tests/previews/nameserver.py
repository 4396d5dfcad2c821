"""A name server on real sockets that says what the test says; a name that it does not know it is silent about."""

from __future__ import annotations

from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred, gatherResults, maybeDeferred
from twisted.internet.error import CannotListenError
from twisted.internet.protocol import DatagramProtocol, Factory
from twisted.names import dns
from twisted.protocols.basic import Int16StringReceiver

#: Says that there is no such name; that the server can't tell.
ABSENT, BROKEN = "absent", "broken"


class NameServer(DatagramProtocol):
    """``known``: name and kind of record → addresses, or a refusal. ``cut``: names that are too long for a datagram."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, str], Any] = {}
        self.cut: set[str] = set()
        self.asked: list[str] = []
        self.streams: list[str] = []

    def listen(self, interface: str = "127.0.0.1", number: int = 0) -> int:
        """Begin to answer; the port."""
        factory = Factory()
        factory.noisy = False
        factory.buildProtocol = lambda _: _Stream(self)  # type: ignore[assignment,method-assign]
        while True:
            self._tcp: Any = reactor.listenTCP(number, factory, interface=interface)  # type: ignore[attr-defined]
            found: int = self._tcp.getHost().port
            try:
                self._udp: Any = reactor.listenUDP(found, self, interface=interface)  # type: ignore[attr-defined]
            except CannotListenError:
                # Somebody else has that of datagrams.
                self._tcp.stopListening()
                if number:
                    raise
            else:
                return found

    def close(self) -> Deferred[Any]:
        return gatherResults([maybeDeferred(port.stopListening) for port in (self._udp, self._tcp)])

    def datagramReceived(self, datagram: bytes, addr: Any) -> None:
        answer = self.answer(datagram, self.asked)
        if answer is not None:
            name = str(answer.queries[0].name)
            if name in self.cut:
                answer.trunc, answer.answers = 1, []
            # What has nothing to do with the question is not heard.
            others = (dns.Message(answer.id ^ 1, answer=1), dns.Message(answer.id, answer=1), dns.Message(answer.id))
            for wrong in (b"", b"nonsense", *(other.toStr() for other in others)):
                self._udp.write(wrong, addr)
            self._udp.write(answer.toStr(), addr)

    def answer(self, question: bytes, asked: list[str]) -> dns.Message | None:
        """The answer to a question; None: silence."""
        message = dns.Message()
        message.fromStr(question)
        [query] = message.queries
        name, kind = str(query.name), dns.QUERY_TYPES[query.type]
        asked.append(f"{name} {kind}")
        found = self.known.get((name, kind))
        if found is None:
            return None
        answer = dns.Message(message.id, answer=1, recDes=1, recAv=1, maxSize=0)
        answer.queries = message.queries
        answer.rCode = {ABSENT: dns.ENAME, BROKEN: dns.ESERVER}.get(found, dns.OK) if isinstance(found, str) else dns.OK
        for address in found if isinstance(found, list) else ():
            record = dns.Record_A(address) if kind == "A" else dns.Record_AAAA(address)
            answer.answers.append(dns.RRHeader("where.it.leads.test", query.type, payload=record))
        return answer


class _Stream(Int16StringReceiver):
    def __init__(self, server: NameServer) -> None:
        self._server = server

    def stringReceived(self, string: bytes) -> None:
        answer = self._server.answer(string, self._server.streams)
        if answer is not None:
            self.sendString(answer.toStr())
