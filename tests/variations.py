"""Variations of recorded worlds: what clusters really contain, and what nobody would write."""

from __future__ import annotations

import copy
from random import Random
from typing import Any

Tree = dict[str, Any]

_NUMBERS = (0, 1, 2, 3, 7, -1, -3, 2**31 - 1, "0%", "1%", "25%", "34%", "100%", "150%", "-20%", "+5%", "007%")
_NO_NUMBERS = ("5", "%", "a%", "1.5%", " 5%", "", "5 %", "1_0%", "٣%")
_TIMES = (
    None,
    "1970-01-01T00:00:00Z",
    "2023-01-01T00:00:00+02:00",
    "2024-02-29T23:59:59.999999999Z",
    "2024-02-29T23:59:59-11:30",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z",
)
_TAINTS = (
    {"key": "k", "effect": "NoSchedule"},
    {"key": "k", "value": "v", "effect": "NoExecute"},
    {"key": "k", "value": "v", "effect": "PreferNoSchedule"},
    {"key": "k", "value": None, "effect": "noschedule"},
    {"key": "node.kubernetes.io/not-ready", "effect": "NoExecute", "timeAdded": "2024-01-01T00:00:00Z"},
    {"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"},
    {"key": "node.kubernetes.io/network-unavailable", "effect": "NoSchedule"},
    {"effect": "NoExecute"},
)
_TOLERATIONS = (
    {"operator": "Exists"},
    {"key": "k", "operator": "Exists", "effect": None},
    {"key": "k", "value": "v"},
    {"key": "k", "value": "v", "operator": "Equal", "effect": "NoExecute", "tolerationSeconds": 5},
    {"key": "k", "operator": "Gt", "value": "1"},
    {"value": None, "effect": "NoSchedule"},
)
_REQUIREMENTS = (
    {"key": "disk", "operator": "Exists"},
    {"key": "disk", "operator": "NotIn", "values": ["ssd"]},
    {"key": "disk", "operator": "Exists", "values": None},
    {"key": "disk", "operator": "In", "values": []},
    {"key": "cores", "operator": "Gt", "values": ["0003"]},
    {"key": "cores", "operator": "Lt", "values": ["9223372036854775807"]},
    {"key": "cores", "operator": "Gt", "values": ["9223372036854775808"]},
    {"key": "cores", "operator": "Lt", "values": [" 4"]},
    {"key": "-bad-", "operator": "DoesNotExist"},
    {"key": "disk", "operator": "in", "values": ["ssd"]},
)
_FIELDS = (
    {"key": "metadata.name", "operator": "In", "values": ["n000"]},
    {"key": "metadata.name", "operator": "NotIn", "values": ["n001"]},
    {"key": "metadata.name", "operator": "In", "values": ["n000", "n001"]},
    {"key": "metadata.uid", "operator": "In", "values": [""]},
    {"key": "metadata.name", "operator": "Exists"},
)
_LABELS = (
    ("disk", "ssd"),
    ("disk", None),
    ("disk", ""),
    ("cores", "4"),
    ("cores", "+4"),
    ("cores", "4 "),
    ("cores", "x"),
)


def varied(record: Tree, random: Random) -> Tree:
    """Return the record with one to six changes to its world."""
    found = copy.deepcopy(record)
    for _ in range(random.randint(1, 6)):
        random.choice((_daemonset, _daemonset, _template, _template, _node, _node, _pod, _pod, _pod, _whole))(
            found, random
        )
    return found


def _part(tree: Tree, *path: str) -> Tree:
    for key in path:
        if tree.get(key) is None:
            tree[key] = {}
        tree = tree[key]
    return tree


def _whole(found: Tree, random: Random) -> None:
    random.shuffle(found["nodes"])
    random.shuffle(found["pods"])
    for item in (*found["nodes"], *found["pods"], found["daemonset"]):
        item["unknown"] = {"deep": [1, None, {"x": "y"}]}
        _part(item, "metadata")["managedFields"] = [{"manager": "kubectl", "fieldsV1": {"f:spec": {}}}]


def _daemonset(found: Tree, random: Random) -> None:
    spec = found["daemonset"]["spec"]
    kind = random.choice(("RollingUpdate", "RollingUpdate", "RollingUpdate", "OnDelete", "Recreate", ""))
    numbers = _NUMBERS if random.random() < 0.8 else _NO_NUMBERS
    pair = {
        "maxUnavailable": random.choice(numbers),
        "maxSurge": random.choice((None, 0, 0, "0%", random.choice(_NUMBERS))),
    }
    spec["updateStrategy"] = {"type": kind, "rollingUpdate": random.choice((pair, pair, pair, None))}
    if random.random() < 0.5:
        spec["minReadySeconds"] = random.choice((None, 0, -5, 1, 30, 3600, 2**31 - 1))
    if random.random() < 0.2:
        annotations = {"deprecated.daemonset.template.generation": random.choice(("1", "+1", "x", "", " 1", "01"))}
        _part(found["daemonset"], "metadata")["annotations"] = random.choice((None, annotations))


def _template(found: Tree, random: Random) -> None:
    spec = _part(found["daemonset"]["spec"], "template", "spec")
    choice = random.randrange(6)
    if choice == 0:
        spec["tolerations"] = random.choice((None, random.sample(_TOLERATIONS, random.randint(0, 3))))
    elif choice == 1:
        spec["hostNetwork"] = random.choice((None, True, False))
    elif choice == 2:
        spec["nodeSelector"] = random.choice((None, {}, {"disk": "ssd"}, {"cores": "4"}))
    elif choice == 3:
        spec["nodeName"] = random.choice((None, "", "n000", "elsewhere"))
    else:
        terms = [
            {
                "matchExpressions": random.choice((None, random.sample(_REQUIREMENTS, random.randint(0, 2)))),
                "matchFields": random.choice((None, None, [], [random.choice(_FIELDS)])),
            }
            for _ in range(random.randint(0, 3))
        ]
        required = random.choice((None, {"nodeSelectorTerms": terms}, {"nodeSelectorTerms": terms}))
        node = {"requiredDuringSchedulingIgnoredDuringExecution": required}
        spec["affinity"] = random.choice((None, {"nodeAffinity": None}, {"nodeAffinity": node}, {"nodeAffinity": node}))


def _node(found: Tree, random: Random) -> None:
    if not found["nodes"]:
        return
    node = random.choice(found["nodes"])
    choice = random.randrange(5)
    if choice == 0:
        node["spec"] = random.choice((None, {"taints": None}, {"taints": random.sample(_TAINTS, random.randint(0, 3))}))
    elif choice == 1:
        key, value = random.choice(_LABELS)
        _part(node, "metadata", "labels")[key] = value
    elif choice == 2:
        _part(node, "metadata")["labels"] = None
    elif choice == 3:
        _part(node, "metadata")["deletionTimestamp"] = "2024-01-01T00:00:00Z"
    else:
        found["nodes"].remove(node)


def _pod(found: Tree, random: Random) -> None:  # noqa: C901 - one branch a change
    if not found["pods"]:
        return
    pod = random.choice(found["pods"])
    metadata, status = _part(pod, "metadata"), _part(pod, "status")
    choice = random.randrange(12)
    if choice == 0:
        metadata.pop("namespace", None)
    elif choice == 1:
        metadata["namespace"] = random.choice(("elsewhere", "default"))
    elif choice == 2:
        metadata["deletionTimestamp"] = random.choice(_TIMES)
    elif choice == 3:
        metadata["creationTimestamp"] = random.choice(_TIMES)
    elif choice == 4:
        status["phase"] = random.choice((None, "", "Pending", "Running", "Failed", "Succeeded", "Unknown", "failed"))
    elif choice == 5:
        ready = {"type": "Ready", "status": random.choice(("True", "False", "true", None))}
        ready["lastTransitionTime"] = random.choice(_TIMES)
        other = {"type": "PodScheduled", "status": "True"}
        status["conditions"] = random.choice(
            (None, [], [other], [other, ready], [ready, {"type": "Ready", "status": "True"}])
        )
    elif choice == 6:
        _part(pod, "spec")["nodeName"] = random.choice((None, "", "n000", "n001", "gone"))
    elif choice == 7:
        twin = copy.deepcopy(pod)
        twin["metadata"]["name"] = f"{metadata['name']}-twin{random.randint(0, 99)}"
        if all(twin["metadata"]["name"] != other["metadata"]["name"] for other in found["pods"]):
            found["pods"].append(twin)
    else:
        _ownership(found, pod, metadata, choice, random)


def _ownership(found: Tree, pod: Tree, metadata: Tree, choice: int, random: Random) -> None:
    if choice == 8:
        metadata["labels"] = random.choice(
            (None, {}, {**(metadata.get("labels") or {}), "pod-template-generation": "1"})
        )
    elif choice == 9:
        metadata["ownerReferences"] = random.choice(
            (
                None,
                [],
                [{"kind": "DaemonSet", "name": "ds", "uid": "ds-uid", "controller": None}],
                [{"kind": "DaemonSet", "name": "ds", "uid": "other", "controller": True}],
                [{"kind": "ReplicaSet", "name": "ds", "uid": "ds-uid", "controller": True}],
                [
                    {"kind": "X", "name": "y", "uid": "z"},
                    {"kind": "DaemonSet", "name": "ds", "uid": "ds-uid", "controller": True},
                ],
            )
        )
    elif choice == 10:
        names = random.choice(([], ["n000"], ["n000", "n001"]))
        fields = [{"key": "metadata.name", "operator": random.choice(("In", "In", "NotIn")), "values": names}]
        required = {"nodeSelectorTerms": [{"matchFields": None}, {"matchFields": fields}]}
        _part(pod, "spec")["affinity"] = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}
        pod["spec"].pop("nodeName", None)
    else:
        found["pods"].remove(pod)
