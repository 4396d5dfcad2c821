"""Looking names up, with a real name server: as the system does it, and for so long and no longer."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IResolutionReceiver
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase, TestCase
from zope.interface import implementer

from chatr.previews.resolver import DEADLINE_S, Resolver, Servers, parse_hosts, parse_servers
from tests.previews.nameserver import ABSENT, BROKEN, NameServer
from tests.previews.sites import PUBLIC, SitesCase


@implementer(IResolutionReceiver)
class Receiver:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self.done: Deferred[list[str]] = Deferred()

    def resolutionBegan(self, resolution: Any) -> None:
        self.resolution = resolution

    def addressResolved(self, address: Any) -> None:
        self.found.append(address.host)

    def resolutionComplete(self) -> None:
        self.done.callback(self.found)


class Timed:
    """The reactor, with a clock that the test moves."""

    def __init__(self, clock: Clock) -> None:
        self.callLater = clock.callLater

    def __getattr__(self, name: str) -> Any:
        return getattr(reactor, name)


class ResolverCase(TestCase):
    """A name server, a hosts file and a resolv.conf."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.server = NameServer()
        self.port = self.server.listen()
        self.addCleanup(self.server.close)
        self.hosts, self.resolv = Path(self.mktemp()), Path(self.mktemp())
        self.write("nameserver 127.0.0.1\n")
        self.resolver = self.make(reactor)
        self.timed = self.make(Timed(self.clock))

    def make(self, on: Any) -> Resolver:
        return Resolver(on, hosts=str(self.hosts), resolv=str(self.resolv), port=self.port)

    def write(self, resolv: str, hosts: str = "") -> None:
        for path, text in ((self.resolv, resolv), (self.hosts, hosts)):
            # Another file, so that it is seen to be one.
            path.unlink(missing_ok=True)
            path.write_text(text)

    def know(self, name: str, a: Any = ABSENT, aaaa: Any = ABSENT) -> None:
        self.server.known |= {(name, "A"): a, (name, "AAAA"): aaaa}

    def look(self, name: str, resolver: Resolver | None = None) -> Deferred[list[str]]:
        receiver = Receiver()
        (resolver or self.resolver).resolveHostName(receiver, name, 80)
        return receiver.done


class ResolverTests(ResolverCase):
    """chatr.previews.resolver"""

    async def test_found(self) -> None:
        """Both kinds of addresses, by turns; what is no answer to the question is not heard."""
        self.know("both.test", ["192.0.2.1", "192.0.2.2", "192.0.2.3"], ["2001:db8::1"])
        self.assertEqual(await self.look("both.test"), ["192.0.2.1", "2001:db8::1", "192.0.2.2", "192.0.2.3"])
        self.know("absent.test")
        self.know("six.test", [], ["2001:db8::2"])
        self.assertEqual([await self.look(name) for name in ("absent.test", "six.test")], [[], ["2001:db8::2"]])

    async def test_numbers(self) -> None:
        """Numbers are addresses, however they are written: nobody is asked."""
        for name, address in (
            ("192.0.2.1", "192.0.2.1"),
            ("0x7f.1", "127.0.0.1"),
            ("2130706433", "127.0.0.1"),
            ("::1", "::1"),
        ):
            self.assertEqual(await self.look(name), [address])
        self.assertEqual(self.server.asked, [])

    async def test_hosts(self) -> None:
        """hosts(5) goes first, and a change of it counts at once."""
        self.write("nameserver 127.0.0.1", "192.0.2.7  Inside.Test inside # no.test\n2001:db8::7 inside.test\nx y\n")
        for name in ("inside.test", "INSIDE.test", "inside.test."):
            self.assertEqual(await self.look(name), ["192.0.2.7", "2001:db8::7"])
        self.write("nameserver 127.0.0.1", "192.0.2.8 inside.test")
        self.assertEqual(await self.look("inside.test"), ["192.0.2.8"])
        self.assertEqual(self.server.asked, [])

    async def test_search(self) -> None:
        """The search list: behind the name if it has a dot, before it if not, not at all with a dot at its end."""
        self.write("search one.test two.test\nnameserver 127.0.0.1\n")
        self.know("plain.two.test", ["192.0.2.1"])
        for name in ("plain.one.test", "a.b", "a.b.one.test", "a.b.two.test", "plain"):
            self.know(name)
        self.assertEqual(await self.look("plain"), ["192.0.2.1"])
        self.assertEqual(await self.look("a.b"), [])
        self.assertEqual(await self.look("plain."), [])
        asked = [each.removesuffix(" A") for each in self.server.asked if each.endswith(" A")]
        order = ["plain.one.test", "plain.two.test", "a.b", "a.b.one.test", "a.b.two.test", "plain"]
        self.assertEqual(asked, order)

    async def test_other_servers(self) -> None:
        """A server that is not there, is silent or can't tell: the next one is asked."""
        second = NameServer()
        second.listen("127.0.0.3", self.port)
        self.addCleanup(second.close)
        second.known = {("x.test", "A"): ["192.0.2.1"], ("x.test", "AAAA"): []}
        self.write("nameserver 127.0.0.4\nnameserver 127.0.0.1\nnameserver 127.0.0.3\n")
        self.assertEqual(await self.look("x.test"), ["192.0.2.1"])
        self.know("x.test", BROKEN, BROKEN)
        self.assertEqual(await self.look("x.test"), ["192.0.2.1"])

    async def test_cut(self) -> None:
        """An answer that is too long for a datagram is asked for by TCP."""
        many = [f"192.0.2.{number}" for number in range(1, 100)]
        self.know("many.test", many, [])
        self.server.cut.add("many.test")
        self.assertEqual(await self.look("many.test"), many)
        self.assertIn("many.test A", self.server.streams)

    async def test_more_than_anybody_needs(self) -> None:
        """Thousands of addresses are not read: to read an answer of 64 KiB held up everybody for half a second."""
        for number, name in ((200, "records.test"), (4000, "bytes.test")):
            self.know(name, ["192.0.2.1"] * number, [])
            self.server.cut.add(name)
        # That it is too long is known from its first two bytes.
        self.assertEqual(await self.look("bytes.test"), [])
        looking = self.look("records.test", self.timed)
        while "records.test A" not in self.server.streams:
            await self.look("bytes.test")
        self.clock.advance(DEADLINE_S)
        self.assertEqual(await looking, [])

    async def test_no_names(self) -> None:
        """What can't be a name is asked of nobody."""
        for name in ("a..b", "x" * 64 + ".test", ".".join(["x" * 60] * 5), "\xfc.test", "", "."):
            self.assertEqual(await self.look(name), [], name)
        self.assertEqual(self.server.asked, [])

    async def test_silence(self) -> None:
        """Silent servers cost no thread and no turn: 200 such names hold up none of others; each is over in time."""
        self.know("known.test", ["192.0.2.1"], [])
        threads = threading.active_count()
        silent = [self.look(f"silent{number}.test", self.timed) for number in range(200)]
        self.assertEqual(await self.look("known.test"), ["192.0.2.1"])
        self.assertFalse(any(each.called for each in silent))
        self.assertEqual(threading.active_count(), threads)
        self.clock.advance(DEADLINE_S)
        self.assertEqual([await each for each in silent], [[]] * 200)

    async def test_half_silent(self) -> None:
        """A server that says nothing about one kind of address: the other kind is told in time."""
        self.know("half.test", ["192.0.2.1"], None)
        self.know("other.test", ["192.0.2.2"], [])
        looking = self.look("half.test", self.timed)
        await self.look("other.test")
        self.clock.advance(DEADLINE_S)
        self.assertEqual(await looking, ["192.0.2.1"])

    async def test_cancelled(self) -> None:
        """Whoever gives a look-up up leaves no socket behind (trial would find it)."""
        receiver = Receiver()
        self.resolver.resolveHostName(receiver, "silent.test", 80)
        receiver.resolution.cancel()
        self.assertEqual(await receiver.done, [])


class FilesTests(SynchronousTestCase):
    """hosts(5) and resolv.conf(5)"""

    def test_servers(self) -> None:
        """Three servers, six domains, the last list; nonsense is passed over."""
        told = parse_servers(
            "# c\nnameserver 192.0.2.1\nnameserver nonsense\nnameserver\nnameserver 2001:db8::1\nnameserver 192.0.2.2\n"
            "nameserver 192.0.2.3\ndomain old.test\nsearch a. b c d e f g\noptions rotate ndots:2 ndots:x\noptions\n"
        )
        addresses = ("192.0.2.1", "2001:db8::1", "192.0.2.2")
        self.assertEqual(told, Servers(addresses, ("a", "b", "c", "d", "e", "f"), 2))
        self.assertEqual(parse_servers(""), Servers(("127.0.0.1",), (), 1))
        self.assertEqual(told.candidates("x.y")[-1], "x.y")

    def test_hosts(self) -> None:
        """Lines without an address are passed over."""
        self.assertEqual(parse_hosts("\n#\nx\n192.0.2.1\n::1 A b#c d\n"), {"a": ["::1"], "b": ["::1"]})


class SilentTests(SitesCase):
    """Previews while name servers are silent"""

    async def test_eight_silent(self) -> None:
        """Eight, and a hundred, links to names whose servers are silent: another link is looked at all the same.

        Each of eight threads waited ten seconds for such a name (getaddrinfo has no deadline), and pages were read
        in the same threads.
        """
        server = NameServer()
        port = server.listen()
        self.addCleanup(server.close)
        server.known = {("good.test", "A"): [PUBLIC], ("good.test", "AAAA"): []}
        resolv = Path(self.mktemp())
        resolv.write_text("nameserver 127.0.0.1\n")
        clock = Clock()
        resolver = Resolver(Timed(clock), hosts=self.mktemp(), resolv=str(resolv), port=port)
        web = self.make(resolver=resolver, timeout_s=30.0)
        urls = [f"http://s{number}.test:{self.public.number}/" for number in range(100)]
        silent = [Deferred.fromCoroutine(self.refused(url, web)) for url in urls]
        self.assertEqual(await self.title(f"http://good.test:{self.public.number}/", web), "public")
        self.assertFalse(any(each.called for each in silent))
        clock.advance(DEADLINE_S)
        for each in silent:
            await each
