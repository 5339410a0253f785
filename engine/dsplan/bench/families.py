"""The families of clusters that worlds are made of, as data.

Labels, taints, pools and zones are those that real nodes of the kind carry (EKS, GKE, kubeadm and k3s objects as public
projects hold them); shares are per mille. A family says nothing about how many nodes there are.
"""

from __future__ import annotations

import msgspec

from ..model.node import Taint

__all__ = ["FAMILIES", "Family", "Pool"]


class Pool(msgspec.Struct, frozen=True, kw_only=True):
    """Nodes that were made alike: `share` of 1,000 nodes, with these labels, taints and resources."""

    name: str
    share: int
    labels: dict[str, str] = {}
    taints: tuple[Taint, ...] = ()
    cpu: str = "8"
    memory: str = "32Gi"
    pods: str = "110"


class Family(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of cluster.

    `node_name` is a pattern of {pool}, {number}, {high}, {low}, {letters}. `domains` are label keys with the number of
    nodes under one value (0: as many values as there are `zones`, in turn). `unique` label keys have another value on
    every node; `numbers` likewise, counting. `sick`, `cordoned` and `drifted` are per mille: nodes that are not ready,
    nodes that are cordoned, daemon pods that are not as they should be. With `own_class` every node has a taint and a
    label key of its own, so no two nodes are alike to any rule.
    """

    name: str
    node_name: str
    pools: tuple[Pool, ...]
    zones: tuple[str, ...] = ()
    labels: dict[str, str] = {}
    domains: dict[str, int] = {}
    unique: tuple[str, ...] = ("kubernetes.io/hostname",)
    numbers: tuple[str, ...] = ()
    sick: int = 10
    cordoned: int = 15
    drifted: int = 10
    own_class: bool = False


_GPU = Taint(key="nvidia.com/gpu", value="present", effect="NoSchedule")
_CONTROL_PLANE = Taint(key="node-role.kubernetes.io/control-plane", effect="NoSchedule")
_LINUX = {
    "beta.kubernetes.io/arch": "amd64",
    "beta.kubernetes.io/os": "linux",
    "kubernetes.io/arch": "amd64",
    "kubernetes.io/os": "linux",
}
_WINDOWS = {**_LINUX, "beta.kubernetes.io/os": "windows", "kubernetes.io/os": "windows"}


def _eks(name: str, instance: str, capacity: str = "ON_DEMAND", **more: str) -> dict[str, str]:
    return {
        **_LINUX,
        "beta.kubernetes.io/instance-type": instance,
        "node.kubernetes.io/instance-type": instance,
        "eks.amazonaws.com/capacityType": capacity,
        "eks.amazonaws.com/nodegroup": name,
        "eks.amazonaws.com/nodegroup-image": "ami-0a1b2c3d4e5f60718",
        "topology.kubernetes.io/region": "eu-central-1",
        **more,
    }


_EKS = Family(
    name="eks-like",
    node_name="ip-10-{high}-{low}.eu-central-1.compute.internal",
    zones=("eu-central-1a", "eu-central-1b", "eu-central-1c"),
    pools=(
        Pool(name="general", share=600, labels=_eks("general", "m6i.2xlarge")),
        Pool(
            name="spot",
            share=240,
            labels=_eks("spot", "c6i.4xlarge", "SPOT"),
            taints=(Taint(key="spot", value="true", effect="NoSchedule"),),
            cpu="16",
        ),
        Pool(
            name="gpu",
            share=70,
            labels=_eks("gpu", "g5.4xlarge") | {"nvidia.com/gpu.present": "true", "nvidia.com/gpu.product": "A10G"},
            taints=(_GPU,),
            cpu="16",
            memory="64Gi",
        ),
        Pool(
            name="windows",
            share=50,
            labels=_eks("windows", "m5.2xlarge") | _WINDOWS,
            taints=(Taint(key="os", value="windows", effect="NoSchedule"),),
        ),
        Pool(
            name="fargate",
            share=40,
            labels={
                **_LINUX,
                "eks.amazonaws.com/compute-type": "fargate",
                "topology.kubernetes.io/region": "eu-central-1",
            },
            taints=(Taint(key="eks.amazonaws.com/compute-type", value="fargate", effect="NoSchedule"),),
            cpu="2",
            memory="4Gi",
            pods="1",
        ),
    ),
    unique=("kubernetes.io/hostname", "k8s.io/cloud-provider-aws"),
)


def _gke(name: str, machine: str, **more: str) -> dict[str, str]:
    return {
        **_LINUX,
        "beta.kubernetes.io/instance-type": machine,
        "node.kubernetes.io/instance-type": machine,
        "cloud.google.com/gke-nodepool": name,
        "cloud.google.com/gke-os-distribution": "cos",
        "cloud.google.com/gke-container-runtime": "containerd",
        "cloud.google.com/machine-family": machine.split("-")[0],
        "topology.kubernetes.io/region": "us-central1",
        **more,
    }


_GKE = Family(
    name="gke-like",
    node_name="gke-prod-{pool}-{letters}-{number}",
    zones=("us-central1-a", "us-central1-b", "us-central1-c", "us-central1-f"),
    pools=(
        Pool(name="default-pool", share=700, labels=_gke("default-pool", "n2-standard-8")),
        Pool(
            name="spot-pool",
            share=200,
            labels=_gke("spot-pool", "n2-standard-16") | {"cloud.google.com/gke-spot": "true"},
            taints=(Taint(key="cloud.google.com/gke-spot", value="true", effect="NoSchedule"),),
            cpu="16",
        ),
        Pool(
            name="gpu-pool",
            share=100,
            labels=_gke("gpu-pool", "a2-highgpu-1g")
            | {"cloud.google.com/gke-accelerator": "nvidia-tesla-a100", "nvidia.com/gpu.present": "true"},
            taints=(_GPU,),
            cpu="12",
            memory="85Gi",
        ),
    ),
    sick=4,
    cordoned=4,
)

_FEATURES = {
    f"feature.node.kubernetes.io/cpu-cpuid.{name}": "true"
    for name in ("ADX", "AESNI", "AVX", "AVX2", "AVX512BW", "AVX512CD", "AVX512DQ", "AVX512F", "FMA3", "IBPB", "STIBP")
}
_METAL = {**_LINUX, **_FEATURES, "feature.node.kubernetes.io/kernel-version.major": "6"}
_BARE_METAL = Family(
    name="bare-metal",
    node_name="node-{number}.dc1.example.com",
    zones=("hall-1", "hall-2"),
    pools=(
        Pool(
            name="control-plane",
            share=5,
            labels={**_METAL, "node-role.kubernetes.io/control-plane": ""},
            taints=(_CONTROL_PLANE,),
            cpu="32",
        ),
        Pool(
            name="worker", share=695, labels={**_METAL, "node-role.kubernetes.io/worker": ""}, cpu="64", memory="256Gi"
        ),
        Pool(
            name="storage",
            share=200,
            labels={**_METAL, "role": "storage"},
            taints=(Taint(key="dedicated", value="storage", effect="NoSchedule"),),
            cpu="32",
            memory="128Gi",
        ),
        Pool(
            name="gpu",
            share=100,
            labels={**_METAL, "nvidia.com/gpu.present": "true", "nvidia.com/gpu.product": "H100"},
            taints=(_GPU,),
            cpu="96",
            memory="1Ti",
        ),
    ),
    domains={"topology.example.com/rack": 40},
    numbers=("hardware.example.com/asset",),
    sick=15,
    cordoned=20,
)

_EDGE_NODE = {**_LINUX, "kubernetes.io/arch": "arm64", "node.kubernetes.io/instance-type": "k3s", "tier": "edge"}
_EDGE = Family(
    name="edge",
    node_name="edge-{letters}-{number}",
    pools=(
        Pool(name="hub", share=20, labels={**_LINUX, "tier": "hub", "node-role.kubernetes.io/control-plane": "true"}),
        Pool(name="box", share=980, labels=_EDGE_NODE, cpu="4", memory="8Gi", pods="30"),
    ),
    domains={"topology.kubernetes.io/zone": 3, "topology.kubernetes.io/region": 300},
    sick=80,
    cordoned=2,
    drifted=60,
)

_ADVERSARIAL = Family(
    name="adversarial",
    node_name="{letters}-{number}.example.net",
    pools=(Pool(name="only", share=1000, labels=_LINUX),),
    zones=("a", "b", "c", "d", "e", "f", "g"),
    unique=("kubernetes.io/hostname", "example.com/machine-id"),
    numbers=("example.com/serial",),
    sick=50,
    cordoned=50,
    drifted=200,
    own_class=True,
)

FAMILIES = {family.name: family for family in (_EKS, _GKE, _BARE_METAL, _EDGE, _ADVERSARIAL)}
"""Every family by name."""
