"""Pictures of the main views, of the demo: ``make pictures`` for those in docs/screenshots, ``--all`` for every one.

They are for eyes, and no test compares them.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.request import Request, urlopen

import psycopg2
from playwright.sync_api import Browser, Error, Page, Route, expect, sync_playwright

from tests.box import box
from tests.e2e.faults import TWISTD
from tests.web.case import DESKTOP, PHONE
from tests.web.chromium import WEB, chromium
from tests.web.views import SIZES, THEMES, VIEWS, Size, Theme, View

DOCS = WEB.parent / "docs" / "screenshots"
#: Where ``make pictures`` has npm put the fonts: every machine has others, and most servers no emoji.
FONTS = WEB / "node_modules" / ".cache" / "fonts" / "node_modules"
_STARTS_S = 60.0
_SHARPNESS = 2
_QUALITY = 0.86
#: The sheet of each package, and the name that it gives its font.
_SHEETS = (
    ("@fontsource-variable/inter", "index.css", "Inter Variable"),
    ("@fontsource-variable/noto-sans-arabic", "index.css", "Noto Sans Arabic Variable"),
    # Of the fonts of emoji one that headless Chromium draws: it knows the first version of coloured outlines.
    ("twemoji-colr-font", "twemoji.css", "Twemoji"),
)
_TO_WEBP = """async ([png, quality]) => {
  const picture = await createImageBitmap(await (await fetch(`data:image/png;base64,${png}`)).blob());
  const canvas = new OffscreenCanvas(picture.width, picture.height);
  canvas.getContext("2d").drawImage(picture, 0, 0);
  const bytes = new Uint8Array(await (await canvas.convertToBlob({ type: "image/webp", quality })).arrayBuffer());
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}"""

#: When the pictures are taken, and how long before that each conversation ended: the demo is made in a second.
_NOW = (datetime.now(UTC) - timedelta(days=1)).replace(hour=13, minute=32, second=20)
_SPREAD = """
    UPDATE messages SET created_at = ended + (seq - head_seq) * interval '4 minutes' - interval '20 seconds',
        edited_at = CASE WHEN edited_at IS NOT NULL THEN ended END
    FROM (
        SELECT id AS conversation, head_seq, %s - (
            ARRAY['0', '34 minutes', '2 hours', '3 h', '5 hours', '26 hours', '1 day', '3 days', '9 days', '40 days']
        )[least(10, row_number() OVER (ORDER BY head_seq DESC, id))]::interval AS ended
        FROM conversations
    ) AS ends WHERE conversation_id = conversation;
    UPDATE conversations SET active_at =
        (SELECT max(created_at) FROM messages WHERE conversation_id = conversations.id)"""


@contextmanager
def server() -> Iterator[str]:
    """A server of this checkout with the demo, as if it had been written over days; its address."""
    folder = Path(tempfile.mkdtemp(prefix="chatr-pictures-"))
    dsn = box().shared()
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    options = ["--data-dir", str(folder / "data"), "--http", f"tcp:{port}:interface=127.0.0.1"]
    for setting in (f"database.dsn={dsn}", "limits.enabled=false", "auth.bcrypt_cost=4", "previews.enabled=false"):
        options += ["--set", setting]
    program = subprocess.Popen([*TWISTD, *options], stdout=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_for(f"{url}/ready", program)
        with urlopen(Request(f"{url}/dev/demo/sam", method="POST")) as answer:
            json.load(answer)
        connection = psycopg2.connect(dsn)
        with connection, connection.cursor() as cursor:
            cursor.execute(_SPREAD, [_NOW])
        connection.close()
        yield url
    finally:
        program.terminate()
        program.wait()
        box().clean(dsn)
        shutil.rmtree(folder)


def _wait_for(url: str, program: subprocess.Popen[bytes]) -> None:
    ends_at = time.monotonic() + _STARTS_S
    while time.monotonic() < ends_at and program.poll() is None:
        with suppress(OSError), urlopen(url):
            return
        time.sleep(0.2)
    raise SystemExit("the server did not start")


class Studio:
    """Takes the pictures."""

    def __init__(self, browser: Browser, url: str, folder: Path, language: str) -> None:
        self._browser = browser
        self._url = url
        self._folder = folder
        self._language = language
        self._encoder = browser.new_page()
        self._style = _style()

    def take(self, views: list[View], size: Size, theme: Theme) -> list[str]:
        """All of these, as one person; answers the names of those that could not be taken."""
        missing = []
        mira = self._page("desktop", "light")
        _sign_in(mira, "Mira Castellanos")
        mira.goto("/settings/about")
        for apart in (True, False):
            some = [view for view in views if view.apart is apart]
            if not some:
                continue
            page = self._page(size, theme)
            if not apart:
                _sign_in(page, "Sam Rivers")
            for view in some:
                name = f"{view.name}-{size}-{theme}"
                page.context.set_offline(False)
                try:
                    view.show(page)
                except (Error, AssertionError) as error:
                    missing.append(name)
                    print(f"{name}: {str(error).splitlines()[0]}", file=sys.stderr)
                page.wait_for_timeout(700)
                self._keep(name, page)
            page.context.close()
        mira.context.close()
        return missing

    def _page(self, size: Size, theme: Theme) -> Page:
        phone = size == "phone"
        context = self._browser.new_context(
            base_url=self._url,
            viewport=PHONE if phone else DESKTOP,
            device_scale_factor=_SHARPNESS,
            color_scheme=theme,
            has_touch=phone,
            is_mobile=phone,
            locale=self._language,
            timezone_id="Europe/Berlin",
            reduced_motion="reduce",
            service_workers="block",
        )
        context.set_default_timeout(10_000)
        context.clock.set_system_time(_NOW)
        context.route("**/picture-fonts/**", self._font)
        context.add_init_script(
            "addEventListener('DOMContentLoaded', () => { const style = document.createElement('style'); "
            f"style.textContent = {self._style!r}; document.head.append(style) }})"
        )
        return context.new_page()

    def _font(self, route: Route) -> None:
        route.fulfill(path=FONTS / route.request.url.partition("/picture-fonts/")[2])

    def _keep(self, name: str, page: Page) -> None:
        picture = page.screenshot()
        if self._folder != DOCS:
            (self._folder / f"{name}.png").write_bytes(picture)
            return
        webp = self._encoder.evaluate(_TO_WEBP, [base64.b64encode(picture).decode(), _QUALITY])
        (self._folder / f"{name}.webp").write_bytes(base64.b64decode(webp))


def _sign_in(page: Page, name: str) -> None:
    page.goto("/")
    page.get_by_role("button", name=re.compile(name)).click()
    expect(page.get_by_role("heading", name="Chats", exact=True)).to_be_visible(timeout=30_000)


def _style() -> str:
    sheets = []
    for package, sheet, _ in _SHEETS:
        text = (FONTS / package / sheet).read_text()
        sheets.append(re.sub(r"""url\(["']?(?:\./)?([^"')]+)["']?\)""", rf"url(/picture-fonts/{package}/\1)", text))
    names = ", ".join(f"'{name}'" for _, _, name in _SHEETS)
    return "".join(sheets) + f":root {{ --font: {names}, sans-serif }}"


def main() -> None:
    """Take them."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--all", type=Path, metavar="FOLDER", help="every view, in each size and theme, to there")
    options.add_argument("--only", nargs="*", help="of these views")
    options.add_argument("--kinds", nargs="*", help="of these sizes and themes, as phone-dark")
    options.add_argument("--url", help="a server that runs already, with the demo")
    options.add_argument("--language", default="en-GB")
    chosen = options.parse_args()
    folder = chosen.all or DOCS
    folder.mkdir(parents=True, exist_ok=True)
    missing = []
    with sync_playwright() as playwright:
        program, environment = chromium()
        browser = playwright.chromium.launch(executable_path=program, env={**os.environ, **environment})
        for size in SIZES:
            for theme in THEMES:
                views = [
                    view
                    for view in VIEWS
                    if (chosen.all or (size, theme) in view.docs) and (not chosen.only or view.name in chosen.only)
                ]
                if views and f"{size}-{theme}" in (chosen.kinds or f"{size}-{theme}"):
                    # Of a demo of its own: what has been looked at is not new any more.
                    with server() if chosen.url is None else nullcontext(chosen.url) as url:
                        missing += Studio(browser, url, folder, chosen.language).take(views, size, theme)
        browser.close()
    if missing:
        raise SystemExit(f"not taken as they should be: {', '.join(missing)}")


if __name__ == "__main__":
    main()
