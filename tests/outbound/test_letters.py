"""What letters say, and where they lead."""

from __future__ import annotations

from datetime import UTC, datetime

from twisted.trial.unittest import SynchronousTestCase

from chatr.outbound.letters import changed, code, mail

_AT = datetime(2026, 11, 27, tzinfo=UTC)


class LinkTests(SynchronousTestCase):
    """The way to the web client."""

    def test_undo(self) -> None:
        """A key is also a link, in both forms of the mail, behind the # that no server sees."""
        letter = changed("email", "ann@example.org", "e-mail address", "k-_y", 7)
        found = mail(letter, sender="chat@example.org", at=_AT, home="https://chat.example.org/")
        plain, html = (str(part.get_content()) for part in found.iter_parts())
        self.assertIn("\n\nk-_y\n\nUndo the change: https://chat.example.org/undo#token=k-_y\n\n", plain)
        self.assertIn('<a href="https://chat.example.org/undo#token=k-_y">Undo the change</a>', html)
        self.assertIn(">k-_y</p>", html)

    def test_none(self) -> None:
        """Where nobody knows the address of the client, and where there is nothing to undo."""
        letters = (
            (changed("email", "ann@example.org", "e-mail address", "k-_y", 7), ""),
            (code("email", "ann@example.org", "login", "123456", 10), "https://chat.example.org"),
        )
        for letter, home in letters:
            found = mail(letter, sender="chat@example.org", at=_AT, home=home)
            for part in found.iter_parts():
                self.assertNotIn("/undo", str(part.get_content()))
