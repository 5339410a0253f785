"""`kind: PlacementPolicy`: what Kubernetes cannot say about which daemons share a node.

    apiVersion: dsplan.dev/v1alpha1
    kind: PlacementPolicy
    metadata: {name: gpu-nodes, namespace: gpu}
    spec:
      requires:
      - {daemonSet: exporter, needs: [driver]}                       # exporter only beside a driver
      perNode:
      - {daemonSets: [driver, driver-legacy], count: ExactlyOne, nodes: {matchLabels: {gpu: "true"}}}
      apart:
      - {daemonSets: [edge/proxy-a, edge/proxy-b]}                   # never both on a node
      variants:
      - name: agent                                                  # one agent in two sizes, with one status
        of:
        - {daemonSet: agent-small, nodes: {matchLabels: {size: small}}}
        - {daemonSet: agent-large, nodes: {matchLabels: {size: large}}}
      suspend:
      - {daemonSet: batch/fat}                                       # scale to zero, manifest untouched
      claims:
      - {nodes: {matchLabels: {gpu: "true"}}, run: [driver]}         # every such node runs it
      - {nodes: {matchLabels: {kubernetes.io/os: windows}}, neverRun: [driver]}
      - {maxDeletions: 5}

DaemonSets are `namespace/name`, or `name` in the policy's own namespace. `nodes` absent means all nodes. Types only;
`dsplan.manifests.placement_policies` decodes, and says everything that is wrong.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from .meta import Identity, wire_name
from .policy import PolicyMeta
from .selectors import LabelSelector

__all__ = [
    "Apart",
    "Claim",
    "PerNode",
    "PlacementPolicy",
    "PlacementPolicySpec",
    "Requires",
    "Suspend",
    "Variant",
    "Variants",
    "reference",
]


class _Kind(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename=wire_name, forbid_unknown_fields=True
):
    """Base of the document's parts: camelCase on the wire, nothing unknown."""


class Requires(_Kind, frozen=True, kw_only=True):
    """`daemon_set` may be on a node only where all that it `needs` are."""

    daemon_set: str
    needs: tuple[str, ...]


class PerNode(_Kind, frozen=True, kw_only=True):
    """At most, or exactly, one of these on each of the nodes."""

    daemon_sets: tuple[str, ...]
    count: Literal["AtMostOne", "ExactlyOne"] = "AtMostOne"
    nodes: LabelSelector | None = None


class Apart(_Kind, frozen=True, kw_only=True):
    """No two of these on one node."""

    daemon_sets: tuple[str, ...]


class Variant(_Kind, frozen=True, kw_only=True):
    """The DaemonSet that stands for the whole on one class of nodes."""

    daemon_set: str
    nodes: LabelSelector


class Variants(_Kind, frozen=True, kw_only=True):
    """Several DaemonSets that are one: each only on its class of nodes; they are counted together under `name`."""

    name: str
    of: tuple[Variant, ...]


class Suspend(_Kind, frozen=True, kw_only=True):
    """No pods of it, on all nodes or on these, until the entry is taken away."""

    daemon_set: str
    nodes: LabelSelector | None = None


class Claim(_Kind, frozen=True, kw_only=True):
    """What must come out: every one of the nodes runs these, or none of them does, or so few deletions."""

    nodes: LabelSelector | None = None
    run: tuple[str, ...] = ()
    never_run: tuple[str, ...] = ()
    max_deletions: int | None = None


class PlacementPolicySpec(_Kind, frozen=True, kw_only=True):
    """The relations and claims; all of them hold together."""

    requires: tuple[Requires, ...] = ()
    per_node: tuple[PerNode, ...] = ()
    apart: tuple[Apart, ...] = ()
    variants: tuple[Variants, ...] = ()
    suspend: tuple[Suspend, ...] = ()
    claims: tuple[Claim, ...] = ()


class PlacementPolicy(_Kind, frozen=True, kw_only=True):
    """A placement policy; `status`, where somebody keeps one, is not looked at."""

    metadata: PolicyMeta
    api_version: Literal["dsplan.dev/v1alpha1"] = "dsplan.dev/v1alpha1"
    kind: Literal["PlacementPolicy"] = "PlacementPolicy"
    spec: PlacementPolicySpec = PlacementPolicySpec()
    status: dict[str, Any] = {}

    @property
    def identity(self) -> Identity:
        """(PlacementPolicy, namespace, name)."""
        return Identity("PlacementPolicy", self.metadata.namespace, self.metadata.name)

    def daemonset(self, name: str) -> Identity:
        """Return which DaemonSet a name in this policy means."""
        return reference(name, self.metadata.namespace)


def reference(name: str, namespace: str) -> Identity:
    """Return the DaemonSet that `namespace/name`, or `name` in the given namespace, means.

    >>> str(reference("edge/proxy", "default")), str(reference("proxy", "default"))
    ('edge/proxy', 'default/proxy')
    """
    head, slash, tail = name.partition("/")
    return Identity("DaemonSet", head, tail) if slash else Identity("DaemonSet", namespace, name)
