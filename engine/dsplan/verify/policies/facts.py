"""Do steps, soaks and stops allow what the host begins now? Counted from pods and nodes, and read from State.

Nothing is taken from what the plan says of a step's progress: pods of the present revision are counted in the world,
and Ready transitions are read there.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from ...document.idsets import ids_of
from ...document.policies import PolicyEntry, PolicyStep, PolicyTarget
from ...document.types import DaemonSetEntry, PlanDocument
from ..finding import Check
from ..trees import HASH_LABEL, PlannedWorld, Pod, Tree, moment

__all__ = ["broken_by_facts"]


def broken_by_facts(plan: PlanDocument, world: PlannedWorld | None) -> Check:
    """Yield what begins although a step, a soak, a gate or a stop forbids it."""
    assert plan.policies is not None
    for entry in plan.policies.policies:
        known = [one for one in plan.state.get("rollouts") or () if _is_of(one["policy"], entry.namespace, entry.name)]
        records = [record for one in known for record in one.get("targets") or ()]
        for target in entry.standing:
            yield from _Standing(plan, world, entry, target, records).broken()


def _is_of(identity: Tree, namespace: str, name: str) -> bool:
    return (identity.get("namespace"), identity.get("name")) == (namespace, name)


class _Standing:
    """One target of one policy."""

    def __init__(
        self,
        plan: PlanDocument,
        world: PlannedWorld | None,
        entry: PolicyEntry,
        target: PolicyTarget,
        records: Iterable[Tree],
    ) -> None:
        self.plan, self.world, self.target = plan, world, target
        self.daemonset: DaemonSetEntry = plan.daemonsets[target.daemonset]
        self.name = f"{entry.namespace}/{entry.name}: {self.daemonset.namespace}/{self.daemonset.name}"
        self.steps = [step for step in entry.steps if any(place == target.daemonset for place, _ in step.updated)]
        # A fix goes to nodes that an earlier revision broke, whatever the step; which these are, nodes tell.
        down = {node["metadata"]["name"] for node in world.nodes if not _is_ready(node)} if world is not None else set()
        self.begun = {
            action.node
            for action in plan.actions
            if (action.daemonset, action.actor, action.stage) == (target.daemonset, "host", "rolling-update")
        } - down
        mine = (record for record in records if not record.get("retired") and self._is_mine(record))
        self.record: Tree | None = next(mine, None)

    def _is_mine(self, record: Tree) -> bool:
        same = _is_of(record["daemonset"], self.daemonset.namespace, self.daemonset.name)
        return same and record["hash"] == self.daemonset.hash

    def broken(self) -> Check:
        """Yield what is wrong."""
        if len(self.begun) > self.target.allowance and (self.world is not None or not self.target.wait):
            yield "policy steps", f"{self.name}: {len(self.begun)} begin, {self.target.allowance} may"
        if self.record is None:
            yield "policy state", f"{self.name}: State does not remember its revision {self.daemonset.hash}"
            return
        if self.begun and self.record.get("stop") and self.world is not None:
            yield "policy stops", f"{self.name}: begins while it is stopped ({self.record['stop']['kind']})"
        if self.begun:
            yield from self._earlier_steps(self.record)
        canary = {self.plan.nodes[position] for position in ids_of(self.target.canary)}
        if self.target.step == "canary" and self.begun - canary and self.world is not None:
            yield "policy canary", f"{self.name}: {sorted(self.begun - canary)} are no nodes of the canary"
        if self.world is not None:
            yield from self._counted(self.world, self.record, canary)

    def _earlier_steps(self, record: Tree) -> Check:
        """Every step before the present one has to be over in State, where anything begins."""
        over = {known["name"] for known in record.get("steps") or () if known.get("over")}
        for step in self.steps:
            if step.name.endswith(self.target.step):
                return
            if not any(step.name.endswith(name) for name in over):
                yield "policy steps", f"{self.name}: begins in {self.target.step} before {step.name} is over"

    def _step(self) -> PolicyStep | None:
        return next((step for step in self.steps if step.name == self.target.step), None)

    def _counted(self, world: PlannedWorld, record: Tree, canary: set[str]) -> Check:
        pods = self._new_pods(world)
        began = _moment(record["began"])
        made = {node["metadata"]["name"]: _moment(node["metadata"].get("creationTimestamp")) for node in world.nodes}
        gone = {node for node in pods if node in made and not _is_later(made[node], began)}
        step = self._step()
        if step is None:
            return
        size = dict(step.updated)[self.target.daemonset]
        is_share = self.target.step != "canary" and step is not self.steps[-1]
        if self.begun and is_share and len(gone | self.begun) > size:
            yield "policy steps", f"{self.name}: {len(gone | self.begun)} in a step to {size}"
        if self.target.kind == "soak" and self.target.step == "canary" and step.gate.startswith("all available"):
            moments = [pods[node].since for node in sorted(canary) if node in pods]
            latest = max((since for since in moments if since is not None), default=None)
            ends = None if latest is None else latest + timedelta(seconds=step.soak_seconds)
            if ends is not None and len(moments) == len(canary) and self.target.until != ends:
                yield "policy soak", f"{self.name}: soaks until {ends.isoformat()}, not {self.target.until}"

    def _new_pods(self, world: PlannedWorld) -> dict[str, Pod]:
        mine = (self.daemonset.namespace, "DaemonSet", self.daemonset.name)
        pods = (pod for owner, owned in world.pods.items() if owner[:3] == mine for pod in owned)
        new = (pod for pod in pods if pod.form.labels.get(HASH_LABEL) == self.daemonset.hash and not pod.going)
        return {pod.target: pod for pod in new if pod.target is not None}


def _is_ready(node: Tree) -> bool:
    conditions = (node.get("status") or {}).get("conditions") or ()
    return all(one.get("status") == "True" for one in conditions if one.get("type") == "Ready")


def _moment(value: Any) -> datetime | None:
    return value if isinstance(value, datetime) else moment(value)


def _is_later(made: datetime | None, began: datetime | None) -> bool:
    return made is not None and began is not None and made > began
