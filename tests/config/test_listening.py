"""Tests of chatr.config.listening."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from chatr.config.listening import is_local


class LocalTests(SynchronousTestCase):
    """Who can reach an endpoint."""

    def test_this_machine(self) -> None:
        """Loopback interfaces and Unix sockets."""
        for description in (
            "tcp:8080:interface=127.0.0.1",
            "tcp:0:interface=127.0.0.2:backlog=5",
            "tcp:8080:interface=localhost",
            r"tcp:8080:interface=\:\:1",
            "haproxy:tcp:8080:interface=127.0.0.1",
            "unix:/run/chatr.sock",
            "ssl:8443:interface=127.0.0.1:privateKey=k.pem",
        ):
            self.assertTrue(is_local(description), description)

    def test_others(self) -> None:
        """What names no interface listens on all; of what systemd hands over nothing is known."""
        for description in (
            "tcp:8080",
            "tcp:8080:interface=0.0.0.0",
            r"tcp:8080:interface=\:\:",
            "tcp:8080:interface=192.0.2.1",
            "tcp:8080:interface=127.0.0.1.example",
            "ssl:443:privateKey=127.0.0.1",
            "haproxy:tcp:8080",
            "systemd:domain=INET:index=0",
        ):
            self.assertFalse(is_local(description), description)
