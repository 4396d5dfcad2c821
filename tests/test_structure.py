"""The shape of the code: no import cycle, no module that has become two."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import grimp
from twisted.trial.unittest import SynchronousTestCase

ROOT = Path(__file__).parent.parent
MAX_LINES = 400

#: Which packages of others are known where: each in one room, so that another can take its place.
KNOWN_IN = {
    "klein": "chatr.rest",
    "prometheus_client": "chatr.rest.metrics",
    "autobahn": "chatr.wamp.transports chatr.client.connection",
    "cbor2": "chatr.wamp.codec",
    "txpostgres": "chatr.store.connection",
    # What its errors say, where a command or the start tells an operator.
    "psycopg2": "chatr.store chatr.tap chatr.cli chatr.commands",
    "yoyo": "chatr.store.migrate",
    "txredisapi": "chatr.realtime.redis",
    "lxml": "chatr.previews.pages",
    "cryptography": "chatr.auth",
    "bcrypt": "chatr.auth.passwords",
    "jwt": "chatr.auth",
    "pyotp": "chatr.auth.totp",
    "segno": "chatr.auth.totp",
    "treq": "chatr.fetch",
    "phonenumbers": "chatr.ops.fields",
    "zxcvbn": "chatr.ops.fields",
    "emoji": "chatr.ops.messages.texts",
}


class StructureTests(SynchronousTestCase):
    """What the linters do not look at."""

    def test_no_import_cycle(self) -> None:
        """No module of chatr imports itself by way of others."""
        graph = grimp.build_graph("chatr", cache_dir=None)
        imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
        self.assertGreater(len(imports), 80)
        try:
            TopologicalSorter(imports).prepare()
        except CycleError as error:
            self.fail(" -> ".join(error.args[1]))

    def test_packages_of_others_are_known_in_one_room(self) -> None:
        """Whoever imports Klein is of the REST door, whoever imports lxml parses pages, and so on."""
        graph = grimp.build_graph("chatr", include_external_packages=True, cache_dir=None)
        for package, rooms in KNOWN_IN.items():
            importers = graph.find_modules_that_directly_import(package)
            self.assertTrue(importers, package)
            elsewhere = {each for each in importers if not f"{each}.".startswith(tuple(f"{r}." for r in rooms.split()))}
            self.assertEqual(elsewhere, set(), package)

    def test_no_module_is_too_long(self) -> None:
        """A module of more than 400 lines is two modules."""
        lengths = {path: len(path.read_text().splitlines()) for path in (ROOT / "chatr").rglob("*.py")}
        self.assertEqual({str(path): length for path, length in lengths.items() if length > MAX_LINES}, {})
