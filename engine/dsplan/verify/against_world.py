"""Is a plan true of a world? Every verdict, every action, every number, asked of the planned world's trees."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import Any

import msgspec

from ..document.idsets import ids_of, ranges_of
from ..document.types import ActionEntry, PlanDocument
from .case import Around, Case
from .eligibility import Rule, project, rules_of
from .finding import Check, Finding, same
from .fit import fit_findings
from .judged import Judged
from .labels import is_tolerated
from .memory import next_state
from .pods import Group
from .trees import PlannedWorld, Tree, identity_of

__all__ = ["against_world"]

Outside = Mapping[tuple[str, str], Sequence[Rule]]
"""(namespace, name) of a DaemonSet -> the rules of it that are not built in."""


_OF_POLICIES = ("policies", "rollouts")
"""What policies remember is theirs; it is not worked out here."""


def against_world(plan: PlanDocument, world: PlannedWorld, outside: Outside) -> Iterator[Finding]:
    """Yield what a plan says that is not so in `world`, at the plan's moment."""
    around = Around(world, plan.now)
    if list(plan.nodes) != around.names:
        yield Finding("nodes", "", "the plan is about other nodes")
    elif [identity_of(tree)[:2] for tree in world.daemonsets] != [(one.namespace, one.name) for one in plan.daemonsets]:
        yield Finding("daemonsets", "", "the plan is about other DaemonSets")
    else:
        yield from _all(plan, around, outside)


def _all(plan: PlanDocument, around: Around, outside: Outside) -> Iterator[Finding]:
    actions: dict[int, list[ActionEntry]] = defaultdict(list)
    for action in plan.actions:
        actions[action.daemonset].append(action)
    trees = enumerate(around.world.daemonsets)
    judged = [Judged(place, tree, around, plan, actions[place]) for place, tree in trees]
    for one in judged:
        where = f"{one.entry.namespace}/{one.entry.name}"
        yield from (Finding(check, where, text) for check, text in one.check(outside))
    entries = [(one.place, one.case, one.outcome) for one in judged if one.outcome]
    for check, text in (
        *_nodes(plan, around, judged),
        *_state(plan, around, judged),
        *_deployments(plan, around),
        *fit_findings(plan, around, entries),
    ):
        yield Finding(check, "", text)


def _nodes(plan: PlanDocument, around: Around, judged: Sequence[Judged]) -> Check:
    """What the plan says of nodes: the fields that are read, classes by them, zones, health, check sums."""
    nodes = around.world.nodes
    yield from same(
        "reads", list(plan.reads), sorted({field for one in judged for rule in one.rules for field in rule.reads})
    )
    for part in plan.classes:
        seen = [[project(nodes[place], field) for field in plan.reads] for place in ids_of(part.nodes)]
        if any(one != seen[0] for one in seen):
            yield "classes", f"{part.nodes}: nodes of one class differ in what is read"
        fields = {name: value for name, value in zip(plan.reads, seen[0], strict=True) if value is not None}
        yield from same("classes", part.fields, fields)
    zones: dict[str, list[int]] = defaultdict(list)
    for place, zone in around.zones.items():
        zones[zone].append(place)
    yield from same("zones", plan.zones, {zone: ranges_of(places) for zone, places in zones.items()})
    yield from same("sick", plan.sick, ranges_of(around.sick))
    if not plan.digests:
        return
    digests = _digests(plan.reads, around, [one.case for one in judged if one.outcome])
    wrong = [
        plan.nodes[place] for place, (said, mine) in enumerate(zip(plan.digests, digests, strict=True)) if said != mine
    ]
    if wrong:
        yield "digests", f"of {len(wrong)} nodes are not theirs: {', '.join(wrong[:3])}"


def _digests(reads: Collection[str], around: Around, cases: Sequence[Case]) -> Iterator[str]:
    """Yield the check sum of every node: what is read of it, its health, and its daemon pods."""
    encode = msgspec.json.Encoder().encode
    for place, node in enumerate(around.world.nodes):
        found = [
            _members(case.groups[name]) for case in cases for name in (around.names[place],) if name in case.groups
        ]
        seen = [[project(node, field) for field in reads], place not in around.sick, found]
        yield blake2b(encode(seen), digest_size=16).hexdigest()


def _members(group: Group) -> list[Any]:
    return [(pod.uid or pod.name, facts) for pod, facts in zip(*group, strict=True)]


def _state(plan: PlanDocument, around: Around, judged: Sequence[Judged]) -> Check:
    """The State of the next call; what policies remember is not worked out here."""
    done = [one.plain for one in judged if one.plain]
    expected = [entry for one in done for entry in one.expectation]
    backoffs = [entry for one in done for entry in one.backoffs]
    before = {key: value for key, value in around.world.state.items() if key not in ("kind", *_OF_POLICIES)}
    mine = {**before, **next_state(around.world.state, expected, backoffs, plan.now)}
    said = {key: value for key, value in _plain(plan.state).items() if key not in _OF_POLICIES}
    if not said:
        said, mine = {}, {key: value for key, value in mine.items() if value and key != "version"}
    for key in sorted(said.keys() | mine.keys()):
        yield from ((f"state {check}", text) for check, text in same(key, said.get(key), mine.get(key)))


def _plain(value: Any) -> Any:
    return msgspec.json.decode(msgspec.json.encode(value))


def _deployments(plan: PlanDocument, around: Around) -> Check:
    """Deployments seen as coverage: nodes that a replica could run on."""
    mine = []
    for tree in around.world.others.get("Deployment", ()):
        spec, metadata = tree.get("spec") or {}, tree["metadata"]
        nodes = around.world.nodes
        eligible, replicas = sum(_takes(spec.get("template") or {}, node) for node in nodes), spec.get("replicas", 1)
        identity = metadata.get("namespace", ""), metadata.get("name", "")
        left = max(0, eligible - replicas), max(0, eligible - min(1, replicas))
        mine.append((*identity, replicas, len(nodes), eligible, *left))
    yield from same("deployments", [msgspec.structs.astuple(one) for one in plan.deployments], mine)


def _takes(template: Tree, node: Tree) -> bool:
    spec = template.get("spec") or {}
    bare = {"spec": {"template": {"spec": {key: spec[key] for key in ("nodeSelector", "affinity") if spec.get(key)}}}}
    placed = [rule for rule in rules_of(bare) if rule.reads != ("taints",)]
    taints = [
        one for one in node.get("spec", {}).get("taints") or () if one.get("effect") in ("NoSchedule", "NoExecute")
    ]
    tolerated = all(is_tolerated(one, spec.get("tolerations") or ()) for one in taints)
    return tolerated and not node.get("spec", {}).get("unschedulable") and not any(rule.why(node) for rule in placed)
