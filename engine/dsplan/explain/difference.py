"""What-if, answered: the difference between two plans as a value; only what differs is in it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

import msgspec
from pyroaring import BitMap

from ..constraints import BUILTIN_RULES, Rule
from ..eligibility import NodeIndex, Verdict
from ..model.arguments import check_moment, check_world
from ..model.brief import Brief
from ..model.meta import Identity
from ..model.world import Note, World
from ..planner import Plan, solve
from ..planner.plan import DaemonSetPlan, Summary
from .edits import Edit, apply

__all__ = ["Change", "DaemonSetDifference", "Difference", "VerdictChange", "difference", "what_if"]


class Change(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Members of a list in the second plan only, and in the first only; both sorted."""

    more: tuple[str, ...] = ()
    less: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Return whether there is a difference."""
        return bool(self.more or self.less)


class VerdictChange(msgspec.Struct, frozen=True):
    """Nodes whose verdict is another; None stands for a node that is not there."""

    before: Verdict | None
    after: Verdict | None
    nodes: tuple[str, ...]


class DaemonSetDifference(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What differs for one DaemonSet: nodes that are created on, `pod@node` that are deleted, nodes that are updated.

    `gone` are pods that are there in the first world only. `desired` and `waves` are (before, after), so is `error`,
    why the pass fails, "" where it does not.
    """

    daemonset: Identity
    desired: tuple[int, int]
    verdicts: tuple[VerdictChange, ...] = ()
    create: Change = Change()
    delete: Change = Change()
    gone: tuple[str, ...] = ()
    update: Change = Change()
    blocked: Change = Change()
    waves: tuple[int, int] = (0, 0)
    error: tuple[str, str] = ("", "")

    def __bool__(self) -> bool:
        """Return whether anything differs."""
        changes = self.verdicts or self.create or self.delete or self.gone or self.update or self.blocked
        return bool(changes) or len(set(self.desired)) + len(set(self.waves)) + len(set(self.error)) > 3


class Difference(Brief, msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Two plans compared. `daemonsets` are those that differ, by identity."""

    edits: tuple[Edit, ...]
    before: Summary
    after: Summary
    nodes: Change
    daemonsets: tuple[DaemonSetDifference, ...]
    notes: tuple[Note, ...] = ()

    def __bool__(self) -> bool:
        """Return whether anything differs."""
        return bool(self.daemonsets or self.nodes)


def what_if(world: World, edits: Iterable[Edit], *, now: datetime, rules: Iterable[Rule] = BUILTIN_RULES) -> Difference:
    """Return what some edits would change in the plan.

    Raises InputError for an edit of something that is not there.

    >>> from datetime import UTC, datetime
    >>> from dsplan.explain.edits import SetLabel
    >>> from dsplan.manifests.decode import decode
    >>> world = decode([
    ...     {"kind": "Node", "metadata": {"name": "n1"}},
    ...     {"kind": "DaemonSet", "metadata": {"name": "ds", "namespace": "default"},
    ...      "spec": {"selector": {"matchLabels": {"app": "d"}}, "template": {"metadata": {"labels": {"app": "d"}},
    ...               "spec": {"nodeSelector": {"disktype": "ssd"}}}}},
    ... ])
    >>> found = what_if(world, [SetLabel("n1", "disktype", "ssd")], now=datetime(2026, 1, 1, tzinfo=UTC))
    >>> found.daemonsets[0].create.more
    ('n1',)
    """
    check_world(world)
    check_moment(now)
    edits, rules = tuple(edits), tuple(rules)
    after = apply(world, edits)
    return difference(solve(world, now=now, rules=rules), solve(after, now=now, rules=rules), edits)


def difference(before: Plan, after: Plan, edits: tuple[Edit, ...] = ()) -> Difference:
    """Return what the second plan has that the first has not, and the reverse, DaemonSet by DaemonSet.

    A DaemonSet that is in one of them only is compared with one that wants nothing.
    """
    first = {entry.identity: entry for entry in before.daemonsets}
    second = {entry.identity: entry for entry in after.daemonsets}
    found = [
        _compare(identity, first.get(identity), before.index, second.get(identity), after.index)
        for identity in sorted(first.keys() | second.keys())
    ]
    return Difference(
        edits=edits,
        before=before.summary,
        after=after.summary,
        nodes=_change(before.index.names, after.index.names),
        daemonsets=tuple(entry for entry in found if entry),
        notes=tuple(note for note in after.notes if note not in before.notes),
    )


def _compare(
    identity: Identity, before: DaemonSetPlan | None, old: NodeIndex, after: DaemonSetPlan | None, new: NodeIndex
) -> DaemonSetDifference:
    return DaemonSetDifference(
        daemonset=identity,
        desired=(_desired(before), _desired(after)),
        verdicts=_verdicts(before, old, after, new),
        create=_change(_created(before), _created(after)),
        delete=_change(_deleted(before), _deleted(after)),
        gone=_change(_there(after), _there(before)).more,
        update=_change(_updated(before), _updated(after)),
        blocked=_change(_blocked(before), _blocked(after)),
        waves=(_waves(before), _waves(after)),
        error=(_error(before), _error(after)),
    )


def _change(before: Iterable[str], after: Iterable[str]) -> Change:
    old, new = set(before), set(after)
    return Change(more=tuple(sorted(new - old)), less=tuple(sorted(old - new)))


def _desired(entry: DaemonSetPlan | None) -> int:
    return entry.desired if entry is not None and entry.step.verdicts is not None else 0


def _created(entry: DaemonSetPlan | None) -> Iterable[str]:
    return [node for node, _ in entry.step.manage.create] if entry and entry.step.manage else ()


def _deleted(entry: DaemonSetPlan | None) -> Iterable[str]:
    if entry is None:
        return ()
    pods = [(node, pod) for node, pod, _ in entry.step.manage.delete] if entry.step.manage else []
    return [f"{pod.name}@{node}" for node, pod in (*pods, *entry.garbage)]


def _there(entry: DaemonSetPlan | None) -> Iterable[str]:
    groups = entry.step.observed.groups if entry and entry.step.observed else {}
    return [f"{pod.name}@{node}" for node, group in groups.items() for pod in group.pods]


def _updated(entry: DaemonSetPlan | None) -> Iterable[str]:
    return entry.rollout.nodes if entry and entry.rollout else ()


def _blocked(entry: DaemonSetPlan | None) -> Iterable[str]:
    return [held.node for held in entry.held] if entry else ()


def _waves(entry: DaemonSetPlan | None) -> int:
    return entry.rollout.wave_count if entry and entry.rollout else 0


def _error(entry: DaemonSetPlan | None) -> str:
    return (entry.step.error or "") if entry else ""


def _verdicts(
    before: DaemonSetPlan | None, old: NodeIndex, after: DaemonSetPlan | None, new: NodeIndex
) -> tuple[VerdictChange, ...]:
    """Return the transitions, in the order of the verdicts; by set algebra where the nodes are the same."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    first, second = _sets(before, old), _sets(after, new)
    if old.names == new.names:
        for was, ids in first.items():
            for becomes, others in second.items():
                if was != becomes and (both := ids & others):
                    found[was, becomes] += [new.names[place] for place in both]
    else:
        was_at, is_at = _by_name(first, old), _by_name(second, new)
        for name in was_at.keys() | is_at.keys():
            if (was := was_at.get(name, "")) != (becomes := is_at.get(name, "")):
                found[was, becomes].append(name)
    return tuple(
        VerdictChange(Verdict(was) if was else None, Verdict(becomes) if becomes else None, tuple(sorted(names)))
        for (was, becomes), names in sorted(found.items())
    )


def _sets(entry: DaemonSetPlan | None, index: NodeIndex) -> dict[str, BitMap]:
    verdicts = entry.step.verdicts if entry else None
    if verdicts is None:
        return {"": index.all}
    run, keep = verdicts.run, verdicts.keep
    return {Verdict.RUN: run, Verdict.KEEP: keep, Verdict.DENY: index.all - run - keep}


def _by_name(sets: dict[str, BitMap], index: NodeIndex) -> dict[str, str]:
    return {index.names[place]: verdict for verdict, ids in sets.items() for place in ids}
