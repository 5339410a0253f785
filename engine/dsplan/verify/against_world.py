"""Is a plan true of a world? Every verdict and every action, asked of one node or one pod at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta

from ..constraints import constraints_of, project
from ..diff.budget import allows_surge, resolve_budget
from ..document.idsets import ids_of
from ..document.types import DaemonSetEntry, PlanDocument
from ..eligibility.verdicts import evaluate
from ..model.daemonset import HASH_LABEL, TEMPLATE_GENERATION_LABEL, DaemonSet
from ..model.meta import controller_of
from ..model.pod import Pod, target_node
from ..model.selectors import selector_matches
from ..model.world import World
from ..observe.groups import oldest_first
from ..observe.observed import template_generation
from ..observe.shape import is_ready, ready_since
from .finding import Finding

__all__ = ["against_world"]


def against_world(plan: PlanDocument, world: World) -> Iterator[Finding]:
    """Yield what a plan says that is not so in `world`, at the plan's moment."""
    if list(plan.nodes) != [node.name for node in world.nodes]:
        yield Finding("nodes", "", "the plan is about other nodes")
        return
    for part in plan.classes:
        members = [project(world.nodes[place], plan.reads) for place in ids_of(part.nodes)]
        if any(member != members[0] for member in members):
            yield Finding("classes", part.nodes, "nodes of one class differ in what is read")
    daemonsets = {(daemonset.metadata.namespace, daemonset.name): daemonset for daemonset in world.daemonsets}
    if set(daemonsets) != {(entry.namespace, entry.name) for entry in plan.daemonsets}:
        yield Finding("daemonsets", "", "the plan is about other DaemonSets")
        return
    for entry in plan.daemonsets:
        case = _Case(entry, daemonsets[entry.namespace, entry.name], plan, world)
        where = f"{entry.namespace}/{entry.name}"
        yield from (Finding(check, where, text) for check, text in ([] if entry.untouched else case.check()))


class _Case:
    """One DaemonSet of the plan beside the one of the world."""

    def __init__(self, entry: DaemonSetEntry, daemonset: DaemonSet, plan: PlanDocument, world: World) -> None:
        self.entry, self.daemonset, self.plan, self.world = entry, daemonset, plan, world
        self.generation = template_generation(daemonset)
        self.letters: dict[str, str] = {}
        self.pods: defaultdict[str, list[Pod]] = defaultdict(list)
        for pod in world.pods:
            node = target_node(pod) if _belongs(pod, daemonset) else None
            terminal = pod.status.phase in ("Failed", "Succeeded")
            if node is not None and not (pod.terminating and terminal):  # M6
                self.pods[node].append(pod)

    def check(self) -> Iterator[tuple[str, str]]:
        constraints = constraints_of(self.daemonset)
        if sorted(f"{one.id}/{one.version}" for one in constraints) != sorted(self.entry.constraints):
            yield "constraints", "the plan used constraints that are not loaded here: it cannot be verified"
            return
        first: dict[int, tuple[str, str]] = {}
        for letter, part in zip(self.entry.verdicts, self.plan.classes, strict=True):
            places = ids_of(part.nodes)
            found = evaluate(constraints, self.world.nodes[places[0]])
            if found.verdict[0] != letter:
                yield "verdicts", f"{self.plan.nodes[places[0]]} and its class are {found.verdict}, not {letter}"
            self.letters.update((self.plan.nodes[place], letter) for place in places)
            if found.reasons:
                first.update((place, (found.reasons[0].code, found.reasons[0].summary)) for place in places)
        for excluded in self.entry.excluded:
            if any(first.get(place) != (excluded.code, excluded.summary) for place in ids_of(excluded.nodes)):
                yield "reason", f"{excluded.code} {excluded.summary} is not the first reason of all its nodes"
        if not self.entry.in_flight:
            yield from self._manage()
            yield from self._rolling()

    def _manage(self) -> Iterator[tuple[str, str]]:
        backing_off = {node for held in self.entry.held if held.reason == "BackOff" for node in held.nodes}
        rulings = {node: self._ruling(node, node in backing_off) for node in {*self.plan.nodes, *self.pods}}
        creates = {(node, reason) for node, (reason, _) in rulings.items() if reason}
        deletes = {pod for _, pods in rulings.values() for pod in pods}
        said = {(self.plan.nodes[place], part.reason) for part in self.entry.create for place in ids_of(part.nodes)}
        gone = {(pod, part.reason) for part in self.entry.delete for _, pod in part.pods}
        for check, mine, plans in (("create", creates, said), ("delete", deletes, gone)):
            if mine != plans:
                yield check, f"wrong {sorted(plans - mine)[:3]}, missing {sorted(mine - plans)[:3]}"

    def _ruling(self, node: str, backing_off: bool) -> tuple[str, set[tuple[str, str]]]:
        """Return the reason to create on a node, and the pods to delete there with theirs (M7-M22)."""
        pods, letter = sorted(self.pods.get(node, []), key=oldest_first), self.letters.get(node)
        if letter is None:
            return "", {(pod.name, "NodeVanished") for pod in pods if not pod.spec.node_name}
        live = [pod for pod in pods if not pod.terminating]
        if letter == "D":
            return "", {(pod.name, "NotEligible") for pod in live}
        if not pods:
            return ("Missing" if letter == "R" else ""), set()
        failed = [pod for pod in live if pod.status.phase == "Failed"][: 0 if backing_off else 1]
        if backing_off:
            said = {pod for part in self.entry.delete if part.reason == "Failed" for _, pod in part.pods}
            failed = [pod for pod in live if pod.name in said and pod.status.phase == "Failed"]
        delete = {(pod.name, "Failed") for pod in failed}
        delete |= {(pod.name, "Succeeded") for pod in live if pod.status.phase == "Succeeded"}
        running = [pod for pod in live if pod.status.phase not in ("Failed", "Succeeded")]
        if not allows_surge(self.daemonset):
            return "", delete | {(pod.name, "Duplicate") for pod in running[1:]}
        if not running and letter == "R":
            return "MissingUnderSurge", delete
        new = [pod for pod in running if pod.metadata.labels.get(HASH_LABEL) == self.entry.hash]
        old = [pod for pod in running if pod not in new]
        delete |= {(pod.name, "Duplicate") for pod in (*new[1:], *old[1:])}
        if new and old and (not is_ready(old[0]) or self._available(new[0])):
            delete.add((old[0].name, "Replaced"))
        return "", delete

    def _rolling(self) -> Iterator[tuple[str, str]]:
        rollout = self.entry.rollout
        if rollout is None or not self.entry.hash_learned:
            return
        places = self.plan.orders[rollout.order] if rollout.order is not None else ()
        order = [self.plan.nodes[place] for place in places]
        stalled = {self.plan.nodes[place] for place in ids_of(rollout.stalled)}
        outdated = {node for node, letter in self.letters.items() if letter == "R" and self._only_old(node)}
        if {*order, *stalled} != outdated:
            wrong, missing = sorted({*order, *stalled} - outdated), sorted(outdated - {*order, *stalled})
            yield "update", f"not out of date: {wrong[:3]}; out of date and left out: {missing[:3]}"
            return
        if rollout.budget and self._budget() != (rollout.budget.max_unavailable, rollout.budget.max_surge):
            yield "budget", f"the DaemonSet allows {self._budget()}, not {rollout.budget.arithmetic}"
        for action in self.plan.actions:
            if action.stage != "rolling-update" or self.plan.daemonsets[action.daemonset] is not self.entry:
                continue
            old = [pod for pod in self.pods.get(action.node, []) if not (pod.terminating or self._updated(pod))]
            if len(old) != 1 or action.name not in ("", old[0].name):
                yield "actions", f"{action.verb} {action.name or action.node}: no such pod is out of date there"
        live = {node: [pod for pod in self.pods[node] if not pod.terminating] for node in order}
        sick = [node for node in order if not any(map(self._available, live[node]))]
        if len(sick) != rollout.beyond_budget and not stalled:
            yield "budget", f"{rollout.beyond_budget} pods are called sick where {len(sick)} are"

    def _budget(self) -> tuple[int, int]:
        budget = resolve_budget(self.daemonset, self.entry.desired)
        return budget.max_unavailable, budget.max_surge

    def _only_old(self, node: str) -> bool:
        """Return whether a node has exactly one live pod, and that one is out of date (R5, H12)."""
        live = [pod for pod in self.pods.get(node, []) if not pod.terminating]
        return len(live) == 1 and not self._updated(live[0])

    def _updated(self, pod: Pod) -> bool:
        labels = pod.metadata.labels
        by_generation = self.generation is not None and labels.get(TEMPLATE_GENERATION_LABEL) == self.generation
        return by_generation or labels.get(HASH_LABEL) == self.entry.hash

    def _available(self, pod: Pod) -> bool:
        seconds, since = self.daemonset.spec.min_ready_seconds, ready_since(pod)
        ripe = since is not None and since + timedelta(seconds=seconds) <= self.plan.now
        return is_ready(pod) and (seconds <= 0 or ripe)


def _belongs(pod: Pod, daemonset: DaemonSet) -> bool:
    """M1-M3: owned by it or by nobody, and matching; terminating orphans are not adopted."""
    owner, here = controller_of(pod.metadata), pod.metadata.namespace == daemonset.metadata.namespace
    if not (here and selector_matches(daemonset.spec.selector, pod.metadata.labels)):
        return False
    if owner is None:
        return not pod.terminating
    same = (owner.kind, owner.name) == ("DaemonSet", daemonset.name)
    return same and (not daemonset.metadata.uid or owner.uid == daemonset.metadata.uid)
