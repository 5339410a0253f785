"""Is a set of causes a conflict, and each of them necessary? Tried in a little world of the named things alone.

There, only named owners have pods or want any; they ask for nothing but the named resource, hold nothing but the named
ports, and refuse or seek nobody unless pod affinity is named.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import permutations, product

import msgspec

from dsplan.model.meta import Identity
from dsplan.model.node import Toleration
from dsplan.model.world import World
from dsplan.placement.filters.demand import Demand, Tenant
from dsplan.placement.filters.fits import fits
from dsplan.placement.filters.node_load import Cluster, NodeLoad
from dsplan.placement.filters.scheduler_view import SchedulerView
from dsplan.placement.fit_types import Fit
from dsplan.placement.search.causes import Cause, CauseCode
from dsplan.placement.search.conflicts import Conflict
from dsplan.placement.search.node_model import THE_NODE

PLENTY = 1 << 62
ANYTHING = (Toleration(operator="Exists"),)
Place = tuple[Identity, int]


def problems(world: World, best: Fit, demands: dict[Place, Demand], conflict: Conflict) -> list[str]:
    """Return what is wrong with a conflict on its first node; nothing for one that is minimal."""
    position = conflict.nodes[0]
    found = [_problems_of(world, demands, conflict, position, rivals) for rivals in _rivals(best, conflict, position)]
    return min(found, key=len)


def _rivals(best: Fit, conflict: Conflict, position: int) -> Iterator[tuple[Place, ...]]:
    """Yield where those who are wanted on another node may be: somewhere they were placed."""
    elsewhere = [cause.object for cause in conflict.causes[1:] if "another node" in cause.needed]
    choices = [[(name, n) for n in best.of(name).placed if n != position] for name in elsewhere]
    yield from product(*choices)


def _problems_of(
    world: World, demands: dict[Place, Demand], conflict: Conflict, position: int, rivals: Sequence[Place]
) -> list[str]:
    causes = list(conflict.causes)
    found = []
    if _is_possible(world, demands, causes, position, rivals):
        found.append("all causes together are no conflict")
    for cause in causes[1:]:
        rest = [other for other in causes if other is not cause]
        left = [place for place in rivals if place[0] != cause.object or cause.code is not CauseCode.WANTED]
        if not _is_possible(world, demands, rest, position, left):
            found.append(f"{cause} can be left out")
    return found


def _is_possible(
    world: World, demands: dict[Place, Demand], causes: Sequence[Cause], position: int, rivals: Sequence[Place]
) -> bool:
    """Return whether some order of arrival places everybody who is wanted."""
    wanted = [
        (cause.object, position)
        for cause in causes
        if cause.code is CauseCode.WANTED and "another node" not in cause.needed
    ]
    wanted += rivals
    little = [(_stripped(demands[place], place[0], causes), place) for place in wanted]
    return any(_arrive(world, causes, order) for order in permutations(little))


def _arrive(world: World, causes: Sequence[Cause], order: Iterable[tuple[Demand, Place]]) -> bool:
    cluster = _cluster(world, causes)
    for demand, (owner, position) in order:
        if not fits(demand, cluster.loads[position], cluster):
            return False
        cluster.bind(Tenant("", owner, demand), cluster.loads[position])
    return True


def _cluster(world: World, causes: Sequence[Cause]) -> Cluster:
    named = {cause.object for cause in causes if cause.code is not CauseCode.WANTED}
    resources = _resources(causes)
    loads = []
    for load in SchedulerView(world).loads:
        node = msgspec.structs.replace(load.node, spec=msgspec.structs.replace(load.node.spec, unschedulable=False))
        allocatable = {name: load.allocatable.get(name, 0) for name in resources}
        room = NodeLoad(node, _Room(allocatable))
        room.pods = load.pods if "pods" in resources else PLENTY
        for tenant in load.tenants:
            if tenant.owner in named:
                room.add(msgspec.structs.replace(tenant, demand=_stripped(tenant.demand, tenant.owner, causes)))
        loads.append(room)
    return Cluster(loads)


class _Room(dict[str, int]):
    """What is named, and plenty of everything else."""

    def get(self, name: str, default: int | None = None) -> int:  # type: ignore[override]
        return super().get(name, PLENTY)


def _resources(causes: Iterable[Cause]) -> set[str]:
    fields = [cause.field for cause in causes if cause.code is CauseCode.ALLOCATABLE]
    return {field.partition("[")[2].removesuffix("]") for field in fields}


def _stripped(demand: Demand, owner: Identity, causes: Sequence[Cause]) -> Demand:
    """Return the demand with nothing but what the causes are about."""
    ports = any(cause.field.startswith("port ") for cause in causes)
    near = [cause for cause in causes if cause.code is CauseCode.AFFINITY]
    return msgspec.structs.replace(
        demand,
        ports=demand.ports if ports else (),
        affinity=demand.affinity if any(_seeks(cause, owner) for cause in near) else (),
        anti_affinity=demand.anti_affinity if near else (),
        spread=(),
        tolerations=demand.tolerations if any(cause.code is CauseCode.NODE for cause in causes) else ANYTHING,
        node_selector={},
        volumes=(),
    )


def _seeks(cause: Cause, owner: Identity) -> bool:
    return cause.object in (owner, THE_NODE) and "podAntiAffinity" not in cause.field
