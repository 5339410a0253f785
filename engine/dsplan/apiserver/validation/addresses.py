"""IP addresses and CIDR blocks; what old servers read in a lenient way is refused (V: StrictIPCIDRValidation is on).

Source: apimachinery pkg/util/validation/ip.go (IsValidIPForLegacyField, IsValidCIDRForLegacyField), k8s.io/utils/net.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from ...model.regex import regex

if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv6Address

__all__ = ["Family", "broken_cidr_rules", "broken_ip_rules", "cidr_family"]

Family = Literal[4, 6]

_IPV4 = regex(r"[0-9]{1,8}(?:\.[0-9]{1,8}){3}")
_EMBEDDED_IPV4 = regex(r":([^:]*\.[^:]*)$")
_LENGTH = regex(r"[0-9]{1,8}")
_NO_LEADING_ZEROS = "must not have leading zeros"
_NOT_MAPPED = "must not be an IPv4-mapped IPv6 address"


def broken_ip_rules(text: str) -> Iterator[str]:
    """Yield the rule that an IP address breaks, nothing for a good one.

    >>> [*broken_ip_rules("10.9.8.7"), *broken_ip_rules("2001:db8::ffff")]
    []
    >>> [rule for text in ("010.1.1.1", "::ffff:1.2.3.4") for rule in broken_ip_rules(text)]
    ['must not have leading zeros', 'must not be an IPv4-mapped IPv6 address']
    """
    if _family(text) is None:
        yield "must be a valid IP address, such as 10.9.8.7 or 2001:db8::ffff"
        return
    address = _strict(text)
    if address is None:
        yield _NO_LEADING_ZEROS
    elif _is_mapped(address):
        yield _NOT_MAPPED


def broken_cidr_rules(text: str) -> Iterator[str]:
    """Yield the rule that a CIDR block breaks, nothing for a good one.

    >>> [*broken_cidr_rules("10.9.8.0/24"), *broken_cidr_rules("fd00::/64")]
    []
    >>> [rule for text in ("10.9.8.7/024", "10.9.8.7/24") for rule in broken_cidr_rules(text)]
    ['must not have leading zeros', 'must not have bits set beyond the prefix length']
    """
    if cidr_family(text) is None:
        yield "must be a CIDR block, such as 10.9.8.0/24 or 2001:db8::/64"
        return
    before, _, length = text.partition("/")
    address = _strict(before)
    if address is None or length != str(int(length)):
        yield _NO_LEADING_ZEROS
    elif _is_mapped(address):
        yield _NOT_MAPPED
    elif int(address) & ((1 << address.max_prefixlen - int(length)) - 1):
        yield "must not have bits set beyond the prefix length"


def cidr_family(text: str) -> Family | None:
    """Return 4 or 6, None if `text` is no CIDR block in any reading; leading zeros are read as decimal.

    >>> [cidr_family(text) for text in ("10.9.8.7/24", "010.0.0.0/8", "fd00::/64", "10.0.0.0", "10.0.0.0/33")]
    [4, 4, 6, None, None]
    """
    address, slash, length = text.partition("/")
    family: Family | None = 4 if _is_ipv4(address) else 6 if _family(address) else None
    if not slash or family is None or _LENGTH.fullmatch(length) is None:
        return None
    return family if int(length) <= (32 if family == 4 else 128) else None


def _family(text: str) -> Family | None:
    """Return 4 or 6, None if `text` is no IP address in any reading."""
    if _is_ipv4(text):
        return 4
    if ":" not in text or "%" in text:
        return None
    embedded = _EMBEDDED_IPV4.search(text)
    if embedded:
        if not _is_ipv4(embedded[1]):
            return None
        text = text[: embedded.start(1)] + "0.0.0.0"  # noqa: S104  only the shape of the rest is still open
    return None if _strict(text) is None else 6


def _strict(text: str) -> IPv4Address | IPv6Address | None:
    from ipaddress import ip_address

    try:
        return ip_address(text)
    except ValueError:
        return None


def _is_mapped(address: IPv4Address | IPv6Address) -> bool:
    return address.version == 6 and address.ipv4_mapped is not None


def _is_ipv4(text: str) -> bool:
    return _IPV4.fullmatch(text) is not None and all(int(part) <= 255 for part in text.split("."))
