"""The pods of one DaemonSet arranged by the nodes of an index.

Assumes what nearly always holds: a node has one pod of a DaemonSet. Such a pod takes a reference and a byte, not a
Group; there are hundreds of thousands of them, and memory that is written to for the first time is what costs most.
Pods that share a node, are gone (M6), or whose node does not exist are few, and grouped one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import compress

import msgspec
from pyroaring import BitMap

from ..eligibility import NodeIndex
from ..model.pod import Pod, target_node
from .groups import Group, group_by_node
from .shape import PodFact, Shape

__all__ = ["ArrangedPods", "PodsByNode", "arrange_by_node"]

_TERMINATING, _TERMINAL = int(PodFact.TERMINATING), int(PodFact.FAILED | PodFact.SUCCEEDED)
_NOBODY = _TERMINAL
"""The byte of a node without a pod: no pod has both failed and succeeded."""

_IS_TAKEN = bytes(byte != _NOBODY for byte in range(256))
_AT_A_TIME = 256


class PodsByNode(Mapping[str, Group]):
    """Group by node name. A pod that is alone on its node is kept as it is, its Group is made when asked for."""

    __slots__ = ("_facts", "_index", "_others", "_pods")

    def __init__(self, index: NodeIndex, pods: list[Pod | None], facts: bytearray, others: dict[str, Group]) -> None:
        self._index, self._pods, self._facts, self._others = index, pods, facts, others

    def __getitem__(self, name: str) -> Group:
        """Return the group of a node; raises KeyError where it has no pod."""
        if name in self._others:
            return self._others[name]
        position = self._index.ids[name]
        pod = self._pods[position]
        if pod is None:
            raise KeyError(name)
        return Group((pod,), (self._facts[position],))

    def __iter__(self) -> Iterator[str]:
        """Yield the nodes with one pod in name order, then all others."""
        yield from compress(self._index.names, (pod is not None for pod in self._pods))
        yield from self._others

    def to_dict(self) -> dict[str, Group]:
        """Return all groups as a dict of its own, for who goes on writing to it."""
        shapes: dict[int, Shape] = {facts: (facts,) for facts in set(self._facts)}
        taken = self._facts.translate(_IS_TAKEN)
        names, facts = compress(self._index.names, taken), compress(self._facts, taken)
        pods = filter(None, self._pods)
        found = {name: Group((pod,), shapes[fact]) for name, pod, fact in zip(names, pods, facts, strict=True)}
        return found | self._others

    def __len__(self) -> int:
        """Return how many nodes have pods."""
        return len(self._pods) - self._pods.count(None) + len(self._others)


class ArrangedPods(msgspec.Struct, frozen=True):
    """`groups` of all nodes, `occupied` the ids of existing nodes per shape, `vanished` the groups of all others.

    `gone` are the pods of M6, `adrift` those without a readable target node (A15).
    """

    groups: PodsByNode
    occupied: dict[Shape, BitMap]
    vanished: dict[str, Group]
    gone: tuple[Pod, ...]
    adrift: tuple[Pod, ...]


def arrange_by_node(claimed: Sequence[Pod], read: Callable[[Pod], int], index: NodeIndex) -> ArrangedPods:
    """Return the claimed pods by node; `read` gives the facts of one pod."""
    alone, facts, rest = _alone(claimed, read, index)
    grouping = group_by_node(rest, read)
    occupied: dict[Shape, BitMap] = {
        (fact,): BitMap(list(compress(range(len(facts)), facts.translate(_is_byte(fact)))))
        for fact in set(facts) - {_NOBODY}
    }
    vanished: dict[str, Group] = {}
    for name, group in sorted(grouping.groups.items()):
        position = index.ids.get(name)
        if position is None:
            vanished[name] = group
        else:
            occupied.setdefault(group.shape, BitMap()).add(position)
    groups = PodsByNode(index, alone, facts, grouping.groups)
    return ArrangedPods(groups, occupied, vanished, grouping.gone, grouping.adrift)


def _alone(
    claimed: Sequence[Pod], read: Callable[[Pod], int], index: NodeIndex
) -> tuple[list[Pod | None], bytearray, list[Pod]]:
    """Return the pod and the facts on every id that has exactly one, and all other pods."""
    pods: list[Pod | None] = [None] * len(index.nodes)
    shape_of = bytearray([_NOBODY]) * len(index.nodes)
    rest: list[Pod] = []
    shared: set[int] = set()
    for pod, facts, position in _read(claimed, read, index):
        if position is None or (facts & _TERMINAL and facts & _TERMINATING):
            rest.append(pod)
        elif pods[position] is None:
            pods[position] = pod
            shape_of[position] = facts
        else:
            rest.append(pod)
            shared.add(position)
    for position in shared:
        if (first := pods[position]) is not None:
            rest.append(first)
        pods[position], shape_of[position] = None, _NOBODY
    return pods, shape_of, rest


def _read(
    claimed: Sequence[Pod], read: Callable[[Pod], int], index: NodeIndex
) -> Iterator[tuple[Pod, int, int | None]]:
    """Yield every pod with its facts and the id of its node.

    Nodes are looked up a few hundred at a time: what a pod and its node's name are made of lies far apart in memory,
    waiting for one takes longer than all the work on it, and in a tight loop the waits overlap.
    """
    find = index.ids.get
    for start in range(0, len(claimed), _AT_A_TIME):
        pods = claimed[start : start + _AT_A_TIME]
        positions = list(map(find, [pod.spec.node_name for pod in pods]))
        if None in positions:
            positions = [find(target_node(pod) or "") for pod in pods]
        yield from zip(pods, map(read, pods), positions, strict=True)


def _is_byte(wanted: int) -> bytes:
    """Return the translation that makes 1 of one byte and 0 of all others."""
    return bytes(byte == wanted for byte in range(256))
