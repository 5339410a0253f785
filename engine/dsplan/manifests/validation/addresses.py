"""IP addresses and CIDR blocks as the legacy fields of Kubernetes accept them: leading zeros are read as decimal.

Source: k8s.io/utils/net ParseIPSloppy and ParseCIDRSloppy.
"""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv6Address
from typing import Literal

__all__ = ["Family", "cidr_family", "ip_family"]

Family = Literal[4, 6]

_IPV4 = re.compile(r"[0-9]{1,8}(?:\.[0-9]{1,8}){3}")
_EMBEDDED_IPV4 = re.compile(r":([^:]*\.[^:]*)$")
_LENGTH = re.compile(r"[0-9]{1,8}")


def ip_family(text: str) -> Family | None:
    """Return 4 or 6, None if `text` is no IP address.

    >>> [ip_family(text) for text in ("10.9.8.7", "010.1.1.1", "2001:db8::ffff", "fe80::1%eth0", "10.9.8")]
    [4, 4, 6, None, None]
    """
    if _is_ipv4(text):
        return 4
    if ":" not in text or "%" in text:
        return None
    embedded = _EMBEDDED_IPV4.search(text)
    if embedded:
        if not _is_ipv4(embedded[1]):
            return None
        text = text[: embedded.start(1)] + "0.0.0.0"  # noqa: S104  only the shape of the rest is still open
    try:
        mapped = IPv6Address(text).ipv4_mapped
    except AddressValueError:
        return None
    return 6 if mapped is None else 4


def cidr_family(text: str) -> Family | None:
    """Return 4 or 6, None if `text` is no CIDR block; bits behind the mask are allowed.

    >>> [cidr_family(text) for text in ("10.9.8.7/24", "fd00::/64", "10.0.0.0", "10.0.0.0/33")]
    [4, 6, None, None]
    """
    address, slash, length = text.partition("/")
    family: Family | None = 4 if _is_ipv4(address) else 6 if ip_family(address) else None
    if not slash or family is None or _LENGTH.fullmatch(length) is None:
        return None
    return family if int(length) <= (32 if family == 4 else 128) else None


def _is_ipv4(text: str) -> bool:
    return _IPV4.fullmatch(text) is not None and all(int(part) <= 255 for part in text.split("."))
