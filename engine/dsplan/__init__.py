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

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .errors import DsplanError, InputError, Problem
    from .explain import Answer, Counterfactual, Difference, Explanation, counterfactuals, what_if, why
    from .manifests.decode import decode
    from .manifests.load import load
    from .manifests.overlay import overlay
    from .manifests.validation import validate
    from .model.state import State
    from .model.world import World
    from .planner import Plan, Step, solve, step
    from .reconciler import Reconciler

__version__ = "0.1.0"

__all__ = [
    "Answer",
    "Counterfactual",
    "Difference",
    "DsplanError",
    "Explanation",
    "InputError",
    "Plan",
    "Problem",
    "Reconciler",
    "State",
    "Step",
    "World",
    "__version__",
    "counterfactuals",
    "decode",
    "load",
    "overlay",
    "solve",
    "step",
    "validate",
    "what_if",
    "why",
]

_HOMES = {
    "Answer": "explain",
    "Counterfactual": "explain",
    "Difference": "explain",
    "DsplanError": "errors",
    "Explanation": "explain",
    "InputError": "errors",
    "Plan": "planner",
    "Problem": "errors",
    "Reconciler": "reconciler",
    "State": "model.state",
    "Step": "planner",
    "World": "model.world",
    "counterfactuals": "explain",
    "decode": "manifests.decode",
    "load": "manifests.load",
    "overlay": "manifests.overlay",
    "solve": "planner",
    "step": "planner",
    "validate": "manifests.validation",
    "what_if": "explain",
    "why": "explain",
}


def __getattr__(name: str) -> Any:
    """Import a public name on first use, so that `import dsplan` costs next to nothing."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'dsplan' has no attribute {name!r}")
    value = getattr(import_module(f".{home}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
