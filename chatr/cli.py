"""The ``chatr`` command for operators."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from chatr import __version__
from chatr.commands import demo, doctor, epoch, keys, outbound, retention, sessions, users
from chatr.commands.running import run
from chatr.config import SECRETS, Config, ConfigError, assignments, listening, load
from chatr.config.remarks import strays, warnings
from chatr.plain import say

#: Those that work at a desk. The others need no database, or one that is not fit yet.
_COMMANDS = (users, sessions, keys, outbound, retention, epoch, doctor, demo)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 when it worked, 1 when not, 2 for a wrong call."""
    parser = argparse.ArgumentParser(prog="chatr", description="Administer a Chatr server.")
    parser.add_argument("--version", action="version", version=__version__)
    parser.add_argument("--config", help="TOML file (default: $CHATR_CONFIG)")
    parser.add_argument("--set", action="append", default=[], metavar="SECTION.KEY=VALUE", help="override one setting")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("migrate", help="bring the database to this version's schema")
    shown = commands.add_parser("config", help="check the configuration, and print it without secrets")
    shown.add_argument(
        "action", nargs="?", choices=["check", "show"], default="show", help="check: print warnings only"
    )
    for each in _COMMANDS:
        each.add(commands)
    chosen = parser.parse_args(arguments)
    try:
        config = load(chosen.config, os.environ, assignments(chosen.set))
    except ConfigError as error:
        say(f"chatr: {error}", file=sys.stderr)
        return 1
    if chosen.command == "migrate":
        return _migrate(config)
    if chosen.command == "config":
        return _check(config) if chosen.action == "check" else _config(config)
    return run(config, chosen)


def _config(config: Config) -> int:
    for section in config.__struct_fields__:
        values = getattr(config, section)
        for key in values.__struct_fields__:
            value = getattr(values, key)
            name = f"{section}.{key}"
            say(f"{name} = {'(set)' if name in SECRETS and value else repr(value)}")
    return 0


def _check(config: Config) -> int:
    try:
        listening.check(config, elsewhere=True)
    except ConfigError as error:
        say(f"chatr: {error}", file=sys.stderr)
        return 1
    for warning in (*strays(os.environ), *warnings(config)):
        say(f"warning: {warning}")
    say("the configuration is valid")
    return 0


def _migrate(config: Config) -> int:
    import psycopg2

    from chatr.store.fitness import Unfit
    from chatr.store.migrate import migrate

    if not config.database.dsn:
        say("chatr: the embedded database is migrated by the server at each start; set database.dsn for another")
        return 0
    try:
        applied = migrate(config.database.dsn)
    except Unfit as error:
        say(f"chatr: {error}", file=sys.stderr)
        return 1
    except psycopg2.Error as error:
        say(f"chatr: migration failed: {str(error).strip().splitlines()[0]}", file=sys.stderr)
        return 1
    say(f"applied {', '.join(applied)}" if applied else "nothing to apply")
    return 0


if __name__ == "__main__":
    sys.exit(main())
