"""Nodes and their taints, as far as planning reads them."""

# Annotations are not postponed here: msgspec would compile the text of each of them when the first object is read.

from .meta import Condition, ObjectMeta, Wire

__all__ = [
    "DURATION_LABELS",
    "EFFECTS_THAT_EXCLUDE",
    "POOL_LABEL",
    "POOL_LABELS",
    "Node",
    "NodeSpec",
    "NodeStatus",
    "Taint",
    "Toleration",
    "pool_of",
]

EFFECTS_THAT_EXCLUDE = ("NoSchedule", "NoExecute")
"""E5: every other effect is ignored by the controller."""

DURATION_LABELS = {
    "create": "dsplan.dev/create-seconds",
    "ready": "dsplan.dev/ready-seconds",
    "terminate": "dsplan.dev/terminate-seconds",
}
"""Labels that say how long daemon pods take on a node; a NodePool's `durations` become these."""

POOL_LABEL = "dsplan.dev/node-pool"
"""Label that says which NodePool a node was made of."""

POOL_LABELS = (
    POOL_LABEL,
    "karpenter.sh/nodepool",
    "eks.amazonaws.com/nodegroup",
    "alpha.eksctl.io/nodegroup-name",
    "cloud.google.com/gke-nodepool",
    "kubernetes.azure.com/agentpool",
    "agentpool",
    "doks.digitalocean.com/node-pool",
)
"""Labels by which autoscalers and clouds say which pool a node belongs to; the first one that a node has counts."""


def pool_of(labels: dict[str, str]) -> str:
    """Return the pool that a node's labels name, empty where they name none.

    >>> pool_of({"karpenter.sh/nodepool": "spot", "kubernetes.io/os": "linux"})
    'spot'
    """
    return next((labels[key] for key in POOL_LABELS if key in labels), "")


class Taint(Wire, frozen=True, kw_only=True, gc=False):
    """spec.taints[] of a node."""

    key: str = ""
    value: str = ""
    effect: str = ""

    def __str__(self) -> str:
        """Return it as kubectl prints it: `key=value:effect`, or `key:effect` without a value."""
        return f"{self.key}={self.value}:{self.effect}" if self.value else f"{self.key}:{self.effect}"


class Toleration(Wire, frozen=True, kw_only=True, gc=False):
    """spec.tolerations[] of a pod."""

    key: str = ""
    operator: str = ""
    value: str = ""
    effect: str = ""
    toleration_seconds: int | None = None


class NodeSpec(Wire, frozen=True, kw_only=True, gc=False):
    """spec of a node. `unschedulable` is a matter of the scheduler only (E6, K3)."""

    taints: tuple[Taint, ...] = ()
    unschedulable: bool = False


class NodeStatus(Wire, frozen=True, kw_only=True, gc=False):
    """status of a node; resource quantities are kept as written."""

    allocatable: dict[str, str | int | float] | None = None
    capacity: dict[str, str | int | float] | None = None
    conditions: tuple[Condition, ...] = ()


class Node(Wire, frozen=True, kw_only=True, gc=False):
    """A node. Eligibility reads its name, labels and taints alone (E)."""

    metadata: ObjectMeta = ObjectMeta()
    spec: NodeSpec = NodeSpec()
    status: NodeStatus = NodeStatus()

    @property
    def name(self) -> str:
        """metadata.name."""
        return self.metadata.name

    @property
    def labels(self) -> dict[str, str]:
        """metadata.labels; not to be written to."""
        return self.metadata.labels

    @property
    def taints(self) -> tuple[Taint, ...]:
        """spec.taints in the node's order."""
        return self.spec.taints

    @property
    def ready(self) -> bool:
        """Whether the Ready condition is True; a node that reports none counts as ready."""
        for condition in self.status.conditions:
            if condition.type == "Ready" and condition.status != "True":
                return False
        return True
