"""What could be placed at best, without evicting anybody, and why the rest cannot.

Nodes where one sum shows that everything fits are settled at once. Every other node (or class of equal nodes) becomes a
choice; choices that pod affinity connects are joined; parts that no rule connects are solved apart, equal ones once.
Policies come first, then the fewest deletions, then coverage (or coverage by priority).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence

import msgspec
from pyroaring import BitMap

from ..eligibility import Verdict
from ..model.arguments import check_world
from ..model.daemonset import DaemonSetStatus
from ..model.meta import Identity
from ..model.world import Note, World
from ..observe import Shape
from ..observe.status import count_status
from .deployments import DeploymentFit, place_deployment
from .filters.demand import Demand, Tenant
from .filters.outcomes import Slot
from .filters.scheduler_view import SchedulerView
from .fit_types import DaemonSetFit, Fit, Goal, VariantStatus
from .scheduler.arrivals import Arrivals, PassOverAll, leaving_pods
from .scheduler.classes import Bundle, bundle_of, class_key, takes_all
from .scheduler.coupling import Coupling
from .search.causes import Cause, CauseCode
from .search.components import Component, Solver
from .search.conflicts import Conflict
from .search.node_model import Candidate, NodeModel, model_of
from .search.relations import Relations
from .search.settle import settle
from .search.solver import DEFAULT_STEPS

__all__ = ["fit"]

_Found = dict[tuple[Identity, tuple[Cause, ...]], BitMap]


def fit(
    world: World,
    step: PassOverAll,
    *,
    maximise: Goal = "coverage",
    rollout: bool = False,
    search: bool = True,
    steps: int = DEFAULT_STEPS,
) -> Fit:
    """Return the largest set of wanted pods that can be placed without eviction, within the world's PlacementPolicies.

    `maximise` coverage counts every pod alike; priority places as many as possible of the highest priority first, and
    so on. `steps` is the limit of search nodes for one component (more for a large one), ten times as many for all; a
    component that exceeds it ends with the best found. Without `search` the answer is the greedy one.

    >>> from datetime import UTC, datetime
    >>> from dsplan import decode, step
    >>> def daemonset(name, memory):
    ...     spec = {"containers": [{"name": "c", "image": "i", "resources": {"requests": {"memory": memory}}}]}
    ...     return {"kind": "DaemonSet", "metadata": {"name": name, "namespace": "default"},
    ...             "spec": {"selector": {"matchLabels": {"app": name}},
    ...                      "template": {"metadata": {"labels": {"app": name}}, "spec": spec}}}
    >>> node = {"kind": "Node", "metadata": {"name": "n1"}, "status": {"allocatable": {"memory": "4Gi", "pods": "9"}}}
    >>> world = decode([node, daemonset("a", "3Gi"), daemonset("b", "2Gi"), daemonset("c", "2Gi")])
    >>> best = fit(world, step(world, now=datetime(2026, 1, 1, tzinfo=UTC)))
    >>> best.placed, best.wanted, [str(cause) for cause in best.conflicts[0].causes][:2]
    (2, 3, ['Wanted: default/a (memory 3Gi)', 'Allocatable: the node (memory 4Gi)'])
    """
    check_world(world)
    return _Fit(world, step, maximise, rollout, Solver(steps=steps, search=search)).run()


class _Fit:
    def __init__(self, world: World, step: PassOverAll, goal: Goal, rollout: bool, solver: Solver) -> None:
        leaving = leaving_pods(step, rollout=rollout)
        self.scene = SchedulerView(world, leaving=leaving, doubt=True)
        self.goal: Goal = goal
        self.solver = solver
        self.relations = Relations(world.placement_policies)
        self.arrivals = [
            Arrivals(entry, number, self.scene, leaving, rollout=rollout)
            for number, entry in enumerate(step.daemonsets)
        ]
        self.identities = [entry.daemonset.identity for entry in step.daemonsets]
        self.wanted = [entry.verdicts.run if entry.verdicts else BitMap() for entry in step.daemonsets]
        self.situations = [entry.observed.situations if entry.observed else () for entry in step.daemonsets]
        self.involved = {n for n, name in enumerate(self.identities) if name in self.relations.involved}
        self.placed = [BitMap() for _ in self.arrivals]
        self.left_out = [BitMap() for _ in self.arrivals]
        self.held_back = [BitMap() for _ in self.arrivals]
        self.dropped = [BitMap() for _ in self.arrivals]
        self.conflicts: _Found = {}
        self.violations: _Found = {}
        self.components: dict[tuple[int, int, int, int, int], int] = defaultdict(int)
        self.settled = {"sum": 0, "class": 0, "search": 0}
        self.steps = 0
        self.gap = 0

    def run(self) -> Fit:
        queues = self._queues()
        self.coupling = Coupling({slot.demand for slots in queues.values() for slot in slots}, self.scene.cluster)
        known: dict[tuple[Slot, ...], Bundle] = {}
        classes: dict[Hashable, list[tuple[int, list[Slot]]]] = defaultdict(list)
        entangled: list[tuple[int, list[Slot]]] = []
        for position, slots in sorted(queues.items()):
            slots.sort(key=lambda slot: slot.rank)
            load = self.scene.loads[position]
            if not self._relations_on(position) and takes_all(load, bundle_of(slots, self.coupling.touched, known)):
                self._all_fit(position, slots)
            elif self.coupling.reaches_out and any(slot.demand in self.coupling.touched for slot in slots):
                entangled.append((position, slots))
            else:
                read = tuple(map(load.node.labels.get, self.relations.keys))
                classes[class_key(load, slots, self.coupling.keys), read].append((position, slots))
        for members in classes.values():
            self._settle([self._model(*members[0])], BitMap([other for other, _ in members]))
        if entangled:
            self._settle([self._model(position, slots) for position, slots in entangled], None)
        self.settled["search"] = len(classes) + len(entangled)
        self.settled["class"] = sum(len(members) - 1 for members in classes.values())
        return self._result()

    def _queues(self) -> dict[int, list[Slot]]:
        """Return who wants to be on which node; under relations, nodes where nobody does are there, too."""
        everywhere = range(len(self.scene.loads)) if self.relations.rules else ()
        queues: dict[int, list[Slot]] = defaultdict(list, {position: [] for position in everywhere})
        for arrivals in self.arrivals:
            for position, slot in arrivals.slots:
                if slot.daemonset >= 0:
                    queues[position].append(slot)
        return queues

    def _relations_on(self, position: int) -> bool:
        return bool(self.relations.rules) and bool(self.relations.on(self.scene.loads[position].node))

    def _all_fit(self, position: int, slots: Sequence[Slot]) -> None:
        self.settled["sum"] += 1
        for slot in slots:
            self.placed[slot.daemonset].add(position)

    def _model(self, position: int, slots: Sequence[Slot]) -> NodeModel:
        load = self.scene.loads[position]
        relations = self.relations.on(load.node) if self.relations.rules else []
        named = {name for relation in relations for name in relation.daemonsets}
        candidates = [Candidate(slot.owner, slot.demand, slot.daemonset) for slot in slots]
        waiting = {candidate.owner for candidate in candidates}
        for n in sorted(self.involved):
            name = self.identities[n]
            if name in named and name not in waiting and position in self.arrivals[n].present:
                own = [tenant for tenant in load.tenants if tenant.owner == name and not tenant.terminating]
                candidates += [Candidate(name, tenant.demand, n, tenant) for tenant in own[:1]]
        trusted = {slot.demand for slot in slots if slot.trusted and not slot.demand.volumes}

        def plain(demand: Demand) -> bool:
            return demand in trusted and demand not in self.coupling.touched

        return model_of(position, candidates, self.scene.cluster, relations, plain)

    def _goals(self, candidates: Sequence[Candidate]) -> tuple[tuple[int, ...], ...]:
        """As few deletions as possible, then as many pods as possible, by priority if that is the goal."""
        kept = tuple(n for n, candidate in enumerate(candidates) if candidate.tenant is not None)
        everyone = tuple(range(len(candidates)))
        goals = [kept] if kept else []
        if self.goal == "priority":
            levels = sorted({candidate.demand.priority for candidate in candidates}, reverse=True)
            goals += [tuple(n for n in everyone if candidates[n].demand.priority == level) for level in levels]
        return (*goals, everyone)

    def _settle(self, models: Sequence[NodeModel], nodes: BitMap | None) -> None:
        """Settle one class of equal nodes, or with `nodes` None nodes that are each their own."""
        settlement = settle(models, self.scene.cluster, self.solver, self._goals)
        self.gap += settlement.missed
        here = [nodes if nodes is not None else BitMap([model.position]) for model in models]
        times = 1 if nodes is None else len(nodes)
        for part in settlement.parts:
            self.steps += part.steps
            self.gap += part.gap * times
            if part.size > 1:
                self.components[part.size, part.steps, part.best, part.bound, part.gap] += times
            for row in part.rows:
                if not row.chosen:
                    self._leave_out(row.candidate, row.causes, here[row.model])
                elif row.candidate.tenant is None:
                    self.placed[row.candidate.number] |= here[row.model]
        for causes, numbers in settlement.violated:
            _add(self.violations, causes[0].object, causes, BitMap.union(*(here[number] for number in numbers)))
        for number, model in enumerate(models):
            self._unmet(model, here[number])

    def _leave_out(self, candidate: Candidate, causes: tuple[Cause, ...], nodes: BitMap) -> None:
        n = candidate.number
        if candidate.tenant is not None:
            self.dropped[n] |= nodes
        elif any(cause.code in _BY_POLICY for cause in causes):
            self.held_back[n] |= nodes
        else:
            self.left_out[n] |= nodes
            _add(self.conflicts, candidate.owner, causes, nodes)

    def _unmet(self, model: NodeModel, nodes: BitMap) -> None:
        for relation in model.unmet:
            names = ", ".join(map(str, relation.daemonsets))
            nobody = Cause(code=CauseCode.NODE, object=relation.daemonsets[0], observed=f"the node is not for {names}")
            _add(self.violations, relation.cause.object, (relation.cause, nobody), nodes)

    def _result(self) -> Fit:
        for n, arrivals in enumerate(self.arrivals):
            if arrivals.refusal is not None and arrivals.refused:
                self.left_out[n] |= arrivals.refused
                cause = Cause(code=CauseCode.ADMISSION, object=self.identities[n], observed=arrivals.refusal.message)
                _add(self.conflicts, self.identities[n], (cause,), arrivals.refused)
        deletions = sum(map(len, self.dropped))
        for limit, cause in self.relations.limits:
            if deletions > limit:
                nodes = BitMap.union(BitMap(), *self.dropped)
                seen = msgspec.structs.replace(
                    cause, needed=f"at most {limit} deletions", observed=f"{deletions} needed"
                )
                _add(self.violations, cause.object, (seen,), nodes)
        return Fit(
            goal=self.goal,
            daemonsets=tuple(map(self._entry, range(len(self.arrivals)))),
            conflicts=_sorted(self.conflicts),
            violations=_sorted(self.violations),
            components=tuple(self._components()),
            variants=tuple(self._variants()),
            deployments=self._deployments(),
            wanted=sum(map(len, (*self.placed, *self.left_out))),
            placed=sum(map(len, self.placed)),
            deletions=deletions,
            gap=self.gap,
            steps=self.steps,
            settled=self.settled,
            policies=tuple(policy.identity for policy in self.relations.policies),
            notes=(*self.scene.templates.notes, *self.scene.notes, *self._strangers()),
        )

    def _strangers(self) -> Iterator[Note]:
        """Yield the names in policies that no DaemonSet has."""
        for name in sorted(self.relations.involved - set(self.identities)):
            yield Note("PlacementPolicy", f"{name} is named, but no DaemonSet has that name")

    def _entry(self, n: int) -> DaemonSetFit:
        return DaemonSetFit(
            identity=self.identities[n],
            kept=self.arrivals[n].present - self.dropped[n],
            placed=self.placed[n],
            left_out=self.left_out[n],
            dropped=self.dropped[n],
            held_back=self.held_back[n],
        )

    def _deployments(self) -> tuple[DeploymentFit, ...]:
        """Place every Deployment beside the daemons, in the order of their names."""
        deployments = self.scene.world.deployments
        if not deployments:
            return ()
        demands = {(position, slot.daemonset): slot.demand for n in self.arrivals for position, slot in n.slots}
        for n, nodes in enumerate(self.dropped):
            for position in nodes:
                load = self.scene.loads[position]
                for tenant in [entry for entry in load.tenants if entry.owner == self.identities[n]]:
                    self.scene.cluster.evict(tenant, load)
        for n, nodes in enumerate(self.placed):
            for position in nodes:
                tenant = Tenant("", self.identities[n], demands[position, n])
                self.scene.cluster.bind(tenant, self.scene.loads[position])
        daemons = list(zip(self.identities, self.placed, strict=True))
        return tuple(place_deployment(deployment, self.scene, daemons) for deployment in deployments)

    def _components(self) -> Iterator[Component]:
        for (size, steps, best, bound, gap), times in sorted(self.components.items(), reverse=True):
            yield Component(size=size, nodes=times, steps=steps, best=best, bound=bound, gap=gap)

    def _variants(self) -> Iterator[VariantStatus]:
        for name, policy, members in self.relations.variants:
            numbers = [n for n, identity in enumerate(self.identities) if identity in members]
            desired = BitMap.union(BitMap(), *(self.wanted[n] - self.held_back[n] for n in numbers))
            covered = BitMap.union(
                BitMap(), *(self.placed[n] | (self.arrivals[n].present - self.dropped[n]) for n in numbers)
            )
            yield VariantStatus(
                name=name,
                policy=policy.identity,
                members=members,
                status=self._status_of(numbers, len(desired)),
                covered=len(covered & desired),
            )

    def _status_of(self, numbers: Sequence[int], desired: int) -> DaemonSetStatus:
        """Return the status of DaemonSets that are one: what each has on its own nodes counts, the rest is astray."""
        counted: list[tuple[Verdict, Shape, int]] = []
        for n in numbers:
            own = self.wanted[n] - self.held_back[n] - self.dropped[n]
            for situation in self.situations[n]:
                counted.append((Verdict.RUN, situation.shape, len(situation.nodes & own)))
                counted.append((Verdict.DENY, situation.shape, len(situation.nodes - own)))
        status = count_status(counted, DaemonSetStatus())
        return msgspec.structs.replace(
            status, desired_number_scheduled=desired, number_unavailable=desired - status.number_available
        )


_BY_POLICY = (CauseCode.SUSPENDED, CauseCode.VARIANT, CauseCode.CLAIM, CauseCode.APART, CauseCode.PER_NODE)


def _add(found: _Found, subject: Identity, causes: tuple[Cause, ...], nodes: BitMap) -> None:
    found[subject, causes] = found.get((subject, causes), BitMap()) | nodes


def _sorted(found: _Found) -> tuple[Conflict, ...]:
    conflicts: Iterable[Conflict] = (Conflict(subject, causes, nodes) for (subject, causes), nodes in found.items())
    return tuple(sorted(conflicts, key=lambda entry: (entry.subject, entry.nodes[0], entry.causes)))
