"""The stalls that every plan reports: only roll-outs that may stall are simulated."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from ..apiserver.admission import Quotas
from ..model.daemonset import DaemonSet
from ..model.meta import Identity
from ..model.world import World
from ..observe import Observed
from ..passes.observation import Surroundings, surroundings_of
from ..passes.step import pass_over
from ..placement.filters.created import Templates
from ..simulator.preparation import prepared_world
from .stall_screening import StallScreening

if TYPE_CHECKING:
    from .stall_types import Stall

__all__ = ["expected_stalls"]


def expected_stalls(
    world: World, *, now: datetime, most_waves: int = 1000, most_pods: int = 20_000
) -> tuple[tuple[Stall, ...], tuple[Identity, ...]]:
    """Return the expected stalls, and the DaemonSets that may stall and were not simulated to the end.

    Those are the ones with more than `most_waves` waves, and what is left once `most_pods` pods have been set up: each
    DaemonSet is simulated by itself (C20), among all pods of the world. Roll-outs that cannot stall are left out. So
    this is fit for every plan: some seconds at the most. What policies decide is left out, too: their part of the
    plan says where it stalls.
    """
    world = prepared_world(world)
    around = surroundings_of(world, now=now)
    screening = StallScreening(Templates(world), around.index, Quotas(world.resource_quotas, ()))
    found: list[Stall] = []
    left: list[Identity] = []
    by_policy = _held_by_policies(world)
    for daemonset in world.daemonsets:
        if daemonset.identity in by_policy:
            continue
        observed = _observed(daemonset, around)
        waves = 0 if observed is None else screening.waves(daemonset, observed)
        if not waves:
            continue
        from .stalls import ends_within, forecast_stalls

        most_pods -= len(world.pods)
        alone = msgspec.structs.replace(world, daemonsets=(daemonset,))
        if most_pods < 0 or (waves > most_waves and not ends_within(alone, now, most_waves)):
            left.append(daemonset.identity)
        else:
            found += forecast_stalls(alone, now=now)
    return tuple(found), tuple(left)


def _held_by_policies(world: World) -> set[Identity]:
    if not world.rollout_policies:
        return set()
    from ..simulator.policies import held_by_policies

    return held_by_policies(world)


def _observed(daemonset: DaemonSet, around: Surroundings) -> Observed | None:
    """Return what a pass sees, None where it ends before it looks (C3, C4)."""
    return pass_over(daemonset, around, brief=True).observed
