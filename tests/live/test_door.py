"""What the door adds to the router: limits by person and by address."""

from __future__ import annotations

from typing import Any, ClassVar

from tests.wamp.case import HELLO, Client, SessionCase, Setting


class LimitTests(SessionCase):
    """Sessions per user and per address."""

    limits: ClassVar[dict[str, Any]] = {"max_sessions_per_user": 2, "max_sessions_per_address": 3}

    def test_sessions_per_user(self) -> None:
        """One session too many is refused with a reason; one less makes room."""
        first, _ = self.joined(), self.joined()
        third = Client(self.setting)
        third.say(HELLO)
        third.session.received(b'[5, "alice", {}]')
        message = third.heard()[-1]
        self.assertEqual((message[0], message[2]), (3, "chatr.error.rate_limited"))
        self.assertIn("2 sessions", message[1]["message"])
        third.session.lost()
        first.say([6, {}, "wamp.close.close_realm"])
        self.joined()

    def test_sessions_per_address(self) -> None:
        """One connection too many is refused before it says a word; one less makes room, elsewhere there is room."""
        clients = [Client(self.setting) for _ in range(3)]
        fourth = Client(self.setting)
        message = fourth.heard()[-1]
        self.assertEqual((message[0], message[2]), (3, "chatr.error.rate_limited"))
        self.assertIsNone(Client(self.setting, address="192.0.2.2").link.closed)
        fourth.session.lost()
        clients[0].session.lost()
        self.assertIsNone(Client(self.setting).link.closed)

    def test_networks_of_ipv6_are_one_address(self) -> None:
        """Who has one address of a /64 has them all; an IPv4 address counts the same however it is written."""
        for addresses, elsewhere in (
            (["2001:db8::1", "2001:db8::2", "2001:db8::ffff:1", "2001:db8::3"], "2001:db8:0:1::1"),
            (["192.0.2.7", "::ffff:192.0.2.7", "::ffff:c000:207", "192.0.2.7"], "::ffff:192.0.2.8"),
        ):
            clients = [Client(self.setting, address=address) for address in addresses]
            self.assertEqual([client.link.closed is None for client in clients], [True, True, True, False])
            self.assertIsNone(Client(self.setting, address=elsewhere).link.closed)
            for client in clients:
                client.session.lost()
            self.assertIsNone(Client(self.setting, address=addresses[0]).link.closed)

    def test_loopback_may_be_exempt(self) -> None:
        """In development callers on this machine are not counted by address."""
        setting = Setting(self.clock, exempt_loopback=True, **self.limits)
        for _ in range(4):
            self.assertIsNone(Client(setting, address="127.0.0.1").link.closed)
