"""What fit comes to."""

from __future__ import annotations

from typing import Literal

import msgspec
from pyroaring import BitMap

from ..model.brief import Brief
from ..model.daemonset import DaemonSetStatus
from ..model.meta import Identity
from ..model.world import Note
from .deployments import DeploymentFit
from .search.components import Component
from .search.conflicts import Conflict

__all__ = ["DaemonSetFit", "Fit", "Goal", "VariantStatus"]

Goal = Literal["coverage", "priority"]


class DaemonSetFit(msgspec.Struct, frozen=True, kw_only=True):
    """One DaemonSet, as node ids in name order.

    `kept`: its pod is there and stays. `placed`: a new one has a place. `left_out`: wanted, without a place. `dropped`:
    its pod is there and a policy wants it gone. `held_back`: wanted by the manifest, not by a policy.
    """

    identity: Identity
    kept: BitMap
    placed: BitMap
    left_out: BitMap
    dropped: BitMap
    held_back: BitMap


class VariantStatus(msgspec.Struct, frozen=True, kw_only=True):
    """DaemonSets that a policy counts as one, with the one status they have now (S4-S8).

    `desired` are the nodes that want some variant, `covered` those of them that have or get it.
    """

    name: str
    policy: Identity
    members: tuple[Identity, ...]
    status: DaemonSetStatus
    covered: int

    @property
    def desired(self) -> int:
        """The nodes that want some variant."""
        return self.status.desired_number_scheduled


class Fit(Brief, msgspec.Struct, frozen=True, kw_only=True):
    """The best that could be found.

    `placed` of `wanted` new pods have a place; `bound` is a number that no placement can exceed and `gap` what might be
    missed, 0 where the optimum is proved. `steps` are the nodes of the search. `policies` hold for all of it;
    `violations` are claims of theirs that fail.
    """

    goal: Goal
    daemonsets: tuple[DaemonSetFit, ...]
    conflicts: tuple[Conflict, ...] = ()
    violations: tuple[Conflict, ...] = ()
    components: tuple[Component, ...] = ()
    variants: tuple[VariantStatus, ...] = ()
    deployments: tuple[DeploymentFit, ...] = ()
    wanted: int = 0
    placed: int = 0
    deletions: int = 0
    gap: int = 0
    steps: int = 0
    settled: dict[str, int] = {}
    policies: tuple[Identity, ...] = ()
    notes: tuple[Note, ...] = ()

    @property
    def bound(self) -> int:
        """The most that any placement could place."""
        return self.placed + self.gap

    def of(self, identity: Identity) -> DaemonSetFit:
        """Return one DaemonSet's part. Raises KeyError for one that was not asked about."""
        for entry in self.daemonsets:
            if entry.identity == identity:
                return entry
        raise KeyError(identity)
