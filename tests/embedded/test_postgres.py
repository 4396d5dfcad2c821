"""The embedded PostgreSQL. Whole chatr servers are started in tests/test_tap.py."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from itertools import pairwise
from pathlib import Path
from typing import Any

import psycopg2
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import SkipTest, TestCase

from chatr.embedded import postgres
from chatr.embedded.child import Account
from chatr.embedded.lock import server_using
from chatr.embedded.postgres import GIVE_UP_S, STABLE_S, START_TIMEOUT_S, EmbeddedError, EmbeddedPostgres
from tests.e2e.programs import Program
from tests.logs import LogLines

ROOT = Path(__file__).parents[2]
#: Where the installed packages are, whichever Python runs them.
PACKAGES = Path(psycopg2.__file__).parents[1]

#: Holds a server until its input ends, as the account named by its second argument, if there is one.
HOLDER = """
import os, pwd, sys
from pathlib import Path
if sys.argv[2:]:
    entry = pwd.getpwnam(sys.argv[2])
    os.setgroups([]); os.setgid(entry.pw_gid); os.setuid(entry.pw_uid)
from twisted.internet import reactor, stdio
from twisted.internet.defer import Deferred
from twisted.internet.protocol import Protocol
from chatr.embedded.postgres import EmbeddedPostgres
server = EmbeddedPostgres(reactor, Path(sys.argv[1]), on_crash=print)
async def hold():
    print(await server.start(), server.pid, "held", sep="|", flush=True)
async def end():
    await server.stop()
    reactor.stop()
class Input(Protocol):
    def connectionLost(self, reason):
        Deferred.fromCoroutine(end())
stdio.StandardIO(Input())
Deferred.fromCoroutine(hold()).addErrback(lambda failure: (print(failure.getErrorMessage(), flush=True), os._exit(1)))
reactor.run()
"""


def asked(dsn: str, statement: str) -> Any:
    """Run a statement and return the first value of its answer, if it has one."""
    connection = psycopg2.connect(dsn)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchone()[0] if cursor.description else None
    finally:
        connection.close()


class TimelessReactor:
    """Processes are real, time is a clock's."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.callLater, self.seconds = self.clock.callLater, self.clock.seconds
        self.spawnProcess = reactor.spawnProcess  # type: ignore[attr-defined]


def version(dsn: str) -> int:
    """Ask a server something."""
    connection = psycopg2.connect(dsn)
    try:
        return int(connection.server_version)
    finally:
        connection.close()


class EmbeddedPostgresTests(TestCase):
    """A server of our own in this process's reactor."""

    timeout = 60

    def setUp(self) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="chatr-test-"))
        self.home.chmod(0o711)
        self.addCleanup(shutil.rmtree, self.home)
        self.crashed: Deferred[str] = Deferred()

    def server(self) -> EmbeddedPostgres:
        server = EmbeddedPostgres(reactor, self.home, on_crash=self.crashed.callback)
        self.addCleanup(lambda: Deferred.fromCoroutine(server.stop()))
        return server

    async def test_start_never_blocks_the_reactor_thread(self) -> None:
        """initdb, the database and the server come up without a blocking call; a half-made try is swept away."""
        (self.home / "pg.tmp").mkdir()
        (self.home / "pg.tmp" / "PG_VERSION").write_text("18")
        self.patch(subprocess, "Popen", lambda *_, **__: self.fail("a blocking start"))
        server = self.server()
        threads = threading.active_count()
        dsn = await server.start()
        self.assertEqual(threading.active_count(), threads)
        self.assertFalse((self.home / "pg.tmp").exists())
        self.assertGreaterEqual(await deferToThread(version, dsn), 180000)
        sockets = Path((self.home / "pg.socket").read_text())
        self.assertTrue(sockets.exists())
        await server.stop()
        self.assertFalse(sockets.exists())

    async def test_crashes(self) -> None:
        """A server that dies is started again, and what was written is there."""
        self.patch(postgres, "FIRST_RESTART_S", 0.01)
        server = self.server()
        dsn = await server.start()
        await deferToThread(asked, dsn, "CREATE TABLE kept AS SELECT 7 AS value")
        first = server.pid
        assert first is not None
        os.kill(first, signal.SIGQUIT)
        await self.until(lambda: server.pid not in (None, first) and server._ready.called)  # type: ignore[union-attr]
        self.assertEqual(await deferToThread(asked, dsn, "SELECT value FROM kept"), 7)
        self.assertFalse(self.crashed.called)

    async def crashes(self, server: EmbeddedPostgres, count: int) -> None:
        """Wait until a server has ended so many times."""
        await self.until(lambda: server._crashes == count)

    def programs(self, postgres_does: str) -> TimelessReactor:
        """Put a shell script in PostgreSQL's place, which is ready and ends at its first start; time is a clock's."""
        programs = self.home / "bin"
        programs.mkdir()
        programs.chmod(0o777)
        (programs / "postgres").write_text(
            f"#!/bin/sh\nif [ -e {programs}/ran ]; then {postgres_does}; fi\n"
            f": > {programs}/ran; echo '{postgres._READY}'; exit 3\n"
        )
        (programs / "postgres").chmod(0o755)
        (self.home / "pg").mkdir()
        self.patch(postgres, "binaries", lambda: programs)
        return TimelessReactor()

    async def test_starts_that_fail(self) -> None:
        """Point 34 of issue 12: pauses grow to half a minute, and it is given up after five minutes, not five starts.

        Before, five starts that failed within 3.4 s ended chatr.
        """
        timeless = self.programs("echo 'FATAL: no space left'; exit 1")
        server = EmbeddedPostgres(timeless, self.home, on_crash=self.crashed.callback)
        await server.start()
        clock, moments, log = timeless.clock, [0.0], LogLines("chatr.embedded.postgres")
        self.addCleanup(log.end)
        while not self.crashed.called:
            await self.until(lambda: bool(clock.getDelayedCalls()) or self.crashed.called)
            for call in clock.getDelayedCalls():
                crashes = server._crashes
                clock.advance(call.getTime() - clock.seconds())
                moments.append(clock.seconds())
                await self.crashes(server, crashes + 1)
        pauses = [round(later - earlier, 3) for earlier, later in pairwise(moments)]
        self.assertEqual(pauses[:9], [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30.0])
        self.assertGreaterEqual(moments[-1], GIVE_UP_S)
        self.assertIn("no space left", await self.crashed)
        self.assertLess(len(log.lines), 8, log.lines)

    async def test_crashes_far_apart(self) -> None:
        """A server that ran for a minute begins to be counted anew."""
        timeless = self.programs(f"echo '{postgres._READY}'; exit 3")
        server = EmbeddedPostgres(timeless, self.home, on_crash=self.crashed.callback)
        await server.start()
        await self.until(lambda: server._crashes == 1)
        for crashes in (2, 3):
            [call] = timeless.clock.getDelayedCalls()
            timeless.clock.advance(call.getTime() - timeless.clock.seconds())
            await self.crashes(server, crashes)
        server._crashed("it ran", ran_s=STABLE_S)
        self.assertEqual(server._crashes, 1)
        await server.stop()

    async def test_no_wheel(self) -> None:
        """Without the wheel the error says what to install."""
        self.patch(postgres, "find_spec", lambda name: None)
        error = await self.assertFailure(Deferred.fromCoroutine(self.server().start()), EmbeddedError)
        self.assertIn("pip install 'chatr[embedded]'", str(error))

    async def holder(self, *account: str, python: str = sys.executable) -> tuple[Program, str, int]:
        """Another process with a running server: itself, the DSN and the postmaster's pid."""
        path = os.pathsep.join([str(ROOT), str(PACKAGES)])
        environment = {"PYTHONPATH": path, "HOME": "/nonexistent"}
        program = Program([python, "-c", HOLDER, str(self.home), *account], environment, cwd="/")
        self.addCleanup(lambda: Deferred.fromCoroutine(self.let_go(program)))
        dsn, pid, _ = (await program.says("|held\n")).splitlines()[-1].split("|")
        return program, dsn, int(pid)

    async def let_go(self, program: Program) -> None:
        """End a holder and its server, if it has not ended."""
        if not program.ended.called:
            program.transport.closeStdin()
            await program.ended

    async def test_second_start_is_warm(self) -> None:
        """The second start makes no database and finds what was written, durably, as was asked."""
        first = self.server()
        dsn = await first.start()
        await deferToThread(asked, dsn, "CREATE TABLE kept AS SELECT 7 AS value")
        await first.stop()
        second = self.server()
        self.patch(second, "_initialise", lambda: self.fail("a second initdb"))
        dsn = await second.start()
        self.assertEqual(await deferToThread(asked, dsn, "SELECT value FROM kept"), 7)
        for setting in ("fsync", "synchronous_commit"):
            self.assertEqual(await deferToThread(asked, dsn, f"SHOW {setting}"), "on")
        self.assertEqual(await deferToThread(asked, dsn, "SHOW listen_addresses"), "")

    async def test_killed_holder(self) -> None:
        """After SIGKILL the start waits for the old server, which ends by itself; data stay, sockets are cleaned."""
        program, dsn, old = await self.holder()
        await deferToThread(asked, dsn, "CREATE TABLE kept AS SELECT 7 AS value")
        sockets = Path((self.home / "pg.socket").read_text())
        # Stopped, the old server is as slow to end as a long checkpoint would make it.
        os.kill(old, signal.SIGSTOP)
        self.addCleanup(self.go_on, old)
        program.kill(signal.SIGKILL)
        await program.ended
        server = self.server()
        starting = Deferred.fromCoroutine(server.start())
        self.assertFalse(starting.called)
        self.assertEqual(server_using(self.home / "pg"), old)
        self.assertTrue(sockets.exists())
        os.kill(old, signal.SIGCONT)
        dsn = await starting
        self.assertFalse(sockets.exists())
        self.assertNotEqual(server.pid, old)
        self.assertEqual(server_using(self.home / "pg"), server.pid)
        self.assertEqual(await deferToThread(asked, dsn, "SELECT value FROM kept"), 7)

    async def test_stop_while_it_waits(self) -> None:
        """A stop ends the wait for an earlier server, which is left alone."""
        _, dsn, old = await self.holder()
        server = self.server()
        starting = Deferred.fromCoroutine(server.start())
        self.assertFalse(starting.called)
        # The sockets are those of the server that runs.
        self.patch(server, "_remove_socket_directory", lambda: None)
        await server.stop()
        error = await self.assertFailure(starting, EmbeddedError)
        self.assertIn("stopped before it was started", str(error))
        self.assertEqual(server_using(self.home / "pg"), old)
        self.assertGreaterEqual(await deferToThread(version, dsn), 180000)

    async def test_stale_pid_of_a_live_process(self) -> None:
        """A pid file that names a process which is no server of this directory does not block the start."""
        first = self.server()
        await first.start()
        await first.stop()
        (self.home / "pg" / "postmaster.pid").write_text(f"{os.getpid()}\n{self.home / 'pg'}\n1\n5432\n/tmp\n\n1 1\n")
        second = self.server()
        dsn = await second.start()
        self.assertEqual(server_using(self.home / "pg"), second.pid)
        self.assertGreaterEqual(await deferToThread(version, dsn), 180000)

    async def test_ordinary_user(self) -> None:
        """Without root the server runs as whoever runs chatr, whose home need not exist; it ends with its holder."""
        account, accounts, python = pwd.getpwuid(os.geteuid()).pw_name, [], sys.executable
        if os.geteuid() == 0:
            account, accounts = "nobody", ["nobody"]
            nobody = Account()
            nobody.uid, nobody.gid = pwd.getpwnam(account).pw_uid, pwd.getpwnam(account).pw_gid
            python = self.runnable(nobody)
            os.chown(self.home, nobody.uid, nobody.gid)
        program, dsn, pid = await self.holder(*accounts, python=python)
        self.assertEqual(Path(f"/proc/{pid}").stat().st_uid, pwd.getpwnam(account).pw_uid)
        self.assertEqual(await deferToThread(asked, dsn, "SELECT current_user::text"), "chatr")
        await self.let_go(program)
        self.assertIsNone(server_using(self.home / "pg"))
        self.assertFalse((self.home / "pg.socket").exists())

    def runnable(self, account: Account) -> str:
        """A Python of this version that an account can run: ours may lie in root's home, the system's does not."""
        for path in (ROOT / "chatr", PACKAGES, postgres.binaries()):
            if account.blocked_at(path.resolve()) is not None:
                raise SkipTest(f"an ordinary user can't reach {path}")
        system = shutil.which(f"python{sys.version_info[0]}.{sys.version_info[1]}", path=os.defpath)
        for python in (sys.executable, system):
            if python is not None and account.blocked_at(Path(python).resolve()) is None:
                return python
        raise SkipTest("an ordinary user can't run any Python of this version")

    async def test_programs_out_of_reach(self) -> None:
        """As root, programs that the unprivileged account can't reach are named before anything is made."""
        if os.geteuid() != 0:
            raise SkipTest("only root gives its server another account")
        closed = self.home / "closed"
        closed.mkdir(mode=0o700)
        (closed / "postgres").touch(0o755)
        self.patch(postgres, "binaries", lambda: closed)
        error = await self.assertFailure(Deferred.fromCoroutine(self.server().start()), EmbeddedError)
        self.assertIn(f"who can't pass {closed}", str(error))
        self.assertEqual([path.name for path in self.home.iterdir()], ["closed"])

    async def test_restart_that_hangs(self) -> None:
        """A restarted server that never gets ready is killed and counts as one crash."""
        timeless = self.programs("echo hangs; exec sleep 1000")
        server = EmbeddedPostgres(timeless, self.home, on_crash=self.crashed.callback)
        await server.start()
        await self.until(lambda: server._crashes == 1)
        timeless.clock.advance(postgres.FIRST_RESTART_S)
        await self.until(lambda: server._reason == "hangs")
        hanging = server._child
        assert hanging is not None
        timeless.clock.advance(START_TIMEOUT_S)
        await self.until(lambda: not hanging.running and bool(timeless.clock.getDelayedCalls()))
        self.assertEqual(len(timeless.clock.getDelayedCalls()), 1)
        self.assertEqual(server._crashes, 2)
        await server.stop()
        self.assertEqual(timeless.clock.getDelayedCalls(), [])

    def go_on(self, pid: int) -> None:
        """Let a stopped server end, also when the test failed."""
        try:
            os.kill(pid, signal.SIGCONT)
        except ProcessLookupError:
            pass

    async def until(self, reached: Any) -> None:
        """Turn the reactor until something is so; the test's time limit is the bound."""
        while not reached():
            turn: Deferred[None] = Deferred()
            reactor.callLater(0, turn.callback, None)  # type: ignore[attr-defined]
            await turn
