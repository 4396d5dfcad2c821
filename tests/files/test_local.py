"""Files in a directory of this machine."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
from errno import EDQUOT, EFBIG, EIO, ENOSPC
from pathlib import Path

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.trial.unittest import SkipTest, TestCase

from chatr.files.disk import Disk, failure_of
from chatr.files.local import LocalStorage, place_of
from chatr.files.storage import Missing, StorageFull, StorageUnavailable
from tests.contract_suites.storage import FILE, KEY, LARGE, StorageSuite, Taker, content

#: Another file system than most test directories, so that a link is not possible.
ELSEWHERE = Path("/dev/shm")
PLACE = place_of(KEY)


class LocalCase(TestCase):
    """A storage in a directory of its own."""

    async def setUp(self) -> None:
        self.folder = Path(self.mktemp())
        self.folder.mkdir(parents=True)
        self.root = Path(self.mktemp()) / "files"
        self.disk = Disk(reactor)
        self.disk.start()
        self.addCleanup(self.disk.stop)
        self.storage = LocalStorage(self.disk, self.root)
        await self.storage.start()

    def files(self) -> list[str]:
        """All files that are there."""
        return sorted(str(each.relative_to(self.root)) for each in self.root.rglob("*") if each.is_file())


class ContractTests(StorageSuite, LocalCase):
    """The suite of all storages."""


class ThreadsContractTests(StorageSuite, LocalCase):
    """The same, on a file system that can't tell what is in memory."""

    async def setUp(self) -> None:
        await super().setUp()
        self.disk._tells_what_it_has = False


class CopyContractTests(StorageSuite, LocalCase):
    """The same, where uploads come from another file system."""

    async def setUp(self) -> None:
        await super().setUp()
        self.folder = ELSEWHERE / f"chatr-{os.getpid()}-{self.id()}"
        self.addCleanup(shutil.rmtree, self.folder)
        self.folder.mkdir()
        if self.folder.stat().st_dev == self.root.stat().st_dev:
            raise SkipTest("there is one file system only")


class LocalTests(LocalCase):
    """What is of this storage alone."""

    async def test_one_copy(self) -> None:
        """On one file system nothing is copied, neither in nor out."""
        upload = self.folder / "upload"
        upload.write_bytes(b"content")
        inodes = {upload.stat().st_ino}
        await self.storage.put(KEY, upload)
        await self.storage.fetch(KEY, self.folder / "copy")
        inodes |= {path.stat().st_ino for path in (self.root / PLACE, self.folder / "copy")}
        self.assertEqual(len(inodes), 1)
        self.assertFalse(upload.exists())

    async def test_who_may_read(self) -> None:
        """Nobody but the server and its group, whatever the umask is; nginx may be in that."""
        self.addCleanup(os.umask, os.umask(0o077))
        upload = self.folder / "upload"
        upload.write_bytes(b"content")
        await self.storage.put(KEY, upload)
        modes = [stat.S_IMODE(path.stat().st_mode) for path in (self.root / PLACE, *(self.root / PLACE).parents[:3])]
        self.assertEqual(modes, [0o640, 0o750, 0o750, 0o750])

    async def test_nothing_but_objects(self) -> None:
        """After puts and deletes there is nothing but what was put: no halves."""
        upload = self.folder / "upload"
        for _ in range(2):
            upload.write_bytes(b"content")
            await self.storage.put(KEY, upload)
        self.assertEqual(self.files(), [PLACE])
        await self.storage.delete(KEY)
        self.assertEqual(self.files(), [])

    async def test_durable(self) -> None:
        """The content is on the disk before it has its name, and the name before the put returns."""
        order: list[str] = []
        fsync, replace = os.fsync, os.replace

        def synced(descriptor: int) -> None:
            order.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
            fsync(descriptor)

        def named(*args: object, **options: object) -> None:
            order.append("name")
            replace(*args, **options)  # type: ignore[arg-type]

        self.patch(os, "fsync", synced)
        self.patch(os, "replace", named)
        # The first time the folder is made, which is an entry of the one above it.
        for expected in (["file", "folder", "name", "folder"], ["file", "name", "folder"]):
            order.clear()
            (self.folder / "upload").write_bytes(b"content")
            await self.storage.put(KEY, self.folder / "upload")
            self.assertEqual(order, expected)

    async def test_earlier_places(self) -> None:
        """What an earlier version has kept under whole keys is there after a start; what is none of ours stays.

        Copies that it has not finished go: of an object that is deleted here nothing else would take them away.
        """
        small = KEY.replace("original", "sm")
        part = KEY.replace("original", ".original.0123456789abcdef.part")
        for key in (KEY, small, part, "ab/readme", "xy/89/mine"):
            (self.root / key).parent.mkdir(parents=True, exist_ok=True)
            (self.root / key).write_bytes(key.encode())
        (self.root / "cd").symlink_to((self.root / "ab").resolve())
        await self.storage.start()
        self.assertEqual([await self._content(key) for key in (KEY, small)], [KEY.encode(), small.encode()])
        self.assertEqual(self.files(), sorted([PLACE, place_of(small), "ab/readme", "xy/89/mine"]))
        await self.storage.start()
        self.assertEqual(len(self.files()), 4)

    async def test_started_together(self) -> None:
        """What another node makes at the same moment is there then."""
        is_dir, looks = Path.is_dir, iter([False, True] * 3)
        self.patch(Path, "is_dir", lambda path: next(looks, True) and is_dir(path))
        await self.storage.start()
        await self.put_upload()
        self.assertEqual(self.files(), [PLACE])

    async def test_folder_goes(self) -> None:
        """A folder of objects that somebody has taken away is made anew."""
        await self.put_upload()
        shutil.rmtree((self.root / PLACE).parent)
        await self.assertFailure(Deferred.fromCoroutine(self.put_upload()), StorageUnavailable)
        await self.put_upload()
        self.assertEqual(self.files(), [PLACE])

    async def put_upload(self) -> None:
        (self.folder / "upload").write_bytes(b"content")
        await self.storage.put(KEY, self.folder / "upload")

    async def _content(self, key: str) -> bytes:
        taker = Taker()
        await self.storage.send(key, 0, len(key), taker)
        return bytes(taker.taken)

    async def test_killed(self) -> None:
        """What a crash in the middle of a copy leaves is not the object, and a delete of the object takes it away."""
        script = (
            "import os, signal, sys\n"
            "from pathlib import Path\n"
            "from chatr.files import local\n"
            "local.shutil.copyfileobj = lambda source, target, size: (\n"
            "    target.write(source.read(5)), os.kill(os.getpid(), signal.SIGKILL))\n"
            "local._put(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), set())\n"
        )
        with _elsewhere(self) as upload:
            upload.write_bytes(content(100))
            died = subprocess.run([sys.executable, "-c", script, self.root, KEY, upload], check=False)
        self.assertEqual(died.returncode, -signal.SIGKILL)
        self.assertEqual([name.partition(".")[0] for name in self.files()], [f"parts/{FILE}"])
        await self.assertFailure(self.storage.send(KEY, 0, 5, Taker()), Missing)
        await self.storage.delete(KEY)
        self.assertEqual(self.files(), [])

    async def test_links_lead_nowhere(self) -> None:
        """Nothing is read, written or deleted through a link that somebody has put into the directory."""
        outside = self.folder / "outside"
        outside.mkdir()
        secret = outside / Path(PLACE).name
        secret.write_bytes(b"secret")
        upload = self.folder / "upload"
        place = self.root / PLACE
        for link, target in ((place, secret), (place.parent, outside)):
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(target.resolve())
            await self.assertFailure(self.storage.send(KEY, 0, 6, Taker()), Missing)
            await self.assertFailure(self._fetch(), Missing)
            upload.write_bytes(b"content")
            if link == place:
                await self.storage.put(KEY, upload)
                self.assertFalse(link.is_symlink())
            else:
                await self.assertFailure(Deferred.fromCoroutine(self.storage.put(KEY, upload)), StorageUnavailable)
            await self.storage.delete(KEY)
            self.assertEqual(secret.read_bytes(), b"secret")
            self.assertEqual(os.listdir(outside), [secret.name])
            shutil.rmtree(place.parent, ignore_errors=True)

    def _fetch(self) -> Deferred[None]:
        return Deferred.fromCoroutine(self.storage.fetch(KEY, self.folder / "copy"))

    async def test_no_file(self) -> None:
        """A pipe, or a folder, under an object's name is no object, and holds nobody up."""
        (self.root / PLACE).parent.mkdir(parents=True)
        os.mkfifo(self.root / PLACE)
        await self.assertFailure(self.storage.send(KEY, 0, 6, Taker()), Missing)
        await self.assertFailure(self._fetch(), Missing)
        (self.root / PLACE).unlink()
        (self.root / PLACE).mkdir()
        await self.assertFailure(self.storage.send(KEY, 0, 6, Taker()), Missing)

    async def test_shorter_than_it_was(self) -> None:
        """Who asks for more than there is gets what there is, and hears that it was not all."""
        (self.folder / "upload").write_bytes(b"content")
        await self.storage.put(KEY, self.folder / "upload")
        taker = Taker()
        await self.assertFailure(self.storage.send(KEY, 3, 100, taker), StorageUnavailable)
        self.assertEqual((taker.taken, taker.producer), (b"tent", None))

    async def test_nothing_stays_open(self) -> None:
        """However a sending ends, its file is closed: after all of it, in the middle, cancelled before it was open."""
        (self.folder / "upload").write_bytes(content(LARGE))
        await self.storage.put(KEY, self.folder / "upload")
        before = len(os.listdir("/proc/self/fd"))
        for _ in range(20):
            await self.storage.send(KEY, 0, LARGE, Taker())
            stopped = Taker(room=1)
            sending = self.storage.send(KEY, 0, LARGE, stopped)
            await stopped.full
            sending.cancel()
            early = self.storage.send(KEY, 0, LARGE, Taker())
            early.cancel()
            for each in (sending, early):
                each.addErrback(lambda _: None)
        # What waits in the threads is done when they have ended.
        await self.disk.stop()
        self.assertLessEqual(len(os.listdir("/proc/self/fd")), before)

    async def test_accel(self) -> None:
        """Behind nginx an object has a path there, and there alone."""
        self.assertIsNone(self.storage.accel(KEY))
        behind = LocalStorage(self.disk, self.root, accel_location="/chatr-files/")
        self.assertEqual(behind.accel(KEY), f"/chatr-files/{PLACE}")
        self.assertIsNone(behind.direct(KEY, expires_s=60, media_type="image/png", disposition="inline"))

    async def test_start_says_why(self) -> None:
        """An operator reads which directory it is, and what is wrong with it."""
        (self.folder / "file").write_bytes(b"")
        storage = LocalStorage(self.disk, self.folder / "file" / "files")
        error = await self.assertFailure(Deferred.fromCoroutine(storage.start()), StorageUnavailable)
        self.assertEqual(str(error), f"files can't be kept in {self.folder}/file/files: Not a directory")

    async def test_directory_goes(self) -> None:
        """Without its directory, as when a disk is no longer mounted, nothing is missing: it is not to be known."""
        shutil.rmtree(self.root)
        (self.folder / "upload").write_bytes(b"content")
        for asked in (
            Deferred.fromCoroutine(self.storage.put(KEY, self.folder / "upload")),
            Deferred.fromCoroutine(self.storage.delete(KEY)),
            self.storage.send(KEY, 0, 1, Taker()),
            self._fetch(),
        ):
            await self.assertFailure(asked, StorageUnavailable)

    async def test_after_the_end(self) -> None:
        """When the threads have ended everything fails at once."""
        await self.disk.stop()
        await self.assertFailure(self.storage.send(KEY, 0, 1, Taker()), StorageUnavailable)


class _elsewhere:
    """A path on another file system."""

    def __init__(self, case: TestCase) -> None:
        self._path = ELSEWHERE / f"chatr-{os.getpid()}-{case.id()}"

    def __enter__(self) -> Path:
        return self._path

    def __exit__(self, *_: object) -> None:
        self._path.unlink(missing_ok=True)


#: Puts a file that there is no room for, then one that there is; tells what it is told, and what is there then.
CHILD = """
import errno, os, resource, sys
from pathlib import Path
from chatr.files import local
from chatr.files.disk import failure_of
root, key, large, small = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4])
if sys.argv[5] == "limit":
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
local._prepare(root)
def put(path):
    try:
        local._put(root, key, path, set())
        return "put"
    except OSError as error:
        return f"{errno.errorcode[error.errno]} {type(failure_of(error)).__name__}"
print(put(large), [str(each.relative_to(root)) for each in root.rglob("*") if each.is_file()])
print(put(small), (root / local.place_of(key)).read_bytes())
"""


class FullTests(TestCase):
    """A disk without room, in a process of its own: of another file system, so that there is something to write."""

    def setUp(self) -> None:
        self.folder = Path(self.mktemp())
        self.folder.mkdir(parents=True)
        (self.folder / "large").write_bytes(content(LARGE))
        (self.folder / "small").write_bytes(b"small")

    def put(self, root: Path, how: str, *before: str) -> str:
        command = [*before, sys.executable, "-c", CHILD, root, KEY, self.folder / "large", self.folder / "small", how]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        self.assertEqual(done.stderr, "")
        return done.stdout

    def test_file_too_large(self) -> None:
        """What the process may not write (RLIMIT_FSIZE, the nearest that needs no rights) is told as no room."""
        root = ELSEWHERE / f"chatr-{os.getpid()}-{self.id()}"
        self.addCleanup(shutil.rmtree, root, ignore_errors=True)
        self.assertEqual(self.put(root, "limit"), "EFBIG StorageFull []\nput b'small'\n")

    def test_full_disk(self) -> None:
        """A file system that is really full: nothing of the file is left, and what fits is taken."""
        root = self.folder / "mounted"
        root.mkdir()
        mount = f'mount -t tmpfs -o size=2m none "{root}" && exec "$@"'
        inside = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", mount, "sh"]
        try:
            subprocess.run([*inside, "true"], check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            raise SkipTest("this account may not mount anything") from None
        self.assertEqual(self.put(root, "disk", *inside), "ENOSPC StorageFull []\nput b'small'\n")

    def test_kinds(self) -> None:
        """Why there is no room makes no difference."""
        kinds = {number: type(failure_of(OSError(number, "/secret/path"))) for number in (EDQUOT, EFBIG, EIO, ENOSPC)}
        self.assertEqual(kinds, {EDQUOT: StorageFull, EFBIG: StorageFull, EIO: StorageUnavailable, ENOSPC: StorageFull})
        self.assertNotIn("secret", str(failure_of(OSError(EIO, "/secret/path"))))
