"""dsplan: `terraform plan` for Kubernetes DaemonSets.

Data flow: bytes -> World -> verdicts -> observed -> actions -> waves -> Plan -> report. Every arrow is a pure function
over frozen values; `now` is an argument.

>>> import dsplan
>>> from datetime import UTC, datetime
>>> world = dsplan.decode([{"kind": "Node", "metadata": {"name": "n1"}}])
>>> print(dsplan.solve(world, now=datetime(2026, 1, 1, tzinfo=UTC)).summary)
Plan: 0 to create, 0 to delete, 0 to update; 0 blocked, 0 excluded by design.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .apiserver.validation import validate
    from .changes import Changes, Drift, drift, plan_changes
    from .document.encoding import read_plan
    from .document.types import PlanDocument
    from .errors import DsplanError, InputError, Problem
    from .explain import Answer, Counterfactual, Difference, Explanation, apply_edits, counterfactuals, what_if, why
    from .manifests.decode import decode
    from .manifests.load import load
    from .manifests.overlay import overlay
    from .manifests.snapshot import snapshot_json
    from .model.policy import RolloutPolicy
    from .model.saved_state import load_state, save_state
    from .model.state import State
    from .model.world import World
    from .passes import Step, step
    from .passes.governed import plan_policies
    from .placement import Fit, Overhead, Prediction, predict
    from .placement.fit import fit
    from .placement.overhead import overhead
    from .planner import Plan, solve
    from .planner.account import Account, Fate, Sums
    from .planner.account.difference import AccountDifference, difference
    from .planner.checking import check_plan
    from .planner.light import light_plan
    from .reconciler import Reconciler
    from .report.documents.plan import plan_document
    from .report.markdown.difference import account_markdown
    from .report.markdown.plan import plan_markdown
    from .report.text.plan import plan_text
    from .rollouts.compare import Comparison, compare
    from .rollouts.stalls import forecast_stalls
    from .rollouts.timeline import Timeline, timeline
    from .simulator import Cluster, Simulation, simulate

from ._version import __version__

__all__ = [
    "Account",
    "AccountDifference",
    "Answer",
    "Changes",
    "Cluster",
    "Comparison",
    "Counterfactual",
    "Difference",
    "Drift",
    "DsplanError",
    "Explanation",
    "Fate",
    "Fit",
    "InputError",
    "Overhead",
    "Plan",
    "PlanDocument",
    "Prediction",
    "Problem",
    "Reconciler",
    "RolloutPolicy",
    "Simulation",
    "State",
    "Step",
    "Sums",
    "Timeline",
    "World",
    "__version__",
    "account_markdown",
    "apply_edits",
    "check_plan",
    "compare",
    "counterfactuals",
    "decode",
    "difference",
    "drift",
    "fit",
    "forecast_stalls",
    "light_plan",
    "load",
    "load_state",
    "overhead",
    "overlay",
    "plan_changes",
    "plan_document",
    "plan_markdown",
    "plan_policies",
    "plan_text",
    "predict",
    "read_plan",
    "save_state",
    "simulate",
    "snapshot_json",
    "solve",
    "step",
    "timeline",
    "validate",
    "what_if",
    "why",
]

_HOMES = {
    "Account": "planner.account",
    "AccountDifference": "planner.account.difference",
    "Answer": "explain",
    "Changes": "changes",
    "Cluster": "simulator",
    "Comparison": "rollouts.compare",
    "Counterfactual": "explain",
    "Difference": "explain",
    "Drift": "changes",
    "DsplanError": "errors",
    "Explanation": "explain",
    "Fate": "planner.account",
    "Fit": "placement",
    "InputError": "errors",
    "Overhead": "placement",
    "Plan": "planner",
    "PlanDocument": "document.types",
    "Prediction": "placement",
    "Problem": "errors",
    "Reconciler": "reconciler",
    "RolloutPolicy": "model.policy",
    "Simulation": "simulator",
    "State": "model.state",
    "Step": "passes",
    "Sums": "planner.account",
    "Timeline": "rollouts.timeline",
    "World": "model.world",
    "account_markdown": "report.markdown.difference",
    "apply_edits": "explain",
    "check_plan": "planner.checking",
    "compare": "rollouts.compare",
    "counterfactuals": "explain",
    "decode": "manifests.decode",
    "difference": "planner.account.difference",
    "drift": "changes",
    "fit": "placement.fit",
    "forecast_stalls": "rollouts.stalls",
    "light_plan": "planner.light",
    "load": "manifests.load",
    "load_state": "model.saved_state",
    "overhead": "placement.overhead",
    "overlay": "manifests.overlay",
    "plan_changes": "changes",
    "plan_document": "report.documents.plan",
    "plan_markdown": "report.markdown.plan",
    "plan_policies": "passes.governed",
    "plan_text": "report.text.plan",
    "predict": "placement",
    "read_plan": "document.encoding",
    "save_state": "model.saved_state",
    "simulate": "simulator",
    "snapshot_json": "manifests.snapshot",
    "solve": "planner",
    "step": "passes",
    "timeline": "rollouts.timeline",
    "validate": "apiserver.validation",
    "what_if": "explain",
    "why": "explain",
}


def __getattr__(name: str) -> Any:
    """Import a public name on first use, so that `import dsplan` costs next to nothing."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'dsplan' has no attribute {name!r}")
    value = getattr(import_module(f".{home}", __name__), name)
    load_types = getattr(sys.modules.get(getattr(value, "__module__", "")), "load_types", None)
    if isinstance(value, type) and load_types is not None:
        load_types()  # annotations that are only named, to start quickly
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
