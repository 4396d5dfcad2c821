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
from twisted.web.client import BrowserLikePolicyForHTTPS

from chatr.previews.pages import WebPage
from tests.previews.sites import (
    PRIVATE,
    PUBLIC,
    SitesCase,
    compressed,
    endless,
    page,
    redirect,
)


class AddressTests(SitesCase):
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


class RedirectTests(SitesCase):
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
        self.assertEqual(await self.web.page(self.url + "/a"), WebPage(title="end", image=self.url + "/d/i.png"))

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


class TlsTests(SitesCase):
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
