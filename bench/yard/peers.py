"""Chatr as a peer of the yardstick, whose driver imports this as ``peers_extra``; and what its peers need beside it."""

from __future__ import annotations

import os
import shutil
import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from bench import filling
from chatr.auth.tokens import Tokens
from chatr.datadir import DataDirectory

FIXTURE = """
CREATE TABLE bench_users AS
  SELECT ('00000000-0000-4000-8000-' || lpad(i::text, 12, '0'))::uuid AS id, i AS n FROM generate_series(0, 7999) i
  UNION ALL SELECT ('c0ffee00-0000-4000-8000-' || lpad(i::text, 12, '0'))::uuid, 8000 + i FROM generate_series(0, 63) i;
INSERT INTO users (id, username, password_hash, display_name, email_verified_at)
  SELECT id, '@u' || n, '', 'U' || n, now() FROM bench_users;
INSERT INTO sessions (id, user_id, expires_at) SELECT id, id, now() + interval '1 day' FROM bench_users;
-- Whoever writes to each other in the direct scenarios are friends: nobody has to be asked.
INSERT INTO friendships (id, user_low, user_high, requester_id, accepted_at)
  SELECT gen_random_uuid(), a.id, b.id, a.id, now() FROM bench_users a JOIN bench_users b ON a.id < b.id
   WHERE a.n BETWEEN 3000 AND 3127 AND b.n BETWEEN 3000 AND 3127;
INSERT INTO conversations (id, kind, title) SELECT g.id::uuid, 'group', 'g' || g.size FROM {groups} g (id, size);
INSERT INTO members (conversation_id, user_id)
  SELECT g.id::uuid, u.id FROM {groups} g (id, size) JOIN bench_users u ON u.n <= g.size;
"""
#: As schema.sql of the yardstick has them: who comes and goes has 50 friends of those who watch.
FRIENDS = """
INSERT INTO friendships (id, user_low, user_high, requester_id, accepted_at)
  SELECT gen_random_uuid(), least(a.id, b.id), greatest(a.id, b.id), a.id, now()
    FROM generate_series(0, 63) s CROSS JOIN generate_series(0, 49) k
    JOIN bench_users b ON b.n = 2100 + (s * 31 + k * 10) % 500 JOIN bench_users a ON a.n = 8000 + s;
"""
#: The same as there: 200 conversations with 1,000 messages each.
HISTORY = f"""
INSERT INTO conversations (id, kind, user_low, user_high)
  SELECT gen_random_uuid(), 'direct', a.id, b.id
    FROM bench_users a JOIN bench_users b ON b.n = a.n + 1 WHERE a.n BETWEEN 2700 AND 3098 AND a.n % 2 = 0;
INSERT INTO members (conversation_id, user_id)
  SELECT c.id, u FROM conversations c, unnest(ARRAY[c.user_low, c.user_high]) u WHERE c.kind = 'direct';
{
    filling.stored(
        "SELECT c.id, k, CASE WHEN k % 2 = 0 THEN c.user_low ELSE c.user_high END,"
        " 'message number ' || k || ' ' || repeat('lorem ipsum ', 7), now() - make_interval(secs => 1000 - k)"
        " FROM conversations c, generate_series(1, 1000) k WHERE c.kind = 'direct'"
    )
};
{"; ".join(filling.SETTLED)};
"""
#: Who is in the history, in the order that the yardstick asks for it.
READER, OTHER = 2700, 2701
#: So many messages of one sender are under way at once; a session may have 64 calls.
BURSTS = (10, 60)
#: The yardstick's own groups have up to 2,000 members.
LARGE = 5000
LARGE_AT_PEER = """
INSERT INTO groups VALUES ('{id}', 'g{size}') ON CONFLICT DO NOTHING;
INSERT INTO group_members SELECT '{id}', ('00000000-0000-4000-8000-' || lpad(i::text, 12, '0'))::uuid
  FROM generate_series(0, {size}) i ON CONFLICT DO NOTHING;
"""
#: The direct scenarios, after the first second, in which each pair's conversation is begun, and some more.
DIRECT = {"dm-closed": ("--pairs", 64), "dm-1pair": ("--pairs", 1), "dm-rate500": ("--pairs", 64, "--rate", 500)}
WARM_S = 3
TWISTD = "from twisted.scripts.twistd import run; run()"
#: Who comes and goes is told at once, as the peers do it.
NO_GRACE = "import chatr.realtime.presence as p; p.GRACE_S = p.SETTLE_S = p.INTERVAL_S = 0.0; "


def settle(yard: dict[str, Any]) -> None:
    """Have all that was written on the disk: commits that are measured would wait for it."""
    yard["psql"]("checkpoint")
    os.sync()


def register(peers: dict[str, Any], yard: dict[str, Any]) -> None:
    """Called by the driver with its peers and its globals."""

    base: Any = yard["Peer"]

    class Chatr(base):
        """twistd chatr on the same PostgreSQL as the peers, with a database of each run's own; limits off."""

        name = "chatr"
        port = 9703
        profile = "chatr-wamp"
        aux_pg = True

        def start(self, scenario: str) -> None:
            """Start a server with everybody on it that the scenario needs."""
            home = Path(yard["RUN"]) / "chatr"
            shutil.rmtree(home, ignore_errors=True)
            for statement in ("drop database if exists chatr with (force)", "create database chatr"):
                yard["psql"](statement, "postgres")
            program = (NO_GRACE if scenario == "presence" else "") + TWISTD
            dsn = f"host=127.0.0.1 port={yard['PGPORT']} user=bench dbname=chatr"
            http = f"tcp:{self.port}:interface=127.0.0.1:backlog=4096"
            command = [sys.executable, "-c", program, "--nodaemon", "--pidfile="]
            if profile := self.o.kv.get("profile"):
                command += ["--profile", profile, "--profiler", "cprofile", "--savestats"]
            command += ["chatr", "--database", dsn, "--http", http, "--data-dir", str(home)]
            more = self.o.kv.get("chatr", "").split()
            for setting in ("limits.enabled=false", "wamp.max_sessions_per_user=100000", *more):
                command += ["--set", setting]
            environment = {key: value for key, value in os.environ.items() if not key.startswith("CHATR_")}
            self.procs.append(yard["spawn"](self.pincmd(command), self.name, env=environment, cwd=yard["RUN"]))
            yard["wait_log"](self.name, "Chatr is ready", 30, self.procs[0])
            self._fixture(scenario)
            keys = DataDirectory.open(home).signing_keys()
            self.tokens = Tokens(keys, lifetime_s=86400, now=lambda: datetime.now(timezone.utc))
            if scenario.startswith("rest-"):
                # Not as a method: the driver counts the peers' rows of those that have it.
                self.urls = self._urls

        def _fixture(self, scenario: str) -> None:
            sizes = ", ".join(f"('{group_id}', {size})" for size, group_id in yard["G"].items())
            statements = FIXTURE.format(groups=f"(VALUES {sizes})")
            statements += {"presence": FRIENDS, "rest-history": HISTORY}.get(scenario, "")
            yard["psql"](statements, "chatr")
            yard["psql"]("vacuum analyze", "chatr")
            settle(yard)

        def _urls(self) -> dict[str, Any]:
            root, other = f"http://127.0.0.1:{self.port}", yard["uid"](OTHER)
            return {
                "history": f"{root}/api/messages/history?otherUserId={other}&limit=50",
                "health": f"{root}/health",
                "headers": [f"Authorization: Bearer {self._token(yard['uid'](READER))}"],
            }

        def _token(self, user_id: str) -> str:
            return self.tokens.issue(user_id, user_id, "user")

        def users(self) -> str:
            """The file of all users with their tokens."""
            return str(yard["users_file"]("chatr", self._token))

    def prepared(peer: Any) -> Any:
        class Prepared(peer):
            """The peer, with a group as large as ours may be, and its history where that is read."""

            def start(self, scenario: str) -> None:
                """Start the peer."""
                if scenario == "rest-history":
                    yard["pg_seed"](True)
                yard["psql"](LARGE_AT_PEER.format(id=yard["G"][LARGE], size=LARGE))
                super().start(scenario)
                settle(yard)

        return Prepared

    for name, how in DIRECT.items():
        yard["SCEN"][name] = yard["sc_dm"]("--warm", WARM_S, *how)
    for count in BURSTS:
        yard["SCEN"][f"fan500-w{count}-db"] = yard["sc_fan"](500, ["--window", count])
    yard["G"][LARGE] = f"aaaaaaaa-0000-4000-8000-{LARGE:012}"
    yard["SCEN"][f"fan{LARGE}-db"] = yard["sc_fan"](LARGE)
    peers["chatr"] = Chatr
    for name in ("seed", "seed-batch"):
        peers[name] = prepared(peers[name])
