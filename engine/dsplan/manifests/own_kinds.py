"""Kinds of `dsplan.dev`: a NodePool stands for nodes, policies are themselves, others are for those who read them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ..errors import InputError, Problem
from ..model.convert import convert
from ..model.meta import RawTree
from ..model.node import Node

if TYPE_CHECKING:
    from ..model.world import KubernetesObject

__all__ = ["API_VERSION", "POLICIES", "decode_policy_object", "stands_for"]

API_VERSION: Final = "dsplan.dev/v1alpha1"
POLICIES: Final = ("RolloutPolicy", "PlacementPolicy")
"""Kinds that a World holds; they are decoded strictly."""
_LEFT_TO_OTHERS: Final = ("Expectation", "Plan")


def decode_policy_object(kind: str, tree: RawTree) -> KubernetesObject:
    """Return the policy of a raw document of one of the kinds in `POLICIES`.

    Raises InputError with all its problems.
    """
    if kind == "RolloutPolicy":
        from .rollout_policies import decode_policy

        return decode_policy(tree)
    from .placement_policies import decode_placement_policy

    return decode_placement_policy(tree)


def stands_for(kind: str, tree: RawTree) -> tuple[KubernetesObject, ...]:
    """Return the objects that a document of `API_VERSION` stands for; none for a kind that no World holds.

    Raises InputError with the problems of the document, and where the kind is a misspelt one.

    >>> spec = {"replicas": 2}
    >>> pool = {"apiVersion": "dsplan.dev/v1alpha1", "kind": "NodePool", "metadata": {"name": "w"}, "spec": spec}
    >>> [node.metadata.name for node in stands_for("NodePool", pool)]
    ['w-0', 'w-1']
    """
    if kind == "NodePool":
        from .nodepool import expand

        return tuple(convert(node, Node) for node in expand(tree))
    if kind in POLICIES:
        return (decode_policy_object(kind, tree),)
    if kind not in _LEFT_TO_OTHERS:
        _refuse_misspelt(kind)
    return ()


def _refuse_misspelt(kind: str) -> None:
    from ..apiserver.strict import close_to

    meant = close_to(kind, ("NodePool", "InstanceTypes", *POLICIES))
    if meant:
        message = f"unknown kind, did you mean {meant}?"
        raise InputError.of([Problem(reason="FieldValueNotSupported", field="kind", message=message, value=kind)])
