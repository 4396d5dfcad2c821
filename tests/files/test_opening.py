"""Which storage the settings name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from twisted.internet import reactor
from twisted.trial.unittest import TestCase

from chatr.config import FilesSettings, S3Settings
from chatr.files.disk import Disk
from chatr.files.local import LocalStorage, place_of
from chatr.files.opening import open_storage
from chatr.files.s3.objects import S3Storage
from tests.contract_suites.storage import KEY


class OpeningTests(TestCase):
    """A directory of the data directory, another one, or a bucket."""

    def setUp(self) -> None:
        self.disk = Disk(reactor)
        self.disk.start()
        self.addCleanup(self.disk.stop)
        self.home = Path(self.mktemp())
        self.home.mkdir()

    def open(self, **settings: Any) -> Any:
        s3 = S3Settings(endpoint="https://s3.example.org", bucket="chatr", access_key="key", secret_key="secret")
        return open_storage(self.disk, FilesSettings(**settings), s3, self.home)

    async def test_local(self) -> None:
        """Files lie in the data directory, unless the settings say where."""
        await self.open().start()
        self.assertTrue((self.home / "files").is_dir())
        await self.open(directory=str(self.home / "elsewhere")).start()
        self.assertTrue((self.home / "elsewhere").is_dir())
        self.assertIsInstance(self.open(), LocalStorage)
        self.assertEqual(self.open(accel_location="/kept/").accel(KEY), f"/kept/{place_of(KEY)}")

    async def test_s3(self) -> None:
        """A bucket."""
        storage = self.open(storage="s3")
        self.assertIsInstance(storage, S3Storage)
        await storage.stop()
