"""Is it the same Pod template (H3, H4)? Both sides are defaulted; quantities compare by value, not by text.

A snapshot keeps of a template what planning reads, and its digest and number in an annotation. They stand for the whole
template as long as nobody edits what was kept.
"""

from __future__ import annotations

from typing import Any

import msgspec

from ...model.quantity import RawQuantity, exact_text, stored_text
from ...model.regex import regex
from .rewrite import Rewriter
from .rules import Tree

__all__ = [
    "DIGEST_ANNOTATION",
    "abridged_template",
    "canonical_template",
    "is_abridged",
    "number_of",
    "revision_template",
    "same_template",
    "template_digest",
    "template_number",
]

DIGEST_ANNOTATION = "dsplan.dev/template-digest"
"""On a template that was abridged: `sha256:<digest of the whole>/<digest of what was kept>/<number of the whole>`."""

_CARRIED = regex(r"sha256:([0-9a-f]{64})/([0-9a-f]{64})/([0-9]{1,10})")
_LARGEST_PRIME_OF_TEN_DIGITS = 9_999_999_967


def _by_value(raw: RawQuantity, milli: bool) -> str:
    return exact_text(stored_text(raw, milli=milli))


_BY_VALUE = Rewriter(_by_value)


def template_digest(template: Tree) -> str:
    """Return the SHA-256, in hex, of the template's canonical form: equal digests are equal templates (H4).

    Defaults are filled in first; `$patch` and a null or absent creationTimestamp do not count. Accepts a template as
    in a DaemonSet's `spec.template` or as `revision_template` returns it, also one that was abridged: it has the digest
    of the whole template, or another one once it was edited.

    >>> small = {"spec": {"containers": [{"name": "a", "image": "a:1", "resources": {"limits": {"cpu": "1000m"}}}]}}
    >>> large = {"metadata": {"creationTimestamp": None}, "$patch": "replace", "spec": {"dnsPolicy": "ClusterFirst",
    ...          "containers": [{"image": "a:1", "name": "a", "resources": {"limits": {"cpu": 1}}}]}}
    >>> template_digest(small) == template_digest(large)
    True
    """
    carried, rest = _split(template)
    own = _plain_digest(rest)
    if carried is None:
        return own
    whole, kept, _ = carried
    return whole if own == kept else _sha256(f"{whole}/{own}".encode())


def template_number(template: Tree) -> int:
    """Return a number below 10^10 that equal templates share, as `template_digest`; others seldom share one.

    A number is enough to name a revision, and costs no cryptography.

    >>> template_number({"spec": {}}) == template_number({"spec": {"dnsPolicy": "ClusterFirst"}})
    True
    """
    carried, rest = _split(template)
    if carried is None:
        return number_of(_canonical(rest))
    whole, kept, number = carried
    own = _plain_digest(rest)
    return int(number) if own == kept else number_of(f"{whole}/{own}".encode())


def number_of(text: bytes) -> int:
    """Return the text, read as one long number, modulo a prime."""
    return int.from_bytes(text) % _LARGEST_PRIME_OF_TEN_DIGITS


def canonical_template(template: Tree) -> bytes | None:
    """Return the form in which equal templates are equal bytes; None for one that was abridged, which has it not.

    >>> canonical_template({"spec": {}}) == canonical_template({"spec": {"dnsPolicy": "ClusterFirst"}})
    True
    """
    carried, rest = _split(template)
    return _canonical(rest) if carried is None else None


def abridged_template(template: Tree, kept: Tree) -> Tree:
    """Return `kept`, a part of `template`, with an annotation by which it has the digest of the whole.

    >>> whole = {"spec": {"hostNetwork": True, "containers": [{"name": "a", "env": [{"name": "KEY", "value": "x"}]}]}}
    >>> part = abridged_template(whole, {"spec": {"hostNetwork": True}})
    >>> template_digest(part) == template_digest(whole), is_abridged(part)
    (True, True)
    >>> part["spec"]["hostNetwork"] = False
    >>> template_digest(part) == template_digest(whole)
    False
    """
    text = f"sha256:{template_digest(template)}/{_plain_digest(kept)}/{template_number(template)}"
    metadata = dict(kept.get("metadata") or {})
    metadata["annotations"] = {**(metadata.get("annotations") or {}), DIGEST_ANNOTATION: text}
    return {**kept, "metadata": metadata}


def is_abridged(template: Tree) -> bool:
    """Return whether the template is only a part of what it stands for."""
    return _split(template)[0] is not None


def _split(template: Tree) -> tuple[tuple[str, str, str] | None, Tree]:
    """Return what an abridged template carries of the whole, None for a whole one, and the template without it."""
    if not isinstance(template, dict):
        return None, {}
    metadata = template.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    text = annotations.get(DIGEST_ANNOTATION) if isinstance(annotations, dict) else None
    found = _CARRIED.fullmatch(text) if isinstance(text, str) else None
    if found is None or not isinstance(metadata, dict) or not isinstance(annotations, dict):
        return None, template
    others = {key: value for key, value in annotations.items() if key != DIGEST_ANNOTATION}
    return (found[1], found[2], found[3]), {**template, "metadata": {**metadata, "annotations": others}}


def _plain_digest(template: Tree) -> str:
    return _sha256(_canonical(template))


def _sha256(text: bytes) -> str:
    from hashlib import sha256

    return sha256(text).hexdigest()


def _canonical(template: Tree) -> bytes:
    written = _BY_VALUE.rewrite(template, "PodTemplateSpec")
    try:
        return msgspec.json.encode(written, order="sorted")
    except (TypeError, ValueError):  # Keys that are no text, or half a surrogate pair: not from a file.
        import json

        return json.dumps(written, sort_keys=True, separators=(",", ":")).encode()


def same_template(left: Tree, right: Tree) -> bool:
    """Return whether two templates are one to the controller (H3, H4), whatever was left to defaults in either.

    >>> same_template({"spec": {"dnsPolicy": "ClusterFirst"}}, {"spec": {}})
    True
    >>> same_template({"spec": {"hostNetwork": True}}, {"spec": {}})
    False
    """
    if left is right:
        return True
    one, other = canonical_template(left), canonical_template(right)
    if one is None or other is None:
        return template_digest(left) == template_digest(right)
    return one == other


def revision_template(data: Any) -> Tree | None:
    """Return the template in a ControllerRevision's `data`, or None if it holds none (H2).

    >>> revision_template({"spec": {"template": {"$patch": "replace", "spec": {}}}})
    {'$patch': 'replace', 'spec': {}}
    """
    spec = data.get("spec") if isinstance(data, dict) else None
    template = spec.get("template") if isinstance(spec, dict) else None
    return template if isinstance(template, dict) else None
