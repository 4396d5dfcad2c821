"""The short run of all fuzz targets: always the same inputs, no bound of time."""

from __future__ import annotations

from collections.abc import Callable

from twisted.trial.unittest import SynchronousTestCase

from tests.fuzz.harness import Bound, Finding, Target, check, measured
from tests.fuzz.targets import TARGETS

#: For each target: some thousands in all.
INPUTS = 400


class TargetTests(SynchronousTestCase):
    """Strangers' bytes are understood or refused."""

    def test_whatever_comes_is_an_answer(self) -> None:
        """No input of any target raises what it doesn't say."""
        found: list[Finding] = []
        for target in TARGETS:
            found += check(target, seed=1, inputs=INPUTS)
        self.assertEqual(found[:3], [])

    def test_the_corpus_is_understood(self) -> None:
        """Mutations of what is refused at once would try nothing."""
        for target in TARGETS:
            for data in target.corpus:
                target.run(data)

    def test_names_differ(self) -> None:
        """Targets are chosen by name."""
        self.assertEqual(len({target.name for target in TARGETS}), len(TARGETS))


def _quadratic(data: bytes) -> None:
    for _ in range(data.count(b"a")):
        data.count(b"b")


def _hoards(data: bytes) -> None:
    b"x" * (1_000 * len(data))


def _raises(data: bytes) -> None:
    raise KeyError(data)


class HarnessTests(SynchronousTestCase):
    """The harness finds what it is for."""

    def found(self, run: Callable[[bytes], object], data: bytes, bound: Bound) -> str:
        return measured(Target(name="t", run=run, corpus=[data], bound=bound), data)[0]

    def test_finds_an_exception(self) -> None:
        """An exception that is no refusal."""
        self.assertIn("raises KeyError", self.found(_raises, b"abc", Bound()))

    def test_finds_what_is_not_linear(self) -> None:
        """Time that grows faster than the input."""
        found = self.found(_quadratic, b"ab" * 10_000, Bound(base_ms=1, ns_per_byte=100))
        self.assertIn("ms, may take", found)

    def test_finds_what_takes_memory(self) -> None:
        """Memory that is not bounded by the input."""
        self.assertIn("MiB, may take", self.found(_hoards, b"ab" * 50_000, Bound()))

    def test_inputs_can_be_had_again(self) -> None:
        """The same seed makes the same inputs, another one others."""
        for target in TARGETS:
            again = [target.input(f"1/{index}") for index in range(20)]
            self.assertEqual(again, [target.input(f"1/{index}") for index in range(20)])
            self.assertNotEqual(again, [target.input(f"2/{index}") for index in range(20)])
