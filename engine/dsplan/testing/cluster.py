"""A simulated cluster behind an API server: versions, preconditions, lists as of any version, watch events.

Everything that happens in it happens in `dsplan.simulator`; here is only what stands between it and a host.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

import msgspec

from ..constraints import Rule
from ..diff import Action
from ..model.daemonset import ControllerRevision, DaemonSet
from ..model.meta import Identity
from ..model.node import Node
from ..model.pod import Pod
from ..model.policy import RolloutPolicy
from ..model.world import World
from ..observe.templates import new_revision_hash
from ..reconciler import WatchEvent
from ..simulator import Cluster, Durations, Kubelet, Removed, SteadyKubelet
from ..simulator.objects import Objects
from ..simulator.store import Key

__all__ = ["Conflict", "FakeCluster", "Listing", "Logged", "NotFound"]

_Name = tuple[str, str, str]
KINDS = ("RolloutPolicy", "Node", "DaemonSet", "ControllerRevision", "Pod")


class NotFound(Exception):
    """The object of a write does not exist."""

    status = 404


class Conflict(Exception):
    """The precondition of a write does not hold, or the name is taken."""

    status = 409


class Logged(msgspec.Struct, frozen=True):
    """One change: `version` counts from 1, `kind` is the object's."""

    version: int
    kind: str
    event: WatchEvent


class Listing(msgspec.Struct, frozen=True):
    """All objects of a kind, and the version of which the list is."""

    kind: str
    items: tuple[Any, ...]
    resource_version: str


class _Watched(Objects):
    """Objects whose every write gets the next version and is logged."""

    def __init__(self, world: World, rules: tuple[Rule, ...]) -> None:
        self.log: list[Logged] = []
        self.current: dict[_Name, Any] = {}
        self._births = 0
        super().__init__(world, rules)

    def born(self, item: Any, uid: str) -> Any:
        """Return a new object with a uid; objects that bring one that was never used keep it."""
        self._births += 1
        return _with_metadata(item, uid=uid or f"uid-{self._births}")

    def logged(self, kind: str, item: Any) -> Any:
        """Stamp and log a write; one that changes nothing is none."""
        key = _name(kind, item)
        before = self.current.get(key)
        if before is not None and before == _with_metadata(item, resource_version=before.metadata.resource_version):
            return before
        stamped = _with_metadata(item, resource_version=str(len(self.log) + 1))
        self.current[key] = stamped
        self.log.append(Logged(len(self.log) + 1, kind, WatchEvent("ADDED" if before is None else "MODIFIED", stamped)))
        return stamped

    def gone(self, kind: str, namespace: str, name: str) -> None:
        """Log a deletion, with the version at which it happened."""
        before = self.current.pop((kind, namespace, name), None)
        if before is not None:
            stamped = _with_metadata(before, resource_version=str(len(self.log) + 1))
            self.log.append(Logged(len(self.log) + 1, kind, WatchEvent("DELETED", stamped)))

    def put_pod(self, pod: Pod) -> None:
        super().put_pod(self.logged("Pod", pod))

    def remove_pod(self, key: Key) -> Pod | None:
        self.gone("Pod", *key)
        return super().remove_pod(key)

    def put_revision(self, revision: ControllerRevision) -> None:
        known = self.current.get(_name("ControllerRevision", revision))
        if known is None:
            revision = self.born(revision, "")
        super().put_revision(self.logged("ControllerRevision", revision))

    def remove_revision(self, key: Key) -> None:
        self.gone("ControllerRevision", *key)
        super().remove_revision(key)

    def put_daemonset(self, daemonset: DaemonSet) -> None:
        super().put_daemonset(self.logged("DaemonSet", daemonset))

    def remove_daemonset(self, identity: Identity) -> None:
        self.gone("DaemonSet", identity.namespace, identity.name)
        super().remove_daemonset(identity)

    def put_policy(self, policy: RolloutPolicy) -> None:
        """Store a policy; nothing in the cluster itself obeys it."""
        known = self.current.get(_name("RolloutPolicy", policy))
        item = self.born(policy, "") if known is None else _with_metadata(policy, uid=known.metadata.uid)
        self.logged("RolloutPolicy", item)

    def set_nodes(self, changed: Iterable[Node] = (), removed: Iterable[str] = ()) -> None:
        stamped = []
        for node in changed:
            known = self.current.get(_name("Node", node))
            item = self.born(node, "") if known is None else _with_metadata(node, uid=known.metadata.uid)
            stamped.append(self.logged("Node", item))
        gone = list(removed)
        for name in gone:
            self.gone("Node", "", name)
        super().set_nodes(stamped, gone)


class FakeCluster:
    """What a host sees of a cluster: lists, watches, writes that can be refused.

    A created pod exists at once, a deletion is seen at once; how long pods take is the kubelet's matter.

    >>> from .builders import NOW, a_daemonset, a_node
    >>> cluster = FakeCluster(World(nodes=(a_node("n1"),), daemonsets=(a_daemonset(),)), now=NOW)
    >>> cluster.list("Node").items[0].name, cluster.list("Node").resource_version
    ('n1', '2')
    """

    def __init__(self, world: World, kubelet: Kubelet | None = None, *, now: datetime) -> None:
        given = kubelet or SteadyKubelet(Durations(create=0.0, ready=5.0, terminate=5.0))
        self.cluster = Cluster(world, given, now=now, objects=_Watched)
        objects = self.cluster.objects
        assert isinstance(objects, _Watched)
        self._objects = objects
        for policy in world.rollout_policies:
            objects.put_policy(policy)
        objects.set_nodes(list(objects.nodes.values()))
        for daemonset in list(objects.daemonsets.values()):
            objects.put_daemonset(daemonset)
        for revision in sorted(objects.revisions, key=lambda item: item.name):
            objects.put_revision(revision)
        for pod in sorted(objects.pods, key=lambda item: item.name):
            objects.put_pod(pod)

    @property
    def now(self) -> datetime:
        """The moment up to which time has passed."""
        return self.cluster.now

    @property
    def version(self) -> int:
        """The newest version."""
        return len(self._objects.log)

    @property
    def world(self) -> World:
        """Everything as a World, without State."""
        kinds: dict[str, list[Any]] = {kind: [] for kind in KINDS}
        for (kind, _, _), item in self._objects.current.items():
            kinds[kind].append(item)
        return _world(kinds)

    def pass_time(self, seconds: float) -> None:
        """Let kubelets work."""
        self.cluster.advance(self.now + timedelta(seconds=seconds))

    def inject(self, *changes: Node | Pod | DaemonSet | Removed) -> None:
        """Let somebody else change something."""
        self.cluster.inject(*changes)

    def put_policy(self, policy: RolloutPolicy) -> None:
        """Let somebody create or edit a policy."""
        self._objects.put_policy(policy)

    def remove_policy(self, namespace: str, name: str) -> None:
        """Let somebody delete a policy."""
        self._objects.gone("RolloutPolicy", namespace, name)

    def get(self, kind: str, namespace: str, name: str) -> Any:
        """Return an object as it is, None where there is none."""
        return self._objects.current.get((kind, namespace, name))

    def since(self, version: int) -> Iterator[Logged]:
        """Yield all changes after a version."""
        return iter(self._objects.log[version:])

    def list(self, kind: str, *, at: int | None = None) -> Listing:
        """Return all objects of a kind, now or as of an earlier version: what a replica that lags behind would say."""
        if at is None or at >= self.version:
            items = [item for key, item in self._objects.current.items() if key[0] == kind]
            return Listing(kind, tuple(items), str(self.version))
        found: dict[_Name, Any] = {}
        for entry in self._objects.log[:at]:
            if entry.kind == kind:
                key = _name(kind, entry.event.object)
                if entry.event.type == "DELETED":
                    found.pop(key, None)
                else:
                    found[key] = entry.event.object
        return Listing(kind, tuple(found.values()), str(at))

    def carry_out(self, action: Action) -> None:
        """Do what an action says. Raises NotFound and Conflict as an API server does."""
        known = self.get(action.kind, action.namespace, action.name) if action.name else None
        owner = self.get("DaemonSet", action.daemonset.namespace, action.daemonset.name)
        wanted = action.precondition
        if action.verb == "create":
            if known is not None:
                raise Conflict(f"{action.kind} {action.name} exists")
            if owner is None:
                raise NotFound(str(action.daemonset))
            if action.kind == "ControllerRevision" and new_revision_hash(owner) != action.change["hash"]:
                raise Conflict(f"the template of {action.daemonset} is another by now")
        elif known is None:
            raise NotFound(f"{action.kind} {action.name}")
        elif wanted is not None and wanted.uid != known.metadata.uid:
            raise Conflict(f"{action.kind} {action.name} is another object")
        elif wanted is not None and wanted.resource_version != known.metadata.resource_version:
            raise Conflict(f"{action.kind} {action.name} is another version")
        self.cluster.carry_out([action])


def _name(kind: str, item: Any) -> _Name:
    return kind, item.metadata.namespace, item.metadata.name


def _with_metadata(item: Any, **changes: Any) -> Any:
    return msgspec.structs.replace(item, metadata=msgspec.structs.replace(item.metadata, **changes))


def _world(kinds: dict[str, list[Any]]) -> World:
    return World(
        nodes=tuple(kinds["Node"]),
        daemonsets=tuple(kinds["DaemonSet"]),
        revisions=tuple(kinds["ControllerRevision"]),
        pods=tuple(kinds["Pod"]),
        rollout_policies=tuple(kinds["RolloutPolicy"]),
    )
