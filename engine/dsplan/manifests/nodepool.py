"""`kind: NodePool`: many nodes that differ little, described once.

    apiVersion: dsplan.dev/v1alpha1
    kind: NodePool
    metadata: {name: workers}
    spec:
      replicas: 10000
      nameTemplate: worker-{index:05}
      labels: {pool: workers}
      distributions:
      - {key: topology.kubernetes.io/zone, values: [a, b, c]}
      - {key: disk, values: [ssd, hdd], weights: [3, 1]}
      taints: [{key: dedicated, value: gpu, effect: NoSchedule}]
      capacity: {cpu: 8, memory: 32Gi, pods: 110}
      sick: [{share: 2%, condition: NotReady}]
      durations: {ready: 20, terminate: 5}

A pool always expands to the same nodes: shares and distributions are spread evenly over the indexes, without chance.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import lru_cache
from itertools import accumulate
from typing import Any, Final, Literal

import msgspec

from dsplan.apiserver.strict import decode_strict
from dsplan.errors import InputError, Problem
from dsplan.model.names import is_dns_subdomain, is_label_key, is_label_value
from dsplan.model.node import DURATION_LABELS, POOL_LABEL, Taint
from dsplan.model.regex import regex
from dsplan.reading import limits

__all__ = ["API_VERSION", "MAX_REPLICAS", "Distribution", "NodePool", "NodePoolSpec", "Sick", "expand", "node_tree"]

API_VERSION: Final = "dsplan.dev/v1alpha1"

MAX_REPLICAS: Final = 1_000_000
"""Nodes of one pool."""

_PLACEHOLDER: Final = regex(r"\{(index|pool)(?::0?([1-9]))?\}")
_SHARE: Final = regex(r"(100|[0-9]{1,2}(?:\.[0-9]{1,4})?)%")
_QUANTITY = str | int | float
_HEALTHY: Final = (("MemoryPressure", "False"), ("DiskPressure", "False"), ("PIDPressure", "False"), ("Ready", "True"))
_TAINT_OF: Final = {
    "NotReady": ("node.kubernetes.io/not-ready", ("NoSchedule", "NoExecute")),
    "Unreachable": ("node.kubernetes.io/unreachable", ("NoSchedule", "NoExecute")),
    "MemoryPressure": ("node.kubernetes.io/memory-pressure", ("NoSchedule",)),
    "DiskPressure": ("node.kubernetes.io/disk-pressure", ("NoSchedule",)),
    "PIDPressure": ("node.kubernetes.io/pid-pressure", ("NoSchedule",)),
    "Cordoned": ("node.kubernetes.io/unschedulable", ("NoSchedule",)),
}
"""Condition -> the taint that the node lifecycle controller puts on such a node, with its effects (E8, T15)."""


class _Kind(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Base of dsplan's own kinds: camelCase on the wire, nothing unknown."""


class Distribution(_Kind, frozen=True, kw_only=True):
    """A label whose values are spread over the nodes, in turn; `weights` (default 1 each) say how many of a turn."""

    key: str
    values: list[str]
    weights: list[int] | None = None


class Sick(_Kind, frozen=True, kw_only=True):
    """A share of the nodes (`2%` or a number of nodes) in a condition, with the taints that go with it (E8, T15)."""

    share: str | int
    condition: Literal["NotReady", "Unreachable", "MemoryPressure", "DiskPressure", "PIDPressure", "Cordoned"] = (
        "NotReady"
    )


class PodDurations(_Kind, frozen=True, kw_only=True):
    """How many seconds daemon pods take on the nodes of a pool, where somebody asks how long a roll-out takes."""

    create: int | float | None = None
    ready: int | float | None = None
    terminate: int | float | None = None


class NodePoolSpec(_Kind, frozen=True, kw_only=True):
    """What the nodes of a pool are.

    `nameTemplate` and label values may hold `{index}`, `{index:04}` (zeros in front) and `{pool}`. `allocatable` is
    `capacity` where it is absent. Every node has the labels dsplan.dev/node-pool, kubernetes.io/hostname, os (linux)
    and arch (amd64) unless the pool says otherwise; `durations` are labels, too (`dsplan.dev/ready-seconds` and so on).
    """

    replicas: int
    name_template: str = "{pool}-{index}"
    first_index: int = 0
    labels: dict[str, str] = {}
    distributions: list[Distribution] = []
    taints: list[Taint] = []
    unschedulable: bool = False
    capacity: dict[str, _QUANTITY] = {}
    allocatable: dict[str, _QUANTITY] = {}
    sick: list[Sick] = []
    durations: PodDurations = PodDurations()


class NodePoolMeta(_Kind, frozen=True, kw_only=True):
    """metadata of a pool."""

    name: str
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}


class NodePool(_Kind, frozen=True, kw_only=True):
    """A pool of nodes, expanded by `expand`."""

    api_version: Literal["dsplan.dev/v1alpha1"]
    kind: Literal["NodePool"]
    metadata: NodePoolMeta
    spec: NodePoolSpec


def expand(tree: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Return the nodes of a NodePool as raw Node trees, in the order of their indexes.

    Raises InputError with every problem of the pool before the first node is made.

    >>> pool = {"apiVersion": "dsplan.dev/v1alpha1", "kind": "NodePool", "metadata": {"name": "w"},
    ...         "spec": {"replicas": 4, "distributions": [{"key": "zone", "values": ["a", "b"]}],
    ...                  "sick": [{"share": "25%"}]}}
    >>> [(node["metadata"]["name"], node["metadata"]["labels"]["zone"], len(node["spec"]["taints"]))
    ...  for node in expand(pool)]
    [('w-0', 'a', 0), ('w-1', 'b', 0), ('w-2', 'a', 0), ('w-3', 'b', 2)]
    """
    pool = decode_strict(tree, NodePool)
    problems = list(_problems(pool))
    if problems:
        raise InputError.of(problems)
    return (node_tree(pool, position) for position in range(pool.spec.replicas))


def node_tree(pool: NodePool, position: int) -> dict[str, Any]:
    """Return the node at `position` (from 0) of a pool, as the raw tree of a Node."""
    spec, index = pool.spec, pool.spec.first_index + position
    name = _filled(spec.name_template, pool.metadata.name, index)
    labels = {
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        **({POOL_LABEL: pool.metadata.name} if is_label_value(pool.metadata.name) else {}),
        **{key: _filled(value, pool.metadata.name, index) for key, value in spec.labels.items()},
    }
    labels.update(_duration_labels(spec.durations))
    for distribution in spec.distributions:
        labels[distribution.key] = _value_at(distribution, position)
    conditions = [sick.condition for sick in spec.sick if _is_sick(sick, position, spec.replicas)]
    cordoned = spec.unschedulable or "Cordoned" in conditions
    taints = [msgspec.to_builtins(taint) for taint in spec.taints]
    for condition in dict.fromkeys([*conditions, *(["Cordoned"] if cordoned else [])]):
        key, effects = _TAINT_OF[condition]
        taints += [{"key": key, "effect": effect} for effect in effects]
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": labels},
        "spec": {"taints": taints, **({"unschedulable": True} if cordoned else {})},
        "status": {
            "capacity": spec.capacity or spec.allocatable,
            "allocatable": spec.allocatable or spec.capacity,
            "conditions": _conditions(conditions),
        },
    }


def _duration_labels(durations: PodDurations) -> dict[str, str]:
    said = {name: getattr(durations, name) for name in DURATION_LABELS}
    return {DURATION_LABELS[name]: f"{seconds:g}" for name, seconds in said.items() if seconds is not None}


def _conditions(sick: Sequence[str]) -> list[dict[str, str]]:
    ready = "Unknown" if "Unreachable" in sick else "False" if "NotReady" in sick else "True"
    return [
        {"type": kind, "status": ready if kind == "Ready" else "True" if kind in sick else status}
        for kind, status in _HEALTHY
    ]


def _filled(template: str, pool: str, index: int) -> str:
    def value(match: re.Match[str]) -> str:
        return pool if match[1] == "pool" else f"{index:0{match[2] or 1}}"

    return _PLACEHOLDER.sub(value, template)


def _value_at(distribution: Distribution, position: int) -> str:
    if distribution.weights is None:
        return distribution.values[position % len(distribution.values)]
    ends = list(accumulate(distribution.weights))
    turn = position % ends[-1]
    return next(value for value, end in zip(distribution.values, ends, strict=True) if turn < end)


def _is_sick(sick: Sick, position: int, replicas: int) -> bool:
    """Return whether the running total of sick nodes, share x nodes rounded down, rises at this node."""
    share = _share(sick.share, replicas)
    return int(share * (position + 1)) > int(share * position)


@lru_cache(maxsize=256)
def _share(share: str | int, replicas: int) -> Fraction:
    if isinstance(share, int):
        return Fraction(share, max(replicas, 1))
    return Fraction(share.removesuffix("%")) / 100


def _problems(pool: NodePool) -> Iterator[Problem]:
    spec = pool.spec
    if not 0 <= spec.replicas <= MAX_REPLICAS:
        yield _invalid("spec.replicas", f"must be between 0 and {MAX_REPLICAS}", spec.replicas)
        return
    if spec.replicas > limits.MAX_POOL_NODES:
        message = (
            f"a pool of more than {limits.MAX_POOL_NODES:,} nodes is refused; --limit pool-nodes=NUMBER raises that"
        )
        yield Problem(reason="LimitExceeded", field="spec.replicas", message=message, value=spec.replicas)
        return
    if spec.first_index < 0:
        yield _invalid("spec.firstIndex", "must be >= 0", spec.first_index)
    yield from _name_problems(pool)
    for key, value in spec.labels.items():
        yield from _label_problems(f"spec.labels[{key}]", key, _filled(value, pool.metadata.name, spec.replicas))
    for index, distribution in enumerate(spec.distributions):
        yield from _distribution_problems(f"spec.distributions[{index}]", distribution)
    for name in DURATION_LABELS:
        seconds = getattr(spec.durations, name)
        if seconds is not None and not 0 <= seconds < 1_000_000:
            yield _invalid(f"spec.durations.{name}", "must be between 0 and 999999 seconds", seconds)
    for index, sick in enumerate(spec.sick):
        yield from _share_problems(f"spec.sick[{index}].share", sick.share, spec.replicas)


def _name_problems(pool: NodePool) -> Iterator[Problem]:
    spec = pool.spec
    if not is_dns_subdomain(pool.metadata.name):
        yield _invalid("metadata.name", "must be a lowercase RFC 1123 subdomain", pool.metadata.name)
        return
    if spec.replicas > 1 and _filled(spec.name_template, "", 1) == _filled(spec.name_template, "", 2):
        yield _invalid("spec.nameTemplate", "must hold {index}: every node needs its own name", spec.name_template)
        return
    last = _filled(spec.name_template, pool.metadata.name, max(spec.first_index, 0) + max(spec.replicas - 1, 0))
    if not is_dns_subdomain(last):
        yield _invalid(
            "spec.nameTemplate", f"makes names such as {last[:80]!r}, which no node may have", spec.name_template
        )


def _label_problems(field: str, key: str, value: str) -> Iterator[Problem]:
    if not is_label_key(key):
        yield _invalid(field, "invalid label key", key)
    if not is_label_value(value):
        yield _invalid(field, "invalid label value", value)


def _distribution_problems(field: str, distribution: Distribution) -> Iterator[Problem]:
    if not distribution.values:
        yield Problem(reason="FieldValueRequired", field=f"{field}.values", message="needs at least one value")
    for index, value in enumerate(distribution.values):
        yield from _label_problems(f"{field}.values[{index}]", distribution.key, value)
    weights = distribution.weights
    if weights is None:
        return
    if len(weights) != len(distribution.values):
        yield _invalid(
            f"{field}.weights", f"needs one weight for each of {len(distribution.values)} values", len(weights)
        )
    elif any(weight < 0 for weight in weights) or sum(weights) <= 0 or sum(weights) > MAX_REPLICAS:
        yield _invalid(f"{field}.weights", f"must be >= 0 with a sum between 1 and {MAX_REPLICAS}", tuple(weights))


def _share_problems(field: str, share: str | int, replicas: int) -> Iterator[Problem]:
    if isinstance(share, int):
        if not 0 <= share <= replicas:
            yield _invalid(field, f"must be between 0 and {replicas} nodes", share)
    elif not _SHARE.fullmatch(share):
        yield _invalid(field, "must be a number of nodes or a percentage such as 2% or 0.5%", share)


def _invalid(field: str, message: str, value: Any) -> Problem:
    return Problem(reason="FieldValueInvalid", field=field, message=message, value=value)
