"""Groups at browsers: begun, joined, kept, left; each sees at once what the others do."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.e2e.server import Account
from tests.web.case import PHONE, in_browser
from tests.web.test_conversation import ConversationCase

NAMES = {"ann": "Ann Archer", "ben": "Ben Baker", "cleo": "Cleo Clark"}


def details(page: Page) -> Locator:
    """What is shown of a group, beside its conversation or above it."""
    return page.get_by_role("complementary", name="Details").or_(page.get_by_role("dialog", name="Details"))


def roles(page: Page) -> Locator:
    """The members as one sees them."""
    return details(page).get_by_role("region", name=re.compile("^[0-9,]+ members?")).get_by_role("listitem")


class GroupCase(ConversationCase):
    """Ann, Ben and Cleo, who are friends of Ann."""

    def three(self) -> tuple[Account, Account, Account]:
        """All have accounts."""

        async def made() -> tuple[Account, ...]:
            found = [await self.person(name) for name in NAMES]
            for person, name in zip(found, NAMES.values(), strict=True):
                await person.rest("PATCH", "/users/me", {"displayName": name})
            for other in found[1:]:
                await self.acquaint(found[0], other)
            return tuple(found)

        ann, ben, cleo = self.wait(made())
        return ann, ben, cleo

    def group(self, owner: Account, *members: Account, **more: Any) -> str:
        """A group of these, in which all are; its id."""

        async def made() -> str:
            ids = [each.id for each in members]
            group = await owner.rest("POST", "/groups", {"name": "Alpine weekend", "memberIds": ids}, 201)
            for each in members:
                await each.rest("POST", f"/groups/{group['id']}/accept", {})
            if more:
                await owner.rest("PATCH", f"/groups/{group['id']}", more)
            return str(group["id"])

        return self.wait(made())

    def at_details(self, who: Account, group: str, **options: Any) -> Page:
        """The page of somebody at a group and its details."""
        page = self.at_home(who, f"/c/{group}", **options)
        page.get_by_role("button", name=re.compile("^Alpine weekend")).click()
        expect(roles(page).first).to_be_visible()
        return page

    def act(self, page: Page, name: str, act: str, verb: str = "") -> None:
        """Choose from the menu of a member; ``verb``: and say yes."""
        page.get_by_role("button", name=f"More about {name}").click()
        page.get_by_role("menuitem", name=act, exact=True).click()
        if verb:
            page.get_by_role("alertdialog").get_by_role("button", name=verb, exact=True).click()


class BeginTests(GroupCase):
    """A new group."""

    @in_browser
    def test_new(self) -> None:
        """Named and described, people picked by keys, one refused by name; it opens, and shows who is invited."""
        ann, ben, cleo = self.three()
        page = self.at_home(ann, "/")
        page.get_by_role("button", name="New group").click()
        dialog = page.get_by_role("dialog", name="New group")
        expect(dialog.get_by_role("textbox", name="Name")).to_be_focused()
        dialog.get_by_role("button", name="Create group").click()
        expect(dialog.get_by_text("A group needs a name.")).to_be_visible()
        dialog.get_by_role("textbox", name="Name").fill("Alpine weekend")
        dialog.get_by_role("textbox", name="Description").fill("Rotwand, Friday to Sunday.")
        field = dialog.get_by_role("combobox", name="Add people")
        for name in ("ben", "cleo"):
            field.fill(name)
            expect(dialog.get_by_role("option")).to_have_count(1)
            field.press("Enter")
        expect(dialog.get_by_role("list", name="Picked").get_by_role("button")).to_have_count(2)
        self.check_accessible(page)
        self.wait(cleo.rest("POST", f"/friends/{ann.id}/block", {}))
        dialog.get_by_role("button", name="Create group").click()
        expect(dialog.get_by_text("Can't be invited: Cleo Clark")).to_be_visible()
        field.press("Backspace")
        dialog.get_by_role("button", name="Create group").click()
        expect(page.get_by_role("textbox", name="Message to Alpine weekend")).to_be_focused()
        page.get_by_role("button", name=re.compile("^Alpine weekend")).click()
        expect(details(page).get_by_text("Rotwand, Friday to Sunday.")).to_be_visible()
        expect(roles(page)).to_have_text(
            [re.compile("Ann Archer.*you.*Owner"), re.compile("Ben Baker.*Invited by you")]
        )


class RoleTests(GroupCase):
    """Who is what changes before everybody's eyes."""

    @in_browser
    def test_every_change(self) -> None:
        """Promoted, demoted, a second owner, stepped down, handed over, removed, left to an heir, deleted."""
        ann, ben, cleo = self.three()
        group = self.group(ann, ben, cleo)
        hers, his = self.at_details(ann, group), self.at_details(ben, group)
        cleos = self.at_details(cleo, group, size=PHONE, theme="dark")
        everybody = (hers, his, cleos)

        def all_see(*lines: str, pages: tuple[Page, ...] = everybody) -> None:
            for page in pages:
                expect(roles(page)).to_have_text([re.compile(line.replace(" ", ".*")) for line in lines])

        all_see("Ann Owner", "Ben @ben$", "Cleo @cleo$")
        edit = his.get_by_role("button", name="Edit group")
        expect(edit).to_have_count(0)
        his.get_by_role("button", name="More about Cleo Clark").click()
        expect(his.get_by_role("menuitem")).to_have_text(["Message", "Profile"])
        his.keyboard.press("Escape")
        self.act(hers, "Ben Baker", "Make admin")
        all_see("Ann Owner", "Ben Admin", "Cleo @cleo$")
        expect(edit).to_be_visible()
        self.act(his, "Cleo Clark", "Make admin")
        all_see("Ann Owner", "Ben Admin", "Cleo Admin")
        self.check_accessible(cleos)
        cleos.get_by_role("button", name="Stop being an admin").click()
        cleos.get_by_role("alertdialog").get_by_role("button", name="Stop", exact=True).click()
        all_see("Ann Owner", "Ben Admin", "Cleo @cleo$")
        self.act(hers, "Ben Baker", "Make owner too", "Make owner")
        all_see("Ann Owner", "Ben Owner", "Cleo @cleo$")
        his.get_by_role("button", name="Step down as owner").click()
        his.get_by_role("alertdialog").get_by_role("button", name="Step down").click()
        all_see("Ann Owner", "Ben Admin", "Cleo @cleo$")
        self.act(hers, "Ben Baker", "Hand over the group", "Hand over")
        all_see("Ben Owner", "Ann Admin", "Cleo @cleo$")
        expect(hers.get_by_role("button", name="Delete group for everyone")).to_have_count(0)

        edit.click()
        name = his.get_by_role("textbox", name="Name")
        name.fill("Lake weekend")
        name.press("Enter")
        expect(edit).to_be_focused()
        for page in everybody:
            expect(details(page).get_by_role("heading", name="Lake weekend")).to_be_visible()
        self.act(his, "Cleo Clark", "Remove from group", "Remove")
        all_see("Ben Owner", "Ann Admin", pages=(hers, his))
        expect(cleos.get_by_text("You are not in Lake weekend any more")).to_be_visible()
        expect(details(cleos)).to_have_count(0)
        his.get_by_role("button", name="Leave group").click()
        question = his.get_by_role("alertdialog", name="Leave Lake weekend?")
        expect(question).to_contain_text("You are the only owner. Ann Archer becomes owner.")
        self.check_accessible(his)
        question.get_by_role("button", name="Leave").click()
        expect(his.get_by_text("No chats yet")).to_be_visible()
        all_see("Ann Owner", pages=(hers,))
        hers.get_by_role("button", name="Delete group for everyone").click()
        hers.get_by_role("alertdialog").get_by_role("button", name="Delete").click()
        expect(hers.get_by_text("No chats yet")).to_be_visible()


class DoorTests(GroupCase):
    """Ways in: by a link, by asking, by an invitation."""

    @in_browser
    def test_link(self) -> None:
        """Made and copied; whoever opens it signs in first and joins; revoked it says that it lets nobody in."""
        ann, ben, cleo = self.three()
        group = self.group(ann)
        hers = self.at_details(ann, group, permissions=["clipboard-read", "clipboard-write"])
        hers.get_by_role("button", name="Who may join By invitation").click()
        hers.get_by_role("menuitemcheckbox", name="Anyone with a link").click()
        hers.get_by_role("button", name="New link").click()
        self.check_accessible(hers)
        hers.get_by_role("radio", name="10", exact=True).click()
        hers.get_by_role("button", name="Create link").click()
        expect(details(hers).get_by_text("For 10 more people")).to_be_visible()
        url = hers.evaluate("navigator.clipboard.readText()")
        path = re.sub("^https?://[^/]*", "", url)

        his = self.visit(path)
        expect(his.get_by_text("Sign in or create an account to join the group.")).to_be_visible()
        his.get_by_role("textbox", name=re.compile("^E-mail")).fill("ben")
        his.get_by_label("Password", exact=True).fill("Correct-horse-7")
        his.get_by_role("button", name="Sign in", exact=True).click()
        expect(his.get_by_role("heading", name="Join Alpine weekend?")).to_be_visible()
        self.check_accessible(his)
        his.get_by_role("button", name="Join", exact=True).click()
        expect(his.get_by_role("textbox", name="Message to Alpine weekend")).to_be_visible()
        expect(roles(hers)).to_have_count(2)

        hers.get_by_role("button", name="Revoke link").click()
        hers.get_by_role("alertdialog").get_by_role("button", name="Revoke").click()
        expect(hers.get_by_text("No link yet.")).to_be_visible()
        self.allow("410")
        cleos = self.at_home(cleo, path, size=PHONE)
        expect(cleos.get_by_role("heading", name="This link lets nobody in any more")).to_be_visible()

    @in_browser
    def test_ask(self) -> None:
        """The admin sees it at once, refuses one and lets the other in; who was answered by another goes."""
        ann, ben, cleo = self.three()
        group = self.group(ann, joinPolicy="request")
        hers = self.at_details(ann, group)
        asking = {}
        for who in (ben, cleo):
            asking[who] = page = self.at_home(who, f"/g/{group}")
            page.get_by_role("button", name="Ask to join").click()
            expect(page.get_by_role("heading", name="You have asked to join Alpine weekend")).to_be_visible()
        expect(details(hers).get_by_text("2 want to join")).to_be_visible()
        self.check_accessible(hers)
        hers.get_by_role("button", name="Refuse Ben Baker").click()
        expect(asking[ben].get_by_role("button", name="Ask to join")).to_be_visible()
        hers.get_by_role("button", name="Let Cleo Clark in").click()
        expect(asking[cleo].get_by_role("textbox", name="Message to Alpine weekend")).to_be_visible()
        expect(roles(hers)).to_have_text([re.compile("Ann"), re.compile("Cleo")])
        expect(details(hers).get_by_text("to join")).to_have_count(0)
        # What another admin has answered is told to nobody but who asked.
        self.wait(ann.rest("PATCH", f"/groups/{group}/members/{cleo.id}/promote", {}))
        self.wait(ben.rest("POST", f"/groups/{group}/join", {}))
        expect(details(hers).get_by_text("1 wants to join")).to_be_visible()
        self.wait(cleo.rest("DELETE", f"/groups/{group}/members/{ben.id}"))
        hers.get_by_role("button", name="Refuse Ben Baker").click()
        expect(hers.get_by_role("status").get_by_text("This is no longer here.")).to_be_visible()
        expect(details(hers).get_by_text("to join")).to_have_count(0)

    @in_browser
    def test_invite(self) -> None:
        """People are invited later, one takes it, the other's invitation is taken back."""
        ann, ben, cleo = self.three()
        group = self.group(ann)
        hers = self.at_details(ann, group)
        hers.get_by_role("button", name="Invite", exact=True).click()
        dialog = hers.get_by_role("dialog", name="Invite people")
        for name in ("Ben Baker", "Cleo Clark"):
            dialog.get_by_role("option", name=name).click()
        dialog.get_by_role("button", name="Invite").click()
        expect(details(hers).get_by_text("1 member, 2 invited")).to_be_visible()
        his = self.at_home(ben, f"/g/{group}")
        expect(his.get_by_role("heading", name="You are invited to Alpine weekend")).to_be_visible()
        his.get_by_role("button", name="Join", exact=True).click()
        expect(his.get_by_role("textbox", name="Message to Alpine weekend")).to_be_visible()
        expect(details(hers).get_by_text("2 members, 1 invited")).to_be_visible()
        self.act(hers, "Cleo Clark", "Take invitation back")
        expect(roles(hers)).to_have_text([re.compile("Ann"), re.compile("Ben")])
        self.assertEqual(self.wait(cleo.rest("GET", "/groups/invites"))["items"], [])
