"""Small worlds, dense in near misses: few keys and values, so that selectors and labels nearly agree."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from dsplan.manifests.decode import decode
from dsplan.model.world import World

KEYS = ("a", "b")
VALUES = ("x", "y", "3")
TAINT_KEYS = ("t", "u", "node.kubernetes.io/not-ready", "node.kubernetes.io/unschedulable")
EFFECTS = ("NoSchedule", "NoExecute", "PreferNoSchedule")
Tree = dict[str, Any]

labels = st.dictionaries(st.sampled_from(KEYS), st.sampled_from(VALUES), max_size=2)
expressions = st.one_of(
    st.builds(
        lambda key, operator, values: {"key": key, "operator": operator, "values": values},
        st.sampled_from(KEYS),
        st.sampled_from(("In", "NotIn")),
        st.lists(st.sampled_from(VALUES), max_size=2, unique=True),
    ),
    st.builds(
        lambda key, operator: {"key": key, "operator": operator},
        st.sampled_from(KEYS),
        st.sampled_from(("Exists", "DoesNotExist")),
    ),
    st.builds(
        lambda key, operator, value: {"key": key, "operator": operator, "values": [value]},
        st.sampled_from(KEYS),
        st.sampled_from(("Gt", "Lt")),
        st.sampled_from(("2", "4", "x")),
    ),
)
fields = st.builds(
    lambda operator, values: {"key": "metadata.name", "operator": operator, "values": values},
    st.sampled_from(("In", "NotIn")),
    st.lists(st.sampled_from(("n0", "n1")), min_size=1, max_size=1),
)
terms = st.fixed_dictionaries(
    {}, optional={"matchExpressions": st.lists(expressions, max_size=2), "matchFields": st.lists(fields, max_size=1)}
)
taints = st.lists(
    st.fixed_dictionaries(
        {"key": st.sampled_from(TAINT_KEYS), "effect": st.sampled_from(EFFECTS)},
        optional={"value": st.sampled_from(("v", "w"))},
    ),
    max_size=3,
    unique_by=lambda taint: (taint["key"], taint["effect"]),
)
tolerations = st.fixed_dictionaries(
    {},
    optional={
        "key": st.sampled_from(TAINT_KEYS),
        "operator": st.sampled_from(("Exists", "Equal")),
        "value": st.sampled_from(("v", "w")),
        "effect": st.sampled_from(EFFECTS),
    },
).map(lambda entry: entry if "key" in entry else {**entry, "operator": "Exists"})


@st.composite
def daemonsets(draw: st.DrawFn, name: str = "ds") -> Tree:
    spec: Tree = {"tolerations": draw(st.lists(tolerations, max_size=2))}
    if draw(st.integers(0, 9)) == 0:
        spec["nodeName"] = draw(st.sampled_from(("n0", "n1")))
    if draw(st.booleans()):
        spec["nodeSelector"] = draw(labels)
    if draw(st.booleans()):
        required = {"nodeSelectorTerms": draw(st.lists(terms, max_size=3))}
        spec["affinity"] = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}
    if draw(st.booleans()):
        spec["hostNetwork"] = True
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": name, "namespace": "default", "uid": f"{name}-uid"},
        "spec": {
            "selector": {"matchLabels": {"app": name}},
            "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1}},
            "template": {"metadata": {"labels": {"app": name}}, "spec": spec},
        },
    }


@st.composite
def nodes(draw: st.DrawFn, name: str) -> Tree:
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": draw(labels)},
        "spec": {"taints": draw(taints)},
    }


@st.composite
def clusters(draw: st.DrawFn, most: int = 4) -> tuple[list[Tree], list[Tree]]:
    """Raw DaemonSets and nodes."""
    count = draw(st.integers(1, most))
    return [draw(daemonsets()), draw(daemonsets("other"))], [draw(nodes(f"n{number}")) for number in range(count)]


def world_of(cluster: tuple[list[Tree], list[Tree]]) -> World:
    return decode([*cluster[0], *cluster[1]])
