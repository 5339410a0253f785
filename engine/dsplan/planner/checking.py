"""What the checker that stands apart is given: the planned world as trees that need no engine to be read.

In: the World a plan was made for, and the hash that it found for each DaemonSet. Out: the trees of a snapshot, the
State, and the pod that each template becomes once an API server has admitted it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import msgspec

from ..apiserver.admission import Quotas, Refusal
from ..constraints import BUILTIN_RULES, Constraint, Rule, Strength, project
from ..constraints.checking import check_constraint
from ..document.types import PlanDocument
from ..manifests.snapshot import snapshot
from ..model.meta import RawTree
from ..model.node import Node
from ..model.pod import Pod
from ..model.world import World
from ..placement.filters.created import Templates
from ..verify import Finding, verify
from ..verify import Rule as OutsideRule

__all__ = ["check_plan", "outside_rules", "planned_trees"]


def check_plan(plan: PlanDocument, world: World, *, rules: Iterable[Rule] = BUILTIN_RULES) -> tuple[Finding, ...]:
    """Return everything in a plan that is wrong, by itself and of the world it was made for; nothing if it holds.

    `rules` are those the plan was made with: a plan that used others cannot be verified, and that is a finding.

    >>> from datetime import UTC, datetime
    >>> import dsplan
    >>> world = dsplan.decode([{"kind": "Node", "metadata": {"name": "n1"}}])
    >>> plan = dsplan.plan_document(dsplan.solve(world, now=datetime(2026, 1, 1, tzinfo=UTC)))
    >>> check_plan(plan, world)
    ()
    """
    return verify(plan, planned_trees(world, plan), outside=outside_rules(world, rules))


def planned_trees(world: World, plan: PlanDocument) -> Iterator[RawTree]:
    """Yield everything that a check of `plan` reads of the world it was made for.

    >>> from datetime import UTC, datetime
    >>> from dsplan import decode, solve
    >>> from dsplan.report.documents.plan import plan_document
    >>> world = decode([{"kind": "Node", "metadata": {"name": "n1"}}])
    >>> plan = plan_document(solve(world, now=datetime(2026, 1, 1, tzinfo=UTC)))
    >>> [tree["kind"] for tree in planned_trees(world, plan)]
    ['State', 'Node']
    """
    yield {"kind": "State", **msgspec.json.decode(msgspec.json.encode(world.state))}
    hashes = {(entry.namespace, entry.name): entry.hash for entry in plan.daemonsets}
    templates, quotas = Templates(world), Quotas(world.resource_quotas, ())
    for daemonset in world.daemonsets:
        key = daemonset.metadata.namespace, daemonset.name
        pod = templates.of_daemonset(daemonset, hashes.get(key, ""))
        yield {"kind": "AdmittedPod", "daemonset": list(key), **_admitted(pod, quotas)}
    yield from snapshot(world)


def _admitted(pod: Pod | Refusal, quotas: Quotas) -> RawTree:
    """Return the pod, or why there is none; `limited` says that a quota decides how many there are."""
    answer = pod if isinstance(pod, Refusal) else quotas.refusal(pod) or pod
    if isinstance(answer, Refusal):
        return {"refused": answer.reason}
    return {"pod": msgspec.to_builtins(answer), "limited": quotas.counts(answer)}


def outside_rules(world: World, rules: Iterable[Rule]) -> Mapping[tuple[str, str], list[OutsideRule]]:
    """Return an embedder's own rules for each DaemonSet, in the form in which the checker asks them."""
    own = [rule for rule in rules if rule not in BUILTIN_RULES]
    nodes = {node.name: node for node in world.nodes}
    return {
        (daemonset.metadata.namespace, daemonset.name): [
            OutsideRule(f"{one.id}/{one.version}", one.reads, one.strength is Strength.KEEP, _asked(one, nodes))
            for rule in own
            for one in rule(daemonset)
        ]
        for daemonset in world.daemonsets
    }


def _asked(constraint: Constraint, nodes: Mapping[str, Node]) -> Callable[[dict[str, Any]], str | None]:
    def why(tree: dict[str, Any]) -> str | None:
        reason = check_constraint(constraint, project(nodes[tree["metadata"]["name"]], constraint.reads))
        return None if reason is None else reason.summary

    return why
