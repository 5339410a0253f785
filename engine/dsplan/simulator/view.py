"""One DaemonSet as its controller sees it, kept up to date pod by pod.

Invariant: `observation(now)` equals `observe_daemonset` over the whole cluster. The cost of a change is that of the
pods of one node; whatever changes the frame (nodes, the DaemonSet, revisions, claims) makes the next observation a
full one.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from pyroaring import BitMap

from ..eligibility import Verdict, Verdicts
from ..model.daemonset import DaemonSet
from ..model.pod import Pod
from ..model.selectors import selector_matches
from ..observe import Group, Shape, Situation, group_by_node
from ..observe.observed import template_generation
from ..observe.shape import fact_reader
from ..passes.observation import Observation, Surroundings, observe_daemonset
from .coverage import Coverage
from .store import Owner, PodStore

__all__ = ["View"]

_VERDICT_ORDER = {Verdict.RUN: 0, Verdict.KEEP: 1, Verdict.DENY: 2}


class _LiveObservation(Observation, frozen=True, kw_only=True):
    find_live_hashes: Callable[[], set[str]]

    def live_hashes(self) -> set[str]:
        return self.find_live_hashes()


class View:
    """The observation of one DaemonSet over a PodStore that changes."""

    def __init__(self, daemonset: DaemonSet, pods: PodStore) -> None:
        self.daemonset = daemonset
        self.coverage = Coverage()
        self._pods = pods
        self._owner: Owner = (daemonset.metadata.namespace, "DaemonSet", daemonset.name, daemonset.metadata.uid)
        self._touched: set[str] = set()
        self._stale = True
        self._verdicts: Verdicts | None = None
        self._matching: dict[str, str] | None = None

    def replaced(self, daemonset: DaemonSet) -> None:
        """Take over a new version of the DaemonSet; one that only differs in status changes nothing."""
        before, self.daemonset = self.daemonset, daemonset
        if before.spec is not daemonset.spec or before.metadata is not daemonset.metadata:
            self.reframe()

    def reframe(self) -> None:
        """Forget the verdicts too: nodes or template changed."""
        self._verdicts = None
        self._matching = None
        self._stale = True

    def revisit(self) -> None:
        """Look at everything again: claims or revisions changed."""
        self._stale = True

    def touch(self, node: str) -> None:
        """Look at the pods of a node again."""
        self._touched.add(node)

    def observation(self, around: Surroundings) -> Observation:
        """Return what a pass sees now. Its sets change with the next call: keep none of them."""
        self.refresh(around)
        return _LiveObservation(
            verdicts=self._base.verdicts,
            observed=msgspec.structs.replace(
                self._base.observed, groups=self._groups, situations=self._situations(), vanished=self._vanished
            ),
            notes=self._base.notes,
            find_live_hashes=self._live_hashes,
        )

    def refresh(self, around: Surroundings) -> None:
        """Take in what changed since the last look."""
        if self._stale:
            self._observe_all(around)
        elif self._touched:
            self._regroup(around)

    def claims(self, pod: Pod) -> bool:
        """Return whether an owned pod matches the selector; the pods of one blueprint share their labels."""
        labels = pod.metadata.labels
        if labels is not self._matching:
            if not selector_matches(self.daemonset.spec.selector, labels):
                return False
            self._matching = labels
        return True

    def _observe_all(self, around: Surroundings) -> None:
        self._base = base = observe_daemonset(self.daemonset, around, self._verdicts)
        self._index, self._verdicts = around.index, base.verdicts
        observed = base.observed
        self._groups, self._vanished = dict(observed.groups), observed.vanished
        self._nodes: dict[tuple[Verdict, Shape], BitMap] = {
            (situation.verdict, situation.shape): situation.nodes for situation in observed.situations
        }
        self._order: list[tuple[Verdict, Shape]] | None = None
        self.coverage.rebuild(self._index, observed.situations)
        self._touched.clear()
        self._stale = bool(observed.history.duplicates)

    def _live_hashes(self) -> set[str]:
        return self._pods.live_hashes(self._owner)

    def _situations(self) -> tuple[Situation, ...]:
        if self._order is None:
            self._order = sorted(self._nodes, key=lambda entry: (entry[1], _VERDICT_ORDER[entry[0]]))
        return tuple([Situation(verdict, shape, self._nodes[verdict, shape]) for verdict, shape in self._order])

    def _regroup(self, around: Surroundings) -> None:
        daemonset, history = self.daemonset, self._base.observed.history
        read = fact_reader(
            current_hash=history.hash,
            template_generation=template_generation(daemonset),
            min_ready_seconds=daemonset.spec.min_ready_seconds,
            now=around.now,
        )
        for node in self._touched:
            self._regroup_node(node, read)
        self._touched.clear()

    def _regroup_node(self, node: str, read: Callable[[Pod], int]) -> None:
        claimed = [pod for pod in self._pods.on_node(self._owner, node).values() if self.claims(pod)]
        group = group_by_node(claimed, read).groups.get(node)
        before = self._groups.get(node)
        if group is None:
            self._groups.pop(node, None)
        else:
            self._groups[node] = group
        position = self._index.ids.get(node)
        if position is None:
            self._vanished = {name: entry for name, entry in self._groups.items() if name not in self._index.ids}
            self._vanished = dict(sorted(self._vanished.items()))
        else:
            self._move(position, _shape(before), _shape(group))

    def _move(self, position: int, before: Shape, after: Shape) -> None:
        if before == after:
            return
        assert self._verdicts is not None
        verdict = self._verdicts.of(position)
        self._leave((verdict, before), position)
        if after or verdict is Verdict.RUN:
            self._enter((verdict, after), position)
        if verdict is Verdict.RUN:
            self.coverage.moved(position, before, after)

    def _leave(self, situation: tuple[Verdict, Shape], position: int) -> None:
        nodes = self._nodes.get(situation)
        if nodes is None:
            return
        nodes.discard(position)
        if not nodes:
            del self._nodes[situation]
            self._order = None

    def _enter(self, situation: tuple[Verdict, Shape], position: int) -> None:
        nodes = self._nodes.get(situation)
        if nodes is None:
            nodes = self._nodes[situation] = BitMap()
            self._order = None
        nodes.add(position)


def _shape(group: Group | None) -> Shape:
    return () if group is None else group.shape
