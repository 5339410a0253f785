"""Why a pod does not fit, as values: the scheduler's plugin and words, and every shortage with who takes the room."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

import msgspec

from ...model.meta import Identity
from .demand import Tenant
from .requests import CPU

__all__ = ["Failure", "Holder", "Plugin", "Shortage", "amount_text", "holders_of", "room_text"]


_SHORT = 7


class Plugin(StrEnum):
    """The filters of the default scheduler, in the order in which it asks them."""

    ADMISSION = "Admission"
    """No filter: the API server refuses to create the pod."""
    SCHEDULING_GATES = "SchedulingGates"
    NODE_UNSCHEDULABLE = "NodeUnschedulable"
    NODE_NAME = "NodeName"
    TAINT_TOLERATION = "TaintToleration"
    NODE_AFFINITY = "NodeAffinity"
    NODE_PORTS = "NodePorts"
    NODE_RESOURCES = "NodeResourcesFit"
    VOLUME_RESTRICTIONS = "VolumeRestrictions"
    VOLUME_LIMITS = "NodeVolumeLimits"
    VOLUME_BINDING = "VolumeBinding"
    VOLUME_ZONE = "VolumeZone"
    TOPOLOGY_SPREAD = "PodTopologySpread"
    POD_AFFINITY = "InterPodAffinity"


class Holder(msgspec.Struct, frozen=True, order=True):
    """Pods of one owner that take something up: how many pods, how much of a resource (0 where nothing is counted)."""

    owner: Identity
    pods: int = 1
    amount: int = 0

    def __str__(self) -> str:
        """Return the owner, with the number of pods where there are several."""
        return f"{self.owner} ({self.pods} pods)" if self.pods > 1 else str(self.owner)


class Shortage(msgspec.Struct, frozen=True, order=True):
    """One thing that is missing. `needed`, `free` and `total` are in the scheduler's units, 0 where nothing is counted.

    `subject` is a resource, `pods`, a port, a taint, or a term. `holders` take up what is missing, the largest first.
    """

    subject: str
    needed: int = 0
    free: int = 0
    total: int = 0
    detail: str = ""
    holders: tuple[Holder, ...] = ()

    def __str__(self) -> str:
        """Return one line for people.

        >>> str(Shortage("memory", 512 << 20, 380 << 20, 4 << 30, "", (Holder(Identity("DaemonSet", "obs", "a")),)))
        'memory: needs 512Mi, 380Mi free of 4Gi; taken by obs/a'
        """
        text = self.detail
        if not text and (self.needed or self.total):
            needed, free, total = (amount_text(self.subject, n) for n in (self.needed, max(0, self.free), self.total))
            text = f"needs {needed}, {free} free of {total}"
        if self.holders:
            more = f" and {len(self.holders) - 3} more" if len(self.holders) > 3 else ""
            named = ", ".join(map(str, self.holders[:3])) + more
            text = f"{text}: {named}" if self.detail else "; ".join(filter(None, (text, f"taken by {named}")))
        return f"{self.subject}: {text}"


class Failure(msgspec.Struct, frozen=True, order=True):
    """What one filter said: its words, whether evicting pods could help, and the shortages behind it."""

    plugin: Plugin
    reasons: tuple[str, ...]
    resolvable: bool
    shortages: tuple[Shortage, ...] = ()

    @property
    def code(self) -> str:
        """The scheduler's status code."""
        return "Unschedulable" if self.resolvable else "UnschedulableAndUnresolvable"


def holders_of(tenants: Iterable[Tenant], resource: str = "") -> tuple[Holder, ...]:
    """Return who holds a resource (or simply is there), summed by owner, the largest first."""
    found: dict[Identity, list[int]] = {}
    for tenant in tenants:
        entry = found.setdefault(tenant.owner, [0, 0])
        entry[0] += 1
        entry[1] += tenant.demand.requests.get(resource, 0)
    holders = [Holder(owner, pods, amount) for owner, (pods, amount) in found.items()]
    return tuple(sorted(holders, key=lambda holder: (-holder.amount, -holder.pods, holder.owner)))


def amount_text(resource: str, amount: int) -> str:
    """Return an amount in the scheduler's units as a quantity.

    >>> amount_text("cpu", 1500), amount_text("cpu", 2000), amount_text("memory", 1536 << 20), amount_text("pods", 3)
    ('1500m', '2', '1536Mi', '3')
    """
    if resource == CPU:
        return str(amount // 1000) if amount % 1000 == 0 else f"{amount}m"
    if "memory" not in resource and "storage" not in resource and "hugepages" not in resource:
        return str(amount)
    for suffix in ("", "Ki", "Mi", "Gi"):
        if amount == 0 or amount % 1024:
            return f"{amount}{suffix}"
        amount //= 1024
    return f"{amount}Ti"


def room_text(resource: str, amount: int) -> str:
    """Return an amount of room in few digits, rounded down: what asks for this much fits.

    >>> room_text("memory", 14335544 << 10), room_text("ephemeral-storage", 18181869946), room_text("cpu", 3568)
    ('13999Mi', '17339Mi', '3568m')
    """
    exact = amount_text(resource, amount)
    whole = amount >> 20 << 20
    return exact if len(exact) <= _SHORT or not whole or resource == CPU else amount_text(resource, whole)
