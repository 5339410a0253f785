"""A pod spec, of a Pod or in a template, after defaulting (V: spec.template.spec.*).

Source: core validation (CV:ValidatePodSpec); the order of the checks is that of the server.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .containers import PodFacts, check_containers, check_ephemeral_containers, check_init_containers
from .findings import Findings
from .formats import dns_label, dns_subdomain, label_key
from .network import check_dns, check_host_aliases, check_host_names, check_hostname_override, dns_policies
from .podresources import check_pod_resources
from .resources import check_resources
from .security import check_pod_security
from .selectors import check_labels
from .tolerations import check_tolerations
from .windows import check_host_processes, check_os, containers_with_paths

__all__ = ["check_pod_spec", "check_preemption_policy"]

Tree = Mapping[str, Any]

_RESTART_POLICIES = ("Always", "OnFailure", "Never")
_PREEMPTION_POLICIES = ("PreemptLowerPriority", "Never")
_LONGEST_DEADLINE = 2**31 - 1
_DEFAULT_GRACE_PERIOD = 30


def check_pod_spec(spec: Tree, path: str, found: Findings, *, pod_name: str = "", is_pod: bool = False) -> None:
    """Everything inside a pod spec; `is_pod` adds what a template is spared, `pod_name` is that of a named Pod."""
    pod = _check_volumes_and_claims(spec, path, found, pod_name, is_pod)
    regular, init = spec.get("containers") or (), spec.get("initContainers", ())
    check_containers(regular, pod, f"{path}.containers", found)
    check_init_containers(init, regular, pod, f"{path}.initContainers", found)
    ephemeral = spec.get("ephemeralContainers", ())
    check_ephemeral_containers(ephemeral, spec, pod, f"{path}.ephemeralContainers", found)
    if "resources" in spec:
        check_pod_resources(spec, pod.claims, f"{path}.resources", found)
    _check_host_network_ports(spec, f"{path}.containers", found, is_pod)
    _check_closed(spec, "restartPolicy", _RESTART_POLICIES, path, found)
    _check_closed(spec, "dnsPolicy", dns_policies, path, found)
    check_labels(spec.get("nodeSelector", {}), f"{path}.nodeSelector", found)
    check_pod_security(spec.get("securityContext", {}), spec, f"{path}.securityContext", found)
    _check_affinity(spec, path, found)
    check_dns(spec, f"{path}.dnsConfig", found)
    _check_gates(spec, path, found)
    _check_spread(spec, path, found)
    check_host_processes(spec, path, found)
    _check_user_namespace(spec, path, found)
    check_hostname_override(spec, path, found)
    _check_names(spec, path, found)
    if "overhead" in spec:
        check_resources({"limits": spec["overhead"]}, f"{path}.overhead", found)
    if "os" in spec:
        check_os(spec, path, found)
    _check_file_volumes(spec, path, found)


def check_preemption_policy(owner: Tree, path: str, found: Findings) -> None:
    """preemptionPolicy, where it is set."""
    policy = owner.get("preemptionPolicy")
    if policy == "":
        found.required(path)
    elif policy is not None and policy not in _PREEMPTION_POLICIES:
        found.not_supported(path, policy, _PREEMPTION_POLICIES)


def _check_volumes_and_claims(spec: Tree, path: str, found: Findings, pod_name: str, is_pod: bool) -> PodFacts:
    """Check what containers refer to; return what their check needs."""
    volumes = _check_volumes(spec, path, found, pod_name, is_pod)
    claims = spec.get("resourceClaims", ())
    _check_resource_claims(claims, f"{path}.resourceClaims", found)
    return PodFacts(
        volumes=volumes,
        claims=frozenset(claim["name"] for claim in claims if claim.get("name")),
        grace_period=spec.get("terminationGracePeriodSeconds", _DEFAULT_GRACE_PERIOD),
        restart_policy=spec.get("restartPolicy") or "Always",
        host_users=spec.get("hostUsers", True),
        is_pod=is_pod,
    )


# The rules of what few pods have are imported with the first pod that has it.


def _check_volumes(spec: Tree, path: str, found: Findings, pod_name: str, is_pod: bool) -> dict[str, Tree]:
    if not spec.get("volumes"):
        return {}
    from .volumes import check_volumes

    return check_volumes(spec["volumes"], f"{path}.volumes", found, pod_name=pod_name, is_pod=is_pod)


def _check_affinity(spec: Tree, path: str, found: Findings) -> None:
    if spec.get("affinity"):
        from .affinity import check_affinity

        check_affinity(spec["affinity"], f"{path}.affinity", found)


def _check_spread(spec: Tree, path: str, found: Findings) -> None:
    if spec.get("topologySpreadConstraints"):
        from .spread import check_topology_spread

        check_topology_spread(spec["topologySpreadConstraints"], f"{path}.topologySpreadConstraints", found)


def _check_resource_claims(claims: Sequence[Tree], path: str, found: Findings) -> None:
    names: set[str] = set()
    fields = ("resourceClaimName", "resourceClaimTemplateName")
    for index, claim in enumerate(claims):
        where, name = f"{path}[{index}]", claim.get("name", "")
        if not name:
            found.required(f"{where}.name")
        elif name in names:
            found.duplicate(f"{where}.name", name)
        else:
            found.invalid_each(f"{where}.name", name, dns_label(name))
            names.add(name)
        given = [field for field in fields if field in claim]
        if len(given) != 1:
            found.invalid(where, name, f"must specify exactly one of {' and '.join(fields)}")
        for field in given:
            found.invalid_each(f"{where}.{field}", claim[field], dns_subdomain(claim[field]))


def _check_host_network_ports(spec: Tree, path: str, found: Findings, is_pod: bool) -> None:
    """With hostNetwork a host port is the container port; a template may leave it out (D9)."""
    if not spec.get("hostNetwork"):
        return
    for index, container in enumerate(spec.get("containers") or ()):
        for number, port in enumerate(container.get("ports", ())):
            host_port = port.get("hostPort", 0)
            if (is_pod or host_port) and host_port != port.get("containerPort", 0):
                where = f"{path}[{index}].ports[{number}].hostPort"
                found.invalid(where, host_port, "must match `containerPort` when `hostNetwork` is true")


def _check_closed(spec: Tree, field: str, accepted: tuple[str, ...], path: str, found: Findings) -> None:
    value = spec.get(field, "")
    if value and value not in accepted:
        found.not_supported(f"{path}.{field}", value, accepted)


def _check_gates(spec: Tree, path: str, found: Findings) -> None:
    for index, gate in enumerate(spec.get("readinessGates", ())):
        condition = gate.get("conditionType", "")
        found.invalid_each(f"{path}.readinessGates[{index}].conditionType", condition, label_key(condition))
    seen: set[str] = set()
    for index, gate in enumerate(spec.get("schedulingGates", ())):
        where, name = f"{path}.schedulingGates[{index}]", gate.get("name", "")
        found.invalid_each(where, name, label_key(name))
        if name in seen:
            found.duplicate(where, name)
        seen.add(name)


def _check_user_namespace(spec: Tree, path: str, found: Findings) -> None:
    """Nothing of the host may be shared with a pod that has its own user namespace."""
    if spec.get("hostUsers", True):
        return
    for field, printed in (("hostNetwork", "hostNetwork"), ("hostPID", "HostPID"), ("hostIPC", "HostIPC")):
        if spec.get(field):
            found.forbidden(f"{path}.{printed}", "may not be set when `hostUsers` is false")
    for container, where in containers_with_paths(spec, path):
        if container.get("volumeDevices"):
            found.forbidden(f"{where}.volumeDevices", "may not be set when `hostUsers` is false")


def _check_names(spec: Tree, path: str, found: Findings) -> None:
    for field in ("serviceAccountName", "nodeName"):
        _check_subdomain(spec, field, path, found)
    deadline = spec.get("activeDeadlineSeconds")
    if deadline is not None and not 1 <= deadline <= _LONGEST_DEADLINE:
        message = f"must be between 1 and {_LONGEST_DEADLINE}, inclusive"
        found.invalid(f"{path}.activeDeadlineSeconds", deadline, message)
    check_host_names(spec, path, found)
    check_tolerations(spec.get("tolerations", ()), f"{path}.tolerations", found)
    check_host_aliases(spec.get("hostAliases", ()), f"{path}.hostAliases", found)
    _check_subdomain(spec, "priorityClassName", path, found)
    if "runtimeClassName" in spec:
        name = spec["runtimeClassName"]
        found.invalid_each(f"{path}.runtimeClassName", name, dns_subdomain(name))
    check_preemption_policy(spec, f"{path}.preemptionPolicy", found)


def _check_subdomain(spec: Tree, field: str, path: str, found: Findings) -> None:
    if spec.get(field):
        found.invalid_each(f"{path}.{field}", spec[field], dns_subdomain(spec[field]))


def _check_file_volumes(spec: Tree, path: str, found: Findings) -> None:
    """Environment variables from files: the file is in an emptyDir of the pod."""
    volumes = {volume.get("name", ""): volume for volume in spec.get("volumes", ())}
    for container, where in containers_with_paths(spec, path):
        for index, variable in enumerate(container.get("env", ())):
            reference = variable.get("valueFrom", {}).get("fileKeyRef")
            if reference is None:
                continue
            at, name = f"{where}.env[{index}].valueFrom.fileKeyRef.volumeName", reference.get("volumeName", "")
            if name not in volumes:
                found.not_found(at, name, "must be the name of a volume of the pod")
            elif "emptyDir" not in volumes[name]:
                found.invalid(at, name, "must be an emptyDir volume")
