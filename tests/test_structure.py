"""The shape of the code: no import cycle, nothing that has become two, nothing that has to be searched."""

from __future__ import annotations

import ast
import re
from collections import Counter
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import grimp
from twisted.trial.unittest import SynchronousTestCase

ROOT = Path(__file__).parent.parent
MAX_LINES, MAX_FUNCTION, MAX_CONSTRUCTOR, MAX_MODULES = 400, 60, 40, 12

#: Which packages of others are known where: each in one room, so that another can take its place.
KNOWN_IN = {
    "klein": "chatr.rest",
    "prometheus_client": "chatr.rest.metrics",
    "autobahn": "chatr.wamp.transports chatr.client.connection",
    "cbor2": "chatr.wamp.codec",
    "txpostgres": "chatr.store.connections.sockets",
    # What its errors say, where a command or the start tells an operator.
    "psycopg2": "chatr.store chatr.tap chatr.cli chatr.commands",
    "yoyo": "chatr.store.migrate",
    "txredisapi": "chatr.realtime.redis",
    # Of the second it is an operator's own server that answers.
    "lxml": "chatr.previews.pages chatr.files.s3.bucket",
    "botocore": "chatr.files.s3.bucket",
    "multipart": "chatr.rest.transfers.multipart",
    "cryptography": "chatr.auth",
    "bcrypt": "chatr.auth.password_hashes",
    "jwt": "chatr.auth",
    "pyotp": "chatr.auth.totp",
    "segno": "chatr.auth.totp",
    "treq": "chatr.fetch chatr.files.s3.bucket",
    "phonenumbers": "chatr.ops.accounts.address_rules",
    "zxcvbn": "chatr.ops.accounts.password_rules",
    "emoji": "chatr.ops.messages.texts",
}
#: What few servers need, or for rare calls, and what takes megabytes: imported there, and nowhere as a module begins.
SELDOM = frozenset({"emoji", "segno", "txredisapi", "chatr.outbound.smtp", "chatr.files.s3.objects"})
#: A file that a sentence leads to, and what of it: store/pool.py ``Transaction.tell``.
_POINTER = re.compile(r"((?:\w+/)*\w+\.py|(?:\w+/)+\w+\.sql)\b(?:`*\s+\(?``([\w.]+)``)?")


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

    def test_what_few_need_is_imported_by_them(self) -> None:
        """A server that has just started does not have it in memory."""
        for path in (ROOT / "chatr").rglob("*.py"):
            for node in ast.parse(path.read_text()).body:
                names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
                names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                self.assertEqual(SELDOM.intersection(names), set(), path)

    def test_no_module_is_too_long(self) -> None:
        """A module of more than 400 lines is two modules."""
        lengths = {path: len(path.read_text().splitlines()) for path in (ROOT / "chatr").rglob("*.py")}
        self.assertEqual({str(path): length for path, length in lengths.items() if length > MAX_LINES}, {})

    def test_no_function_is_too_long(self) -> None:
        """A function of more than 60 lines is two functions; a constructor of more than 40 has parts."""
        found = {}
        for path in (ROOT / "chatr").rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    length = (node.end_lineno or 0) - node.lineno + 1
                    if length > (MAX_CONSTRUCTOR if node.name == "__init__" else MAX_FUNCTION):
                        found[f"{path}:{node.name}"] = length
        self.assertEqual(found, {})

    def test_no_folder_has_to_be_searched(self) -> None:
        """A reader looks through 12 modules, not more."""
        modules = Counter(path.parent for path in (ROOT / "chatr").rglob("*.py") if path.name != "__init__.py")
        self.assertEqual({str(folder): count for folder, count in modules.items() if count > MAX_MODULES}, {})

    def test_one_word_means_one_thing(self) -> None:
        """No two classes have one name, but for protocols and what follows them. The client is a program of its own."""
        found: dict[str, list[str]] = {}
        for path in (ROOT / "chatr").rglob("*.py"):
            if "client" in path.parts:
                continue
            for node in ast.parse(path.read_text()).body:
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    kinds = found.setdefault(node.name, [])
                    if not any("Protocol" in ast.unparse(base) for base in node.bases):
                        kinds.append(str(path))
        self.assertEqual({name: paths for name, paths in found.items() if len(paths) > 1}, {})

    def test_sentences_lead_somewhere(self) -> None:
        """A file that a docstring, a comment or a page of the architecture names is there, and what it names of it."""
        folders = [ROOT / folder for folder in ("chatr", "sql", "tests", "bench")]
        files = [path for folder in folders for kind in ("*.py", "*.sql") for path in folder.rglob(kind)]
        texts = {f"/{path.relative_to(ROOT)}": path.read_text() for path in files}
        pages = [path for path in (ROOT / "docs").rglob("*.rst") if "architecture" in str(path)]
        pointers = [
            (str(path), *pointer)
            for path in [*(ROOT / "chatr").rglob("*.py"), *pages]
            for pointer in _POINTER.findall(path.read_text())
        ]
        self.assertGreater(len(pointers), 100)
        for where, named, what in pointers:
            word = re.compile(rf"\b{what.rpartition('.')[2]}\b")
            found = [path for path, text in texts.items() if path.endswith(f"/{named}") and word.search(text)]
            self.assertTrue(found, f"{where} leads to {named} {what}")
