"""A pod that wants to be on a node: its place in the queue, and what becomes of it."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from ...model.meta import Identity
from .demand import Demand
from .failures import Failure, Holder

__all__ = ["Outcome", "OutcomeKind", "Slot"]


class OutcomeKind(StrEnum):
    """What becomes of a pod that wants to be on a node."""

    PLACED = "placed"
    EVICTS = "evicts"
    """Placed, by evicting others."""
    WAITS = "waits"
    """Placed as soon as pods that are terminating are gone."""
    PENDING = "pending"
    """Does not fit; stays Pending until something else changes (K20)."""
    REFUSED = "refused"
    """The API server does not create it (P1, X13)."""
    REJECTED = "rejected"
    """Born bound (template.spec.nodeName) and refused by the kubelet (K1, K21)."""


class Outcome(msgspec.Struct, frozen=True):
    """What becomes of one pod. `holders` are evicted, or waited for; `evicted_by` took its place before.

    `failures` are in the scheduler's order; the real scheduler reports the first alone.
    """

    kind: OutcomeKind
    holders: tuple[Holder, ...] = ()
    failures: tuple[Failure, ...] = ()
    evicted_by: Identity | None = None


class Slot(msgspec.Struct, frozen=True, eq=False):
    """One pod in the queue, of `owner`, for whatever node it is queued at. `rank` is (-priority, age, name).

    `daemonset` is a position in the world's DaemonSets, -1 for other owners. `trusted` says that eligibility has looked
    at everything that the node alone decides. `born_bound` pods are on the node before any scheduler looks.
    """

    rank: tuple[int, float, str]
    owner: Identity
    demand: Demand
    name: str = ""
    daemonset: int = -1
    trusted: bool = False
    born_bound: bool = False
    evicted_by: Identity | None = None
