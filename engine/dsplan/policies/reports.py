"""What is told about each policy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..eligibility import NodeIndex
from ..model.meta import Identity
from ..model.policy import Gate
from ..waves.schedule_types import Schedule
from .assemble import Assembled
from .limits import RolloutLimit
from .node_order import order_text
from .plan_types import PolicyReport, StepReport, Unenforced
from .subjects import Subject
from .targets import Governed
from .views import View

__all__ = ["report_of", "switch_of"]


def switch_of(subject: Subject, entry: Governed) -> str:
    """Return the first step without which a policy is not enforced, empty where it is."""
    if entry.by_host or subject.daemonset.spec.update_strategy.type != "RollingUpdate":
        return ""
    return "set spec.updateStrategy.type to OnDelete first, since the controller itself carries out a RollingUpdate"


def report_of(
    view: View,
    closed: str,
    limits: tuple[RolloutLimit, ...],
    whole: Schedule,
    assembled: Assembled,
    governed: Mapping[Identity, Governed],
    subjects: Mapping[Identity, Subject],
    index: NodeIndex,
) -> PolicyReport:
    """Return the report of one policy; `whole` are the waves of what was `assembled`.

    `closed` says when its window opens, empty if it is open.
    """
    spec = view.policy.spec
    switches = [(identity, switch_of(subjects[identity], governed[identity])) for identity in view.targets]
    return PolicyReport(
        policy=view.policy.identity,
        targets=view.targets,
        actor="host" if spec.owner == "Host" else "controller",
        unenforced=tuple(Unenforced(identity, switch) for identity, switch in switches if switch),
        limits=limits,
        steps=tuple(_steps(view, whole, assembled)),
        step=view.standing.progress.step,
        canary=view.standing.progress.canary,
        canary_text=view.canary.text if view.canary else "",
        partition_text=view.partition_text,
        node_order=order_text(spec.node_order),
        waits="; ".join(text for text in (closed, view.standing.waits) if text),
        halted=view.spending.halted,
        forgiven=tuple(index.names[position] for position in view.spending.forgiven),
    )


def _steps(view: View, whole: Schedule, assembled: Assembled) -> Iterator[StepReport]:
    """Yield the steps; those from the current one on with the wave after which they are done."""
    ends: dict[int, int] = {}
    for part in whole.parts:
        for place, found in part.step_ends:
            plan = assembled.steps[place]
            if plan.policy == view.policy.identity:
                ends |= dict(enumerate(found, start=plan.first))
    for rule in view.standing.rules:
        updated = [(identity, targets[rule.number]) for identity, targets in view.standing.targets.items()]
        mine = tuple((identity, count) for identity, count in updated if rule.concerns(identity))
        yield StepReport(rule.name, mine, rule.soak, _gate_text(rule.gate), ends.get(rule.number))


def _gate_text(gate: Gate) -> str:
    share = "all available" if gate.min_available == "100%" else f"{gate.min_available} available"
    return f"{share}, then by hand" if gate.manual else share
