"""Sizes of instance types: from a catalogue that the user gives, or from nodes of the same type that are there.

A catalogue is a document of dsplan's own, or what a provider's tool prints (`aws ec2 describe-instance-types`,
`gcloud compute machine-types list --format json`, `az vm list-sizes -o json`):

    apiVersion: dsplan.dev/v1alpha1
    kind: InstanceTypes
    spec:
      t3.large: {cpu: 2, memory: 8Gi, pods: 35}
      m5.xlarge: {cpu: 4, memory: 16Gi, pods: 58}
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile
from typing import Any, Final

import msgspec

from dsplan.errors import Problem
from dsplan.manifests.pools.parts import Tree, labels_at, list_at, number_at, part, text_at
from dsplan.model.node import Node
from dsplan.model.quantity import QuantityError, parse_quantity

__all__ = ["CATALOGUES", "NO_QUANTITY", "Size", "Sizes", "catalogue_problems", "is_quantity"]

_INSTANCE_TYPES: Final = ("node.kubernetes.io/instance-type", "beta.kubernetes.io/instance-type")


NO_QUANTITY: Final = "must be a quantity such as 4, 3920m or 16Gi"


class Size(msgspec.Struct, frozen=True, kw_only=True):
    """What a machine has, what pods may use of it where that is known, and who says so."""

    capacity: dict[str, str]
    allocatable: dict[str, str] = {}
    arch: str = ""
    source: str = ""


class Sizes:
    """The known sizes by instance type; what a catalogue says counts more than what a node shows.

    >>> tree = {"kind": "InstanceTypes", "spec": {"t3.large": {"cpu": 2, "memory": "8Gi"}}}
    >>> Sizes([tree], []).of("t3.large").capacity
    {'cpu': '2', 'memory': '8Gi'}
    """

    def __init__(self, catalogues: Iterable[Tree], nodes: Sequence[Node]) -> None:
        self._sizes: dict[str, Size] = {}
        for node in nodes:
            kind = next((node.metadata.labels[key] for key in _INSTANCE_TYPES if key in node.metadata.labels), "")
            if kind and node.status.allocatable and kind not in self._sizes:
                self._sizes[kind] = _shown_by(node)
        for tree in catalogues:
            for name, size in CATALOGUES[text_at(tree, "kind")](tree).items():
                self._sizes[name] = size

    def of(self, machine: str) -> Size | None:
        """Return the size of an instance type, None where nobody tells it."""
        return self._sizes.get(machine)

    def that_meet(self, demands: Sequence[Tree]) -> tuple[str, ...]:
        """Return the known instance types that meet what a Karpenter pool asks of them, in order."""
        return tuple(sorted(name for name, size in self._sizes.items() if meets(name, size, demands)))


def is_quantity(text: str) -> bool:
    """Return whether a text is an amount as Kubernetes writes it.

    >>> is_quantity("16Gi"), is_quantity("16GB")
    (True, False)
    """
    try:
        parse_quantity(text)
    except QuantityError:
        return False
    return True


def catalogue_problems(tree: Tree) -> Iterator[Problem]:
    """Yield what is wrong with a catalogue of dsplan's own; those of providers are taken as they are.

    >>> tree = {"kind": "InstanceTypes", "spec": {"t3.large": {"cpu": 2, "memory": "8GB"}}}
    >>> print(*catalogue_problems(tree))
    spec[t3.large].memory: must be a quantity such as 4, 3920m or 16Gi, seen: '8GB'
    """
    if text_at(tree, "kind") != "InstanceTypes":
        return
    types = part(tree, "spec")
    if not isinstance(types, dict) or not types:
        message = "must be an object from instance types to sizes, such as t3.large: {cpu: 2, memory: 8Gi}"
        yield Problem(reason="FieldValueInvalid", field="spec", message=message)
        return
    for name in types:
        for path in ((name,), (name, "capacity"), (name, "allocatable")):
            for resource, amount in labels_at(types, *path).items():
                if not is_quantity(amount):
                    field = f"spec{''.join(f'[{step}]' for step in path)}.{resource}"
                    yield Problem(reason="FieldValueInvalid", field=field, message=NO_QUANTITY, value=amount)
        if not labels_at(types, name) and not labels_at(types, name, "capacity"):
            message = "needs sizes, such as {cpu: 2, memory: 8Gi}"
            yield Problem(reason="FieldValueRequired", field=f"spec[{name}]", message=message)


def _shown_by(node: Node) -> Size:
    allocatable = {name: f"{amount}" for name, amount in (node.status.allocatable or {}).items()}
    capacity = {name: f"{amount}" for name, amount in (node.status.capacity or {}).items()} or allocatable
    arch = node.metadata.labels.get("kubernetes.io/arch", "")
    return Size(capacity=capacity, allocatable=allocatable, arch=arch, source=f"node {node.metadata.name}")


def _own(tree: Tree) -> dict[str, Size]:
    types = part(tree, "spec")
    found = {}
    for name in types if isinstance(types, dict) else ():
        capacity = labels_at(types, name, "capacity") or labels_at(types, name)
        found[name] = Size(capacity=capacity, allocatable=labels_at(types, name, "allocatable"), source="the catalogue")
    return found


def _ec2(tree: Tree) -> dict[str, Size]:
    capacity = _plain(number_at(tree, "VCpuInfo", "DefaultVCpus"), number_at(tree, "MemoryInfo", "SizeInMiB"))
    interfaces = number_at(tree, "NetworkInfo", "MaximumNetworkInterfaces")
    addresses = number_at(tree, "NetworkInfo", "Ipv4AddressesPerInterface")
    if interfaces and addresses:
        # One address of each interface is its own; two pods use the host's.
        capacity["pods"] = str(interfaces * (addresses - 1) + 2)
    gpus = sum(number_at(gpu, "Count") or 0 for gpu in list_at(tree, "GpuInfo", "Gpus"))
    if gpus:
        capacity["nvidia.com/gpu"] = str(gpus)
    arch = "arm64" if "arm64" in list_at(tree, "ProcessorInfo", "SupportedArchitectures") else "amd64"
    return {text_at(tree, "InstanceType"): Size(capacity=capacity, arch=arch, source="the catalogue")}


def _compute(tree: Tree) -> dict[str, Size]:
    capacity = _plain(number_at(tree, "guestCpus"), number_at(tree, "memoryMb"))
    return {text_at(tree, "name"): Size(capacity=capacity, source="the catalogue")}


def _azure(tree: Tree) -> dict[str, Size]:
    capacity = _plain(number_at(tree, "numberOfCores"), number_at(tree, "memoryInMB"))
    return {text_at(tree, "name"): Size(capacity=capacity, source="the catalogue")}


def _plain(cpus: int | None, mebibytes: int | None) -> dict[str, str]:
    return {
        **({"cpu": str(cpus)} if cpus is not None else {}),
        **({"memory": f"{mebibytes}Mi"} if mebibytes is not None else {}),
    }


CATALOGUES: Final[dict[str, Any]] = {
    "InstanceTypes": _own,
    "InstanceType": _ec2,
    "MachineType": _compute,
    "VMSize": _azure,
}
"""Kind -> what a document of it tells: instance type -> Size."""


def meets(machine: str, size: Size, demands: Sequence[Tree]) -> bool:
    """Return whether an instance type meets every demand that can be judged by its name and size.

    >>> wants = [{"key": "karpenter.k8s.aws/instance-cpu", "operator": "Gt", "values": ["3"]}]
    >>> meets("m5.xlarge", Size(capacity={"cpu": "4"}), wants), meets("t3.large", Size(capacity={"cpu": "2"}), wants)
    (True, False)
    """
    return all(_meets(_attributes(machine, size), demand) for demand in demands)


def _attributes(machine: str, size: Size) -> dict[str, str]:
    family, _, measure = machine.partition(".")
    category = "".join(takewhile(str.isalpha, family))
    generation = next((character for character in family if character.isdigit()), "")
    memory = size.capacity.get("memory", "")
    mebibytes = memory.removesuffix("Mi") if memory.endswith("Mi") else _gibibytes(memory)
    found = {"family": family, "size": measure, "category": category, "generation": generation}
    return {**found, "cpu": size.capacity.get("cpu", ""), "memory": mebibytes, "type": machine, "arch": size.arch}


def _gibibytes(memory: str) -> str:
    number = memory.removesuffix("Gi")
    return str(int(number) * 1024) if memory.endswith("Gi") and number.isdigit() else ""


def _meets(attributes: dict[str, str], demand: Tree) -> bool:
    key = text_at(demand, "key").rpartition("/instance-")[2]
    own = attributes.get(key, "")
    values = [text_at(value) for value in list_at(demand, "values")]
    operator = text_at(demand, "operator")
    if not own or key not in attributes:
        return True
    if operator in ("In", "NotIn"):
        return (own in values) == (operator == "In")
    if operator in ("Gt", "Lt") and values and own.isdigit() and values[0].isdigit():
        return int(own) > int(values[0]) if operator == "Gt" else int(own) < int(values[0])
    return True
