"""Descriptions of pools to Nodes, through dsplan's own NodePool, with a note on what they do not tell."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final

import msgspec

from dsplan.errors import InputError, Problem
from dsplan.manifests.nodepool import API_VERSION, expand
from dsplan.manifests.pools.autoscaler import CONFIG_MAP, kwok_pools
from dsplan.manifests.pools.catalogue import (
    CATALOGUES,
    NO_QUANTITY,
    Size,
    Sizes,
    catalogue_problems,
    is_quantity,
)
from dsplan.manifests.pools.clouds import (
    aks_pool,
    auto_scaling_group,
    eks_nodegroup,
    eksctl_pools,
    gke_pool,
    kops_pool,
)
from dsplan.manifests.pools.cluster_api import pool_of as cluster_api_pool
from dsplan.manifests.pools.karpenter import INSTANCE_TYPE
from dsplan.manifests.pools.karpenter import pool_of as karpenter_pool
from dsplan.manifests.pools.parts import FuturePool, Tree, text_at
from dsplan.model.convert import convert
from dsplan.model.node import Node
from dsplan.model.quantity import QuantityError, parse_quantity, text_of
from dsplan.model.world import Note
from dsplan.reading.objects import RawObject
from dsplan.reading.origin_table import with_place

__all__ = ["Joined", "describes_pools", "future_nodes"]

_Converter = Callable[[Tree, Any], FuturePool | Iterable[FuturePool] | None]

_CONVERTERS: Final[dict[tuple[str, str], _Converter]] = {
    ("karpenter.sh", "NodePool"): karpenter_pool,
    ("karpenter.sh", "Provisioner"): karpenter_pool,
    ("cluster.x-k8s.io", "MachineDeployment"): cluster_api_pool,
    ("cluster.x-k8s.io", "MachinePool"): cluster_api_pool,
    ("eksctl.io", "ClusterConfig"): eksctl_pools,
    ("kops.k8s.io", "InstanceGroup"): kops_pool,
    ("kops", "InstanceGroup"): kops_pool,
    ("container.googleapis.com", "NodePool"): gke_pool,
    ("containerservice.azure.com", "AgentPool"): aks_pool,
    ("eks.amazonaws.com", "Nodegroup"): eks_nodegroup,
    ("autoscaling.amazonaws.com", "AutoScalingGroup"): auto_scaling_group,
    ("", "ConfigMap"): kwok_pools,
}
"""(API group, kind) -> what reads it; a new format is a row."""
_HELPERS: Final = (
    "karpenter.k8s.aws",
    "karpenter.azure.com",
    "karpenter.k8s.gcp",
    "bootstrap.cluster.x-k8s.io",
    "infrastructure.cluster.x-k8s.io",
)
"""API groups whose documents pools refer to."""
_CATALOGUE_GROUPS: Final = (
    "dsplan.dev",
    "ec2.amazonaws.com",
    "compute.googleapis.com",
    "compute.azure.com",
)
_MAX_MACHINES: Final = 100
_NAMED: Final = 5

HOW_TO_SIZE: Final = (
    "give a catalogue: a file with kind InstanceTypes, or what `aws ec2 describe-instance-types`, `gcloud compute "
    "machine-types list --format json` or `az vm list-sizes -o json` prints"
)


def describes_pools(item: RawObject) -> bool:
    """Return whether `future_nodes` wants to see an object: it describes pools of nodes, or such objects refer to it.

    >>> from dsplan.reading.read import read_bytes
    >>> describes_pools(read_bytes(b'{"kind": "NodePool", "apiVersion": "karpenter.sh/v1"}').objects[0])
    True
    """
    if item.kind == "ConfigMap":
        return not item.group and item.name == CONFIG_MAP
    return (item.group, item.kind) in _CONVERTERS or item.group in _HELPERS or _is_catalogue(item)


class Joined(msgspec.Struct, frozen=True):
    """The nodes of described pools, what is said of them, and what is wrong with the descriptions."""

    nodes: list[tuple[Node, RawObject]]
    notes: list[Note]
    problems: list[Problem]


def future_nodes(items: Sequence[RawObject], nodes: Sequence[Node], *, joining: bool) -> Joined:
    """Return the nodes that the pools described in `items` will have, beside `nodes`, which are there.

    Pools that a cluster has stored, and pools whose nodes are there already, are left alone unless they are `joining`.
    """
    joined = Joined([], [], [])
    documents = {(item.kind, item.name): item.tree for item in items}
    catalogues = [item for item in items if _is_catalogue(item)]
    for item in catalogues:
        joined.problems.extend(with_place(problem, item) for problem in catalogue_problems(item.tree))
    sizes = Sizes((item.tree for item in catalogues), nodes)
    left: list[str] = []
    for item in items:
        convert_it = _CONVERTERS.get((item.group, item.kind))
        if convert_it is None:
            continue
        for pool in _pools(convert_it(item.tree, documents.get)):
            if not joining and (_is_stored(item) or _is_there(pool, nodes)):
                left.append(f"{pool.tool} {pool.name}")
            else:
                _join(pool, item, sizes, joined)
    if left:
        named = ", ".join(left[:_NAMED]) + (f" and {len(left) - _NAMED:,} more" if len(left) > _NAMED else "")
        text = f"{named}: the nodes that are there count; to plan with nodes to come, use --add-pool FILE"
        joined.notes.append(Note(subject="pools", text=text))
    return joined


def _pools(found: FuturePool | Iterable[FuturePool] | None) -> Iterable[FuturePool]:
    if found is None:
        return ()
    return (found,) if isinstance(found, FuturePool) else found


def _is_catalogue(item: RawObject) -> bool:
    return item.group in _CATALOGUE_GROUPS and item.kind in CATALOGUES


def _is_stored(item: RawObject) -> bool:
    return bool(text_at(item.tree, "metadata", "uid") and text_at(item.tree, "metadata", "resourceVersion"))


def _is_there(pool: FuturePool, nodes: Sequence[Node]) -> bool:
    key, value = pool.own
    return bool(key) and any(node.metadata.labels.get(key) == value for node in nodes)


def _join(pool: FuturePool, item: RawObject, sizes: Sizes, joined: Joined) -> None:
    """Add the nodes of one pool, or what is wrong with it."""
    unknown = list(pool.unknown)
    machines = pool.machines or (sizes.that_meet(pool.demands) if pool.demands else ())
    if len(machines) > _MAX_MACHINES:
        unknown.append(f"{len(machines) - _MAX_MACHINES} more instance types, which are left out")
    if pool.count == 0:
        unknown.append("how it grows from 0 nodes (one stands for them)")
    made = 0
    try:
        _refuse_wrong_sizes(pool)
        for machine, count in _shares(machines[:_MAX_MACHINES] or ("",), pool.count or None):
            for tree in expand(_node_pool(pool, machine, count, sizes, several=len(machines) > 1, unknown=unknown)):
                joined.nodes.append((convert(tree, Node), item))
                made += 1
    except InputError as error:
        joined.problems.extend(with_place(_of_description(problem), item) for problem in error.problems)
        return
    nodes = "1 node" if made == 1 else f"{made:,} nodes"
    rest = f"; not known: {'; '.join(dict.fromkeys(unknown))}" if unknown else ""
    joined.notes.append(Note(subject=f"{pool.tool} {pool.name}", text=f"read as {nodes} to come{rest}"))


def _refuse_wrong_sizes(pool: FuturePool) -> None:
    problems = [
        Problem(reason="FieldValueInvalid", field=f"size of {name}", message=NO_QUANTITY, value=amount)
        for amounts in (pool.capacity, *pool.reserved)
        for name, amount in amounts.items()
        if not is_quantity(amount)
    ]
    if problems:
        raise InputError.of(problems)


def _of_description(problem: Problem) -> Problem:
    """Return a problem of a NodePool as one of what it was made from, whose fields are others."""
    return msgspec.structs.replace(problem, message=f"{problem.field}: {problem.message}", field="")


def _shares(machines: Sequence[str], count: int | None) -> Iterator[tuple[str, int]]:
    """Yield how many nodes are of each instance type: in turn, or one of each where nobody tells how many."""
    for place, machine in enumerate(machines):
        share = 1 if count is None else count // len(machines) + (place < count % len(machines))
        if share:
            yield machine, share


def _node_pool(
    pool: FuturePool, machine: str, count: int, sizes: Sizes, *, several: bool, unknown: list[str]
) -> dict[str, Any]:
    size = sizes.of(machine)
    labels = {**({INSTANCE_TYPE: machine} if machine else {}), **pool.labels}
    if size is not None and size.arch:
        labels.setdefault("kubernetes.io/arch", size.arch)
    choices = [{"key": key, "values": list(values)} for key, values in pool.choices.items() if key not in labels]
    name = _plain_name(f"{pool.name}-{machine}" if several else pool.name)
    spec = {"replicas": count, "labels": labels, "distributions": choices, "taints": list(pool.taints)}
    head = {"apiVersion": API_VERSION, "kind": "NodePool", "metadata": {"name": name}}
    return {**head, "spec": {**spec, **_room(pool, machine, size, unknown)}}


def _plain_name(name: str) -> str:
    return "".join(part if part.isalnum() or part in "-." else "-" for part in name.lower()).strip("-.") or "pool"


def _room(pool: FuturePool, machine: str, size: Size | None, unknown: list[str]) -> dict[str, dict[str, str]]:
    """Return capacity and allocatable; neither where cpu or memory are not known, so that nothing is said to fit."""
    capacity = {**(size.capacity if size else {}), **pool.capacity}
    if not {"cpu", "memory"} <= capacity.keys():
        unknown.append(f"the size of {machine or 'its machines'} (whether pods fit is not checked; {HOW_TO_SIZE})")
        return {}
    if size is not None and size.allocatable:
        unknown.append(f"whether {machine} has the room that {size.source} has (taken as such)")
        return {"capacity": capacity, "allocatable": {**size.allocatable, **pool.capacity}}
    reserved = any(pool.reserved)
    unknown.append(
        f"what else the system keeps of {machine or 'a machine'}"
        if reserved
        else f"what the system keeps of {machine or 'a machine'} (all of its capacity is taken as allocatable)"
    )
    return {"capacity": capacity, "allocatable": _without(capacity, pool.reserved) if reserved else capacity}


def _without(capacity: dict[str, str], reserved: Sequence[dict[str, str]]) -> dict[str, str]:
    found = dict(capacity)
    for amounts in reserved:
        for name in sorted(found.keys() & amounts.keys()):
            with contextlib.suppress(QuantityError):
                left = parse_quantity(found[name]) - parse_quantity(amounts[name])
                found[name] = text_of(max(left, 0), binary=name == "memory")
    return found
