"""How far a plan has been carried out, pair by pair, by the evidence of the pods that are there now.

In: the plan, and a fresh plan for the cluster as it is now with the same manifests and scope. Every answer is read off
the two accounts; the fresh plan's pods are the evidence: which pod stands on a node, of which revision, since when.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from enum import StrEnum

import msgspec

from ..document.account import RowEntry
from ..document.idsets import ids_of
from ..document.types import DaemonSetEntry, PlanDocument
from ..model.brief import Brief
from ..model.daemonset import HASH_LABEL
from ..model.pod import Pod
from ..observe import PodFact
from ..planner import DaemonSetPlan, Plan
from .between import Changes, plan_changes

__all__ = ["Drift", "Evidence", "Standing", "StandingState", "drift"]

_TERMINATING, _UPDATED, _AVAILABLE = int(PodFact.TERMINATING), int(PodFact.UPDATED), int(PodFact.AVAILABLE)
_WORDS = {"created": "create", "repaired": "repair", "replaced": "replace", "removed": "remove", "unplaced": "create"}
_BAD = ("unplaced", "failing", "down", "stalled")
_NODE_GONE = "the node is gone"


class StandingState(StrEnum):
    """How far one planned change of a pair has come."""

    DONE = "done as planned"
    OTHERS = "done by somebody else"
    UNDER_WAY = "under way"
    TO_DO = "still to do"
    VOID = "void"
    NEW = "new"
    """The plan does not know of it."""


class Evidence(msgspec.Struct, frozen=True, order=True):
    """The pod that shows it: where it is, its name, its uid, and the hash that it wears."""

    node: str
    pod: str
    uid: str
    hash: str


class Standing(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """Nodes of one DaemonSet whose planned change has come equally far; `why` says why it is void, or new.

    `harmless`: it keeps the plan from being carried out there, and nothing is lost by that.
    """

    daemonset: str
    what: str
    state: StandingState
    nodes: tuple[str, ...]
    why: str = ""
    harmless: bool = False
    evidence: tuple[Evidence, ...] = ()


class Drift(Brief, msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """How a plan fares. `changes` are those between its account and that of a fresh plan."""

    same_inputs: bool
    standings: tuple[Standing, ...]
    changes: Changes

    def count(self, *states: StandingState, what: str = "") -> int:
        """Return how many pairs are in one of these states, of one kind of change where it is given."""
        mine = (one for one in self.standings if one.state in states and what in ("", one.what))
        return sum(len(one.nodes) for one in mine)

    @property
    def left(self) -> int:
        """How many pairs are under way or still to do."""
        return self.count(StandingState.UNDER_WAY, StandingState.TO_DO)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why the plan is off course, the most pairs first; empty where it is on course or done."""
        found: dict[str, int] = defaultdict(int)
        for one in self.standings:
            if one.why and not one.harmless and one.state in (StandingState.VOID, StandingState.NEW):
                found[f"{one.daemonset}: {one.why}"] += len(one.nodes)
        return tuple(f"{why} ({count:,})" for why, count in sorted(found.items(), key=lambda item: (-item[1], item[0])))

    @property
    def status(self) -> str:
        """The plan in one line.

        >>> from dsplan.changes.between import Changes
        >>> from dsplan.planner.account import Sums
        >>> from dsplan.planner.account.difference import AccountDifference
        >>> nothing = Changes(account=AccountDifference(before=Sums(), after=Sums()))
        >>> Drift(same_inputs=True, standings=(), changes=nothing).status
        'done as planned: nothing was to do'
        """
        counted = "; ".join(self._counts())
        if self.reasons:
            more = f" and {len(self.reasons) - 3:,} more" if len(self.reasons) > 3 else ""
            return f"off course: {', '.join(self.reasons[:3])}{more}" + (f"; {counted}" if counted else "")
        if self.left:
            return f"{counted}, on course"
        return f"done as planned: {counted or 'nothing was to do'}"

    def _counts(self) -> Iterator[str]:
        for what, word in (
            ("replace", "replaced"),
            ("create", "created"),
            ("repair", "repaired"),
            ("remove", "removed"),
        ):
            done = self.count(StandingState.DONE, StandingState.OTHERS, what=what)
            under_way = self.count(StandingState.UNDER_WAY, what=what)
            void = self.count(StandingState.VOID, what=what)
            total = done + under_way + void + self.count(StandingState.TO_DO, what=what)
            if total:
                moving = f", {under_way:,} under way" if under_way else ""
                gone = f", {void:,} void" if void else ""
                yield f"{done:,} of {total:,} {word}{moving}{gone}"


def drift(plan: PlanDocument, fresh: PlanDocument, current: Plan, *, foreign: Mapping[str, str] = {}) -> Drift:
    """Return how a plan fares against a fresh one, of which `current` has the pods.

    `foreign` tells of DaemonSets (namespace/name) why their template is no longer the planned one.
    """
    after = {f"{entry.namespace}/{entry.name}": entry for entry in fresh.daemonsets}
    pods = {str(entry.identity): entry for entry in current.daemonsets}
    standings: list[Standing] = []
    for entry in plan.daemonsets:
        name = f"{entry.namespace}/{entry.name}"
        later = after.get(name)
        why = foreign.get(name, "")
        if later is None or (entry.uid and later.uid != entry.uid):
            why = "the DaemonSet is gone" if later is None else "the DaemonSet was deleted and made anew"
        standings += _Pairs(plan, entry, fresh, later, pods.get(name), why).standings()
    same = bool(plan.inputs) and plan.inputs == fresh.inputs
    return Drift(same_inputs=same, standings=tuple(standings), changes=plan_changes(plan, fresh))


def _rows(entry: DaemonSetEntry | None, plan: PlanDocument) -> dict[str, RowEntry]:
    """Return the row of every node, those that do not exist included."""
    rows = entry.rows if entry is not None else ()
    found = {plan.nodes[place]: row for row in rows for place in ids_of(row.nodes)}
    found.update((node, row) for row in rows for node in row.vanished)
    return found


class _Pairs:
    """The pairs of one DaemonSet, before and now."""

    def __init__(
        self,
        plan: PlanDocument,
        entry: DaemonSetEntry,
        fresh: PlanDocument,
        later: DaemonSetEntry | None,
        pods: DaemonSetPlan | None,
        void: str,
    ) -> None:
        self.plan, self.entry, self.void = plan, entry, void
        self.name = f"{entry.namespace}/{entry.name}"
        self.before, self.after = _rows(entry, plan), _rows(later, fresh)
        self.exists = set(fresh.nodes)
        self.pods = pods
        self.found: dict[tuple[str, StandingState, str, bool], list[str]] = defaultdict(list)

    def standings(self) -> list[Standing]:
        """Return every planned change, and what is new."""
        for node, row in self.before.items():
            if what := _WORDS.get(row.fate, "") if _acts(row) else "":
                self.found[what, *self._state(node, row)].append(node)
            else:
                self._new(node, row)
        for node in self.after.keys() - self.before.keys():
            self._new(node, None)
        done = (StandingState.DONE, StandingState.OTHERS)
        return [
            Standing(
                daemonset=self.name,
                what=what,
                state=state,
                nodes=tuple(sorted(nodes)),
                why=why,
                harmless=harmless,
                evidence=tuple(sorted(self._evidence(nodes))) if state in done else (),
            )
            for (what, state, why, harmless), nodes in sorted(self.found.items())
        ]

    def _state(self, node: str, row: RowEntry) -> tuple[StandingState, str, bool]:
        """Return how far a planned change has come, why where it is void, and whether that does no harm."""
        now = self.after.get(node)
        if self.void:
            return StandingState.VOID, self.void, False
        if node not in self.exists:
            live = now is not None and any(not facts & _TERMINATING for facts in now.shape)
            if row.fate == "removed":
                return (StandingState.TO_DO if live else StandingState.DONE), "", False
            return StandingState.VOID, _NODE_GONE, True
        if now is None:
            return StandingState.VOID, _NODE_GONE, True
        if row.fate == "removed":
            return self._removed(now)
        return self._renewed(node, row, now)

    def _removed(self, now: RowEntry) -> tuple[StandingState, str, bool]:
        if now.verdict == "R":
            return StandingState.VOID, "the node is wanted again", False
        if all(facts & _TERMINATING for facts in now.shape):
            return (StandingState.UNDER_WAY if now.shape else StandingState.DONE), "", False
        return StandingState.TO_DO, "", False

    def _renewed(self, node: str, row: RowEntry, now: RowEntry) -> tuple[StandingState, str, bool]:
        """Return how far the coming of a current pod has come."""
        if now.verdict != "R":
            return StandingState.VOID, f"the node is no longer wanted ({now.text or now.reason})", False
        live = [facts for facts in now.shape if not facts & _TERMINATING]
        current = [facts for facts in live if facts & _UPDATED]
        if now.fate in _BAD and now.fate != row.fate:
            return StandingState.VOID, f"{now.fate}: {now.text or now.reason}", False
        if current and (row.fate == "unplaced" or any(facts & _AVAILABLE for facts in current)):
            if len(current) == len(live):
                return (StandingState.DONE if self._is_new(node) else StandingState.OTHERS), "", False
            return StandingState.UNDER_WAY, "", False
        if now.fate == "parked":
            return StandingState.VOID, f"held: {now.text or now.reason}", False
        moves = bool(current) or len(live) < len(now.shape) or (not live and row.fate == "replaced")
        return (StandingState.UNDER_WAY if moves else StandingState.TO_DO), "", False

    def _new(self, node: str, row: RowEntry | None) -> None:
        """Take note of what the fresh plan wants and this one did not."""
        now = self.after.get(node)
        if now is None or self.void or not (_acts(now) or now.fate in _BAD):
            return
        if row is not None and now.fate == row.fate:
            return
        harmless = node not in self.exists or row is None
        why = f"{now.fate}, not foreseen: {now.text or now.reason}".rstrip(": ")
        if harmless:
            why = "the node has joined" if node in self.exists else _NODE_GONE
        self.found[_WORDS.get(now.fate, now.fate), StandingState.NEW, why, harmless].append(node)

    def _pods_at(self, node: str) -> tuple[Pod, ...]:
        observed = self.pods.step.observed if self.pods is not None else None
        return observed.pods_at(node) if observed is not None else ()

    def _is_new(self, node: str) -> bool:
        """Return whether the pod that stands on a node was made after the plan; times of objects are whole seconds."""
        made = [pod.metadata.creation_timestamp for pod in self._pods_at(node)]
        planned = self.plan.now.replace(microsecond=0)
        return not made or any(moment is None or moment >= planned for moment in made)

    def _evidence(self, nodes: list[str]) -> Iterator[Evidence]:
        for node in nodes:
            for pod in self._pods_at(node):
                yield Evidence(node, pod.name, pod.metadata.uid, pod.metadata.labels.get(HASH_LABEL, ""))


def _acts(row: RowEntry) -> bool:
    """Return whether something is to be done about a row's pods, or is being done."""
    return row.fate in ("created", "repaired", "replaced", "removed") or any(lot.kind == "comes" for lot in row.lots)
