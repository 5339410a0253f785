"""From a field as Kubernetes prints it to the place in the tree, for line numbers.

The paths in a server's answers are not always those of the object: taints are reported under metadata, labels of a
template without its metadata, some lists without an index.
"""

from __future__ import annotations

from typing import Any

from ..model.regex import regex

__all__ = ["real_path", "tree_path"]

Path = tuple[str | int, ...]

# What the server prints, and where it is.
_PRINTED = tuple(
    (regex(pattern), real)
    for pattern, real in (
        (r"^metadata\.taints(?=\[|$)", "spec.taints"),
        (r"^spec\.template\.(labels|annotations)(?=[\[.]|$)", r"spec.template.metadata.\1"),
        (r"\.resources\.containers\[([0-9]+)\]\[(.*)\]\.limits$", r".containers[\1].resources.limits[\2]"),
        (r"\.securityContext\.shareProcessNamespace$", ".shareProcessNamespace"),
        (r"\.resources\[storage\]$", ".resources.requests[storage]"),
        (r"\.overhead\.limits(?=\[)", ".overhead"),
        (r"\.downwarAPI$", ".downwardAPI"),
        (r"\.cephFS$", ".cephfs"),
        (r"\.persistentDisk(?=\.)", ".gcePersistentDisk"),
        (r"\.initiatorname$", ".initiatorName"),
        (r"\.Host(PID|IPC)$", r".host\1"),
        (r"(\[[0-9]+\]|podAffinityTerm)\.namespace$", r"\1.namespaces"),
    )
)


def real_path(field: str) -> str:
    """Return where a field that the server prints is in the object.

    >>> real_path("metadata.taints[0].key")
    'spec.taints[0].key'
    """
    for pattern, real in _PRINTED:
        field = pattern.sub(real, field)
    return field


def tree_path(field: str, tree: Any, value: Any = None) -> Path:
    """Return the keys and indices from the root of `tree` to what `field` names, or to the last part that exists.

    Keys of maps may contain dots and brackets: they are found by what is in the tree. Where the field is a whole map
    (labels, annotations) and `value` one of its keys or values, the path leads to that entry.

    >>> tree = {"metadata": {"labels": {"a.b/c": "x y"}}, "spec": {"taints": [{}]}}
    >>> tree_path("metadata.labels[a.b/c]", tree)
    ('metadata', 'labels', 'a.b/c')
    >>> tree_path("metadata.taints[0].key", tree)
    ('spec', 'taints', 0)
    >>> tree_path("metadata.labels", tree, "x y")
    ('metadata', 'labels', 'a.b/c')
    """
    rest = real_path(field)
    path: list[str | int] = []
    node = tree
    while rest:
        step = _step(node, rest)
        if step is None:
            break
        key, rest = step
        path.append(key)
        node = node[key]
    if not rest and isinstance(node, dict) and isinstance(value, str):
        path.extend([key for key in node if key == value or node[key] == value][:1])
    return tuple(path)


def _step(node: Any, rest: str) -> tuple[str | int, str] | None:
    """Return the key or index below `node` that `rest` starts with, and what remains of `rest`."""
    if isinstance(node, list):
        index, bracket, remains = rest[1:].partition("]")
        if rest.startswith("[") and bracket and index.isascii() and index.isdigit() and int(index) < len(node):
            return int(index), remains
        return None
    if not isinstance(node, dict):
        return None
    plain = rest.removeprefix(".")
    fitting = [
        (key, plain[len(printed) :])
        for key in node
        for printed in (f"[{key}]", str(key))
        if plain.startswith(printed) and plain[len(printed) : len(printed) + 1] in ("", ".", "[")
    ]
    # Keys of resource lists and annotations contain dots: the longest key that fits is meant.
    return min(fitting, key=lambda match: len(match[1]), default=None)
