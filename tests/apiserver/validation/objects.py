"""Small valid objects, and one change at a time."""

from __future__ import annotations

import copy
import re
from itertools import pairwise
from typing import Any

from dsplan.apiserver.validation import validate

Tree = dict[str, Any]
Found = list[tuple[str, str]]

DAEMONSET: Tree = {
    "apiVersion": "apps/v1",
    "kind": "DaemonSet",
    "metadata": {"name": "agent", "namespace": "kube-system"},
    "spec": {
        "selector": {"matchLabels": {"app": "agent"}},
        "template": {
            "metadata": {"labels": {"app": "agent"}},
            "spec": {"containers": [{"name": "c", "image": "img:1"}]},
        },
    },
}
POD: Tree = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "p", "namespace": "default"},
    "spec": {"containers": [{"name": "c", "image": "img:1"}]},
}
NODE: Tree = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1"}}

_STEP = re.compile(r"([^.\[\]]+)|\[([0-9]+)\]")


def changed(tree: Tree, place: str, value: Any) -> Tree:
    """Return a copy of `tree` with `value` at `place`; lists grow by one entry where needed."""
    result = copy.deepcopy(tree)
    node: Any = result
    steps: list[str | int] = [int(match[2]) if match[2] else match[1] for match in _STEP.finditer(place)]
    for step, following in pairwise(steps):
        empty: Any = [] if isinstance(following, int) else {}
        if isinstance(node, list):
            if step == len(node):
                node.append(empty)
        elif step not in node:
            node[step] = empty
        node = node[step]
    if isinstance(node, list) and steps[-1] == len(node):
        node.append(value)
    else:
        node[steps[-1]] = value
    return result


def causes(tree: Any, **options: Any) -> Found:
    """Return (field, reason without its prefix) of everything that is wrong with `tree`."""
    return [(problem.field, problem.reason.removeprefix("FieldValue")) for problem in validate(tree, **options)]


def of_spec(change: Tree) -> Found:
    """Return what is wrong with a DaemonSet whose pod spec is updated by `change`; the path of that spec is cut off."""
    tree = copy.deepcopy(DAEMONSET)
    tree["spec"]["template"]["spec"].update(copy.deepcopy(change))
    return [(field.removeprefix("spec.template.spec."), reason) for field, reason in causes(tree)]


def of_container(change: Tree, spec: Tree | None = None) -> Found:
    """As `of_spec`, for the only container; its path is cut off."""
    container = {"name": "c", "image": "img:1", **change}
    found = of_spec({**(spec or {}), "containers": [container]})
    return [(field.removeprefix("containers[0]."), reason) for field, reason in found]


def of_volume(source: Tree, name: str = "v") -> Found:
    """As `of_spec`, for the only volume; its path is cut off."""
    found = of_spec({"volumes": [{"name": name, **source}]})
    return [(field.removeprefix("volumes[0]").removeprefix("."), reason) for field, reason in found]
