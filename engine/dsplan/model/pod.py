"""Pods and pod templates, as far as planning reads them."""

# Annotations are not postponed here: msgspec would compile the text of each of them when the first object is read.

from datetime import datetime

from .meta import Condition, ObjectMeta, RawTree, Wire
from .node import Toleration
from .selectors import LabelSelector, NodeSelector

__all__ = [
    "Affinity",
    "CSIVolumeSource",
    "ClaimSource",
    "Container",
    "ContainerTerminated",
    "ContainerWaiting",
    "ContainerPort",
    "ContainerState",
    "ContainerStatus",
    "NodeAffinity",
    "Pod",
    "PodAffinity",
    "PodAffinityTerm",
    "PodSpec",
    "PodStatus",
    "PodTemplate",
    "ResourceList",
    "Resources",
    "SchedulingGate",
    "TopologySpreadConstraint",
    "Volume",
    "target_node",
]

ResourceList = dict[str, str | int | float]


class Resources(Wire, frozen=True, kw_only=True, gc=False):
    """requests and limits, quantities as written."""

    requests: ResourceList = {}
    limits: ResourceList = {}


class ContainerPort(Wire, frozen=True, kw_only=True, gc=False):
    """containers[].ports[]."""

    name: str = ""
    container_port: int = 0
    host_port: int = 0
    protocol: str = "TCP"
    host_ip: str = ""


class Container(Wire, frozen=True, kw_only=True, gc=False):
    """A container or init container; `restart_policy` Always makes an init container a sidecar (K8)."""

    name: str = ""
    image: str = ""
    resources: Resources = Resources()
    ports: tuple[ContainerPort, ...] = ()
    restart_policy: str = ""


class PodAffinityTerm(Wire, frozen=True, kw_only=True, gc=False):
    """A required pod (anti-)affinity term (K14)."""

    label_selector: LabelSelector | None = None
    topology_key: str = ""
    namespaces: tuple[str, ...] = ()
    namespace_selector: LabelSelector | None = None
    match_label_keys: tuple[str, ...] = ()
    mismatch_label_keys: tuple[str, ...] = ()


class NodeAffinity(Wire, frozen=True, kw_only=True, gc=False):
    """Required node affinity; None matches everything, no term nothing (A3)."""

    required_during_scheduling_ignored_during_execution: NodeSelector | None = None


class PodAffinity(Wire, frozen=True, kw_only=True, gc=False):
    """podAffinity or podAntiAffinity; preferred terms never decide."""

    required_during_scheduling_ignored_during_execution: tuple[PodAffinityTerm, ...] = ()


class Affinity(Wire, frozen=True, kw_only=True, gc=False):
    """spec.affinity."""

    node_affinity: NodeAffinity | None = None
    pod_affinity: PodAffinity | None = None
    pod_anti_affinity: PodAffinity | None = None


class TopologySpreadConstraint(Wire, frozen=True, kw_only=True, gc=False):
    """spec.topologySpreadConstraints[] (K18)."""

    max_skew: int = 1
    topology_key: str = ""
    when_unsatisfiable: str = ""
    label_selector: LabelSelector | None = None
    min_domains: int | None = None
    node_affinity_policy: str = "Honor"
    node_taints_policy: str = "Ignore"
    match_label_keys: tuple[str, ...] = ()


class SchedulingGate(Wire, frozen=True, kw_only=True, gc=False):
    """spec.schedulingGates[]: the scheduler does not look at the pod while there is one."""

    name: str = ""


class ClaimSource(Wire, frozen=True, kw_only=True, gc=False):
    """volumes[].persistentVolumeClaim."""

    claim_name: str = ""


class CSIVolumeSource(Wire, frozen=True, kw_only=True, gc=False):
    """volumes[].csi: a volume that lives with the pod."""

    driver: str = ""


class Volume(Wire, frozen=True, kw_only=True, gc=False):
    """volumes[], as far as it ties a pod to nodes (K19); an `ephemeral` one has a claim named POD-VOLUME."""

    name: str = ""
    persistent_volume_claim: ClaimSource | None = None
    csi: CSIVolumeSource | None = None
    ephemeral: RawTree | None = None


class PodSpec(Wire, frozen=True, kw_only=True, gc=False):
    """spec of a pod or of a pod template."""

    node_name: str = ""
    node_selector: dict[str, str] = {}
    affinity: Affinity | None = None
    tolerations: tuple[Toleration, ...] = ()
    containers: tuple[Container, ...] = ()
    init_containers: tuple[Container, ...] = ()
    resources: Resources | None = None
    overhead: ResourceList = {}
    host_network: bool = False
    priority: int | None = None
    priority_class_name: str = ""
    preemption_policy: str = ""
    scheduler_name: str = ""
    runtime_class_name: str = ""
    termination_grace_period_seconds: int | None = None
    topology_spread_constraints: tuple[TopologySpreadConstraint, ...] = ()
    scheduling_gates: tuple[SchedulingGate, ...] = ()
    volumes: tuple[Volume, ...] = ()

    @property
    def required_node_affinity(self) -> NodeSelector | None:
        """The required node affinity, or None where there is none (A3)."""
        if self.affinity is None or self.affinity.node_affinity is None:
            return None
        return self.affinity.node_affinity.required_during_scheduling_ignored_during_execution


class PodTemplate(Wire, frozen=True, kw_only=True, gc=False):
    """The typed view of spec.template; the raw tree beside it is what is compared and copied."""

    metadata: ObjectMeta = ObjectMeta()
    spec: PodSpec = PodSpec()


class ContainerRunning(Wire, frozen=True, kw_only=True, gc=False):
    """state.running of a container: since when."""

    started_at: datetime | None = None


class ContainerWaiting(Wire, frozen=True, kw_only=True, gc=False):
    """state.waiting of a container: why it does not run yet."""

    reason: str = ""
    message: str = ""


class ContainerTerminated(Wire, frozen=True, kw_only=True, gc=False):
    """state.terminated of a container: how it ended. Its message is not read: it may hold lines of a log."""

    reason: str = ""
    exit_code: int | None = None


class ContainerState(Wire, frozen=True, kw_only=True, gc=False):
    """state or lastState of a container: one of the three is set, or none while nothing is known."""

    running: ContainerRunning | None = None
    waiting: ContainerWaiting | None = None
    terminated: ContainerTerminated | None = None


class ContainerStatus(Wire, frozen=True, kw_only=True, gc=False):
    """status.containerStatuses[]: what a container has, which a resize may not have changed yet (K9), and how it is."""

    name: str = ""
    restart_count: int = 0
    state: ContainerState | None = None
    last_state: ContainerState | None = None
    resources: Resources | None = None
    allocated_resources: ResourceList = {}


class PodStatus(Wire, frozen=True, kw_only=True, gc=False):
    """status of a pod."""

    phase: str = ""
    conditions: tuple[Condition, ...] = ()
    reason: str = ""
    start_time: datetime | None = None
    nominated_node_name: str = ""
    container_statuses: tuple[ContainerStatus, ...] = ()
    init_container_statuses: tuple[ContainerStatus, ...] = ()


class Pod(Wire, frozen=True, kw_only=True, gc=False):
    """A pod."""

    metadata: ObjectMeta = ObjectMeta()
    spec: PodSpec = PodSpec()
    status: PodStatus = PodStatus()

    @property
    def name(self) -> str:
        """metadata.name."""
        return self.metadata.name

    @property
    def terminating(self) -> bool:
        """Whether a deletionTimestamp is set."""
        return self.metadata.deletion_timestamp is not None


def target_node(pod: Pod) -> str | None:
    """Return the node a pod is bound or pinned to, or None where it cannot be told (A14, A15).

    >>> target_node(Pod(spec=PodSpec(node_name="n1")))
    'n1'
    >>> target_node(Pod()) is None
    True
    """
    if pod.spec.node_name:
        return pod.spec.node_name
    required = pod.spec.required_node_affinity
    if required is None:
        return None
    for term in required.node_selector_terms:
        for field in term.match_fields:
            if field.key == "metadata.name" and field.operator == "In":
                return field.values[0] if len(field.values) == 1 else None
    return None
