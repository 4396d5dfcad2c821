"""The web client as the HTTP port serves it: its files, its pages, what a browser keeps of them."""

from __future__ import annotations

import gzip
from pathlib import Path

from chatr.rest import files
from chatr.rest.client import WebClient
from chatr.rest.http.headers import ANSWER, CLIENT, PAGE
from tests.rest.http.memory import Answer
from tests.rest.test_exchange import ExchangeCase

INDEX = b"<!doctype html><title>Chatr</title>"
SCRIPT = b"export const found = 1;\n" * 100
STYLE = b"a { color: red }\n" * 100


class ClientCase(ExchangeCase):
    """A client of a few files, on a site in memory."""

    def setUp(self) -> None:
        super().setUp()
        self.folder = Path(self.mktemp()) / "static"
        for name, content in {
            "index.html": INDEX,
            "mark.svg": b"<svg/>",
            "manifest.webmanifest": b"{}",
            "sw.js": b"//",
            "assets/index-1a.js": SCRIPT,
            "assets/index-1a.js.br": b"as brotli",
            "assets/index-1a.js.gz": b"as gzip",
            "assets/index-1a.css": STYLE,
            "assets/letters-1a.woff2": b"w" * 2000,
        }.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        self.web = WebClient(self.exchange, self.folder)
        self.web.open()

    def get(self, path: str, verb: str = "GET", **headers: str) -> Answer:
        """The answer to a browser."""
        lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        client = self.client()
        client.say(f"{verb} {path} HTTP/1.1\r\nHost: x\r\n{lines}\r\n".encode())
        if verb == "HEAD":
            head, _, body = client.heard().partition(b"\r\n\r\n")
            names = dict(line.split(": ", 1) for line in head.decode().lower().split("\r\n")[1:])
            return Answer(int(head.split()[1]), "", names, body)
        [answer] = client.answers()
        return answer


class ServingTests(ClientCase):
    """What is answered for which path."""

    def test_pages(self) -> None:
        """Every page of the client is the one file, asked for anew each time; so is what no page of it knows."""
        for path in (
            "/",
            "/index.html",
            "/c/019a7c00",
            "/settings/privacy",
            "/docs/",
            "/docs/rest?q=a.b",
            "/lab",
            "/x",
        ):
            answer = self.get(path)
            self.assertEqual((answer.status, answer.body), (200, INDEX), path)
            self.assertEqual(answer.headers["content-type"], "text/html; charset=utf-8")
            self.assertEqual(answer.headers["cache-control"], "no-cache")
            self.assertEqual(answer.headers["content-security-policy"], CLIENT.csp)
            self.assertIn("microphone=(self)", answer.headers["permissions-policy"])

    def test_files(self) -> None:
        """Each has its type. What has a hash in its name never changes."""
        for path, kind, cached in (
            ("/assets/index-1a.js", "text/javascript; charset=utf-8", True),
            ("/assets/index-1a.css", "text/css; charset=utf-8", True),
            ("/assets/letters-1a.woff2", "font/woff2", True),
            ("/mark.svg", "image/svg+xml", False),
            ("/manifest.webmanifest", "application/manifest+json", False),
            ("/sw.js", "text/javascript; charset=utf-8", False),
        ):
            answer = self.get(path)
            self.assertEqual((answer.status, answer.headers["content-type"]), (200, kind), path)
            kept = "public, max-age=31536000, immutable" if cached else "no-cache"
            self.assertEqual(answer.headers["cache-control"], kept, path)
            self.assertEqual(answer.headers["x-content-type-options"], "nosniff")

    def test_absent(self) -> None:
        """What is no page is no page either when it is missing: a problem, with the policy of one."""
        for path in (
            "/assets/gone-1a.js",
            "/assets/",
            "/assets",
            "/favicon.ico",
            "/c/gone.png",
            "/api/nothing",
            "/api",
            "/dev/demo",
            "/assets/index-1a.js.br",
            "/assets/../index.html",
            "/../setup.py",
            "/%2e%2e/%2e%2e/setup.py",
            "/assets/..%2findex.html",
        ):
            answer = self.get(path)
            self.assertEqual((answer.status, answer.problem["code"]), (404, "not_found"), path)
            self.assertEqual(answer.headers["content-security-policy"], ANSWER.csp, path)
        self.assertEqual(self.get("/c/x", "POST").status, 404)

    def test_head(self) -> None:
        """The same without the body."""
        answer = self.get("/lab", "HEAD")
        self.assertEqual((answer.status, answer.headers["content-length"], answer.body), (200, str(len(INDEX)), b""))

    def test_counted(self) -> None:
        """All under one name, whatever is asked for."""
        self.get("/lab")
        self.get("/assets/gone.js")
        shown = self.metrics.render()
        self.assertIn(b'chatr_http_requests_total{operation="client",status="200"} 1.0', shown)
        self.assertIn(b'chatr_http_requests_total{operation="client",status="404"} 1.0', shown)

    def test_policy(self) -> None:
        """No script but ours, none in the page; no text becomes HTML; nothing is loaded from elsewhere."""
        rules = dict(rule.split(" ", 1) for rule in CLIENT.csp.split("; "))
        self.assertEqual(rules["default-src"], "'none'")
        self.assertEqual(rules["script-src"], "'self'")
        self.assertEqual(rules["require-trusted-types-for"], "'script'")
        self.assertEqual(rules["trusted-types"], "chatr 'allow-duplicates'")
        self.assertNotIn("unsafe-eval", CLIENT.csp)
        self.assertNotIn("http", CLIENT.csp)
        self.assertEqual((rules["img-src"], rules["media-src"]), ("'self' data: blob:", "'self' blob:"))

    def test_bucket(self) -> None:
        """Where browsers are sent on to a bucket they may show what is there, and run none of it."""
        client = WebClient(self.exchange, self.folder, bucket="https://s3.example.org")
        client.open()
        rules = dict(rule.split(" ", 1) for rule in self.get("/lab").headers["content-security-policy"].split("; "))
        found = [name for name, sources in rules.items() if sources.endswith(" https://s3.example.org")]
        self.assertEqual(found, ["img-src", "media-src", "connect-src"])


class KeptTests(ClientCase):
    """Encodings, and what a browser has already."""

    def test_encodings(self) -> None:
        """The smallest that the browser takes; what it refuses, or does not know, it does not get."""
        for accepted, encoding, body in (
            ("gzip, deflate, br", "br", b"as brotli"),
            ("gzip, deflate", "gzip", b"as gzip"),
            ("br;q=0, gzip;q=0.5", "gzip", b"as gzip"),
            ("br;q=0.0, gzip;q=0", None, SCRIPT),
            ("BR", "br", b"as brotli"),
            ("brotli, x-gzip, ;;;", None, SCRIPT),
            ("identity", None, SCRIPT),
        ):
            answer = self.get("/assets/index-1a.js", Accept_Encoding=accepted)
            self.assertEqual((answer.headers.get("content-encoding"), answer.body), (encoding, body), accepted)
            self.assertEqual(answer.headers["vary"], "Accept-Encoding")
        self.assertEqual(self.get("/assets/index-1a.js").body, SCRIPT)

    def test_what_the_build_did_not_compress(self) -> None:
        """Text of some length is, once, at the start; fonts and little files are not."""
        style = self.get("/assets/index-1a.css", Accept_Encoding="gzip, br")
        self.assertEqual(style.headers["content-encoding"], "gzip")
        self.assertEqual(gzip.decompress(style.body), STYLE)
        for path in ("/assets/letters-1a.woff2", "/mark.svg"):
            self.assertNotIn("content-encoding", self.get(path, Accept_Encoding="gzip, br").headers)

    def test_plain_out_of_gzip(self) -> None:
        """Memory has the plain form of a file only where gzip is no form of it: what is served is the same."""
        (self.folder / "assets/other-1a.js").write_bytes(SCRIPT)
        (self.folder / "assets/other-1a.js.gz").write_bytes(gzip.compress(SCRIPT + b" "))
        (self.folder / "assets/index-1a.css.gz").write_bytes(gzip.compress(STYLE))
        self.web.open()
        plain = {path: file.forms[-1] for path, file in files.read_files(self.folder).items()}
        self.assertEqual([path for path, form in plain.items() if form.packed], ["/assets/index-1a.css"])
        self.assertLess(len(plain["/assets/index-1a.css"].kept), len(STYLE))
        for path, body in (("index-1a.js", SCRIPT), ("other-1a.js", SCRIPT), ("index-1a.css", STYLE)):
            self.assertEqual(self.get(f"/assets/{path}").body, body)
            self.assertEqual(self.get(f"/assets/{path}", "HEAD").headers["content-length"], str(len(body)))

    def test_not_modified(self) -> None:
        """Who has it is told so. Each encoding is another thing to have."""
        compressed = self.get("/assets/index-1a.js", Accept_Encoding="gzip").headers["etag"]
        plain = self.get("/assets/index-1a.js").headers["etag"]
        self.assertNotEqual(compressed, plain)
        for known in (plain, f"W/{plain}", f'"other", {plain}', "*"):
            answer = self.get("/assets/index-1a.js", If_None_Match=known)
            self.assertEqual((answer.status, answer.body, answer.headers["etag"]), (304, b"", plain), known)
            self.assertNotIn("content-length", answer.headers)
        for known in (compressed, '"other"', plain.strip('"')):
            self.assertEqual(self.get("/assets/index-1a.js", If_None_Match=known).status, 200, known)

    def test_read_once(self) -> None:
        """What becomes of the files later changes nothing of what is served."""
        (self.folder / "index.html").write_bytes(b"other")
        (self.folder / "new.txt").write_bytes(b"new")
        self.assertEqual(self.get("/").body, INDEX)
        self.assertEqual(self.get("/new.txt").status, 404)

    def test_bounded(self) -> None:
        """A folder that is no client does not fill the memory."""
        self.patch(files, "MAX_BYTES", 3000)
        self.web.open()
        self.assertEqual(self.get("/mark.svg").status, 404)
        self.assertEqual(len(self.flushLoggedErrors()), 0)


class UnbuiltTests(ExchangeCase):
    """A server without its client."""

    def test_says_how_to_build_it(self) -> None:
        """One page, which needs nothing from elsewhere; all that is no page is as it was."""
        WebClient(self.exchange, Path(self.mktemp())).open()
        for path in ("/", "/docs"):
            answer = self.ask("GET", path)
            self.assertEqual((answer.status, answer.headers["content-security-policy"]), (200, PAGE.csp))
            self.assertIn(b"make run", answer.body)
            self.assertNotIn(b"<script", answer.body)
        self.assertEqual(self.ask("GET", "/assets/index.js").status, 404)
