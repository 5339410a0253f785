"""What is told about each policy."""

from __future__ import annotations

from collections.abc import Iterator

from ..eligibility import NodeIndex
from ..model.meta import Identity
from ..model.policy import Gate
from ..waves.schedule_types import Schedule
from .assemble import Assembled
from .holds import Holds
from .limits import RolloutLimit
from .node_order import order_text
from .plan_types import PolicyReport, StepReport, TargetReport, Unenforced, moment_text
from .steps import targets_of
from .views import View
from .waits import WaitKind

__all__ = ["facts_text", "report_of"]

_HALTS = (WaitKind.BROKEN, WaitKind.FAILING)


def report_of(
    view: View,
    holds: Holds,
    limits: tuple[RolloutLimit, ...],
    whole: Schedule,
    assembled: Assembled,
    index: NodeIndex,
) -> PolicyReport:
    """Return the report of one policy; `whole` are the waves of what was `assembled`."""
    spec = view.policy.spec
    unenforced = [
        (identity, wait.text.removeprefix("not enforced: "))
        for identity in view.targets
        for wait in holds.of(identity)
        if wait.kind is WaitKind.UNENFORCED
    ]
    standing = tuple(_standing(view, identity, index) for identity in view.targets)
    at = [entry.number for entry in standing if not entry.is_over]
    waits = dict.fromkeys(entry.wait.text for entry in standing if entry.wait and entry.wait.kind not in _HALTS)
    halts = dict.fromkeys(entry.wait.text for entry in standing if entry.wait and entry.wait.kind in _HALTS)
    closed = holds.closed_by.get(view.policy.identity, "")
    return PolicyReport(
        policy=view.policy.identity,
        targets=view.targets,
        actor="host" if spec.owner == "Host" else "controller",
        unenforced=tuple(Unenforced(identity, switch) for identity, switch in unenforced),
        limits=limits,
        steps=tuple(_steps(view, whole, assembled)),
        step=min(at, default=max(0, len(view.rules) - 1)),
        canary=tuple(sorted({name for entry in standing for name in entry.canary})),
        canary_text="; ".join(dict.fromkeys(canary.text for canary in view.canaries.values())),
        partition_text=view.partition_text,
        node_order=order_text(spec.node_order),
        waits="; ".join(text for text in (closed, *waits) if text),
        halted="; ".join(halts),
        forgiven=tuple(index.names[position] for position in view.budget_use.forgiven),
        standing=standing,
    )


def _standing(view: View, identity: Identity, index: NodeIndex) -> TargetReport:
    stand, canary = view.stands[identity], view.canaries.get(identity)
    return TargetReport(
        daemonset=identity,
        hash=view.facts[identity].hash,
        number=stand.rule.number if stand.rule is not None else max(0, len(view.rules) - 1),
        step=stand.rule.name if stand.rule is not None else "",
        gone=stand.has_gone,
        allowance=stand.allowance,
        wait=stand.wait,
        canary=tuple(index.names[position] for position in canary.nodes) if canary is not None else (),
        facts=facts_text(view, identity),
        is_over=stand.is_over,
    )


def facts_text(view: View, identity: Identity) -> str:
    """Return which steps are passed and since when, in words: what lets a target stand where it stands."""
    target = view.stands[identity].target
    passed = [record for record in target.steps if record.over is not None]
    passed.sort(key=lambda record: (record.over, record.step))
    texts = []
    for record in passed:
        assert record.over is not None
        gate = ", its gate passed by hand" if record.passed else ""
        note = f" ({record.note})" if record.note else ""
        texts.append(f"{record.name} over at {moment_text(record.over)}{gate}{note}")
    return "; ".join(texts)


def _steps(view: View, whole: Schedule, assembled: Assembled) -> Iterator[StepReport]:
    """Yield the steps; those from the current one on with the wave after which they are done."""
    ends: dict[int, int] = {}
    for part in whole.parts:
        for place, found in part.step_ends:
            plan = assembled.steps[place]
            if plan.policy == view.policy.identity:
                for number, end in enumerate(found, start=plan.first):
                    ends[number] = max(end, ends.get(number, 0))
    targets: dict[Identity, dict[int, int]] = {}
    for identity, facts in view.facts.items():
        mine = [rule for rule in view.rules if rule.concerns(identity)]
        canary = view.canaries.get(identity)
        counts = targets_of(mine, facts.base, len(canary.nodes) if canary else 0)
        targets[identity] = {rule.number: count for rule, count in zip(mine, counts, strict=True)}
    for rule in view.rules:
        updated = tuple((i, counts[rule.number]) for i, counts in targets.items() if rule.number in counts)
        yield StepReport(rule.name, updated, rule.soak, _gate_text(rule.gate), ends.get(rule.number))


def _gate_text(gate: Gate) -> str:
    share = "all available" if gate.min_available == "100%" else f"{gate.min_available} available"
    return f"{share}, then by hand" if gate.manual else share
