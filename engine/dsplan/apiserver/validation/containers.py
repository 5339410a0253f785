"""Regular, init and ephemeral containers (V: containers[].*, initContainers[].*).

Source: core validation (CV:validateContainerCommon, validateContainers, validateInitContainers,
validateEphemeralContainers).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Any

import msgspec

from .env import check_env, check_env_from
from .findings import Findings
from .formats import dns_label, port_name, port_number
from .mounts import check_mounts_and_devices
from .probes import check_lifecycle, check_probes
from .resources import check_resources
from .restarts import check_resize_of_init_container, check_resize_policy, check_restart_policy
from .security import check_container_security

__all__ = ["PodFacts", "check_containers", "check_ephemeral_containers", "check_init_containers", "pull_policies"]

Tree = Mapping[str, Any]

pull_policies = ("Always", "IfNotPresent", "Never")
_MESSAGE_POLICIES = ("File", "FallbackToLogsOnError")
_PROTOCOLS = ("SCTP", "TCP", "UDP")
_HOOKS_AND_PROBES = ("lifecycle", "livenessProbe", "readinessProbe", "startupProbe")
# In the order of the server.
_NOT_EPHEMERAL = (
    "ports",
    "resources",
    "resizePolicy",
    "restartPolicy",
    "restartPolicyRules",
    "livenessProbe",
    "readinessProbe",
    "startupProbe",
    "lifecycle",
)


class PodFacts(msgspec.Struct, frozen=True):
    """What the check of a container has to know of its pod."""

    volumes: Mapping[str, Tree]
    claims: Set[str]
    grace_period: int
    restart_policy: str
    host_users: bool
    is_pod: bool


def check_containers(containers: Sequence[Tree], pod: PodFacts, path: str, found: Findings) -> None:
    """At least one; names and host ports are unique among them."""
    if not containers:
        found.required(path, "must have at least one container")
        return
    names: set[str] = set()
    for index, container in enumerate(containers):
        where, name = f"{path}[{index}]", container.get("name", "")
        _check_container(container, pod, where, found)
        if name in names:
            found.duplicate(f"{where}.name", name)
        names.add(name)
        _check_hooks_and_probes(container, pod, where, found)
        check_restart_policy(container, where, found)
    _check_host_ports(enumerate(containers), path, found)


def check_init_containers(
    containers: Sequence[Tree], regular: Sequence[Tree], pod: PodFacts, path: str, found: Findings
) -> None:
    """Names differ from those of all containers; only sidecars (restartPolicy Always) have hooks and probes."""
    names = {container.get("name", "") for container in regular}
    for index, container in enumerate(containers):
        where, name = f"{path}[{index}]", container.get("name", "")
        _check_container(container, pod, where, found)
        check_restart_policy(container, where, found)
        if name in names:
            found.duplicate(f"{where}.name", name)
        elif name:
            names.add(name)
        # They run one by one, so ports clash only inside a container; the server's path counts from 0 here.
        _check_host_ports([(0, container)], path, found)
        if container.get("restartPolicy") == "Always":
            _check_hooks_and_probes(container, pod, where, found)
            continue
        for field in _HOOKS_AND_PROBES:
            if field in container:
                found.forbidden(f"{where}.{field}", "may not be set for init containers without restartPolicy Always")
        check_resize_of_init_container(container.get("resizePolicy", ()), f"{where}.resizePolicy", found)


def check_ephemeral_containers(
    containers: Sequence[Tree], spec: Tree, pod: PodFacts, path: str, found: Findings
) -> None:
    """Names differ from all others; a target exists; nothing that a pod relies on may be set."""
    targets = {item.get("name", "") for kind in ("containers", "initContainers") for item in spec.get(kind) or ()}
    names = set(targets)
    for index, container in enumerate(containers):
        where, name = f"{path}[{index}]", container.get("name", "")
        _check_container(container, pod, where, found)
        check_image_blanks(container, where, found)
        if name in names:
            found.duplicate(f"{where}.name", name)
        names.add(name)
        target = container.get("targetContainerName", "")
        if target and target not in targets:
            found.not_found(f"{where}.targetContainerName", target, "must be the name of a container of the pod")
        for field in _NOT_EPHEMERAL:
            if field in container and container[field] != {}:
                found.forbidden(f"{where}.{field}", "cannot be set for an ephemeral container")
        for number, mount in enumerate(container.get("volumeMounts", ())):
            for field in ("subPath", "subPathExpr"):
                if mount.get(field):
                    at = f"{where}.volumeMounts[{number}].{field}"
                    found.forbidden(at, "cannot be set for an ephemeral container")


def check_image_blanks(container: Tree, path: str, found: Findings) -> None:
    """No blanks around the image: only for pods, templates use them as markers."""
    image = container.get("image", "")
    if image != image.strip():
        found.invalid(f"{path}.image", image, "must not have leading or trailing white space")


def _check_container(container: Tree, pod: PodFacts, path: str, found: Findings) -> None:
    """What holds for all three kinds."""
    name = container.get("name", "")
    if name:
        found.invalid_each(f"{path}.name", name, dns_label(name))
    else:
        found.required(f"{path}.name")
    if not container.get("image"):
        found.required(f"{path}.image")
    policy = container.get("terminationMessagePolicy", "")
    if policy and policy not in _MESSAGE_POLICIES:
        found.not_supported(f"{path}.terminationMessagePolicy", policy, _MESSAGE_POLICIES)
    _check_ports(container.get("ports", ()), f"{path}.ports", found)
    check_env(container.get("env", ()), f"{path}.env", found)
    check_env_from(container.get("envFrom", ()), f"{path}.envFrom", found)
    if "volumeMounts" in container or "volumeDevices" in container:
        check_mounts_and_devices(container, pod.volumes, path, found)
    policy = container.get("imagePullPolicy", "")
    if policy and policy not in pull_policies:
        found.not_supported(f"{path}.imagePullPolicy", policy, pull_policies)
    if "resources" in container:
        check_resources(container["resources"], f"{path}.resources", found, claims=pod.claims)
    check_resize_policy(container.get("resizePolicy", ()), pod.restart_policy, f"{path}.resizePolicy", found)
    if "securityContext" in container:
        where = f"{path}.securityContext"
        check_container_security(container["securityContext"], where, found, host_users=pod.host_users)


def _check_hooks_and_probes(container: Tree, pod: PodFacts, path: str, found: Findings) -> None:
    if "lifecycle" in container:
        check_lifecycle(container["lifecycle"], pod.grace_period, f"{path}.lifecycle", found)
    check_probes(container, path, found)


def _check_ports(ports: Sequence[Tree], path: str, found: Findings) -> None:
    """hostIP is never looked at (X7)."""
    names: set[str] = set()
    for index, port in enumerate(ports):
        where, name = f"{path}[{index}]", port.get("name", "")
        rules = port_name(name) if name else ()
        found.invalid_each(f"{where}.name", name, rules)
        if name and name in names:
            found.duplicate(f"{where}.name", name)
        elif name and not rules:
            names.add(name)
        number, host_port = port.get("containerPort", 0), port.get("hostPort", 0)
        if number:
            found.invalid_each(f"{where}.containerPort", number, port_number(number))
        else:
            found.required(f"{where}.containerPort")
        if host_port:
            found.invalid_each(f"{where}.hostPort", host_port, port_number(host_port))
        protocol = port.get("protocol") or "TCP"
        if protocol not in _PROTOCOLS:
            found.not_supported(f"{where}.protocol", protocol, _PROTOCOLS)


def _check_host_ports(containers: Iterable[tuple[int, Tree]], path: str, found: Findings) -> None:
    used: set[str] = set()
    for index, container in containers:
        for number, port in enumerate(container.get("ports", ())):
            if not port.get("hostPort"):
                continue
            socket = f"{port.get('protocol') or 'TCP'}/{port.get('hostIP', '')}/{port['hostPort']}"
            if socket in used:
                found.duplicate(f"{path}[{index}].ports[{number}].hostPort", socket)
            used.add(socket)
