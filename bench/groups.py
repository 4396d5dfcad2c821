"""``python -m bench.groups``: what reading costs in a large group. Chatr alone; the fan-out is in ``python -m bench``.

In a group of 1,000 who are all here somebody writes, and all of them mark it as read at once, message by message.
Measured: what each member is told in all, for each message, and how long until it has settled.
"""

from __future__ import annotations

import argparse
import os
import selectors
import statistics
import sys
import time
import uuid
from collections import Counter
from datetime import datetime, timezone

from bench.server import Server, free_port, running
from bench.sessions import Session
from chatr.auth.tokens import Tokens
from chatr.datadir import DataDirectory

READERS, MESSAGES = 1000, 20
#: Nothing more comes when nothing has for so long.
QUIET_S = 2.0
RECEIVED = "chatr.message.received"


def group(server: Server, user_ids: list[str]) -> str:
    """A group of people, of whom the first is the owner; its id."""
    group_id = str(uuid.uuid4())
    with server.database.cursor() as cursor:
        cursor.execute(
            "INSERT INTO conversations (id, kind, title, initiator_id) VALUES (%s, 'group', 'Foxes', %s)",
            (group_id, user_ids[0]),
        )
        cursor.execute(
            "INSERT INTO members (conversation_id, user_id, role)"
            " SELECT %s, id, CASE WHEN id = %s THEN 'owner' ELSE 'member' END FROM unnest(%s::uuid[]) id",
            (group_id, user_ids[0], user_ids),
        )
    return group_id


class Crowd:
    """Sessions that hear everything and only count it, by its kind."""

    def __init__(self, sessions: list[Session]) -> None:
        self._selector = selectors.DefaultSelector()
        self._sessions = sessions
        self.told: Counter[str] = Counter()
        self.answers = 0
        for session in sessions:
            session.socket.setblocking(False)
            self._selector.register(session.socket, selectors.EVENT_READ, bytearray())

    def ask(self, number: int, procedure: str, params: dict[str, object]) -> None:
        """All of them call, at once."""
        frame = Session.ask(number, procedure, params)
        for session in self._sessions:
            session.socket.sendall(frame)

    def hear(self, *, messages: int = 0, answers: int = 0, all: bool = False) -> None:
        """Read until there are so many in all, or nothing comes any more; ``all``: until then."""
        while all or self.told[RECEIVED] < messages or self.answers < answers:
            ready = self._selector.select(QUIET_S)
            if not ready:
                return
            for key, _ in ready:
                data: bytearray = key.data
                data += os.read(key.fd, 1 << 16)
                self._count(data)

    def _count(self, data: bytearray) -> None:
        at = 0
        while len(data) - at >= 4 and len(data) - at - 4 >= (length := int.from_bytes(data[at : at + 4], "big")):
            kind = data[at + 4 : at + 8]
            if kind.startswith(b"[50,"):
                self.answers += 1
            elif kind.startswith(b"[36,"):
                start = data.index(b'"topic":"', at) + 9
                self.told[data[start : data.index(b'"', start)].decode()] += 1
            else:
                raise SystemExit(f"the server said {bytes(data[at + 4 : at + 200])!r}")
            at += 4 + length
        del data[:at]


def readers(server: Server, port: int, tokens: Tokens) -> None:
    """Write, and let all mark it as read; print what everybody was told."""
    people = server.people(READERS)
    group_id = group(server, people)
    sessions = [Session(port, tokens.issue(user_id, user_id, "user")) for user_id in people]
    for session in sessions:
        session.subscribe()
    sender, crowd = sessions[0], Crowd(sessions[1:])
    sender.socket.setblocking(True)
    settled = []
    for number in range(1, MESSAGES + 1):
        sent = sender.call("chatr.message.send", conversationId=group_id, content="hello", clientId=str(uuid.uuid4()))
        crowd.hear(messages=number * (READERS - 1))
        began = time.perf_counter()
        crowd.ask(number, "chatr.message.mark_read", {"id": group_id, "seq": sent["seq"]})
        crowd.hear(answers=number * (READERS - 1))
        settled.append((time.perf_counter() - began) * 1000)
    crowd.hear(all=True)
    told = {name.removeprefix("chatr."): count / MESSAGES / (READERS - 1) for name, count in sorted(crowd.told.items())}
    shown = ", ".join(f"{name} {count:.3f}" for name, count in told.items())
    print(f"told each of {READERS - 1} for each of {MESSAGES} messages: {sum(told.values()):.3f} ({shown})")
    print(f"all have marked it as read after {statistics.median(settled):.0f} ms (median)", flush=True)
    for session in sessions:
        session.close()


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.groups", description=__doc__.partition("\n")[0])
    parser.parse_args()
    port = free_port()
    settings = (
        f"server.rawsocket=tcp:{port}:interface=127.0.0.1:backlog=512",
        f"wamp.max_sessions_per_address={2 * READERS}",
        "limits.exempt_loopback=true",
    )
    with running(*settings) as server:
        keys = DataDirectory.open(server.home).signing_keys()
        tokens = Tokens(keys, lifetime_s=86400, now=lambda: datetime.now(timezone.utc))
        readers(server, port, tokens)
    return 0


if __name__ == "__main__":
    sys.exit(main())
