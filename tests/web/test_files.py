"""Files that people send, voice notes that they record, and pictures of themselves."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image
from playwright.sync_api import FilePayload, Locator, Page, expect

from tests.e2e.server import Account
from tests.web.case import DESKTOP, in_browser
from tests.web.test_conversation import Chat, ConversationCase
from tests.web.test_groups import GroupCase, details

#: Drops a file onto an element, as the desktop does: by a DataTransfer that the page makes.
_DROP = """async (element, { name, type, bytes }) => {
    const data = new DataTransfer();
    data.items.add(new File([Uint8Array.from(bytes)], name, { type }));
    for (const kind of ["dragenter", "dragover", "drop"]) {
        element.dispatchEvent(new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer: data }));
        await new Promise((done) => requestAnimationFrame(done));
    }
}"""


#: Pastes a picture that has no name to speak of.
_PASTE = """(field, bytes) => {
    const data = new DataTransfer();
    data.items.add(new File([Uint8Array.from(bytes)], "image.png", { type: "image/png" }));
    field.dispatchEvent(new ClipboardEvent("paste", { bubbles: true, cancelable: true, clipboardData: data }));
}"""


def picture(width: int = 640, height: int = 360, *, form: str = "PNG") -> bytes:
    """A picture of that size."""
    out = io.BytesIO()
    Image.linear_gradient("L").resize((width, height)).convert("RGB").save(out, form)
    return out.getvalue()


def chosen(name: str, kind: str, data: bytes) -> FilePayload:
    """A file that somebody chooses."""
    return {"name": name, "mimeType": kind, "buffer": data}


class Writing(Chat):
    """A conversation in which somebody attaches and records."""

    def __init__(self, page: Page) -> None:
        super().__init__(page)
        self.tray = page.get_by_role("list", name="Attached files").get_by_role("listitem")

    def attach(self, *files: FilePayload) -> None:
        """Choose files by the button."""
        with self.page.expect_file_chooser() as chooser:
            self.page.get_by_role("button", name="Attach", exact=True).click()
        chooser.value.set_files(list(files))

    def drop(self, name: str, kind: str, data: bytes) -> None:
        """Drop a file onto the messages."""
        section = self.page.locator("section.conversation")
        section.evaluate(_DROP, {"name": name, "type": kind, "bytes": list(data)})

    def button(self, name: str) -> Locator:
        """A button by its name."""
        return self.page.get_by_role("button", name=name, exact=True)


class FilesTests(ConversationCase):
    """Ann sends, Ben receives."""

    settings = {**ConversationCase.settings, "files.max_bytes": str(4 << 20)}

    def setting_out(self) -> tuple[Writing, Chat, Account]:
        """Both look at their conversation; and Ben."""
        ann, ben = self.people()
        return Writing(self.at_home(ann, f"/u/{ben.id}")), Chat(self.at_home(ben, f"/u/{ann.id}")), ben

    def received(self, chat: Chat, who: Account, count: int) -> list[dict[str, Any]]:
        """Wait for so many messages on a screen, and fetch them as the server has them for somebody."""
        expect(chat.log.get_by_role("article")).to_have_count(count)
        chat.page.wait_for_url("**/c/*")
        conversation = chat.page.url.rpartition("/")[2]
        found = self.wait(who.rest("GET", f"/messages/history?conversationId={conversation}"))
        return list(found["items"])

    @in_browser
    def test_pictures(self) -> None:
        """What is dropped, chosen and pasted arrives as an album with its caption; what can't be sent says why."""
        hers, his, ben = self.setting_out()
        expect(hers.button("Attach")).to_be_visible()
        hers.drop("mountains.png", "image/png", picture())
        hers.attach(chosen("plan.txt", "text/plain", b"Up, and down again"), chosen("run.exe", "", b"MZ"))
        expect(hers.page.get_by_role("alert")).to_have_text(
            "run.exe: This kind of file can’t be sent. Put it in a zip."
        )
        hers.attach(chosen("film.zip", "application/zip", bytes(5 << 20)))
        expect(hers.page.get_by_role("alert")).to_have_text("That file is 5 MB. The limit is 4 MB.")
        hers.field.evaluate(_PASTE, list(picture(20, 30)))
        expect(hers.tray).to_have_count(3)
        self.check_accessible(hers.page)
        # Where there is less room for it than it has, it scrolls, and nothing else does.
        hers.page.set_viewport_size({"width": 240, "height": 740})
        self.assertEqual(hers.page.locator(".foot").evaluate("(foot) => foot.scrollWidth - foot.clientWidth"), 0)
        hers.page.set_viewport_size(DESKTOP)
        hers.button("Remove plan.txt").click()
        hers.field.fill("From the top")
        hers.field.press("Enter")
        expect(hers.tray).to_have_count(0)
        for table in ("outbox", "blobs"):
            self.kept(hers.page, table, 0)
        # Together they are one row.
        messages = self.received(his, ben, 1)
        self.assertEqual(
            [(each["type"], each["content"], each["file"]["width"], each["file"]["height"]) for each in messages],
            [("image", "From the top", 640, 360), ("image", "", 20, 30)],
        )
        self.assertEqual(len({each["groupId"] for each in messages}), 1)

    @in_browser
    def test_no_picture(self) -> None:
        """What is called a picture and is none is refused and says so, without a broken picture above."""
        hers, _, _ = self.setting_out()
        self.allow("Failed to load resource")
        hers.attach(chosen("cat.jpg", "image/jpeg", b"<!doctype html><p>No cat</p>"))
        expect(hers.tray).to_have_count(1)
        hers.field.press("Enter")
        sent = hers.log.get_by_role("article")
        expect(sent).to_contain_text("can’t be sent")
        expect(sent.locator(".still__missing")).to_be_visible()
        expect(sent.locator("img")).to_have_count(0)
        self.check_accessible(hers.page)

    @in_browser
    def test_voice(self) -> None:
        """A voice note is recorded, heard, and sent with its length and waveform; the other sees that it comes."""
        hers, his, ben = self.setting_out()
        hers.write("Listen")
        his.has("Listen")
        hers.button("Record a voice note").click()
        expect(his.page.locator(".conversation-header")).to_contain_text("recording")
        hers.page.wait_for_function("() => document.querySelector('.recorder__time')?.textContent === '0:01'")
        hers.button("Stop and listen").click()
        hers.button("Play preview").click()
        expect(hers.button("Pause preview")).to_be_visible()
        self.check_accessible(hers.page)
        # Who looks elsewhere in between finds it again.
        hers.page.get_by_role("link", name="Friends", exact=True).click()
        hers.page.go_back()
        hers.page.get_by_role("group", name="Voice note").get_by_role("button", name="Send", exact=True).click()
        expect(hers.field).to_be_focused()
        note = self.received(his, ben, 2)[1]
        self.assertEqual((note["type"], len(note["file"]["waveform"])), ("audio", 100))
        self.assertGreater(max(note["file"]["waveform"]), 0.5)
        self.assertTrue(1 <= note["file"]["duration"] < 5, note["file"])

    @in_browser
    def test_offline(self) -> None:
        """What is sent without a network goes when there is one, also after a reload; what is cancelled does not."""
        hers, his, ben = self.setting_out()
        hers.write("Before")
        his.has("Before")
        self.allow("Failed to load resource|ERR_INTERNET_DISCONNECTED")
        hers.page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
        hers.page.context.set_offline(True)
        self.cut()
        for name in ("one.txt", "two.txt"):
            hers.attach(chosen(name, "text/plain", name.encode() * 500_000))
            expect(hers.tray).to_have_count(1)
            hers.field.press("Enter")
        self.kept(hers.page, "blobs", 2)
        hers.page.reload()
        hers.button("Cancel one.txt").click()
        self.kept(hers.page, "blobs", 1)
        hers.page.context.set_offline(False)
        files = [each["file"]["name"] for each in self.received(his, ben, 2) if "file" in each]
        self.assertEqual(files, ["two.txt"])
        self.kept(hers.page, "blobs", 0)

    @in_browser
    def test_faces(self) -> None:
        """A picture is cut to what is to be seen of somebody, and seen wherever they are; it can be removed."""
        ann, ben = self.people()
        self.wait(ann.send(ben, "Hello"))
        his = self.at_home(ben)
        page = self.at_home(ann, "/profile")
        with page.expect_file_chooser() as chooser:
            page.get_by_role("button", name="Change picture").click()
        chooser.value.set_files([chosen("me.png", "image/png", picture(900, 600))])
        dialog = page.get_by_role("dialog", name="Place the picture")
        dialog.get_by_role("slider", name="Zoom").fill("2")
        self.check_accessible(page)
        dialog.get_by_role("button", name="Use picture").click()
        expect(dialog).to_have_count(0)
        for seen, size in (
            (page.locator(".profile__face img"), 400),
            (his.get_by_role("list", name="Chats").locator("img"), 96),
        ):
            expect(seen).to_have_js_property("naturalWidth", size)
            expect(seen).to_have_js_property("naturalHeight", size)
        page.get_by_role("button", name="Change picture").click()
        page.get_by_role("menuitem", name="Remove picture").click()
        page.get_by_role("button", name="Remove", exact=True).click()
        for each in (page, his):
            expect(each.locator(".avatar img")).to_have_count(0)


class GroupPictureTests(GroupCase):
    """A group's."""

    @in_browser
    def test_pictures(self) -> None:
        """Who may change its picture and cover is offered that; all see them, and who did it."""
        ann, ben, _ = self.three()
        group = self.group(ann, ben)
        hers, his = self.at_details(ann, group), self.at_details(ben, group)
        for item in ("Change picture", "Add cover"):
            with hers.expect_file_chooser() as chooser:
                details(hers).get_by_role("button", name="Change picture or cover").click()
                hers.get_by_role("menuitem", name=item).click()
            chooser.value.set_files([chosen("us.jpg", "image/jpeg", picture(1600, 1000, form="JPEG"))])
            hers.get_by_role("dialog", name="Place the picture").get_by_role("button", name="Use picture").click()
            expect(hers.get_by_role("dialog", name="Place the picture")).to_have_count(0)
        for page in (hers, his):
            expect(details(page).locator(".avatar--place img")).to_have_js_property("naturalWidth", 400)
            expect(details(page).locator(".cover img")).to_have_js_property("naturalWidth", 1200)
            expect(page.locator(".conversation-header img")).to_have_js_property("naturalWidth", 96)
        expect(Chat(his).log).to_contain_text("Ann Archer changed the group’s picture")
        expect(details(his).get_by_role("button", name="Change picture or cover")).to_have_count(0)
        self.check_accessible(hers)
