"""Do steps, soaks and stops allow what the host begins now? Counted from pods and nodes, and read from State.

Nothing is taken from what the plan says of a step's progress: pods of the present revision are counted in the world,
and Ready transitions read there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import msgspec

from ...document.idsets import ids_of
from ...document.policies import PolicyEntry, PolicyTarget
from ...document.types import DaemonSetEntry, PlanDocument
from ...model.daemonset import HASH_LABEL
from ...model.pod import Pod
from ...model.state import State, TargetProgress
from ...model.world import World

__all__ = ["broken_by_facts"]

_Check = Iterator[tuple[str, str]]


def broken_by_facts(plan: PlanDocument, world: World | None) -> _Check:
    """Yield what begins although a step, a soak, a gate or a stop forbids it."""
    assert plan.policies is not None
    try:
        rollouts = msgspec.convert(plan.state, State).rollouts
    except msgspec.ValidationError as error:
        yield "policy state", f"cannot be read: {error}"
        return
    for entry in plan.policies.policies:
        mine = f"{entry.namespace}/{entry.name}"
        records = [record for known in rollouts if str(known.policy) == mine for record in known.targets]
        for target in entry.standing:
            yield from _Standing(plan, world, entry, target, records).broken()


class _Standing:
    """One target of one policy."""

    def __init__(
        self,
        plan: PlanDocument,
        world: World | None,
        entry: PolicyEntry,
        target: PolicyTarget,
        records: Sequence[TargetProgress],
    ) -> None:
        self.plan, self.world, self.entry, self.target = plan, world, entry, target
        self.daemonset: DaemonSetEntry = plan.daemonsets[target.daemonset]
        self.name = f"{entry.namespace}/{entry.name}: {self.daemonset.namespace}/{self.daemonset.name}"
        self.begun = {
            action.node
            for action in plan.actions
            if (action.daemonset, action.actor, action.stage) == (target.daemonset, "host", "rolling-update")
        }
        down = {node.name for node in world.nodes if not node.ready} if world is not None else set()
        self.counted = self.begun - down  # a fix goes to nodes that an earlier revision broke, whatever the step
        present = (record for record in records if not record.retired and self._is_mine(record))
        self.record: TargetProgress | None = next(present, None)

    def _is_mine(self, record: TargetProgress) -> bool:
        same = (record.daemonset.namespace, record.daemonset.name) == (self.daemonset.namespace, self.daemonset.name)
        return same and record.hash == self.daemonset.hash

    def broken(self) -> _Check:
        """Yield what is wrong."""
        if len(self.counted) > self.target.allowance:
            yield "policy steps", f"{self.name}: {len(self.counted)} begin, {self.target.allowance} may"
        if self.counted and self.target.wait:
            yield "policy steps", f"{self.name}: begins while it waits: {self.target.wait}"
        if self.record is None:
            yield "policy state", f"{self.name}: State does not remember its revision {self.daemonset.hash}"
            return
        if self.counted and self.record.stop is not None:
            yield "policy stops", f"{self.name}: begins while it is stopped ({self.record.stop.kind})"
        yield from self._earlier_steps()
        canary = {self.plan.nodes[position] for position in ids_of(self.target.canary)}
        if self.target.step == "canary" and self.counted - canary:
            yield "policy canary", f"{self.name}: {sorted(self.counted - canary)} are no nodes of the canary"
        if self.world is not None:
            yield from self._counted_in(self.world, self.record, canary)

    def _earlier_steps(self) -> _Check:
        """Every step before the present one has to be over in State, where anything begins."""
        assert self.record is not None
        over = {record.name for record in self.record.steps if record.over is not None}
        mine = [step for step in self.entry.steps if any(place == self.target.daemonset for place, _ in step.updated)]
        names = [step.name for step in mine]
        if not self.counted or self.target.step not in names:
            return
        for name in names[: names.index(self.target.step)]:
            if name not in over:
                yield "policy steps", f"{self.name}: begins in {self.target.step} before {name} is over"

    def _counted_in(self, world: World, record: TargetProgress, canary: set[str]) -> _Check:
        pods = self._new_pods(world)
        made = {node.name: node.metadata.creation_timestamp for node in world.nodes}
        gone = {node for node in pods if node in made and not _is_later(made[node], record.began)}
        sizes = [dict(step.updated).get(self.target.daemonset) for step in self.entry.steps if self._is_here(step.name)]
        if self.counted and self.target.step != "canary" and sizes and sizes[0] is not None:
            last = self.entry.steps[-1].name == self.target.step
            if not last and len(gone | self.counted) > sizes[0]:
                yield "policy steps", f"{self.name}: {len(gone | self.counted)} in a step to {sizes[0]}"
        if self.target.kind == "soak" and self.target.step == "canary":
            yield from self._soak([_ready_since(pods[node]) for node in sorted(canary) if node in pods])

    def _is_here(self, name: str) -> bool:
        return name == self.target.step

    def _soak(self, moments: list[datetime | None]) -> _Check:
        """A canary of which all pods have to be available soaks from the latest Ready transition of them."""
        step = next((step for step in self.entry.steps if self._is_here(step.name)), None)
        if step is None or not step.gate.startswith("all available") or None in moments or not moments:
            return
        latest = max(moment for moment in moments if moment is not None)
        ends = latest + timedelta(seconds=step.soak_seconds)
        if self.target.until != ends:
            yield "policy soak", f"{self.name}: soaks until {ends.isoformat()}, not {self.target.until}"

    def _new_pods(self, world: World) -> dict[str, Pod]:
        return {
            pod.spec.node_name: pod
            for pod in world.pods
            if pod.metadata.namespace == self.daemonset.namespace
            and pod.metadata.labels.get(HASH_LABEL) == self.daemonset.hash
            and any(owner.controller and owner.name == self.daemonset.name for owner in pod.metadata.owner_references)
            and not pod.terminating
        }


def _is_later(made: datetime | None, began: datetime) -> bool:
    return made is not None and made > began


def _ready_since(pod: Pod) -> datetime | None:
    return next((c.last_transition_time for c in pod.status.conditions if c.type == "Ready"), None)
