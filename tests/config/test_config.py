"""The configuration."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from chatr import cli
from chatr.config import ConfigError, load
from chatr.config.remarks import strays, warnings


class LoadTests(SynchronousTestCase):
    """TOML < environment < command line, and refusals that name the setting."""

    def file(self, text: str) -> str:
        path = Path(self.mktemp())
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return str(path)

    def refused(self, *parts: str, path: str | None = None, env: dict[str, str] | None = None, **options: str) -> None:
        chosen = {name.replace("__", "."): value for name, value in options.items()}
        error = self.assertRaises(ConfigError, load, path, env or {}, chosen)
        self.assertNotIn("\n", str(error))
        for part in parts:
            self.assertIn(part, str(error))

    def test_precedence(self) -> None:
        """Later sources win."""
        path = self.file('[server]\nhttp = "tcp:1"\nrawsocket = "tcp:2"\n[database]\npool_size = 3\n')
        env = {"CHATR_SERVER_RAWSOCKET": "tcp:20", "CHATR_DATABASE_POOL_SIZE": "30", "CHATR_CONFIG": path, "PATH": "x"}
        config = load(None, env, {"database.pool_size": "40"})
        self.assertEqual((config.server.http, config.server.rawsocket), ("tcp:1", "tcp:20"))
        self.assertEqual(config.database.pool_size, 40)

    def test_kinds_of_values(self) -> None:
        """Numbers, switches and lists may come as text from the environment and the command line."""
        env = {"CHATR_SERVER_CORS_ORIGINS": "https://a, https://b", "CHATR_LIMITS_ENABLED": "false"}
        config = load(None, env, {"database.statement_timeout_s": "2.5", "previews.ports": "80, 8080"})
        self.assertEqual(config.server.cors_origins, ("https://a", "https://b"))
        self.assertFalse(config.limits.enabled)
        self.assertEqual((config.database.statement_timeout_s, config.previews.ports), (2.5, (80, 8080)))

    def test_unknown(self) -> None:
        """Unknown sections and keys are named with where they came from."""
        path = self.file("[server]\nhttpp = 1\n")
        self.refused("server.httpp", "unknown key", path, path=path)
        self.refused("sever", "unknown section", path=self.file("[sever]\n a = 1\n"))
        self.refused("mode", path=self.file('mode = "production"\n'))
        self.refused("server.httpp", "CHATR_SERVER_HTTPP", env={"CHATR_SERVER_HTTPP": "1"})
        self.refused("server.x", "command line", server__x="1")

    def test_variables_of_others(self) -> None:
        """Point 28 of issue 12: variables that name no section of ours are told, and stop nothing; mistyped keys do."""
        others = {"CHATR_BOT_PASSWORD": "x", "CHATR_SERVER": "https://a", "CHATR_PORT_8080_TCP": "tcp://10.0.0.1:8080"}
        known = {"CHATR_SERVER_HTTP": "tcp:1", "CHATR_CONFIG": "", "PATH": "x"}
        self.assertEqual(load(None, {**others, **known}, {}).server.http, "tcp:1")
        self.assertEqual([text.split(" ")[1] for text in strays({**others, **known})], sorted(others))
        self.refused("server.htp", "CHATR_SERVER_HTP", env={"CHATR_SERVER_HTP": "1"})

    def test_wrong_types_and_bounds(self) -> None:
        """A wrong value is named with what was expected."""
        self.refused("database.pool_size", "int", "command line", database__pool_size="many")
        self.refused("database.pool_size", ">= 2", database__pool_size="1")
        self.refused("server.mode", "prod", "known: development, production", env={"CHATR_SERVER_MODE": "prod"})
        self.refused("auth.login_code", "known: choice, email, off, sms", auth__login_code="mail")
        self.refused("previews.allow", "10.0.0.1/8", previews__allow="10.0.0.1/8")
        self.refused("previews.allow", "intranet", previews__allow="192.0.2.0/24, intranet")
        self.refused("previews.ports", "<= 65535", previews__ports="80,65536")
        path = self.file('[wamp]\nanonymous = "x"\n')
        self.refused("wamp.anonymous", path, path=path)

    def test_contradictions(self) -> None:
        """Settings that can't both hold stop the start."""
        self.refused("wamp.max_message_bytes", wamp__max_message_bytes="9000000")
        self.refused("server.cors_origins", server__cors_origins="*,https://a")
        self.refused("wamp.ping_timeout_s", wamp__ping_timeout_s="30")
        self.refused("server.rawsocket", server__http="tcp:8080", server__rawsocket="tcp:8080")

    def test_unreadable(self) -> None:
        """A file that is missing or no TOML is named."""
        self.refused("cannot read /nowhere/chatr.toml", path="/nowhere/chatr.toml")
        self.refused("is not valid TOML", path=self.file("[server\n"))

    def test_modes(self) -> None:
        """Conveniences for the first minute are on in development only, and can be chosen."""
        development, production = load(None, {}, {}), load(None, {}, {"server.mode": "production"})
        self.assertEqual((development.login_code, production.login_code), ("off", "email"))
        self.assertEqual((development.exempt_loopback, production.exempt_loopback), (True, False))
        self.assertEqual(load(None, {}, {"server.mode": "production", "auth.login_code": "off"}).login_code, "off")


class WarningTests(SynchronousTestCase):
    """What is allowed and probably not meant."""

    def warned(self, part: str, **options: str) -> bool:
        chosen = {name.replace("__", "."): value for name, value in options.items()}
        return any(part in warning for warning in warnings(load(None, {}, chosen)))

    def test_development_for_all(self) -> None:
        """Development mode is for this machine: listening for others is said, on each of the endpoints."""
        part = "server.mode is development and other machines can connect"
        self.assertFalse(self.warned(part))
        self.assertTrue(self.warned(part, server__http="tcp:8080"))
        self.assertTrue(self.warned(part, server__rawsocket="tcp:8081:interface=0.0.0.0"))
        self.assertFalse(self.warned(part, server__rawsocket="unix:/run/chatr.sock"))
        self.assertFalse(self.warned(part, server__http="tcp:8080", server__mode="production"))

    def test_a_proxy_that_is_not_trusted(self) -> None:
        """In production on loopback there is a proxy in front: all callers would count as one."""
        part = "server.trusted_proxies is 0"
        self.assertTrue(self.warned(part, server__mode="production"))
        self.assertFalse(self.warned(part, server__mode="production", server__trusted_proxies="1"))
        self.assertFalse(self.warned(part, server__mode="production", server__http="tcp:443"))
        self.assertFalse(self.warned(part))

    def test_a_bucket_in_clear(self) -> None:
        """In production files are not to be read on their way to the bucket."""
        part = "s3.endpoint is no https address"
        bucket = {
            "s3__endpoint": "http://minio:9000",
            "s3__bucket": "files",
            "s3__access_key": "a",
            "s3__secret_key": "b",
        }
        self.assertTrue(self.warned(part, server__mode="production", files__storage="s3", **bucket))
        self.assertFalse(self.warned(part, files__storage="s3", **bucket))
        self.assertFalse(self.warned(part, server__mode="production", **bucket))
        secure = {**bucket, "s3__endpoint": "https://minio:9000"}
        self.assertFalse(self.warned(part, server__mode="production", files__storage="s3", **secure))

    def test_places_of_buckets(self) -> None:
        """What would put a password into logs, or lead a key elsewhere, is no endpoint and no prefix."""
        for name, value in (
            ("s3.endpoint", "https://key:secret@s3.example.org"),
            ("s3.endpoint", "https://s3.example.org/path"),
            ("s3.endpoint", "s3.example.org"),
            ("s3.public_endpoint", "ftp://s3.example.org"),
            ("s3.prefix", "../"),
            ("s3.prefix", "a//"),
            ("s3.prefix", "/a/"),
            ("s3.prefix", "a"),
            ("s3.bucket", "Files"),
            ("files.clamd", "clamd"),
            ("files.accel_location", "chatr-files"),
        ):
            self.assertRaises(ConfigError, load, None, {}, {name: value})
        for prefix in ("", "a/", "a.b/c_d/"):
            self.assertEqual(load(None, {}, {"s3.prefix": prefix}).s3.prefix, prefix)


class CliTests(SynchronousTestCase):
    """The ``chatr`` command."""

    def run_cli(self, *arguments: str) -> tuple[int, str, str]:
        out, errors = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(errors):
            code = cli.main(arguments)
        return code, out.getvalue(), errors.getvalue()

    def test_config(self) -> None:
        """Prints every setting, and no password."""
        code, out, _ = self.run_cli(
            "--set", "database.dsn=postgresql://u:hidden@h/d", "--set", "mail.smtp_password=hidden", "config"
        )
        self.assertEqual(code, 0)
        self.assertIn("server.mode = 'development'", out)
        self.assertNotIn("hidden", out)

    def test_check(self) -> None:
        """Says what is probably not meant."""
        code, out, _ = self.run_cli("--set", "server.http=tcp:8080", "config", "check")
        self.assertEqual(code, 0)
        self.assertIn("warning: server.mode is development and other machines can connect", out)

    def test_mistakes(self) -> None:
        """A mistake is one line and exit code 1."""
        for setting in ("server.nothing=1", "server", "=x"):
            code, _, errors = self.run_cli("--set", setting, "config")
            self.assertEqual((code, errors.count("\n")), (1, 1))

    def test_migrate(self) -> None:
        """Applies what is missing, once; an unreachable database is one line without the password."""
        from tests.box import box

        dsn = box().empty_database()
        self.addCleanup(box().drop, dsn)
        code, out, _ = self.run_cli("--set", f"database.dsn={dsn}", "migrate")
        self.assertEqual((code, "0001_schema" in out), (0, True))
        self.assertEqual(self.run_cli("--set", f"database.dsn={dsn}", "migrate")[:2], (0, "nothing to apply\n"))
        bad = "host=/nowhere dbname=x password=secret"
        code, _, errors = self.run_cli("--set", f"database.dsn={bad}", "migrate")
        self.assertEqual((code, errors.count("\n"), "secret" in errors), (1, 1, False))
