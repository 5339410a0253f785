"""PlacementPolicies as they apply to one node: who may not be there, who must, who goes with whom."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec

from ...model.meta import Identity
from ...model.node import Node
from ...model.placement_policy import PlacementPolicy
from ...model.selectors import LabelSelector, selector_matches
from .causes import Cause, CauseCode

__all__ = ["NodeRule", "Relation", "Relations"]


class Relation(msgspec.Struct, frozen=True):
    """What two or more DaemonSets, or one, have to keep to on a node.

    `kind` is one of needs (the first one the second), one (at most one), exactly (one), must, never.
    """

    kind: str
    daemonsets: tuple[Identity, ...]
    cause: Cause


class NodeRule(msgspec.Struct, frozen=True):
    """A relation and the nodes it holds on; None is all."""

    relation: Relation
    nodes: LabelSelector | None = None

    def holds_on(self, node: Node) -> bool:
        """Return whether the node is one of them."""
        return self.nodes is None or selector_matches(self.nodes, node.labels)


class Relations:
    """All policies of a world. `involved` are the DaemonSets any of them names, `limits` the most deletions allowed."""

    def __init__(self, policies: Iterable[PlacementPolicy]) -> None:
        self.policies = tuple(policies)
        self.rules = tuple(rule for policy in self.policies for rule in _rules(policy))
        self.involved = frozenset(name for rule in self.rules for name in rule.relation.daemonsets)
        self.limits = tuple(
            (claim.max_deletions, _cause(CauseCode.CLAIM, policy, f"claims[{index}].maxDeletions", "so few deletions"))
            for policy in self.policies
            for index, claim in enumerate(policy.spec.claims)
            if claim.max_deletions is not None
        )
        self.keys = tuple(sorted({key for rule in self.rules for key in _keys(rule.nodes)}))

    def on(self, node: Node) -> list[Relation]:
        """Return the relations that hold on a node, in the order of the policies."""
        return [rule.relation for rule in self.rules if rule.holds_on(node)]

    @property
    def variants(self) -> Iterator[tuple[str, PlacementPolicy, tuple[Identity, ...]]]:
        """The DaemonSets that are counted as one: (name, policy, members)."""
        for policy in self.policies:
            for group in policy.spec.variants:
                yield group.name, policy, tuple(policy.daemonset(variant.daemon_set) for variant in group.of)


def _keys(selector: LabelSelector | None) -> Iterator[str]:
    if selector is not None:
        yield from selector.match_labels
        yield from (requirement.key for requirement in selector.match_expressions)


def _cause(code: CauseCode, policy: PlacementPolicy, field: str, needed: str) -> Cause:
    return Cause(code=code, object=policy.identity, field=f"spec.{field}", needed=needed)


def _rules(policy: PlacementPolicy) -> Iterator[NodeRule]:
    for maker in _MAKERS:
        yield from maker(policy)


def _requires(policy: PlacementPolicy) -> Iterator[NodeRule]:
    for index, entry in enumerate(policy.spec.requires):
        one = policy.daemonset(entry.daemon_set)
        for other in map(policy.daemonset, entry.needs):
            cause = _cause(CauseCode.REQUIRES, policy, f"requires[{index}]", f"{one} only beside {other}")
            yield NodeRule(Relation("needs", (one, other), cause))


def _per_node(policy: PlacementPolicy) -> Iterator[NodeRule]:
    for index, entry in enumerate(policy.spec.per_node):
        members = tuple(map(policy.daemonset, entry.daemon_sets))
        exactly = entry.count == "ExactlyOne"
        text = f"{'exactly' if exactly else 'at most'} one of {_listed(members)} per node"
        cause = _cause(CauseCode.PER_NODE, policy, f"perNode[{index}]", text)
        yield NodeRule(Relation("exactly" if exactly else "one", members, cause), entry.nodes)


def _apart(policy: PlacementPolicy) -> Iterator[NodeRule]:
    for index, entry in enumerate(policy.spec.apart):
        members = tuple(map(policy.daemonset, entry.daemon_sets))
        cause = _cause(CauseCode.APART, policy, f"apart[{index}]", f"no two of {_listed(members)} on a node")
        yield NodeRule(Relation("one", members, cause))


def _variants(policy: PlacementPolicy) -> Iterator[NodeRule]:
    """A variant is kept off the nodes of the others' classes: off all nodes that are not of its own."""
    for index, group in enumerate(policy.spec.variants):
        members = tuple(policy.daemonset(variant.daemon_set) for variant in group.of)
        field = f"variants[{index}]"
        cause = _cause(CauseCode.VARIANT, policy, field, f"one variant of {group.name} per node")
        yield NodeRule(Relation("one", members, cause))
        for place, variant in enumerate(group.of):
            text = f"{members[place]} only on its own class of nodes"
            off = _cause(CauseCode.VARIANT, policy, f"{field}.of[{place}].nodes", text)
            yield _Elsewhere(Relation("never", (members[place],), off), variant.nodes)


class _Elsewhere(NodeRule, frozen=True):
    """A relation that holds on all nodes but these."""

    def holds_on(self, node: Node) -> bool:
        """Return whether the node is none of them."""
        return not selector_matches(self.nodes, node.labels)


def _suspend(policy: PlacementPolicy) -> Iterator[NodeRule]:
    for index, entry in enumerate(policy.spec.suspend):
        name = policy.daemonset(entry.daemon_set)
        cause = _cause(CauseCode.SUSPENDED, policy, f"suspend[{index}]", f"no pods of {name}")
        yield NodeRule(Relation("never", (name,), cause), entry.nodes)


def _claims(policy: PlacementPolicy) -> Iterator[NodeRule]:
    for index, entry in enumerate(policy.spec.claims):
        for kind, names in (("must", entry.run), ("never", entry.never_run)):
            for name in map(policy.daemonset, names):
                text = f"{name} {'on every' if kind == 'must' else 'on none'} of the nodes"
                cause = _cause(CauseCode.CLAIM, policy, f"claims[{index}]", text)
                yield NodeRule(Relation(kind, (name,), cause), entry.nodes)


def _listed(members: Sequence[Identity]) -> str:
    return ", ".join(map(str, members))


_MAKERS: tuple[Callable[[PlacementPolicy], Iterator[NodeRule]], ...] = (
    _requires,
    _per_node,
    _apart,
    _variants,
    _suspend,
    _claims,
)
