"""One pass of the controller by plain loops over JSON trees, written from the rules; nothing of the engine is used.

It answers what a record answers about pods and counters: m_create, m_delete, ru_create, ru_delete, status, adopted,
released, err. Revisions are not its matter: the current hash is given to it.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

Tree = dict[str, Any]
PREFIX = "node.kubernetes.io/"
AUTOMATIC = [
    ("not-ready", "NoExecute"),
    ("unreachable", "NoExecute"),
    ("disk-pressure", "NoSchedule"),
    ("memory-pressure", "NoSchedule"),
    ("pid-pressure", "NoSchedule"),
    ("unschedulable", "NoSchedule"),
]


def get(tree: Any, *path: str) -> Any:
    for key in path:
        tree = (tree or {}).get(key)
    return tree


def integer(text: str) -> int | None:
    """A8."""
    if not re.fullmatch(r"[+-]?[0-9]+", text):
        return None
    number = int(text)
    return number if -(2**63) <= number <= 2**63 - 1 else None


def valid_value(text: str) -> bool:
    return len(text) <= 63 and (text == "" or bool(re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?", text)))


def valid_key(text: str) -> bool:
    prefix, slash, name = text.rpartition("/")
    if slash and (
        not 1 <= len(prefix) <= 253
        or not all(re.fullmatch(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?", part) for part in prefix.split("."))
    ):
        return False
    return name != "" and valid_value(name)


def requirement(entry: Tree, labels: Tree) -> bool | None:
    """A6, A7, A9; None where it is invalid."""
    key, operator, values = entry.get("key") or "", entry.get("operator") or "", entry.get("values") or []
    value = labels.get(key)
    if not valid_key(key) or not all(map(valid_value, values)):
        return None
    if operator in ("In", "NotIn"):
        return ((value in values and value is not None) == (operator == "In")) if values else None
    if operator in ("Exists", "DoesNotExist"):
        return None if values else (value is not None) == (operator == "Exists")
    if operator in ("Gt", "Lt"):
        bound = integer(values[0]) if len(values) == 1 else None
        if bound is None:
            return None
        mine = None if value is None else integer(value)
        return mine is not None and (mine > bound if operator == "Gt" else mine < bound)
    return None


def field(entry: Tree, name: str) -> bool | None:
    """A10."""
    values = entry.get("values") or []
    if entry.get("operator") not in ("In", "NotIn") or len(values) != 1:
        return None
    seen = name if entry.get("key") == "metadata.name" else ""
    return (seen == values[0]) == (entry["operator"] == "In")


def affinity(spec: Tree, name: str, labels: Tree) -> bool:
    """A1-A5, A11."""
    if any(labels.get(key) != value for key, value in (spec.get("nodeSelector") or {}).items()):
        return False
    required = get(spec, "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution")
    if required is None:
        return True
    for term in required.get("nodeSelectorTerms") or []:
        expressions, fields = term.get("matchExpressions") or [], term.get("matchFields") or []
        told = [requirement(entry, labels) for entry in expressions]
        told += [field(entry, name) for entry in fields] if name else []
        if (expressions or fields) and all(told):
            return True
    return False


def tolerates(toleration: Tree, taint: Tree) -> bool:
    """T1-T4, T7."""
    effect, key = toleration.get("effect") or "", toleration.get("key") or ""
    if (effect and effect != (taint.get("effect") or "")) or (key and key != (taint.get("key") or "")):
        return False
    operator = toleration.get("operator") or "Equal"
    return operator == "Exists" or (
        operator == "Equal" and (toleration.get("value") or "") == (taint.get("value") or "")
    )


def eligible(spec: Tree, node: Tree) -> tuple[bool, bool]:
    """E1-E5, T10."""
    name, labels = get(node, "metadata", "name") or "", get(node, "metadata", "labels") or {}
    labels = {key: value or "" for key, value in labels.items()}  # X10: null is stored as ""
    if spec.get("nodeName") and spec["nodeName"] != name:
        return False, False
    if not affinity(spec, name, labels):
        return False, False
    automatic = AUTOMATIC + ([("network-unavailable", "NoSchedule")] if spec.get("hostNetwork") else [])
    tolerations = (spec.get("tolerations") or []) + [
        {"key": PREFIX + key, "operator": "Exists", "effect": effect} for key, effect in automatic
    ]
    bad = {
        taint.get("effect")
        for taint in get(node, "spec", "taints") or []
        if not any(tolerates(entry, taint) for entry in tolerations)
    }
    if "NoExecute" in bad:
        return False, False
    return "NoSchedule" not in bad, True


def when(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(UTC) if text else None


def selected(selector: Tree | None, labels: Tree) -> bool:
    if selector is None:
        return False
    if any(labels.get(key) != value for key, value in (selector.get("matchLabels") or {}).items()):
        return False
    return all(requirement(entry, labels) for entry in selector.get("matchExpressions") or [])


def target(pod: Tree) -> str | None:
    """A14, A15."""
    if get(pod, "spec", "nodeName"):
        return str(pod["spec"]["nodeName"])
    required = get(pod, "spec", "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution")
    for term in get(required, "nodeSelectorTerms") or []:
        for entry in term.get("matchFields") or []:
            if entry.get("key") == "metadata.name" and entry.get("operator") == "In":
                values = entry.get("values") or []
                return values[0] if len(values) == 1 else None
    return None


class Facts:
    """What is asked of one pod."""

    def __init__(self, pod: Tree, ds: Tree, current: str, now: datetime) -> None:
        meta, labels = pod.get("metadata") or {}, get(pod, "metadata", "labels") or {}
        self.name, self.bound = meta.get("name") or "", bool(get(pod, "spec", "nodeName"))
        self.created = when(meta.get("creationTimestamp")) or datetime.min.replace(tzinfo=UTC)
        self.terminating, self.phase = bool(meta.get("deletionTimestamp")), get(pod, "status", "phase") or ""
        condition = next((c for c in get(pod, "status", "conditions") or [] if c.get("type") == "Ready"), {})
        self.ready = condition.get("status") == "True"
        least, since = get(ds, "spec", "minReadySeconds") or 0, when(condition.get("lastTransitionTime"))
        self.available = self.ready and (least <= 0 or (since is not None and since <= now - timedelta(seconds=least)))
        self.current = bool(current) and labels.get("controller-revision-hash") == current
        text = (get(ds, "metadata", "annotations") or {}).get("deprecated.daemonset.template.generation")
        generation = None if text is None else integer(text)
        same = generation is not None and labels.get("pod-template-generation") == str(generation)
        self.updated = self.current or same


def claimed(ds: Tree, pods: list[Tree]) -> tuple[list[Tree], list[str], list[str]]:
    """M1-M4."""
    mine, adopted, released = [], [], []
    meta = ds["metadata"]
    for pod in pods:
        own, labels = pod["metadata"], pod["metadata"].get("labels") or {}
        if (own.get("namespace") or "default") != (meta.get("namespace") or "default"):
            continue
        owner = next((one for one in own.get("ownerReferences") or [] if one.get("controller")), None)
        matches = selected(ds["spec"].get("selector"), labels)
        if owner is None:
            if matches and not own.get("deletionTimestamp"):
                mine.append(pod)
                adopted.append(own["name"])
        elif (owner.get("kind"), owner.get("name"), owner.get("uid")) == ("DaemonSet", meta["name"], meta["uid"]):
            (mine.append(pod) if matches else released.append(own["name"]))
    return mine, adopted, released


def scaled(value: Any, total: int) -> int:
    """R1, R2."""
    if isinstance(value, int):
        return value
    number = integer(value[:-1]) if isinstance(value, str) and value.endswith("%") else None
    if number is None:
        raise ValueError(f"{value!r}: no number, no percentage")
    return -((-number * total) // 100)


def surges(ds: Tree) -> bool:
    """M14."""
    strategy = ds["spec"].get("updateStrategy") or {}
    value = get(strategy, "rollingUpdate", "maxSurge")
    try:
        return strategy.get("type") == "RollingUpdate" and value is not None and scaled(value, 1) > 0
    except ValueError:
        return False


def limits(ds: Tree, desired: int) -> tuple[int, int]:
    """R1-R3."""
    rolling = get(ds["spec"].get("updateStrategy"), "rollingUpdate")
    if rolling is None:
        down, extra = 0, 0
    else:
        down = scaled(rolling.get("maxUnavailable"), desired)
        extra = scaled(rolling["maxSurge"], desired) if rolling.get("maxSurge") is not None else 0
    return (1, 0) if desired > 0 and down == 0 and extra == 0 else (down, extra)


def one_pass(ds: Tree, nodes: list[Tree], pods: list[Tree], current: str, now: datetime, shut: set[str]) -> Tree:
    """What one pass decides; `shut` are nodes whose back-off window is open."""
    mine, adopted, released = claimed(ds, pods)
    groups: dict[str, list[Facts]] = {}
    for pod in mine:
        node, facts = target(pod), Facts(pod, ds, current, now)
        if node is not None and not (facts.terminating and facts.phase in ("Failed", "Succeeded")):
            groups.setdefault(node, []).append(facts)
    for group in groups.values():
        group.sort(key=lambda one: (not one.bound, one.created, one.name))
    runs = {
        get(node, "metadata", "name") or "": eligible(ds["spec"]["template"].get("spec") or {}, node) for node in nodes
    }
    out: Tree = {"m_create": [], "m_delete": [], "ru_create": [], "ru_delete": [], "err": False}
    for node, (run, keep) in runs.items():
        manage(node, run, keep, groups.get(node, []), surges(ds), shut, out)
    for node, group in groups.items():
        out["m_delete"] += [one.name for one in group if node not in runs and not one.bound]
    rolls = (ds["spec"].get("updateStrategy") or {}).get("type") == "RollingUpdate"
    if rolls and not (out["m_create"] or out["m_delete"]):
        try:
            roll(limits(ds, sum(run for run, _ in runs.values())), runs, groups, out)
        except ValueError:
            out["err"] = True
    first = {node: group[0] for node, group in groups.items() if runs.get(node, (False, False))[0]}
    desired = sum(run for run, _ in runs.values())
    available = sum(one.available for one in first.values())
    missed = sum(node in groups and not run for node, (run, _) in runs.items())
    ready, updated = (sum(getattr(one, name) for one in first.values()) for name in ("ready", "updated"))
    out["status"] = [desired, len(first), missed, ready, updated, available, desired - available]
    return {**out, "adopted": sorted(adopted), "released": sorted(released)}


def manage(node: str, run: bool, keep: bool, group: list[Facts], surge: bool, shut: set[str], out: Tree) -> None:
    """M7-M21."""
    live = [one for one in group if not one.terminating]
    if not keep:
        out["m_delete"] += [one.name for one in live]
        return
    if not group:
        out["m_create"] += [node] if run else []
        return
    failed = [one.name for one in live if one.phase == "Failed"]
    out["m_delete"] += [] if node in shut else failed[:1]
    out["m_delete"] += [one.name for one in live if one.phase == "Succeeded"]
    running = [one for one in live if one.phase not in ("Failed", "Succeeded")]
    if not surge:
        out["m_delete"] += [one.name for one in running[1:]]
        return
    if not running:
        out["m_create"] += [node] if run else []
    new, old = [one for one in running if one.current], [one for one in running if not one.current]
    out["m_delete"] += [one.name for one in new[1:] + old[1:]]
    if new and old and (not old[0].ready or new[0].available):
        out["m_delete"].append(old[0].name)


def roll(
    budget: tuple[int, int], runs: dict[str, tuple[bool, bool]], groups: dict[str, list[Facts]], out: Tree
) -> None:
    """R4-R27. How many of the candidates go is exact, which is told in `any_of`."""
    nodes = {*groups, *(node for node, (run, _) in runs.items() if run)}
    live = {node: [one for one in groups.get(node, []) if not one.terminating] for node in nodes}
    sides = {node: ([p for p in pods if p.updated], [p for p in pods if not p.updated]) for node, pods in live.items()}
    excess = {node for node, (new, old) in sides.items() if len(new) > 1 or len(old) > 1}
    for node in excess:
        del sides[node]
    (surging if budget[1] else replacing)(budget, runs, sides, len(excess), out)


Sides = dict[str, tuple[list[Facts], list[Facts]]]


def replacing(budget: tuple[int, int], runs: dict[str, tuple[bool, bool]], sides: Sides, spent: int, out: Tree) -> None:
    """R6-R13."""
    candidates = []
    for new, old in sides.values():
        if old and not new:
            (candidates if old[0].available else out["ru_delete"]).append(old[0].name)
        elif not (new and not old and new[0].available):
            spent += 1
    room = max(0, budget[0] - spent - len(out["ru_delete"]))
    out["any_of"] = {"ru_delete": (min(room, len(candidates)), candidates)}


def surging(budget: tuple[int, int], runs: dict[str, tuple[bool, bool]], sides: Sides, spent: int, out: Tree) -> None:
    """R17-R27."""
    candidates, sunset, must, gone = [], [], [], []
    tally = sum(any(one.available for one in (old or new)) for new, old in sides.values())
    for node, (new, old) in sides.items():
        if old and new:
            spent += not new[0].available
            gone += [old[0].name] if new[0].available else []
        elif old and node not in runs:
            raise ValueError(f"node {node} not found")
        elif old and runs[node][0]:
            (candidates if old[0].available else must).append(node)
        elif old:
            (sunset if old[0].available else gone).append(old[0].name)
    out["ru_create"], out["ru_delete"] = must, gone
    room, spare = max(0, budget[1] - spent), max(0, tally - sum(run for run, _ in runs.values()))
    out["any_of"] = {
        "ru_create": (min(room, len(candidates)), candidates),
        "ru_delete": (min(spare, len(sunset)), sunset),
    }
