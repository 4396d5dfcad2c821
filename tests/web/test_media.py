"""What was sent beside words, as it is shown: albums and the viewer, voice notes, files, and all of a conversation."""

from __future__ import annotations

import io
import json
import math
import re
import uuid
import wave
from typing import Any

import treq
from PIL import Image, ImageDraw
from playwright.sync_api import Locator, expect

from tests.e2e.server import Account
from tests.web.case import in_browser
from tests.web.test_conversation import Chat, ConversationCase


def picture(width: int, height: int, colour: str) -> bytes:
    """A JPEG of one colour, with a mark in its middle."""
    content = io.BytesIO()
    image = Image.new("RGB", (width, height), colour)
    ImageDraw.Draw(image).ellipse((width / 3, height / 3, width * 2 / 3, height * 2 / 3), fill="white")
    image.save(content, "JPEG")
    return content.getvalue()


def tone(seconds: float, rate: int = 8000) -> bytes:
    """A WAV that is silent in its first half, and loud in its second."""
    count = int(seconds * rate)
    frames = b"".join(
        (0 if number < count / 2 else int(20000 * math.sin(number * 0.4))).to_bytes(2, "little", signed=True)
        for number in range(count)
    )
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setparams((1, 2, rate, 0, "NONE", ""))
        file.writeframes(frames)
    return content.getvalue()


class MediaCase(ConversationCase):
    """Ben has sent files to Ann, who looks at them."""

    async def share(self, who: Account, to: Account, name: str, content: bytes, **fields: Any) -> Any:
        """Upload a file and send it; the message."""
        said = {"recipientId": to.id, "clientId": str(uuid.uuid4()), **fields}
        answer = await treq.post(
            f"{self.url}/api/messages/upload",
            headers={"Authorization": f"Bearer {who.token}"},
            data={key: value if isinstance(value, str) else json.dumps(value) for key, value in said.items()},
            files={"file": (name, io.BytesIO(content))},
            pool=self._pool,
            timeout=20,
        )
        message = await answer.json()
        self.assertEqual(answer.code, 201, message)
        return message


class PictureTests(MediaCase):
    """Pictures."""

    @in_browser
    def test_album(self) -> None:
        """What was sent together is one grid; the viewer walks through it by keys, and ends where it began."""
        ann, ben = self.people()
        group = str(uuid.uuid4())
        for number, colour in enumerate(("teal", "brown", "olive")):
            fields = {"caption": "From the hut"} if number == 0 else {}
            self.wait(self.share(ben, ann, f"{colour}.jpg", picture(900, 600, colour), groupId=group, **fields))
        chat = Chat(self.at_home(ann, f"/u/{ben.id}"))
        page = chat.page
        album = chat.log.get_by_role("article", name=re.compile("^Ben Baker: 3 photos, From the hut"))
        tiles = album.get_by_role("button", name=re.compile("^Open photo"))
        expect(tiles).to_have_count(3)
        self.assertGreater(width(tiles.nth(0)), 1.9 * width(tiles.nth(1)))
        # From the message to its pictures, as from one to the next.
        album.focus()
        for _ in range(2):
            page.keyboard.press("ArrowRight")
        expect(tiles.nth(1)).to_be_focused()
        page.keyboard.press("Enter")
        viewer = page.get_by_role("dialog", name="Viewer")
        status = viewer.get_by_role("status")
        expect(status).to_contain_text("2 of 3")
        expect(viewer.get_by_role("img", name="Photo from Ben Baker")).to_be_visible()
        page.keyboard.press("ArrowLeft")
        expect(status).to_contain_text("1 of 3")
        expect(viewer.get_by_text("From the hut")).to_be_visible()
        page.keyboard.press("+")
        expect(status).to_contain_text("Zoom 150%")
        # What is larger than the screen is moved by the arrows; as a whole they go on to the next.
        page.keyboard.press("ArrowRight")
        expect(status).to_contain_text("1 of 3")
        page.keyboard.press("0")
        page.keyboard.press("End")
        expect(status).to_contain_text("3 of 3")
        self.check_accessible(page)
        page.keyboard.press("Escape")
        expect(viewer).to_have_count(0)
        expect(tiles.nth(1)).to_be_focused()
        # One that is taken back leaves at once.
        self.wait(ben.rest("DELETE", f"/messages/{self.wait(self.newest(ben, ann))['id']}"))
        expect(chat.log.get_by_role("button", name=re.compile("^Open photo"))).to_have_count(2)

    async def newest(self, who: Account, other: Account) -> Any:
        """The last message of two."""
        where = await who.rest("GET", f"/conversations/with/{other.id}")
        return where["lastMessage"]


def width(element: Locator) -> float:
    """How wide it is shown."""
    box = element.bounding_box()
    assert box is not None
    return box["width"]


class VoiceTests(MediaCase):
    """Voice notes."""

    @in_browser
    def test_played(self) -> None:
        """One is played from where one likes, the next begins by itself; who sent them sees that they were heard."""
        ann, ben = self.people()
        for seconds in (20.0, 0.5):
            self.wait(self.share(ben, ann, f"{seconds}.wav", tone(seconds)))
        hers, his = Chat(self.at_home(ann, f"/u/{ben.id}")), Chat(self.at_home(ben, f"/u/{ann.id}"))
        first, second = [hers.log.get_by_role("article", name=f"Voice note, 0:{length}") for length in ("20", "00")]
        for note in (first, second):
            expect(note.get_by_text("Not played yet")).to_be_attached()
        first.focus()
        hers.page.keyboard.press("Space")
        expect(first.get_by_role("button", name="Pause voice note")).to_be_visible()
        place = first.get_by_role("slider", name="Position")
        hers.page.keyboard.press("ArrowRight")
        expect(place).to_be_focused()
        for _ in range(3):
            hers.page.keyboard.press("ArrowRight")
        expect(place).to_have_attribute("aria-valuetext", re.compile("^0:1[5-9] of 0:20$"))
        expect(his.log.get_by_text("Listened")).to_have_count(0)
        hers.page.keyboard.press("ArrowRight")
        for note in (first, second):
            expect(note.get_by_text("Not played yet")).to_have_count(0)
        expect(second.get_by_role("button", name="Play voice note")).to_be_visible()
        expect(his.log.get_by_text("Listened")).to_have_count(2)


class FileTests(MediaCase):
    """Files, and all of a conversation."""

    @in_browser
    def test_gallery(self) -> None:
        """A file is saved from its card; the gallery has all kinds apart, and leads back to where they were sent."""
        ann, ben = self.people()
        text = b"Bread, butter and a word more.\n"
        self.wait(self.share(ben, ann, "shopping list.txt", text))
        self.wait(self.share(ben, ann, "hut.jpg", picture(900, 600, "teal")))
        self.wait(self.share(ann, ben, "voice.wav", tone(1)))
        chat = Chat(self.at_home(ann, f"/u/{ben.id}"))
        page = chat.page
        with page.expect_download() as saved:
            chat.log.get_by_role("link", name="Download shopping list.txt").click()
        self.assertEqual(saved.value.suggested_filename, "shopping list.txt")
        self.assertEqual(saved.value.path().read_bytes(), text)
        page.get_by_role("button", name="Details", exact=True).click()
        page.get_by_role("button", name="Media, files, voice").click()
        gallery = page.get_by_role("dialog", name="Media, files, voice")
        expect(gallery.get_by_role("button", name=re.compile("^Photo from Ben Baker"))).to_have_count(1)
        gallery.get_by_role("tab", name="Voice").click()
        expect(gallery.get_by_role("button", name="Play voice note")).to_have_count(1)
        gallery.get_by_role("tab", name="Files").click()
        expect(gallery.get_by_role("link", name="Download shopping list.txt")).to_be_visible()
        self.check_accessible(page)
        gallery.get_by_role("button", name="Show in chat").click()
        expect(gallery).to_have_count(0)
        expect(chat.log.locator(".timeline-row__message--flash")).to_contain_text("shopping list")
