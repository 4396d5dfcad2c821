"""Which addresses are of the public internet. Which ports a link may have says urls.py.

It is asked on every connection (agent.py), so at each redirect too (web.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TypeAlias

Network: TypeAlias = IPv4Network | IPv6Network

#: The IANA IPv4 Special-Purpose Address Registry (RFC 6890) as far as it is not globally reachable, and multicast.
_SPECIAL_V4 = [
    IPv4Network(each)
    for each in (
        "0.0.0.0/8",  # this network (RFC 791)
        "10.0.0.0/8",  # private (RFC 1918)
        "100.64.0.0/10",  # carrier-grade NAT (RFC 6598)
        "127.0.0.0/8",  # loopback (RFC 1122)
        "169.254.0.0/16",  # link-local (RFC 3927), metadata services
        "172.16.0.0/12",  # private (RFC 1918)
        "192.0.0.0/24",  # IETF protocol assignments (RFC 6890)
        "192.0.2.0/24",  # documentation (RFC 5737)
        "192.88.99.0/24",  # 6to4 relays (RFC 7526)
        "192.168.0.0/16",  # private (RFC 1918)
        "198.18.0.0/15",  # benchmarking (RFC 2544)
        "198.51.100.0/24",  # documentation (RFC 5737)
        "203.0.113.0/24",  # documentation (RFC 5737)
        "224.0.0.0/4",  # multicast (RFC 5771)
        "240.0.0.0/4",  # reserved (RFC 1112), broadcast
        "168.63.129.16/32",  # in no registry: Azure's platform, reachable from each of its machines
    )
]
#: Global unicast (RFC 4291). Nothing outside of it is public: ULA, link-local, site-local, multicast, IPv4-compatible,
#: local NAT64 (64:ff9b:1::/48) …
_GLOBAL_V6 = IPv6Network("2000::/3")
#: The same registry for IPv6, within global unicast.
_SPECIAL_V6 = [
    IPv6Network(each)
    for each in (
        "2001::/23",  # IETF protocol assignments (RFC 2928): Teredo, ORCHID, benchmarking …
        "2001:db8::/32",  # documentation (RFC 3849)
        "2002::/16",  # 6to4 (RFC 3056): an IPv4 address in disguise
        "3fff::/20",  # documentation (RFC 9637)
    )
]
#: NAT64 (RFC 6052): leads to the IPv4 address in its last 32 bits.
_NAT64 = IPv6Network("64:ff9b::/96")


def public(address: str, allow: Iterable[Network] = ()) -> bool:
    """Whether an address is of the public internet, or in a network that is allowed all the same.

    IPv6 addresses that stand for an IPv4 one (mapped, RFC 4291, or by NAT64) are judged as that.
    """
    try:
        meant = _meant(ip_address(address))
    except ValueError:
        return False
    if any(meant in network for network in allow):
        return True
    if isinstance(meant, IPv4Address):
        return not any(meant in network for network in _SPECIAL_V4)
    return meant in _GLOBAL_V6 and meant.scope_id is None and not any(meant in network for network in _SPECIAL_V6)


def networks(texts: Iterable[str]) -> list[Network]:
    """Networks in CIDR notation. Raises ValueError."""
    return [ip_network(text) for text in texts]


def _meant(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in _NAT64:
            return IPv4Address(int(address) & 0xFFFFFFFF)
    return address
