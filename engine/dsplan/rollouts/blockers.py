"""Which nodes hold a roll-out up at the end of a simulation, and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from ..model.daemonset import DaemonSet
from ..model.meta import Identity
from ..model.pod import Pod
from ..model.world import World
from ..observe import Group
from ..observe.shape import is_ready
from ..passes.observation import Observation, observe_daemonset, surroundings_of
from ..simulator.coverage import is_settled_alone
from ..simulator.log import LogEntryKind
from ..simulator.results import Simulation

__all__ = ["Blocker", "blockers_of", "blockers_text", "final_observation", "names_text", "pending_reasons"]


class Blocker(msgspec.Struct, frozen=True, order=True):
    """One node that is not served by one available pod alone. `why` is one word or two, `detail` what is known more."""

    why: str
    node: str
    detail: str = ""


def final_observation(simulation: Simulation, daemonset: DaemonSet) -> Observation:
    """Return what a pass at the end of a simulation sees."""
    world = simulation.world
    current = next(item for item in world.daemonsets if item.identity == daemonset.identity)
    return observe_daemonset(current, surroundings_of(world, now=simulation.ended))


def blockers_of(simulation: Simulation, daemonset: DaemonSet) -> tuple[Blocker, ...]:
    """Return the nodes that use up budget or surge at the end: wanted ones, and others that have pods (R4, R13)."""
    return tuple(sorted(_blockers(simulation, daemonset)))


def _blockers(simulation: Simulation, daemonset: DaemonSet) -> Iterator[Blocker]:
    observed = final_observation(simulation, daemonset).observed
    nodes = simulation.world.nodes
    reasons = pending_reasons(simulation, daemonset.identity)
    refused = {item.pod for item in simulation.log if item.kind is LogEntryKind.REFUSED} & reasons.keys()
    for situation in observed.situations:
        if is_settled_alone(situation.shape):
            continue
        for position in situation.nodes:
            node = nodes[position]
            group = observed.groups.get(node.name)
            why, pod = ("NotReady", None) if not node.ready else _why(group)
            if pod is not None and pod.name in refused:
                why = "Refused"
            yield Blocker(why, node.name, reasons.get(pod.name, "") if pod is not None else "")
    for name, group in observed.vanished.items():
        if not is_settled_alone(group.shape):
            yield Blocker("gone", name)


def _why(group: Group | None) -> tuple[str, Pod | None]:
    """Return what is wrong with the pods of a node that is ready."""
    if group is None:
        return "without a pod", None
    live = [pod for pod in group.pods if not pod.terminating]
    if not live:
        return "terminating", None
    for pod in live:
        if not pod.spec.node_name:
            return "Pending", pod
    for pod in live:
        if pod.status.phase == "Failed":
            return "Failed", pod
    if any(not is_ready(pod) for pod in live):
        return "not ready", None
    return "not available", None


def pending_reasons(simulation: Simulation, identity: Identity) -> dict[str, str]:
    """Return why each pod of a DaemonSet that is pending or refused at the end was not bound."""
    found = {
        pod.name: _in_short(condition.message)
        for pod in _unbound(simulation.world, identity)
        for condition in pod.status.conditions
        if condition.type == "PodScheduled" and condition.status == "False"
    }
    for item in simulation.log:
        if item.daemonset == identity and item.kind in (LogEntryKind.PENDING, LogEntryKind.REFUSED):
            found[item.pod] = item.reason
    waiting = {pod.name for pod in _unbound(simulation.world, identity)}
    return {name: reason for name, reason in found.items() if name in waiting}


def _in_short(message: str) -> str:
    """Return what the real scheduler says about the one node that matters.

    >>> _in_short("0/9 nodes are available: 1 Insufficient cpu, 8 node(s) didn't satisfy plugin(s) [NodeAffinity]. x")
    'Insufficient cpu'
    """
    reasons = message.partition("nodes are available: ")[2] or message
    parts = reasons.partition(". ")[0].split(", ")
    told = [part.removeprefix("1 ") for part in parts if "[NodeAffinity]" not in part]
    return ", ".join(told).rstrip(".") or message


def _unbound(world: World, identity: Identity) -> Iterator[Pod]:
    for pod in world.pods:
        owned = pod.metadata.namespace == identity.namespace and not pod.spec.node_name
        if owned and any(ref.controller and ref.name == identity.name for ref in pod.metadata.owner_references):
            yield pod


def blockers_text(blockers: Iterable[Blocker], limit: int = 5) -> str:
    """Return `n1, n2 NotReady; n3 Pending`: grouped by reason, long lists cut with their number said.

    >>> blockers_text([Blocker("NotReady", "n1"), Blocker("NotReady", "n2"), Blocker("Pending", "n3", "no room")])
    'n1, n2 NotReady; n3 Pending: no room'
    """
    groups: dict[tuple[str, str], list[str]] = {}
    for item in sorted(blockers):
        groups.setdefault((item.why, item.detail), []).append(item.node)
    return "; ".join(
        f"{names_text(nodes, limit)} {why}" + (f": {detail}" if detail else "")
        for (why, detail), nodes in groups.items()
    )


def names_text(names: list[str], limit: int = 5) -> str:
    """Return names with commas, the tail counted.

    >>> names_text(["a", "b", "c"], 2)
    'a, b and 1 more'
    """
    if len(names) <= limit:
        return ", ".join(names)
    return f"{', '.join(names[:limit])} and {len(names) - limit:,} more"
