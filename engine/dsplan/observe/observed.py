"""Everything observed about one DaemonSet, arranged by situation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

import msgspec
from pyroaring import BitMap

from ..eligibility import NodeIndex, Verdict, Verdicts
from ..model.daemonset import TEMPLATE_GENERATION_ANNOTATION, DaemonSet
from ..model.pod import Pod
from ..model.selectors import parse_int64
from .groups import Group
from .history import History
from .ownership import Claim
from .pods_by_node import arrange_by_node
from .shape import Shape, fact_reader

__all__ = ["Observed", "Situation", "observe", "template_generation"]


class Situation(msgspec.Struct, frozen=True):
    """Nodes (ids, ascending) with the same verdict and the same shape: every rule treats them alike."""

    verdict: Verdict
    shape: Shape
    nodes: BitMap


class Observed(msgspec.Struct, frozen=True):
    """One DaemonSet as it is.

    `situations` cover every wanted node and every node with a pod, sorted; `vanished` are the groups of nodes that do
    not exist, by name; `adrift` pods have no target node and are ignored everywhere (A15).
    """

    history: History
    verdicts: Verdicts
    claim: Claim[Pod]
    groups: Mapping[str, Group]
    situations: tuple[Situation, ...]
    vanished: dict[str, Group]
    gone: tuple[Pod, ...]
    adrift: tuple[Pod, ...]

    def pods_at(self, name: str) -> tuple[Pod, ...]:
        """Return the pods of a node in the order M19."""
        group = self.groups.get(name)
        return group.pods if group else ()

    def counted(self) -> Iterator[tuple[Verdict, Shape, int]]:
        """Yield how many nodes are in each situation."""
        for situation in self.situations:
            yield situation.verdict, situation.shape, len(situation.nodes)


def template_generation(daemonset: DaemonSet) -> str | None:
    """Return the template generation as in pods' labels, None where the annotation does not parse (H11, H12)."""
    text = daemonset.metadata.annotations.get(TEMPLATE_GENERATION_ANNOTATION)
    number = None if text is None else parse_int64(text)
    return None if number is None else str(number)


def observe(
    daemonset: DaemonSet,
    claim: Claim[Pod],
    history: History,
    verdicts: Verdicts,
    index: NodeIndex,
    *,
    now: datetime,
    looks_updated: Callable[[Pod], bool] | None = None,
) -> Observed:
    """Return the DaemonSet's pods arranged by situation."""
    read = fact_reader(
        current_hash=history.hash,
        template_generation=template_generation(daemonset),
        min_ready_seconds=daemonset.spec.min_ready_seconds,
        now=now,
        looks_updated=looks_updated,
    )
    arranged = arrange_by_node(claim.claimed, read, index)
    return Observed(
        history=history,
        verdicts=verdicts,
        claim=claim,
        groups=arranged.groups,
        situations=_situations(arranged.occupied, verdicts),
        vanished=arranged.vanished,
        gone=arranged.gone,
        adrift=arranged.adrift,
    )


def _situations(occupied: dict[Shape, BitMap], verdicts: Verdicts) -> tuple[Situation, ...]:
    empty = verdicts.run - BitMap.union(BitMap(), *occupied.values())
    found = [Situation(Verdict.RUN, (), empty)] if empty else []
    for shape, nodes in sorted(occupied.items()):
        run, keep = nodes & verdicts.run, nodes & verdicts.keep
        for verdict, members in ((Verdict.RUN, run), (Verdict.KEEP, keep), (Verdict.DENY, nodes - run - keep)):
            if members:
                found.append(Situation(verdict, shape, members))
    return tuple(found)
