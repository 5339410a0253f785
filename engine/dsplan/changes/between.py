"""The difference between two plan documents: their accounts compared, and the nodes that are not the same."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

import msgspec

from ..document.account import RowEntry
from ..document.idsets import ids_of
from ..document.types import DaemonSetEntry, PlanDocument
from ..manifests.world_changes import ObjectChange
from ..model.brief import Brief
from ..model.meta import Identity
from ..planner.account import Spent, Sums
from ..planner.account.difference import AccountDifference, Part, Side, compare_sides

__all__ = ["Changes", "NodeChange", "Tally", "plan_changes", "wanted_nodes"]

Tally = tuple[tuple[str, int], ...]
"""Numbers of nodes by name of a zone or class, largest first."""


class NodeChange(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """A node that is in both plans and differs: `fields` has (field, before, after)."""

    node: str
    fields: tuple[tuple[str, str, str], ...] = ()


class Changes(Brief, msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """Everything in which two plans differ. `zones` counts, for each DaemonSet that differs, the nodes touched.

    `edit` is what somebody changed between the two, where both are known whole: objects and their fields.
    """

    account: AccountDifference
    edit: tuple[ObjectChange, ...] = ()
    nodes_changed: tuple[NodeChange, ...] = ()
    zones: dict[str, Tally] = {}

    def __bool__(self) -> bool:
        """Return whether anything differs."""
        return bool(self.edit or self.account or self.nodes_changed)


def plan_changes(before: PlanDocument, after: PlanDocument) -> Changes:
    """Return what the second plan has that the first has not, and the reverse.

    Of nodes only fields count that both plans read: one that is read only now was there before.
    """
    account = compare_sides(_sides(before), before.nodes, _sums(before), _sides(after), after.nodes, _sums(after))
    zones = {plan_nodes: zone for plan in (before, after) for plan_nodes, zone in _zones_of(plan).items()}
    return Changes(
        account=account,
        nodes_changed=tuple(_changed_nodes(before, after)),
        zones={
            str(entry.daemonset): tally
            for entry in account.daemonsets
            if (tally := _tally((name for change in entry.fates for name in change.nodes), zones))
        },
    )


def _sides(plan: PlanDocument) -> dict[Identity, Side]:
    return {Identity("DaemonSet", entry.namespace, entry.name): _side(entry, plan) for entry in plan.daemonsets}


def _sums(plan: PlanDocument) -> Sums:
    return Sums(**msgspec.structs.asdict(plan.summary))


def _side(entry: DaemonSetEntry, plan: PlanDocument) -> Side:
    evictions: dict[str, dict[str, int]] = defaultdict(dict)
    for eviction in entry.evictions:
        for place in ids_of(eviction.nodes):
            here = evictions[eviction.victim]
            here[plan.nodes[place]] = here.get(plan.nodes[place], 0) + eviction.pods
    return Side(
        parts=tuple(_part(row, plan) for row in entry.rows),
        desired=entry.desired if not entry.untouched else 0,
        sums=Sums(**msgspec.structs.asdict(entry.summary)),
        evictions=evictions,
        stall=entry.course.text if entry.course is not None and entry.summary.stalls else "",
        error=entry.error,
    )


def _part(row: RowEntry, plan: PlanDocument) -> Part:
    replaced = row.fate == "replaced"
    kinds = {lot.kind for lot in row.lots}
    return Part(
        fate=row.fate,
        text=f"{row.reason}: {row.text}" if row.text and row.reason else row.text,
        nodes=[*(plan.nodes[place] for place in ids_of(row.nodes)), *row.vanished],
        comes=not replaced and "comes" in kinds,
        goes=not replaced and bool(kinds & {"deleted", "collected"}),
        at_once=any(lot.kind == "deleted" and lot.budget == Spent.OUTSIDE for lot in row.lots),
        wanted=row.verdict == "R",
        loses=row.loses,
    )


def wanted_nodes(plan: PlanDocument, entry: DaemonSetEntry | None) -> set[str]:
    """Return the nodes that shall run a pod of a DaemonSet."""
    coded = zip(entry.verdicts, plan.classes, strict=False) if entry else ()
    return {plan.nodes[place] for letter, part in coded if letter == "R" for place in ids_of(part.nodes)}


def _changed_nodes(before: PlanDocument, after: PlanDocument) -> Iterable[NodeChange]:
    old_fields, new_fields = _fields_of(before), _fields_of(after)
    was_sick = {before.nodes[place] for place in ids_of(before.sick)}
    is_sick = {after.nodes[place] for place in ids_of(after.sick)}
    both = sorted(set(before.reads) & set(after.reads))
    known = set(before.nodes)
    for name in after.nodes:
        if name not in known:
            continue
        old, new = old_fields.get(name, {}), new_fields.get(name, {})
        fields = [(key, old.get(key, ""), new.get(key, "")) for key in both]
        different = [field for field in fields if field[1] != field[2]]
        if (name in was_sick) != (name in is_sick):
            different.append(("ready", str(name not in was_sick), str(name not in is_sick)))
        if different:
            yield NodeChange(node=name, fields=tuple(different))


def _fields_of(plan: PlanDocument) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for part in plan.classes:
        fields = {key: " ".join(value) if isinstance(value, list) else str(value) for key, value in part.fields.items()}
        found.update((plan.nodes[place], fields) for place in ids_of(part.nodes))
    return found


def _zones_of(plan: PlanDocument) -> dict[str, str]:
    return {plan.nodes[place]: zone for zone, ids in plan.zones.items() for place in ids_of(ids)}


def _tally(nodes: Iterable[str], names: dict[str, str]) -> Tally:
    counted = Counter(names.get(node, "(none)") for node in nodes)
    tally = tuple(sorted(counted.items(), key=lambda entry: (-entry[1], entry[0])))
    return tally if len(tally) > 1 or (tally and tally[0][0] != "(none)") else ()
