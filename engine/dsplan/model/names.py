"""The alphabets of Kubernetes names and labels (V, V1): whole-string, ASCII only.

Source: k8s.io/apimachinery/pkg/api/validate/content (semantics V1), RFC 1123.
"""

from __future__ import annotations

from .regex import regex

__all__ = ["is_dns_label", "is_dns_subdomain", "is_label_key", "is_label_value", "is_qualified_name_part"]

_DNS_LABEL = regex(r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?")
_DNS_SUBDOMAIN = regex(r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*")
_NAME = regex(r"(?:[A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")


def is_dns_label(text: str) -> bool:
    """Return whether `text` is a DNS-1123 label: at most 63 of [a-z0-9-], alphanumeric at both ends.

    >>> is_dns_label("kube-system"), is_dns_label("a.b"), is_dns_label("a\\n")
    (True, False, False)
    """
    return len(text) <= 63 and _DNS_LABEL.fullmatch(text) is not None


def is_dns_subdomain(text: str) -> bool:
    """Return whether `text` is a DNS-1123 subdomain of at most 253 characters.

    >>> is_dns_subdomain("ip-10-0-0-1.ec2.internal"), is_dns_subdomain("a..b")
    (True, False)
    """
    return len(text) <= 253 and _DNS_SUBDOMAIN.fullmatch(text) is not None


def is_qualified_name_part(text: str) -> bool:
    """Return whether `text` is the name part of a label key: 1 to 63 of [A-Za-z0-9-_.], alphanumeric at both ends.

    >>> is_qualified_name_part("MyName"), is_qualified_name_part("-x")
    (True, False)
    """
    return 0 < len(text) <= 63 and _NAME.fullmatch(text) is not None


def is_label_key(text: str) -> bool:
    """Return whether `text` is `[prefix/]name` with a DNS subdomain as prefix.

    >>> is_label_key("kubernetes.io/os"), is_label_key("/os"), is_label_key("a/b/c")
    (True, False, False)
    """
    prefix, slash, name = text.partition("/")
    if not slash:
        return is_qualified_name_part(text)
    return is_dns_subdomain(prefix) and is_qualified_name_part(name)


def is_label_value(text: str) -> bool:
    """Return whether `text` may be a label's value: empty, or as `is_qualified_name_part`.

    >>> is_label_value(""), is_label_value("-5"), is_label_value("a b")
    (True, False, False)
    """
    return text == "" or is_qualified_name_part(text)
