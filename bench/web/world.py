"""Who is on the server whose web client is measured: somebody with many chats, one of which is very long."""

from __future__ import annotations

import argparse
import uuid
from dataclasses import dataclass
from datetime import datetime, timezone

import bcrypt

from bench import filling
from bench.server import Server
from bench.sessions import Client
from bench.web.browser import Person
from chatr.auth.tokens import Tokens
from chatr.datadir import DataDirectory

PASSWORD = "Correct-horse-7"


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
                filling.stored(
                    "SELECT c.id, n, CASE WHEN n %% 3 = 0 THEN c.user_low ELSE c.user_high END,"
                    f"      ({_TEXTS})[1 + n %% 6], now() - make_interval(mins => 5 * (%s - n), secs => 60 * t.place)"
                    " FROM unnest(%s::uuid[]) WITH ORDINALITY AS t(id, place) JOIN conversations c USING (id),"
                    "      generate_series(1, %s) n"
                ),
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
