"""Small generated worlds: few keys and values, so that matches, near misses and nonsense all happen often."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from dsplan.manifests.decode import decode
from dsplan.model.world import World

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
Tree = dict[str, Any]
KEYS = ("zone", "cores", "gpu", "bad key", "kubernetes.io/hostname")
VALUES = ("a", "b", "4", "+4", "16", "-5", "", "no spaces")
EFFECTS = ("NoSchedule", "NoExecute", "PreferNoSchedule", "")
TAINT_KEYS = ("dedicated", "gpu", "node.kubernetes.io/unschedulable", "node.kubernetes.io/not-ready")


def _without_empty(tree: Tree) -> Tree:
    return {key: value for key, value in tree.items() if value not in ("", None)}


labels = st.dictionaries(st.sampled_from(KEYS), st.sampled_from(VALUES), max_size=4)
taints = st.lists(
    st.builds(
        lambda key, value, effect: _without_empty({"key": key, "value": value, "effect": effect}),
        st.sampled_from(TAINT_KEYS),
        st.sampled_from(("", "a", "7")),
        st.sampled_from(EFFECTS),
    ),
    max_size=3,
)
tolerations = st.lists(
    st.builds(
        lambda key, operator, value, effect: _without_empty(
            {"key": key, "operator": operator, "value": value, "effect": effect}
        ),
        st.sampled_from(("", *TAINT_KEYS)),
        st.sampled_from(("", "Equal", "Exists", "Lt", "Nonsense")),
        st.sampled_from(("", "a", "7")),
        st.sampled_from(EFFECTS),
    ),
    max_size=3,
)
_requirement_values = st.lists(st.sampled_from(("a", "b", "4", "16")), min_size=1, max_size=2)
sensible_requirements = st.one_of(
    st.builds(
        lambda key, operator, values: {"key": key, "operator": operator, "values": values},
        st.sampled_from(("zone", "cores", "gpu")),
        st.sampled_from(("In", "NotIn")),
        _requirement_values,
    ),
    st.builds(
        lambda key, operator: {"key": key, "operator": operator},
        st.sampled_from(("zone", "cores", "gpu")),
        st.sampled_from(("Exists", "DoesNotExist")),
    ),
    st.builds(
        lambda operator, bound: {"key": "cores", "operator": operator, "values": [bound]},
        st.sampled_from(("Gt", "Lt")),
        st.sampled_from(("3", "4", "16")),
    ),
)
any_requirements = st.builds(
    lambda key, operator, values: {"key": key, "operator": operator, "values": values},
    st.sampled_from(KEYS),
    st.sampled_from(("In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt", "Nonsense")),
    st.lists(st.sampled_from(VALUES), max_size=2),
)
requirements = st.one_of(sensible_requirements, sensible_requirements, any_requirements)
fields = st.builds(
    lambda key, operator, values: {"key": key, "operator": operator, "values": values},
    st.sampled_from(("metadata.name", "metadata.name", "metadata.other")),
    st.sampled_from(("In", "In", "NotIn", "Exists")),
    st.lists(st.sampled_from(("n0", "n1", "")), min_size=1, max_size=2).map(lambda names: names[: len(names) % 3]),
)
terms = st.lists(
    st.builds(
        lambda expressions, names: {"matchExpressions": expressions, "matchFields": names},
        st.lists(requirements, max_size=2),
        st.lists(fields, max_size=1),
    ),
    max_size=3,
)


@st.composite
def nodes(draw: st.DrawFn, *, most: int = 6) -> list[Tree]:
    count = draw(st.integers(0, most))
    return [
        {
            "kind": "Node",
            "metadata": {"name": f"n{number}", "labels": draw(labels)},
            "spec": {"taints": draw(taints)},
            "status": {"conditions": [{"type": "Ready", "status": draw(st.sampled_from(("True", "Unknown")))}]},
        }
        for number in range(count)
    ]


@st.composite
def daemonsets(draw: st.DrawFn, name: str = "ds") -> Tree:
    spec: Tree = {"tolerations": draw(tolerations), "containers": [{"name": "c", "image": "i:2"}]}
    if draw(st.booleans()):
        spec["nodeSelector"] = draw(labels)
    if draw(st.booleans()):
        affinity = {"nodeSelectorTerms": draw(terms)}
        spec["affinity"] = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": affinity}}
    if draw(st.integers(0, 5)) == 0:
        spec["nodeName"] = draw(st.sampled_from(("n0", "elsewhere")))
    spec["hostNetwork"] = draw(st.booleans())
    limits = draw(st.sampled_from(((1, 0), (2, 0), ("34%", 0), (0, 1), (0, "50%"), ("100%", 0))))
    strategy: Tree = {"type": draw(st.sampled_from(("RollingUpdate", "RollingUpdate", "OnDelete")))}
    if strategy["type"] == "RollingUpdate":
        strategy["rollingUpdate"] = {"maxUnavailable": limits[0], "maxSurge": limits[1]}
    return {
        "kind": "DaemonSet",
        "metadata": {"name": name, "namespace": "default", "uid": f"{name}-uid", "generation": 1},
        "spec": {
            "selector": {"matchLabels": {"app": name}},
            "updateStrategy": strategy,
            "minReadySeconds": draw(st.sampled_from((0, 0, 30))),
            "template": {"metadata": {"labels": {"app": name}}, "spec": spec},
        },
    }


@st.composite
def daemon_pods(draw: st.DrawFn, owner: str = "ds", *, most: int = 8) -> list[Tree]:
    return [draw(daemon_pod(f"{owner}-{number}", owner)) for number in range(draw(st.integers(0, most)))]


@st.composite
def daemon_pod(draw: st.DrawFn, name: str, owner: str) -> Tree:
    metadata: Tree = {
        "name": name,
        "namespace": "default",
        "uid": f"{name}-uid",
        "labels": {"app": owner, "controller-revision-hash": draw(st.sampled_from(("new", "old")))},
        "creationTimestamp": _ago(draw(st.integers(1, 5)) * 100),
        "ownerReferences": [
            {"apiVersion": "apps/v1", "kind": "DaemonSet", "name": owner, "uid": f"{owner}-uid", "controller": True}
        ],
    }
    if draw(st.integers(0, 4)) == 0:
        metadata["deletionTimestamp"] = _ago(1)
    status: Tree = {"phase": draw(st.sampled_from(("Running", "Running", "Pending", "Failed", "Succeeded")))}
    if draw(st.booleans()):
        since = _ago(draw(st.sampled_from((5, 60))))
        status["conditions"] = [{"type": "Ready", "status": "True", "lastTransitionTime": since}]
    return {"kind": "Pod", "metadata": metadata, "spec": {"nodeName": f"n{draw(st.integers(0, 6))}"}, "status": status}


def _ago(seconds: int) -> str:
    return (NOW - timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")


def revision_of(daemonset: Tree) -> Tree:
    metadata = daemonset["metadata"]
    return {
        "kind": "ControllerRevision",
        "metadata": {
            "name": f"{metadata['name']}-new",
            "namespace": "default",
            "labels": {"app": metadata["name"], "controller-revision-hash": "new"},
            "ownerReferences": [
                {"kind": "DaemonSet", "name": metadata["name"], "uid": metadata["uid"], "controller": True}
            ],
        },
        "revision": 2,
        "data": {"spec": {"template": {**daemonset["spec"]["template"], "$patch": "replace"}}},
    }


@st.composite
def trees(draw: st.DrawFn) -> list[Tree]:
    """A cluster with one DaemonSet, its current revision and its pods, in any order."""
    daemonset = draw(daemonsets())
    found = [*draw(nodes()), daemonset, revision_of(daemonset), *draw(daemon_pods())]
    return draw(st.permutations(found))


def world(found: list[Tree]) -> World:
    return decode(found)
