"""Backup and restore as docs/deployment.rst has them: its very lines are run."""

from __future__ import annotations

import gzip
import re
import socket
import sys
from pathlib import Path
from typing import Any

import treq
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.web.client import HTTPConnectionPool

from chatr.embedded.postgres import running_dsn
from tests.e2e.programs import Program
from tests.e2e.server import PASSWORD
from tests.store.test_epoch import EPOCH
from tests.store.test_migrate import ask
from tests.test_tap import ROOT, TapCase


def blocks(section: str) -> list[str]:
    """The literal blocks of a section of the page."""
    page = (ROOT / "docs" / "deployment.rst").read_text()
    found = re.search(rf"^{section}\n=+\n(.*?)(?=^[^\n]+\n=+\n)", page, re.M | re.S)
    assert found is not None
    return [re.sub(r"^ {4}", "", block, flags=re.M) for block in re.findall(r"::\n\n((?:(?: {4}.*)?\n)+)", found[1])]


class BackupTests(TapCase):
    """From a server with an embedded database to another one"""

    timeout = 100

    def setUp(self) -> None:
        super().setUp()
        self.pool = HTTPConnectionPool(reactor, persistent=False)

    async def shell(self, script: str, code: int = 0) -> str:
        """Run lines of the page, with the paths of this test."""
        for documented, here in (
            ("/opt/chatr/bin", str(Path(sys.executable).parent)),
            ("/var/lib/chatr", str(self.data_dir)),
            ("/var/backups", str(self.home / "backups")),
            ("/root/chatr-keys", str(self.home / "keys")),
            ("8081", str(self.free_port())),
        ):
            script = script.replace(documented, here)
        program = Program(["/bin/bash", "-c", script], {"PYTHONPATH": str(ROOT)}, cwd=str(self.home))
        self.programs.append(program)
        waiter: Deferred[int] = Deferred()
        program.ended.addCallback(lambda ended: (waiter.callback(ended), ended)[1])
        self.assertEqual(await waiter, code, program.output + program.errors)
        return program.output + program.errors

    def free_port(self) -> int:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            number: int = probe.getsockname()[1]
            return number

    async def rest(self, port: int, verb: str, path: str, body: Any = None, token: str = "", status: int = 200) -> Any:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        more = {} if body is None else {"json": body}
        url = f"http://127.0.0.1:{port}/api{path}"
        answer = await treq.request(verb, url, headers=headers, pool=self.pool, timeout=30, **more)
        content = await answer.json()
        self.assertEqual(answer.code, status, content)
        return content

    async def write(self, port: int) -> str:
        """Ann writes to Ben; the conversation."""
        people = []
        for name in ("ann", "ben"):
            body = {"username": name, "email": f"{name}@example.org", "password": PASSWORD}
            made = await self.rest(port, "POST", "/auth/register", body, status=201)
            newest = max((self.data_dir / "outbox").glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
            code = re.search(r"\b[0-9]{6}\b", newest.read_text().partition("\n\n")[2])
            assert code is not None
            body = {"userId": made["userId"], "code": code[0]}
            people.append(await self.rest(port, "POST", "/auth/verify-email", body))
        body = {"recipientId": people[1]["user"]["id"], "content": "Grüße €", "clientId": people[0]["user"]["id"]}
        sent = await self.rest(port, "POST", "/messages", body, token=people[0]["accessToken"], status=201)
        conversation: str = sent["conversationId"]
        return conversation

    async def test_backup_and_restore(self) -> None:
        """A dump of the running server, restored into an empty data directory: who signs in finds their history."""
        program = self.run_chatr("--http", "tcp:0:interface=127.0.0.1")
        conversation = await self.write(await self.port(program))
        epoch = ask(running_dsn(self.data_dir), EPOCH)
        [dump, keys] = blocks("Backup")
        await self.shell(dump)
        await self.shell(keys)
        await self.end(program)
        self.data_dir = self.home / "restored"
        [restore] = blocks("Restore")
        await self.shell(restore)
        program = self.run_chatr("--http", "tcp:0:interface=127.0.0.1")
        port = await self.port(program)
        session = await self.rest(port, "POST", "/auth/login", {"login": "ann@example.org", "password": PASSWORD})
        path = f"/messages/history?conversationId={conversation}"
        history = await self.rest(port, "GET", path, token=session["accessToken"])
        self.assertEqual([item["content"] for item in history["items"]], ["Grüße €"])
        self.assertNotEqual(ask(running_dsn(self.data_dir), EPOCH), epoch)
        await self.end(program)

    async def test_failed_backup(self) -> None:
        """A dump that fails ends with an error and leaves the last good file; a pipe hides no failure."""
        good = self.home / "backups" / "chatr" / "chatr.sql.gz"
        good.parent.mkdir(parents=True)
        good.write_bytes(gzip.compress(b"good"))
        self.data_dir.mkdir()
        (self.data_dir / "pg.socket").write_text(str(self.home))
        [dump, _] = blocks("Backup")
        self.assertIn("pg_dump: error", await self.shell(dump, code=1))
        self.assertEqual(gzip.decompress(good.read_bytes()), b"good")
