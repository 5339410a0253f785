"""Is there room? Every new pod that a plan places fits, and every one that it does not place could not (K1-K16, P3)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ..document.idsets import ids_of
from ..document.types import PlanDocument
from .amounts import Amounts, allocatable, conflicts, ports_of, requests_of
from .arrivals import Arrival, Scene, owner_text, priority_of
from .case import Around, Case
from .finding import Check
from .labels import is_tolerated
from .outcome import Outcome
from .repulsion import Repulsion
from .trees import Form, Pod, Tree

__all__ = ["fit_findings"]

_PORTS = "node(s) didn't have free ports for the requested pod ports"
_TAINTS = "node(s) had untolerated taint(s)"
_SELECTOR = "node(s) didn't match Pod's node affinity/selector"
_GATES = "Scheduling is blocked due to non-empty scheduling gates"
_CORDON = "node(s) were unschedulable"
_REPELLED = ("node(s) didn't match pod anti-affinity rules", "node(s) didn't satisfy existing pods anti-affinity rules")
_UNSCHEDULABLE = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}


class _Claims(NamedTuple):
    """(kind, reasons) of new pods without a place, and whom new pods evict, by (DaemonSet, node)."""

    unplaced: dict[tuple[int, str], tuple[str, str]]
    evicts: dict[tuple[int, str], set[str]]


def fit_findings(plan: PlanDocument, around: Around, entries: Sequence[tuple[int, Case, Outcome]]) -> Check:
    """Yield what a plan says of room that the sums do not bear out.

    Rows speak of the pods of the next pass, or of those of the whole roll-out: a claim holds if it does for either.
    """
    claims, repulsion = _claims(plan), Repulsion(around.world)
    refused: dict[int, set[str]] = defaultdict(set)
    for (number, node), (kind, _) in claims.unplaced.items():
        if kind == "refused":
            refused[number].add(node)
    scenes = [Scene(around, entries, refused)]
    if any(case.outdated for _, case, _ in entries):
        scenes.append(Scene(around, entries, refused, rollout=True))
    for place, case, _ in entries:
        said = refused[place]
        evicted = {node for (_, node), names in claims.evicts.items() if f"{case.namespace}/{case.name}" in names}
        if not scenes[0].refused[place] <= said <= scenes[-1].refused[place] | scenes[0].refused[place] | evicted:
            yield "fit", f"{case.namespace}/{case.name}: other pods are refused by the API server than the plan says"
    nodes = {node for _, node in (*claims.unplaced, *claims.evicts)} | scenes[0].arriving.keys()
    for name in sorted(nodes & around.places.keys()):
        tree = around.world.nodes[around.places[name]]
        room = allocatable(tree)
        if room is not None:
            places = [_Place(name, tree, room, scene, claims, repulsion, len(scenes) == 1) for scene in scenes]
            yield from (("fit", f"{name}: {text}") for text in places[0].infeasible())
            wrong = [place.wrong_claims() for place in places]
            for key in sorted(places[0].claimed):
                if all(key in found for found in wrong):
                    yield "fit", f"{name}: {wrong[0][key]}"


_SCHEDULER_SAYS = "; "
_TAKES_PLACE = " takes its place"


def _claims(plan: PlanDocument) -> _Claims:
    found = _Claims({}, defaultdict(set))
    for place, entry in enumerate(plan.daemonsets):
        for row in entry.rows:
            words = [one for one in row.text.split(_SCHEDULER_SAYS) if not one.endswith(_TAKES_PLACE)]
            for node in ids_of(row.nodes) if row.fate == "unplaced" else ():
                found.unplaced[place, plan.nodes[node]] = row.reason, _SCHEDULER_SAYS.join(words)
        for gone in entry.evictions:
            for node in ids_of(gone.nodes):
                found.evicts[place, plan.nodes[node]].add(gone.victim)
    return found


class _Place:
    """One node in one scene: what it can give, who stays, who comes and is placed, who is not."""

    def __init__(
        self, name: str, tree: Tree, room: Amounts, scene: Scene, claims: _Claims, repulsion: Repulsion, alone: bool
    ) -> None:
        self.name, self.tree, self.room, self.repulsion = name, tree, room, repulsion
        self.staying = scene.staying(name)
        self.solid = [pod for pod in self.staying if not pod.going]
        coming = sorted(scene.arriving.get(name, ()), key=lambda one: one.rank)
        own = [one for one in coming if one.daemonset >= 0]
        here = {place: why for (place, node), why in claims.unplaced.items() if node == name}
        self.unplaced = {one.daemonset: (one, here[one.daemonset]) for one in own if one.daemonset in here}
        self.placed = [one for one in own if one.daemonset not in here]
        self.others = [one for one in coming if one.daemonset < 0]
        self.evicts = {place: names for (place, node), names in claims.evicts.items() if node == name}
        self.victims = set().union(*self.evicts.values())
        self.claimed = {place for place, (kind, _) in here.items() if kind != "refused"} | self.evicts.keys()
        self.is_exact = alone and not (self.victims or self.others)
        if not alone:
            self.others += [one for one, _ in self.unplaced.values()]

    def infeasible(self) -> Iterator[str]:
        """Yield why what is placed does not fit beside what surely stays."""
        evicting = [one for one in self.placed if one.daemonset in self.evicts]
        priority = max((priority_of(one.form) for one in evicting), default=None)
        yield from self._crowded([pod.form for pod in self.solid if not self._may_go(pod, priority)])

    def wrong_claims(self) -> dict[int, str]:
        """Return what is wrong with the claims of DaemonSets that have no place here, or evict others."""
        found = {}
        for place in self.claimed:
            arrival, why = self.unplaced.get(place, (None, ("", "")))
            placed = next((one for one in self.placed if one.daemonset == place), None)
            if arrival is not None:
                text = next(self._without_place(arrival, why[0], why[1].split("; ")), "")
            elif placed is not None:
                text = next(self._evicting(placed), "")
            else:
                text = "" if self.victims else "a pod that does not come has no place"
            if text:
                found[place] = text
        return found

    def _may_go(self, pod: Pod, priority: int | None) -> bool:
        return priority is not None and priority_of(pod.form) < priority and owner_text(pod) in self.victims

    def _crowded(self, kept: list[Form]) -> Iterator[str]:
        coming = [one.form for one in self.placed]
        used = _sum([*kept, *coming])
        asked = {name for form in coming for name in requests_of(form)}
        for name in sorted(asked):
            if used.get(name, 0) > self.room.get(name, 0):
                yield f"{name} {used[name]} of {self.room.get(name, 0)} with the pods of the plan"
        if coming and len(kept) + len(coming) > self.room.get("pods", 0):
            yield f"{len(kept) + len(coming)} pods of {self.room.get('pods', 0)}"
        for number, form in enumerate(coming):
            others = [*kept, *coming[:number]]
            if conflicts(ports_of(form), (port for other in others for port in ports_of(other))):
                yield "a host port of a placed pod is taken"
            if self.repulsion and self.repulsion.between(form, others, self.tree):
                yield "a placed pod and one that is there keep away from each other"
            if not form.spec.get("nodeName") and (wrong := list(self._static(form))):
                yield f"a placed pod is refused: {wrong[0]}"

    def _static(self, form: Form) -> Iterator[str]:
        """Yield what the node alone refuses (K1-K3)."""
        spec, tolerations = form.spec, form.spec.get("tolerations") or ()
        if spec.get("schedulingGates"):
            yield _GATES
        if self.tree.get("spec", {}).get("unschedulable") and not is_tolerated(_UNSCHEDULABLE, tolerations):
            yield _CORDON
        taints = self.tree.get("spec", {}).get("taints") or ()
        hard = [taint for taint in taints if taint.get("effect") in ("NoSchedule", "NoExecute")]
        if not all(is_tolerated(taint, tolerations) for taint in hard):
            yield _TAINTS
        labels = self.tree["metadata"].get("labels") or {}
        if any(labels.get(key) != value for key, value in (spec.get("nodeSelector") or {}).items()):
            yield _SELECTOR

    def _most(self, but: Arrival) -> list[Form]:
        """Return every other pod that may be there in the end."""
        coming = [one.form for one in (*self.placed, *self.others) if one is not but]
        return [*(pod.form for pod in self.solid), *coming]

    def _short(self, form: Form, others: list[Form]) -> set[str]:
        """Return the scheduler's words for what is short beside others (K5, K6, K12)."""
        used = _sum(others)
        found = {
            f"Insufficient {name}"
            for name, amount in requests_of(form).items()
            if amount > self.room.get(name, 0) - used.get(name, 0)
        }
        if len(others) >= self.room.get("pods", 0):
            found.add("Too many pods")
        if conflicts(ports_of(form), (port for other in others for port in ports_of(other))):
            found.add(_PORTS)
        return found

    def _without_place(self, arrival: Arrival, kind: str, reasons: list[str]) -> Iterator[str]:
        """Every reason that can be counted holds, and none is missing where the count is exact."""
        form, others = arrival.form, self._most(arrival)
        mine = self._short(form, others)
        fixed = set(self._static(form))
        countable = {one for one in reasons if one == _PORTS or one.startswith(("Insufficient ", "Too many "))}
        named = {one for one in reasons if one in (_TAINTS, _SELECTOR, _GATES, _CORDON)}
        wrong = countable - mine or (named - fixed if not form.spec.get("affinity") else set())
        missing = mine - countable if self.is_exact and kind == "pending" else set()
        if wrong or missing:
            yield f"{arrival.rank[2]} lacks {sorted(mine) or 'nothing'}, not {sorted(countable)}"
        repelled = self.repulsion.between(form, others, self.tree, anywhere=True)
        if any(one in _REPELLED for one in reasons) and not repelled:
            yield f"nothing keeps {arrival.rank[2]} away"
        if set(reasons) == mine and kind == "pending" and self._could_evict(arrival):
            yield f"{arrival.rank[2]} would evict pods of lower priority"

    def _could_evict(self, arrival: Arrival) -> bool:
        """Return whether the pod would fit with every less important one gone (P2, P3)."""
        form, most = arrival.form, self._most(arrival)
        if form.spec.get("preemptionPolicy") == "Never" or self.repulsion or not self.is_exact:
            return False
        others = [other for other in most if priority_of(other) >= priority_of(form)]
        lower = len(others) < len(most)
        odd = form.spec.get("topologySpreadConstraints") or form.spec.get("volumes") or form.spec.get("affinity")
        return lower and not odd and not self._short(form, others)

    def _evicting(self, arrival: Arrival) -> Iterator[str]:
        """Whom it evicts is there and less important, and without that there is no room (P2, P3)."""
        form, names = arrival.form, self.evicts[arrival.daemonset]
        if form.spec.get("preemptionPolicy") == "Never":
            yield f"{arrival.rank[2]} never evicts"
        lower = {owner_text(pod) for pod in self.staying if priority_of(pod.form) < priority_of(form)}
        lower |= {
            one.rank[2] for one in (*self.placed, *(gone for gone, _ in self.unplaced.values())) if one is not arrival
        }
        if names - lower:
            yield f"nothing of {', '.join(sorted(names - lower))} is there to be evicted"
        others = [*self._most(arrival), *(pod.form for pod in self.staying if pod.going)]
        if not self.repulsion and not self._short(form, others):
            yield f"{arrival.rank[2]} has room without evicting anybody"


def _sum(forms: Sequence[Form]) -> Amounts:
    used: Amounts = defaultdict(int)
    for form in forms:
        for name, amount in requests_of(form).items():
            used[name] += amount
    return used
