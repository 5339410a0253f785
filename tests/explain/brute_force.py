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
    spec, labels = daemonset["spec"]["template"]["spec"], node["metadata"]["labels"]
    required = required_of(daemonset)
    terms = required["nodeSelectorTerms"] if required else []
    touched = set()
    for atom in sorted(atoms, reverse=True):
        match atom:
            case ("drop-name",):
                del spec["nodeName"]
            case ("drop-selector", key):
                del spec["nodeSelector"][key]
            case ("drop-affinity",):
                del spec["affinity"]
            case ("drop-term", number):
                touched.add(int(number))
            case ("drop", number, kind, place):
                terms[int(number)][kind][int(place)] = None
                touched.add(int(number))
            case ("tolerate", key):
                spec["tolerations"].append({"key": key, "operator": "Exists"})
            case ("label", key, value):
                labels[key] = value
            case ("unlabel", key):
                labels.pop(key, None)
            case ("untaint", key):
                node["spec"]["taints"] = [taint for taint in node["spec"]["taints"] if taint["key"] != key]
    for atom in atoms:
        if atom[0] == "allow" and (entry := terms[int(atom[1])][atom[2]][int(atom[3])]) is not None:
            value = labels.get(entry["key"])
            if value is not None:
                values = [other for other in entry.get("values", ()) if other != value]
                entry["values"] = [*values, value] if entry["operator"] == "In" else values
    for term in terms:
        for kind in ("matchExpressions", "matchFields"):
            if kind in term:
                term[kind] = [entry for entry in term[kind] if entry is not None]
    if required is not None and touched:
        kept = [
            term
            for number, term in enumerate(terms)
            if number not in touched or term.get("matchExpressions") or term.get("matchFields")
        ]
        required["nodeSelectorTerms"] = kept
        if not kept:
            del spec["affinity"]
    return daemonset, node


def smallest(daemonset: Tree, node: Tree, atoms: list[Atom], most: int) -> int | None:
    """Return the size of the smallest set that flips the verdict to RUN, None if none up to `most` does."""
    for size in range(1, most + 1):
        for chosen in combinations(atoms, size):
            keys = [atom[1] for atom in chosen if atom[0] in ("label", "unlabel")]
            if len(keys) == len(set(keys)) and naive.verdict(*edited(daemonset, node, chosen)) == "RUN":
                return size
    return None
