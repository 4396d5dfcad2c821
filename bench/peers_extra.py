"""Chatr as a peer of the yardstick: copied beside its bench.py, which imports it."""

import os
import sys
from pathlib import Path

FIXTURE = """
INSERT INTO users (id, username, password_hash, display_name, email_verified_at)
  SELECT id, '@u' || n, '', 'U' || n, now() FROM bench_users ON CONFLICT DO NOTHING;
INSERT INTO sessions (id, user_id, expires_at)
  SELECT id, id, now() + interval '1 day' FROM bench_users ON CONFLICT DO NOTHING;
-- Whoever writes to each other in the direct scenarios are friends: nobody has to be asked.
INSERT INTO friendships (id, user_low, user_high, requester_id, accepted_at)
  SELECT gen_random_uuid(), a.id, b.id, a.id, now() FROM bench_users a JOIN bench_users b ON a.id < b.id
   WHERE a.n BETWEEN 3000 AND 3127 AND b.n BETWEEN 3000 AND 3127 ON CONFLICT DO NOTHING;
INSERT INTO conversations (id, kind, title)
  SELECT g.id::uuid, 'group', 'g' || g.size FROM {groups} g (id, size) ON CONFLICT DO NOTHING;
INSERT INTO members (conversation_id, user_id)
  SELECT g.id::uuid, u.id FROM {groups} g (id, size) JOIN bench_users u ON u.n <= g.size ON CONFLICT DO NOTHING;
"""
#: The yardstick's own groups have up to 2,000 members.
LARGE = 5000
LARGE_AT_PEER = """
INSERT INTO groups VALUES ('{id}', 'g{size}') ON CONFLICT DO NOTHING;
INSERT INTO group_members SELECT '{id}', ('00000000-0000-4000-8000-' || lpad(i::text, 12, '0'))::uuid
  FROM generate_series(0, {size}) i ON CONFLICT DO NOTHING;
"""


def register(peers, yard):
    """Called by bench.py with its peers and its globals."""

    class Chatr(yard["Peer"]):
        """twistd chatr on the same PostgreSQL as the peer, limits off."""

        name = "chatr"
        port = 9703
        profile = "chatr-wamp"
        aux_pg = True

        def start(self, scenario):
            pgport, home = yard["PGPORT"], Path(yard["RUN"]) / "chatr"
            dsn = f"host=127.0.0.1 port={pgport} user=bench dbname=chatr"
            if not yard["psql"]("select 1 from pg_database where datname='chatr'", "postgres"):
                yard["psql"]("create database chatr", "postgres")
            environment = {key: value for key, value in os.environ.items() if not key.startswith("CHATR_")}
            command = [
                sys.executable,
                "-c",
                "from twisted.scripts.twistd import run; run()",
                "--nodaemon",
                "--pidfile=",
            ]
            options = ["--http", f"tcp:{self.port}:interface=127.0.0.1:backlog=4096", "--data-dir", str(home)]
            settings = [
                "limits.enabled=false",
                "wamp.max_sessions_per_user=100000",
                *self.o.kv.get("chatr", "").split(),
            ]
            for setting in filter(None, settings):
                options += ["--set", setting]
            self.procs.append(
                yard["spawn"](
                    self.pincmd([*command, "chatr", "--database", dsn, *options]),
                    self.name,
                    env=environment,
                    cwd=yard["RUN"],
                )
            )
            yard["wait_log"](self.name, "Chatr is ready", 30, self.procs[0])
            self.tokens = self._fixture(home)

        def _fixture(self, home):
            psql, uid, churn = yard["psql"], yard["uid"], yard["churn"]
            if not psql("select to_regclass('bench_users')", "chatr"):
                psql(
                    "create table bench_users as "
                    "select ('00000000-0000-4000-8000-'||lpad(i::text,12,'0'))::uuid id, i n "
                    "from generate_series(0,7999) i union all "
                    "select ('c0ffee00-0000-4000-8000-'||lpad(i::text,12,'0'))::uuid, 8000+i "
                    "from generate_series(0,63) i",
                    "chatr",
                )
            sizes = ", ".join(f"('{group_id}', {size})" for size, group_id in yard["G"].items())
            psql(FIXTURE.format(groups=f"(VALUES {sizes})"), "chatr")
            psql("vacuum analyze", "chatr")
            from datetime import datetime, timezone

            from chatr.auth.tokens import Tokens
            from chatr.datadir import DataDirectory

            keys = DataDirectory.open(home).signing_keys()
            made = Tokens(keys, lifetime_s=86400, now=lambda: datetime.now(timezone.utc))
            return {user: made.issue(user, user, "user") for user in [*map(uid, range(8000)), *map(churn, range(64))]}

        def users(self):
            return yard["users_file"]("chatr", self.tokens.__getitem__)

    class Seed(peers["seed"]):
        """The peer, with a group as large as ours may be."""

        def start(self, scenario):
            yard["psql"](LARGE_AT_PEER.format(id=yard["G"][LARGE], size=LARGE))
            super().start(scenario)

    peers["chatr"], peers["seed"] = Chatr, Seed
    yard["G"][LARGE] = f"aaaaaaaa-0000-4000-8000-{LARGE:012}"
    yard["SCEN"][f"fan{LARGE}-db"] = yard["sc_fan"](LARGE)
