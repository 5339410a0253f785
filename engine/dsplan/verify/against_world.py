"""Is a plan true of a world? Every verdict and every action, asked of one node or one pod at a time."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from ..constraints import BUILTIN_RULES, Rule, project
from ..document.idsets import ids_of, ranges_of
from ..document.types import PlanDocument
from ..model.state import State
from ..model.world import World
from ..observe.digests import node_digest
from ..observe.groups import Group
from ..observe.ownership import OwnedIndex
from .finding import Finding
from .judged import Judged, same
from .rules import Case, next_state, zones_of

__all__ = ["against_world"]


def against_world(plan: PlanDocument, world: World, rules: tuple[Rule, ...] = BUILTIN_RULES) -> Iterator[Finding]:
    """Yield what a plan says that is not so in `world`, at the plan's moment and by `rules`."""
    names = [(one.metadata.namespace, one.name) for one in world.daemonsets]
    if list(plan.nodes) != [node.name for node in world.nodes]:
        yield Finding("nodes", "", "the plan is about other nodes")
    elif names != [(entry.namespace, entry.name) for entry in plan.daemonsets]:
        yield Finding("daemonsets", "", "the plan is about other DaemonSets")
    else:
        try:
            yield from _all(plan, world, rules)
        except (ValueError, KeyError, IndexError) as error:
            yield Finding("shape", "", f"cannot be checked: {error}")


def _all(plan: PlanDocument, world: World, rules: tuple[Rule, ...]) -> Iterator[Finding]:
    owned = OwnedIndex(world.pods, world.daemonsets), OwnedIndex(world.revisions, world.daemonsets)
    cases = [Case(daemonset, world, *owned, plan.now) for daemonset in world.daemonsets]
    judged = [Judged(place, case, plan, world, rules) for place, case in enumerate(cases)]
    for one in judged:
        where = f"{one.entry.namespace}/{one.entry.name}"
        yield from (Finding(check, where, text) for check, text in one.check())
    yield from (Finding(check, "", text) for check, text in (*_nodes(plan, world), *_whole(plan, world, judged)))


def _nodes(plan: PlanDocument, world: World) -> Iterator[tuple[str, str]]:
    """What the plan says of nodes: the fields of a class, zones, health."""
    for part in plan.classes:
        seen = [project(world.nodes[place], plan.reads) for place in ids_of(part.nodes)]
        first = dict(zip(plan.reads, seen[0], strict=True))
        fields = {name: list(map(str, one)) if name == "taints" else one for name, one in first.items()}
        if any(one != seen[0] for one in seen):
            yield "classes", f"{part.nodes}: nodes of one class differ in what is read"
        yield from same("classes", part.fields, {name: one for name, one in fields.items() if one is not None})
    found = zones_of(world.nodes)
    zones = {zone: ranges_of(place for place in found if found[place] == zone) for zone in set(found.values())}
    yield from same("zones", plan.zones, zones)
    yield from same("sick", plan.sick, ranges_of(place for place, node in enumerate(world.nodes) if not node.ready))


def _whole(plan: PlanDocument, world: World, judged: list[Judged]) -> Iterator[tuple[str, str]]:
    """What is told once for all DaemonSets: check sums, and the State of the next call."""
    looked: dict[str, list[Group]] = {name: [] for name in plan.nodes}
    for one in judged:
        for node in one.case.groups.keys() & looked.keys() if one.outcome else ():
            pods, facts = zip(*one.case.groups[node], strict=True)
            looked[node].append(Group(pods, facts))
    digests = tuple(node_digest(node, plan.reads, looked[node.name]) for node in world.nodes)
    yield from same("digests", plan.digests, digests)
    outcomes = [one.outcome for one in judged if one.outcome]
    said = msgspec.convert(plan.state, State)
    state = msgspec.structs.replace(next_state(world.state, outcomes, plan.now), rollouts=said.rollouts)
    yield from same("state", said, state)
