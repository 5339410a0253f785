"""What mypy must refuse. Every line that is wrong says which error it expects; an unused one fails the check."""

from __future__ import annotations

from datetime import datetime

from dsplan.diff import Action
from dsplan.reconciler import Decision, Reconciler


def misuse(reconciler: Reconciler, action: Action, decision: Decision, now: datetime) -> None:
    reconciler.plan()  # type: ignore[call-arg]
    reconciler.plan("now")  # type: ignore[arg-type]
    reconciler.issued("delete")  # type: ignore[arg-type]
    reconciler.failed(action, 7)  # type: ignore[arg-type]
    reconciler.replace("Node", [], "7")  # type: ignore[call-arg]
    decision.actions = ()  # type: ignore[misc]
    decision.wave  # type: ignore[attr-defined]  # noqa: B018
    _: str = reconciler.delta(now).requeue_after  # type: ignore[assignment]
