"""Callers' addresses: as limits count them, by who can hold many of them at once, and whether it is this machine."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address

#: What every subscriber of IPv6 gets at the least (RFC 6177, section 2): who has one address has all of these.
NETWORK_BITS = 64

#: The longest text that names an IPv6 network or address, an embedded IPv4 address included, has 45 characters.
MAX_KEY_CHARS = 64


def caller_key(address: str) -> str:
    """The name under which limits count an address: an IPv6 address as its /64, a mapped IPv4 address as IPv4.

    A Unix socket's empty address stays empty. What is no address stays as it is, cut to MAX_KEY_CHARS.
    """
    # A longer text is none that comes again and again: a proxy of ours wrote it, and it may be of any length.
    return _remembered_key(address) if len(address) <= MAX_KEY_CHARS else _key(address)


def _key(address: str) -> str:
    parsed = _parsed(address)
    if parsed is None:
        return address[:MAX_KEY_CHARS]
    if isinstance(parsed, IPv4Address):
        return str(parsed)
    host_bits = parsed.max_prefixlen - NETWORK_BITS
    # By the number alone: a zone id (RFC 4007, section 11) says which of our interfaces, not who calls.
    return f"{IPv6Address(int(parsed) >> host_bits << host_bits)}/{NETWORK_BITS}"


#: The same callers come again and again, and to read an address costs more than all else that is counted of them.
_remembered_key = lru_cache(maxsize=1024)(_key)


def is_loopback(address: str) -> bool:
    """Whether an address, as IPv4 mapped into IPv6 too, is one of this machine that no other machine can reach."""
    return _remembered_loopback(address) if len(address) <= MAX_KEY_CHARS else _is_loopback(address)


def _is_loopback(address: str) -> bool:
    parsed = _parsed(address)
    return parsed is not None and parsed.is_loopback


_remembered_loopback = lru_cache(maxsize=1024)(_is_loopback)


def on_this_machine(address: str) -> bool:
    """Whether a caller is: by a loopback address, or by a Unix socket, which has none."""
    return not address or is_loopback(address)


def _parsed(address: str) -> IPv4Address | IPv6Address | None:
    """The address, IPv4 if it is IPv4 mapped into IPv6 (RFC 4291, section 2.5.5.2)."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return None
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
        return parsed.ipv4_mapped
    return parsed
