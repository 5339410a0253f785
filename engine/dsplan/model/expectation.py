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

__all__ = ["Expectation", "Expected", "ExpectedDaemonSet", "ExpectedDeployment", "ExpectedPolicies"]


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


class Expected(_Part, frozen=True, kw_only=True):
    """What a plan comes to; `timeline`, `compare` and `atOnce` are of the commands of these names.

    `predicted`, `best` and `conflicts` are what `dsplan fit` says.
    """

    summary: str = ""
    daemonsets: dict[str, ExpectedDaemonSet] = {}
    deployments: dict[str, ExpectedDeployment] = {}
    policies: ExpectedPolicies | None = None
    timeline: dict[str, Any] = {}
    compare: dict[str, Any] = {}
    at_once: dict[str, Any] = {}
    predicted: dict[str, Any] = {}
    best: dict[str, Any] = {}
    conflicts: list[Any] = []


class Expectation(_Part, frozen=True, kw_only=True):
    """The document; `arithmetic` says how the author came to the numbers."""

    api_version: Literal["dsplan.dev/v1alpha1"]
    kind: Literal["Expectation"]
    arithmetic: str
    expect: Expected
