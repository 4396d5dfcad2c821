"""A disk that is really full, where the tests may mount one. tests/ops/test_broken_database.py needs no rights."""

from __future__ import annotations

import os
import subprocess
import tempfile
import uuid
from pathlib import Path

import psycopg2
from twisted.trial.unittest import SkipTest

from chatr.embedded.child import Account
from tests.box import Box
from tests.e2e.client import Refused
from tests.e2e.faults import FaultCase
from tests.refusing import run

SMALL, LARGE = "1m", "64m"


class FullDiskTests(FaultCase):
    """Messages on a file system of a megabyte."""

    def setUp(self) -> None:
        super().setUp()
        if os.geteuid() != 0:
            raise SkipTest("only root mounts file systems")
        self.disk = Path(tempfile.mkdtemp(prefix="chatr-test-"))
        self.addCleanup(self.disk.rmdir)
        self.mount(f"size={SMALL},mode=0700,uid={Account().uid}")
        self.addCleanup(subprocess.run, ["umount", str(self.disk)], check=True)

    def mount(self, options: str) -> None:
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(self.disk)], capture_output=True)
        if done.returncode:
            raise SkipTest(f"no file system can be mounted here: {done.stderr.decode()}")

    async def test_full_and_free_again(self) -> None:
        """Point 33 of issue 12: ``unavailable``, one line; with room again all is as before, and found by its words."""
        box = Box()
        self.addCleanup(box.close)
        dsn = box.database()
        self.database = ["--database", dsn]
        run(dsn, f"CREATE TABLESPACE small LOCATION '{self.disk}'")
        for table in ("messages", "message_words"):
            run(dsn, f"ALTER TABLE {table} SET TABLESPACE small")
        await self.start()
        await self.friends("ann", "ben")
        ann = await self.wamp("ann")
        sent, refused = 0, 0
        while not refused:
            # What does not compress: each takes its 8,000 bytes.
            text = os.urandom(4000).hex()
            try:
                await ann.call("message.send", recipientId=self.ids["ben"], content=text, clientId=str(uuid.uuid4()))
                sent += 1
            except Refused as error:
                self.assertEqual(error.uri, "chatr.error.unavailable")
                self.assertEqual(error.args[1]["retryAfter"], 5)
                refused += 1
        for _ in range(200):
            with self.assertRaises(Refused):
                await ann.call("message.send", recipientId=self.ids["ben"], content=text, clientId=str(uuid.uuid4()))
        assert self.program is not None
        said = self.program.output + self.program.errors
        self.assertEqual(said.count("No space left on device"), 1, said[-3000:])
        self.assertNotIn("Traceback", said)
        subprocess.run(["mount", "-o", f"remount,size={LARGE}", str(self.disk)], check=True)
        last = await ann.call("message.send", recipientId=self.ids["ben"], content="needle", clientId=str(uuid.uuid4()))
        self.assertEqual(last["seq"], sent + 1)
        entries = await self.equal_logs(["ann", "ben"], last["conversationId"])
        self.assertEqual(len(entries), sent + 1)
        # Before, what watched over the index was gone for good.
        while not self.indexed(dsn, sent + 1):
            await ann.call("user.me")

    def indexed(self, dsn: str, count: int) -> bool:
        connection = psycopg2.connect(dsn)
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT count(*) FROM message_words")
                return bool(cursor.fetchone()[0] >= count)
        finally:
            connection.close()
