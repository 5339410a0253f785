"""The protocol that every constraint follows, built in or an embedder's own.

A constraint declares the fields it reads and is shown nothing else, so it can be evaluated once per distinct projection
and re-evaluated exactly when one of those fields changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Any, Protocol

import msgspec

from ..model.daemonset import DaemonSet
from ..model.node import Node

__all__ = [
    "NAME",
    "TAINTS",
    "Cause",
    "Constraint",
    "Projection",
    "Reason",
    "Rule",
    "Strength",
    "label",
    "label_key",
    "project",
]

Projection = tuple[Any, ...]
"""The values of a constraint's `reads`, in their order; None stands for an absent label."""

NAME = "name"
TAINTS = "taints"
_LABEL = "labels/"


def label(key: str) -> str:
    """Return the field name under which a constraint reads one label."""
    return _LABEL + key


def label_key(field: str) -> str:
    """Return the label key that a field name stands for, empty for any other field.

    >>> label_key("labels/zone"), label_key("taints")
    ('zone', '')
    """
    return field[len(_LABEL) :] if field.startswith(_LABEL) else ""


class Strength(StrEnum):
    """What failing a constraint forbids."""

    CREATE = "create"
    """No new pod; one that is there may stay (E4)."""
    KEEP = "keep"
    """Neither a new pod nor an existing one."""


class Cause(msgspec.Struct, frozen=True, order=True):
    """One failing detail: the field of the manifest, what it needs, what the node has."""

    field: str
    needed: str
    observed: str


class Reason(msgspec.Struct, frozen=True):
    """Why a constraint excludes a node: a stable code, the rule, and every cause in the manifest's or node's order."""

    code: str
    rule: str
    causes: tuple[Cause, ...]

    @property
    def summary(self) -> str:
        """The first cause without what differs from node to node; nodes are counted under it."""
        return self.causes[0].needed if self.causes else self.code


class Constraint(Protocol):
    """One rule about one node. Must be deterministic and may look at nothing but the projection.

    `id` and `version` name it in plans; a plan that names a constraint which is not loaded is unverifiable.
    """

    @property
    def id(self) -> str:
        """Stable name, also the reason code."""

    @property
    def version(self) -> int:
        """Raised when the meaning changes."""

    @property
    def reads(self) -> tuple[str, ...]:
        """Fields of the node it is shown: `name`, `taints`, `labels/KEY`."""

    @property
    def strength(self) -> Strength:
        """What failing forbids."""

    def check(self, projection: Projection) -> Reason | None:
        """Return why a node with these values is excluded, None if it is not."""


Rule = Callable[[DaemonSet], Iterable[Constraint]]
"""Makes the constraints that a DaemonSet's template implies."""


def project(node: Node, reads: tuple[str, ...]) -> Projection:
    """Return the values of the declared fields of one node.

    Raises ValueError for a field that does not exist.

    >>> from dsplan.model.meta import ObjectMeta
    >>> project(Node(metadata=ObjectMeta(name="n1", labels={"zone": "a"})), ("name", "labels/zone", "labels/x"))
    ('n1', 'a', None)
    """
    return tuple([_field(node, name) for name in reads])


def _field(node: Node, name: str) -> Any:
    if name.startswith(_LABEL):
        return node.metadata.labels.get(label_key(name))
    if name == NAME:
        return node.metadata.name
    if name == TAINTS:
        return node.spec.taints
    raise ValueError(f"a constraint cannot read {name!r}; readable are name, taints and labels/KEY")
