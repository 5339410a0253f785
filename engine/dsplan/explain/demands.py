"""A template's demands on a node's name and labels, one by one, and the values that would satisfy them.

Assumes v1.36 semantics (A1-A11). Invariant: a node satisfies nodeName, nodeSelector and required affinity exactly if
every demand of at least one branch holds; a branch is what always applies plus one OR-ed term.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from enum import StrEnum
from itertools import chain

import msgspec

from ..constraints.node_affinity import field_matches, invalid_field
from ..model.daemonset import DaemonSet
from ..model.node import Node
from ..model.selectors import NodeSelectorTerm, Requirement, is_invalid, parse_int64, requirement_matches

__all__ = ["NAME_KEY", "Branch", "Demand", "DemandKind", "branches_of", "candidates", "observed", "unsatisfiable"]

NAME_KEY = ""
"""Stands for the node's name where else there is a label key; no label key is empty."""

_AFFINITY = "spec.template.spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution"


class DemandKind(StrEnum):
    """Which field a demand stands in."""

    NODE_NAME = "nodeName"
    SELECTOR = "nodeSelector"
    EXPRESSION = "matchExpressions"
    FIELD = "matchFields"
    NOTHING = "nothing"  # an empty term, or an affinity without terms: holds for no node (A3, A4)


class Demand(msgspec.Struct, frozen=True):
    """One requirement: the field it stands in, the label key it asks for (or NAME_KEY), what it asks."""

    kind: DemandKind
    path: str
    key: str
    requirement: Requirement

    @property
    def text(self) -> str:
        """What it asks, for people."""
        if self.kind in (DemandKind.NODE_NAME, DemandKind.SELECTOR):
            return f"{self.requirement.key}={self.requirement.values[0]}"
        return str(self.requirement)

    @property
    def invalid(self) -> str | None:
        """Why it can hold for no node at all (A5, A9, A10), None if it can."""
        if self.kind is DemandKind.NOTHING:
            return "an empty term matches nothing"
        if self.kind is DemandKind.FIELD:
            return invalid_field(self.requirement)
        return is_invalid(self.requirement) if self.kind is DemandKind.EXPRESSION else None

    def holds(self, value: str | None) -> bool:
        """Return whether it holds for a node that has this value, None where the label is absent."""
        if self.invalid is not None:
            return False
        if self.kind is DemandKind.FIELD:
            return field_matches(self.requirement, value or "")
        if self.kind in (DemandKind.NODE_NAME, DemandKind.SELECTOR):
            return value == self.requirement.values[0]
        return requirement_matches(self.requirement, value)


class Branch(msgspec.Struct, frozen=True):
    """One way to satisfy a template: `always` and the demands of one term. `term` is its number, None without terms.

    `others` counts the demands of all other terms.
    """

    term: int | None
    always: tuple[Demand, ...]
    optional: tuple[Demand, ...]
    others: int

    @property
    def demands(self) -> tuple[Demand, ...]:
        """Everything that must hold."""
        return self.always + self.optional

    def by_key(self) -> dict[str, list[Demand]]:
        """Return the demands per label key, keys in the manifest's order."""
        found: dict[str, list[Demand]] = defaultdict(list)
        for demand in self.demands:
            found[demand.key].append(demand)
        return dict(found)


def branches_of(daemonset: DaemonSet) -> tuple[Branch, ...]:
    """Return the ways to satisfy a template's nodeName, nodeSelector and required affinity; at least one."""
    spec = daemonset.pod.spec
    always = []
    if spec.node_name:
        wanted = Requirement(key="node name", operator="In", values=(spec.node_name,))
        always.append(Demand(DemandKind.NODE_NAME, "spec.template.spec.nodeName", NAME_KEY, wanted))
    for key, value in sorted(spec.node_selector.items()):
        wanted = Requirement(key=key, operator="In", values=(value,))
        always.append(Demand(DemandKind.SELECTOR, f"spec.template.spec.nodeSelector[{key}]", key, wanted))
    required = spec.required_node_affinity
    if required is None:
        return (Branch(None, tuple(always), (), 0),)
    terms = [tuple(_demands_of(number, term)) for number, term in enumerate(required.node_selector_terms)]
    if not terms:
        nothing = Demand(DemandKind.NOTHING, _AFFINITY, NAME_KEY, Requirement(key="no term"))
        return (Branch(None, tuple(always), (nothing,), 0),)
    total = sum(map(len, terms))
    return tuple(Branch(number, tuple(always), own, total - len(own)) for number, own in enumerate(terms))


def _demands_of(number: int, term: NodeSelectorTerm) -> Iterator[Demand]:
    path = f"{_AFFINITY}.nodeSelectorTerms[{number}]"
    for place, entry in enumerate(term.match_expressions):
        yield Demand(DemandKind.EXPRESSION, f"{path}.matchExpressions[{place}]", entry.key, entry)
    for place, entry in enumerate(term.match_fields):
        key = NAME_KEY if entry.key == "metadata.name" else f"field {entry.key}"
        yield Demand(DemandKind.FIELD, f"{path}.matchFields[{place}]", key, entry)
    if not term.match_expressions and not term.match_fields:
        yield Demand(DemandKind.NOTHING, path, NAME_KEY, Requirement(key="empty term"))


def observed(node: Node, key: str) -> str | None:
    """Return what a node has under a demand's key: its name, a label, or "" for any other field (A10)."""
    if key == NAME_KEY:
        return node.name
    return "" if key.startswith("field ") else node.labels.get(key)


def candidates(demands: Iterable[Demand], preferred: Iterable[str] = ()) -> list[str | None]:
    """Return label values (None: no label) that stand for all others, in the order in which they should be tried.

    If any value at all satisfies the demands, one of these does: the values they name, one that none of them names,
    numbers next to each bound (in two spellings, so that NotIn can forbid one), and no label. `preferred` are tried
    after those the demands name.
    """
    demands = list(demands)
    named = [value for demand in demands for value in demand.requirement.values]
    numbers = []
    for value in named:
        bound = parse_int64(value)
        for step in range(1, len(named) + 2) if bound is not None else ():
            numbers += [number for number in (bound + step, bound - step) if 0 <= number < 2**63]  # type: ignore[operator]
    spelled = [text for number in numbers for text in (str(number), f"0{number}")]
    fresh = next(text for text in chain(("true",), (f"other-{n}" for n in range(len(named) + 1))) if text not in named)
    pool = (*named, *preferred, *spelled, fresh, None)
    return list(dict.fromkeys(pool))


def unsatisfiable(daemonset: DaemonSet) -> str | None:
    """Return why no node can satisfy the template, whatever its name and labels; None if some node could.

    >>> from dsplan.manifests.decode import decode_object
    >>> unsatisfiable(decode_object({"kind": "DaemonSet", "spec": {"template": {"spec": {"affinity": {"nodeAffinity": {
    ...     "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{"matchExpressions": [
    ...         {"key": "cores", "operator": "Gt", "values": ["four"]}]}]}}}}}}}))
    'no node can have cores Gt [four]: Gt needs an integer'
    """
    clashes = [_clash(branch) for branch in branches_of(daemonset)]
    if not all(clashes):
        return None
    shown = "; nor ".join(dict.fromkeys(clash for clash in clashes if clash))
    return f"no node can have {shown}"


def _clash(branch: Branch) -> str | None:
    """Return the demands of a branch that contradict each other, None if they don't."""
    for demand in branch.demands:
        if (why := demand.invalid) is not None:
            return f"{demand.text}: {why}"
    for key, demands in branch.by_key().items():
        values = candidates(demands)
        if key == NAME_KEY or key.startswith("field "):
            values = [value for value in values if value is not None] if key == NAME_KEY else [""]
        if not any(all(demand.holds(value) for demand in demands) for value in values):
            return " and ".join(demand.text for demand in demands)
    return None
