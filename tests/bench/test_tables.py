"""The tables of what was measured."""

from __future__ import annotations

from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from bench import tables
from bench.yard import rows, table

PAGE = Path(__file__).parents[2] / "docs" / "performance.rst"


def run(peer: str, scenario: str, noisy: bool = False, **figures: object) -> dict[str, object]:
    """A result as the yardstick's driver writes it."""
    return {"peer": peer, "name": scenario, "noisy": noisy, **figures}


class YardTests(SynchronousTestCase):
    """Chatr beside its peers."""

    def test_medians_ratios_and_goals(self) -> None:
        """Of each peer the median and the ends; a goal for each peer that one stands in."""
        results = [
            *(run("seed", "dm-closed", acks_per_s=each) for each in (6000, 7000, 5000)),
            run("seed-batch", "dm-closed", acks_per_s=12000),
            run("chatr", "dm-closed", acks_per_s=13200),
        ]
        lines = table.table(results)
        self.assertEqual(len(lines), 5)
        cells = ["6,000 (5,000–7,000)", "12,000", "13,200", "2.20; 1.10", "≥ 2 ×; ≥ 0.9 ×", "reached"]
        self.assertEqual(lines[3].split("  ", 1)[1].split(), " ".join(cells).split())

    def test_what_is_missed_stands_first(self) -> None:
        """Also where less is better, and where the goal is a figure of its own."""
        results = [
            run("seed", "idle", kib_per_conn=18.0, rss0_mb=78.0),
            run("chatr", "idle", noisy=True, kib_per_conn=9.0, rss0_mb=89.0),
        ]
        lines = table.table(results)
        self.assertEqual(lines[0], "Missed: memory of an idle session (KiB): 0.50, to be ≤ 0.35 ×.")
        self.assertTrue(lines[5].endswith("missed") and "0.50~" in lines[5])
        self.assertTrue(lines[6].endswith("reached"))

    def test_disturbed_runs_do_not_count(self) -> None:
        """Where there are others; where there are none the ratio is marked."""
        runs = [run("seed", "connect", connects_per_s=each, noisy=each < 1500) for each in (1000, 2000)]
        ours = run("chatr", "connect", connects_per_s=3200)
        self.assertIn("2,000 ", table.table([*runs, ours])[-2])
        self.assertIn("1.60 ", table.table([*runs, ours])[-2])
        self.assertIn("3.20~", table.table([runs[0], ours])[-2])

    def test_what_was_not_measured_is_no_verdict(self) -> None:
        """A peer whose runs failed has no figure."""
        [line] = [line for line in table.table([run("chatr", "rest-health", req_per_s=9000.5)]) if "GET" in line]
        self.assertEqual(line.split("(req/s)")[1].split(), ["–", "–", "9,000", "–", "≥", "1", "×"])

    def test_each_row_can_be_read(self) -> None:
        """Each scenario has a peer to be compared with, and each goal a peer that is measured in it."""
        for row in rows.ROWS:
            self.assertIn(rows.NODE, rows.peers(row.scenario))
            for goal in row.goals:
                self.assertIn(goal.peer, ("", *rows.peers(row.scenario)))


class PageTests(SynchronousTestCase):
    """docs/performance.rst, into which both commands write."""

    def test_written_again(self) -> None:
        """What stood in the place goes, and nothing else."""
        page = Path(self.mktemp())
        page.write_text(PAGE.read_text())
        for name in ("beside the peers", "growth"):
            tables.insert(page, name, ["first"])
            once = page.read_text()
            tables.insert(page, name, ["second", "third"])
            self.assertEqual(page.read_text(), once.replace("\n\nfirst\n\n", "\n\nsecond\nthird\n\n"))
        self.assertRaises(ValueError, tables.insert, page, "nothing", [])
