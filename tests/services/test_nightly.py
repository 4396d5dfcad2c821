"""What goes each night, and what stays."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import msgspec
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from chatr.api.model import LinkPreview
from chatr.config import ConfigError, RetentionSettings, load
from chatr.ops.accounts import undo
from chatr.ops.conversations import sync
from chatr.ops.sessions import lockout
from chatr.process.tasks import Tasks
from chatr.services import nightly
from chatr.services.code_gate import PACE
from chatr.services.link_previews import IMAGES
from chatr.services.nightly import Busy, Nightly
from chatr.store import retention
from chatr.store.messages import preview_images, previews
from chatr.store.retention import RULES
from tests.ops.people.test_friends import FriendsCase


class RetentionCase(FriendsCase):
    """Ann and Ben are friends."""

    async def setUp(self) -> None:
        await super().setUp()
        await self.befriend(self.ann, self.ben)
        await self.node.ports.accounts.outbound.settled()

    async def run_now(self) -> dict[str, int]:
        """Run the job; what went."""
        return {name: count for name, count in (await self.node.nightly.run()).items() if count}

    async def due(self) -> dict[str, str]:
        """What would go."""
        return {due.rule: due.count for due in await self.node.nightly.due() if due.count != "0"}

    async def sql(self, statement: str, *params: Any) -> list[tuple[Any, ...]]:
        return await self.node.db.query(statement, params)  # type: ignore[return-value]

    async def age(self, table: str, column: str, days: float, where: str = "true") -> None:
        """Make rows older than they are."""
        await self.node.db.execute(
            f"UPDATE {table} SET {column} = now() - make_interval(hours => %s) WHERE {where}", [int(days * 24)]
        )

    async def holds(self, text: str) -> list[str]:
        """The tables in which any column holds a text."""
        tables = await self.sql("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
        return [
            table
            for (table,) in tables
            if await self.sql(f"SELECT 1 FROM {table} x WHERE x::text LIKE %s LIMIT 1", f"%{text}%")
        ]


class UnsentTests(RetentionCase):
    """Unsent texts"""

    async def setUp(self) -> None:
        await super().setUp()
        self.message = await self.ann.send(self.ben, "secretword first")
        self.conversation = self.message["conversationId"]
        await self.ann.call("message.edit", id=self.message["id"], content="secretword second @ben")
        self.reply = await self.ben.send(self.ann, "what?", replyToId=self.message["id"])
        await self.node.indexer.catch_up()
        await self.ann.call("message.unsend", id=self.message["id"])

    async def test_erased(self) -> None:
        """After 30 days text, former texts and quotes are gone for good; whoever looks sees what they saw before."""
        self.assertEqual(await self.holds("secretword"), ["message_edits", "messages"])
        before = await self.ben.call("message.history", conversationId=self.conversation)
        log = await self.ben.call("conversation.log", id=self.conversation)
        await self.age("messages", "unsent_at", 29, "unsent_at IS NOT NULL")
        self.assertEqual((await self.due(), await self.run_now()), ({}, {}))
        self.assertEqual(await self.holds("secretword"), ["message_edits", "messages"])
        await self.age("messages", "unsent_at", 31, "unsent_at IS NOT NULL")
        self.assertEqual(await self.due(), {"unsent texts": "1"})
        self.assertEqual(await self.run_now(), {"unsent texts": 1})
        self.assertEqual(await self.holds("secretword"), [])
        self.assertEqual(await self.ben.call("message.history", conversationId=self.conversation), before)
        self.assertEqual(await self.ben.call("conversation.log", id=self.conversation), log)
        self.assertEqual((await self.due(), await self.run_now()), ({}, {}))

    async def test_others_stay(self) -> None:
        """What was not unsent stays as it is, and so do quotes of it, however old."""
        other = await self.ann.send(self.ben, "kept text")
        await self.ann.call("message.edit", id=other["id"], content="kept edited")
        await self.ben.send(self.ann, "yes", replyToId=other["id"])
        await self.sql("UPDATE messages SET created_at = '2020-01-01' RETURNING 1")
        await self.age("messages", "unsent_at", 31, "unsent_at IS NOT NULL")
        kept = """SELECT content, reply_to FROM messages
                   WHERE content LIKE 'kept%%' OR reply_to->>'content' LIKE 'kept%%'
                   ORDER BY seq"""
        before = await self.sql(kept)
        self.assertEqual(len(before), 2)
        await self.run_now()
        self.assertEqual(await self.sql(kept), before)
        self.assertEqual(await self.holds("kept text"), ["message_edits"])

    async def test_many(self) -> None:
        """Quotes and former texts beyond a batch take more batches; the message goes last."""
        self.patch(nightly, "MOST_ROWS", 10)
        self.node.nightly._rows = 10
        for number in range(25):
            await self.sql(
                """INSERT INTO message_edits (id, message_id, previous_content, edited_by, edited_at)
                   VALUES (gen_random_uuid(), %s, %s, %s, now()) RETURNING 1""",
                *(self.message["id"], f"secretword {number}", self.ann.id),
            )
        await self.sql("UPDATE messages SET reply_to = NULL WHERE id = %s RETURNING 1", self.reply["id"])
        quoting = [await self.ann.send(self.ben, f"quote {number}") for number in range(25)]
        await self.sql(
            """UPDATE messages SET reply_to = jsonb_build_object('id', %s::text, 'content', 'secretword', 'type',
                 'text', 'senderName', 'Ann') WHERE id = ANY(%s::uuid[]) RETURNING 1""",
            *(self.message["id"], [each["id"] for each in quoting]),
        )
        await self.age("messages", "unsent_at", 31, "unsent_at IS NOT NULL")
        self.assertEqual(await self.run_now(), {"unsent texts": 1})
        self.assertEqual(await self.holds("secretword"), [])

    async def test_sends_go_on(self) -> None:
        """A row that somebody holds is left for the next time, and nobody waits: neither the job nor a send."""
        await self.age("messages", "unsent_at", 31, "unsent_at IS NOT NULL")
        async with self.node.db.transaction() as tx:
            await tx.query("SELECT 1 FROM messages WHERE id = %s FOR UPDATE", (self.message["id"],))
            self.assertEqual(await self.run_now(), {})
            await self.ann.send(self.ben, "goes on")
        async with self.node.db.transaction() as tx:
            await tx.query("SELECT 1 FROM messages WHERE id = %s FOR UPDATE", (self.reply["id"],))
            self.assertEqual(await self.run_now(), {})
        self.assertEqual(await self.run_now(), {"unsent texts": 1})
        self.assertEqual(await self.holds("secretword"), [])


class RowTests(RetentionCase):
    """Rows that nobody needs"""

    async def test_tokens_and_sessions(self) -> None:
        """Spent tokens go after a week, ended sessions with all of theirs after 30 days; who is signed in stays so."""
        token, cem = self.ann.session["refreshToken"], await self.person("cem")
        self.ann.session = await self.call("session.refresh", refreshToken=token)
        await self.age("refresh_tokens", "used_at", 6, "used_at IS NOT NULL")
        self.assertEqual(await self.run_now(), {})
        await self.age("refresh_tokens", "used_at", 8, "used_at IS NOT NULL")
        self.assertEqual(await self.run_now(), {"spent refresh tokens": 1})
        await self.refused(self.call("session.refresh", refreshToken=token), "unauthenticated")
        await self.call("session.refresh", refreshToken=self.ann.session["refreshToken"])
        await self.ben.call("session.logout")
        await self.age("sessions", "revoked_at", 29, "revoked_at IS NOT NULL")
        self.assertEqual(await self.run_now(), {})
        await self.age("sessions", "revoked_at", 31, "revoked_at IS NOT NULL")
        await self.age("sessions", "expires_at", 31, f"user_id = '{cem.id}'")
        self.assertEqual(await self.run_now(), {"ended sessions": 1, "expired sessions": 1})
        self.assertEqual(await self.sql("SELECT DISTINCT user_id::text FROM sessions"), [(self.ann.id,)])
        self.assertEqual(await self.sql("SELECT count(*) FROM refresh_tokens"), [(2,)])

    async def test_codes_and_tries(self) -> None:
        """Codes of sign-ins and resets go after a day, others a month after they expired; tries after two days."""
        await self.node.db.execute(
            """INSERT INTO codes (user_id, purpose, hash, expires_at) SELECT %s, p, ''::bytea, now() - interval '2 days'
                 FROM unnest(ARRAY['email', 'phone', 'login', 'reset', 'change']) p""",
            (self.ann.id,),
        )
        await self.node.db.execute(
            """INSERT INTO sign_in_tries (key, since, locked_until) VALUES
                 ('old', now() - interval '3 days', NULL), ('new', now(), NULL),
                 ('locked', now() - interval '3 days', now() + interval '1 hour')"""
        )
        await self.node.db.execute(
            "INSERT INTO oidc_logins VALUES ('x', '', now() - interval '2 days'), ('y', '', now() - interval '1 hour')"
        )
        session = (await self.sql("SELECT id FROM sessions LIMIT 1"))[0][0]
        await self.node.db.execute(
            "INSERT INTO tickets VALUES ('x', %s, now() - interval '2 days'), ('y', %s, now())", (session, session)
        )
        expected = {
            "codes and challenges of sign-ins": 3,
            "tries to sign in": 1,
            "sign-ins at a provider": 1,
            "tickets": 1,
        }
        self.assertEqual(await self.due(), {name: str(count) for name, count in expected.items()})
        self.assertEqual(await self.run_now(), expected)
        self.assertEqual(await self.sql("SELECT purpose FROM codes ORDER BY 1"), [("email",), ("phone",)])
        await self.age("codes", "expires_at", 31)
        self.assertEqual(await self.run_now(), {"codes": 2})

    async def test_changes_of_address(self) -> None:
        """What an address was before a change goes when that can't be undone any more, counts of codes after a day."""
        await self.node.db.execute("DELETE FROM code_sends")
        for hash, days in (("x", 6), ("y", 8)):
            await self.node.db.execute(
                """INSERT INTO address_changes (token_hash, user_id, kind, former, password_digest, changed_at)
                   VALUES (%s, %s, 'email', 'a@b.org', '', now() - make_interval(days => %s))""",
                (hash, self.ann.id, days),
            )
        await self.node.db.execute(
            "INSERT INTO code_sends (target, sent_at) VALUES ('x', now() - interval '2 days'), ('y', now())"
        )
        self.assertEqual(await self.run_now(), {"counts of codes": 1, "changes of address": 1})
        self.assertEqual(await self.sql("SELECT token_hash = 'x' FROM address_changes"), [(True,)])

    def test_as_long_as_it_counts(self) -> None:
        """What is looked back at is kept for so long."""
        days = {rule.name: rule.days for rule in RULES}
        self.assertGreater(days["deleted groups"], sync.MAX_AGE.days)
        self.assertEqual((days["changes of address"], days["known places"]), (undo.UNDO_DAYS, lockout.KNOWN_DAYS))
        for name, looked_back_s in (
            ("tries to sign in", lockout.LOCKOUT.quiet_s),
            ("counts of codes", max(PACE.target_window_s, PACE.sender_window_s)),
        ):
            self.assertLessEqual(looked_back_s, int(days[name]) * 86400, name)

    async def test_places_and_approaches(self) -> None:
        """Places go when they are known no longer, approaches to strangers when they count no more."""
        await self.node.db.execute("DELETE FROM known_places")
        await self.node.db.execute("DELETE FROM approaches")
        await self.node.db.execute(
            """INSERT INTO known_places VALUES
                 (%s, 'a', now() - interval '91 days'), (%s, 'b', now() - interval '89 days')""",
            (self.ann.id, self.ann.id),
        )
        await self.node.db.execute(
            """INSERT INTO approaches (user_id, kind, at) VALUES
                 (%s, 'friend', now() - interval '25 hours'), (%s, 'friend', now() - interval '23 hours')""",
            (self.ann.id, self.ann.id),
        )
        self.assertEqual(await self.run_now(), {"known places": 1, "approaches to strangers": 1})

    async def test_letters(self) -> None:
        """Letters that were given up go after 30 days; those that wait stay."""
        await self.node.ports.accounts.outbound.stop()
        await self.node.db.execute(
            """INSERT INTO outbound (id, channel, payload, expires_at, dead_at) VALUES
                 (gen_random_uuid(), 'email', '', now(), now() - interval '31 days'),
                 (gen_random_uuid(), 'email', '', now(), now() - interval '29 days'),
                 (gen_random_uuid(), 'email', '', now() - interval '99 days', NULL)"""
        )
        self.assertEqual(await self.run_now(), {"letters given up": 1})
        self.assertEqual(await self.sql("SELECT count(*) FROM outbound"), [(2,)])

    async def test_deleted_groups(self) -> None:
        """What was said in them goes, and later what tells that they were; other groups stay."""
        kept, gone = [await self.ann.call("group.create", name="Foxes", memberIds=[]) for _ in range(2)]
        for group in (kept, gone):
            await self.ann.send(group["id"], "secretword")
        await self.ann.call("group.delete", id=gone["id"])
        self.assertEqual(await self.run_now(), {})
        await self.age("conversations", "deleted_at", 30.5, "deleted_at IS NOT NULL")
        self.assertEqual(await self.run_now(), {"messages of deleted groups": 2})
        await self.age("conversations", "deleted_at", 31.5, "deleted_at IS NOT NULL")
        self.assertEqual(await self.run_now(), {"deleted groups": 1})
        self.assertEqual(await self.sql("SELECT count(*) FROM members"), [(1,)])
        self.assertEqual((await self.ann.call("group.list"))["items"][0]["headSeq"], 2)

    async def test_former_texts(self) -> None:
        """Former texts stay as long as their message, unless a setting says how long."""
        message = await self.ann.send(self.ben, "one")
        await self.ann.call("message.edit", id=message["id"], content="two")
        await self.age("message_edits", "edited_at", 400)
        self.assertEqual(await self.run_now(), {})
        strict = self.another(RetentionSettings(edits_days=90))
        self.assertEqual((await strict.run())["former texts"], 1)

    async def test_preview_images(self) -> None:
        """Images that no message names go a month after a preview named them; the others stay."""
        urls = [f"https://a.test/{number}.png" for number in range(4)]
        ids = [await preview_images.id_of(self.node.db, url) for url in urls]
        message = await self.ann.send(self.ben, "see")
        shown = LinkPreview(url="https://a.test/", image=IMAGES + ids[0], favicon=IMAGES + ids[1])
        await previews.attach(self.node.db, message["id"], shown)
        await self.age("preview_images", "used_at", 31)
        self.assertEqual(await preview_images.id_of(self.node.db, urls[2]), ids[2])
        self.node.nightly._rows = 1
        self.assertEqual(await self.run_now(), {"preview images": 1})
        left = {row[0] for row in await self.sql("SELECT id::text FROM preview_images")}
        self.assertEqual(left, set(ids[:3]))

    def another(self, settings: RetentionSettings) -> Nightly:
        """One with other settings."""
        return Nightly(Tasks(reactor), self.node.db, settings, now=self.now)  # type: ignore[arg-type]


class JobTests(RetentionCase):
    """The job itself"""

    async def spent(self, count: int) -> None:
        """So many tokens that were used ten days ago."""
        await self.node.db.execute(
            """INSERT INTO refresh_tokens (hash, session_id, used_at)
               SELECT int4send(n), (SELECT id FROM sessions LIMIT 1), now() - interval '10 days'
                 FROM generate_series(1, %s) n""",
            (count,),
        )

    async def test_batches(self) -> None:
        """Batches of a thousand rows at most, each a transaction of its own; half as many after a slow one."""
        await self.spent(3500)
        sizes: list[int] = []
        commits: list[int] = []
        plain = retention.remove

        async def watched(tx: Any, rule: Any, days: int, limit: int, after: str) -> Any:
            batch = await plain(tx, rule, days, limit, after)
            sizes.append(batch.count)
            commits.append((await self.sql("SELECT count(*) FROM refresh_tokens WHERE used_at IS NOT NULL"))[0][0])
            return batch

        rule = next(each for each in RULES if each.table == "refresh_tokens")
        self.patch(nightly, "RULES", (msgspec.structs.replace(rule, act=watched),))
        self.patch(nightly, "REST_FACTOR", 0)
        self.assertEqual(await self.run_now(), {"spent refresh tokens": 3500})
        self.assertEqual(sizes, [1000, 1000, 1000, 500])
        # Seen from outside: what the batches before took is committed, and this one's is not.
        self.assertEqual(commits, [3500, 2500, 1500, 500])
        await self.spent(2000)
        sizes.clear()
        self.patch(nightly, "BATCH_S", -1.0)
        self.assertEqual(await self.run_now(), {"spent refresh tokens": 2000})
        self.assertEqual(sizes[:4], [1000, 500, 250, 125])

    async def test_stopped(self) -> None:
        """A stop ends it after the batch; the next run goes on from there."""
        await self.spent(2500)
        night = Nightly(Tasks(reactor), self.node.db, RetentionSettings(), now=self.now)  # type: ignore[arg-type]
        plain = retention.remove
        stopped: list[Deferred[None]] = []

        async def stopping(tx: Any, rule: Any, days: int, limit: int, after: str) -> Any:
            stopped.append(night.stop())
            return await plain(tx, rule, days, limit, after)

        rules = tuple(msgspec.structs.replace(each, act=stopping) for each in RULES if each.table == "refresh_tokens")
        self.patch(nightly, "RULES", rules)
        self.assertEqual(await night.run(), {"spent refresh tokens": 1000})
        self.assertEqual(len(stopped), 1)
        self.patch(nightly, "RULES", RULES)
        self.assertEqual(await self.run_now(), {"spent refresh tokens": 1500})

    async def test_several_nodes(self) -> None:
        """Of several processes one works; the others leave it to that one."""
        await self.spent(10)
        async with self.node.db.transaction() as tx:
            self.assertTrue(await retention.locked(tx))
            await self.assertFailure(Deferred.fromCoroutine(self.node.nightly.run()), Busy)
        self.assertEqual(await self.run_now(), {"spent refresh tokens": 10})

    async def test_dry_run(self) -> None:
        """What would go is counted up to a bound, and nothing goes."""
        await self.spent(30)
        self.patch(retention, "COUNTED", 20)
        self.assertEqual(await self.due(), {"spent refresh tokens": "20+"})
        self.assertEqual(await self.sql("SELECT count(*) FROM refresh_tokens WHERE used_at IS NOT NULL"), [(30,)])

    async def test_night(self) -> None:
        """It runs at the hour of the settings, once a night."""
        clock, moment = Clock(), datetime(2026, 11, 26, 22, 30, tzinfo=timezone.utc)
        runs: list[float] = []

        class Counted(Nightly):
            async def run(self) -> dict[str, int]:
                runs.append(clock.seconds())
                return {}

        night = Counted(
            Tasks(clock),
            self.node.db,
            RetentionSettings(hour=3),
            now=lambda: moment + timedelta(seconds=clock.seconds()),
        )
        night.start()
        for _ in range(3 * 48):
            clock.advance(1800)
        self.assertEqual(runs, [4.5 * 3600, 28.5 * 3600, 52.5 * 3600])
        await night.stop()

    async def test_plans(self) -> None:
        """Each rule finds its rows by an index, or its table is looked through in order of its key."""
        small = {"tickets", "oidc_logins"}
        for rule in RULES:
            if rule.table in small or rule.act is retention.remove_one_by_one:
                continue
            async with self.node.db.transaction() as tx:
                await tx.execute("SET LOCAL enable_seqscan = off")
                plan = await tx.query(f"EXPLAIN SELECT 1 FROM {rule.table} t WHERE {rule.where} LIMIT 10", (7,))
            self.assertIn("Index", " ".join(row[0] for row in plan), rule.name)

    def test_settings(self) -> None:
        """Every rule names a number or a setting that there is; access tokens don't outlive their sessions."""
        for rule in RULES:
            if isinstance(rule.days, str):
                self.assertIn(rule.days, RetentionSettings.__struct_fields__)
        self.assertRaises(
            ConfigError, load, None, {}, {"auth.access_token_s": "200000", "retention.sessions_days": "1"}
        )
