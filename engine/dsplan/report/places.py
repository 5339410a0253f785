"""Many nodes in few words: counts by pool and zone, and a few examples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ..document.idsets import ids_of
from ..document.types import PlanDocument
from .table import listing

__all__ = ["Places"]

_POOLS = ("karpenter.sh/nodepool", "eks.amazonaws.com/nodegroup", "cloud.google.com/gke-nodepool", "agentpool", "pool")
_SHOWN = 4


class Places:
    """The nodes of a plan, with the zone of each and, where the plan reads it, its pool."""

    def __init__(self, plan: PlanDocument) -> None:
        self._nodes = plan.nodes
        self._zones = {plan.nodes[place]: zone for zone, ids in plan.zones.items() for place in ids_of(ids)}
        self._pools: dict[str, str] = {}
        for part in plan.classes:
            pool = next((str(part.fields[f"labels/{key}"]) for key in _POOLS if f"labels/{key}" in part.fields), "")
            if pool:
                self._pools.update((plan.nodes[place], pool) for place in ids_of(part.nodes))

    def named(self, ids: str) -> tuple[str, ...]:
        """Return a set of ids as names."""
        return tuple(self._nodes[place] for place in ids_of(ids))

    def words(self, names: Sequence[str], limit: int) -> str:
        """Return all names where they are few; else how many are in which pool and zone, and some of them."""
        if len(names) <= max(limit, 10):
            return " ".join(names)
        parts = [_counts("pool", self._pools, names), _counts("zone", self._zones, names)]
        return "; ".join([*filter(None, parts), listing(names, limit)])


def _counts(word: str, known: dict[str, str], names: Sequence[str]) -> str:
    found = Counter(known[name] for name in names if name in known)
    if not found:
        return ""
    most = sorted(found.items(), key=lambda item: (-item[1], item[0]))
    shown = ", ".join(f"{name} {count:,}" for name, count in most[:_SHOWN])
    more = f" and {len(most) - _SHOWN:,} more" if len(most) > _SHOWN else ""
    return f"by {word}: {shown}{more}"
