"""Claimed pods by target node (M6, M19, A14, A15)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime

import msgspec

from ..model.pod import Pod, target_node
from .shape import PodFact, Shape

__all__ = ["Group", "Grouping", "group_by_node", "oldest_first"]

_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_TERMINATING = int(PodFact.TERMINATING)
_TERMINAL = int(PodFact.FAILED | PodFact.SUCCEEDED)


class Group(msgspec.Struct, frozen=True, gc=False):
    """The pods of one node in the order M19, and their facts in the same order."""

    pods: tuple[Pod, ...]
    shape: Shape


class Grouping(msgspec.Struct, frozen=True):
    """Groups by node name; `gone` are the pods of M6; `adrift` those without a readable target node (A15)."""

    groups: dict[str, Group]
    gone: tuple[Pod, ...]
    adrift: tuple[Pod, ...]


def oldest_first(pod: Pod) -> tuple[bool, datetime, str]:
    """Return the sort key of M19: bound first, then oldest (no timestamp = oldest), then name."""
    metadata = pod.metadata
    return (not pod.spec.node_name, metadata.creation_timestamp or _LONG_AGO, metadata.name)


def group_by_node(claimed: Iterable[Pod], read: Callable[[Pod], int]) -> Grouping:
    """Return the claimed pods by target node."""
    groups: dict[str, Group] = {}
    crowded: dict[str, list[tuple[Pod, int]]] = {}
    gone: list[Pod] = []
    adrift: list[Pod] = []
    for pod in claimed:
        node = pod.spec.node_name or target_node(pod)
        if node is None:
            adrift.append(pod)
            continue
        facts = read(pod)
        if facts & _TERMINATING and facts & _TERMINAL:
            gone.append(pod)
        elif node not in groups:
            groups[node] = Group((pod,), (facts,))
        else:
            alone = groups[node]
            crowded.setdefault(node, [(alone.pods[0], alone.shape[0])]).append((pod, facts))
    for node, members in crowded.items():
        members.sort(key=lambda member: oldest_first(member[0]))
        groups[node] = Group(tuple([pod for pod, _ in members]), tuple([facts for _, facts in members]))
    return Grouping(groups, tuple(gone), tuple(adrift))
