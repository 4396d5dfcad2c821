"""The shape of the code: no import cycle, no module that has become two."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import grimp
from twisted.trial.unittest import SynchronousTestCase

ROOT = Path(__file__).parent.parent
MAX_LINES = 400


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

    def test_no_module_is_too_long(self) -> None:
        """A module of more than 400 lines is two modules."""
        lengths = {path: len(path.read_text().splitlines()) for path in (ROOT / "chatr").rglob("*.py")}
        self.assertEqual({str(path): length for path, length in lengths.items() if length > MAX_LINES}, {})
