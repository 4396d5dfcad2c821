"""``python -m bench.web``: how fast and how large the web client is, in a real Chromium at a real server. Chatr alone.

Somebody has chats with many people, one of which is very long. The parts, each in a browser profile of its own:

load         What comes over the wire before the chats are shown, to a browser that was never here (bodies as encoded).
start        From the shell and the database that are here, on a processor four times as slow: first paint, chats
             painted, interactive (chats painted, and no task over 50 ms within the second that follows).
open         From the click on the long chat to the paint of its messages: with all of it in the browser's database.
scroll       Through the last of its messages, up as they come from the database, and down again.
memory       What the scripts hold before and after a busy chat, whose hour comes as fast as the server takes it.
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
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import bcrypt

from bench.browser import Person, Visit, browsing, visiting
from bench.contacts import Client
from bench.server import Server, free_port, running
from chatr.auth.tokens import Tokens
from chatr.datadir import DataDirectory
from chatr.rest.client import FOLDER

PASSWORD = "Correct-horse-7"
#: How much slower a cheap telephone is.
SLOWER = 4
OPENINGS, STARTS = 10, 5
#: A flick of a wheel or a finger, in pixels a frame.
STEP_PX = 300
#: As fast as one may scroll and see anything.
LOOKING_PX = 60
LONG_FRAME_MS = 50


@dataclass
class World:
    """A server, and who is on it."""

    server: Server
    rawsocket: int
    reader: Person
    friend: str
    long: str
    short: list[str]
    options: argparse.Namespace

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.port}"

    def token(self, user_id: str) -> str:
        """An access token of one whose session has the person's id."""
        keys = DataDirectory.open(self.server.home).signing_keys()
        return Tokens(keys, lifetime_s=86400, now=lambda: datetime.now(timezone.utc)).issue(user_id, user_id, "user")

    def session(self, user_id: str) -> Client:
        """A WAMP session of somebody without a browser."""
        return Client(self.rawsocket, self.token(user_id))


# As people write: mostly a line, sometimes three, now and then with marks.
_TEXTS = """ARRAY['Message ' || n || ', and a line that is about as long as lines are',
  'Message ' || n, 'Message ' || n || ': yes',
  'Message ' || n || ' is longer. ' || repeat('It goes on and on, as some people do when they have time. ', 4),
  'Message ' || n || ' with **bold** words and `code`', 'Message ' || n || E' in two\\nlines']"""


def populate(server: Server, options: argparse.Namespace) -> tuple[Person, str, str, list[str]]:
    """Who reads, the friend of the long chat, that chat, and all others."""
    reader, *others = server.people(options.chats + 1)
    login = "@reader"
    with server.database.cursor() as cursor:
        secret = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
        cursor.execute(
            "UPDATE users SET username = %s, display_name = 'Rea Der', password_hash = %s WHERE id = %s",
            (login, secret, reader),
        )
        cursor.execute(
            "UPDATE users SET display_name = 'Person ' || n FROM unnest(%s::uuid[]) WITH ORDINALITY AS t(o, n)"
            " WHERE id = o",
            (others,),
        )
        chats = [str(uuid.uuid4()) for _ in others]
        cursor.execute(
            "INSERT INTO conversations (id, kind, user_low, user_high)"
            " SELECT c, 'direct', least(o, %s), greatest(o, %s) FROM unnest(%s::uuid[], %s::uuid[]) AS t(c, o)",
            (reader, reader, chats, others),
        )
        cursor.execute(
            "INSERT INTO friendships (id, user_low, user_high, requester_id, accepted_at)"
            " SELECT gen_random_uuid(), least(o, %s), greatest(o, %s), o, now() FROM unnest(%s::uuid[]) o",
            (reader, reader, others[: options.chats // 5 + 1]),
        )
        # Nobody searches here: the server need not index while it is measured.
        cursor.execute(
            "INSERT INTO search_progress (conversation_id, seq, words_seq, dictionary)"
            " SELECT c, count, count, 'simple' FROM unnest(%s::uuid[], %s::bigint[]) AS t(c, count)",
            (chats, [options.messages, *[options.each] * (len(chats) - 1)]),
        )
        for count, some in ((options.messages, chats[:1]), (options.each, chats[1:])):
            cursor.execute(
                "WITH made AS ("
                "   INSERT INTO messages (id, conversation_id, seq, sender_id, client_id, content, created_at)"
                "   SELECT gen_random_uuid(), c.id, n, CASE WHEN n %% 3 = 0 THEN c.user_low ELSE c.user_high END,"
                f"         gen_random_uuid(), ({_TEXTS})[1 + n %% 6],"
                "          now() - make_interval(mins => 5 * (%s - n), secs => 60 * t.place)"
                "     FROM unnest(%s::uuid[]) WITH ORDINALITY AS t(id, place) JOIN conversations c USING (id),"
                "          generate_series(1, %s) n RETURNING id, conversation_id, seq, created_at)"
                " INSERT INTO log (conversation_id, seq, event, message_id, at)"
                " SELECT conversation_id, seq, 'message.received', id, created_at FROM made",
                (count, some, count),
            )
            cursor.execute(
                "UPDATE conversations SET head_seq = %s, active_at ="
                "   (SELECT max(created_at) FROM messages m WHERE m.conversation_id = conversations.id)"
                " WHERE id = ANY(%s::uuid[])",
                (count, some),
            )
        cursor.execute(
            "INSERT INTO members"
            " (conversation_id, user_id, delivered_seq, read_seq, shown_delivered_seq, shown_read_seq, changed_at)"
            " SELECT c.id, u, c.head_seq, c.head_seq, c.head_seq, c.head_seq, now() - interval '1 day'"
            "   FROM conversations c, unnest(ARRAY[c.user_low, c.user_high]) u"
        )
        # All of it was long ago: what has just changed, everybody who comes is told once more.
        cursor.execute("UPDATE conversations SET changed_at = now() - interval '1 day'")
        cursor.execute("UPDATE users SET friends_changed_at = '-infinity', profile_changed_at = '-infinity'")
        cursor.execute("VACUUM ANALYZE")
    return Person(reader, login, PASSWORD), others[0], chats[0], chats[1:]


# All of a conversation, page by page, as if somebody had scrolled to its beginning.
_FILL = """async ([user, id, token, head]) => {
  const opened = await new Promise((resolve, reject) => {
    const request = indexedDB.open(`chatr:${user}`);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const headers = { authorization: `Bearer ${token}` };
  for (let before = head + 1; before > 1; ) {
    const url = `/api/messages/history?conversationId=${id}&before=${before}&limit=100`;
    const { items } = await (await fetch(url, { headers })).json();
    const writing = opened.transaction(["messages", "stretches"], "readwrite");
    for (const message of items) writing.objectStore("messages").put(message);
    before = items[0].seq;
    if (before === 1) {
      const every = IDBKeyRange.bound([id, -Infinity], [id, []]);
      writing.objectStore("stretches").delete(every);
      writing.objectStore("stretches").put({ conversationId: id, fromSeq: 1, toSeq: head });
    }
    await new Promise((resolve, reject) => {
      writing.oncomplete = resolve;
      writing.onabort = () => reject(writing.error);
    });
  }
  opened.close();
}"""


def filled(world: World, visit: Visit) -> None:
    """Have somebody signed in with all of the long chat in the browser's database; a new page shows the list."""
    visit.sign_in(world.reader)
    visit.synced(world.reader.id)
    visit.run(_FILL, [world.reader.id, world.long, world.token(world.reader.id), world.options.messages])
    visit.run("navigator.serviceWorker.ready.then(() => undefined)")
    visit.new_page()
    visit.goto("/", "chats")
    visit.synced(world.reader.id)


_WIRE = """(until) => {
  const all = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
  const sums = { JS: 0, CSS: 0, all: 0, requests: 0 };
  for (const { name, encodedBodySize, responseEnd } of all) {
    if (responseEnd === 0 || responseEnd > until) continue;
    const path = new URL(name).pathname;
    sums.all += encodedBodySize;
    sums.requests += 1;
    if (path.endsWith(".js")) sums.JS += encodedBodySize;
    if (path.endsWith(".css")) sums.CSS += encodedBodySize;
  }
  return sums;
}"""


def load(world: World, visit: Visit) -> None:
    """What comes over the wire."""
    encodings: set[str | None] = set()
    visit.page.on(
        "response", lambda answer: "/assets/" in answer.url and encodings.add(answer.headers.get("content-encoding"))
    )
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
    sums = visit.run(f"({_WIRE})(probe.shown.{shown})")
    kilobytes = (f"{name} {sums[name] / 1000:.1f} kB" for name in ("JS", "CSS", "all"))
    return f"{', '.join(kilobytes)} in {sums['requests']} answers"


_INTERACTIVE = """async () => {
  const quiet = 1000;
  let at = probe.shown.chats;
  for (;;) {
    const task = probe.tasks.find(({ at: begin, end }) => end > at && begin < at + quiet);
    if (task !== undefined) at = task.end;
    else if (performance.now() > at + quiet) break;
    else await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const paint = performance.getEntriesByName("first-contentful-paint")[0].startTime;
  const tasks = probe.tasks.filter(({ end }) => end <= at);
  const blocked = tasks.reduce((sum, { at: begin, end }) => sum + end - begin - 50, 0);
  return [paint, probe.shown.chats, at, blocked];
}"""


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
                found.append(visit.run(_INTERACTIVE))
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


# How far up it is says the smallest number of a message that is there.
_SCROLL = """async ([step, count, head]) => {
  const box = document.querySelector(".timeline__scroller");
  const number = (bubble) => Number(/Message (\\d+)/.exec(bubble.textContent)?.[1]);
  const smallest = () => Math.min(...[...document.querySelectorAll(".bubble-text")].map(number));
  const atEnd = () => box.scrollTop + box.clientHeight > box.scrollHeight - 2;
  const run = async (up) => {
    const began = performance.now();
    let frames = 0;
    const gaps = await probe.gaps(() => {
      box.scrollTop += up ? -step : step;
      frames += 1;
      return up ? frames % 30 === 0 && smallest() <= head - count : atEnd();
    });
    const long = probe.frames.filter(({ at }) => at >= began);
    return { gaps, long, seconds: (performance.now() - began) / 1000 };
  };
  return [await run(true), await run(false)];
}"""


def scroll(world: World, visit: Visit) -> None:
    """Up and down."""
    filled(world, visit)
    visit.open(world.long, "Person 1")
    count = min(world.options.scrolled, world.options.messages - 100)
    with visit.profiled(world.options.profiles, "scroll"):
        up, down = visit.run(_SCROLL, [STEP_PX, count, world.options.messages])
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
    """An hour, as fast as it goes."""
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


# Scrolls up step by step, and looks how much further or less far something has moved that is in view.
_JUMPS = """async (step) => {
  const box = document.querySelector(".timeline__scroller");
  const middle = () => {
    const all = [...box.querySelectorAll("[data-key]")];
    return all.find((each) => each.getBoundingClientRect().top > box.clientHeight / 3) ?? all[0];
  };
  const jumps = [];
  let marker, top, moved;
  let frames = 0;
  await probe.gaps(() => {
    if (marker?.isConnected) jumps.push(marker.getBoundingClientRect().top - top - moved);
    marker = middle();
    top = marker.getBoundingClientRect().top;
    const before = box.scrollTop;
    box.scrollTop -= step;
    moved = before - box.scrollTop;
    frames += 1;
    return frames === 300;
  });
  return jumps;
}"""


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
    jumps = visit.run(_JUMPS, LOOKING_PX)
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
