"""The data directory."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import msgspec
from twisted.trial.unittest import SynchronousTestCase

from chatr.datadir import DataDirectory, DataDirectoryError


class DataDirectoryTests(SynchronousTestCase):
    """Keys are made once, and only their owner reads them."""

    def setUp(self) -> None:
        self.path = Path(self.mktemp()).absolute()

    def refused(self, text: str) -> None:
        for read in ("server_keys", "signing_keys"):
            directory = DataDirectory.open(self.path)
            error = self.assertRaises(DataDirectoryError, getattr(directory, read))
            self.assertIn(text, str(error))

    def test_keys(self) -> None:
        """Both are random, of mode 0600, and the same at the next start; no partial file is left."""
        directory = DataDirectory.open(self.path)
        first = (directory.server_keys(), directory.signing_keys())
        again = DataDirectory.open(self.path)
        self.assertEqual((again.server_keys(), again.signing_keys()), first)
        self.assertEqual((len(first[0][0]), len(first[1][0].secret)), (32, 32))
        self.assertEqual(sorted(path.name for path in self.path.iterdir()), ["jwt.key", "server.key"])
        for path in self.path.iterdir():
            self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)

    def test_concurrent_first_starts(self) -> None:
        """Whoever comes second uses the key of the first."""
        directory = DataDirectory.open(self.path)
        keys: list[bytes] = []
        threads = [threading.Thread(target=lambda: keys.append(directory.server_keys()[0])) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(len(set(keys)), 1)

    def test_existing(self) -> None:
        """Point 28 of issue 12: where no server has been, nothing is made, and it is said."""
        error = self.assertRaises(DataDirectoryError, DataDirectory.existing, self.path)
        self.assertIn(f"no data directory of a server is at {self.path}", str(error))
        self.assertFalse(self.path.exists())
        DataDirectory.open(self.path).server_keys()
        self.assertEqual(DataDirectory.existing(self.path).path, self.path)

    def test_readable_by_others(self) -> None:
        """A key that others can read is refused."""
        directory = DataDirectory.open(self.path)
        directory.server_keys(), directory.signing_keys()
        for path in self.path.iterdir():
            path.chmod(0o640)
        self.refused("can be read by others")

    def test_damaged(self) -> None:
        """A key that was cut short is refused, never replaced."""
        directory = DataDirectory.open(self.path)
        directory.server_keys(), directory.signing_keys()
        for path in self.path.iterdir():
            path.write_bytes(path.read_bytes()[:10])
        self.refused("is damaged")

    def test_rotation(self) -> None:
        """A new key comes first, the old ones stay until they are to be forgotten, nothing else lies about."""
        directory = DataDirectory.open(self.path)
        [server], [signing] = directory.server_keys(), directory.signing_keys()
        directory.rotate_server_key()
        directory.rotate_signing_key("EdDSA")
        self.assertEqual(directory.server_keys()[1:], [server])
        newest, old = directory.signing_keys()
        self.assertEqual((old, newest.algorithm), (signing, "EdDSA"))
        for _ in range(9):
            directory.rotate_signing_key("HS256")
        self.assertEqual(len(directory.signing_keys()), 5)
        newest_server = directory.server_keys()[0]
        directory.forget_old_keys()
        self.assertEqual((directory.server_keys(), len(directory.signing_keys())), ([newest_server], 1))
        for path in self.path.iterdir():
            self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
        self.assertEqual(sorted(path.name for path in self.path.iterdir()), ["jwt.key", "server.key"])

    def test_single_signing_key(self) -> None:
        """The file of an earlier version, with one key and no list, is read."""
        directory = DataDirectory.open(self.path)
        path = self.path / "jwt.key"
        path.write_bytes(msgspec.json.encode({"kid": "abcd", "secret": b"x" * 32}))
        path.chmod(0o600)
        self.assertEqual([key.kid for key in directory.signing_keys()], ["abcd"])

    def test_no_directory(self) -> None:
        """A path that is a file is refused."""
        self.path.write_text("x")
        error = self.assertRaises(DataDirectoryError, DataDirectory.open, self.path)
        self.assertIn("is not a directory", str(error))

    def test_outbox(self) -> None:
        """Mail lies where only the owner looks."""
        outbox = DataDirectory.open(self.path).outbox
        self.assertEqual(stat.S_IMODE(outbox.stat().st_mode), 0o700)
        self.assertEqual(os.listdir(outbox), [])

    def test_scratch(self) -> None:
        """What a run has left behind is removed by the next."""
        directory = DataDirectory.open(self.path)
        (directory.scratch / "half.zip").write_bytes(b"PK")
        directory.empty_scratch()
        self.assertEqual(os.listdir(directory.scratch), [])
        self.assertEqual(stat.S_IMODE(directory.scratch.stat().st_mode), 0o700)
