"""No pattern costs more than its text is long: each one of the server is found, listed and counted."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from importlib import import_module
from itertools import product
from pathlib import Path
from pkgutil import walk_packages
from typing import Any

import regex
from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

import chatr
from tests.steps import MOST_STEPS, Endless, Matcher, parsed, samples

SMALL, LARGE = 24, 48
#: Of twice the text at most so many times the steps: it is 2 for what is linear, 4 for a square, 2.8 for n √n.
MOST = 2.5
#: What is not worth counting.
FEW = 120
#: Patterns of ``regex``, which has no tree to look at, and others that do the same for it. One character needs none.
MODELS = {
    "chatr.store.messages.quotes._GRAPHEME": r".[\u0300-\u036f\u200d]*",
    "chatr.ops.messages.search._WORD": r"[A-Za-z0-9][A-Za-z0-9\u0300-\u036f]*",
}
_ONE = re.compile(r"\[(?:[^\]\\]|\\.)*\]")
#: Patterns that are used by another name, always on a whole text.
WHOLE = frozenset(f"chatr.wamp.subscriptions.{name}" for name in ("_EXACT", "_PREFIX", "_WILDCARD"))
#: Patterns that meet what the operator gives, and nobody else's text.
TRUSTED = frozenset({"chatr.outbound.smtp._CERTIFICATE"})
#: Patterns of all kinds.
SOME = (r"charset\s*+=\s*([a-z]+)", r"(ab?)*?c", r"(a|b)+b", r"^a{1,3}(?=b)", r"(`+)x\1")
_ANCHORED = {"match", "fullmatch"}


def patterns() -> Iterator[tuple[str, Any]]:
    """Each compiled pattern of a module of chatr by its name, also those in a dictionary."""
    for found in walk_packages(chatr.__path__, "chatr."):
        if found.name == "chatr.embedded.shim":
            # A program, not a module.
            continue
        module = import_module(found.name)
        for name, value in vars(module).items():
            values = value.items() if isinstance(value, dict) else [("", value)]
            for key, each in values:
                if isinstance(each, (re.Pattern, type(regex.compile("")))):
                    yield f"{found.name}.{name}{f'[{key}]' if key else ''}", each


def _text(pattern: Any) -> str:
    return pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")


def anchored(name: str) -> str:
    """How the module of a pattern uses it: ``match``, ``fullmatch``, or ``search`` for whatever else."""
    if name in WHOLE:
        return "fullmatch"
    module, _, bare = name.rpartition(".")
    source = Path(import_module(module).__file__ or "").read_text()
    used = {
        node.attr
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == bare
    }
    return used.pop() if len(used) == 1 and used <= _ANCHORED else "search"


def cost(tree: Any, flags: int, text: str, how: str) -> int:
    """The steps for a text."""
    matcher = Matcher(tree, flags, text)
    try:
        if how == "search":
            return matcher.all()
        matcher.once(0, whole=how == "fullmatch")
    except Endless:
        return MOST_STEPS * len(text) ** 3
    return matcher.steps


def worst(pattern: Any, how: str) -> tuple[float, str]:
    """How much faster than the text the steps grow at worst, and for which beginning and repeated part."""
    source = pattern.pattern
    flags = pattern.flags
    tree = parsed(source, flags & ~re.U if isinstance(source, bytes) else flags)
    beginnings, atoms = samples(tree)
    pumps = [*atoms, *("".join(pair) for pair in product(atoms[:5], repeat=2))]
    found = (0.0, "")
    for beginning, pump in product(beginnings[:14], filter(None, pumps)):
        small, large = (cost(tree, flags, beginning + pump * size + "\x00", how) for size in (SMALL, LARGE))
        if large > FEW:
            found = max(found, (large / small, f"{beginning!r} and {pump!r} again and again"))
    return found


class PatternTests(SynchronousTestCase):
    """All patterns of chatr"""

    def setUp(self) -> None:
        # The matcher calls itself for each character.
        self.addCleanup(sys.setrecursionlimit, sys.getrecursionlimit())
        sys.setrecursionlimit(20_000)

    def test_linear(self) -> None:
        """For twice the text no pattern takes more than twice the steps, whatever is repeated in it."""
        found = dict(patterns())
        self.assertGreater(len(found), 20)
        for name, pattern in found.items():
            if name in TRUSTED or _ONE.fullmatch(_text(pattern)):
                continue
            if not isinstance(pattern, re.Pattern):
                pattern = re.compile(MODELS[name])
            growth, text = worst(pattern, anchored(name))
            self.assertLess(growth, MOST, f"{name}: {pattern.pattern!r} for {text}")

    def test_bad_ones_are_found(self) -> None:
        """The count tells what is worse: the pattern that froze the server among them."""
        for bad in (
            r"charset\s*=\s*[\"']?\s*([a-z0-9_:.-]+)",
            r"(a+)+b",
            r"(a|a)*b",
            r"\s+$",
            r"<a[^>]*href",
            r"x.*y",
        ):
            self.assertGreater(worst(re.compile(bad), "search")[0], MOST, bad)

    def test_all_are_named(self) -> None:
        """Patterns are compiled and have a name in their module: so none escapes the list above."""
        allowed = {"compile", "escape", "Pattern", "Match", *(name for name in dir(re) if name.isupper())}
        for path in Path(chatr.__file__).parent.rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if (
                    isinstance(node, ast.Attribute)
                    and isinstance(node.value, ast.Name)
                    and node.value.id in ("re", "regex")
                ):
                    self.assertIn(node.attr, allowed, f"{path}:{node.lineno}")

    @given(st.sampled_from(SOME), st.text("abcx`= ", max_size=12))
    def test_as_python_does(self, pattern: str, text: str) -> None:
        """The count finds what Python finds."""
        matcher = Matcher(parsed(pattern, 0), 0, text)
        found = re.compile(pattern).match(text)
        self.assertEqual(matcher.once(0), found.end() if found else None)
