"""Which network addresses are public, so that a stranger's credential cannot make us ask our own network.

The tables follow the IANA special-purpose address registries. They stand here because `ipaddress.is_global`
of Python 3.11 calls 21 special addresses global: multicast, site-local, translated and tunnelled ones among
them.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

SPECIAL_V4: Final = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",  # this network (RFC 791)
        "10.0.0.0/8",  # private (RFC 1918)
        "100.64.0.0/10",  # carrier-grade NAT (RFC 6598)
        "127.0.0.0/8",  # loopback (RFC 1122)
        "169.254.0.0/16",  # link local, cloud metadata services (RFC 3927)
        "172.16.0.0/12",  # private (RFC 1918)
        "192.0.0.0/24",  # protocol assignments (RFC 6890)
        "192.0.2.0/24",  # documentation (RFC 5737)
        "192.31.196.0/24",  # AS112 (RFC 7535)
        "192.52.193.0/24",  # AMT (RFC 7450)
        "192.88.99.0/24",  # 6to4 relays (RFC 7526)
        "192.168.0.0/16",  # private (RFC 1918)
        "192.175.48.0/24",  # AS112 (RFC 7534)
        "198.18.0.0/15",  # benchmarking (RFC 2544)
        "198.51.100.0/24",  # documentation (RFC 5737)
        "203.0.113.0/24",  # documentation (RFC 5737)
        "224.0.0.0/4",  # multicast (RFC 5771)
        "240.0.0.0/4",  # reserved, broadcast (RFC 1112)
    )
)

GLOBAL_V6: Final = IPv6Network("2000::/3")
"""The only range from which IANA assigns global unicast addresses."""

SPECIAL_V6: Final = tuple(
    IPv6Network(text)
    for text in (
        "2001::/23",  # protocol assignments, with Teredo and ORCHID (RFC 2928)
        "2001:db8::/32",  # documentation (RFC 3849)
        "2002::/16",  # 6to4, which can carry any IPv4 address (RFC 7526)
        "2620:4f:8000::/48",  # AS112 (RFC 7534)
        "3fff::/20",  # documentation (RFC 9637)
    )
)

CARRIES_V4: Final = (
    IPv6Network("::ffff:0:0/96"),  # IPv4-mapped (RFC 4291)
    IPv6Network("64:ff9b::/96"),  # NAT64, the well-known prefix (RFC 6052)
)
"""Ranges whose last 32 bits are the IPv4 address that is really reached."""

PRIVATE: Final = tuple(
    ip_network(text)
    for text in (
        "10.0.0.0/8",  # RFC 1918
        "172.16.0.0/12",  # RFC 1918
        "192.168.0.0/16",  # RFC 1918
        "fc00::/7",  # unique local (RFC 4193)
    )
)
"""What organisations number their own networks from."""
METADATA: Final = tuple(ip_network(text) for text in ("fd00:ec2::/32", "fd20:ce::/32"))
"""Ranges of `PRIVATE` at which cloud machines (Amazon's, Google's) find their own secrets."""


def is_private(text: str) -> bool:
    """Return whether `text` is an address of an organisation's own network: never loopback, link local or metadata.

    Only for hosts that the operator named. Never raises.
    """
    try:
        address = ip_address(text)
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.scope_id is not None:
        return False
    return any(address in network for network in PRIVATE) and not any(address in network for network in METADATA)


def is_public(text: str) -> bool:
    """Return whether `text`, an address as a resolver gives it, is one of the public internet.

    Anything that is not a plain address, a scoped one (`fe80::1%eth0`) included, is not public. Never raises.
    """
    try:
        address = ip_address(text)
    except ValueError:
        return False
    if isinstance(address, IPv6Address):
        return _public_v6(address)
    return _public_v4(address)


def _public_v4(address: IPv4Address) -> bool:
    return address.is_global and not any(address in network for network in SPECIAL_V4)


def _public_v6(address: IPv6Address) -> bool:
    if address.scope_id is not None:
        return False
    if any(address in network for network in CARRIES_V4):
        return _public_v4(IPv4Address(int(address) & 0xFFFF_FFFF))
    in_range = address in GLOBAL_V6 and address.is_global
    return in_range and not any(address in network for network in SPECIAL_V6)
