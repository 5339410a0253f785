"""The objects of a simulated cluster, and what each controller sees of them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from ..constraints import Rule
from ..eligibility import NodeIndex
from ..model.daemonset import ControllerRevision, DaemonSet
from ..model.meta import Identity
from ..model.node import Node
from ..model.pod import Pod, target_node
from ..model.selectors import selector_matches
from ..model.state import Backoff, Expectations, LearnedHash, PolicyProgress, State
from ..model.world import World
from ..passes.observation import Observation, Surroundings
from .coverage import Coverage
from .store import Key, PodStore, RevisionStore, owner_of
from .view import View

__all__ = ["Objects"]


class Objects:
    """Nodes, DaemonSets, pods, revisions and State, written to one at a time; views follow every write."""

    def __init__(self, world: World, rules: tuple[Rule, ...]) -> None:
        self._rest = world
        self._rules = rules
        self.nodes: dict[str, Node] = {node.name: node for node in world.nodes}
        self.daemonsets: dict[Identity, DaemonSet] = {item.identity: item for item in world.daemonsets}
        self.pods = PodStore(world.pods)
        self.revisions = RevisionStore(world.revisions)
        state = world.state
        self.backoffs: dict[tuple[str, int, str], Backoff] = {
            (entry.daemonset_uid, entry.observed_generation, entry.node): entry for entry in state.backoffs
        }
        self.expectations: dict[Identity, Expectations] = {entry.daemonset: entry for entry in state.expectations}
        self.hashes: dict[Identity, str] = {entry.daemonset: entry.hash for entry in state.hashes}
        self.rollouts: tuple[PolicyProgress, ...] = state.rollouts
        self._index: NodeIndex | None = None
        self._views = {identity: View(daemonset, self.pods) for identity, daemonset in self.daemonsets.items()}

    @property
    def index(self) -> NodeIndex:
        """The index of the nodes as they are."""
        if self._index is None:
            self._index = NodeIndex(self.nodes.values())
        return self._index

    @property
    def state(self) -> State:
        """What the controller remembers."""
        hashes = (LearnedHash(daemonset=identity, hash=text) for identity, text in sorted(self.hashes.items()))
        return State(
            backoffs=tuple(sorted(self.backoffs.values())),
            expectations=tuple(self.expectations[identity] for identity in sorted(self.expectations)),
            hashes=tuple(hashes),
            rollouts=self.rollouts,
        )

    @property
    def world(self) -> World:
        """Everything as a World: what `dsplan.step` or `dsplan.solve` would be given now."""
        return msgspec.structs.replace(
            self._rest,
            nodes=tuple(self.nodes.values()),
            daemonsets=tuple(self.daemonsets.values()),
            pods=tuple(self.pods),
            revisions=tuple(self.revisions),
            state=self.state,
        )

    def surroundings(self, now: datetime) -> Surroundings:
        """Return what a pass at a moment is given."""
        return Surroundings(
            index=self.index,
            pods=self.pods,
            revisions=self.revisions,
            rules=self._rules,
            now=now,
            backoffs=self.backoffs,
            expectations=self.expectations,
            hashes=self.hashes,
        )

    def observation(self, identity: Identity, around: Surroundings) -> Observation:
        """Return what a pass over one DaemonSet sees; its sets change with the next call."""
        return self._views[identity].observation(around)

    def coverage(self, identity: Identity, around: Surroundings) -> Coverage:
        """Return which nodes of a DaemonSet are down."""
        view = self._views[identity]
        view.refresh(around)
        return view.coverage

    def put_pod(self, pod: Pod) -> None:
        """Enter a pod or a new version of one."""
        before = self.pods.put(pod)
        self._follow(pod)
        if before is not None and owner_of(before) != owner_of(pod):
            self._follow(before)

    def remove_pod(self, key: Key) -> Pod | None:
        """Take a pod out; return it, None where there is none."""
        pod = self.pods.remove(key)
        if pod is not None:
            self._follow(pod)
        return pod

    def put_revision(self, revision: ControllerRevision) -> None:
        """Enter a revision or a new version of one."""
        self.revisions.put(revision)
        self._revisit(revision.metadata.namespace)

    def remove_revision(self, key: Key) -> None:
        """Take a revision out."""
        self.revisions.remove(key)
        self._revisit(key[0])

    def put_daemonset(self, daemonset: DaemonSet) -> None:
        """Enter a DaemonSet or a new version of one; another uid is another DaemonSet."""
        identity = daemonset.identity
        before = self.daemonsets.get(identity)
        self.daemonsets[identity] = daemonset
        if before is not None and before.metadata.uid == daemonset.metadata.uid:
            self._views[identity].replaced(daemonset)
        else:
            self._views[identity] = View(daemonset, self.pods)

    def remove_daemonset(self, identity: Identity) -> None:
        """Take a DaemonSet out, with what is remembered of it (C2)."""
        self.daemonsets.pop(identity, None)
        self._views.pop(identity, None)
        self.expectations.pop(identity, None)

    def set_nodes(self, changed: Iterable[Node] = (), removed: Iterable[str] = ()) -> None:
        """Enter nodes, take out others; every verdict is asked for again."""
        self.nodes.update({node.name: node for node in changed})
        for name in removed:
            self.nodes.pop(name, None)
        self._index = None
        for view in self._views.values():
            view.reframe()

    def owner_identity(self, pod: Pod) -> Identity | None:
        """Return the DaemonSet that controls a pod, None where none that is here does."""
        namespace, kind, name, uid = owner_of(pod)
        identity = Identity(kind, namespace, name)
        daemonset = self.daemonsets.get(identity)
        return identity if daemonset is not None and daemonset.metadata.uid == uid else None

    def selecting_orphan(self, name: str) -> set[Identity]:
        """Return the DaemonSets whose selector matches a pod of this name that nobody controls (M3)."""
        return {
            identity
            for identity, daemonset in self.daemonsets.items()
            for pod in self.pods.orphans(identity.namespace)
            if pod.name == name and selector_matches(daemonset.spec.selector, pod.metadata.labels)
        }

    def _follow(self, pod: Pod) -> None:
        if not owner_of(pod)[1]:
            self._revisit(pod.metadata.namespace)
            return
        identity = self.owner_identity(pod)
        if identity is not None:
            node = target_node(pod)
            view = self._views[identity]
            if node is None or not view.claims(pod):
                view.revisit()
            else:
                view.touch(node)

    def _revisit(self, namespace: str) -> None:
        for identity, view in self._views.items():
            if identity.namespace == namespace:
                view.revisit()
