"""Texts of strangers in logs and on terminals."""

from __future__ import annotations

import io
from typing import Any

from twisted.logger import Logger, LogPublisher, eventAsText
from twisted.python.failure import Failure
from twisted.python.log import LogPublisher as OldPublisher
from twisted.trial.unittest import SynchronousTestCase

from chatr import plain
from chatr.process.logs import Escaper

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


class LogTests(SynchronousTestCase):
    """chatr.process.logs"""

    def setUp(self) -> None:
        self.told: list[dict[str, Any]] = []
        self.publisher = LogPublisher(self.told.append)
        self.escaper = Escaper()
        self.escaper.watch(self.publisher)
        self.log = Logger(observer=self.publisher)

    def text(self) -> str:
        """What an observer that was there before writes of the only event."""
        [event] = self.told
        return eventAsText(event, includeTimestamp=False, includeSystem=False)

    def test_fields(self) -> None:
        """Texts and errors are told on one line, whatever they hold; numbers stay numbers. It was nine lines."""
        fields = {"name": HOSTILE, "error": ValueError(HOSTILE), "count": 7, "ratio": 0.5, "nothing": None}
        self.log.warn("{name} {error} {count:03d} {ratio:.1f} {nothing}", **fields)
        self.assertEqual(self.text(), f"{SHOWN} {SHOWN} 007 0.5 None")

    def test_formats(self) -> None:
        """What a library has put into the sentence itself is a part of the line too."""
        self.log.info(f"failing handshake: {HOSTILE}")
        self.assertEqual(self.text(), f"failing handshake: {SHOWN}")

    def test_old_logging(self) -> None:
        """The same from Twisted's old logging."""
        observer = OldPublisher(observerPublisher=self.publisher, publishPublisher=self.publisher)
        observer.msg(HOSTILE)
        self.assertEqual(self.text(), SHOWN)

    def test_failures(self) -> None:
        """A failure keeps its traceback."""
        failure = Failure(ValueError("x"))
        self.log.failure("{what} failed", failure, what=HOSTILE)
        [event] = self.told
        self.assertIs(event["log_failure"], failure)
        self.assertEqual(event["what"], SHOWN)

    def test_afterwards(self) -> None:
        """Who stops a server finds the log as it was."""
        self.publisher.removeObserver(self.escaper)
        self.log.info("{name}", name=HOSTILE)
        self.assertEqual(self.told[0]["name"], HOSTILE)
