"""The examples do what the README says, against a running server."""

from __future__ import annotations

import shutil
import signal
import sys
from pathlib import Path
from typing import Any

from PIL import Image
from twisted.internet import reactor
from twisted.internet.defer import Deferred

from tests.e2e.programs import Program
from tests.e2e.server import PASSWORD, ServerCase

ROOT = Path(__file__).parent.parent.parent
EXAMPLES = ROOT / "examples"


class ExampleTests(ServerCase):
    """Each example runs as a program of its own."""

    async def ended(self, program: Program) -> None:
        waiter: Deferred[int] = Deferred()
        program.ended.addCallback(lambda code: (waiter.callback(code), code)[1])
        self.assertEqual(await waiter, 0, program.output + program.errors)

    async def test_rest(self) -> None:
        """The curl script registers two people and sends one message, once; PATH's python3 may be another than ours.

        Workers of trial are told the path of our Python, standard library and all, as PYTHONPATH.
        """
        others = Path(self.mktemp())
        others.mkdir()
        (others / "json.py").write_text("raise ImportError('the library of another Python')")
        self.assertIsNotNone(shutil.which("curl"), "curl is needed to test the REST example")
        command = ["/bin/bash", str(EXAMPLES / "rest.sh"), self.url, str(self.data_dir)]
        program = Program(command, {"PYTHONPATH": str(others.absolute())})
        await program.says("Hello from curl")
        await self.ended(program)
        self.assertEqual(program.output.count("Hello from curl"), 1)

    async def test_node(self) -> None:
        """autobahn-js and wampy talk to each other."""
        node = shutil.which("node")
        self.assertIsNotNone(node, "node is needed to test the Node example")
        env = {"NODE_PATH": str(ROOT / "tests" / "node" / "node_modules")}
        program = Program([str(node), str(EXAMPLES / "node" / "chat.js"), self.url, str(self.data_dir)], env)
        await self.ended(program)
        self.assertIn("ben heard: Hello from autobahn-js", program.output)
        self.assertIn("ann heard: Hello from wampy", program.output)

    async def test_send_file(self) -> None:
        """A picture is a message; what the server does not take is said, and the program fails."""
        ann, bot = await self.person("ann"), await self.person("bot")
        await self.acquaint(ann, bot)
        folder = Path(self.mktemp()).absolute()
        folder.mkdir()
        Image.new("RGB", (40, 30), "teal").save(folder / "sea.png")
        (folder / "page.png").write_text("<html></html>")
        where = ("--url", self.websocket_url, "--api", f"{self.url}/api", "--login", "bot", "--to", "@ann")
        command = [sys.executable, str(EXAMPLES / "send_file.py"), *where, "--caption", "look"]
        sends, fails = [
            Program([*command, str(folder / name)], {"SEND_FILE_PASSWORD": PASSWORD})
            for name in ("sea.png", "page.png")
        ]
        await self.ended(sends)
        [message] = (await ann.rest("GET", f"/messages/history?otherUserId={bot.id}"))["items"]
        self.assertEqual((message["type"], message["content"], message["file"]["width"]), ("image", "look", 40))
        self.assertIn(message["id"], sends.output)
        await fails.says("send_file: unsupported_media")
        self.assertEqual(await fails.ended, 1)

    async def test_echo_bot_misses_nothing_and_says_nothing_twice(self) -> None:
        """What is written while the bot is live, killed, or cut off is echoed exactly once, in order."""
        ann = await self.person("ann")
        bot = await self.person("bot")
        state = Path(self.mktemp()).absolute()
        command = [
            sys.executable,
            str(EXAMPLES / "echo_bot.py"),
            *("--url", self.websocket_url, "--api", f"{self.url}/api", "--login", "bot", "--state", str(state)),
        ]
        env = {"ECHO_BOT_PASSWORD": PASSWORD}
        program = Program(command, env)
        try:
            await program.says("live")
            for text in ("one", "two", "three"):
                await ann.send(bot, text)
            await self.echoes(ann, bot, 3)
            program.kill(signal.SIGKILL)
            await program.ended
            for text in ("four", "five"):
                await ann.send(bot, text)
            program = Program(command, env)
            await program.says("live")
            echoes = await self.echoes(ann, bot, 5)
            # A cut connection: the bot notices, comes back and catches up.
            self.service.node.wamp.router.sessions.everyone()[0]._link.cut(1001, "cut")  # type: ignore[union-attr]
            await ann.send(bot, "six")
            echoes = await self.echoes(ann, bot, 6)
            self.assertEqual(echoes, ["one", "two", "three", "four", "five", "six"])
        finally:
            program.kill(signal.SIGKILL)
            if program.ended.called is False:
                await program.ended

    async def echoes(self, ann: Any, bot: Any, count: int) -> list[str]:
        """Wait until so many echoes are there."""
        end = reactor.seconds() + 25  # type: ignore[attr-defined]
        written = "SELECT 1 FROM messages WHERE sender_id = %s"
        # Of the database: REST would refuse who asks as often as it takes a bot to come back.
        while len(await self.service.node.db.query(written, (bot.id,))) < count:  # type: ignore[union-attr]
            self.assertLess(reactor.seconds(), end)  # type: ignore[attr-defined]
        page = await ann.rest("GET", f"/messages/history?otherUserId={bot.id}")
        return [item["content"] for item in page["items"] if item["sender"]["id"] == bot.id]
