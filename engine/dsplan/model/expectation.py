"""`kind: Expectation`: what the author of a spec computed by hand, beside the objects it is about.

    apiVersion: dsplan.dev/v1alpha1
    kind: Expectation
    arithmetic: "3 nodes - 0 excluded = 3 creates"
    expect:
      summary: "Plan: 3 to create, 0 to delete, 0 to update; 0 blocked, 0 excluded by design."
      daemonsets:
        kube-system/fluentd: {desired: 3, create: [n1, n2, n3]}

DaemonSets and Deployments are named `namespace/name`, sets of nodes by their names.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from .meta import wire_name

__all__ = [
    "Expectation",
    "Expected",
    "ExpectedConflict",
    "ExpectedDaemonSet",
    "ExpectedDeployment",
    "ExpectedFit",
    "ExpectedPolicies",
    "ExpectedReplicas",
    "ExpectedVariants",
]


class _Part(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename=wire_name, forbid_unknown_fields=True
):
    """Base of the document's parts: camelCase on the wire, nothing unknown."""


class ExpectedDaemonSet(_Part, frozen=True, kw_only=True):
    """What becomes of one DaemonSet; absent lists of creations, deletions, garbage and exclusions are empty ones.

    `held` and `excluded` have node names by reason, `waves` the sizes of the update waves, `createdPod` fields of the
    spec of a created pod.
    """

    desired: int | None = None
    create: list[str] = []
    delete: list[str] = []
    garbage: list[str] = []
    update: list[str] = []
    waves: list[int] = []
    held: dict[str, list[str]] = {}
    excluded: dict[str, list[str]] = {}
    created_pod: dict[str, Any] = {}


class ExpectedDeployment(_Part, frozen=True, kw_only=True):
    """What a Deployment covers: `nodes` has pods by node, `without` the nodes left out, `short` pods without room."""

    replicas: int | None = None
    eligible: int | None = None
    without_at_least: int | None = None
    without_at_most: int | None = None
    nodes: dict[str, int] = {}
    without: list[str] = []
    short: int | None = None


class ExpectedPolicies(_Part, frozen=True, kw_only=True):
    """The waves of RolloutPolicies: how many, the lower bound, and what may go now (`daemonset@node`)."""

    waves: int
    bound: int
    minimal: bool
    now: list[str] = []
    stalls: list[str] = []


class ExpectedReplicas(_Part, frozen=True, kw_only=True):
    """Where the replicas of a Deployment go: node name -> how many; the eligible nodes without one."""

    nodes: dict[str, int]
    without: list[str] = []
    short: int = 0


class ExpectedConflict(_Part, frozen=True, kw_only=True):
    """What has no place, where, and the causes as `dsplan fit` prints them."""

    subject: str
    nodes: list[str]
    causes: list[str]


class ExpectedVariants(_Part, frozen=True, kw_only=True):
    """Variants that count as one: nodes that want some variant, and those of them that have or get it."""

    desired: int
    covered: int


class ExpectedFit(_Part, frozen=True, kw_only=True):
    """What `dsplan fit` says. `predicted` has, per DaemonSet, nodes `placed` and by other outcome node -> what is said.

    `best` are the nodes of new pods per DaemonSet in the best placement, `placed` of `wanted` in all; the greedy answer
    places `withoutSearch`. Policies keep DaemonSets off the nodes in `heldBack`; `variants` count as one.
    """

    predicted: dict[str, dict[str, Any]]
    best: dict[str, list[str]] = {}
    placed: int
    wanted: int
    gap: int = 0
    without_search: int | None = None
    conflicts: list[ExpectedConflict] = []
    deployments: dict[str, ExpectedReplicas] = {}
    held_back: dict[str, list[str]] = {}
    variants: dict[str, ExpectedVariants] = {}


class Expected(_Part, frozen=True, kw_only=True):
    """What a plan comes to; `timeline`, `compare`, `atOnce` and `fit` are of the commands of these names."""

    summary: str = ""
    daemonsets: dict[str, ExpectedDaemonSet] = {}
    deployments: dict[str, ExpectedDeployment] = {}
    policies: ExpectedPolicies | None = None
    timeline: dict[str, Any] = {}
    compare: dict[str, Any] = {}
    at_once: dict[str, Any] = {}
    fit: ExpectedFit | None = None


class Expectation(_Part, frozen=True, kw_only=True):
    """The document; `arithmetic` says how the author came to the numbers."""

    api_version: Literal["dsplan.dev/v1alpha1"]
    kind: Literal["Expectation"]
    arithmetic: str
    expect: Expected
