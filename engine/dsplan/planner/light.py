"""A plan without the world it was made for: what it says, not what it was worked out from.

Pods are left out but for the names by which actions know them; of nodes stays what is told of them: names, labels,
taints, whether they are ready. Everything that is read off the account is the same.
"""

from __future__ import annotations

import copyreg
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from ..eligibility import NodeIndex
from ..model.meta import ObjectMeta
from ..model.node import Node, NodeSpec, NodeStatus
from ..model.pod import Pod
from ..model.world import InOrder
from ..observe import Claim, Observed
from .plan import DaemonSetPlan, Plan

if TYPE_CHECKING:
    from ..passes.step_types import DaemonSetStep

__all__ = ["light_plan"]

T = TypeVar("T")


def light_plan(plan: Plan) -> Plan:
    """Return the plan without pods and predictions: small enough to be sent, kept and compared; it prints the same.

    It has no check sums of nodes any more, and no evidence for drift.

    >>> from datetime import UTC, datetime
    >>> from dsplan import decode, solve
    >>> plan = solve(decode([{"kind": "Node", "metadata": {"name": "n1"}}]), now=datetime(2026, 1, 1, tzinfo=UTC))
    >>> light_plan(plan).summary == plan.summary
    True
    """
    if plan.is_light:
        return plan
    index = NodeIndex(InOrder(map(_bare_node, plan.index.nodes)))
    policies = plan.policies
    return msgspec.structs.replace(
        plan,
        daemonsets=tuple(map(_bare_entry, plan.daemonsets)),
        index=index,
        policies=None if policies is None else msgspec.structs.replace(policies, index=index),
        is_light=True,
    )


def _restored(fields: dict[str, Any], nodes: tuple[Node, ...]) -> Plan:
    """Return a light plan from its fields and its nodes."""
    index = NodeIndex(InOrder(nodes))
    if fields["policies"] is not None:
        fields["policies"] = msgspec.structs.replace(fields["policies"], index=index)
    return Plan(**fields, index=index)


def _reduced(plan: Plan) -> tuple[Callable[..., Plan], tuple[Any, ...]]:
    """Return how a plan is pickled: its light form, the index as its nodes alone."""
    light = light_plan(plan)
    fields = {name: getattr(light, name) for name in light.__struct_fields__ if name != "index"}
    if light.policies is not None:
        fields["policies"] = msgspec.structs.replace(light.policies, index=NodeIndex(()))
    return _restored, (fields, tuple(light.index.nodes))


copyreg.pickle(Plan, _reduced)


def _bare_node(node: Node) -> Node:
    metadata = ObjectMeta(name=node.metadata.name, labels=node.metadata.labels)
    ready = tuple(one for one in node.status.conditions if one.type == "Ready")
    return Node(metadata=metadata, spec=NodeSpec(taints=node.spec.taints), status=NodeStatus(conditions=ready))


def _bare_pod(pod: Pod) -> Pod:
    own = pod.metadata
    return Pod(
        metadata=ObjectMeta(name=own.name, namespace=own.namespace, uid=own.uid, resource_version=own.resource_version)
    )


def _bare_entry(entry: DaemonSetPlan) -> DaemonSetPlan:
    return msgspec.structs.replace(entry, step=_bare_step(entry.step), prediction=None, later=None)


def _bare_step(step: DaemonSetStep) -> DaemonSetStep:
    manage, rolling = step.manage, step.rolling
    return msgspec.structs.replace(
        step,
        observed=None if step.observed is None else _bare(step.observed),
        manage=manage and msgspec.structs.replace(manage, delete=_deletions(manage.delete), held=_held(manage.held)),
        rolling=rolling and msgspec.structs.replace(rolling, delete=_deletions(rolling.delete)),
    )


def _bare(observed: Observed) -> Observed:
    return msgspec.structs.replace(observed, claim=Claim((), (), ()), groups={}, vanished={}, gone=(), adrift=())


def _deletions(wanted: Iterable[tuple[str, Pod, T]]) -> tuple[tuple[str, Pod, T], ...]:
    return tuple((node, _bare_pod(pod), reason) for node, pod, reason in wanted)


def _held(wanted: Iterable[tuple[str, Pod]]) -> tuple[tuple[str, Pod], ...]:
    return tuple((node, _bare_pod(pod)) for node, pod in wanted)
