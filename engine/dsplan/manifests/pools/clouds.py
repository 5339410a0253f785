"""Pools as cloud providers' tools and cluster builders describe them: GKE, AKS, EKS, eksctl, kops, auto scaling groups.

Each function returns what one document tells; labels and taints that the provider adds itself are part of that.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from dsplan.manifests.pools.parts import (
    FuturePool,
    Tree,
    labels_at,
    list_at,
    number_at,
    part,
    tag_taint,
    taints_at,
    text_at,
)

__all__ = ["aks_pool", "auto_scaling_group", "eks_nodegroup", "eksctl_pools", "gke_pool", "kops_pool"]

ZONE: Final = "topology.kubernetes.io/zone"
_TEMPLATE: Final = "k8s.io/cluster-autoscaler/node-template/"
_ANY_SIZE: Final = "how many nodes there will be (an autoscaler decides; its minimum is taken)"


def gke_pool(tree: Tree, find: Any) -> FuturePool:
    """Return what `gcloud container node-pools describe --format json` tells; counts there are per zone.

    >>> gke_pool({"name": "p", "config": {"machineType": "e2-small"}, "initialNodeCount": 2, "locations": ["a", "b"]},
    ...          None).count
    4
    """
    name, config = text_at(tree, "name"), part(tree, "config")
    zones = tuple(filter(None, (text_at(zone) for zone in list_at(tree, "locations"))))
    scaled = text_at(tree, "autoscaling", "enabled") == "true"
    per_zone = number_at(tree, "initialNodeCount")
    total = number_at(tree, "autoscaling", "totalMinNodeCount")
    if scaled and total is None:
        per_zone = number_at(tree, "autoscaling", "minNodeCount") or per_zone
    count = total if scaled and total is not None else None if per_zone is None else per_zone * max(len(zones), 1)
    spot = "true" in (text_at(config, "spot"), text_at(config, "preemptible"))
    accelerators = list_at(config, "accelerators")
    gpu = {"nvidia.com/gpu": text_at(accelerators, 0, "acceleratorCount")} if accelerators else {}
    gpu_taint = ({"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"},) if accelerators else ()
    return FuturePool(
        tool="GKE node pool",
        name=name,
        count=count,
        labels={
            "cloud.google.com/gke-nodepool": name,
            **({"cloud.google.com/gke-spot": "true"} if spot else {}),
            **labels_at(config, "labels"),
            **_one(ZONE, zones),
        },
        choices=_several(ZONE, zones),
        taints=(*taints_at(config, "taints"), *gpu_taint),
        machines=_only(text_at(config, "machineType")),
        capacity={**_sized(pods=text_at(tree, "maxPodsConstraint", "maxPodsPerNode")), **gpu},
        own=("cloud.google.com/gke-nodepool", name),
        unknown=(_ANY_SIZE,) if scaled else (),
    )


def aks_pool(tree: Tree, find: Any) -> FuturePool:
    """Return what `az aks nodepool show -o json` tells.

    >>> aks_pool({"name": "np", "vmSize": "Standard_D4s_v5", "count": 3, "nodeTaints": ["a=b:NoSchedule"]}, None).taints
    ({'key': 'a', 'value': 'b', 'effect': 'NoSchedule'},)
    """
    name = text_at(tree, "name")
    zones = tuple(f"{zone}" for zone in list_at(tree, "availabilityZones"))
    spot = text_at(tree, "scaleSetPriority") == "Spot"
    priority = {"kubernetes.azure.com/scalesetpriority": "spot"} if spot else {}
    spot_taint = tag_taint("kubernetes.azure.com/scalesetpriority", "spot:NoSchedule")
    taints = taints_at(tree, "nodeTaints")
    scaled = text_at(tree, "enableAutoScaling") == "true"
    disk = text_at(tree, "osDiskSizeGb") or text_at(tree, "osDiskSizeGB")
    unknown = [f"the names of zones {', '.join(zones)} (they begin with the region)"] if zones else []
    return FuturePool(
        tool="AKS node pool",
        name=name,
        count=number_at(tree, "count"),
        labels={
            "agentpool": name,
            "kubernetes.azure.com/agentpool": name,
            "kubernetes.azure.com/mode": text_at(tree, "mode").lower() or "user",
            "kubernetes.io/os": text_at(tree, "osType").lower() or "linux",
            **priority,
            **labels_at(tree, "nodeLabels"),
        },
        taints=(*taints, *((spot_taint,) if spot and spot_taint not in taints else ())),
        machines=_only(text_at(tree, "vmSize")),
        capacity=_sized(pods=text_at(tree, "maxPods"), disk=disk),
        own=("kubernetes.azure.com/agentpool", name),
        unknown=(*unknown, *((_ANY_SIZE.replace("minimum", "present count"),) if scaled else ())),
    )


def eks_nodegroup(tree: Tree, find: Any) -> FuturePool:
    """Return what `aws eks describe-nodegroup` tells.

    >>> eks_nodegroup({"nodegroupName": "ng", "scalingConfig": {"desiredSize": 2}, "instanceTypes": ["m5.large"]},
    ...               None).machines
    ('m5.large',)
    """
    name = text_at(tree, "nodegroupName")
    return FuturePool(
        tool="EKS node group",
        name=name,
        count=number_at(tree, "scalingConfig", "desiredSize"),
        labels={
            "eks.amazonaws.com/nodegroup": name,
            "eks.amazonaws.com/capacityType": text_at(tree, "capacityType") or "ON_DEMAND",
            **labels_at(tree, "labels"),
        },
        taints=taints_at(tree, "taints"),
        machines=_texts(tree, "instanceTypes"),
        capacity=_sized(disk=text_at(tree, "diskSize")),
        own=("eks.amazonaws.com/nodegroup", name),
    )


def eksctl_pools(tree: Tree, find: Any) -> Iterator[FuturePool]:
    """Yield the node groups of an eksctl ClusterConfig.

    >>> config = {"metadata": {"name": "c"}, "nodeGroups": [{"name": "ng", "instanceType": "m5.large", "minSize": 2}]}
    >>> [(pool.name, pool.count) for pool in eksctl_pools(config, None)]
    [('ng', 2)]
    """
    cluster = text_at(tree, "metadata", "name")
    for field in ("managedNodeGroups", "nodeGroups"):
        for group in list_at(tree, field):
            yield _eksctl_group(group, cluster, managed=field == "managedNodeGroups")


def _eksctl_group(group: Any, cluster: str, *, managed: bool) -> FuturePool:
    name = text_at(group, "name")
    zones = _texts(group, "availabilityZones")
    machines = (
        _texts(group, "instanceTypes")
        or _texts(group, "instancesDistribution", "instanceTypes")
        or _only(text_at(group, "instanceType"))
    )
    count = number_at(group, "desiredCapacity")
    smallest = number_at(group, "minSize")
    own = ("alpha.eksctl.io/nodegroup-name", name)
    tags = _template_tags(labels_at(group, "tags"))
    provider = {"eks.amazonaws.com/nodegroup": name} if managed else {}
    return FuturePool(
        tool="eksctl node group",
        name=name,
        count=smallest if count is None else count,
        labels={
            "alpha.eksctl.io/cluster-name": cluster,
            **dict((own,)),
            **provider,
            **tags.labels,
            **labels_at(group, "labels"),
            **_one(ZONE, zones),
        },
        choices=_several(ZONE, zones),
        taints=_merged(taints_at(group, "taints"), tags.taints),
        machines=machines,
        capacity={
            **tags.capacity,
            **_sized(pods=text_at(group, "maxPodsPerNode"), disk=text_at(group, "volumeSize")),
        },
        own=own,
        unknown=() if count is not None else (_ANY_SIZE,),
    )


def kops_pool(tree: Tree, find: Any) -> FuturePool | None:
    """Return what a kops InstanceGroup tells; None for a bastion, which is no node.

    >>> kops_pool({"metadata": {"name": "nodes"}, "spec": {"role": "Node", "machineType": "t3.large", "minSize": 2}},
    ...           None).count
    2
    """
    name, spec = text_at(tree, "metadata", "name"), part(tree, "spec")
    role = text_at(spec, "role").lower()
    if role == "bastion":
        return None
    plane = role in ("master", "controlplane", "control-plane")
    word = "control-plane" if plane else "api-server" if role == "apiserver" else "node"
    zones = _texts(spec, "zones") or _texts(spec, "subnets")
    largest, smallest = number_at(spec, "maxSize"), number_at(spec, "minSize")
    tags = _template_tags(labels_at(spec, "cloudLabels"))
    taint = {"key": f"node-role.kubernetes.io/{word}", "value": "", "effect": "NoSchedule"}
    return FuturePool(
        tool="kops InstanceGroup",
        name=name,
        count=smallest,
        labels={
            f"node-role.kubernetes.io/{word}": "",
            "kops.k8s.io/instancegroup": name,
            **tags.labels,
            **labels_at(spec, "nodeLabels"),
            **_one(ZONE, zones),
        },
        choices=_several(ZONE, zones),
        taints=(*((taint,) if word != "node" else ()), *_merged(taints_at(spec, "taints"), tags.taints)),
        machines=_texts(spec, "mixedInstancesPolicy", "instances") or _only(text_at(spec, "machineType")),
        capacity={
            **tags.capacity,
            **_sized(pods=text_at(spec, "kubelet", "maxPods"), disk=text_at(spec, "rootVolumeSize")),
        },
        own=("kops.k8s.io/instancegroup", name),
        unknown=(_ANY_SIZE,) if smallest != largest else (),
    )


def auto_scaling_group(tree: Tree, find: Any) -> FuturePool:
    """Return what `aws autoscaling describe-auto-scaling-groups` tells, with the cluster autoscaler's node template.

    >>> tag = {"Key": "k8s.io/cluster-autoscaler/node-template/label/team", "Value": "a"}
    >>> auto_scaling_group({"AutoScalingGroupName": "g", "DesiredCapacity": 1, "Tags": [tag]}, None).labels
    {'team': 'a'}
    """
    told = {text_at(tag, "Key"): text_at(tag, "Value") for tag in list_at(tree, "Tags")}
    tags = _template_tags(told)
    overrides = list_at(tree, "MixedInstancesPolicy", "LaunchTemplate", "Overrides")
    named = [text_at(entry, "InstanceType") for entry in (*overrides, *list_at(tree, "Instances"))]
    zones = _texts(tree, "AvailabilityZones")
    return FuturePool(
        tool="auto scaling group",
        name=text_at(tree, "AutoScalingGroupName"),
        count=number_at(tree, "DesiredCapacity"),
        labels={**tags.labels, **_one(ZONE, zones)},
        choices=_several(ZONE, zones),
        taints=tags.taints,
        machines=tuple(dict.fromkeys(filter(None, named))),
        capacity=tags.capacity,
        unknown=("labels and taints that its launch template sets",),
    )


def _template_tags(tags: dict[str, str]) -> FuturePool:
    """Return what the tags tell that the cluster autoscaler makes its node templates of."""
    labels, capacity, taints = {}, {}, []
    for tag, value in tags.items():
        kind, _, key = tag.removeprefix(_TEMPLATE).partition("/")
        if not tag.startswith(_TEMPLATE) or not key:
            continue
        if kind == "label":
            labels[key] = value
        elif kind == "taint":
            taints.append(tag_taint(key, value))
        elif kind == "resources":
            capacity[key] = value
    return FuturePool(tool="", name="", labels=labels, taints=tuple(taints), capacity=capacity)


def _merged(taints: tuple[dict[str, str], ...], tagged: tuple[dict[str, str], ...]) -> tuple[dict[str, str], ...]:
    """Return the taints of a group and those that only its tags tell."""
    known = {(taint["key"], taint["effect"]) for taint in taints}
    return (*taints, *(taint for taint in tagged if (taint["key"], taint["effect"]) not in known))


def _sized(*, pods: str = "", disk: str = "") -> dict[str, str]:
    return {**({"pods": pods} if pods else {}), **({"ephemeral-storage": f"{disk}Gi"} if disk not in ("", "0") else {})}


def _texts(tree: Any, *path: str) -> tuple[str, ...]:
    return tuple(entry for entry in list_at(tree, *path) if isinstance(entry, str) and entry)


def _only(text: str) -> tuple[str, ...]:
    return (text,) if text else ()


def _one(key: str, values: tuple[str, ...]) -> dict[str, str]:
    return {key: values[0]} if len(values) == 1 else {}


def _several(key: str, values: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    return {key: values} if len(values) > 1 else {}
