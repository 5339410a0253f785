"""The formats of single values: each function returns the rules that a value breaks, none for a good one (V, V1).

How many rules are broken matters: an API server reports each as a cause of its own. All patterns are anchored to the
whole string and ASCII only (V1); lengths are in bytes.

Source: k8s.io/apimachinery/pkg/api/validate/content and pkg/util/validation.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from ...model.names import is_dns_label, is_dns_subdomain, is_label_key, is_label_value
from ...model.regex import regex

__all__ = [
    "config_key",
    "dns_label",
    "dns_subdomain",
    "dns_subdomain_or_prefix",
    "environment_name",
    "group_or_user_id",
    "header_name",
    "label_key",
    "label_value",
    "lenient_dns_subdomain",
    "port_name",
    "port_number",
    "size",
    "sysctl_name",
]

Rules = Sequence[str]

_LABEL = r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"
_DNS_LABEL = regex(_LABEL)
_DNS_SUBDOMAIN = regex(rf"{_LABEL}(?:\.{_LABEL})*")
_LENIENT_LABEL = r"_?[a-z0-9](?:[-_a-z0-9]*[a-z0-9])?"
_LENIENT_SUBDOMAIN = regex(rf"{_LENIENT_LABEL}(?:\.{_LENIENT_LABEL})*")
_NAME = regex(r"(?:[A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")
_CONFIG_KEY = regex(r"[-._a-zA-Z0-9]+")
_ENVIRONMENT_NAME = regex(r"[ -<>-~]+")
_HEADER = regex(r"[-A-Za-z0-9]+")
_PORT_NAME = regex(r"[-a-z0-9]+")
_LOWER_CASE_LETTER = regex(r"[a-z]")
_SYSCTL = regex(r"(?:[a-z0-9](?:[-_a-z0-9]*[a-z0-9])?[./])*[a-z0-9](?:[-_a-z0-9]*[a-z0-9])?")

_LABEL_RULE = "must be a lower-case RFC 1123 label: a-z, 0-9 and '-', alphanumeric at both ends"
_SUBDOMAIN_RULE = "must be a lower-case RFC 1123 subdomain: a-z, 0-9, '-' and '.', each part alphanumeric at both ends"
_NAME_RULE = "must consist of A-Z, a-z, 0-9, '-', '_' and '.', alphanumeric at both ends"
_LARGEST_ID = 2**31 - 1


def size(text: str) -> int:
    """Return the length in bytes of UTF-8.

    >>> size("é")
    2
    """
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def _longer(text: str, limit: int, unit: str = "bytes") -> list[str]:
    return [f"must be no more than {limit} {unit}"] if size(text) > limit else []


def dns_label(text: str) -> Rules:
    """At most 63 of a-z, 0-9 and '-', alphanumeric at both ends.

    >>> dns_label("a.b")
    ['must not contain dots']
    """
    if is_dns_label(text):
        return ()
    broken = _longer(text, 63)
    if _DNS_LABEL.fullmatch(text) is None:
        broken.append("must not contain dots" if _DNS_SUBDOMAIN.fullmatch(text) else _LABEL_RULE)
    return broken


def dns_subdomain(text: str) -> Rules:
    """Dot-separated DNS labels of at most 253 characters together.

    >>> len(dns_subdomain("A" * 254)), dns_subdomain("a.b")
    (2, ())
    """
    if is_dns_subdomain(text):
        return ()
    broken = _longer(text, 253)
    if _DNS_SUBDOMAIN.fullmatch(text) is None:
        broken.append(_SUBDOMAIN_RULE)
    return broken


def dns_subdomain_or_prefix(text: str) -> Rules:
    """A DNS subdomain, or what becomes one when characters are appended: `agent-` (generateName).

    >>> dns_subdomain_or_prefix("agent-"), len(dns_subdomain_or_prefix("agent_"))
    ((), 1)
    """
    # As upstream, the character before the dash is not looked at.
    return dns_subdomain(text[:-2] + "a" if len(text) > 1 and text.endswith("-") else text)


def lenient_dns_subdomain(text: str) -> Rules:
    """A DNS subdomain whose parts may also contain '_' and start with it (search domains)."""
    broken = _longer(text, 253)
    if _LENIENT_SUBDOMAIN.fullmatch(text) is None:
        broken.append(_SUBDOMAIN_RULE)
    return broken


@lru_cache(maxsize=4096)
def label_key(text: str) -> Rules:
    """`[prefix/]name`: a DNS subdomain and a name of 1 to 63 characters; also called a qualified name.

    >>> len(label_key("a/")), label_key("kubernetes.io/os")
    (2, ())
    """
    if is_label_key(text):
        return ()
    parts = text.split("/")
    if len(parts) > 2:
        return [f"must have at most one '/': a name with an optional DNS subdomain before it; the name {_NAME_RULE}"]
    broken: list[str] = []
    if len(parts) == 2:
        broken += [f"the prefix part {rule}" for rule in dns_subdomain(parts[0])] if parts[0] else []
        broken += [] if parts[0] else ["the prefix part must not be empty"]
    name = parts[-1]
    broken += [f"the name part {rule}" for rule in (_longer(name, 63) if name else ["must not be empty"])]
    if _NAME.fullmatch(name) is None:
        broken.append(f"the name part {_NAME_RULE}")
    return broken


def label_value(text: str) -> Rules:
    """Empty, or at most 63 characters, alphanumeric at both ends, '-', '_' and '.' inside.

    >>> label_value(""), len(label_value("-" * 64))
    ((), 2)
    """
    if is_label_value(text):
        return ()
    broken = _longer(text, 63)
    if _NAME.fullmatch(text) is None:
        broken.append(f"must be empty, or {_NAME_RULE}")
    return broken


def config_key(text: str) -> Rules:
    """A key of a ConfigMap or Secret: a plain file name."""
    broken = _longer(text, 253)
    if _CONFIG_KEY.fullmatch(text) is None:
        broken.append("must consist of A-Z, a-z, 0-9, '-', '_' and '.'")
    if text.startswith(".."):
        broken.append("must not be '..'" if text == ".." else "must not start with '..'")
    elif text == ".":
        broken.append("must not be '.'")
    return broken


def environment_name(text: str) -> Rules:
    """Printable ASCII without '='.

    >>> environment_name("a.b-c d!"), environment_name("a=b")
    ((), ["must consist of printable ASCII characters other than '='"])
    """
    if _ENVIRONMENT_NAME.fullmatch(text):
        return ()
    return ["must consist of printable ASCII characters other than '='"]


def header_name(text: str) -> Rules:
    """The name of an HTTP header."""
    return () if _HEADER.fullmatch(text) else ["must consist of A-Z, a-z, 0-9 and '-'"]


def port_name(text: str) -> Rules:
    """An IANA service name: at most 15 of a-z, 0-9 and single '-', at least one letter.

    >>> len(port_name("")), len(port_name("A")), port_name("http-2")
    (2, 2, [])
    """
    broken = _longer(text, 15, "characters")
    if _PORT_NAME.fullmatch(text) is None:
        broken.append("must consist of a-z, 0-9 and '-'")
    if _LOWER_CASE_LETTER.search(text) is None:
        broken.append("must contain at least one letter (a-z)")
    if "--" in text:
        broken.append("must not contain consecutive hyphens")
    if text.startswith("-") or text.endswith("-"):
        broken.append("must not begin or end with a hyphen")
    return broken


def port_number(number: int) -> Rules:
    """1 to 65535."""
    return () if 1 <= number <= 65535 else ["must be between 1 and 65535, inclusive"]


def group_or_user_id(number: int) -> Rules:
    """0 to 2147483647."""
    return () if 0 <= number <= _LARGEST_ID else [f"must be between 0 and {_LARGEST_ID}, inclusive"]


def sysctl_name(text: str) -> Rules:
    """The name of a kernel parameter, its parts separated by '.' or '/'."""
    if size(text) <= 253 and _SYSCTL.fullmatch(text):
        return ()
    return ["must be the name of a kernel parameter: parts of a-z, 0-9, '-' and '_', separated by '.' or '/'"]
