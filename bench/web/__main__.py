"""``python -m bench.web``: how fast and how large the web client is, in a real Chromium at a real server. Chatr alone.

Somebody has chats with many people, one of which is very long. The parts, each in a browser profile of its own:

load         What comes over the wire before the chats are shown, to a browser that was never here (bodies as encoded).
start        From the shell and the database that are here, on a processor four times as slow: first paint, chats
             painted, interactive (chats painted, and no task over 50 ms within the second that follows).
open         From the click on the long chat to the paint of its messages: with all of it in the browser's database.
scroll       Through the last of its messages, up as they come from the database, and down again.
memory       What the scripts hold before and after a busy chat, whose hour comes as fast as server and browser take it.
sync         Sign in with all those chats: until the list is painted, and until all that was missed is here.
shift        The sum of layout shifts while history comes, while somebody types, reacts, edits and writes.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import sys
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Response

from bench.server import free_port, running
from bench.sessions import Client
from bench.web import in_page
from bench.web.browser import Visit, browsing, visiting
from bench.web.world import World, populate
from chatr.rest.client import FOLDER

#: How much slower a cheap telephone is.
SLOWER = 4
OPENINGS, STARTS = 10, 5
#: A flick of a wheel or a finger, in pixels a frame.
STEP_PX = 300
#: As fast as one may scroll and see anything.
LOOKING_PX = 60
LONG_FRAME_MS = 50


def filled(world: World, visit: Visit) -> None:
    """Have somebody signed in with all of the long chat in the browser's database; a new page shows the list."""
    visit.sign_in(world.reader)
    visit.synced(world.reader.id)
    visit.run(in_page.FILL, [world.reader.id, world.long, world.token(world.reader.id), world.options.messages])
    visit.run("navigator.serviceWorker.ready.then(() => undefined)")
    visit.new_page()
    visit.goto("/", "chats")
    visit.synced(world.reader.id)


def load(world: World, visit: Visit) -> None:
    """What comes over the wire."""
    encodings: set[str | None] = set()

    def note(answer: Response) -> None:
        if "/assets/" in answer.url:
            encodings.add(answer.headers.get("content-encoding"))

    visit.page.on("response", note)
    visit.sign_in(world.reader)
    row("first load, landing page", _wire(visit, "landing"))
    row("landing page and, after signing in, the chats", _wire(visit, "chats"))
    # Whoever was signed in here, and has nothing else any more.
    visit.new_page()
    visit.forget()
    for text, path, shown in (("the chats", "/", "chats"), ("a conversation", f"/c/{world.long}", "bubbles")):
        visit.goto(path, shown)
        row(f"first load, signed in, {text}", _wire(visit, shown))
    row("encoded as", ", ".join(sorted(str(each) for each in encodings)))


def _wire(visit: Visit, shown: str) -> str:
    sums = visit.run(f"({in_page.WIRE})(probe.shown.{shown})")
    kilobytes = (f"{name} {sums[name] / 1000:.1f} kB" for name in ("JS", "CSS", "all"))
    return f"{', '.join(kilobytes)} in {sums['requests']} answers"


def start(world: World, visit: Visit) -> None:
    """From what is here."""
    visit.sign_in(world.reader)
    visit.synced(world.reader.id)
    visit.run("navigator.serviceWorker.ready.then(() => undefined)")
    for times in (1, SLOWER):
        found = []
        visit.slow(times)
        for _ in range(STARTS):
            # The browser is busy with itself after it has opened a tab or left a page.
            visit.page.goto("about:blank")
            visit.page.wait_for_timeout(1500)
            with visit.profiled(world.options.profiles, f"start-{times}"):
                visit.goto("/", "chats")
                found.append(visit.run(in_page.INTERACTIVE))
        medians = [statistics.median(each) for each in zip(*found, strict=True)]
        names = ("first paint", "chats painted", "interactive", "blocked")
        cells = (f"{name} {median:.0f} ms" for name, median in zip(names, medians, strict=True))
        row(f"start from cache, {'processor as it is' if times == 1 else f'{times} times as slow'}", ", ".join(cells))


def opening(world: World, visit: Visit) -> None:
    """From the click to the paint."""
    filled(world, visit)
    text = f"open a conversation of {world.options.messages:,} messages"
    row(f"{text}, the first of a session", f"{visit.open(world.long, 'Person 1'):.0f} ms")
    for times in (1, SLOWER):
        visit.slow(times)
        took = []
        with visit.profiled(world.options.profiles, f"open-{times}"):
            for number in range(OPENINGS):
                visit.open(world.short[number % 5], f"Person {2 + number % 5}")
                took.append(visit.open(world.long, "Person 1"))
        speed = "" if times == 1 else f", {times} times as slow"
        row(text + speed, f"median {statistics.median(took):.0f} ms, longest {max(took):.0f} ms")


def scroll(world: World, visit: Visit) -> None:
    """Up and down."""
    filled(world, visit)
    visit.open(world.long, "Person 1")
    count = min(world.options.scrolled, world.options.messages - 100)
    with visit.profiled(world.options.profiles, "scroll"):
        up, down = visit.run(in_page.SCROLL, [STEP_PX, count, world.options.messages])
    for text, found in (("up", up), ("down", down)):
        gaps, long = found["gaps"], found["long"]
        over = [frame["ms"] for frame in long if frame["ms"] > LONG_FRAME_MS]
        row(
            f"scroll through {count:,} messages, {text}",
            f"{len(gaps)} frames in {found['seconds']:.1f} s, p99 {_part(gaps, 0.99):.0f} ms, longest gap"
            f" {max(gaps):.0f} ms; over {LONG_FRAME_MS} ms: {len(over)}, longest {max(over, default=0):.0f} ms",
        )
        for frame in sorted(long, key=lambda each: -float(each["ms"]))[: world.options.causes]:
            print(f"  {frame['ms']:.0f} ms (layout {frame['layout_ms']:.0f}): {'; '.join(frame['scripts'])}")
    row("memory after that", _memory(visit))


def _part(numbers: list[float], part: float) -> float:
    return sorted(numbers)[int(len(numbers) * part)]


def _memory(visit: Visit) -> str:
    heap, nodes = visit.heap()
    return f"{heap:.1f} MB, {nodes:,} nodes"


def busy(world: World, visit: Visit) -> None:
    """An hour, as fast as server and browser take it."""
    visit.sign_in(world.reader)
    visit.synced(world.reader.id)
    visit.open(world.long, "Person 1")
    visit.open(world.short[0], "Person 2")
    visit.open(world.long, "Person 1")
    row("memory before a busy chat, it is open", _memory(visit))
    friend = world.session(world.friend)
    last = ""
    for number in range(world.options.events):
        match number % 10:
            case 0:
                friend.call("chatr.activity.typing", conversationId=world.long, active=True)
            case 3 if last:
                friend.call("chatr.message.react", id=last, emoji=chr(0x1F600 + number % 60))
            case 7 if last:
                friend.call("chatr.message.edit", id=last, content=f"Busy {number}, and edited")
            case _:
                last = send(friend, world, f"Busy {number}: " + "something is said. " * (number % 7))
        if number % 100 == 99:
            # As fast as the browser takes it, too.
            visit.page.locator(".bubble-text", has_text=f"Busy {number}:").wait_for()
    final = f"The last of {world.options.events}"
    send(friend, world, final)
    visit.page.locator(".bubble-text", has_text=final).wait_for()
    # Who typed has stopped.
    visit.page.wait_for_timeout(6000)
    row(f"memory after {world.options.events:,} events, it is open", _memory(visit))
    visit.open(world.short[0], "Person 2")
    row("memory after, another is open", _memory(visit))
    friend.close()


def send(client: Client, world: World, content: str) -> str:
    """A message in the long chat; its id."""
    answer: Any = client.call(
        "chatr.message.send", conversationId=world.long, content=content, clientId=str(uuid.uuid4())
    )
    return str(answer["id"])


def sync(world: World, visit: Visit) -> None:
    """From the answer to the password."""
    visit.sign_in(world.reader)
    synced = visit.synced(world.reader.id)
    answered, chats = visit.run(
        "[performance.getEntriesByType('resource').find(({ name }) => name.endsWith('/auth/login')).responseEnd,"
        " probe.shown.chats]"
    )
    row(
        f"first sync with {world.options.chats:,} conversations, from the answer to the password",
        f"list painted {chats - answered:.0f} ms, synced {synced - answered:.0f} ms",
    )


def shift(world: World, visit: Visit) -> None:
    """What jumps."""
    visit.sign_in(world.reader)
    visit.synced(world.reader.id)
    visit.open(world.long, "Person 1")
    friend = world.session(world.friend)
    page = visit.page
    sums: list[str] = []

    def note(name: str) -> None:
        page.wait_for_timeout(400)
        shifts = visit.run("probe.shifts.splice(0)")
        sums.append(f"{name} {sum(each['value'] for each in shifts):.4f}")
        for each in shifts[: world.options.causes]:
            print(f"  {name}: {each['value']:.4f} {each['nodes']}")

    page.wait_for_timeout(1000)
    note("opening")
    message_id = send(friend, world, "What comes")
    note("arrival")
    friend.call("chatr.activity.typing", conversationId=world.long, active=True)
    note("typing")
    friend.call("chatr.activity.typing", conversationId=world.long, active=False)
    note("typing ends")
    friend.call("chatr.message.react", id=message_id, emoji="👍")
    note("reaction")
    friend.call("chatr.message.edit", id=message_id, content="What came, " + "and is longer now. " * 20)
    note("edit")
    jumps = visit.run(in_page.JUMPS, LOOKING_PX)
    visit.run("probe.shifts.splice(0)")
    note("history that comes while nobody moves")
    for number in range(10):
        send(friend, world, f"Unseen {number}")
    friend.call("chatr.message.react", id=message_id, emoji="🎉")
    note("arrivals out of view")
    page.get_by_role("textbox").last.fill("One\ntwo\nthree\nfour")
    note("writing")
    friend.close()
    row("layout shifts", ", ".join(sums))
    # While somebody scrolls, shifts are counted that are none: rows that are put right together with the scroll offset.
    frames, largest = len(jumps), max(jumps, key=abs)
    row("jumps of what is in view while one scrolls through history", f"largest {largest:.1f} px in {frames} frames")


PARTS: dict[str, Callable[[World, Visit], None]] = {
    "load": load,
    "start": start,
    "open": opening,
    "scroll": scroll,
    "sync": sync,
    "shift": shift,
    # Last: the long chat is another after it.
    "memory": busy,
}


def row(figure: str, value: str) -> None:
    """A row of the table."""
    print(f"| {figure:72} | {value} |", flush=True)


def main() -> int:
    """Start a server and a browser, measure, print."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.web", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}: all")
    parser.add_argument("--messages", type=int, default=100_000, help="in the long chat")
    parser.add_argument("--scrolled", type=int, default=10_000, help="messages")
    parser.add_argument("--chats", type=int, default=1000)
    parser.add_argument("--each", type=int, default=30, help="messages in each of the other chats")
    parser.add_argument("--events", type=int, default=5000, help="in the busy chat")
    parser.add_argument("--causes", type=int, default=0, help="print so many of the longest frames, and of the shifts")
    parser.add_argument("--profiles", type=Path, help="folder for profiles of start, open and scroll: costs time")
    options = parser.parse_args()
    unknown = set(options.parts) - set(PARTS)
    if unknown:
        parser.error(f"no part: {', '.join(sorted(unknown))}")
    if not (FOLDER / "index.html").is_file():
        print("the web client is not built: make web", file=sys.stderr)
        return 1
    rawsocket = free_port()
    with running(f"server.rawsocket=tcp:{rawsocket}:interface=127.0.0.1") as server, browsing() as browser:
        world = World(server, rawsocket, *populate(server, options), options)
        print(f"Chromium {browser.version}, {os.cpu_count()} processors ({platform.machine()})")
        print(f"| {'figure':72} | value |\n|{'-' * 74}|-------|")
        for name, part in PARTS.items():
            if options.parts and name not in options.parts:
                continue
            with visiting(browser, world.url, workers=part is not load) as visit:
                part(world, visit)
            print(f"  {name}: the machine's load {os.getloadavg()[0]:.1f}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
