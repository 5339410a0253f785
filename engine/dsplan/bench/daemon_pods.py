"""The daemon pods of a world: one on every wanted node, less and more what has drifted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from enum import Enum, auto

from ..constraints import constraints_of
from ..constraints.tolerations import daemon_tolerations
from ..eligibility import NodeIndex, propagate
from ..model.daemonset import HASH_LABEL, DaemonSet
from ..model.meta import Condition, ObjectMeta, OwnerReference
from ..model.node import Node
from ..model.pod import Pod, PodSpec, PodStatus
from .chance import letters, mixed
from .daemons import NEW, OLD

__all__ = ["NOW", "make_pods", "pods_of"]

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
"""The moment every world is seen at."""

_CREATED = NOW - timedelta(days=3)


class _Drift(Enum):
    """What can be wrong with a daemon pod; as frequent as the list of a draw says."""

    NONE = auto()
    OUTDATED = auto()
    NOT_READY = auto()
    MISSING = auto()
    FAILED = auto()
    TERMINATING = auto()
    DOUBLED = auto()


_DRAW = (
    *(_Drift.OUTDATED,) * 5,
    *(_Drift.NOT_READY,) * 5,
    *(_Drift.MISSING,) * 3,
    _Drift.FAILED,
    *(_Drift.TERMINATING,) * 2,
    _Drift.DOUBLED,
)


def make_pods(
    daemonsets: Iterable[DaemonSet], index: NodeIndex, *, drifted: int = 0, hash_label: str = NEW, seed: int = 0
) -> Iterator[Pod]:
    """Yield the pods of every DaemonSet, `drifted` per mille of them not as they should be."""
    for number, daemonset in enumerate(daemonsets):
        wanted = propagate(constraints_of(daemonset), index).run
        nodes = (index.nodes[position] for position in wanted)
        yield from pods_of(daemonset, nodes, drifted=drifted, hash_label=hash_label, seed=mixed(seed, number))


def pods_of(
    daemonset: DaemonSet, nodes: Iterable[Node], *, drifted: int = 0, hash_label: str = NEW, seed: int = 0
) -> Iterator[Pod]:
    """Yield the pods of one DaemonSet on the given nodes, by name: they lie in memory as a list that was read would.

    >>> from dsplan.bench.daemons import make_daemonsets
    >>> from dsplan.bench.families import FAMILIES
    >>> from dsplan.bench.fleet import make_nodes
    >>> one, two = pods_of(make_daemonsets(1)[0][0], make_nodes(FAMILIES["edge"], 2))
    >>> one.metadata.owner_references is two.metadata.owner_references, one.name != two.name
    (True, True)
    """
    builder = _PodBuilder(daemonset, hash_label)
    drawn: list[tuple[str, Node, _Drift]] = []
    for number, node in enumerate(nodes):
        bits = mixed(seed, number)
        drift = _DRAW[bits // 1000 % len(_DRAW)] if bits % 1000 < drifted else _Drift.NONE
        if drift is _Drift.MISSING:
            continue
        drawn.append((f"{daemonset.name}-{letters(bits >> 20, 7)}", node, drift))
        if drift is _Drift.DOUBLED:
            drawn.append((f"{daemonset.name}-{letters(bits >> 16, 7)}", node, _Drift.NONE))
    drawn.sort(key=lambda entry: entry[0])
    yield from (builder.pod(name, node, drift) for name, node, drift in drawn)


def _status(phase: str, ready: str) -> PodStatus:
    condition = Condition(type="Ready", status=ready, last_transition_time=_CREATED + timedelta(minutes=1))
    return PodStatus(phase=phase, conditions=(condition,), start_time=_CREATED)


_RUNNING, _SILENT = _status("Running", "True"), _status("Running", "False")
_FAILED = _status("Failed", "False")


class _PodBuilder:
    """Makes the pods of one DaemonSet; all but name, uid and node is the same object in each of them."""

    def __init__(self, daemonset: DaemonSet, hash_label: str) -> None:
        template = daemonset.pod
        self.name, self.namespace = daemonset.name, daemonset.metadata.namespace
        self.labels = {hash_label: {**template.metadata.labels, HASH_LABEL: hash_label} for hash_label in (NEW, OLD)}
        self.hash_label = hash_label
        self.owners = (
            OwnerReference(
                api_version="apps/v1", kind="DaemonSet", name=self.name, uid=daemonset.metadata.uid, controller=True
            ),
        )
        self.spec = template.spec
        self.tolerations = daemon_tolerations(template.spec)

    def pod(self, name: str, node: Node, drift: _Drift) -> Pod:
        metadata = ObjectMeta(
            name=name,
            namespace=self.namespace,
            uid=name,
            resource_version="1",
            labels=self.labels[OLD if drift is _Drift.OUTDATED else self.hash_label],
            creation_timestamp=_CREATED,
            deletion_timestamp=NOW if drift is _Drift.TERMINATING else None,
            owner_references=self.owners,
        )
        spec = PodSpec(
            node_name=node.metadata.name,
            containers=self.spec.containers,
            tolerations=self.tolerations,
            host_network=self.spec.host_network,
            priority=2_000_001_000,
            priority_class_name=self.spec.priority_class_name,
            termination_grace_period_seconds=30,
        )
        return Pod(metadata=metadata, spec=spec, status=self._status(node, drift))

    @staticmethod
    def _status(node: Node, drift: _Drift) -> PodStatus:
        if drift is _Drift.FAILED:
            return _FAILED
        return _SILENT if drift is _Drift.NOT_READY or not node.ready else _RUNNING
