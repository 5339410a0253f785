"""Node objects of real size: about 7 KB of YAML each, as `kubectl get nodes -o yaml` prints them.

Deterministic: node number `index` of a `seed` is always the same object.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

__all__ = ["node", "nodes_json", "nodes_yaml", "to_yaml"]

_ZONES = ("a", "b", "c")
_TYPES = (("m6i.2xlarge", "8", "32386Mi"), ("c6i.4xlarge", "16", "31982Mi"), ("r6i.2xlarge", "8", "64986Mi"))
_IMAGES = (
    "eks/coredns", "eks/kube-proxy", "eks/pause", "amazon-k8s-cni", "amazon-k8s-cni-init", "amazon/aws-ebs-csi-driver",
    "csi-node-driver-registrar", "livenessprobe", "fluent/fluent-bit", "prometheus/node-exporter", "datadog/agent",
    "falcosecurity/falco", "cilium/cilium", "istio/proxyv2", "library/nginx", "library/redis", "library/postgres",
)  # fmt: skip
_CONDITIONS = (
    ("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
    ("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    ("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
    ("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
)


def node(index: int, seed: int = 0) -> dict[str, Any]:
    """Return one Node as the API server would print it.

    >>> one = node(3)
    >>> one["metadata"]["name"], one["metadata"]["labels"]["topology.kubernetes.io/zone"], one == node(3)
    ('ip-10-0-0-3.eu-central-1.compute.internal', 'eu-central-1a', True)
    """
    chance = random.Random(f"{seed}/{index}")  # noqa: S311 - a repeatable choice, no secret
    name = f"ip-10-{index >> 16 & 255}-{index >> 8 & 255}-{index & 255}.eu-central-1.compute.internal"
    zone = f"eu-central-1{_ZONES[index % 3]}"
    instance, cpu, memory = chance.choice(_TYPES)
    time = f"2026-11-{chance.randrange(1, 29):02}T{chance.randrange(24):02}:{chance.randrange(60):02}:07Z"
    capacity = {
        "cpu": cpu,
        "ephemeral-storage": f"{chance.randrange(80, 200) * 1048576 - 4096}Ki",
        "hugepages-1Gi": "0",
        "hugepages-2Mi": "0",
        "memory": memory,
        "pods": str(chance.choice((29, 58, 110, 234))),
    }
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "annotations": {
                "alpha.kubernetes.io/provided-node-ip": f"10.{index >> 16 & 255}.{index >> 8 & 255}.{index & 255}",
                "csi.volume.kubernetes.io/nodeid": json.dumps({"ebs.csi.aws.com": f"i-{chance.getrandbits(64):016x}"}),
                "node.alpha.kubernetes.io/ttl": "0",
                "volumes.kubernetes.io/controller-managed-attach-detach": "true",
            },
            "creationTimestamp": time,
            "labels": _labels(name, zone, instance, chance),
            "name": name,
            "resourceVersion": str(chance.randrange(10**6, 10**9)),
            "uid": _uid(chance),
        },
        "spec": _spec(zone, chance),
        "status": {
            "addresses": [
                {"address": f"10.0.{index >> 8 & 255}.{index & 255}", "type": "InternalIP"},
                {"address": name, "type": "Hostname"},
            ],
            "allocatable": {**capacity, "cpu": f"{int(cpu) * 1000 - 80}m"},
            "capacity": capacity,
            "conditions": [
                {"lastHeartbeatTime": time, "lastTransitionTime": time, "message": message, "reason": reason,
                 "status": status, "type": kind}
                for kind, status, reason, message in _CONDITIONS
            ],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
            "images": [_image(image, chance) for image in _IMAGES],
            "nodeInfo": _node_info(chance),
        },
    }  # fmt: skip


def nodes_json(count: int, seed: int = 0) -> bytes:
    """Return a List of `count` nodes as `kubectl get nodes -o json` prints it.

    >>> len(json.loads(nodes_json(2))["items"])
    2
    """
    return json.dumps(_list(count, seed), indent=4).encode()


def nodes_yaml(count: int, seed: int = 0) -> bytes:
    """Return a List of `count` nodes as `kubectl get nodes -o yaml` prints it.

    >>> nodes_yaml(1).startswith(b"apiVersion: v1\\nitems:\\n- apiVersion: v1\\n  kind: Node\\n")
    True
    """
    return to_yaml(_list(count, seed)).encode()


def to_yaml(tree: dict[str, Any]) -> str:
    """Return `tree` in the block style of kubectl; strings that could be read as something else are quoted.

    >>> print(to_yaml({"a": ["1", 1, {"b": "x y", "c": {}}]}), end="")
    a:
    - "1"
    - 1
    - b: x y
      c: {}
    """
    return "".join(_lines(tree, ""))


_PLAIN_START = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ/")
_WORDS = frozenset(("true", "false", "null", "yes", "no", "on", "off", "y", "n"))


def _list(count: int, seed: int) -> dict[str, Any]:
    items = [node(index, seed) for index in range(count)]
    return {"apiVersion": "v1", "items": items, "kind": "List", "metadata": {"resourceVersion": ""}}


def _labels(name: str, zone: str, instance: str, chance: random.Random) -> dict[str, str]:
    return {
        "beta.kubernetes.io/arch": "amd64",
        "beta.kubernetes.io/instance-type": instance,
        "beta.kubernetes.io/os": "linux",
        "eks.amazonaws.com/capacityType": chance.choice(("ON_DEMAND", "SPOT")),
        "eks.amazonaws.com/nodegroup": f"workers-{chance.randrange(8)}",
        "failure-domain.beta.kubernetes.io/region": zone[:-1],
        "failure-domain.beta.kubernetes.io/zone": zone,
        "k8s.io/cloud-provider-aws": f"{chance.getrandbits(128):032x}"[:20] + "a",
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "node-role.kubernetes.io/worker": "",
        "node.kubernetes.io/instance-type": instance,
        "topology.kubernetes.io/region": zone[:-1],
        "topology.kubernetes.io/zone": zone,
    }


def _spec(zone: str, chance: random.Random) -> dict[str, Any]:
    spec: dict[str, Any] = {"providerID": f"aws:///{zone}/i-{chance.getrandbits(64):016x}"}
    if chance.random() < 0.1:
        spec["taints"] = [{"effect": "NoSchedule", "key": "dedicated", "value": chance.choice(("gpu", "ingress"))}]
    return spec


def _image(name: str, chance: random.Random) -> dict[str, Any]:
    repository = f"registry.example.com/{name}"
    tag = f"v{chance.randrange(1, 3)}.{chance.randrange(30)}.{chance.randrange(10)}"
    names = [f"{repository}@sha256:{chance.getrandbits(256):064x}", f"{repository}:{tag}"]
    return {"names": names, "sizeBytes": chance.randrange(10**6, 10**9)}


def _node_info(chance: random.Random) -> dict[str, str]:
    return {
        "architecture": "amd64",
        "bootID": _uid(chance),
        "containerRuntimeVersion": "containerd://1.7.22",
        "kernelVersion": "6.1.112-122.189.amzn2023.x86_64",
        "kubeProxyVersion": "v1.31.2-eks-94953ac",
        "kubeletVersion": "v1.31.2-eks-94953ac",
        "machineID": f"ec2{chance.getrandbits(116):029x}",
        "operatingSystem": "linux",
        "osImage": "Amazon Linux 2023.6.20241031",
        "systemUUID": _uid(chance),
    }


def _uid(chance: random.Random) -> str:
    digits = f"{chance.getrandbits(128):032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def _lines(tree: dict[str, Any] | list[Any], indent: str) -> Iterator[str]:
    """Yield the lines of a mapping or sequence that is not empty; a sequence's entries stand below its key's column."""
    pairs = [("-", item) for item in tree] if isinstance(tree, list) else [(f"{_text(k)}:", v) for k, v in tree.items()]
    for head, value in pairs:
        if not isinstance(value, dict | list) or not value:
            yield f"{indent}{head} {_scalar(value)}\n"
        elif head == "-":
            first, *rest = _lines(value, indent + "  ")
            yield f"{indent}- {first[len(indent) + 2 :]}"
            yield from rest
        else:
            yield f"{indent}{head}\n"
            yield from _lines(value, indent if isinstance(value, list) else indent + "  ")


def _scalar(value: Any) -> str:
    return _text(value) if isinstance(value, str) else json.dumps(value)


def _text(value: str) -> str:
    plain = value[:1] in _PLAIN_START and value.lower() not in _WORDS and value.isprintable()
    if plain and ": " not in value and " #" not in value and value[-1] not in ": ":
        return value
    return json.dumps(value) if value[:1] != "{" else "'" + value.replace("'", "''") + "'"
