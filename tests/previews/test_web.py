"""The SSRF list of spec/behaviour.md §4, on real sockets: what is fetched, and what is never even connected to."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from OpenSSL import SSL
from twisted.internet import reactor, ssl
from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IHostnameResolver
from twisted.logger import LogLevel, globalLogPublisher
from twisted.web.client import BrowserLikePolicyForHTTPS
from twisted.web.server import NOT_DONE_YET
from zope.interface import implementer

from chatr.fetch import Unreachable
from chatr.previews.agent import MAX_HEAD_BYTES
from chatr.previews.pages import Page
from chatr.previews.web import Web
from tests.previews.sites import (
    PNG,
    PRIVATE,
    PUBLIC,
    SitesCase,
    compressed,
    endless,
    page,
    redirect,
    trickle,
)


class WebCase(SitesCase):
    async def title(self, url: str, web: Web | None = None) -> str | None:
        found = await (web or self.web).page(url)
        return found.title if found else None

    async def refused(self, url: str, web: Web | None = None) -> str:
        """Assert that a page is not fetched; the reason."""
        error = await self.assertFailure(Deferred.fromCoroutine((web or self.web).page(url)), Unreachable)
        self.assertEqual(self.private.hits, [])
        return str(error)


class AddressTests(WebCase):
    """Where requests may go."""

    async def test_public(self) -> None:
        """A public page is read, by address and by name."""
        self.names.known["example.test"] = [[PUBLIC]]
        self.assertEqual(await self.title(self.url + "/"), "public")
        self.assertEqual(await self.title(f"http://example.test:{self.public.number}/"), "public")
        request = self.public.requests[0]
        self.assertEqual(request.getHeader("accept-encoding"), "identity")
        for name in ("cookie", "authorization", "referer", "x-forwarded-for"):
            self.assertIsNone(request.getHeader(name))

    async def test_special_addresses(self) -> None:
        """Loopback, private, link-local, CGNAT, metadata, multicast …: not connected to, in any form of IPv6 either."""
        special = (
            *("127.0.0.1", "127.1.2.3", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254"),
            *("100.64.0.1", "100.100.100.200", "168.63.129.16", "192.0.0.192", "198.18.0.1", "224.0.0.1"),
            *("240.0.0.1", "255.255.255.255", "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1"),
            *("64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "fe80::1", "fec0::1", "fc00::1"),
            *("fd00:ec2::254", "ff02::1", "2001::1", "2001:db8::1", "2002:7f00:1::", "3fff::1"),
        )
        for number, address in enumerate(special):
            name = f"name{number}.test"
            self.names.known[name] = [[address]]
            await self.refused(f"http://{name}:{self.private.number}/")
            if ":" not in address:
                await self.refused(f"http://{address}:{self.private.number}/")
        self.assertEqual(self.spy.connected, [])

    async def test_system_resolver(self) -> None:
        """What the system's resolver makes an address of is judged as that address: decimal, hex, octal, names."""
        web = self.make(system=True)
        for host in ("2130706433", "0x7f000001", "017700000001", "127.1", "0x7f.1", "0", "localhost", "127.0.0.1"):
            await self.refused(f"http://{host}:{self.private.number}/", web)
        self.assertEqual(self.spy.connected, [])
        self.assertEqual(await self.title(f"http://0x7f.2:{self.public.number}/", web), "public")
        await self.refused(f"http://nothing.invalid:{self.private.number}/", web)

    async def test_mixed_answers(self) -> None:
        """Of a name that has private addresses among its public ones only these are tried."""
        self.names.known["mixed.test"] = [[PRIVATE, "10.0.0.1", "::1", PUBLIC, "192.168.0.1"]]
        self.assertEqual(await self.title(f"http://mixed.test:{self.public.number}/"), "public")
        self.assertEqual(self.spy.connected, [PUBLIC])

    async def test_many_addresses(self) -> None:
        """A name can't have us knock at hundreds of doors."""
        web = self.make(allow=("127.0.0.0/8",))
        self.names.known["many.test"] = [[f"127.0.7.{number}" for number in range(100)]]
        await self.refused(f"http://many.test:{self.public.number}/", web)
        self.assertEqual(len(self.spy.connected), 4)

    async def test_rebinding(self) -> None:
        """A name whose answer changes after the check changes nothing: it is asked once, and that answer is taken."""
        self.names.known["rebind.test"] = [[PUBLIC], [PRIVATE]]
        url = f"http://rebind.test:{self.public.number}/"
        self.assertEqual(await self.title(url), "public")
        self.assertEqual((self.names.asked, self.spy.connected), (["rebind.test"], [PUBLIC]))
        # The next request asks again, and is refused.
        await self.refused(url)
        self.assertEqual(self.spy.connected, [PUBLIC])

    async def test_rebinding_between_redirects(self) -> None:
        """Nor does a redirect to the same name, which now has a private address."""
        self.names.known["rebind.test"] = [[PUBLIC], [PRIVATE]]
        self.public.pages["/"] = redirect(f"http://rebind.test:{self.private.number}/")
        await self.refused(f"http://rebind.test:{self.public.number}/")
        self.assertEqual(self.spy.connected, [PUBLIC])

    async def test_peer(self) -> None:
        """Where the connection has come out is looked at too: nothing is sent to an address that is not public."""
        self.names.known["odd.test"] = [[PUBLIC]]
        connect = self.spy.connectTCP
        self.spy.connectTCP = lambda host, port, *rest, **options: connect(  # type: ignore[method-assign]
            PRIVATE, self.private.number, *rest, **options
        )
        reason = await self.refused(f"http://odd.test:{self.public.number}/")
        self.assertIn("Refused", reason)

    async def test_ports(self) -> None:
        """Other ports are not connected to."""
        web = self.make(ports=(80, 443))
        await self.refused(self.url + "/", web)
        self.assertEqual((self.spy.connected, self.public.hits), ([], []))

    async def test_no_proxy(self) -> None:
        """A proxy of the environment is not asked."""
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
            self.patch(__import__("os"), "environ", {**__import__("os").environ, name: self.private_url})
        self.assertEqual(await self.title(self.url + "/"), "public")
        self.assertEqual(self.private.hits, [])


class RedirectTests(WebCase):
    """Every redirect is judged like the first URL."""

    async def test_to_private(self) -> None:
        """By address, by name, by number, by another notation: none arrives."""
        self.names.known["internal.test"] = [[PRIVATE]]
        port = self.private.number
        for to in (
            *(self.private_url + "/", f"//{PRIVATE}:{port}/", f"http://internal.test:{port}/", "http://[::1]/"),
            *(f"http://[::ffff:127.0.0.1]:{port}/", f"http://2130706433:{port}/", f"http://0x7f.1:{port}/"),
            *(f"http://user@{PRIVATE}:{port}/", "http://169.254.169.254/latest/meta-data/", f"http://0:{port}/"),
        ):
            for code in (301, 302, 303, 307, 308):
                self.public.pages["/go"] = redirect(to, code)
                await self.refused(self.url + "/go")
        self.assertEqual(set(self.spy.connected), {PUBLIC})

    async def test_to_elsewhere(self) -> None:
        """To another scheme, another port, to nowhere."""
        for to in (
            "file:///etc/passwd",
            "ftp://example.test/",
            "javascript:alert(1)",
            f"http://{PUBLIC}:22/",
            "//",
            "",
        ):
            self.public.pages["/go"] = redirect(to)
            await self.refused(self.url + "/go")

    async def test_three(self) -> None:
        """Three are followed, relative ones too; what the page says is meant from its end."""
        self.public.pages |= {"/a": redirect("b"), "/b": redirect(self.url + "/d/c", 308), "/d/c": redirect("e")}
        self.public.pages["/d/e"] = page("end", "<meta property=og:image content=i.png>")
        self.assertEqual(await self.web.page(self.url + "/a"), Page(title="end", image=self.url + "/d/i.png"))

    async def test_four(self) -> None:
        """Four are not."""
        self.public.pages |= {"/1": redirect("2"), "/2": redirect("3"), "/3": redirect("4"), "/4": redirect("/")}
        self.assertIn("too often", await self.refused(self.url + "/1"))
        self.assertEqual(self.public.hits, ["/1", "/2", "/3", "/4"])

    async def test_loop(self) -> None:
        """A loop ends."""
        self.public.pages["/loop"] = redirect("/loop")
        await self.refused(self.url + "/loop")
        self.assertEqual(len(self.public.hits), 4)

    async def test_no_cookies(self) -> None:
        """What one answer sets the next request does not send."""

        def sets(request: Any) -> bytes:
            request.setHeader("Set-Cookie", "a=b; Path=/")
            return redirect("/")(request)

        self.public.pages["/go"] = sets
        await self.web.page(self.url + "/go")
        await self.web.page(self.url + "/")
        self.assertEqual([request.getHeader("cookie") for request in self.public.requests], [None] * 3)


class BodyTests(WebCase):
    """What is read."""

    timeout_s = 0.3

    async def test_trickle(self) -> None:
        """The time is for the whole answer: what is there by then is used."""
        self.public.pages["/slow"] = trickle(page("begun"))
        self.assertEqual(await self.title(self.url + "/slow"), "begun")

    async def test_silence(self) -> None:
        """No answer at all is none when the time is over."""
        self.public.pages["/silent"] = trickle(b"")
        self.public.hit("/held")
        began = self.spy.seconds()
        await self.refused(self.url + "/held")
        self.assertLess(self.spy.seconds() - began, 2)

    async def test_slow_redirects(self) -> None:
        """The time is for all redirects together."""

        def later(request: Any) -> Any:
            def answer() -> None:
                request.write(redirect("/later")(request))
                request.finish()

            call = reactor.callLater(0.12, answer)  # type: ignore[attr-defined]
            request.notifyFinish().addErrback(lambda _: call.cancel())
            return NOT_DONE_YET

        self.public.pages["/later"] = later
        await self.refused(self.url + "/later")
        self.assertLess(len(self.public.hits), 4)

    async def test_slow_names(self) -> None:
        """A name server that never answers holds nobody up; what it says later is not looked at."""
        waiting: list[Any] = []

        @implementer(IHostnameResolver)
        class Silent:
            def resolveHostName(self, receiver: Any, *rest: Any) -> Any:
                waiting.append(receiver)

        await self.refused(f"http://slow.test:{self.public.number}/", self.make(resolver=Silent()))
        waiting[0].addressResolved(IPv4Address("TCP", PUBLIC, self.public.number))
        waiting[0].resolutionComplete()
        self.assertEqual(self.spy.connected, [])

    async def test_endless(self) -> None:
        """A body without an end is cut at the limit."""
        self.public.pages["/endless"] = endless(page("first"))
        self.assertEqual(await self.title(self.url + "/endless", self.make(timeout_s=60.0)), "first")

    async def test_beyond_the_limit(self) -> None:
        """What stands behind the limit is not read."""
        web = self.make(max_bytes=1024)
        self.public.pages["/long"] = b" " * 1024 + page("behind")
        self.public.pages["/within"] = page("within") + b" " * 4096
        self.assertEqual([await self.title(self.url + path, web) for path in ("/long", "/within")], [None, "within"])

    async def test_compressed(self) -> None:
        """A compressed answer is not taken, whatever was asked for."""
        self.public.pages["/bomb"] = compressed
        self.assertIn("Refused", await self.refused(self.url + "/bomb"))

    async def test_endless_head(self) -> None:
        """Headers without an end, and answers of 1xx, are cut."""
        for says in (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 5000, b"HTTP/1.1 100 Continue\r\n\r\n" * 2000):
            url, talkers = self.talk(says, again=True)
            web = self.make(ports=self.web._settings.ports, timeout_s=60.0)
            await self.refused(url, web)
            [talker] = talkers.met
            await talker.closed
            # The rest was on its way already.
            self.assertLess(talker.sent, MAX_HEAD_BYTES + (16 << 20))

    async def test_no_http(self) -> None:
        """Whatever else answers, nothing comes of it."""
        for says in (
            *(b"SSH-2.0-OpenSSH_9.6\r\n", b"220 smtp\r\n", b"\x00" * 100, b"HTTP/1.1 abc\r\n\r\n", b"x" * 100_000),
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nno header\r\n\r\n",
        ):
            url, _ = self.talk(says)
            await self.refused(url)

    async def test_broken_bodies(self) -> None:
        """Of a body that breaks what came before is used."""
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
        for rest in (b"Content-Length: 9999\r\n\r\n" + page("t"), b"Transfer-Encoding: chunked\r\n\r\nzz\r\n"):
            url, _ = self.talk(head + rest)
            self.assertIn(await self.title(url), ("t", None))

    async def test_types(self) -> None:
        """Only pages that were found are read, and of all else not a byte."""
        self.public.pages["/x"] = (page("x"), "application/xhtml+xml; charset=utf-8")
        self.assertEqual(await self.title(self.url + "/x"), "x")
        for kind in ("text/plain", "application/pdf", "image/png", "", "application/json", "text/htmlx", "video/mp4"):
            self.public.pages["/other"] = endless(page("other"), kind)
            self.assertIsNone(await self.web.page(self.url + "/other"))
        self.assertIsNone(await self.web.page(self.url + "/nothing"))

    async def test_images(self) -> None:
        """Whole raster images, whatever they are said to be; nothing else, whatever it is said to be."""
        self.public.pages |= {"/i": (PNG, "text/html"), "/svg": (b"<svg></svg>", "image/png")}
        self.public.pages |= {"/html": (page("x"), "image/png"), "/cut": trickle(PNG, "image/png")}
        self.public.pages |= {"/big": (PNG + b"\0" * 4096, "image/png"), "/gif": redirect("/i")}
        web = self.make(max_image_bytes=2048)
        found = {path: await web.image(self.url + path) for path in self.public.pages if path != "/"}
        self.assertEqual({path for path, image in found.items() if image}, {"/i", "/gif"})
        self.assertEqual((found["/i"].media_type, found["/i"].body), ("image/png", PNG))  # type: ignore[union-attr]
        self.assertIsNone(await web.image(self.url + "/absent"))
        self.public.pages["/go"] = redirect(self.private_url + "/")
        await self.assertFailure(Deferred.fromCoroutine(web.image(self.url + "/go")), Unreachable)
        self.assertEqual(self.private.hits, [])

    async def test_logs(self) -> None:
        """No URL with its query is logged, whatever happens to it."""
        lines: list[str] = []

        def observe(event: dict[str, Any]) -> None:
            if event["log_level"] != LogLevel.debug:
                lines.append(str(event))

        globalLogPublisher.addObserver(observe)
        self.addCleanup(globalLogPublisher.removeObserver, observe)
        self.public.pages |= {"/go": redirect("/loop?token=hush"), "/loop": redirect("/loop?token=hush")}
        await self.web.page(self.url + "/?token=hush")
        await self.refused(self.url + "/go?token=hush")
        await self.refused("http://127.0.0.1/?token=hush")
        self.assertNotIn("hush", "".join(lines))


class TlsTests(WebCase):
    """https"""

    def setUp(self) -> None:
        super().setUp()
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "good.test")])
        now = datetime.now(timezone.utc)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(1)
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName("good.test")]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(key, hashes.SHA256())
        )
        pem = certificate.public_bytes(serialization.Encoding.PEM)
        pkcs8 = serialization.PrivateFormat.PKCS8
        pem_key = key.private_bytes(serialization.Encoding.PEM, pkcs8, serialization.NoEncryption())
        file = Path(self.mktemp())
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(pem + pem_key)
        own = ssl.DefaultOpenSSLContextFactory(str(file), str(file), sslmethod=SSL.TLS_METHOD)
        self.tls = reactor.listenSSL(0, self.public.site(), own, interface=PUBLIC)  # type: ignore[attr-defined]
        self.addCleanup(self.tls.stopListening)
        self.number: int = self.tls.getHost().port
        trust = ssl.Certificate.loadPEM(pem)
        self.trusting = self.make(ports=(self.number, self.private.number), policy=BrowserLikePolicyForHTTPS(trust))
        self.names.known |= {"good.test": [[PUBLIC]], "bad.test": [[PUBLIC]]}

    async def test_verified(self) -> None:
        """A certificate that is trusted and of that name, or nothing."""
        self.assertEqual(await self.title(f"https://good.test:{self.number}/", self.trusting), "public")
        await self.refused(f"https://bad.test:{self.number}/", self.trusting)
        await self.refused(f"https://good.test:{self.number}/", self.make(ports=(self.number,)))
        self.assertEqual(self.public.hits, ["/"])

    async def test_guarded(self) -> None:
        """The address is checked, the answer bounded, and the connection cut, with TLS as without."""
        self.names.known["internal.test"] = [[PRIVATE]]
        await self.refused(f"https://internal.test:{self.private.number}/", self.trusting)
        self.assertEqual(self.spy.connected, [])
        self.public.pages |= {"/endless": endless(page("first")), "/bomb": compressed}
        self.assertEqual(await self.title(f"https://good.test:{self.number}/endless", self.trusting), "first")
        await self.refused(f"https://good.test:{self.number}/bomb", self.trusting)
