"""A small cluster under policies, event by event, with a history that never forgets.

The controller does its part at once: what is missing or deleted is there again with the present template, not ready.
Only the host's deletions are the engine's decision, in `begin`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import msgspec

from dsplan.model.daemonset import ControllerRevision, DaemonSet
from dsplan.model.meta import Condition
from dsplan.model.node import Node
from dsplan.model.pod import Pod
from dsplan.model.policy import RolloutPolicy
from dsplan.model.state import State
from dsplan.model.world import World
from dsplan.testing import a_daemonset, a_node, a_pod, a_revision

from .adapter import answer, begun_by, decode_policy, texts_of

START = datetime(2026, 5, 2, tzinfo=UTC)
LONG_AGO = -7 * 24 * 60
"""Minutes before START at which everything that was there from the beginning was made, and became ready."""

Place = tuple[str, str]


class NodeFacts(msgspec.Struct, frozen=True):
    """A node: since when (minutes) it is ready or not, when it was made."""

    ready: bool = True
    since: int = LONG_AGO
    made: int = LONG_AGO
    zone: str = "a"
    labels: tuple[tuple[str, str], ...] = ()


class PodFacts(msgspec.Struct, frozen=True):
    """A pod: its revision, when it was made, since when it is ready or not, whether it crashes."""

    hash: str
    made: int
    ready: bool
    since: int
    crashes: bool = False


class Target(msgspec.Struct, frozen=True):
    """A DaemonSet: its incarnation and its present revision."""

    uid: str
    hash: str
    labels: tuple[tuple[str, str], ...] = ()


class Gone(msgspec.Struct, frozen=True):
    """One unit that the host began: which incarnation and revision, where, and when."""

    name: str
    uid: str
    hash: str
    node: str
    at: int


class Said(msgspec.Struct, frozen=True):
    """Something that somebody said of a policy, and that was accepted."""

    policy: str
    answer: str
    at: int


class Town:
    """The cluster now, and what has happened: `gone`, `said` and what broke are never forgotten."""

    def __init__(
        self, nodes: Mapping[str, NodeFacts], targets: Mapping[str, Target], *policies: dict[str, Any]
    ) -> None:
        self.nodes = dict(nodes)
        self.targets = dict(targets)
        self.policies = {tree["metadata"]["name"]: tree for tree in policies}
        self.pods: dict[Place, PodFacts] = {}
        self.now = 0
        self.state = State()
        self.older: State | None = None
        self.older_seen: dict[str, Target] = {}
        self.gone: tuple[Gone, ...] = ()
        self.said: tuple[Said, ...] = ()
        self.broke: dict[tuple[str, str, str], frozenset[str]] = {}
        self.seen: dict[str, Target] = {}
        self.seen_broken: frozenset[str] = frozenset()
        self.suspected: frozenset[str] = frozenset()
        self.excused: frozenset[str] = frozenset()
        self.failed: dict[tuple[str, str, str], bool] = {}
        self.changed: dict[tuple[str, str], int] = {}

    def copy(self) -> Town:
        """Return another one in the same place, with the same history."""
        other = Town.__new__(Town)
        other.__dict__ = {
            key: dict(value) if isinstance(value, dict) else value for key, value in self.__dict__.items()
        }
        return other

    def key(self) -> bytes:
        """Return what tells this town, its State and its history from others."""
        parts = [
            sorted(self.nodes.items()), sorted(self.targets.items()), sorted(self.policies.items()),
            sorted(self.pods.items()), self.now, self.state, self.older, self.gone, self.said,
            sorted((key, sorted(value)) for key, value in self.broke.items()), sorted(self.changed.items()),
            sorted(self.excused), sorted(self.failed), sorted(self.seen_broken), sorted(self.seen.items()),
            sorted(self.older_seen.items()), sorted(self.suspected),
        ]  # fmt: skip
        return msgspec.msgpack.encode(parts)

    # The world as the engine reads it

    def world(self) -> World:
        """Return what the engine is given."""
        sets = {name: _daemonset(name, target) for name, target in self.targets.items()}
        return World(
            nodes=tuple(_node(name, facts) for name, facts in sorted(self.nodes.items())),
            daemonsets=tuple(sets[name] for name in sorted(sets)),
            pods=tuple(_pod(self.targets[n], n, node, facts) for (n, node), facts in sorted(self.pods.items())),
            revisions=tuple(_revision(name, target) for name, target in sorted(self.targets.items())),
            rollout_policies=tuple(_policy(json.dumps(self.policies[name])) for name in sorted(self.policies)),
            state=self.state,
        )

    @property
    def moment(self) -> datetime:
        """Now."""
        return _at(self.now)

    # What happens

    def populate(self, **hashes: str) -> Town:
        """Put a healthy pod of a revision on every node, by DaemonSet."""
        for name, hash_ in hashes.items():
            for node in self.nodes:
                self.pods[name, node] = PodFacts(hash_, LONG_AGO, True, LONG_AGO)
        return self

    def begin(self) -> list[Place]:
        """Let the engine decide, carry it out, and return what it began."""
        before, self.older_seen = self.state, self.seen
        named = {entry.get("name") for tree in self.policies.values() for entry in tree["spec"]["targets"]}
        self.seen = {name: target for name, target in self.targets.items() if name in named}
        self.seen_broken = frozenset().union(*self.broke.values())
        self.suspected |= self._fell_after_update()
        begun, self.state = begun_by(self.world(), self.moment)
        self.older = before
        for name, node in begun:
            self.gone += (Gone(name, self.targets[name].uid, self.targets[name].hash, node, self.now),)
            self.replace(name, node)
        return begun

    def _fell_after_update(self) -> frozenset[str]:
        """The nodes that fell after their present pod was made, which is of what is rolled out now: whoever looks now
        takes them as broken by it, even if something else was rolled out when they fell."""
        return frozenset(
            node
            for (name, node), pod in self.pods.items()
            if pod.hash == self.targets[name].hash
            and not self.nodes[node].ready
            and (self.nodes[node].since >= pod.made or pod.made > self.now)
        )

    def forget(self, *, older: bool) -> None:
        """State is lost, or an older one is found again, which knows only what was seen until then."""
        self.state, self.seen = ((self.older or State()), self.older_seen) if older else (State(), {})
        self.older = None
        self.failed = {}  # what somebody said is nowhere else

    def told(self) -> str:
        """Return what the engine tells of what stands still."""
        return texts_of(self.world(), self.moment)

    def replace(self, name: str, node: str) -> None:
        """Delete a pod, by whomever; the controller makes another one at once."""
        self.pods[name, node] = PodFacts(self.targets[name].hash, self.now, False, self.now)

    def set_pod(self, name: str, node: str, **facts: Any) -> None:
        """Change a pod; where its readiness changes, that happens now."""
        before = self.pods[name, node]
        after = msgspec.structs.replace(before, **facts)
        since = before.since if before.ready == after.ready and "since" not in facts else self.now
        self.pods[name, node] = msgspec.structs.replace(after, since=facts.get("since", since))

    def settle(self, *but: str) -> None:
        """Make all pods ready that are not, except on some nodes and on nodes that are not ready."""
        for (name, node), pod in list(self.pods.items()):
            if not pod.ready and not pod.crashes and node not in but and self.nodes[node].ready:
                self.set_pod(name, node, ready=True)

    def restart(self, name: str, node: str) -> None:
        """A ready pod restarts, and is ready again before anybody looks."""
        self.set_pod(name, node, ready=True, since=self.now)

    def down(self, node: str) -> None:
        """A node is not ready any more, and neither are its pods."""
        self.nodes[node] = msgspec.structs.replace(self.nodes[node], ready=False, since=self.now)
        for name, target in self.targets.items():
            if (name, node) in self.pods:
                pod = self.pods[name, node]
                if pod.hash == target.hash:  # an earlier revision is not what is rolled out
                    key = name, target.uid, pod.hash
                    self.broke[key] = self.broke.get(key, frozenset()) | {node}
                if pod.ready:
                    self.set_pod(name, node, ready=False)

    def back(self, node: str) -> None:
        """A node is ready again, and so are its pods."""
        self.nodes[node] = msgspec.structs.replace(self.nodes[node], ready=True, since=self.now)
        self.broke = {key: nodes - {node} for key, nodes in self.broke.items()}
        self.excused -= {node}
        self.suspected -= {node}
        for name in self.targets:
            if (name, node) in self.pods and not self.pods[name, node].crashes:
                self.set_pod(name, node, ready=True)

    def join(self, node: str, zone: str = "a") -> None:
        """A node joins; its pods are of the present revisions, and ready."""
        self.nodes[node] = NodeFacts(True, self.now, self.now, zone)
        for name, target in self.targets.items():
            self.pods[name, node] = PodFacts(target.hash, self.now, True, self.now)

    def leave(self, node: str) -> None:
        """A node is deleted; that it was not ready, nobody can know who has not seen it."""
        if node not in self.seen_broken:
            self.broke = {key: nodes - {node} for key, nodes in self.broke.items()}
        del self.nodes[node]
        self.pods = {place: pod for place, pod in self.pods.items() if place[1] != node}

    def release(self, name: str, hash_: str) -> None:
        """A DaemonSet gets another template, or an earlier one again."""
        self.targets[name] = msgspec.structs.replace(self.targets[name], hash=hash_)
        self.changed[name, self.targets[name].uid] = self.now

    def edit(self, policy: str = "p", **spec: Any) -> None:
        """Somebody edits a policy; None takes a field away."""
        tree = json.loads(json.dumps(self.policies[policy]))
        tree["spec"] = {key: value for key, value in {**tree["spec"], **spec}.items() if value is not None}
        self.policies[policy] = tree

    def say(self, what: str, policy: str = "p") -> bool:
        """Somebody answers a gate, resumes or pauses; return whether that was accepted."""
        state = answer(self.state, f"default/{policy}", what)
        if state is None:
            return False
        self.state = state
        self.said += (Said(policy, what, self.now),)
        if what == "fail":
            for _, target in self._under_way():
                self.failed[policy, target.uid, target.hash] = True
        elif what in ("pass", "resume"):
            self.failed = {}
            self.excused = frozenset().union(self.excused, self.crashing(), *self.broke.values())
        return True

    def _under_way(self) -> list[tuple[str, Target]]:
        """The one target that was in the middle of a roll-out when the engine looked; where there are several, who is
        meant is left open."""
        found = [
            (name, target)
            for name, target in self.seen.items()
            if len({self.pods[name, node].hash == target.hash for node in self.nodes if (name, node) in self.pods}) > 1
        ]
        return found if len(found) == 1 else []

    def crashing(self) -> frozenset[str]:
        """The nodes with a pod that is not ready: it crashes, or somebody goes on in spite of it before it does."""
        return frozenset(node for (_, node), pod in self.pods.items() if not pod.ready)

    def wait(self, minutes: int) -> None:
        """Time passes, or the clock is set back."""
        self.now += minutes


def policy_named(name: str = "p", targets: Iterable[str] = ("agent",), **spec: Any) -> dict[str, Any]:
    """A policy as a tree."""
    return {
        "apiVersion": "dsplan.dev/v1alpha1",
        "kind": "RolloutPolicy",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"targets": [{"name": target} for target in targets], **spec},
    }


def _at(minutes: int) -> datetime:
    return START + timedelta(minutes=minutes)


@lru_cache(maxsize=20_000)
def _node(name: str, facts: NodeFacts) -> Node:
    node = a_node(name, zone=facts.zone, labels=dict(facts.labels), ready=facts.ready)
    condition = Condition(type="Ready", status=str(facts.ready), last_transition_time=_at(facts.since))
    metadata = msgspec.structs.replace(node.metadata, creation_timestamp=_at(facts.made))
    status = msgspec.structs.replace(node.status, conditions=(condition,))
    return msgspec.structs.replace(node, metadata=metadata, status=status)


@lru_cache(maxsize=200)
def _daemonset(name: str, target: Target) -> DaemonSet:
    daemonset = a_daemonset(name, on_delete=True, uid=target.uid, image=f"app:{target.hash}")
    labels = {**daemonset.metadata.labels, **dict(target.labels)}
    return msgspec.structs.replace(daemonset, metadata=msgspec.structs.replace(daemonset.metadata, labels=labels))


@lru_cache(maxsize=200)
def _revision(name: str, target: Target) -> ControllerRevision:
    return a_revision(_daemonset(name, target), number=2, hash_label=target.hash)


@lru_cache(maxsize=50_000)
def _pod(target: Target, name: str, node: str, facts: PodFacts) -> Pod:
    since = _at(facts.since)
    pod = a_pod(
        _daemonset(name, target), node, name=f"{name}-{node}-{facts.made}", hash_label=facts.hash,
        created=_at(facts.made), ready_since=since,
    )  # fmt: skip
    condition = Condition(type="Ready", status=str(facts.ready), last_transition_time=since)
    status = msgspec.structs.replace(pod.status, conditions=(condition,))
    if facts.crashes:
        status = _crashing(status)
    return msgspec.structs.replace(pod, status=status)


def _crashing(status: Any) -> Any:
    """Return a status whose container waits in CrashLoopBackOff; an engine that does not read it sees no difference."""
    from .adapter import crash_loop

    return msgspec.structs.replace(status, container_statuses=crash_loop())


@lru_cache(maxsize=2000)
def _policy(text: str) -> RolloutPolicy:
    return decode_policy(json.loads(text))
