"""The lock on a data directory, and what tells a server in use from a stale pid file."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from chatr.embedded import lock as module
from chatr.embedded.lock import DirectoryInUse, DirectoryLock, remove_foreign_pid, server_using


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
        command = [sys.executable, "-c", "print(flush=True); input()"]
        child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, close_fds=False)
        # Popen can return a moment before the kernel closes what is close-on-exec.
        assert child.stdout is not None
        child.stdout.readline()
        lock.release()
        DirectoryLock(directory).acquire()
        child.communicate(b"\n")

    def test_ends_with_its_holder(self) -> None:
        """The lock of a process that was killed is free; the pid in the file is that of the new holder."""
        directory = Path(self.mktemp()).absolute()
        directory.mkdir(parents=True)
        program = (
            "import sys; from pathlib import Path; from chatr.embedded.lock import DirectoryLock; "
            "DirectoryLock(Path(sys.argv[1])).acquire(); print('held', flush=True); input()"
        )
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
        command = [sys.executable, "-c", program, str(directory)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as holder:
            assert holder.stdout is not None
            self.assertEqual(holder.stdout.readline(), b"held\n")
            lock = DirectoryLock(directory)
            self.assertIn(f"(process {holder.pid})", str(self.assertRaises(DirectoryInUse, lock.acquire)))
            holder.kill()
        lock.acquire()
        self.assertEqual((directory / "chatr.lock").read_text(), f"{os.getpid()}\n")
        lock.release()


class PidFileTests(SynchronousTestCase):
    """Whose postmaster.pid it is."""

    def setUp(self) -> None:
        self.data = Path(self.mktemp()).absolute()
        self.data.mkdir(parents=True)
        self.file = self.data / "postmaster.pid"

    def written(self, pid: int, segment: str = "1 1") -> None:
        self.file.write_text(f"{pid}\n{self.data}\n1\n5432\n/tmp\n\n{segment}\nready\n")

    def test_foreign_process(self) -> None:
        """A live process that is no server of this directory doesn't keep it, and its pid file is removed."""
        self.written(os.getpid())
        self.assertIsNone(server_using(self.data))
        self.assertEqual(remove_foreign_pid(self.data), os.getpid())
        self.assertFalse(self.file.exists())

    def test_server_of_this_directory(self) -> None:
        """A live process that was started for this directory keeps it; for a neighbour of like name it doesn't."""
        for argument, expected in ((str(self.data), True), (f"{self.data}2", False)):
            command = [sys.executable, "-c", "print(flush=True); input()", "-D", argument]
            with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
                assert process.stdout is not None
                process.stdout.readline()
                self.written(process.pid)
                self.assertEqual(server_using(self.data), process.pid if expected else None)
                process.communicate(b"\n")

    def test_children_without_their_server(self) -> None:
        """Shared memory that is still attached keeps the directory, whatever became of the postmaster."""
        table = self.data / "shm"
        self.patch(module, "_SHARED_MEMORY", table)
        self.written(os.getpid(), "      77     4")
        for attached, expected in ((2, os.getpid()), (0, None)):
            table.write_text(f"key shmid perms size cpid lpid nattch uid\n 77 4 600 56 9 9 {attached} 101\n")
            self.assertEqual(server_using(self.data), expected)

    def test_no_use(self) -> None:
        """No pid file, an empty one, and that of a process which is gone are left to PostgreSQL."""
        self.assertIsNone(server_using(self.data))
        self.file.write_text("")
        self.assertIsNone(server_using(self.data))
        with subprocess.Popen([sys.executable, "-c", ""]) as gone:
            pass
        self.written(gone.pid)
        self.assertIsNone(server_using(self.data))
        self.assertIsNone(remove_foreign_pid(self.data))
        self.assertTrue(self.file.exists())
