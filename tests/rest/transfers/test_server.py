"""Files on a whole server: in by one way, out by another."""

from __future__ import annotations

import uuid
from base64 import b64encode
from typing import Any

from tests.e2e.server import Account
from tests.ops.files.case import TEXT, png
from tests.rest.test_app import RestCase
from tests.rest.transfers.operations import KIND, form

BYTES = "application/offset+octet-stream"


class FileCase(RestCase):
    """Ann and Ben, who are friends."""

    async def setUp(self) -> None:
        await super().setUp()
        self.ann, self.ben = await self.person("ann"), await self.person("ben")
        await self.acquaint(self.ann, self.ben)

    async def ask(self, person: Account | None, verb: str, path: str, data: bytes | None = None, **more: str) -> Any:
        """Status, headers and body."""
        headers = {name.replace("_", "-"): value for name, value in more.items()}
        if person is not None:
            headers["Authorization"] = f"Bearer {person.token}"
        return await self.answer(verb, path, data=data, headers=headers)

    async def upload(self, person: Account, path: str, field: str, name: str, data: bytes, **texts: str) -> Any:
        """The answer to an upload of one request."""
        parts = [(f'name="{each}"', text.encode()) for each, text in texts.items()]
        body = form(*parts, (f'name="{field}"; filename="{name}"', data))
        return await self.ask(person, "POST", path, body, Content_Type=KIND)

    async def shown(self, url: str, status: int = 200) -> bytes:
        """What somebody without a token has at a link."""
        code, _, body = await self.ask(None, "GET", url)
        self.assertEqual(code, status, body)
        return body if isinstance(body, bytes) else b""


class ServerTests(FileCase):
    """POST /api/files, /api/messages/upload, /api/users/profile-image, tus, and links."""

    async def test_to_and_fro(self) -> None:
        """A file is uploaded, sent, shown to whoever it was sent to, and gone when it is unsent."""
        status, _, file = await self.upload(self.ann, "/api/files", "file", "../cat.png", png(900, 600))
        self.assertEqual((status, file["name"], file["mimeType"]), (201, "cat.png", "image/png"))
        for url in (file["url"], *file["thumbnails"].values()):
            self.assertTrue(await self.shown(url))
        content = {"recipientId": self.ben.id, "content": "", "fileId": file["id"], "clientId": str(uuid.uuid4())}
        sent = await self.ann.rest("POST", "/messages", content, 201)
        read = (await self.ben.rest("GET", f"/messages/{sent['id']}"))["file"]
        self.assertEqual(await self.shown(read["url"]), await self.shown(file["url"]))
        self.assertEqual((await self.ask(self.ben, "GET", f"/api/messages/download/{sent['id']}"))[0], 200)
        await self.shown(read["url"].replace("signature=", "signature=x"), 403)
        self.assertEqual((await self.ask(None, "GET", f"/api/files/{file['id']}/cat.png"))[0], 401)
        await self.ann.rest("DELETE", f"/messages/{sent['id']}")
        await self.shown(read["url"], 410)
        self.assertEqual(list((self.data_dir / "uploads").iterdir()), [])

    async def test_one_step(self) -> None:
        """Uploaded and sent at once, once."""
        key = str(uuid.uuid4())
        for _ in range(2):
            status, _, sent = await self.upload(
                self.ann,
                "/api/messages/upload",
                "file",
                "a.txt",
                TEXT,
                recipientId=self.ben.id,
                caption="Here",
                clientId=key,
            )
            self.assertEqual((status, sent["content"], sent["type"]), (201, "Here", "file"), sent)
        found = await self.ben.rest("GET", f"/messages/history?otherUserId={self.ann.id}")
        self.assertEqual(len(found["items"]), 1)
        status, headers, body = await self.ask(None, "GET", found["items"][0]["file"]["url"])
        self.assertEqual((status, body), (200, TEXT))
        self.assertTrue(headers.getRawHeaders("content-disposition")[0].startswith("attachment"))

    async def test_refused(self) -> None:
        """What it is not allowed to be, whatever it is called, and nothing of it stays."""
        page = b"<!doctype html><script>alert(1)</script>"
        for name, data in (("x.jpg", page), ("x.html", page), ("x.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>")):
            status, _, problem = await self.upload(self.ann, "/api/files", "file", name, data)
            self.assertEqual((status, problem["code"]), (415, "unsupported_media"))
        self.assertEqual(list((self.data_dir / "uploads").iterdir()), [])

    async def test_picture(self) -> None:
        """A profile image is for everybody, and the same address is always the same image."""
        status, _, image = await self.upload(
            self.ann, "/api/users/profile-image", "profileImage", "me.png", png(600, 600)
        )
        self.assertEqual(status, 200, image)
        shown = (await self.ben.rest("GET", "/users/ann"))["profileImage"]
        status, headers, body = await self.ask(None, "GET", shown)
        self.assertEqual((status, headers.getRawHeaders("content-type")), (200, ["image/webp"]))
        self.assertIn("immutable", headers.getRawHeaders("cache-control")[0])
        self.assertLess(len(await self.shown(shown + "?size=96")), len(body))

    async def test_tus(self) -> None:
        """An upload goes on after a restart of the server, and is a file in the end."""
        data = png(700, 700)
        said = f"filename {b64encode(b'cat.png').decode()}"
        v = {"Tus_Resumable": "1.0.0"}
        _, headers, _ = await self.ask(
            self.ann, "POST", "/api/files/tus", b"", **v, Upload_Length=str(len(data)), Upload_Metadata=said
        )
        [where] = headers.getRawHeaders("location")
        await self.ask(self.ann, "PATCH", where, data[:100], **v, Upload_Offset="0", Content_Type=BYTES)
        await self.service.stop()
        await self.restart()
        status, headers, _ = await self.ask(self.ann, "HEAD", where, **v)
        self.assertEqual((status, headers.getRawHeaders("upload-offset")), (200, ["100"]))
        self.assertEqual((await self.ask(self.ben, "HEAD", where, **v))[0], 404)
        status, headers, body = await self.ask(
            self.ann, "PATCH", where, data[100:], **v, Upload_Offset="100", Content_Type=BYTES
        )
        self.assertEqual(status, 204, body)
        file = await self.ann.rest("GET", f"/files/{headers.getRawHeaders('chatr-file')[0]}")
        self.assertEqual((file["name"], file["width"]), ("cat.png", 700))
        await self.shown(file["url"])
        _, _, metrics = await self.ask(None, "GET", "/metrics")
        for name in (b"chatr_uploads 0.0", b"chatr_uploads_unfinished 0.0", b'operation="tus.append",status="204"'):
            self.assertIn(name, metrics)
