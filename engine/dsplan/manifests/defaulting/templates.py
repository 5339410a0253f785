"""Is it the same Pod template (H3, H4)? Both sides are defaulted; quantities compare by value, not by text."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

from ...model.quantity import RawQuantity, exact_text, stored_text
from .rewrite import Rewriter
from .rules import Tree

__all__ = ["revision_template", "same_template", "template_digest"]


def _by_value(raw: RawQuantity, milli: bool) -> str:
    return exact_text(stored_text(raw, milli=milli))


_BY_VALUE = Rewriter(_by_value)


def template_digest(template: Tree) -> str:
    """Return the SHA-256, in hex, of the template's canonical form: equal digests are equal templates (H4).

    Defaults are filled in first; `$patch` and a null or absent creationTimestamp do not count. Accepts a template as
    in a DaemonSet's `spec.template` or as `revision_template` returns it.

    >>> small = {"spec": {"containers": [{"name": "a", "image": "a:1", "resources": {"limits": {"cpu": "1000m"}}}]}}
    >>> large = {"metadata": {"creationTimestamp": None}, "$patch": "replace", "spec": {"dnsPolicy": "ClusterFirst",
    ...          "containers": [{"image": "a:1", "name": "a", "resources": {"limits": {"cpu": 1}}}]}}
    >>> template_digest(small) == template_digest(large)
    True
    """
    written = _BY_VALUE.rewrite(template if isinstance(template, dict) else {}, "PodTemplateSpec")
    return sha256(json.dumps(written, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def same_template(left: Tree, right: Tree) -> bool:
    """Return whether two templates are one to the controller (H3, H4), whatever was left to defaults in either.

    >>> same_template({"spec": {"dnsPolicy": "ClusterFirst"}}, {"spec": {}})
    True
    >>> same_template({"spec": {"hostNetwork": True}}, {"spec": {}})
    False
    """
    return left is right or template_digest(left) == template_digest(right)


def revision_template(data: Any) -> Tree | None:
    """Return the template in a ControllerRevision's `data`, or None if it holds none (H2).

    >>> revision_template({"spec": {"template": {"$patch": "replace", "spec": {}}}})
    {'$patch': 'replace', 'spec': {}}
    """
    spec = data.get("spec") if isinstance(data, dict) else None
    template = spec.get("template") if isinstance(spec, dict) else None
    return template if isinstance(template, dict) else None
