"""Friends, requests and blocks, and the own profile, at browsers."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.web.case import PHONE, in_browser
from tests.web.test_conversation import ConversationCase


def section(page: Page, name: str) -> Locator:
    """A part of a page, by its title."""
    return page.get_by_role("region", name=re.compile(f"^{name}( \\d+)?$"))


def details(page: Page) -> Locator:
    """What is shown of somebody, beside the list."""
    return page.get_by_role("complementary", name="Details")


class FriendsTests(ConversationCase):
    """From strangers to friends, and back."""

    @in_browser
    def test_request_by_search(self) -> None:
        """Ann finds Ben and asks him; his list has her at once; he accepts; each sees that the other is here."""
        ann, ben = self.people(friends=False)
        hers, his = self.at_home(ann, "/friends"), self.at_home(ben, "/friends", size=PHONE)
        expect(his.get_by_text("No friends yet")).to_be_visible()
        add = hers.get_by_role("main").get_by_role("button", name="Add friend").first
        add.click()
        hers.get_by_role("dialog").get_by_role("searchbox").fill("ben")
        self.check_accessible(hers)
        hers.get_by_role("button", name="Add friend: Ben Baker").click()
        expect(hers.get_by_role("dialog").get_by_role("button", name="Cancel request to Ben Baker")).to_be_visible()
        hers.keyboard.press("Escape")
        expect(add).to_be_focused()
        expect(section(hers, "Sent").get_by_text("Ben Baker")).to_be_visible()

        expect(section(his, "Waiting for you").get_by_text("Ann Archer")).to_be_visible()
        self.check_accessible(his)
        his.get_by_role("button", name="Accept the request of Ann Archer").click()
        for page, other in ((hers, "Ben Baker"), (his, "Ann Archer")):
            expect(section(page, "Online").get_by_text(other)).to_be_visible()
        expect(hers.get_by_text("Sent", exact=True)).to_have_count(0)

    @in_browser
    def test_decline_and_take_back(self) -> None:
        """A declined request is gone on both sides, and so is one that was taken back."""
        ann, ben = self.people(friends=False)
        self.wait(ann.rest("POST", "/friends/request", {"addresseeId": ben.id}, status=201))
        hers, his = self.at_home(ann, "/friends/requests"), self.at_home(ben, "/friends/requests")
        his.get_by_role("button", name="Decline the request of Ann Archer").click()
        for page in (hers, his):
            expect(page.get_by_text("No requests")).to_be_visible()
        self.wait(ann.rest("POST", "/friends/request", {"addresseeId": ben.id}, status=201))
        expect(his.get_by_text("Ann Archer")).to_be_visible()
        hers.reload()
        hers.get_by_role("button", name="Cancel request to Ben Baker").click()
        for page in (hers, his):
            expect(page.get_by_text("No requests")).to_be_visible()

    @in_browser
    def test_block(self) -> None:
        """Blocking asks, ends the friendship, and hides who blocks; unblocking does not bring the friendship back."""
        ann, ben = self.people()
        hers, his = self.at_home(ann, "/friends"), self.at_home(ben, "/friends")
        section(his, "Online").get_by_text("Ann Archer").click()
        expect(details(his)).to_contain_text("Online")
        hers.get_by_role("button", name="More about Ben Baker").click()
        hers.get_by_role("menuitem", name="Block Ben Baker").click()
        question = hers.get_by_role("alertdialog", name="Block Ben Baker?")
        expect(question.get_by_role("button", name="Cancel")).to_be_focused()
        self.check_accessible(hers)
        question.get_by_role("button", name="Block").click()
        expect(hers.get_by_text("No friends yet")).to_be_visible()
        hers.get_by_role("radio", name="Blocked").click()
        expect(section(hers, "Blocked").get_by_text("Ben Baker")).to_be_visible()
        # Nobody tells him, but he can't see her any more.
        expect(details(his)).not_to_contain_text("Online")
        hers.get_by_role("button", name="Unblock Ben Baker").click()
        expect(hers.get_by_text("Nobody blocked")).to_be_visible()
        self.assertEqual(self.wait(ann.rest("GET", "/friends"))["items"], [])

    @in_browser
    def test_details_act_on_the_chat(self) -> None:
        """Beside a conversation: mute, pin, archive, by keys alone."""
        ann, ben = self.people()
        self.wait(ann.send(ben, "hello"))
        page = self.at_home(ben, "/friends")
        page.get_by_role("button", name=re.compile("^Ann Archer")).press("Enter")
        side = details(page)
        side.get_by_role("button", name="Mute").press("Enter")
        page.get_by_role("menuitem", name="Mute always").press("Enter")
        expect(side.get_by_role("button", name="Unmute")).to_be_visible()
        side.get_by_role("switch", name="Pin chat").press(" ")
        expect(side.get_by_role("switch", name="Pin chat")).to_be_checked()
        side.get_by_role("button", name="Archive").press("Enter")
        expect(side.get_by_role("button", name="Unarchive")).to_be_visible()
        self.check_accessible(page)
        shown = self.wait(ben.rest("GET", f"/conversations/with/{ann.id}"))
        self.assertEqual((shown["pinned"], shown["archived"], "mutedUntil" in shown), (True, True, True))


class CardTests(ConversationCase):
    """A card about somebody, wherever their name is."""

    @in_browser
    def test_in_a_text(self) -> None:
        """By a click on a name, and from the menu of the message; it leads to the details, and gives the focus back."""
        ann, ben = self.people()
        self.wait(ben.send(ann, "Hi @ann, it's @ben."))
        page = self.at_home(ann, f"/u/{ben.id}")
        message = page.get_by_role("article").filter(has_text="it's @ben")
        card = page.get_by_role("dialog", name="@ben")
        message.get_by_text("@ben").click()
        expect(card.get_by_role("heading", name="Ben Baker")).to_be_visible()
        expect(card.get_by_text("Friend since")).to_be_visible()
        expect(card.get_by_role("button", name="Message")).to_have_count(0)
        self.check_accessible(page)
        page.keyboard.press("Escape")
        expect(message).to_be_focused()
        page.keyboard.press("Enter")
        page.get_by_role("menuitem", name="Show @ben").press("Enter")
        page.get_by_role("button", name="Show details").click()
        expect(details(page).get_by_role("heading", name="Ben Baker")).to_be_visible()
        expect(page.get_by_role("dialog")).to_have_count(0)

    @in_browser
    def test_above_a_dialog(self) -> None:
        """Where somebody was found, and among those who reacted."""
        ann, ben = self.people()
        sent = self.wait(ann.send(ben, "Look"))
        self.wait(ben.rest("PUT", f"/messages/{sent['id']}/reaction", {"emoji": "👍"}))
        page = self.at_home(ann, "/friends", size=PHONE, theme="dark")
        page.get_by_role("main").get_by_role("button", name="Add friend").first.click()
        page.get_by_role("searchbox", name="Name or @username").last.fill("ben")
        page.get_by_role("button", name="Ben Baker @ben").click()
        self.check_accessible(page)
        page.get_by_role("dialog", name="Ben Baker").get_by_role("button", name="Message").click()
        expect(page.get_by_role("textbox", name="Message to Ben Baker")).to_be_visible()
        page.get_by_role("article").filter(has_text="Look").click(button="right")
        page.get_by_role("menuitem", name="Details").click()
        page.get_by_role("button", name="Ben Baker 👍").click()
        expect(page.locator(".person-card").get_by_text("Friend since")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.get_by_role("button", name="Ben Baker 👍")).to_be_focused()


class ProfileTests(ConversationCase):
    """What one says of oneself, and to whom."""

    @in_browser
    def test_names(self) -> None:
        """A name is edited in its row, by keys; the other sees it at once; what is wrong with one is said there."""
        ann, ben = self.people()
        hers, his = self.at_home(ann, "/profile"), self.at_home(ben, "/friends")
        edit = hers.get_by_role("button", name="Edit display name")
        edit.press("Enter")
        field = hers.get_by_role("textbox", name="Display name")
        expect(field).to_be_focused()
        field.fill("x" * 51)
        expect(hers.get_by_text("Use 50 characters at most.")).to_be_visible()
        self.check_accessible(hers)
        field.press("Escape")
        expect(edit).to_be_focused()
        edit.press("Enter")
        field.fill("Annie Archer")
        field.press("Enter")
        expect(hers.get_by_role("heading", name="Annie Archer")).to_be_visible()
        expect(his.get_by_text("Annie Archer")).to_be_visible()

    @in_browser
    def test_who_may_see(self) -> None:
        """A fact is shown to a friend when the chip beside it says so, and hidden again at once."""
        ann, ben = self.people()
        hers, his = self.at_home(ann, "/profile"), self.at_home(ben, "/friends")
        his.get_by_text("Ann Archer").click()
        expect(details(his)).to_contain_text("Joined")
        address = ann.session["user"]["email"]
        for level, shown in (("Friends", 1), ("Nobody", 0)):
            hers.get_by_role("button", name="Who can see e-mail").click()
            hers.get_by_role("menuitemcheckbox", name=level).click()
            expect(hers.get_by_role("button", name=f"Who can see e-mail: {level}")).to_be_visible()
            expect(details(his).get_by_text(address)).to_have_count(shown)


class StorageTests(ConversationCase):
    """What is kept on the device."""

    @in_browser
    def test_clear(self) -> None:
        """Messages that are cleared here are there again when the conversation is opened."""
        hers, his = self.side_by_side()
        hers.write("kept on the server")
        his.has("kept on the server")
        page = his.page
        page.goto("/settings/storage")
        expect(page.get_by_text("1 message · 1 chat")).to_be_visible()
        # What the page fetches as it begins is not to come behind it.
        self.settled(page)
        page.get_by_role("button", name="Clear messages").click()
        page.get_by_role("alertdialog").get_by_role("button", name="Clear").click()
        expect(page.get_by_text("0 messages · 1 chat")).to_be_visible()
        page.go_back()
        his.has("kept on the server")
