"""What is said in a group: three people at browsers of their own, or some of them by the API."""

from __future__ import annotations

import re
import uuid
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.e2e.server import Account
from tests.web.case import PHONE, BrowserCase, in_browser
from tests.web.test_conversation import Chat

NAMES = {"ann": "Ann Archer", "ben": "Ben Baker", "cat": "Cat Cooper"}


class GroupTalkCase(BrowserCase):
    """Ann has a group, to which Ben and Cat are invited."""

    def people(self, *, joined: str = "ben cat") -> dict[str, Account]:
        """Make all of it; those who are named have joined. ``self.group``: its id."""

        async def made() -> dict[str, Account]:
            people = {name: await self.person(name) for name in NAMES}
            for name, person in people.items():
                await person.rest("PATCH", "/users/me", {"displayName": NAMES[name]})
            ann = people["ann"]
            members = [people[name].id for name in ("ben", "cat")]
            group = await ann.rest("POST", "/groups", {"name": "Foxes", "memberIds": members}, 201)
            self.group = str(group["id"])
            for name in joined.split():
                await people[name].rest("POST", f"/groups/{self.group}/accept", {})
            return people

        return self.wait(made())

    def chat(self, who: Account, **options: Any) -> Chat:
        """The group on somebody's screen."""
        chat = Chat(self.at_home(who, f"/c/{self.group}", **options))
        expect(chat.field).to_be_visible()
        return chat

    def say(self, who: Account, *texts: str) -> list[dict[str, Any]]:
        """Somebody writes from elsewhere."""

        async def said() -> list[dict[str, Any]]:
            bodies = [{"conversationId": self.group, "content": each, "clientId": str(uuid.uuid4())} for each in texts]
            return [await who.rest("POST", "/messages", body, 201) for body in bodies]

        return self.wait(said())

    def act(self, who: Account, verb: str, path: str, body: Any = None) -> Any:
        """Somebody does something with the group from elsewhere."""
        return self.wait(who.rest(verb, f"/groups/{self.group}{path}", body))


def row(page: Page, name: str = "Foxes") -> Locator:
    """A chat of the list."""
    return page.get_by_role("region", name="Chats").get_by_role("link", name=re.compile(name))


class GroupTalkTests(GroupTalkCase):
    """What one does, the others see at once."""

    @in_browser
    def test_invited(self) -> None:
        """An invite is a card: joined by it one is there at once; declined, or taken back, it goes."""
        people = self.people(joined="")
        hers = self.chat(people["ann"])
        his = self.at_home(people["ben"], "/requests")
        card = his.get_by_role("region", name="Invite to Foxes")
        expect(card.get_by_text("Ann Archer invites you · 1 member")).to_be_visible()
        expect(his.get_by_role("tab", name=re.compile("Requests.*1"))).to_be_visible()
        self.check_accessible(his)
        card.get_by_role("button", name="Join").click()
        his.wait_for_url(f"**/c/{self.group}")
        expect(card).to_have_count(0)
        expect(hers.log.get_by_text("Ben Baker joined")).to_be_visible()
        Chat(his).write("Hello all")
        hers.has("Hello all")
        other = self.at_home(people["cat"], size=PHONE)
        expect(other.get_by_role("region", name="Invite to Foxes")).to_be_visible()
        self.act(people["ann"], "DELETE", f"/members/{people['cat'].id}")
        expect(other.get_by_role("region", name="Invite to Foxes")).to_have_count(0)
        expect(other.get_by_text("No chats yet")).to_be_visible()
        self.act(people["ann"], "POST", "/members", {"userIds": [people["cat"].id]})
        other.get_by_role("region", name="Invite to Foxes").get_by_role("button", name="Decline").click()
        expect(other.get_by_role("region", name="Invite to Foxes")).to_have_count(0)
        self.assertNotEqual(other.evaluate("() => document.activeElement.tagName"), "BODY")

    @in_browser
    def test_told(self) -> None:
        """Who wrote it, who types, and what happens in the group, in words: here and in the list."""
        people = self.people()
        hers, his = self.chat(people["ann"]), self.chat(people["ben"])
        self.say(people["cat"], "One", "Two")
        hers.has("Two")
        bubbles = hers.log.locator(".bubble")
        expect(bubbles.filter(has_text="One").locator(".bubble__name")).to_have_text("Cat Cooper")
        expect(bubbles.filter(has_text="Two").locator(".bubble__name")).to_have_count(0)
        expect(hers.log.locator(".sender-face")).to_have_count(1)
        his.field.press_sequentially("Is anybody", delay=20)
        expect(hers.page.get_by_text("Ben is typing…").first).to_be_visible()
        expect(row(hers.page)).to_contain_text("Ben is typing…")
        his.field.fill("")
        self.act(people["ann"], "PATCH", "", {"name": "Wolves", "description": "Howling", "joinPolicy": "link"})
        self.act(people["ann"], "PATCH", f"/members/{people['ben'].id}/promote", {})
        self.act(people["ben"], "DELETE", f"/members/{people['cat'].id}")
        told = ["You created the group Foxes", "Ben Baker joined", "Cat Cooper joined"]
        changed = ["changed the name to Wolves", "changed the description"]
        hers_are = [*told, *(f"You {each}" for each in changed), "You made Ben Baker an admin"]
        expect(hers.log.locator(".timeline-row__system")).to_have_text([*hers_are, "Ben Baker removed Cat Cooper"])
        made = "Ann Archer made you an admin"
        his_are = [
            "Ann Archer created the group Foxes",
            "You joined",
            told[2],
            *(f"Ann Archer {each}" for each in changed),
        ]
        expect(his.log.locator(".timeline-row__system")).to_have_text([*his_are, made, "You removed Cat Cooper"])
        expect(hers.page.get_by_role("button", name="Wolves 2 members")).to_be_visible()
        expect(row(hers.page, "Wolves")).to_contain_text("Ben Baker removed Cat Cooper")
        hers.has("One").click(button="right")
        hers.page.get_by_role("menuitem", name="Show @cat").click()
        expect(hers.page.get_by_role("dialog", name="Cat Cooper")).to_be_visible()
        hers.page.keyboard.press("Escape")
        hers.act("Two", "Unsend")
        hers.page.get_by_role("alertdialog").get_by_role("button", name="Unsend").click()
        expect(his.log.get_by_text("Message unsent")).to_be_visible()
        for chat in (hers, his):
            self.check_accessible(chat.page)

    @in_browser
    def test_mentioned(self) -> None:
        """A member is offered who never wrote; who is called sees it in the list, and finds the first of it."""
        people = self.people()
        hers = self.chat(people["ann"])
        hers.field.press_sequentially("Hello @ca")
        option = hers.page.get_by_role("listbox", name="People").get_by_role("option", name=re.compile("Cat Cooper"))
        expect(option).to_be_visible()
        hers.field.press("Enter")
        expect(hers.field).to_have_value("Hello @cat ")
        hers.field.press_sequentially("and @al")
        expect(hers.page.get_by_role("option", name=re.compile("Everyone"))).to_be_visible()
        hers.field.press("Tab")
        expect(hers.field).to_have_value("Hello @cat and @all ")
        his = self.at_home(people["cat"])
        expect(row(his)).to_contain_text("You joined")
        hers.field.press("Enter")
        expect(hers.bubble("Hello @cat").locator(".markdown__mention")).to_have_text(["@cat", "@all"])
        expect(hers.log.locator(".markdown__mention--you")).to_have_count(0)
        expect(row(his)).to_have_accessible_name(re.compile("you were mentioned", re.IGNORECASE))
        self.say(people["ben"], *(f"Line {number}" for number in range(40)))
        self.say(people["ben"], "@cat, are you there?")
        expect(row(his)).to_contain_text("42")
        row(his).click()
        chat = Chat(his)
        jump = his.get_by_role("button", name=re.compile("^Jump to mention"))
        expect(chat.bubble("Hello @cat").locator(".markdown__mention--you")).to_have_text(["@cat", "@all"])
        expect(jump).to_be_visible()
        jump.click()
        expect(chat.bubble("are you there")).to_be_in_viewport()
        expect(jump).to_have_count(0)
        expect(row(his)).not_to_have_accessible_name(re.compile("mentioned"))

    @in_browser
    def test_readers(self) -> None:
        """Who wrote sees whom it has reached, while that grows; the ticks say when it was all of them."""
        people = self.people()
        hers = self.chat(people["ann"])
        hers.write("Who is there?")
        hers.act("Who is there?", "Details")
        dialog = hers.page.get_by_role("dialog", name="Details")
        expect(dialog.get_by_text("Read by 0 of 2")).to_be_visible()
        his = self.chat(people["ben"])
        his.has("Who is there?")
        his.page.bring_to_front()
        expect(dialog.get_by_text("Read by 1 of 2")).to_be_visible()
        expect(dialog.get_by_role("button", name="Ben Baker")).to_be_visible()
        self.check_accessible(hers.page)
        self.wait(people["cat"].rest("POST", f"/conversations/{self.group}/read", {"seq": 1000}))
        expect(dialog.get_by_text("Read by 2 of 2")).to_be_visible()
        dialog.get_by_role("button", name="Close").last.click()
        expect(hers.bubble("Who is there?").get_by_text("Read", exact=True)).to_be_attached()
        self.wait(people["ann"].rest("PUT", "/users/me/settings", {"privacy": {"readReceipts": False}}))
        hers.write("And now?")
        hers.act("And now?", "Details")
        expect(dialog.get_by_text("You share no read receipts")).to_be_visible()

    @in_browser
    def test_gone(self) -> None:
        """Whoever is removed writes no more, and is told; who leaves is asked before, and the group is gone here."""
        people = self.people()
        his, others = self.chat(people["ben"]), self.chat(people["cat"], size=PHONE)
        self.allow("ERR_INTERNET_DISCONNECTED")
        his.page.context.set_offline(True)
        his.write("From the tunnel")
        his.has("From the tunnel")
        self.act(people["ann"], "DELETE", f"/members/{people['ben'].id}")
        his.page.context.set_offline(False)
        expect(his.page.get_by_role("heading", name="You are not in Foxes any more")).to_be_visible()
        expect(his.page.get_by_role("list", name="Not sent")).to_contain_text("From the tunnel")
        expect(his.field).to_have_count(0)
        expect(row(his.page)).to_have_count(0)
        self.check_accessible(his.page)
        his.page.get_by_role("button", name="Back to chats").click()
        expect(his.page.get_by_text("No chats yet")).to_be_visible()
        others.page.get_by_role("button", name="More").click()
        others.page.get_by_role("menuitem", name="Leave group").click()
        question = others.page.get_by_role("alertdialog", name="Leave Foxes?")
        question.get_by_role("button", name="Leave").click()
        expect(others.page.get_by_text("No chats yet")).to_be_visible()
        expect(others.field).to_have_count(0)

    @in_browser
    def test_found(self) -> None:
        """A group is found by its name, here and by Ctrl+K; a hit says who wrote it, and in which group."""
        people = self.people()
        self.say(people["ben"], "The key is under the gooseberry")

        async def indexed() -> None:
            assert self.service.node is not None
            await self.service.node.indexer.catch_up()

        self.wait(indexed())
        page = self.at_home(people["ann"])
        search = page.get_by_role("searchbox", name="Search chats and messages")
        search.fill("fox")
        expect(page.get_by_role("link", name=re.compile("Foxes"))).to_be_visible()
        search.fill("gooseberry")
        hit = page.get_by_role("link").filter(has_text="gooseberry")
        expect(hit).to_contain_text("Foxes")
        expect(hit).to_contain_text("Ben:")
        hit.click()
        expect(Chat(page).bubble("gooseberry")).to_be_in_viewport()
        page.keyboard.press("Control+k")
        page.get_by_role("combobox").fill("fox")
        expect(page.get_by_role("option", name=re.compile("Foxes.*3 members"))).to_be_visible()
