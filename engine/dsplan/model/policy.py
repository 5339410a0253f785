"""`kind: RolloutPolicy`: what Kubernetes cannot say about how DaemonSets go out.

    apiVersion: dsplan.dev/v1alpha1
    kind: RolloutPolicy
    metadata: {name: agents, namespace: kube-system}
    spec:
      targets:
      - {name: cni}
      - {selector: {matchLabels: {tier: node-agent}}}
      budgets:
      - {maxUnavailable: 10%, topologyKey: topology.kubernetes.io/zone}   # each DaemonSet, in each zone
      - {maxUnavailable: 50, scope: All}                                  # all DaemonSets together
      - {maxUnavailable: 1, scope: Node}                                  # one daemon of a node at a time
      canary: {cover: {keys: [kernel, arch]}, soak: 1h, gate: {manual: true}}
      steps: {list: [5%, 25%, 100%], soak: 10m}
      order: {per: Node, chains: [[cni, csi, agent]]}

Types only; `dsplan.manifests.rollout_policies` decodes, and says everything that is wrong.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import msgspec

from .meta import Identity, OwnerReference, wire_name
from .selectors import LabelSelector

__all__ = [
    "POLICY_API_VERSION",
    "BrokenNodes",
    "Budget",
    "Canary",
    "Cover",
    "Domains",
    "Gate",
    "Growth",
    "Linear",
    "NodeKey",
    "Order",
    "PolicyMeta",
    "PolicySpec",
    "Rates",
    "RolloutPolicy",
    "Step",
    "Steps",
    "Target",
    "Window",
    "Windows",
]

POLICY_API_VERSION = "dsplan.dev/v1alpha1"


class _Kind(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename=wire_name, forbid_unknown_fields=True
):
    """Base of the document's parts: camelCase on the wire, nothing unknown."""


class Target(_Kind, frozen=True, kw_only=True):
    """DaemonSets: one by name, or all that a label selector matches (in every namespace unless one is given)."""

    name: str = ""
    namespace: str = ""
    selector: LabelSelector | None = None


class Budget(_Kind, frozen=True, kw_only=True):
    """At most `max_unavailable` pods (a number, or a percentage of the wanted pods, rounded up) are down at once.

    `scope`: of each DaemonSet by itself, of all targets together, or of the daemons on any one node. `topology_key`:
    for each value of that node label by itself. `node_selector`: only on these nodes.
    """

    max_unavailable: int | str
    scope: Literal["DaemonSet", "All", "Node"] = "DaemonSet"
    topology_key: str = ""
    node_selector: LabelSelector | None = None


class Domains(_Kind, frozen=True, kw_only=True):
    """Pods are down in at most `max_at_once` values of a node label at a time, all targets together."""

    topology_key: str
    max_at_once: int = 1


class Gate(_Kind, frozen=True, kw_only=True):
    """What must hold before the next step: so many of the updated pods available (all, unless said otherwise), and with
    `manual` a result that the host writes into State."""

    manual: bool = False
    min_available: int | str = "100%"


class Step(_Kind, frozen=True, kw_only=True):
    """One step: up to how many pods of each DaemonSet are updated when it is done, and its own soak and gate."""

    to: int | str
    soak: str = ""
    gate: Gate | None = None


class Linear(_Kind, frozen=True, kw_only=True):
    """Steps of equal size."""

    by: int | str


class Growth(_Kind, frozen=True, kw_only=True):
    """Growing steps. exponential: `start`, `start x factor`, ... are updated in all; slowStart: in each step."""

    start: int = 1
    factor: int = 2


class Steps(_Kind, frozen=True, kw_only=True):
    """The steps, in exactly one of four ways; `soak` and `gate` are those of every step that has none of its own."""

    list: tuple[int | str | Step, ...] = ()
    linear: Linear | None = None
    exponential: Growth | None = None
    slow_start: Growth | None = None
    soak: str = ""
    gate: Gate | None = None


class Cover(_Kind, frozen=True, kw_only=True):
    """Fewest nodes so that each value of each node label is there, or each combination of values that occurs."""

    keys: tuple[str, ...]
    strength: Literal["each-value", "all-combinations"] = "each-value"


class Canary(_Kind, frozen=True, kw_only=True):
    """The first step, on chosen nodes: `count` of them, spread over labels, or as few as `cover` needs, or all that
    `selector` matches; `selector` also narrows the other two."""

    count: int | str = 0
    selector: LabelSelector | None = None
    spread: tuple[str, ...] = ()
    cover: Cover | None = None
    soak: str = ""
    gate: Gate | None = None


class Order(_Kind, frozen=True, kw_only=True):
    """Chains of DaemonSets (`name` in the policy's namespace, or `namespace/name`), each after the one before it.

    `per` Node: on the same node; DaemonSet: on every node. Teardown goes the other way.
    """

    chains: tuple[tuple[str, ...], ...]
    per: Literal["Node", "DaemonSet"] = "Node"


class Rates(_Kind, frozen=True, kw_only=True):
    """How fast pods may be replaced. `image_bytes` has sizes of images that no node reports yet."""

    pods_per_minute: int | None = None
    image_bytes_per_second: int | str | None = None
    image_bytes: dict[str, int | str] = {}


class Window(_Kind, frozen=True, kw_only=True):
    """Every day of `days` (Mon ... Sun, empty: all) from `start` to `end` (24-hour clock; an `end` that is not later
    is on the next day), between two dates (both included) where given."""

    days: tuple[Literal["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"], ...] = ()
    start: str = "00:00"
    end: str = "24:00"
    first_date: str = ""
    last_date: str = ""


class Windows(_Kind, frozen=True, kw_only=True):
    """When waves may begin, in a named time zone: inside some `allow` window if there is any, in no `block` window."""

    time_zone: str = "UTC"
    allow: tuple[Window, ...] = ()
    block: tuple[Window, ...] = ()


class BrokenNodes(_Kind, frozen=True, kw_only=True):
    """Who spends the budget. Strict: every pod that is not available, as upstream (R7-R9). Causal: not those on nodes
    that were NotReady before their wave began; nodes that become so after their update do, and stop the roll-out.

    Up to `forgive_unschedulable` pods that the scheduler finds no room for do not count.
    """

    mode: Literal["Strict", "Causal"] = "Strict"
    forgive_unschedulable: int = 0


class NodeKey(_Kind, frozen=True, kw_only=True):
    """One sort key of nodes: not ready ones first, by a label's value (numbers as numbers), in turns over a label's
    values, by age (oldest first), by name."""

    by: Literal["NotReadyFirst", "Label", "Spread", "Age", "Name"]
    key: str = ""
    descending: bool = False


class PodDurations(_Kind, frozen=True, kw_only=True):
    """How long the pods of the targets take to be created, to get ready, to terminate; empty where nothing is said.

    Forecasts use them: what a node's labels say goes first, what was measured comes after.
    """

    create: str = ""
    ready: str = ""
    terminate: str = ""


class PolicySpec(_Kind, frozen=True, kw_only=True):
    """What the policy says.

    `partition`: so many pods (or that share) of each DaemonSet stay as they are, the last in the order of nodes.
    `paused`: no healthy pod goes down, sick ones are still replaced. `frozen`: nothing is touched, not even for repair.
    `sick`: pods of an older revision that are not available get the new one beyond the budgets, as far as the step lets
    them; `leave` leaves them until they are well again.
    `owner` Host: dsplan's user replaces the controller; only then may a policy `surge` (create first, then delete).
    """

    targets: tuple[Target, ...]
    owner: Literal["Controller", "Host"] = "Controller"
    surge: bool = False
    budgets: tuple[Budget, ...] = ()
    domains: tuple[Domains, ...] = ()
    canary: Canary | None = None
    steps: Steps | None = None
    partition: int | str = 0
    paused: bool = False
    frozen: bool = False
    sick: Literal["replace", "leave"] = "replace"
    order: Order | None = None
    rates: Rates | None = None
    windows: Windows | None = None
    broken_nodes: BrokenNodes | None = None
    node_order: tuple[NodeKey, ...] = ()
    durations: PodDurations = PodDurations()


class PolicyMeta(_Kind, frozen=True, kw_only=True):
    """metadata of a policy; the namespace is where its names are looked up. What an API server adds may be there."""

    name: str
    generate_name: str = ""
    namespace: str = "default"
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    uid: str = ""
    resource_version: str = ""
    generation: int = 0
    creation_timestamp: datetime | None = None
    deletion_timestamp: datetime | None = None
    deletion_grace_period_seconds: int | None = None
    owner_references: tuple[OwnerReference, ...] = ()
    finalizers: tuple[str, ...] = ()
    managed_fields: tuple[dict[str, Any], ...] = ()


class RolloutPolicy(_Kind, frozen=True, kw_only=True):
    """A roll-out policy; `status`, where somebody keeps one, is not looked at."""

    metadata: PolicyMeta
    spec: PolicySpec
    api_version: Literal["dsplan.dev/v1alpha1"] = "dsplan.dev/v1alpha1"
    kind: Literal["RolloutPolicy"] = "RolloutPolicy"
    status: dict[str, Any] = {}

    @property
    def identity(self) -> Identity:
        """(RolloutPolicy, namespace, name)."""
        return Identity("RolloutPolicy", self.metadata.namespace, self.metadata.name)

    @property
    def name(self) -> str:
        """metadata.name."""
        return self.metadata.name
