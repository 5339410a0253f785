"""One DaemonSet on one node, read off the account: its row, the number of its wave, its pods, why it has no place."""

from __future__ import annotations

from collections.abc import Sequence

from ..diff import ActionReason
from ..eligibility import NodeIndex
from ..model.meta import Identity
from ..model.pod import Pod
from ..observe import PodFact, Shape
from ..observe.pod_status import status_words
from ..placement.filters.failures import Failure
from ..placement.scheduler.prediction import NEVER
from ..planner.account import Awaited, Fate, LotKind, Row, When
from ..planner.plan import DaemonSetPlan
from ..policies.plan_types import PolicyPlan
from .answers import PodHere

__all__ = ["Pairs", "begins_by_node", "detail_of", "pods_here"]

_TERMINATING, _READY = int(PodFact.TERMINATING), int(PodFact.READY)
_AVAILABLE, _UPDATED = int(PodFact.AVAILABLE), int(PodFact.UPDATED)
_UNTOLD = {Fate.RUNS, Fate.CREATED, Fate.REPLACED, Fate.EXCLUDED, Fate.KEPT, Fate.REMOVED}


class Pairs:
    """The pairs of one DaemonSet of a plan."""

    def __init__(self, entry: DaemonSetPlan, index: NodeIndex) -> None:
        self._entry = entry
        self._index = index
        self._waves = entry.account.waves()
        self._rows: dict[int, Row] | None = None

    def row(self, node: str) -> Row:
        """Return the row of a node."""
        if self._rows is None:
            self._rows = {position: row for row in self._entry.account.rows for position in row.nodes}
        return self._rows[self._index.ids[node]]

    def wave(self, node: str) -> int:
        """Return the number of the node's update wave, 0 where it has none."""
        return self._waves.get(node, 0)

    def pods(self, node: str) -> tuple[tuple[Pod, ...], Shape]:
        """Return the pods on a node in the order M19, and their facts."""
        observed = self._entry.step.observed
        group = observed.groups.get(node) if observed else None
        return (group.pods, group.shape) if group else ((), ())

    def failures(self, node: str, row: Row) -> tuple[Failure, ...]:
        """Return what the scheduler's filters say to a pod that finds no place, with every shortage."""
        if row.fate is not Fate.UNPLACED:
            return ()
        position = self._index.ids[node]
        for prediction in (self._entry.prediction, self._entry.later):
            outcome = prediction.at(position) if prediction is not None else None
            if outcome is not None and outcome.kind in NEVER:
                return outcome.failures
        return ()

    def blockers(self, row: Row, failures: Sequence[Failure]) -> tuple[str, ...]:
        """Return who is evicted, who holds the room, or the nodes that hold the budget of a stalled roll-out."""
        if victims := tuple(str(owner) for lot in row.lots for owner in lot.other if lot.kind is not LotKind.EVICTED):
            return victims
        if failures:
            holders = (holder for failure in failures for shortage in failure.shortages for holder in shortage.holders)
            return tuple(dict.fromkeys(map(str, holders)))
        return self._entry.rollout.blockers if row.fate is Fate.STALLED else ()


def detail_of(row: Row) -> str:
    """Return what is waited for, or what stands in the way, in words; empty where the fate says it all."""
    told = row.fate not in _UNTOLD or row.reason == ActionReason.RELABELLED
    parts = [row.text] if row.text and told else []
    if row.moment.when is When.AFTER and row.moment.awaited is not Awaited.NOTHING:
        parts.append(f"waits until {row.moment.awaited}")
    parts += [f"{owner} takes its place" for lot in row.lots if lot.kind is LotKind.EVICTED for owner in lot.other]
    if row.otherwise is not None and row.otherwise is not row.fate:
        parts.append(f"{row.otherwise} if pods that are starting do not become ready")
    return "; ".join(dict.fromkeys(parts))


def begins_by_node(policies: PolicyPlan | None, daemonset: Identity) -> dict[str, str]:
    """Return, for each node where a policy lets the replacement begin now, which step, facts and budgets allow it."""
    found: dict[str, list[str]] = {}
    for entry in policies.begins if policies is not None else ():
        if entry.daemonset == daemonset:
            said = [f"policy {entry.policy} lets it go now", entry.step, entry.facts]
            said += ["beyond the budgets"] if entry.beyond else entry.budgets
            for node in entry.nodes:
                found.setdefault(node, []).append("; ".join(filter(None, said)))
    return {node: "; ".join(texts) for node, texts in found.items()}


def pods_here(pods: tuple[Pod, ...], shape: Shape) -> tuple[PodHere, ...]:
    """Return what answers say about a node's pods; the first that is not going holds the place, else the first."""
    live = [position for position, facts in enumerate(shape) if not facts & _TERMINATING]
    holder = live[0] if live else 0
    return tuple(
        PodHere(
            name=pod.name,
            phase=pod.status.phase,
            ready=bool(facts & _READY),
            available=bool(facts & _AVAILABLE),
            current=bool(facts & _UPDATED),
            terminating=bool(facts & _TERMINATING),
            holds=position == holder,
            says=status_words(pod),
        )
        for position, (pod, facts) in enumerate(zip(pods, shape, strict=True))
    )
