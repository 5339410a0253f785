"""The difference between two plan documents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import msgspec

from ..document.idsets import ids_of
from ..document.types import DaemonSetEntry, PlanDocument, SummaryEntry
from ..model.meta import wire_name

__all__ = ["Changes", "DaemonSetChange", "NodeChange", "Tally", "between", "wanted_nodes"]

Tally = tuple[tuple[str, int], ...]
"""Numbers of nodes by name of a zone or class, largest first."""


class _Value(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename=wire_name):
    pass


class NodeChange(_Value, frozen=True, kw_only=True):
    """A node that is in both plans and differs: `fields` has (field, before, after), none if only its pods differ."""

    node: str
    fields: tuple[tuple[str, str, str], ...] = ()


class DaemonSetChange(_Value, frozen=True, kw_only=True):
    """One DaemonSet in both plans. `created`, `deleted` and `updated` are what only the second plan does.

    `dropped` is how much the first plan does and the second does not. `zones` and `classes` count the nodes touched.
    """

    namespace: str
    name: str
    presence: str = ""
    desired: tuple[int, int] = (0, 0)
    gained: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    created: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    dropped: int = 0
    waves: tuple[int, int] = (0, 0)
    error: tuple[str, str] = ("", "")
    zones: Tally = ()
    classes: Tally = ()

    def __bool__(self) -> bool:
        """Return whether anything differs."""
        moved = (
            self.presence or self.gained or self.lost or self.created or self.deleted or self.updated or self.dropped
        )
        return bool(moved) or any(len(set(pair)) > 1 for pair in (self.desired, self.waves, self.error))


class Changes(_Value, frozen=True, kw_only=True):
    """Everything in which two plans differ; DaemonSets and nodes that do not differ are left out."""

    before: SummaryEntry
    after: SummaryEntry
    nodes_added: tuple[str, ...] = ()
    nodes_removed: tuple[str, ...] = ()
    nodes_changed: tuple[NodeChange, ...] = ()
    daemonsets: tuple[DaemonSetChange, ...] = ()

    def __bool__(self) -> bool:
        """Return whether anything differs."""
        return bool(self.nodes_added or self.nodes_removed or self.nodes_changed or self.daemonsets)


def between(before: PlanDocument, after: PlanDocument) -> Changes:
    """Return what the second plan has that the first has not, and the reverse."""
    old = {(entry.namespace, entry.name): entry for entry in before.daemonsets}
    new = {(entry.namespace, entry.name): entry for entry in after.daemonsets}
    touched = [
        _daemonset(key, (before, old.get(key)), (after, new.get(key))) for key in sorted(old.keys() | new.keys())
    ]
    return Changes(
        before=before.summary,
        after=after.summary,
        nodes_added=_minus(after.nodes, before.nodes),
        nodes_removed=_minus(before.nodes, after.nodes),
        nodes_changed=tuple(_changed_nodes(before, after)),
        daemonsets=tuple(change for change in touched if change),
    )


def wanted_nodes(plan: PlanDocument, entry: DaemonSetEntry | None) -> set[str]:
    """Return the nodes that shall run a pod of a DaemonSet."""
    coded = zip(entry.verdicts, plan.classes, strict=False) if entry else ()
    return {plan.nodes[place] for letter, part in coded if letter == "R" for place in ids_of(part.nodes)}


def _daemonset(
    key: tuple[str, str],
    before: tuple[PlanDocument, DaemonSetEntry | None],
    after: tuple[PlanDocument, DaemonSetEntry | None],
) -> DaemonSetChange:
    (_, old), (new_plan, new) = before, after
    was, becomes = wanted_nodes(*before), wanted_nodes(*after)
    work_before, work_after = _work(*before), _work(*after)
    fresh = [work_after[place] - work_before[place] for place in range(3)]
    touched = {name.rpartition("@")[2] for part in fresh for name in part}
    return DaemonSetChange(
        namespace=key[0],
        name=key[1],
        presence="added" if old is None else "removed" if new is None else "",
        desired=(len(was), len(becomes)),
        gained=tuple(sorted(becomes - was)),
        lost=tuple(sorted(was - becomes)),
        created=tuple(sorted(fresh[0])),
        deleted=tuple(sorted(fresh[1])),
        updated=tuple(sorted(fresh[2])),
        dropped=sum(len(work_before[place] - work_after[place]) for place in range(3)),
        waves=(old.summary.waves if old else 0, new.summary.waves if new else 0),
        error=(old.error if old else "", new.error if new else ""),
        zones=_tally(touched, _zones_of(new_plan)),
        classes=_tally(touched, _classes_of(new_plan)),
    )


def _work(plan: PlanDocument, entry: DaemonSetEntry | None) -> tuple[set[str], set[str], set[str]]:
    """Return the nodes with a creation, the `pod@node` that are deleted, and the nodes that are updated."""
    if entry is None:
        return set(), set(), set()
    created = {plan.nodes[place] for part in entry.create for place in ids_of(part.nodes)}
    deleted = {f"{pod}@{node}" for part in entry.delete for node, pod in part.pods}
    deleted |= {f"{pod}@{node}" for node, pod in entry.garbage}
    rollout = entry.rollout
    order = plan.orders[rollout.order] if rollout is not None and rollout.order is not None else ()
    return created, deleted, {plan.nodes[place] for place in order}


def _changed_nodes(before: PlanDocument, after: PlanDocument) -> Iterable[NodeChange]:
    old_fields, new_fields = _fields_of(before), _fields_of(after)
    old_digests = dict(zip(before.nodes, before.digests, strict=False))
    was_sick = {before.nodes[place] for place in ids_of(before.sick)}
    is_sick = {after.nodes[place] for place in ids_of(after.sick)}
    for name, digest in zip(after.nodes, after.digests, strict=False):
        if name not in old_digests:
            continue
        old, new = old_fields[name], new_fields[name]
        fields = [(key, old.get(key, ""), new.get(key, "")) for key in sorted(old.keys() | new.keys())]
        different = [field for field in fields if field[1] != field[2] and field[0] in (*before.reads, *after.reads)]
        if (name in was_sick) != (name in is_sick):
            different.append(("ready", str(name not in was_sick), str(name not in is_sick)))
        if different or (before.reads == after.reads and old_digests[name] != digest):
            yield NodeChange(node=name, fields=tuple(different))


def _fields_of(plan: PlanDocument) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for part in plan.classes:
        fields = {key: " ".join(value) if isinstance(value, list) else str(value) for key, value in part.fields.items()}
        found.update((plan.nodes[place], fields) for place in ids_of(part.nodes))
    return found


def _zones_of(plan: PlanDocument) -> dict[str, str]:
    return {plan.nodes[place]: zone for zone, ids in plan.zones.items() for place in ids_of(ids)}


def _classes_of(plan: PlanDocument) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in plan.classes:
        text = " ".join(
            f"{key.removeprefix('labels/')}={','.join(value) if isinstance(value, list) else value}"
            for key, value in sorted(part.fields.items())
            if value
        )
        found.update((plan.nodes[place], text or "(nothing that is read)") for place in ids_of(part.nodes))
    return found


def _tally(nodes: Iterable[str], names: dict[str, str]) -> Tally:
    counted = Counter(names.get(node, "(none)") for node in nodes)
    return tuple(sorted(counted.items(), key=lambda entry: (-entry[1], entry[0])))


def _minus(one: Iterable[str], other: Iterable[str]) -> tuple[str, ...]:
    gone = set(other)
    return tuple(name for name in one if name not in gone)
