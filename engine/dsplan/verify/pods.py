"""The pods of one DaemonSet: which are its own, what is so of each, who stands where (M1-M6, H12, S1, S2)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

from .labels import int64, matches
from .trees import HASH_LABEL, Form, PlannedWorld, Pod, Tree

__all__ = [
    "AVAILABLE",
    "BOUND",
    "CURRENT",
    "FAILED",
    "GOING",
    "READY",
    "SUCCEEDED",
    "UPDATED",
    "Group",
    "Shape",
    "claims",
    "fact_reader",
    "generation_of",
    "grouped",
    "node_of",
    "takes",
]

GOING, FAILED, SUCCEEDED, READY, AVAILABLE, CURRENT, UPDATED, BOUND = (1 << place for place in range(8))
"""What is asked about a pod; CURRENT is its hash, UPDATED hash or template generation (H12)."""

Shape = tuple[int, ...]
Group = tuple[tuple[Pod, ...], Shape]
"""The pods of a node in the order M19, and the facts of each."""

_LONGEST = 2**31 - 1
_UNKNOWN = -1
_PHASES = {"Failed": FAILED, "Succeeded": SUCCEEDED}
_GENERATION_LABEL = "pod-template-generation"
_GENERATION_ANNOTATION = "deprecated.daemonset.template.generation"


def claims(daemonset: Tree, world: PlannedWorld) -> tuple[list[Pod], list[Pod], list[Pod]]:
    """Return the pods that a DaemonSet owned and keeps, adopts, and releases (M1-M4)."""
    selector, namespace = daemonset["spec"].get("selector"), daemonset["metadata"].get("namespace", "")
    kept: list[Pod] = []
    released: list[Pod] = []
    fits: dict[int, bool] = {}
    for pod in world.owned(daemonset, world.pods):
        key = id(pod.form)
        if key not in fits:
            fits[key] = matches(selector, pod.form.labels)
        (kept if fits[key] else released).append(pod)
    free = [pod for pod in world.orphans.get(namespace, ()) if not pod.going and matches(selector, pod.form.labels)]
    return kept, [pod for pod in free if takes(daemonset, pod.form.labels, world)], released


def takes(daemonset: Tree, labels: Mapping[str, str], world: PlannedWorld) -> bool:
    """Return whether an orphan goes to this DaemonSet: to the first by name of those that would adopt it (M3)."""
    for rival in world.daemonsets:
        selector, metadata = rival["spec"].get("selector") or {}, rival["metadata"]
        acts = "deletionTimestamp" not in metadata and (selector.get("matchLabels") or selector.get("matchExpressions"))
        near = metadata.get("namespace", "") == daemonset["metadata"].get("namespace", "")
        if near and acts and matches(selector, labels):
            return rival is daemonset
    return True


def generation_of(daemonset: Tree) -> str | None:
    """Return the template generation as pods wear it, None where the annotation does not parse (H11, H12)."""
    number = int64((daemonset["metadata"].get("annotations") or {}).get(_GENERATION_ANNOTATION, ""))
    return None if number is None else str(number)


def fact_reader(
    daemonset: Tree, current_hash: str, now: datetime, looks: Callable[[Pod], bool] | None
) -> Callable[[Pod], int]:
    """Return what reads the facts of a pod; `looks` is asked about pods without a hash where none is known (H13)."""
    generation, least = generation_of(daemonset), daemonset["spec"].get("minReadySeconds", 0)
    ripe = now - timedelta(seconds=min(least, _LONGEST))
    updated: dict[int, int] = {}

    def age_of(form: Form) -> int:
        worn = form.labels.get(HASH_LABEL)
        if current_hash and worn == current_hash:
            return CURRENT | UPDATED
        if generation is not None and form.labels.get(_GENERATION_LABEL) == generation:
            return UPDATED
        return _UNKNOWN if looks is not None and worn is None else 0

    def read(pod: Pod) -> int:
        key = id(pod.form)
        facts = updated.get(key)
        if facts is None:
            facts = updated[key] = age_of(pod.form)
        if facts == _UNKNOWN:
            facts = CURRENT | UPDATED if looks is not None and looks(pod) else 0
        facts |= BOUND * bool(pod.node) | GOING * pod.going
        if pod.ready:
            facts |= READY | AVAILABLE if least <= 0 or (pod.since is not None and pod.since <= ripe) else READY
        return facts | _PHASES.get(pod.phase, 0)

    return read


def node_of(pod: Pod) -> str | None:
    """Return the node a pod counts for (A14)."""
    return pod.node or pod.target


def grouped(pods: Iterable[Pod], read: Callable[[Pod], int]) -> dict[str, Group]:
    """Return pods by node; those without one, and those both terminal and terminating, are left out (A15, M6)."""
    alone: dict[str, Group] = {}
    crowds: dict[str, list[tuple[Pod, int]]] = defaultdict(list)
    for pod in pods:
        node, facts = node_of(pod), read(pod)
        if node is None or (facts & GOING and facts & (FAILED | SUCCEEDED)):
            continue
        if node in alone:
            first = alone[node]
            if node not in crowds:
                crowds[node].append((first[0][0], first[1][0]))
            crowds[node].append((pod, facts))
        else:
            alone[node] = ((pod,), (facts,))
    for node, members in crowds.items():
        members.sort(key=lambda member: member[0].age_order)
        alone[node] = tuple(pod for pod, _ in members), tuple(facts for _, facts in members)
    return alone
