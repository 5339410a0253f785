"""Pools as other tools describe them become nodes to come, and what a description does not tell is said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from dsplan.errors import InputError
from dsplan.manifests.load import joining_nodes, load
from dsplan.model.node import Node

GPU = {"key": "gpu", "value": "a", "effect": "NoSchedule"}


def written(folder: Path, *trees: Any, name: str = "pool.yaml") -> Path:
    path = folder / name
    path.write_text(json.dumps(trees[0]) if name.endswith("json") else yaml.safe_dump_all(trees))
    return path


def joined(path: Path, *nodes: Node) -> tuple[tuple[Node, ...], str]:
    found, notes = joining_nodes([path], nodes)
    return found, " | ".join(f"{note.subject}: {note.text}" for note in notes)


def taints(node: Node) -> list[tuple[str, str, str]]:
    return [(taint.key, taint.value, taint.effect) for taint in node.spec.taints]


def karpenter(name: str = "general", **spec: Any) -> dict[str, Any]:
    template = {
        "metadata": {"labels": {"team": "a"}},
        "spec": {
            "taints": [GPU],
            "startupTaints": [{"key": "cilium", "effect": "NoExecute"}],
            "requirements": [
                {"key": "node.kubernetes.io/instance-type", "operator": "In", "values": ["m5.large", "m5.xlarge"]},
                {"key": "kubernetes.io/arch", "operator": "In", "values": ["amd64"]},
                {"key": "topology.kubernetes.io/zone", "operator": "In", "values": ["a", "b"]},
                {"key": "karpenter.k8s.aws/instance-cpu", "operator": "Gt", "values": ["3"]},
            ],
            "nodeClassRef": {"group": "karpenter.k8s.aws", "kind": "EC2NodeClass", "name": "default"},
        },
    }
    return {
        "apiVersion": "karpenter.sh/v1",
        "kind": "NodePool",
        "metadata": {"name": name},
        "spec": {"template": template, **spec},
    }


NODE_CLASS = {
    "apiVersion": "karpenter.k8s.aws/v1",
    "kind": "EC2NodeClass",
    "metadata": {"name": "default"},
    "spec": {
        "kubelet": {"maxPods": 42, "kubeReserved": {"cpu": "100m", "memory": "1Gi"}},
        "blockDeviceMappings": [{"deviceName": "/dev/xvda", "ebs": {"volumeSize": "80Gi"}}],
    },
}
CATALOGUE = {
    "apiVersion": "dsplan.dev/v1alpha1",
    "kind": "InstanceTypes",
    "spec": {"m5.large": {"cpu": 2, "memory": "8Gi", "pods": 29}, "m5.xlarge": {"cpu": 4, "memory": "16Gi"}},
}


def test_a_karpenter_pool_tells_labels_and_taints_and_says_what_it_cannot(tmp_path: Path) -> None:
    nodes, said = joined(written(tmp_path, karpenter()))
    assert [node.name for node in nodes] == ["general-m5.large-0", "general-m5.xlarge-0"]
    labels = nodes[0].metadata.labels
    assert labels["karpenter.sh/nodepool"] == "general"
    assert labels["team"] == labels["topology.kubernetes.io/zone"] == "a"
    assert labels["node.kubernetes.io/instance-type"] == "m5.large"
    assert taints(nodes[0]) == [("gpu", "a", "NoSchedule")], "startup taints go"
    assert not nodes[0].status.allocatable
    for unknown in ("how many nodes", "the size of m5.large", "instance-cpu Gt 3", "startupTaints"):
        assert unknown in said


def test_sizes_come_from_a_catalogue_and_the_node_class(tmp_path: Path) -> None:
    nodes, said = joined(written(tmp_path, karpenter(replicas=3), NODE_CLASS, CATALOGUE))
    assert len(nodes) == 3
    assert nodes[0].status.capacity == {"cpu": "2", "memory": "8Gi", "pods": "42", "ephemeral-storage": "80Gi"}
    assert nodes[0].status.allocatable == {
        "cpu": "1900m",
        "memory": "7Gi",
        "pods": "42",
        "ephemeral-storage": "80Gi",
    }
    assert "the size of" not in said


def test_sizes_come_from_nodes_of_the_same_type(tmp_path: Path) -> None:
    there = load([written(tmp_path, {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": "n1", "labels": {"node.kubernetes.io/instance-type": "m5.large"}},
        "status": {"capacity": {"cpu": "2"}, "allocatable": {"cpu": "1930m", "memory": "7Gi", "pods": "29"}},
    })]).nodes  # fmt: skip
    nodes, said = joined(written(tmp_path, karpenter()), *there)
    assert nodes[0].status.allocatable is None or "cpu" not in nodes[0].status.allocatable, "no memory was told"
    complete = load([written(tmp_path, {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": "n1", "labels": {"node.kubernetes.io/instance-type": "m5.large"}},
        "status": {
            "capacity": {"cpu": "2", "memory": "8Gi"},
            "allocatable": {"cpu": "1930m", "memory": "7Gi", "pods": "29"},
        },
    })]).nodes  # fmt: skip
    nodes, said = joined(written(tmp_path, karpenter()), *complete)
    assert nodes[0].status.allocatable == {"cpu": "1930m", "memory": "7Gi", "pods": "29"}
    assert "node n1" in said


def test_karpenter_requirements_choose_from_a_catalogue(tmp_path: Path) -> None:
    pool = karpenter()
    pool["spec"]["template"]["spec"]["requirements"] = [
        {"key": "karpenter.k8s.aws/instance-family", "operator": "In", "values": ["m5"]},
        {"key": "karpenter.k8s.aws/instance-cpu", "operator": "Gt", "values": ["3"]},
    ]
    nodes, _ = joined(written(tmp_path, pool, CATALOGUE))
    assert [node.metadata.labels["node.kubernetes.io/instance-type"] for node in nodes] == ["m5.xlarge"]


def test_catalogues_of_the_clouds(tmp_path: Path) -> None:
    ec2 = {
        "InstanceTypes": [
            {
                "InstanceType": "m5.large",
                "VCpuInfo": {"DefaultVCpus": 2},
                "MemoryInfo": {"SizeInMiB": 8192},
                "NetworkInfo": {"MaximumNetworkInterfaces": 3, "Ipv4AddressesPerInterface": 10},
                "ProcessorInfo": {"SupportedArchitectures": ["arm64"]},
            }
        ]
    }
    gcp = [{"name": "e2-standard-4", "guestCpus": 4, "memoryMb": 16384}]
    azure = [{"name": "Standard_D4s_v5", "numberOfCores": 4, "memoryInMB": 16384, "maxDataDiskCount": 8}]
    pools = {
        "m5.large": (ec2, karpenter(), {"cpu": "2", "memory": "8192Mi", "pods": "29"}),
        "e2-standard-4": (gcp, GKE, {"cpu": "4", "memory": "16384Mi", "pods": "110"}),
        "Standard_D4s_v5": (azure, AKS, {"cpu": "4", "memory": "16384Mi", "pods": "50", "ephemeral-storage": "128Gi"}),
    }
    for catalogue, pool, size in pools.values():
        paths = [written(tmp_path, pool, name="pool.json"), written(tmp_path, catalogue, name="sizes.json")]
        nodes, _ = joining_nodes(paths, [])
        assert nodes[0].status.capacity == size


GKE = {
    "name": "blue",
    "config": {
        "machineType": "e2-standard-4",
        "diskSizeGb": 100,
        "labels": {"team": "a"},
        "taints": [{"key": "gpu", "value": "a", "effect": "NO_SCHEDULE"}],
        "spot": True,
    },
    "initialNodeCount": 2,
    "locations": ["us-central1-a", "us-central1-b"],
    "maxPodsConstraint": {"maxPodsPerNode": "110"},
    "status": "RUNNING",
}
AKS = {
    "name": "userpool",
    "count": 3,
    "vmSize": "Standard_D4s_v5",
    "maxPods": 50,
    "mode": "User",
    "nodeLabels": {"team": "a"},
    "nodeTaints": ["gpu=a:NoSchedule"],
    "osDiskSizeGb": 128,
    "osType": "Linux",
    "availabilityZones": ["1", "2"],
    "scaleSetPriority": "Spot",
}


@pytest.mark.parametrize("form", ["single", "list", "cluster"])
def test_gke_node_pools(form: str, tmp_path: Path) -> None:
    tree: Any = {"single": GKE, "list": [GKE], "cluster": {"name": "c", "nodePools": [GKE]}}[form]
    nodes, _ = joined(written(tmp_path, tree, name="pool.json"))
    assert len(nodes) == 4, "the count is per zone"
    labels = nodes[1].metadata.labels
    assert labels["cloud.google.com/gke-nodepool"] == "blue"
    assert labels["topology.kubernetes.io/zone"] == "us-central1-b"
    assert (labels["team"], labels["cloud.google.com/gke-spot"]) == ("a", "true")
    assert taints(nodes[0]) == [("gpu", "a", "NoSchedule")]


@pytest.mark.parametrize("form", ["single", "list", "cluster"])
def test_aks_node_pools(form: str, tmp_path: Path) -> None:
    tree: Any = {"single": AKS, "list": [AKS], "cluster": {"name": "c", "agentPoolProfiles": [AKS]}}[form]
    nodes, said = joined(written(tmp_path, tree, name="pool.json"))
    assert len(nodes) == 3
    assert nodes[0].metadata.labels["kubernetes.azure.com/agentpool"] == "userpool"
    assert nodes[0].metadata.labels["team"] == "a"
    assert ("gpu", "a", "NoSchedule") in taints(nodes[0])
    assert ("kubernetes.azure.com/scalesetpriority", "spot", "NoSchedule") in taints(nodes[0])
    assert "zones 1, 2" in said


def test_eksctl_node_groups(tmp_path: Path) -> None:
    config = {
        "apiVersion": "eksctl.io/v1alpha5",
        "kind": "ClusterConfig",
        "metadata": {"name": "prod", "region": "eu-west-1"},
        "managedNodeGroups": [
            {
                "name": "blue",
                "instanceType": "m5.large",
                "desiredCapacity": 2,
                "labels": {"team": "a"},
                "taints": [GPU],
                "maxPodsPerNode": 20,
                "volumeSize": 80,
                "availabilityZones": ["a", "b"],
            }
        ],
        "nodeGroups": [
            {
                "name": "old",
                "instanceType": "m4.large",
                "minSize": 1,
                "taints": {"gpu": "a:NoSchedule"},
                "tags": {
                    "k8s.io/cluster-autoscaler/node-template/label/disk": "ssd",
                    "k8s.io/cluster-autoscaler/node-template/taint/gpu": "a:NoSchedule",
                },
            }
        ],
    }
    nodes, said = joined(written(tmp_path, config, CATALOGUE))
    assert [node.name for node in nodes] == ["blue-0", "blue-1", "old-0"]
    assert nodes[0].status.capacity == {"cpu": "2", "memory": "8Gi", "pods": "20", "ephemeral-storage": "80Gi"}
    assert nodes[0].metadata.labels["alpha.eksctl.io/nodegroup-name"] == "blue"
    assert [taints(node) for node in nodes] == [[("gpu", "a", "NoSchedule")]] * 3
    assert nodes[2].metadata.labels["disk"] == "ssd"
    assert "the size of m4.large" in said


def test_kops_instance_groups(tmp_path: Path) -> None:
    def group(name: str, role: str, **spec: Any) -> dict[str, Any]:
        head = {"apiVersion": "kops.k8s.io/v1alpha2", "kind": "InstanceGroup", "metadata": {"name": name}}
        return {**head, "spec": {"role": role, "machineType": "m5.large", "minSize": 1, "maxSize": 3, **spec}}

    tag = "k8s.io/cluster-autoscaler/node-template/"
    cloud = {f"{tag}label/disk": "ssd", f"{tag}taint/gpu": "a:NoSchedule", f"{tag}resources/ephemeral-storage": "9Gi"}
    path = written(
        tmp_path,
        group("nodes", "Node", nodeLabels={"team": "a"}, cloudLabels=cloud, subnets=["eu-west-1a"]),
        group("masters", "ControlPlane", taints=["etcd=:NoExecute"]),
        group("bastions", "Bastion"),
    )
    nodes, said = joined(path)
    by_name = {node.name: node for node in nodes}
    assert sorted(by_name) == ["masters-0", "nodes-0"]
    labels = by_name["nodes-0"].metadata.labels
    assert (labels["team"], labels["disk"], labels["kops.k8s.io/instancegroup"]) == ("a", "ssd", "nodes")
    assert taints(by_name["nodes-0"]) == [("gpu", "a", "NoSchedule")]
    assert taints(by_name["masters-0"]) == [
        ("node-role.kubernetes.io/control-plane", "", "NoSchedule"),
        ("etcd", "", "NoExecute"),
    ]
    assert "an autoscaler decides" in said


def test_cluster_api_deployments_with_their_templates(tmp_path: Path) -> None:
    capacity = "capacity.cluster-autoscaler.kubernetes.io/"
    deployment = {
        "apiVersion": "cluster.x-k8s.io/v1beta1",
        "kind": "MachineDeployment",
        "metadata": {
            "name": "md-0",
            "annotations": {f"{capacity}cpu": "16", f"{capacity}memory": "128G", f"{capacity}labels": "disk=ssd"},
        },
        "spec": {
            "replicas": 2,
            "template": {
                "metadata": {"labels": {"node-role.kubernetes.io/worker": "", "not-synced": "x"}},
                "spec": {
                    "failureDomain": "eu-1a",
                    "bootstrap": {"configRef": {"kind": "KubeadmConfigTemplate", "name": "boot"}},
                    "infrastructureRef": {"kind": "AWSMachineTemplate", "name": "machine"},
                },
            },
        },
    }
    registration = {"taints": [GPU], "kubeletExtraArgs": {"node-labels": "team=a,tier=b"}}
    bootstrap = {
        "apiVersion": "bootstrap.cluster.x-k8s.io/v1beta1",
        "kind": "KubeadmConfigTemplate",
        "metadata": {"name": "boot"},
        "spec": {"template": {"spec": {"joinConfiguration": {"nodeRegistration": registration}}}},
    }
    machine = {
        "apiVersion": "infrastructure.cluster.x-k8s.io/v1beta2",
        "kind": "AWSMachineTemplate",
        "metadata": {"name": "machine"},
        "spec": {"template": {"spec": {"instanceType": "m5.large"}}},
    }
    nodes, said = joined(written(tmp_path, deployment, bootstrap, machine))
    assert len(nodes) == 2
    labels = nodes[0].metadata.labels
    wanted = {
        "node-role.kubernetes.io/worker": "",
        "team": "a",
        "tier": "b",
        "disk": "ssd",
        "topology.kubernetes.io/zone": "eu-1a",
        "node.kubernetes.io/instance-type": "m5.large",
    }
    assert labels.items() >= wanted.items()
    assert "not-synced" not in labels
    assert taints(nodes[0]) == [("gpu", "a", "NoSchedule")]
    assert nodes[0].status.allocatable == {"cpu": "16", "memory": "128G"}
    pool = {**deployment, "kind": "MachinePool", "metadata": {"name": "mp"}}
    nodes, said = joined(written(tmp_path, pool))
    assert "bootstrap template, which is not in the input" in said
    assert "the size of its machines" in said


def test_scaling_groups_with_the_autoscalers_template(tmp_path: Path) -> None:
    tag = "k8s.io/cluster-autoscaler/node-template/"
    group = {
        "AutoScalingGroupName": "workers",
        "DesiredCapacity": 0,
        "Instances": [{"InstanceType": "m5.large"}],
        "Tags": [
            {"Key": f"{tag}label/team", "Value": "a"},
            {"Key": f"{tag}taint/gpu", "Value": "a:NoSchedule"},
            {"Key": f"{tag}resources/cpu", "Value": "4"},
            {"Key": f"{tag}resources/memory", "Value": "8Gi"},
        ],
    }
    nodes, said = joined(written(tmp_path, {"AutoScalingGroups": [group]}, name="asg.json"))
    assert [node.name for node in nodes] == ["workers-0"]
    assert nodes[0].metadata.labels["team"] == "a"
    assert taints(nodes[0]) == [("gpu", "a", "NoSchedule")]
    assert nodes[0].status.allocatable == {"cpu": "4", "memory": "8Gi"}
    assert "from 0 nodes" in said


def test_eks_node_groups(tmp_path: Path) -> None:
    group = {
        "nodegroup": {
            "nodegroupName": "ng",
            "scalingConfig": {"minSize": 1, "maxSize": 4, "desiredSize": 2},
            "instanceTypes": ["m5.large"],
            "labels": {"team": "a"},
            "taints": [{"key": "gpu", "value": "a", "effect": "NO_SCHEDULE"}],
            "diskSize": 20,
        }
    }
    nodes, _ = joined(written(tmp_path, group, name="ng.json"))
    assert [node.metadata.labels["eks.amazonaws.com/nodegroup"] for node in nodes] == ["ng", "ng"]
    assert taints(nodes[0]) == [("gpu", "a", "NoSchedule")]


def test_pools_that_a_cluster_has_stored_add_no_nodes(tmp_path: Path) -> None:
    stored = karpenter()
    stored["metadata"] |= {"uid": "u", "resourceVersion": "1"}
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1"}}
    world = load([written(tmp_path, stored, node)])
    assert [entry.name for entry in world.nodes] == ["n1"]
    assert "use --add-pool" in world.notes[0].text
    assert len(joined(written(tmp_path, stored))[0]) == 2, "asked for, they join"
    there = {**node, "metadata": {"name": "n1", "labels": {"karpenter.sh/nodepool": "general"}}}
    assert len(load([written(tmp_path, karpenter(), there)]).nodes) == 1, "its nodes are there already"


@pytest.mark.parametrize(
    "broken",
    [
        {"spec": None},
        {"spec": {"template": []}},
        {"spec": {"template": {"spec": {"requirements": "x", "taints": [3], "nodeClassRef": []}}}},
        {"metadata": None},
    ],
)
def test_descriptions_of_another_shape_never_fail(broken: dict[str, Any], tmp_path: Path) -> None:
    for kind, version in (
        ("NodePool", "karpenter.sh/v1"),
        ("Provisioner", "karpenter.sh/v1alpha5"),
        ("MachineDeployment", "cluster.x-k8s.io/v1beta1"),
        ("ClusterConfig", "eksctl.io/v1alpha5"),
        ("InstanceGroup", "kops.k8s.io/v1alpha2"),
    ):
        joined(written(tmp_path, {"apiVersion": version, "kind": kind, "metadata": {"name": "a"}, **broken}))


def test_a_wrong_label_names_the_description(tmp_path: Path) -> None:
    pool = karpenter()
    pool["spec"]["template"]["metadata"]["labels"] = {"team": "not a label value"}
    path = written(tmp_path, pool)
    with pytest.raises(InputError) as caught:
        joining_nodes([path], [])
    assert str(caught.value.problems[0]).startswith(f"{path}:1:1: NodePool general: spec.labels[team]: ")


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ([], "spec: must be an object from instance types to sizes"),
        ({"t3.large": {"cpu": 2, "memory": "8GB"}}, "spec[t3.large].memory: must be a quantity"),
        ({"t3.large": {"capacity": {"cpu": "x"}}}, "spec[t3.large][capacity].cpu: must be a quantity"),
        ({"t3.large": 3}, "spec[t3.large]: needs sizes"),
    ],
)
def test_a_catalogue_with_a_mistake_says_where(spec: Any, said: str, tmp_path: Path) -> None:
    path = written(tmp_path, karpenter(), {**CATALOGUE, "spec": spec})
    with pytest.raises(InputError) as caught:
        joining_nodes([path], [])
    assert said in str(caught.value.problems[0])
    assert str(caught.value.problems[0]).startswith(f"{path}:")


def test_a_size_that_is_no_quantity_is_refused(tmp_path: Path) -> None:
    annotations = {"capacity.cluster-autoscaler.kubernetes.io/memory": "16GB"}
    head = {"apiVersion": "cluster.x-k8s.io/v1beta1", "kind": "MachineDeployment"}
    with pytest.raises(InputError) as caught:
        joining_nodes([written(tmp_path, {**head, "metadata": {"name": "md", "annotations": annotations}})], [])
    assert "size of memory: must be a quantity" in str(caught.value.problems[0])


def test_node_templates_of_the_cluster_autoscaler(tmp_path: Path) -> None:
    node = {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": "t-1", "labels": {"kwok-nodegroup": "blue", "kubernetes.io/hostname": "t-1", "team": "a"}},
        "spec": {"taints": [GPU]},
        "status": {"capacity": {"cpu": "9"}, "allocatable": {"cpu": "4", "memory": "8Gi", "pods": "110"}},
    }
    templates = yaml.safe_dump({"apiVersion": "v1", "kind": "List", "items": [node]})
    config_map = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "kwok-provider-templates", "namespace": "default"},
        "data": {"templates": templates},
    }
    other = {**config_map, "metadata": {"name": "other"}}
    nodes, said = joined(written(tmp_path, config_map, other))
    assert [node.name for node in nodes] == ["blue-0"]
    assert nodes[0].metadata.labels["team"] == "a"
    assert nodes[0].metadata.labels["kubernetes.io/hostname"] == "blue-0"
    assert taints(nodes[0]) == [("gpu", "a", "NoSchedule")]
    assert nodes[0].status.allocatable == {"cpu": "4", "memory": "8Gi", "pods": "110"}
    assert "how many nodes" in said
