"""The account of one DaemonSet, row by row: every node and every pod once, with the fate that the pods give."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

from ..document.account import LotEntry, RowEntry
from ..document.idsets import ids_of
from ..document.types import DaemonSetEntry, PlanDocument
from .case import VANISHED, Case, Situation
from .finding import Check, same
from .manage import left_by_manage, ruling
from .outcome import Outcome
from .pods import AVAILABLE, BOUND, GOING, UPDATED
from .rolling import ages, holds_place

__all__ = ["KIND_OF", "LOST", "row_findings", "row_nodes"]

_NEVER = ("unplaced", "refused", "rejected")
LOST = ("unplaced", "failing", "down")
"""Fates with which a node has no available pod at the end, whatever is done."""
KIND_OF = {
    "yes": ("runs", "starting", "created", "repaired", "replaced"),
    "wanted and blocked for now": ("untouched", "stalled", "parked", "failing", "down", "created", "repaired"),
    "wanted but impossible": ("unplaced",),
    "excluded by design": ("excluded", "kept", "removed"),
}
"""The fates of each kind; a created or repaired pair is blocked exactly where it waits for something."""


def row_nodes(row: RowEntry, plan: PlanDocument) -> list[str]:
    """Return the names of a row's nodes, those that do not exist included."""
    return [*(plan.nodes[place] for place in ids_of(row.nodes)), *row.vanished]


def row_findings(entry: DaemonSetEntry, case: Case, out: Outcome, plan: PlanDocument, *, governed: bool) -> Check:
    """Yield what the rows of a DaemonSet say that its pods do not bear out."""
    said: dict[Situation, list[str]] = defaultdict(list)
    now: set[tuple[str, str, int]] = set()
    for row in entry.rows:
        nodes = row_nodes(row, plan)
        letter = VANISHED if row.vanished else row.verdict
        said[letter, row.shape] += nodes
        if letter in "KD" or case.situations.keys() & {(letter, row.shape)}:
            yield from _Row(row, letter, case, out, plan, governed).check()
            now |= {(lot.kind, node, lot.place) for lot in row.lots if lot.moment.when == "now" for node in nodes}
    mine: dict[Situation, list[str]] = defaultdict(list)
    for situation, nodes in case.situations.items():
        mine[situation] += nodes
    for place, letter in enumerate(case.letters):
        if letter != "R" and case.around.names[place] not in case.groups:
            mine[letter, ()].append(case.around.names[place])
    for situation in sorted(said.keys() | mine.keys()):
        yield from same("rows", sorted(said.get(situation, ())), sorted(mine.get(situation, ())))
    if not governed:
        yield from _next_pass(entry, case, plan, now)


def _next_pass(entry: DaemonSetEntry, case: Case, plan: PlanDocument, now: Collection[tuple[str, str, int]]) -> Check:
    """What the rows put into the next pass is what the actions on pods are."""
    place = plan.daemonsets.index(entry)
    acts = {(a.verb, a.node, a.name) for a in plan.actions if a.daemonset == place and a.kind == "Pod"}
    acts = {act for act in acts if act[0] in ("create", "delete")}
    told = {("create", node, "") for kind, node, _ in now if kind == "comes"}
    told |= {("delete", node, case.pod(node, number).name) for kind, node, number in now if kind == "deleted"}
    yield from same("next pass", told, acts)


class _Row:
    """One row beside what the rules make of its situation."""

    def __init__(
        self, row: RowEntry, letter: str, case: Case, out: Outcome, plan: PlanDocument, governed: bool
    ) -> None:
        self.row, self.letter, self.shape, self.case, self.out = row, letter, row.shape, case, out
        self.plan, self.governed = plan, governed
        _, delete, self.failed = ruling(letter, row.shape, out.surge)
        self.deleted = dict(delete)
        self.left = left_by_manage(letter, row.shape, out.surge)
        new, old = ages(tuple(row.shape[place] for place in self.left))
        self.new, self.old = [self.left[place] for place in new], [self.left[place] for place in old]
        self.comes = [lot for lot in row.lots if lot.kind == "comes"]

    def check(self) -> Check:
        """Yield what is wrong with its lots, its fate, and what is said with it."""
        row, where = self.row, f"{self.row.nodes or ', '.join(self.row.vanished)}"
        if [lot.place for lot in row.lots] != [*range(len(row.shape)), *(-1 for _ in self.comes)]:
            yield "lots", f"{where}: not one lot for every pod, and then those that come"
            return
        for lot, facts in zip(row.lots, row.shape, strict=False):
            if not self._is_lot(lot, facts):
                yield "lots", f"{where}: pod {lot.place} is {lot.kind} ({lot.reason})"
        missing = self.letter == "R" and not self.left and not self.comes
        if len(self.comes) > 1 or (self.comes and self.letter != "R") or missing:
            yield "lots", f"{where}: {len(self.comes)} pods come"
        if row.fate not in self._fates():
            yield "fate", f"{where}: is {row.fate}, not one of {', '.join(sorted(self._fates()))}"
        yield from self._told()
        yield from self._moments()

    def _told(self) -> Check:
        """What is said with the fate: its kind, its reason, what it spends and loses."""
        row, waits = self.row, self.row.moment.when == "after"
        kinds = [kind for kind, fates in KIND_OF.items() if row.fate in fates]
        if row.fate in ("created", "repaired"):
            kinds = ["wanted and blocked for now" if waits else "yes"]
        yield from same("kind", row.kind, kinds[0] if kinds else "")
        spends = self.out.course.budget is not None and not self.governed
        yield from same("spends", row.spends, spends and holds_place(self.letter, row.shape, self.out.surge))
        had = any(facts & AVAILABLE and not facts & GOING for facts in row.shape)
        keeps = any(lot.kind == "stays" for lot in row.lots)
        yield from same("loses", row.loses, had and not keeps and bool(self.comes) and row.fate in LOST)
        if self.letter == VANISHED:
            yield from same("reason", row.reason, "NodeVanished")
        relabelled = row.reason == "Relabelled" and self.case.history.duplicates
        if (
            self.letter == "R"
            and not relabelled
            and row.fate in ("created", "repaired", "replaced", "runs", "starting")
        ):
            yield from same("reason", (row.reason, row.text), (self.comes[0].reason if self.comes else "", ""))

    def _is_lot(self, lot: LotEntry, facts: int) -> bool:
        """Return whether a pod of these facts can have this lot."""
        if facts & GOING and not (self.letter == VANISHED and lot.place in self.deleted):
            return lot.kind == "going"
        if lot.place in self.deleted and self.letter != VANISHED:
            return (lot.kind, lot.reason) == ("deleted", self.deleted[lot.place])
        if lot.place in self.failed:
            return lot.kind == "deleted" and (lot.reason == "Failed" or lot.reason.startswith("Outdated"))
        if self.letter == VANISHED:
            gone = lot.reason in (("NodeVanished",) if not facts & BOUND else ("Outdated", "OutdatedUnavailable"))
            return (lot.kind == "collected" and bool(facts & BOUND)) or (lot.kind == "deleted" and gone)
        rolled = lot.kind == "deleted" and lot.reason in (*_ROLLED, "Replaced") and not facts & UPDATED
        return lot.kind in ("stays", "evicted") or (rolled and self.letter in "RK") or (rolled and self.governed)

    def _fates(self) -> set[str]:
        """Return the fates that these lots can have."""
        live = any(not facts & GOING for facts in self.shape)
        stays = [lot.place for lot in self.row.lots if lot.kind == "stays"]
        if self.letter != "R":
            return {"kept" if stays else "removed"} if live else {"excluded"}
        sick = {"down"} if set(ids_of(self.row.nodes)) <= set(self.case.around.sick) else set()
        end = self.comes[0].end if self.comes else ""
        if end in _NEVER:
            return {"unplaced"}
        if end == "fails":
            return {"failing"}
        evicted = any(lot.kind == "evicted" for lot in self.row.lots)
        if self.comes:
            base = "repaired" if evicted else "replaced" if self.old else "repaired" if live else "created"
            return sick if end == "unknown" and sick else {base}
        return self._without_new(stays, sick)

    def _without_new(self, stays: list[int], sick: set[str]) -> set[str]:
        """Return the fates of a wanted node to which no pod comes."""
        old_stays = [place for place in stays if not self.shape[place] & UPDATED]
        if old_stays and self.row.reason == "Relabelled" and self.case.history.duplicates:
            return {"runs", "starting", "repaired"}
        if self.old and old_stays and not (self.new and len(self.new) == len(self.old) == 1):
            return (
                {"stalled", "parked"} if self.governed else {"parked" if self.row.reason == "OnDelete" else "stalled"}
            )
        if len(self.new) != 1 or len(self.old) > 1:
            return {"stalled", "parked"}
        facts = self.shape[self.new[0]]
        acts = "replaced" if self.old or "Replaced" in self.deleted.values() else "repaired"
        acts = acts if self.old or self.deleted or self.failed else ""
        if facts & AVAILABLE:
            return {acts or "runs"}
        unbound = {"unplaced"} if not facts & BOUND else set()
        return {acts or "starting", "failing"} | sick | unbound

    def _moments(self) -> Check:
        """Every moment is one of the words, with numbers where it has them, and who brings a lot about fits."""
        for moment in (self.row.moment, *(lot.moment for lot in self.row.lots)):
            waves = moment.when in ("wave", "after", "now") and 0 <= moment.first <= moment.last
            numbers = waves or (moment.when == "pass" and moment.first > 1) or not (moment.first or moment.last)
            waits = moment.when in ("after", "under way")
            if moment.when not in WHEN or not numbers or (moment.awaited and not (waits and moment.awaited in AWAITED)):
                yield "moment", f"{self.row.nodes}: {moment.when} {moment.first}-{moment.last} {moment.awaited}"
        for lot in self.row.lots:
            if lot.by not in BY.get(lot.kind, ()) or (lot.by == "host" and self.plan.policies is None):
                yield "lots", f"{self.row.nodes}: {lot.kind} by {lot.by or 'nobody'}"
            yield from same("budget of a lot", lot.budget, self._budget(lot))
            if lot.end not in ENDS if lot.kind == "comes" else lot.end:
                yield "lots", f"{self.row.nodes}: a pod that {lot.kind} ends {lot.end!r}"

    def _budget(self, lot: LotEntry) -> str:
        """Return how a deletion stands to the budget (R9, R12, R20, M23)."""
        if lot.kind != "deleted" or self.letter == VANISHED:
            return lot.budget if self.letter == VANISHED else ""
        if lot.place in self.deleted or (lot.place in self.failed and lot.reason == "Failed"):
            return "" if lot.reason == "Replaced" else "outside any budget"
        return "within the budget" if self.shape[lot.place] & AVAILABLE else "beyond the budget"


_ROLLED = ("Outdated", "OutdatedUnavailable", "OutdatedNotEligible")
WHEN = ("under way", "now", "pass", "after", "wave", "never")
AWAITED = (
    "a pod that is terminating is gone",
    "the back-off of a failed pod ends",
    "its pod becomes available",
    "writes that were issued are seen",
    "pod garbage collection removes the pods of nodes that are gone",
    "pods that are terminating have left room",
    "a rollout policy lets it go",
    "this pass has created and deleted what is missing or too much",
)
ENDS = ("runs", "unplaced", "refused", "rejected", "fails", "unknown")
BY = {
    "stays": ("",),
    "going": ("kubelet", "pod GC"),
    "deleted": ("controller", "host"),
    "collected": ("pod GC",),
    "evicted": ("scheduler",),
    "comes": ("controller", "host"),
}
