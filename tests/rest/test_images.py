"""Previews over REST, and their images from this server."""

from __future__ import annotations

from typing import Any

from chatr.config import load
from tests.previews.sites import PNG, PRIVATE, PUBLIC, Server, page, redirect, trickle
from tests.rest.test_app import RestCase

JPEG = b"\xff\xd8\xff\xe0" + b"\0" * 100
HEAD = '<meta property="og:image" content="/i"><link rel="icon" href="/f.ico">'


class ImageCase(RestCase):
    """Ann, and a public server with a page that has an image."""

    async def setUp(self) -> None:
        self.public, self.private = Server(), Server()
        self.site, self.private_site = self.public.listen(PUBLIC), self.private.listen(PRIVATE)
        for server in (self.public, self.private):
            self.addCleanup(server.close)
        self.public.pages |= {"/": page("Title", HEAD), "/i": (PNG, "text/plain"), "/f.ico": (JPEG, "image/x-icon")}
        self.private.pages["/"] = (PNG, "image/png")
        self.settings = {
            "previews.allow": f"{PUBLIC}/32",
            "previews.ports": f"80,443,{self.public.number},{self.private.number}",
            "previews.timeout_s": "0.5",
            **self.settings,
        }
        await super().setUp()
        self.ann = await self.person("ann")
        self.preview = await self.ann.rest("GET", f"/link-preview?url={self.site}/")

    async def image(self, path: str = "", **headers: str) -> tuple[int, Any, bytes]:
        """The page's image, or what else is there; for a stranger."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.answer("GET", path or self.preview["image"], headers=sent)

    async def age(self, seconds: int) -> None:
        """Let so much time pass for what is kept."""
        await self.sql("UPDATE preview_images SET fetched_at = fetched_at - make_interval(secs => %s)", seconds)

    async def sql(self, statement: str, *params: Any) -> None:
        assert self.service.node is not None
        await self.service.node.db.execute(statement, params)


class ImageTests(ImageCase):
    """GET /api/link-preview/images/<id>"""

    async def test_image(self) -> None:
        """Fetched when somebody wants to see it, once; named by its bytes; nothing in it can run; kept by browsers."""
        self.assertEqual(self.public.hits, ["/"])
        for _ in range(2):
            status, headers, body = await self.image()
            self.assertEqual((status, body), (200, PNG))
        self.assertEqual(self.public.hits, ["/", "/i"])
        for name, value in (
            ("content-type", "image/png"),
            ("x-content-type-options", "nosniff"),
            ("content-security-policy", "default-src 'none'; sandbox"),
            ("cache-control", "public, max-age=86400"),
            ("cross-origin-resource-policy", "cross-origin"),
        ):
            self.assertEqual(headers.getRawHeaders(name), [value])
        status, headers, body = await self.image(self.preview["favicon"])
        self.assertEqual((body, headers.getRawHeaders("content-type")), (JPEG, ["image/jpeg"]))

    async def test_not_modified(self) -> None:
        """Who has it is told so; when it was fetched anew it is sent anew."""
        _, headers, _ = await self.image()
        [tag] = headers.getRawHeaders("etag")
        for known in (tag, f"W/{tag}"):
            status, headers, body = await self.image(If_None_Match=known)
            self.assertEqual((status, body, headers.getRawHeaders("etag")), (304, b"", [tag]))
        self.assertEqual((await self.image(If_None_Match='"other"'))[0], 200)
        await self.age(86401)
        self.public.pages["/i"] = JPEG
        status, headers, body = await self.image(If_None_Match=tag)
        self.assertEqual((status, body), (200, JPEG))
        self.assertNotEqual(headers.getRawHeaders("etag"), [tag])

    async def test_absent(self) -> None:
        """404 for what is no id, for an id of nothing, and for everything that is no image, whatever it claims."""
        for path in ("x", "0" * 36, "00000000-0000-4000-8000-000000000000", "%00", "..%2f..%2fhealth"):
            status, headers, body = await self.image("/api/link-preview/images/" + path)
            self.assertEqual(status, 404, path)
            self.assertEqual(headers.getRawHeaders("cache-control"), ["no-store"])
        for other in (
            (b"<svg xmlns='http://www.w3.org/2000/svg'><script>x</script></svg>", "image/svg+xml"),
            (page("x"), "image/png"),
            (PNG + b"\0" * 3_000_000, "image/png"),
            trickle(PNG, "image/png"),
            redirect(self.private_site + "/"),
            None,
        ):
            self.public.pages["/i"] = other
            await self.sql("UPDATE preview_images SET fetched_at = NULL, body = NULL")
            for _ in range(2):
                status, _, body = await self.image()
                self.assertEqual((status, body["code"]), (404, "not_found"))  # type: ignore[index]
        self.assertEqual((self.private.hits, self.public.hits.count("/i")), ([], 6))
        await self.age(601)
        self.public.pages["/i"] = PNG
        self.assertEqual((await self.image())[0], 200)

    async def test_dropped(self) -> None:
        """Bodies that are too old, or too many, leave the database; the image is fetched again when it is wanted."""
        await self.image()
        await self.age(5)
        await self.image(self.preview["favicon"])
        node = self.service.node
        assert node is not None
        node.ports.messages.previews._settings = load(None, {}, {"previews.max_cache_bytes": "120"}).previews
        await node.ports.messages.previews.forget()
        rows = await node.db.query("SELECT length(body) FROM preview_images ORDER BY fetched_at")
        self.assertEqual(rows, [(None,), (len(JPEG),)])
        node.ports.messages.previews._settings = self.service.config.previews
        self.assertEqual((await self.image())[2], PNG)
        await self.age(86401)
        await node.ports.messages.previews.forget()
        self.assertEqual(await node.db.query("SELECT DISTINCT body FROM preview_images"), [(None,)])

    async def test_crowd(self) -> None:
        """Who comes when too many are on their way comes again."""
        self.patch(__import__("chatr.rest.transfers.preview_images", fromlist=["x"]), "AT_ONCE", 0)
        status, headers, _ = await self.image()
        self.assertEqual((status, headers.getRawHeaders("retry-after")), (503, ["1"]))

    async def test_off(self) -> None:
        """Switched off, what is there is shown and nothing is fetched."""
        await self.image()
        self._options["previews.enabled"] = "false"
        await self.service.stop()
        await self.restart()
        self.assertEqual((await self.image())[0], 200)
        self.assertEqual((await self.image(self.preview["favicon"]))[0], 404)
        await self.ann.rest("GET", f"/link-preview?url={self.site}/", status=404)
        self.assertEqual(self.public.hits, ["/", "/i"])


class PreviewTests(ImageCase):
    """GET /api/link-preview and POST /api/messages"""

    async def test_over_rest(self) -> None:
        """Asked for, and given to a message."""
        self.assertEqual((self.preview["url"], self.preview["title"]), (f"{self.site}/", "Title"))
        ben = await self.person("ben")
        await self.acquaint(self.ann, ben)
        message = await self.ann.send(ben, f"{self.site}/")
        await self.service.node.ports.messages.preview_queue.settled()  # type: ignore[union-attr]
        found = await ben.rest("GET", f"/messages/{message['id']}")
        self.assertEqual(found["linkPreview"], self.preview)
        await self.ann.rest("GET", "/link-preview?url=ftp://x/", status=400)
        await self.ann.rest("GET", f"/link-preview?url={self.site}/nothing", status=404)
        await self.rest("GET", f"/link-preview?url={self.site}/", status=401)

    async def test_metrics(self) -> None:
        """Fetches are counted by how they went; no URL is told."""
        await self.ann.rest("GET", f"/link-preview?url={self.private_site}/", status=404)
        await self.image()
        _, _, body = await self.answer("GET", "/metrics")
        for outcome in (b"found", b"image", b"unreachable"):
            self.assertIn(b'chatr_preview_fetches_total{outcome="%b"} 1.0' % outcome, body)
        self.assertNotIn(PUBLIC.encode(), body)
