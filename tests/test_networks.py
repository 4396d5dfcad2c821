"""Tests of chatr.networks."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from chatr.networks import MAX_KEY_CHARS, caller_key, is_loopback, on_this_machine


class CallerKeyTests(SynchronousTestCase):
    """Who holds many addresses is one caller."""

    def test_ipv4_is_itself(self) -> None:
        """An IPv4 address counts alone."""
        self.assertEqual(caller_key("192.0.2.7"), "192.0.2.7")

    def test_a_network_of_ipv6_is_one_caller(self) -> None:
        """All addresses of a /64 have one key, however they are written; the next /64 has another."""
        written = ("2001:db8:1:2::1", "2001:DB8:1:2:ffff:ffff:ffff:ffff", "2001:0db8:0001:0002:0:0:0:9")
        self.assertEqual({caller_key(address) for address in written}, {"2001:db8:1:2::/64"})
        self.assertEqual(caller_key("2001:db8:1:3::1"), "2001:db8:1:3::/64")

    def test_a_mapped_address_is_ipv4(self) -> None:
        """A listener of both families names IPv4 callers in IPv6: the same caller as on a listener of IPv4."""
        self.assertEqual(caller_key("::ffff:192.0.2.7"), "192.0.2.7")
        self.assertEqual(caller_key("::ffff:c000:207"), "192.0.2.7")
        self.assertNotEqual(caller_key("::ffff:192.0.2.8"), "192.0.2.7")

    def test_a_zone_is_dropped(self) -> None:
        """A zone names an interface of ours, not a caller."""
        self.assertEqual(caller_key("fe80::1%eth0"), "fe80::/64")
        self.assertEqual(caller_key("::ffff:192.0.2.7%eth0"), "192.0.2.7")

    def test_no_address_stays_none(self) -> None:
        """A Unix socket has no address."""
        self.assertEqual(caller_key(""), "")

    def test_other_text_is_kept_and_bounded(self) -> None:
        """What a proxy wrote and is no address is a key as it is, but never a long one."""
        self.assertEqual(caller_key("unknown"), "unknown")
        self.assertEqual(caller_key("1.2.3.4%eth0"), "1.2.3.4%eth0")
        self.assertEqual(len(caller_key("x" * 100_000)), MAX_KEY_CHARS)
        self.assertEqual(caller_key("2001:db8::1%" + "z" * 100_000), "2001:db8::/64")


class LoopbackTests(SynchronousTestCase):
    """Who is on this machine."""

    def test_this_machine(self) -> None:
        """All of 127.0.0.0/8, in both forms, and ::1."""
        for address in ("127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1", "::ffff:7f00:1"):
            self.assertTrue(is_loopback(address), address)
            self.assertTrue(on_this_machine(address), address)

    def test_others(self) -> None:
        """Neither what only looks like it, nor what is no address."""
        for address in ("192.0.2.1", "::ffff:192.0.2.1", "::2", "127.0.0.1.example", "localhost", "unknown"):
            self.assertFalse(is_loopback(address), address)
            self.assertFalse(on_this_machine(address), address)

    def test_a_unix_socket(self) -> None:
        """It has no address, and whoever reaches it is on this machine."""
        self.assertFalse(is_loopback(""))
        self.assertTrue(on_this_machine(""))
