"""What tests of files stand on: people who upload them, as if their bytes had come in by a door."""

from __future__ import annotations

import io
import math
import uuid
import wave
from typing import Any

from PIL import Image

from chatr.api.context import Caller
from chatr.files.served import Served
from chatr.ops.files.serving import FileServing
from tests.ops.case import OpsCase, Person

TEXT = b"Bread, butter and a word more.\n"


def png(width: int = 40, height: int = 30, colour: str = "teal") -> bytes:
    """A picture."""
    content = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(content, "PNG")
    return content.getvalue()


def wav(seconds: float = 1.0, rate: int = 8000) -> bytes:
    """A recording that is silent in its first half, and loud in its second."""
    frames = bytearray()
    for number in range(int(seconds * rate)):
        loud = 0 if number < seconds * rate / 2 else 24000
        frames += int(loud * math.sin(number * 0.5)).to_bytes(2, "little", signed=True)
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setparams((1, 2, rate, 0, "NONE", ""))
        file.writeframes(bytes(frames))
    return content.getvalue()


class FilesCase(OpsCase):
    """Ann and Ben, who are friends."""

    async def setUp(self) -> None:
        await super().setUp()
        self.ann, self.ben = [await self.person(name) for name in ("ann", "ben")]
        await self.acquaint(self.ann, self.ben)
        self.serving = FileServing(self.node.ports)
        self.keeper = self.node.ports.files.keeper

    async def upload(
        self,
        person: Person,
        content: bytes = TEXT,
        name: str = "list.txt",
        operation: str = "file.upload",
        **params: Any,
    ) -> Any:
        """Upload a file as somebody; the answer in wire form."""
        return await person.upload(operation, content, name, **params)

    async def share(self, person: Person, to: Person | str, content: bytes = TEXT, name: str = "list.txt") -> Any:
        """Upload a file and send it; the message."""
        file = await self.upload(person, content, name)
        return await person.send(to, "", fileId=file["id"])

    def caller(self, person: Person) -> Caller:
        """Somebody as the doors know them."""
        return Caller(role=person.role, user_id=person.id, session_id=person.session_id, address="192.0.2.1")

    async def open(self, url: str) -> Served:
        """What the door would serve at a link."""
        path, _, query = url.partition("?")
        given = dict(each.split("=", 1) for each in query.split("&"))
        return await self.serving.by_link(path.split("/")[3], given.get("form", ""), given["signature"])

    async def objects(self) -> list[str]:
        """Where all that is in storage lies."""
        root = self.data.path / "files"
        return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())

    async def kept(self) -> None:
        """Have done whatever is to be done about files."""
        self.keeper.wake()
        await self.keeper.settled()


def client_id() -> str:
    """A new one."""
    return str(uuid.uuid4())
