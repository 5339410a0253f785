"""The image pull policy that an API server chooses, which needs a full parse of the image reference (D6, X2).

Grammar: the reference format of the distribution project (domain, path, tag, digest) and its rules for short names.
"""

from __future__ import annotations

from functools import lru_cache

from ...model.images import split_domain
from ...model.regex import regex

__all__ = ["default_pull_policy"]

_COMPONENT = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
_DOMAIN = rf"(?:{_COMPONENT}(?:\.{_COMPONENT})*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?"
_PATH_COMPONENT = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_PATH = rf"{_PATH_COMPONENT}(?:/{_PATH_COMPONENT})*"
_TAG = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}"
_ALGORITHM = r"[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*"
_REFERENCE = regex(
    # What does not read as a domain may still be the first part of the path: `my_reg.io/x`, which is then the hub's.
    rf"(?:{_DOMAIN}/)?(?P<path>{_PATH})(?::(?P<tag>{_TAG}))?(?:@(?P<digest>{_ALGORITHM}:[0-9a-fA-F]{{32,}}))?"
)
_IDENTIFIER = regex(r"[a-f0-9]{64}")
_DIGEST = regex(r"sha256:[a-f0-9]{64}|sha384:[a-f0-9]{96}|sha512:[a-f0-9]{128}")
_LONGEST_PATH = 255
_LONGEST_REMEMBERED = 512


def default_pull_policy(image: object) -> str:
    """Return `Always` if `image` means the tag `latest`, by name or for want of tag and digest; else `IfNotPresent`.

    References that do not parse get `IfNotPresent`, as at an API server.

    >>> [default_pull_policy(image) for image in ("nginx", "nginx:1", "reg:5000/a:latest", "$(IMAGE)", "nginx:")]
    ['Always', 'IfNotPresent', 'Always', 'IfNotPresent', 'IfNotPresent']
    """
    text = image if isinstance(image, str) else ""
    return _remembered_policy(text) if len(text) <= _LONGEST_REMEMBERED else _policy(text)


def _policy(image: str) -> str:
    return "Always" if _tag(image) == "latest" else "IfNotPresent"


_remembered_policy = lru_cache(maxsize=8192)(_policy)


def _tag(image: str) -> str | None:
    """Return the tag, `latest` if neither tag nor digest is given, or None: no tag, or no reference at all."""
    if len(image) == 64 and _IDENTIFIER.fullmatch(image):
        return None
    domain, remainder = split_domain(image)
    if remainder.partition(":")[0] != remainder.partition(":")[0].lower():
        return None
    match = _REFERENCE.fullmatch(f"{domain}/{remainder}")
    if match is None or len(match["path"]) > _LONGEST_PATH:
        return None
    if match["digest"] is None:
        return match["tag"] or "latest"
    return match["tag"] if _DIGEST.fullmatch(match["digest"]) else None
