"""Set algebra for the constraints whose satisfying nodes the index can name without asking every projection.

Each shortcut must give what `check` gives; a property test holds them together.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from operator import and_, or_

from pyroaring import BitMap

from ..constraints.checking import check_constraint
from ..constraints.node_affinity import NodeAffinityMatches
from ..constraints.placement_fields import NodeNameMatches, NodeSelectorMatches
from ..constraints.protocol import Constraint
from ..model.selectors import NodeSelectorTerm, Requirement, parse_int64
from .index import NodeIndex

__all__ = ["satisfying"]


def satisfying(constraint: Constraint, index: NodeIndex) -> BitMap:
    """Return the ids of the nodes that satisfy the constraint."""
    if isinstance(constraint, NodeSelectorMatches):
        index.build_columns(key for key, _ in constraint.selector)
        return reduce(and_, (index.with_label(key, value) for key, value in constraint.selector))
    if isinstance(constraint, NodeAffinityMatches):
        index.build_columns(constraint.keys)
        live = (term for term, dead in zip(constraint.terms, constraint.dead, strict=True) if dead is None)
        return reduce(or_, (_term(term, index) for term in live), BitMap())
    if isinstance(constraint, NodeNameMatches):
        return _named(constraint.node_name, index)
    return _union(
        ids for projection, ids in index.groups(constraint.reads) if check_constraint(constraint, projection) is None
    )


def _union(parts: Iterable[BitMap | int]) -> BitMap:
    """Return the union of sets and bare ids; the bare ones are put in all at once."""
    found, alone = BitMap(), []
    for ids in parts:
        if isinstance(ids, int):
            alone.append(ids)
        else:
            found |= ids
    return found | BitMap(alone)


def _named(name: str, index: NodeIndex) -> BitMap:
    position = index.ids.get(name)
    return BitMap() if position is None else BitMap((position,))


def _term(term: NodeSelectorTerm, index: NodeIndex) -> BitMap:
    sets = [_expression(requirement, index) for requirement in term.match_expressions]
    sets += [_field(requirement, index) for requirement in term.match_fields]
    return reduce(and_, sets)


def _expression(requirement: Requirement, index: NodeIndex) -> BitMap:
    key, operator, values = requirement.key, requirement.operator, requirement.values
    if operator in ("In", "NotIn"):
        named = reduce(or_, (index.with_label(key, value) for value in values), BitMap())
        return named if operator == "In" else index.all - named
    if operator == "Exists":
        return index.with_key(key)
    if operator == "DoesNotExist":
        return index.all - index.with_key(key)
    bound = parse_int64(values[0])
    return index.with_number(key, above=bound) if operator == "Gt" else index.with_number(key, below=bound)


def _field(requirement: Requirement, index: NodeIndex) -> BitMap:
    value, is_name = requirement.values[0], requirement.key == "metadata.name"
    equal = _named(value, index) if is_name else (index.all if value == "" else BitMap())
    matching = equal if requirement.operator == "In" else index.all - equal
    return matching | _named("", index)
