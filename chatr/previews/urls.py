"""URLs that may be fetched, in one form: schemes, ports, hosts. Which addresses may be says previews/addresses.py."""

from __future__ import annotations

import re
from collections.abc import Collection
from ipaddress import IPv4Address
from urllib.parse import urljoin

from hyperlink import URL

MAX_CHARS = 2000
DEFAULT_PORTS = (80, 443)
#: Browsers take a backslash for a slash, and leave out tabs and line ends: nothing that is read in two ways is fetched.
_AMBIGUOUS = re.compile(r"[\x00-\x20\x7f\\]")
#: A user name, or an IPv6 address: treq can't ask for one, and nobody shares such links.
_NO_NAME = re.compile(r"[^/?#]*//[^/?#]*[@\[\]]")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")


def normal(url: str, ports: Collection[int] = DEFAULT_PORTS) -> str:
    """The one form of an http(s) URL without fragment: ASCII, with a path. Raises ValueError with the reason.

    Refused are other schemes and ports, names and passwords, and hosts that are no name and no plain IPv4 address.
    """
    if len(url) > MAX_CHARS:
        raise ValueError(f"has more than {MAX_CHARS} characters")
    if _AMBIGUOUS.search(url):
        raise ValueError("has a space, a backslash or a control character")
    parsed = _parsed(url)
    if parsed.scheme not in ("http", "https"):
        raise ValueError("is no http or https URL")
    if _NO_NAME.match(url):
        raise ValueError("has a user name or an IPv6 address")
    if parsed.port not in ports:
        raise ValueError("has a port that is not allowed")
    _check_host(parsed.host)
    found = parsed.replace(fragment="").to_text()
    if len(found) > MAX_CHARS:
        raise ValueError(f"has more than {MAX_CHARS} characters")
    return found


def joined(base: str, reference: str, ports: Collection[int] = DEFAULT_PORTS) -> str:
    """The normal form of a URL that stands in a document at ``base``. Raises ValueError."""
    return normal(urljoin(base, reference.strip()), ports)


def _parsed(url: str) -> URL:
    try:
        return URL.from_text(url).to_uri().normalize()
    except ValueError:
        raise ValueError("is no valid URL") from None


def _check_host(host: str) -> None:
    """The resolver of the system takes ``0x7f.1`` and ``2130706433`` for addresses: here they are nothing."""
    if not host:
        raise ValueError("has no host")
    if _NUMBER.fullmatch(host.rstrip(".").rpartition(".")[2]):
        try:
            IPv4Address(host)
        except ValueError:
            raise ValueError("has a number for a host") from None
