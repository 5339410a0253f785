"""How an update goes out: policies that stand still or that nobody enforces."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.meta import Identity
from ...policies.plan_types import PolicyReport
from ..rule import rule
from ..scene import Scene
from ..types import Severity, Spot

__all__ = ["RULES"]


@rule(
    "DSP112",
    "policy-cannot-finish",
    Severity.ERROR,
    summary="A RolloutPolicy cannot bring its roll-out to the end by itself.",
    why="Pods stay on an old revision though nobody has decided that, and nothing tells: the policy waits for ever.",
    source="dsplan RolloutPolicy: budgets, windows, gates, canaries",
)
def policy_cannot_finish(scene: Scene) -> Iterator[Spot]:
    """What the plan of the policies says will never go on."""
    policies = scene.plan.policies
    if policies is None:
        return
    asked = {subject.identity for subject in scene.subjects}
    reports = {report.policy: report for report in policies.policies}
    for text in policies.stalls:
        owner = _owner(text, reports)
        if owner is not None and asked & set(owner.targets):
            yield Spot(object=owner.policy, text=text, field="spec", fix="see `dsplan timeline` for where it stops")
    for wrong in policies.contradictions:
        touched = sorted(wrong.daemonsets & asked)
        if touched:
            owner = next((report for report in reports.values() if touched[0] in report.targets), None)
            yield Spot(object=owner.policy if owner else touched[0], text=wrong.text, fix="let the policies agree")


def _owner(text: str, reports: dict[Identity, PolicyReport]) -> PolicyReport | None:
    """Return the policy that a stall names, or that governs the DaemonSet it names."""
    head = text.partition(": ")[0]
    for identity, report in reports.items():
        if head == f"policy {identity}" or any(head == str(target) for target in report.targets):
            return report
    return None


@rule(
    "DSP409",
    "policy-not-enforced",
    Severity.WARNING,
    summary="A RolloutPolicy targets a DaemonSet that the controller updates by itself.",
    why="The DaemonSet controller knows no policies: with RollingUpdate it goes at its own maxUnavailable, past every "
    "step, gate and window.",
    source="C10, C19",
)
def policy_not_enforced(scene: Scene) -> Iterator[Spot]:
    """Targets that are not OnDelete."""
    policies = scene.plan.policies
    for report in policies.policies if policies is not None else ():
        for entry in report.unenforced:
            if any(subject.identity == entry.daemonset for subject in scene.subjects):
                text = f"does not hold DaemonSet {entry.daemonset}: its updateStrategy is RollingUpdate"
                yield Spot(object=report.policy, text=text, field="spec.targets", fix="switch it", command=entry.switch)


RULES = (policy_cannot_finish, policy_not_enforced)
