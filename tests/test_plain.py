"""Texts of strangers in logs and on terminals."""

from __future__ import annotations

import io
from typing import Any

from twisted.logger import LogLevel, eventAsText, globalLogPublisher
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from chatr import plain
from chatr.logs import Logger

#: A name that begins a line of its own, colours it, turns it round and hides a letter.
HOSTILE = "ann\n2026-01-01 [-] \x1b[31mroot\u202egpj\u2028\x85\r\x00\u200b"
SHOWN = r"ann\n2026-01-01 [-] \x1b[31mroot\u202egpj\u2028\x85\r\x00\u200b"


class PlainTests(SynchronousTestCase):
    """chatr.plain"""

    def test_escaped(self) -> None:
        """What is not printed as itself is told by its code; letters of all scripts and emoji stay."""
        self.assertEqual(plain.escaped(HOSTILE), SHOWN)
        self.assertEqual(plain.escaped("\ud83d"), r"\ud83d")
        for text in ("", "Ann Lee", "Übelhör 李 علي", "👍🏽 ❤️"):
            self.assertEqual(plain.escaped(text), text)

    def test_user_agents(self) -> None:
        """What a program says that it is, is one line of 512 characters at most."""
        self.assertEqual(plain.user_agent("curl/8\x1b[2J\r\n\u202e"), "curl/8?[2J???")
        self.assertEqual(plain.user_agent(None), "")
        self.assertEqual(len(plain.user_agent("x" * 15000)), 512)

    def test_say(self) -> None:
        """A command prints a line as one line."""
        file = io.StringIO()
        plain.say(f"@x {HOSTILE}", file)
        self.assertEqual(file.getvalue(), f"@x {SHOWN}\n")


class LoggerTests(SynchronousTestCase):
    """chatr.logs.Logger"""

    def setUp(self) -> None:
        self.told: list[dict[str, Any]] = []
        globalLogPublisher.addObserver(self.told.append)
        self.addCleanup(globalLogPublisher.removeObserver, self.told.append)
        self.log = Logger()

    def test_fields(self) -> None:
        """Texts and errors are told on one line, whatever they hold; numbers stay numbers. It was nine lines."""
        self.log.warn("{name} {error} {count:03d} {ratio:.1f} {nothing}", **self.fields())
        [event] = self.told
        text = eventAsText(event, includeTimestamp=False, includeSystem=False)
        self.assertEqual(text, f"{SHOWN} {SHOWN} 007 0.5 None")
        self.assertEqual((event["log_namespace"], event["log_level"]), (__name__, LogLevel.warn))

    def fields(self) -> dict[str, Any]:
        return {"name": HOSTILE, "error": ValueError(HOSTILE), "count": 7, "ratio": 0.5, "nothing": None}

    def test_failures(self) -> None:
        """A failure keeps its traceback."""
        failure = Failure(ValueError("x"))
        self.log.failure("{what} failed", failure, what=HOSTILE)
        [event] = self.told
        self.assertIs(event["log_failure"], failure)
        self.assertEqual(event["what"], SHOWN)
        self.flushLoggedErrors(ValueError)
