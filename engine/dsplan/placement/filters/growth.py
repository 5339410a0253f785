"""Does a new template ask for more than the pods that are there? Where it does not, whatever let them in lets it in."""

from __future__ import annotations

from collections.abc import Iterable

from ...apiserver.admission import Refusal
from ...model.daemonset import HASH_LABEL, TEMPLATE_GENERATION_LABEL, DaemonSet
from ...model.pod import Pod
from .created import Templates
from .demand import Demand, Demands

__all__ = ["asks_more", "asks_no_more"]


def asks_no_more(new: Demand, old: Demand) -> bool:
    """Return whether whatever let the old pod in lets the new one in."""
    requests = all(amount <= old.requests.get(name, 0) for name, amount in new.requests.items())
    ports = set(new.ports) <= set(old.ports)
    anti_affinity = set(new.anti_affinity) <= set(old.anti_affinity)
    return requests and ports and anti_affinity and _own_labels(new) == _own_labels(old)


def asks_more(daemonset: DaemonSet, current_hash: str, pods: Iterable[Pod], templates: Templates) -> bool:
    """Return whether a new pod of a DaemonSet may find no place where one of `pods` has one, or is refused."""
    made = templates.of_daemonset(daemonset, current_hash)
    if isinstance(made, Refusal):
        return True
    demands = Demands()
    new = demands.of(made)
    if new.affinity or new.spread or new.volumes or new.gates or new.unreadable:
        return True
    before = {id(found): found for found in map(demands.of_tenant, pods)}
    return not all(asks_no_more(new, found) for found in before.values())


def _own_labels(demand: Demand) -> dict[str, str]:
    """Return the labels without those that every revision changes."""
    return {name: value for name, value in demand.labels.items() if name not in (HASH_LABEL, TEMPLATE_GENERATION_LABEL)}
