"""The embedded PostgreSQL and the lock on its directory. Whole servers are started in tests/test_tap.py."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import psycopg2
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import SynchronousTestCase, TestCase

from chatr.embedded import postgres
from chatr.embedded.lock import DirectoryInUse, DirectoryLock
from chatr.embedded.postgres import MAX_CRASHES, EmbeddedError, EmbeddedPostgres


def version(dsn: str) -> int:
    """Ask a server something."""
    connection = psycopg2.connect(dsn)
    try:
        return int(connection.server_version)
    finally:
        connection.close()


class LockTests(SynchronousTestCase):
    """One process per directory."""

    def test_second_is_refused_by_name(self) -> None:
        """Another holder is told by directory and pid; released, the lock can be taken again."""
        directory = Path(self.mktemp())
        directory.mkdir(parents=True)
        first, second = DirectoryLock(directory), DirectoryLock(directory)
        first.acquire()
        error = self.assertRaises(DirectoryInUse, second.acquire)
        self.assertIn(f"{directory} is in use by another chatr (process {os.getpid()})", str(error))
        first.release()
        second.acquire()
        second.release()

    def test_children_do_not_hold_it(self) -> None:
        """A child that outlives the holder does not keep the lock."""
        directory = Path(self.mktemp())
        directory.mkdir(parents=True)
        lock = DirectoryLock(directory)
        lock.acquire()
        child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, close_fds=False)
        lock.release()
        DirectoryLock(directory).acquire()
        child.communicate(b"\n")


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
        """A server that dies is started again; one that dies again and again is given up with a reason."""
        self.patch(postgres, "FIRST_RESTART_S", 0.01)
        server = self.server()
        await server.start()
        seen: set[int] = set()
        while not self.crashed.called:
            pid = server.pid
            if pid is not None and pid not in seen and server._ready.called:  # type: ignore[union-attr]
                seen.add(pid)
                os.kill(pid, signal.SIGQUIT)
            turn: Deferred[None] = Deferred()
            reactor.callLater(0.005, turn.callback, None)  # type: ignore[attr-defined]
            await turn
        self.assertIn(f"crashed {MAX_CRASHES} times", await self.crashed)
        self.assertEqual(len(seen), MAX_CRASHES)
        self.flushLoggedErrors()

    async def test_no_wheel(self) -> None:
        """Without the wheel the error says what to install."""
        self.patch(postgres, "find_spec", lambda name: None)
        error = await self.assertFailure(Deferred.fromCoroutine(self.server().start()), EmbeddedError)
        self.assertIn("pip install 'chatr[embedded]'", str(error))
