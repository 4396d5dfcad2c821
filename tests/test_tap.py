"""The service as twistd runs it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import treq
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint
from twisted.internet.protocol import Factory
from twisted.internet.threads import deferToThread
from twisted.logger import LogEvent, LogLevel, globalLogPublisher
from twisted.trial.unittest import TestCase
from twisted.web.client import HTTPConnectionPool

from chatr.config import load
from chatr.datadir import DataDirectoryError
from chatr.store.migrate import migrate
from chatr.tap import ChatrService
from tests.box import Box, box
from tests.e2e.programs import Program
from tests.refusing import run
from tests.rest.test_app import Raw

ROOT = Path(__file__).parent.parent
TWISTD = [sys.executable, "-c", "from twisted.scripts.twistd import run; run()", "--nodaemon", "--pidfile="]
FREE_PORT = ("--http", "tcp:0:interface=127.0.0.1")


class TapCase(TestCase):
    """Servers as processes of their own, below a directory that any account may pass."""

    timeout = 60

    def setUp(self) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="chatr-test-"))
        self.home.chmod(0o711)
        self.addCleanup(shutil.rmtree, self.home)
        self.data_dir = self.home / "data"
        self.programs: list[Program] = []
        # Cleanups run in reverse, and before tearDown: what uses the directory ends before it goes.
        self.addCleanup(lambda: Deferred.fromCoroutine(self.end_programs()))

    async def end_programs(self) -> None:
        for program in self.programs:
            if not program.ended.called:
                program.kill(signal.SIGKILL)
                await program.ended

    def run_chatr(self, *options: str, env: dict[str, str] | None = None) -> Program:
        program = Program(
            [*TWISTD, "chatr", "--data-dir", str(self.data_dir), *options], {"PYTHONPATH": str(ROOT), **(env or {})}
        )
        self.programs.append(program)
        return program

    async def end(self, program: Program, number: int = signal.SIGTERM) -> int:
        """End a server and return its exit code: twistd ends by the signal it got, once all is stopped."""
        waiter: Deferred[int] = Deferred()
        program.ended.addCallback(lambda code: (waiter.callback(code), code)[1])
        program.kill(number)
        return await waiter

    async def port(self, program: Program) -> int:
        """The port of a server that is ready."""
        found = re.search(r"Chatr is ready at http://127\.0\.0\.1:(\d+)/", await program.says("Chatr is ready at"))
        assert found is not None
        return int(found[1])

    async def refused(self, program: Program, *parts: str) -> str:
        """A start that must fail: exit code 1, and one line that says why."""
        waiter: Deferred[int] = Deferred()
        program.ended.addCallback(lambda code: (waiter.callback(code), code)[1])
        self.assertEqual(await waiter, 1, program.output + program.errors)
        said = program.output + program.errors
        lines = [line for line in said.splitlines() if "chatr stops" in line] or said.strip().splitlines()[-1:]
        self.assertEqual(len(lines), 1, said)
        for part in parts:
            self.assertIn(part, lines[0])
        self.assertNotIn("Traceback", said)
        return said


class StartTests(TapCase):
    """First start, second start, the end."""

    async def test_life(self) -> None:
        """It makes keys and a database, serves, stops cleanly, and finds everything again; nothing is left running."""
        program = self.run_chatr(*FREE_PORT)
        port = await self.port(program)
        pool = HTTPConnectionPool(reactor, persistent=False)
        answer = await treq.get(f"http://127.0.0.1:{port}/ready", pool=pool)
        self.assertTrue((await answer.json())["ready"])
        said = await program.says("Development mail")
        self.assertRegex(said, rf"for one browser: http://127\.0\.0\.1:{port}/dev/mail\?token=[\w-]{{32}}\n")
        keys = {name: (self.data_dir / name).read_bytes() for name in ("server.key", "jwt.key")}
        for name in keys:
            self.assertEqual(stat.S_IMODE((self.data_dir / name).stat().st_mode), 0o600)
        postmaster = int((self.data_dir / "pg" / "postmaster.pid").read_text().split("\n", 1)[0])
        second = self.run_chatr(*FREE_PORT)
        await self.refused(second, f"{self.data_dir} is in use by another chatr", str(program.transport.pid))
        self.assertEqual(await self.end(program), -signal.SIGTERM)
        self.assertFalse(Path(f"/proc/{postmaster}").exists())
        self.assertFalse((self.data_dir / "pg.socket").exists())
        self.assertNotIn("Traceback", program.output + program.errors)
        again = self.run_chatr(*FREE_PORT)
        await self.port(again)
        self.assertNotIn("migrations applied", again.output)
        self.assertEqual({name: (self.data_dir / name).read_bytes() for name in keys}, keys)
        self.assertEqual(await self.end(again, signal.SIGINT), -signal.SIGINT)

    async def test_sigkill(self) -> None:
        """After SIGKILL the database ends with the server, and the next start recovers."""
        program = self.run_chatr(*FREE_PORT)
        await self.port(program)
        postmaster = int((self.data_dir / "pg" / "postmaster.pid").read_text().split("\n", 1)[0])
        await self.end(program, signal.SIGKILL)
        # A pid file that names a process which is not its server must not block the start.
        pid_file = self.data_dir / "pg" / "postmaster.pid"
        while Path(f"/proc/{postmaster}").exists() and b"Z" not in Path(f"/proc/{postmaster}/stat").read_bytes():
            os.sched_yield()
        if pid_file.exists():
            lines = pid_file.read_text().split("\n")
            pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]))
        again = self.run_chatr(*FREE_PORT)
        await self.port(again)
        self.assertEqual(await self.end(again), -signal.SIGTERM)

    async def test_stop_in_the_middle_of_the_start(self) -> None:
        """A server that is told to stop while it starts leaves nothing behind."""
        program = self.run_chatr(*FREE_PORT)
        await program.says("making the embedded database")
        code = await self.end(program)
        self.assertEqual(code, -signal.SIGTERM, program.output + program.errors)
        self.assertNotIn("Traceback", program.output + program.errors)
        again = self.run_chatr(*FREE_PORT)
        await self.port(again)
        self.assertEqual(await self.end(again), -signal.SIGTERM)

    async def test_command_on_the_embedded_database(self) -> None:
        """The ``chatr`` command reaches it beside the server, and starts it by itself when the server is stopped."""
        program = self.run_chatr(*FREE_PORT)
        await self.port(program)
        said = await self.command("user", "create", "ann")
        self.assertIn("password: ", said)
        self.assertEqual(await self.end(program), -signal.SIGTERM)
        self.assertIn("@ann", await self.command("user", "list"))
        self.assertFalse((self.data_dir / "pg.socket").exists())

    async def command(self, *words: str) -> str:
        """Run the ``chatr`` command to its end; what it printed."""
        start = [sys.executable, "-m", "chatr.cli", "--set", f"server.data_dir={self.data_dir}"]
        program = Program([*start, *words], {"PYTHONPATH": str(ROOT)})
        self.programs.append(program)
        waiter: Deferred[int] = Deferred()
        program.ended.addCallback(lambda code: (waiter.callback(code), code)[1])
        self.assertEqual(await waiter, 0, program.output + program.errors)
        return program.output

    async def test_tac(self) -> None:
        """``twistd -y tac/chatr.tac`` is the same service, configured by the environment."""
        env = {
            "PYTHONPATH": str(ROOT),
            "CHATR_SERVER_HTTP": "tcp:0:interface=127.0.0.1",
            "CHATR_SERVER_DATA_DIR": str(self.data_dir),
        }
        program = Program([*TWISTD, "-y", str(ROOT / "tac" / "chatr.tac")], env)
        self.programs.append(program)
        await self.port(program)
        self.assertEqual(await self.end(program), -signal.SIGTERM)


class CrowdTests(TapCase):
    """More connections than there are files."""

    async def connections(self, port: int, count: int) -> list[Raw]:
        endpoint = TCP4ClientEndpoint(reactor, "127.0.0.1", port)
        return [await endpoint.connect(Factory.forProtocol(Raw)) for _ in range(count)]

    async def test_more_connections_than_files(self) -> None:
        """Those for which there is no file are closed, those that are open go on; when they have gone there is room."""
        dsn = box().shared()
        self.addCleanup(box().clean, dsn)
        command = [*TWISTD, "chatr", "--data-dir", str(self.data_dir), "--database", dsn, *FREE_PORT]
        program = Program(["/bin/sh", "-c", 'ulimit -n 400; exec "$@"', "sh", *command], {"PYTHONPATH": str(ROOT)})
        self.programs.append(program)
        port = await self.port(program)
        [first] = await self.connections(port, 1)
        crowd = await self.connections(port, 450)
        said = await program.says("connections are open, as many as there are files for")
        for each in crowd[-100:]:
            self.assertEqual(await each.closed, b"")
        first.transport.write(b"GET /ready HTTP/1.1\r\nHost: a\r\n\r\n")  # type: ignore[union-attr]
        self.assertIn(b"200 OK", await first.hears(b'"database":true'))
        for each in crowd[:-100]:
            each.transport.abortConnection()  # type: ignore[union-attr]
            await each.closed
        pool = HTTPConnectionPool(reactor, persistent=False)
        answer = await treq.get(f"http://127.0.0.1:{port}/ready", pool=pool)
        self.assertTrue((await answer.json())["database"])
        first.transport.abortConnection()  # type: ignore[union-attr]
        self.assertNotIn("Traceback", said + program.errors)
        self.assertEqual(await self.end(program), -signal.SIGTERM)


class RefusalTests(TapCase):
    """Starts that can't be: one clear line and exit code 1."""

    async def test_bad_settings(self) -> None:
        """A setting that is unknown, wrong or contradictory is named."""
        await self.refused(self.run_chatr("--set", "server.port=1"), "server.port: unknown key", "command line")
        await self.refused(self.run_chatr("--mode", "prod"), "server.mode")
        env = {"CHATR_WAMP_PING_TIMEOUT_S": "60"}
        await self.refused(self.run_chatr(env=env), "wamp.ping_timeout_s")

    async def test_port_in_use(self) -> None:
        """A port that is taken is named, and the database is stopped again."""
        listening = reactor.listenTCP(0, Factory(), interface="127.0.0.1")  # type: ignore[attr-defined]
        self.addCleanup(listening.stopListening)
        port = listening.getHost().port
        await self.refused(self.run_chatr("--http", f"tcp:{port}:interface=127.0.0.1"), str(port))
        self.assertFalse((self.data_dir / "pg" / "postmaster.pid").exists())

    async def test_unknown_dictionary(self) -> None:
        """A dictionary that the database does not have is named."""
        program = self.run_chatr(*FREE_PORT, "--set", "messages.search_dictionary=klingon")
        await self.refused(program, "messages.search_dictionary", "klingon")

    async def test_unreachable_database(self) -> None:
        """A database that does not answer is named, without its password."""
        dsn = "host=/nowhere user=chatr password=secret dbname=chatr"
        said = await self.refused(
            self.run_chatr(*FREE_PORT, "--database", dsn, "--set", "database.start_timeout_s=0.1"),
            "database:",
            "/nowhere",
        )
        self.assertNotIn("secret", said)

    def database(self, own: Box, statement: str) -> str:
        """The DSN of a role without rights of its own, on a database that a statement makes."""
        run(own.admin_dsn, "CREATE ROLE plain LOGIN PASSWORD 'right'")
        run(own.admin_dsn, statement)
        name = statement.split()[2]
        return own.admin_dsn.replace("user=chatr", "user=plain").replace("dbname=postgres", f"dbname={name}")

    async def unfit(self, dsn: str, *parts: str) -> None:
        """A database that is refused at once, by one line, before anything is made."""
        said = await self.refused(self.run_chatr(*FREE_PORT, "--database", dsn), *parts)
        self.assertNotIn("waits up to", said)
        self.assertFalse(self.data_dir.exists())

    async def test_unfit_database(self) -> None:
        """Point 28 of issue 12: another encoding than UTF8, or no right to make tables, with what to do about it.

        Before, each non-ASCII send was a 500, and ``relation "yoyo_lock" does not exist`` was all that was said.
        """
        own = Box()
        self.addCleanup(own.close)
        dsn = self.database(own, "CREATE DATABASE ascii ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0 OWNER plain")
        await self.unfit(dsn, "the database ascii has the encoding SQL_ASCII", "ENCODING 'UTF8' TEMPLATE template0")
        run(own.admin_dsn, "CREATE DATABASE foreign_one")
        other = dsn.replace("dbname=ascii", "dbname=foreign_one")
        await self.unfit(other, "account plain may not make tables in the database foreign_one", "OWNER TO plain")
        run(own.admin_dsn.replace("dbname=postgres", "dbname=foreign_one"), "GRANT CREATE ON SCHEMA public TO plain")
        await self.unfit(other, "pg_trgm", "GRANT CREATE ON DATABASE foreign_one TO plain")
        run(own.admin_dsn, "GRANT CREATE ON DATABASE foreign_one TO plain")
        self.assertIn("0001_schema", await deferToThread(migrate, other))

    async def test_wrong_password_or_database(self) -> None:
        """Point 28: what waiting won't mend is told at once, where it was 31 s of silence."""
        own = Box()
        self.addCleanup(own.close)
        dsn = self.database(own, "CREATE DATABASE ours OWNER plain")
        await self.unfit(dsn.replace("ours", "absent"), 'database "absent" does not exist')
        await self.unfit("postgres//chatr:secret@host", "database.dsn is no connection string")
        own.ask_for_passwords()
        await self.unfit(f"{dsn} password=wrong", 'password authentication failed for user "plain"')

    async def test_database_that_comes_later(self) -> None:
        """Point 28: a start says what it waits for, and goes on as soon as it is there."""
        own = Box()
        self.addCleanup(own.close)
        dsn = own.database()
        own.stop_server()
        program = self.run_chatr(*FREE_PORT, "--database", dsn)
        self.assertIn("waits up to 30 s for the database: connection to server", await program.says("waits up to"))
        self.assertFalse(self.data_dir.exists())
        own.start_server()
        await self.port(program)
        self.assertEqual(await self.end(program), -signal.SIGTERM)

    async def test_stop_while_it_waits(self) -> None:
        """A start that waits for its database is over at once when it is told to stop."""
        program = self.run_chatr(*FREE_PORT, "--database", "host=/nowhere dbname=chatr")
        await program.says("waits up to")
        self.assertEqual(await self.end(program), -signal.SIGTERM)
        self.assertNotIn("Traceback", program.output + program.errors)
        self.assertFalse(self.data_dir.exists())

    async def test_no_endpoint(self) -> None:
        """Point 28: what is no endpoint is a usage error, before anything is made; each was a traceback."""
        for wrong, reason in (
            ("8080", "is no endpoint, as tcp:8080"),
            ("tcp:abc", "'abc'"),
            ("foo:1", "Unknown endpoint type: 'foo'"),
            ("tcp:99999", "a port is a number up to 65535"),
            ("ssl:443:privateKey=/nowhere.pem", "/nowhere.pem: No such file"),
            ("systemd:domain=INET:index=0", "systemd has handed over no such socket"),
        ):
            await self.refused(self.run_chatr("--http", wrong), "server.http", reason)
            self.assertFalse(self.data_dir.exists())

    async def test_command_in_the_wrong_directory(self) -> None:
        """Point 28: ``chatr user list`` says that no server's directory is there, and makes none (it made 47 MB)."""
        program = Program(
            [sys.executable, "-m", "chatr.cli", "user", "list"], {"PYTHONPATH": str(ROOT)}, cwd=str(self.home)
        )
        self.programs.append(program)
        await self.refused(program, f"no data directory of a server is at {self.home}/chatr-data")
        self.assertEqual(list(self.home.iterdir()), [])

    async def test_readable_key(self) -> None:
        """A key that others can read is refused."""
        self.data_dir.mkdir(mode=0o711)
        (self.data_dir / "jwt.key").write_text("x")
        await self.refused(self.run_chatr(*FREE_PORT, "--database", box().shared()), "jwt.key can be read by others")

    async def test_directory_that_the_database_can_not_pass(self) -> None:
        """As root, a directory that the unprivileged account can't pass is named with what to do."""
        if os.geteuid() != 0:
            # The account of the server is our own then: it can pass what we can.
            return
        self.home.chmod(0o700)
        await self.refused(self.run_chatr(*FREE_PORT), str(self.home), "chmod o+x")


class InProcessTests(TestCase):
    """The service object."""

    async def test_development_for_all(self) -> None:
        """A development server that other machines can reach says so at the highest level of the log."""
        path = Path(self.mktemp()).absolute()
        path.write_text("no directory: the start ends before it listens")
        options = {"server.http": "tcp:0", "server.data_dir": str(path)}
        events: list[LogEvent] = []
        globalLogPublisher.addObserver(events.append)
        self.addCleanup(globalLogPublisher.removeObserver, events.append)
        service = ChatrService(load(None, {}, options), reactor, on_failure=self.fail)
        await self.assertFailure(Deferred.fromCoroutine(service.start()), DataDirectoryError)
        loud = [event["text"] for event in events if event["log_level"] is LogLevel.critical]
        self.assertEqual(len(loud), 1)
        self.assertIn("other machines can connect", loud[0])

    async def test_clean(self) -> None:
        """Start and stop leave the reactor as it was; stopping twice, or without a start, does no harm."""
        dsn = box().shared()
        options = {
            "server.http": "tcp:0:interface=127.0.0.1",
            "server.data_dir": str(Path(self.mktemp()).absolute()),
            "database.dsn": dsn,
        }
        failures: list[str] = []
        service = ChatrService(load(None, {}, options), reactor, on_failure=failures.append)
        await service.start()
        await service.stop()
        idle = ChatrService(load(None, {}, options), reactor, on_failure=failures.append)
        await idle.stop()
        self.assertEqual(failures, [])


class PackagingTests(TestCase):
    """What makes an install complete."""

    def test_plugin(self) -> None:
        """twistd finds the plugin; it sits in no package of its own and imports nothing of chatr."""
        env = {**os.environ, "PYTHONPATH": str(ROOT)}
        said = subprocess.run([*TWISTD[:3], "--help"], env=env, capture_output=True, text=True, check=True).stdout
        self.assertIn("A self-hosted realtime messaging server", said)
        plugins = ROOT / "twisted" / "plugins"
        self.assertEqual(list(plugins.parent.rglob("__init__.py")), [])
        self.assertNotIn(
            "import chatr", (plugins / "chatr_plugin.py").read_text().replace("from chatr", "import chatr")
        )

    def test_sql_is_part_of_the_package(self) -> None:
        """The migrations are found where an install has them."""
        from importlib.resources import files

        names = {path.name for path in files("chatr").joinpath("sql", "migrations").iterdir()}
        self.assertEqual(names, {path.name for path in (ROOT / "sql" / "migrations").iterdir()})
        self.assertIn("0001_schema.sql", names)
