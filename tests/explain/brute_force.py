"""The smallest sets of edits by trying all of them, on raw objects: the same kinds, none of dsplan's code."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from itertools import combinations
from typing import Any

from . import naive

Tree = dict[str, Any]
Atom = tuple[str, ...]
LABEL_VALUES = ("x", "y", "3", "1", "5", "99", "otherwise")


def required_of(daemonset: Tree) -> Tree | None:
    spec = daemonset["spec"]["template"]["spec"]
    found: Tree | None = (
        spec.get("affinity", {}).get("nodeAffinity", {}).get("requiredDuringSchedulingIgnoredDuringExecution")
    )
    return found


def daemonset_atoms(daemonset: Tree, node: Tree) -> Iterator[Atom]:
    spec = daemonset["spec"]["template"]["spec"]
    if spec.get("nodeName"):
        yield ("drop-name",)
    for key in spec.get("nodeSelector", {}):
        yield "drop-selector", key
    required = required_of(daemonset)
    if required is not None and not required["nodeSelectorTerms"]:
        yield ("drop-affinity",)
    for number, term in enumerate(required["nodeSelectorTerms"] if required else ()):
        if not term.get("matchExpressions") and not term.get("matchFields"):
            yield "drop-term", str(number)
        for kind in ("matchExpressions", "matchFields"):
            for place, entry in enumerate(term.get(kind, ())):
                yield "drop", str(number), kind, str(place)
                if kind == "matchExpressions" and entry["operator"] in ("In", "NotIn"):
                    yield "allow", str(number), kind, str(place)
    for key in {taint["key"] for taint in node["spec"]["taints"]}:
        yield "tolerate", key


def node_atoms(node: Tree, keys: set[str]) -> Iterator[Atom]:
    for key in sorted(keys):
        for value in LABEL_VALUES:
            if node["metadata"]["labels"].get(key) != value:
                yield "label", key, value
        if key in node["metadata"]["labels"]:
            yield "unlabel", key
    for key in {taint["key"] for taint in node["spec"]["taints"]}:
        yield "untaint", key


def edited(daemonset: Tree, node: Tree, atoms: tuple[Atom, ...]) -> tuple[Tree, Tree]:
    daemonset, node = copy.deepcopy(daemonset), copy.deepcopy(node)
    spec = daemonset["spec"]["template"]["spec"]
    for atom in atoms:
        edit_node(node, atom)
        edit_spec(spec, atom)
    required = required_of(daemonset)
    if required is not None:
        labels = node["metadata"]["labels"]
        required["nodeSelectorTerms"] = list(edited_terms(required["nodeSelectorTerms"], atoms, labels))
        if ("drop-affinity",) in atoms or (
            not required["nodeSelectorTerms"] and any(a[0] in ("drop", "drop-term") for a in atoms)
        ):
            del spec["affinity"]
    return daemonset, node


def edit_node(node: Tree, atom: Atom) -> None:
    labels = node["metadata"]["labels"]
    if atom[0] == "label":
        labels[atom[1]] = atom[2]
    elif atom[0] == "unlabel":
        labels.pop(atom[1], None)
    elif atom[0] == "untaint":
        node["spec"]["taints"] = [taint for taint in node["spec"]["taints"] if taint["key"] != atom[1]]


def edit_spec(spec: Tree, atom: Atom) -> None:
    if atom[0] == "drop-name":
        del spec["nodeName"]
    elif atom[0] == "drop-selector":
        del spec["nodeSelector"][atom[1]]
    elif atom[0] == "tolerate":
        spec["tolerations"].append({"key": atom[1], "operator": "Exists"})


def edited_terms(terms: list[Tree], atoms: tuple[Atom, ...], labels: dict[str, str]) -> Iterator[Tree]:
    """Yield the terms after the edits; one that loses its last requirement goes, one that had none stays."""
    for number, term in enumerate(terms):
        if ("drop-term", str(number)) in atoms:
            continue
        rest: Tree = {}
        for kind in ("matchExpressions", "matchFields"):
            for place, entry in enumerate(term.get(kind, ())):
                if ("drop", str(number), kind, str(place)) not in atoms:
                    wider = ("allow", str(number), kind, str(place)) in atoms
                    rest.setdefault(kind, []).append(allowing(entry, labels) if wider else entry)
        if rest or not (term.get("matchExpressions") or term.get("matchFields")):
            yield rest


def allowing(entry: Tree, labels: dict[str, str]) -> Tree:
    value = labels.get(entry["key"])
    if value is None:
        return entry
    values = [other for other in entry.get("values", ()) if other != value]
    return {**entry, "values": [*values, value] if entry["operator"] == "In" else values}


def smallest(daemonset: Tree, node: Tree, atoms: list[Atom], most: int) -> int | None:
    """Return the size of the smallest set that flips the verdict to RUN, None if none up to `most` does."""
    for size in range(1, most + 1):
        for chosen in combinations(atoms, size):
            keys = [atom[1] for atom in chosen if atom[0] in ("label", "unlabel")]
            if len(keys) == len(set(keys)) and naive.verdict(*edited(daemonset, node, chosen)) == "RUN":
                return size
    return None
