"""DaemonSets, their revisions, and the Deployments people confuse them with."""

# Annotations are not postponed here: msgspec would compile the text of each of them when the first object is read.

from functools import cached_property

from .convert import convert
from .meta import AnnotatedMeta, Identity, ObjectMeta, RawTree, Wire
from .pod import PodTemplate
from .selectors import LabelSelector

__all__ = [
    "HASH_LABEL",
    "IGNORE_ANNOTATION",
    "TEMPLATE_GENERATION_ANNOTATION",
    "TEMPLATE_GENERATION_LABEL",
    "ControllerRevision",
    "DaemonSet",
    "DaemonSetSpec",
    "DaemonSetStatus",
    "Deployment",
    "DeploymentSpec",
    "RollingUpdate",
    "UpdateStrategy",
]

HASH_LABEL = "controller-revision-hash"
TEMPLATE_GENERATION_LABEL = "pod-template-generation"
IGNORE_ANNOTATION = "dsplan.dev/ignore"
"""Ids of rules of `dsplan check` that do not apply to an object, separated by commas."""
TEMPLATE_GENERATION_ANNOTATION = "deprecated.daemonset.template.generation"


class RollingUpdate(Wire, frozen=True, kw_only=True, gc=False):
    """spec.updateStrategy.rollingUpdate; numbers of nodes or percentages, unresolved (R1-R3)."""

    max_unavailable: int | str | None = None
    max_surge: int | str | None = None


class UpdateStrategy(Wire, frozen=True, kw_only=True, gc=False):
    """spec.updateStrategy."""

    type: str = ""
    rolling_update: RollingUpdate | None = None


class DaemonSetSpec(Wire, frozen=True, kw_only=True, gc=True, dict=True):
    """spec of a DaemonSet. `template` is the raw tree, whole; `pod` is the typed view of it."""

    selector: LabelSelector | None = None
    template: RawTree = {}
    update_strategy: UpdateStrategy = UpdateStrategy()
    min_ready_seconds: int = 0
    revision_history_limit: int | None = None

    @cached_property
    def pod(self) -> PodTemplate:
        """The typed view of the template.

        Raises msgspec.ValidationError where a field has another type than Kubernetes gives it; `dsplan.load` and
        `dsplan.decode` have looked at that already.
        """
        return convert(self.template, PodTemplate)


class DaemonSetStatus(Wire, frozen=True, kw_only=True, gc=False):
    """status of a DaemonSet: numbers of nodes (S4-S8)."""

    desired_number_scheduled: int = 0
    current_number_scheduled: int = 0
    number_misscheduled: int = 0
    number_ready: int = 0
    updated_number_scheduled: int = 0
    number_available: int = 0
    number_unavailable: int = 0
    observed_generation: int = 0
    collision_count: int | None = None


class DaemonSet(Wire, frozen=True, kw_only=True, gc=False):
    """A DaemonSet."""

    metadata: AnnotatedMeta = AnnotatedMeta()
    spec: DaemonSetSpec = DaemonSetSpec()
    status: DaemonSetStatus = DaemonSetStatus()

    @property
    def identity(self) -> Identity:
        """(DaemonSet, namespace, name)."""
        return Identity("DaemonSet", self.metadata.namespace, self.metadata.name)

    @property
    def name(self) -> str:
        """metadata.name."""
        return self.metadata.name

    @property
    def pod(self) -> PodTemplate:
        """The typed view of spec.template."""
        return self.spec.pod


class ControllerRevision(Wire, frozen=True, kw_only=True, gc=False):
    """A revision of a template; `data` is kept raw (H1, H2)."""

    metadata: ObjectMeta = ObjectMeta()
    data: RawTree = {}
    revision: int = 0

    @property
    def name(self) -> str:
        """metadata.name."""
        return self.metadata.name


class DeploymentSpec(Wire, frozen=True, kw_only=True, gc=True, dict=True):
    """spec of a Deployment: only what the contrast with a DaemonSet needs."""

    replicas: int = 1
    selector: LabelSelector | None = None
    template: RawTree = {}

    @cached_property
    def pod(self) -> PodTemplate:
        """The typed view of the template."""
        return convert(self.template, PodTemplate)


class Deployment(Wire, frozen=True, kw_only=True, gc=False):
    """A Deployment: a number of replicas, with no word on which nodes."""

    metadata: ObjectMeta = ObjectMeta()
    spec: DeploymentSpec = DeploymentSpec()

    @property
    def identity(self) -> Identity:
        """(Deployment, namespace, name)."""
        return Identity("Deployment", self.metadata.namespace, self.metadata.name)

    @property
    def pod(self) -> PodTemplate:
        """The typed view of spec.template."""
        return self.spec.pod
