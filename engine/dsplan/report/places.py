"""Many nodes in few words: counts by pool and zone, and a few examples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ..document.idsets import ids_of
from ..document.types import PlanDocument
from .flow import fitting, wrapped
from .style import Style
from .table import listing

__all__ = ["Places"]

_POOLS = ("karpenter.sh/nodepool", "eks.amazonaws.com/nodegroup", "cloud.google.com/gke-nodepool", "agentpool", "pool")
_SHOWN, _EXAMPLES, _INDENT = 4, 3, 6


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

    def lines(
        self, head: str, names: Sequence[str], style: Style, mark: str = ": ", *, important: bool = False
    ) -> list[str]:
        """Return a head and where it holds: every name where they are few, fit in a line, or all are asked for.

        Else how many are in which pool and zone, where that fits, and three examples; fewer where they do not fit,
        unless they are important.
        """
        whole = f"{head}{mark}{' '.join(names)}" if names else head
        if style.limit is None or len(whole) <= style.width or (important and len(names) <= _EXAMPLES):
            return wrapped(whole, style.width, _INDENT)
        counts = "; ".join(filter(None, (_counts("pool", self._pools, names), _counts("zone", self._zones, names))))
        examples = listing(names, _EXAMPLES)
        tries = [f"{head}{mark}{counts}; {examples}" if counts else "", f"{head}{mark}{examples}"]
        room = style.width * (1 + important)
        for text in filter(None, tries):
            if len(text) <= room - _INDENT * important:
                return wrapped(text, style.width, _INDENT)
        if important:
            return wrapped(tries[-1], style.width, _INDENT)
        start, *more = wrapped(head, style.width, _INDENT)
        last = fitting(f"{(more or [start])[-1]}{mark}", names, style.width, _EXAMPLES)
        return [*([start, *more[:-1]] if more else []), last]


def _counts(word: str, known: dict[str, str], names: Sequence[str]) -> str:
    found = Counter(known[name] for name in names if name in known)
    if not found:
        return ""
    most = sorted(found.items(), key=lambda item: (-item[1], item[0]))
    shown = ", ".join(f"{name} {count:,}" for name, count in most[:_SHOWN])
    more = f" and {len(most) - _SHOWN:,} more" if len(most) > _SHOWN else ""
    return f"by {word}: {shown}{more}"
