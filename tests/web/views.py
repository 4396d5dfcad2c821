"""What is to be seen in pictures of the client, and how to come there: pictures.py takes them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal, NamedTuple

from playwright.sync_api import Locator, Page, expect

from tests.web.case import PHONE

_PUT_FAILED = """(content) => new Promise((resolve, reject) => {
  const open = indexedDB.open(`chatr:${localStorage.getItem("chatr:user")}`);
  open.onerror = reject;
  open.onsuccess = () => {
    const work = open.result.transaction("outbox", "readwrite");
    const target = `conversation:${location.pathname.split("/").at(-1)}`;
    const error = { code: "transport_lost", detail: "" };
    const entry = { clientId: "picture", order: 1e6, target, content, createdAt: new Date().toISOString() };
    work.objectStore("outbox").put({ ...entry, state: "failed", error });
    work.oncomplete = () => { open.result.close(); resolve(); };
  };
})"""

Size = Literal["desktop", "phone"]
Theme = Literal["light", "dark"]
SIZES: tuple[Size, ...] = ("desktop", "phone")
THEMES: tuple[Theme, ...] = ("light", "dark")


class View(NamedTuple):
    """What is to be seen, and in which of its pictures docs/screenshots has it."""

    name: str
    show: Callable[[Page], None]
    docs: tuple[tuple[Size, Theme], ...] = ()
    #: Nobody is signed in.
    apart: bool = False


def chat(page: Page, name: str = "Mira Castellanos") -> None:
    """A conversation."""
    page.goto("/")
    page.get_by_role("link", name=re.compile(name)).first.click()
    expect(page.get_by_role("log", name="Messages").get_by_role("article").first).to_be_visible()


def at(path: str) -> Callable[[Page], None]:
    """A page of its own."""

    def show(page: Page) -> None:
        page.goto(path)
        expect(page.locator("h1, .docs__title").first).to_be_visible()

    return show


def search(page: Page) -> None:
    """Hits in messages."""
    page.goto("/")
    page.get_by_role("searchbox").first.fill("reader")
    expect(page.get_by_role("heading", name="Messages")).to_be_visible()


def switcher(page: Page) -> None:
    """Over a conversation."""
    chat(page)
    page.keyboard.press("Control+k")
    page.get_by_role("combobox").fill("e")
    expect(page.get_by_role("option").first).to_be_visible()


def request(page: Page) -> None:
    """Somebody new has written."""
    page.goto("/requests")
    page.get_by_role("link", name=re.compile("Priya Raman")).click()
    expect(page.get_by_role("button", name="Accept")).to_be_visible()


def person(page: Page) -> None:
    """Who it is, beside the conversation."""
    chat(page)
    page.get_by_role("button", name="Details").or_(
        page.get_by_role("button", name=re.compile("^Mira Cast"))
    ).first.click()
    expect(page.get_by_role("heading", name="Mira Castellanos")).to_be_visible()


def _message(page: Page, text: str) -> Locator:
    return page.get_by_role("log", name="Messages").get_by_role("article").filter(has_text=text)


def menu(page: Page) -> None:
    """What one may do with a message."""
    chat(page)
    _message(page, "Train is at").click(button="right")
    expect(page.get_by_role("menu")).to_be_visible()


def replying(page: Page) -> None:
    """A reply that is being written."""
    chat(page)
    _message(page, "Train is at").click(button="right")
    page.get_by_role("menuitem", name="Reply").click()
    page.get_by_role("textbox", name=re.compile("^Message to ")).fill("Quiet coach, with the stove\nand two blankets")


def group(page: Page) -> None:
    """What many say."""
    chat(page, "Alpine weekend")


def group_told(page: Page) -> None:
    """How a group began."""
    group(page)
    log = page.get_by_role("log", name="Messages")
    began = log.get_by_text("created the group")
    for _ in range(20):
        # What is above may be on its way.
        log.evaluate("(element) => element.scrollTo(0, 0)")
        page.wait_for_timeout(100)
        if began.is_visible():
            break
    expect(began).to_be_in_viewport()


def group_details(page: Page) -> None:
    """Who is in it, beside the conversation."""
    group(page)
    page.get_by_role("button", name=re.compile("^Alpine weekend")).click()
    expect(page.get_by_role("button", name="Leave group")).to_be_attached()


def _as_owner(page: Page) -> None:
    """Mira's page at the details of her group."""
    page.goto("/")
    sign_in = page.get_by_role("button", name=re.compile("Mira Castellanos"))
    chats = page.get_by_role("heading", name="Chats", exact=True)
    expect(sign_in.or_(chats)).to_be_visible()
    if sign_in.is_visible():
        sign_in.click()
        expect(chats).to_be_visible(timeout=30_000)
    group_details(page)


def group_kept(page: Page) -> None:
    """How it is kept, and the ways in and out."""
    _as_owner(page)
    page.get_by_role("button", name="Delete group for everyone").scroll_into_view_if_needed()


def member(page: Page) -> None:
    """What an owner may do about a member."""
    _as_owner(page)
    page.get_by_role("button", name="More about Ben Lindqvist").click()
    expect(page.get_by_role("menu")).to_be_visible()


def group_edit(page: Page) -> None:
    """Its name and description."""
    _as_owner(page)
    page.get_by_role("button", name="Edit group").click()
    expect(page.get_by_role("textbox", name="Name")).to_be_focused()


def new_group(page: Page) -> None:
    """A group is begun."""
    page.goto("/")
    page.get_by_role("button", name="New group").click()
    page.get_by_role("textbox", name="Name").fill("Sunday soup")
    field = page.get_by_role("combobox", name="Add people")
    for name in ("mira", "ada"):
        field.fill(name)
        expect(page.get_by_role("option")).to_have_count(1)
        field.press("Enter")


def mention(page: Page) -> None:
    """Whom one may call."""
    group(page)
    page.get_by_role("textbox", name=re.compile("^Message to ")).press_sequentially("Can you bring it, @a")
    expect(page.get_by_role("option", name=re.compile("Ada Okafor"))).to_be_visible()


def readers(page: Page) -> None:
    """Who has read what one wrote."""
    group(page)
    _message(page, "I bring the stove").first.click(button="right")
    page.get_by_role("menuitem", name="Details").click()
    expect(page.get_by_text(re.compile("Read by . of 4"))).to_be_visible()


def lab(page: Page) -> None:
    """Two people side by side, and a call."""
    page.goto("/lab?call=message.send")
    for pane, name in enumerate(("Mira Castellanos", "Sam Rivers")):
        if page.viewport_size == PHONE:
            page.get_by_role("tab", name=f"Pane {pane + 1}").or_(page.get_by_text(f"Pane {pane + 1}")).first.click()
        page.get_by_role("button", name=f"Sign in as {name}").first.click()
        expect(page.get_by_role("button", name=f"Call as {name.split()[0]}")).to_be_enabled()
    page.get_by_role("button", name="Call as Sam").click()
    page.wait_for_timeout(1000)


def offline(page: Page) -> None:
    """The connection is gone."""
    chat(page)
    page.context.set_offline(True)
    page.get_by_role("textbox", name=re.compile("^Message to ")).fill("I can write this in the tunnel")
    page.keyboard.press("Enter")
    expect(page.get_by_text("No connection.").first).to_be_visible()


def failed(page: Page) -> None:
    """A message that was not sent."""
    chat(page)
    page.evaluate(_PUT_FAILED, "See you at the platform, I bring the stove")
    page.reload()
    expect(page.get_by_role("button", name="Retry")).to_be_visible()


def right_to_left(page: Page) -> None:
    """A name and a text that run the other way."""
    chat(page, "نور")


def long_text(page: Page) -> None:
    """Further up: folded text, code, reactions."""
    chat(page)
    page.get_by_text("Thursday at ten?").last.scroll_into_view_if_needed()


BOTH: tuple[tuple[Size, Theme], ...] = (("desktop", "light"), ("desktop", "dark"))
#: Last those that leave something behind.
VIEWS = (
    View("sign-in", at("/sign-in"), (("desktop", "light"),), apart=True),
    View("sign-up", at("/sign-up"), apart=True),
    View("group-kept", group_kept, apart=True),
    View("group-edit", group_edit, apart=True),
    View("member", member, apart=True),
    View("chats", at("/"), (("phone", "light"),)),
    View("conversation", chat, (*BOTH, ("phone", "dark"))),
    View("long-text", long_text),
    View("right-to-left", right_to_left),
    View("group", group, (("desktop", "light"), ("phone", "dark"))),
    View("group-told", group_told),
    View("readers", readers),
    View("mention", mention),
    View("group-details", group_details, (("desktop", "dark"), ("phone", "light"))),
    View("new-group", new_group),
    View("no-way-in", at("/join#nothing")),
    View("menu", menu),
    View("requests", at("/requests")),
    View("request", request, (("phone", "light"),)),
    View("archived", at("/archived")),
    View("search", search, (("desktop", "light"),)),
    View("switcher", switcher, (("desktop", "dark"),)),
    View("person", person, (("desktop", "light"),)),
    View("friends", at("/friends"), (("phone", "dark"),)),
    View("profile", at("/profile")),
    View("appearance", at("/settings/appearance"), (("desktop", "dark"),)),
    View("privacy", at("/settings/privacy")),
    View("security", at("/settings/security"), (("desktop", "light"),)),
    View("notifications", at("/settings/notifications")),
    View("settings", at("/settings")),
    View("docs", at("/docs/operations/message/send"), (("desktop", "light"),)),
    View("docs-home", at("/docs")),
    View("guide", at("/docs/guides/architecture")),
    View("offline", offline, (("phone", "dark"),)),
    View("failed", failed),
    View("reply", replying),
    View("lab", lab, (("desktop", "dark"),)),
)
