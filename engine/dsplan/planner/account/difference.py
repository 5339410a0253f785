"""What lies between two accounts: fates, causes, waves, evictions and stalls that are another.

A label that is only now read, a row that is cut differently, a moment of the same fate: none of that is a difference.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec

from ...model.brief import Brief
from ...model.meta import Identity
from .types import Account, DaemonSetAccount, Row, Sums
from .words import Fate, LotKind, Spent

__all__ = [
    "AccountDifference",
    "DaemonSetDifference",
    "EvictionChange",
    "FateChange",
    "NameChange",
    "Part",
    "Side",
    "compare_sides",
    "difference",
    "side_of",
]


class NameChange(msgspec.Struct, frozen=True, rename="camel"):
    """Names that only the second account has, and those that only the first has; both sorted."""

    more: tuple[str, ...] = ()
    less: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Return whether there is a difference."""
        return bool(self.more or self.less)


class FateChange(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Nodes whose fate, or its cause, is another; an empty fate stands for a pair that is not there."""

    before: str
    after: str
    before_text: str = ""
    after_text: str = ""
    loses: bool = False
    nodes: tuple[str, ...] = ()


class EvictionChange(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Pods of one owner that are evicted: how many before and after, and the nodes that are new or no more."""

    victim: str
    pods: tuple[int, int]
    nodes: NameChange


class DaemonSetDifference(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What differs for one DaemonSet; pairs are (before, after). `presence` is "added" or "removed".

    `wanted` are nodes that shall run a pod, `create`, `delete` and `update` nodes where pods come besides replacements,
    go besides replacements, and are replaced; `at_once` of `delete` are outside any budget. `stall` says why the
    roll-out does not get to its end, `error` why the pass fails.
    """

    daemonset: Identity
    presence: str = ""
    desired: tuple[int, int] = (0, 0)
    before: Sums = Sums()
    after: Sums = Sums()
    fates: tuple[FateChange, ...] = ()
    wanted: NameChange = NameChange()
    create: NameChange = NameChange()
    delete: NameChange = NameChange()
    at_once: NameChange = NameChange()
    update: NameChange = NameChange()
    evictions: tuple[EvictionChange, ...] = ()
    waves: tuple[int, int] = (0, 0)
    stall: tuple[str, str] = ("", "")
    error: tuple[str, str] = ("", "")

    def __bool__(self) -> bool:
        """Return whether anything differs."""
        pairs = (self.desired, self.waves, self.stall, self.error)
        return bool(self.presence or self.fates or self.evictions) or any(one != other for one, other in pairs)

    @property
    def has_new_problems(self) -> bool:
        """Whether a roll-out stalls, a pass fails, or a pod finds no place, that did not before."""
        stops = any(after and before != after for before, after in (self.stall, self.error))
        worse = (change for change in self.fates if change.before != change.after)
        return stops or any(change.after in (Fate.STALLED, Fate.UNPLACED) for change in worse)


class AccountDifference(Brief, msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Two accounts compared; DaemonSets that do not differ are left out."""

    before: Sums
    after: Sums
    nodes: NameChange = NameChange()
    daemonsets: tuple[DaemonSetDifference, ...] = ()

    def __bool__(self) -> bool:
        """Return whether anything differs."""
        return bool(self.nodes or self.daemonsets)

    @property
    def has_new_problems(self) -> bool:
        """Whether the second account stalls, fails or finds no place where the first one does not."""
        return any(entry.has_new_problems for entry in self.daemonsets)


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """Nodes of one side that are told alike: `comes` and `goes` besides replacements, `wanted` by the verdict."""

    fate: str
    text: str
    nodes: Sequence[str]
    comes: bool = False
    goes: bool = False
    at_once: bool = False
    wanted: bool = False
    loses: bool = False


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """One DaemonSet of one account, by names: what a comparison needs, whether it comes from a plan or from a file."""

    parts: tuple[Part, ...]
    desired: int
    sums: Sums
    evictions: Mapping[str, Mapping[str, int]]
    stall: str = ""
    error: str = ""


def difference(
    before: Account, before_nodes: Sequence[str], after: Account, after_nodes: Sequence[str]
) -> AccountDifference:
    """Return what the second account has that the first has not, and the reverse; nodes are the names of each.

    >>> difference(Account(), (), Account(), ("n1",)).nodes.more
    ('n1',)
    """
    first = {entry.identity: side_of(entry, before_nodes) for entry in before.daemonsets}
    second = {entry.identity: side_of(entry, after_nodes) for entry in after.daemonsets}
    return compare_sides(first, before_nodes, before.sums, second, after_nodes, after.sums)


def side_of(entry: DaemonSetAccount, nodes: Sequence[str]) -> Side:
    """Return one DaemonSet of an account by names."""
    evictions: dict[str, dict[str, int]] = defaultdict(dict)
    for eviction in entry.evictions:
        for position in eviction.nodes:
            here = evictions[str(eviction.victim)]
            here[nodes[position]] = here.get(nodes[position], 0) + eviction.pods
    parts = tuple(_part(row, nodes) for row in entry.rows)
    return Side(
        parts=parts,
        desired=sum(len(part.nodes) for part in parts if part.wanted),
        sums=entry.sums,
        evictions=evictions,
        stall=entry.course.text if entry.stalls else "",
        error=entry.error,
    )


def _part(row: Row, nodes: Sequence[str]) -> Part:
    replaced = row.fate is Fate.REPLACED
    return Part(
        fate=str(row.fate),
        text=f"{row.reason}: {row.text}" if row.text and row.reason else row.text,
        nodes=[*(nodes[position] for position in row.nodes), *row.vanished],
        comes=not replaced and row.count(LotKind.COMES) > 0,
        goes=not replaced and row.count(LotKind.DELETED, LotKind.COLLECTED) > 0,
        at_once=any(lot.kind is LotKind.DELETED and lot.budget is Spent.OUTSIDE for lot in row.lots),
        wanted=row.verdict == "RUN",
        loses=row.loses,
    )


def compare_sides(
    before: Mapping[Identity, Side],
    before_nodes: Sequence[str],
    before_sums: Sums,
    after: Mapping[Identity, Side],
    after_nodes: Sequence[str],
    after_sums: Sums,
) -> AccountDifference:
    """Return the difference between two sets of sides."""
    found = [_compare(identity, before.get(identity), after.get(identity)) for identity in sorted({*before, *after})]
    return AccountDifference(
        before=before_sums,
        after=after_sums,
        nodes=_change(before_nodes, after_nodes),
        daemonsets=tuple(entry for entry in found if entry),
    )


_NOBODY = Side(parts=(), desired=0, sums=Sums(), evictions={})


def _compare(identity: Identity, before: Side | None, after: Side | None) -> DaemonSetDifference:
    old, new = before or _NOBODY, after or _NOBODY
    return DaemonSetDifference(
        daemonset=identity,
        presence="added" if before is None else "removed" if after is None else "",
        desired=(old.desired, new.desired),
        before=old.sums,
        after=new.sums,
        fates=_fates(old, new),
        wanted=_by(old, new, lambda part: part.wanted),
        create=_by(old, new, lambda part: part.comes),
        delete=_by(old, new, lambda part: part.goes),
        at_once=_by(old, new, lambda part: part.at_once),
        update=_by(old, new, lambda part: part.fate == Fate.REPLACED),
        evictions=_evictions(old, new),
        waves=(old.sums.waves, new.sums.waves),
        stall=(old.stall, new.stall),
        error=(old.error, new.error),
    )


def _change(before: Iterable[str], after: Iterable[str]) -> NameChange:
    old, new = set(before), set(after)
    return NameChange(tuple(sorted(new - old)), tuple(sorted(old - new)))


def _by(before: Side, after: Side, holds: Callable[[Part], bool]) -> NameChange:
    old = (name for part in before.parts if holds(part) for name in part.nodes)
    new = (name for part in after.parts if holds(part) for name in part.nodes)
    return _change(old, new)


def _fates(before: Side, after: Side) -> tuple[FateChange, ...]:
    """Return the transitions, the larger first; nodes that are excluded on both sides for another reason count."""
    was = {name: part for part in before.parts for name in part.nodes}
    found: dict[tuple[str, str, str, str, bool], list[str]] = defaultdict(list)
    for part in after.parts:
        for name in part.nodes:
            old = was.pop(name, None)
            if old is None:
                found["", part.fate, "", part.text, part.loses].append(name)
            elif (old.fate, old.text, old.loses) != (part.fate, part.text, part.loses):
                found[old.fate, part.fate, old.text, part.text, part.loses].append(name)
    for name, old in was.items():
        found[old.fate, "", old.text, "", False].append(name)
    changes = (
        FateChange(
            before=key[0], after=key[1], before_text=key[2], after_text=key[3], loses=key[4], nodes=tuple(sorted(nodes))
        )
        for key, nodes in found.items()
    )
    return tuple(sorted(changes, key=lambda change: (-len(change.nodes), change.after, change.nodes[:1])))


def _evictions(before: Side, after: Side) -> tuple[EvictionChange, ...]:
    found: list[EvictionChange] = []
    for victim in sorted({*before.evictions, *after.evictions}):
        old, new = before.evictions.get(victim, {}), after.evictions.get(victim, {})
        if old != new:
            pods = sum(old.values()), sum(new.values())
            found.append(EvictionChange(victim=victim, pods=pods, nodes=_change(old, new)))
    return tuple(found)
