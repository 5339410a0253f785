"""A plan as a document for programs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from ..diff import Action
from ..planner import DaemonSetPlan, Plan
from ..planner.plan import SEMANTICS_VERSION

__all__ = [
    "PLAN_VERSION",
    "action_document",
    "action_names",
    "as_json",
    "as_yaml",
    "plan_document",
    "plan_json",
    "plan_yaml",
]

PLAN_VERSION = "1.0"


def plan_json(plan: Plan) -> str:
    """Return the document as JSON, two blanks a level, a line break at the end."""
    return as_json(plan_document(plan))


def plan_yaml(plan: Plan) -> str:
    """Return the document as YAML."""
    return as_yaml(plan_document(plan))


def as_json(tree: Any) -> str:
    """Return plain values and structs as indented JSON, keys sorted."""
    return msgspec.json.format(msgspec.json.encode(tree, order="sorted"), indent=2).decode() + "\n"


def as_yaml(tree: Any) -> str:
    """Return plain values and structs as YAML, keys sorted."""
    import yaml

    tree = msgspec.to_builtins(tree)
    return yaml.dump(tree, Dumper=getattr(yaml, "CSafeDumper", yaml.SafeDumper), sort_keys=True)


def action_names(plan: Plan) -> Iterator[str]:
    """Yield one line for every action on a pod: the symbol, what it is about, and the node."""
    for action in plan.actions:
        if action.kind == "Pod" and action.verb in ("create", "delete"):
            symbol = "+" if action.verb == "create" else "-"
            name = action.name or f"{action.daemonset.name}-"
            yield f"{symbol} pod/{action.namespace}/{name}@{action.node}"


def plan_document(plan: Plan) -> dict[str, Any]:
    """Return the plan as plain values."""
    return {
        "version": PLAN_VERSION,
        "semantics": SEMANTICS_VERSION,
        "now": plan.now,
        "complete": plan.complete,
        "applyable": plan.applyable,
        "errored": plan.errored,
        "requeueAfterSeconds": plan.requeue_after,
        "summary": plan.summary,
        "daemonsets": [_daemonset(entry, plan) for entry in plan.daemonsets],
        "actions": [action_document(action) for action in plan.actions],
        "notes": plan.notes,
        "state": plan.state,
    }


def _daemonset(entry: DaemonSetPlan, plan: Plan) -> dict[str, Any]:
    names = plan.index.names
    rollout = entry.rollout
    return {
        "namespace": entry.identity.namespace,
        "name": entry.identity.name,
        "status": entry.step.status,
        "nodes": entry.nodes,
        "desired": entry.desired,
        "exclusions": [
            {
                "code": part.code,
                "summary": part.summary,
                "count": len(part.nodes),
                "nodes": [names[i] for i in part.nodes],
            }
            for part in entry.exclusions
        ],
        "held": entry.held,
        "rollout": rollout and {"strategy": rollout.strategy, "nodes": rollout.nodes, "waves": rollout.waves},
        "deferred": entry.step.deferred,
        "error": entry.step.error,
        "summary": entry.summary,
    }


def action_document(action: Action) -> dict[str, Any]:
    """Return one action as plain values, without the body."""
    return {
        "verb": action.verb,
        "apiVersion": action.api_version,
        "kind": action.kind,
        "namespace": action.namespace,
        "name": action.name,
        "node": action.node,
        "daemonset": str(action.daemonset),
        "reason": action.reason,
        "stage": action.stage,
        "actor": action.actor,
        "precondition": action.precondition,
    }
