"""Clients whose server's database becomes another: it was restored, or lost its newest part."""

from __future__ import annotations

import re
import shutil
import subprocess
import uuid
from pathlib import Path
from typing import Any

import treq
from twisted.internet import reactor
from twisted.internet.defer import Deferred, gatherResults
from twisted.web.client import HTTPConnectionPool

from chatr.client import AccessToken, Client, FileState, MemoryState, Replica
from chatr.client import client as client_module
from chatr.store import epoch
from tests.client.case import ClientCase
from tests.e2e.programs import Program
from tests.e2e.server import PASSWORD
from tests.test_tap import TapCase


class EpochTests(ClientCase):
    """While everybody is connected."""

    async def test_everything_comes_anew(self) -> None:
        """The session ends, and the next is told of what there is from the start; what is sent meanwhile waits."""
        client = self.client()
        await self.ann.send(self.ben, "1")
        await client.start()
        await self.ann.send(self.ben, "2")
        await client.settled()
        self.heard.clear()
        new = await epoch.renew(self.service.node.db)
        await self.until("epoch.begun")
        await client.live()
        self.assertEqual(self.heard[0], ("epoch.begun", {"epoch": new}))
        self.assertEqual((self.heard[1][0], self.heard[1][1]["reset"]), ("sync.changes", True))
        self.assertEqual(self.texts(), ["1", "2"])
        await self.ann.send(self.ben, "3")
        await client.settled()
        self.assertEqual(self.texts(), ["1", "2", "3"])

    async def test_without_history(self) -> None:
        """A client that began without what was before gets what came since, again, and nothing from before."""
        await self.ann.send(self.ben, "1")
        state = MemoryState()
        client = self.client(state=state, history=False)
        await client.start()
        await self.ann.send(self.ben, "2")
        await client.settled()
        await client.stop()
        await epoch.renew(self.service.node.db)
        self.cut()
        await self.restart_and_wait()
        self.heard.clear()
        await self.client(state=state, history=False).start()
        self.assertEqual(self.texts(), ["2"])

    async def restart_and_wait(self) -> None:
        """Start the server again: it knows the epoch from its beginning."""
        await self.service.stop()
        await self.restart()

    async def test_a_listener_that_fails(self) -> None:
        """It is told of the epoch again, until it has taken it."""
        told: list[str] = []

        def listen(name: str, data: dict[str, Any]) -> None:
            if name == "epoch.begun":
                told.append(name)
                if len(told) < 3:
                    raise ValueError("not now")
            self.listen(name, data)

        client = self.client(listen)
        await client.start()
        await epoch.renew(self.service.node.db)
        await self.until("epoch.begun")
        await client.live()
        self.assertEqual(len(told), 3)
        self.flushLoggedErrors(ValueError)


class RestoreTests(TapCase):
    """A server with an embedded database, of which there are copies."""

    timeout = 180

    async def setUp(self) -> None:
        super().setUp()
        self.patch(client_module, "FIRST_S", 0.05)
        self.patch(client_module, "LAST_S", 0.2)
        self.pool = HTTPConnectionPool(reactor, persistent=False)
        self.clients: list[Client] = []
        self.addCleanup(lambda: gatherResults([Deferred.fromCoroutine(client.stop()) for client in self.clients]))
        self.number = 0

    async def start(self) -> Program:
        """On the same port each time, so that clients come back."""
        program = self.run_chatr("--http", f"tcp:{self.number}:interface=127.0.0.1")
        self.number = await self.port(program)
        return program

    async def rest(self, verb: str, path: str, body: Any, token: str = "") -> Any:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        url = f"http://127.0.0.1:{self.number}/api{path}"
        answer = await treq.request(verb, url, headers=headers, pool=self.pool, timeout=30, json=body)
        content = await answer.json()
        self.assertIn(answer.code, (200, 201), content)
        return content

    async def person(self, name: str) -> dict[str, Any]:
        body = {"username": name, "email": f"{name}@example.org", "password": PASSWORD}
        made = await self.rest("POST", "/auth/register", body)
        newest = max((self.data_dir / "outbox").glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
        code = re.search(r"\b[0-9]{6}\b", newest.read_text().partition("\n\n")[2])
        assert code is not None
        session: dict[str, Any] = await self.rest(
            "POST", "/auth/verify-email", {"userId": made["userId"], "code": code[0]}
        )
        return session

    def copy(self, name: str) -> Path:
        """Keep the files of the database as they are now."""
        kept = self.home / name
        subprocess.run(["cp", "-a", str(self.data_dir / "pg"), str(kept)], check=True)
        return kept

    def put_back(self, kept: Path) -> None:
        shutil.rmtree(self.data_dir / "pg")
        subprocess.run(["cp", "-a", str(kept), str(self.data_dir / "pg")], check=True)

    async def test_an_older_copy(self) -> None:
        """Nobody keeps a message of the lost tail, nobody misses one that was written since, what waited is sent.

        Ben is connected all the time; Ben's other device was away while the older copy was put back, and has it all in
        a file. Then the newer copy is put back, and the messages of the one between are lost.
        """
        program = await self.start()
        ann, ben = await self.person("ann"), await self.person("ben")

        async def write(*texts: str) -> None:
            for text in texts:
                body = {"recipientId": ben["user"]["id"], "content": text, "clientId": str(uuid.uuid4())}
                await self.rest("POST", "/messages", body, ann["accessToken"])

        here, away = Seen(ben), Seen(ben)
        file = str(self.home / "state.sqlite")
        await write("1", "2")
        connected = self.client(here, MemoryState())
        await connected.start()
        await self.end(program)
        older = self.copy("older")
        program = await self.start()
        await write("lost 3", "lost 4")
        state = FileState(file)
        other = self.client(away, state)
        await other.start()
        await connected.live()
        await connected.settled()
        self.assertEqual((here.texts(), away.texts()), (["1", "2", "lost 3", "lost 4"],) * 2)
        await other.stop()
        state.close()
        await self.end(program)
        newer = self.copy("newer")
        waiting = connected.send("waited", to=ann["user"]["id"])
        self.put_back(older)
        program = await self.start()
        await write("new 3")
        await waiting
        await connected.live()
        await connected.settled()
        await write("new 5")
        await connected.settled()
        state = FileState(file)
        self.addCleanup(state.close)
        other = self.client(away, state)
        await other.start()
        expected = {"1", "2", "new 3", "waited", "new 5"}
        for seen in (here, away):
            self.assertEqual((set(seen.texts()), len(seen.texts())), (expected, 5))
            self.assertEqual(seen.texts(), here.texts())
        await self.end(program)
        self.put_back(newer)
        program = await self.start()
        await write("newest")
        for client, seen in ((connected, here), (other, away)):
            await client.live()
            await client.settled()
            self.assertEqual(seen.texts(), ["1", "2", "lost 3", "lost 4", "newest"])
        await other.stop()
        await connected.stop()
        await self.end(program)

    def client(self, seen: Seen, state: Any) -> Client:
        url = f"ws://127.0.0.1:{self.number}/ws"
        client = Client(reactor, url, AccessToken(seen.token), seen.replica.apply, state=state)
        self.clients.append(client)
        return client


class Seen:
    """What somebody's client shows."""

    def __init__(self, session: dict[str, Any]) -> None:
        self.token: str = session["accessToken"]
        self.replica = Replica(session["user"]["id"])

    def texts(self) -> list[str]:
        return [
            message["content"]
            for conversation in self.replica.conversations()
            for message in self.replica.messages(conversation)
        ]
