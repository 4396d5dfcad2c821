"""What is public."""

from __future__ import annotations

from ipaddress import ip_address

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from chatr.previews.addresses import networks, public


class PublicTests(SynchronousTestCase):
    """chatr.previews.addresses"""

    def test_special_ipv4(self) -> None:
        """Nothing of the registry is public, from first address to last; what is next to it is."""
        for first, last in (
            ("0.0.0.0", "0.255.255.255"),
            ("10.0.0.0", "10.255.255.255"),
            ("100.64.0.0", "100.127.255.255"),
            ("127.0.0.0", "127.255.255.255"),
            ("169.254.0.0", "169.254.255.255"),
            ("172.16.0.0", "172.31.255.255"),
            ("192.0.0.0", "192.0.0.255"),
            ("192.0.2.0", "192.0.2.255"),
            ("192.88.99.0", "192.88.99.255"),
            ("192.168.0.0", "192.168.255.255"),
            ("198.18.0.0", "198.19.255.255"),
            ("198.51.100.0", "198.51.100.255"),
            ("203.0.113.0", "203.0.113.255"),
            ("224.0.0.0", "255.255.255.255"),
            ("168.63.129.16", "168.63.129.16"),
        ):
            for special in (first, last):
                self.assertFalse(public(special), special)
                self.assertFalse(public(f"::ffff:{special}"), special)
                self.assertFalse(public(str(ip_address("64:ff9b::") + int(ip_address(special)))), special)
            if last == "255.255.255.255":
                continue
            for near in (int(ip_address(first)) - 1, int(ip_address(last)) + 1):
                if near >= 0:
                    self.assertTrue(public(str(ip_address(near))), near)

    def test_metadata(self) -> None:
        """The addresses at which clouds tell their machines secrets."""
        for address in ("169.254.169.254", "100.100.100.200", "192.0.0.192", "168.63.129.16", "fd00:ec2::254"):
            self.assertFalse(public(address), address)

    def test_ipv6(self) -> None:
        """Global unicast only, without what is special in it."""
        for address in ("2606:4700::1111", "2a00:1450:4001::1", "2001:200::1", "2620:4f:8000::1", "64:ff9b::808:808"):
            self.assertTrue(public(address), address)
        self.assertTrue(public("::ffff:8.8.8.8"))
        for address in (
            *("::", "::1", "::8.8.8.8", "fc00::1", "fd12::1", "fe80::1", "fec0::1", "ff02::1", "100::1", "5f00::1"),
            *("2001::1", "2001:1ff::1", "2001:db8::1", "2002:808:808::1", "3fff::1", "64:ff9b:1::808:808"),
            *("2606:4700::1111%eth0", "fe80::1%1", "::ffff:0:8.8.8.8", "4000::1", "1fff::1"),
        ):
            self.assertFalse(public(address), address)

    def test_allowed(self) -> None:
        """What the operator allows passes, however it is written, and nothing beside it."""
        allow = networks(["10.1.0.0/16", "fd00::/64"])
        for address in ("10.1.2.3", "::ffff:10.1.2.3", "64:ff9b::a01:203", "fd00::5"):
            self.assertTrue(public(address, allow), address)
        for address in ("10.2.0.1", "fd00:1::5", "127.0.0.1"):
            self.assertFalse(public(address, allow), address)
        self.assertRaises(ValueError, networks, ["10.1.0.1/16"])

    @given(st.text(max_size=20))
    def test_nonsense(self, text: str) -> None:
        """What is no address is not public."""
        try:
            ip_address(text)
        except ValueError:
            self.assertFalse(public(text))

    @given(st.ip_addresses(v=4))
    def test_agrees_with_python(self, address: object) -> None:
        """Nothing that Python holds for private, link-local, multicast or reserved is public."""
        known = ip_address(str(address))
        if not known.is_global or known.is_multicast or known.is_reserved:
            self.assertFalse(public(str(address)))
