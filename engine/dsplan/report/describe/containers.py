"""Containers: image, ports, command, resources, probes, environment, mounts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ...model.meta import RawTree

__all__ = ["containers"]

_PROBES = (("Liveness", "livenessProbe"), ("Readiness", "readinessProbe"), ("Startup", "startupProbe"))


def containers(title: str, found: Sequence[RawTree]) -> Iterator[str]:
    """Yield a list of containers as they stand in a pod template."""
    yield f"  {title}:" if found else f"  {title}: <none>"
    for container in found:
        yield f"   {container.get('name', '')}:"
        yield from (f"    {line}" for line in _container(container))


def _container(container: RawTree) -> Iterator[str]:
    yield f"Image:\t{container.get('image', '')}"
    yield from _ports(container)
    yield from _seccomp(container)
    for title, field in (("Command", "command"), ("Args", "args")):
        yield from _words(title, container.get(field) or [])
    resources = container.get("resources") or {}
    for title, field in (("Limits", "limits"), ("Requests", "requests")):
        yield from _quantities(title, resources.get(field) or {})
    for title, field in _PROBES:
        if container.get(field):
            yield f"{title}:\t{_probe(container[field])}"
    yield from _environment_from(container.get("envFrom") or [])
    yield from _environment(container)
    yield from _mounts(container)


def _ports(container: RawTree) -> Iterator[str]:
    ports = container.get("ports") or []
    for title, field in (("Port", "containerPort"), ("Host Port", "hostPort")):
        shown = ", ".join(f"{port.get(field) or 0}/{port.get('protocol') or 'TCP'}" for port in ports)
        yield f"{title}{'s' if len(ports) > 1 else ''}:\t{shown or '<none>'}"


def _seccomp(container: RawTree) -> Iterator[str]:
    profile = (container.get("securityContext") or {}).get("seccompProfile")
    if profile:
        yield f"SeccompProfile:\t{profile.get('type', '')}"
        if profile.get("type") == "Localhost":
            yield f"  LocalhostProfile:\t{profile.get('localhostProfile', '')}"


def _words(title: str, words: Sequence[str]) -> Iterator[str]:
    if words:
        yield f"{title}:"
        yield from (f"  {line}" for word in words for line in str(word).split("\n"))


def _quantities(title: str, quantities: RawTree) -> Iterator[str]:
    if quantities:
        yield f"{title}:"
        yield from (f"  {name}:\t{text}" for name, text in sorted(quantities.items()))


def _probe(probe: RawTree) -> str:
    numbers = (
        f"delay={probe.get('initialDelaySeconds') or 0}s timeout={probe.get('timeoutSeconds') or 0}s "
        f"period={probe.get('periodSeconds') or 0}s #success={probe.get('successThreshold') or 0} "
        f"#failure={probe.get('failureThreshold') or 0}"
    )
    if "exec" in probe:
        return f"exec [{' '.join((probe['exec'] or {}).get('command') or [])}] {numbers}"
    if "httpGet" in probe:
        get = probe["httpGet"] or {}
        host = f"{get.get('host') or ''}:{get.get('port', '')}"
        return f"http-get {str(get.get('scheme') or 'HTTP').lower()}://{host}{get.get('path') or ''} {numbers}"
    if "tcpSocket" in probe:
        socket = probe["tcpSocket"] or {}
        return f"tcp-socket {socket.get('host') or ''}:{socket.get('port', '')} {numbers}"
    if "grpc" in probe:
        grpc = probe["grpc"] or {}
        return f"grpc <pod>:{grpc.get('port', 0)} {grpc.get('service') or ''} {numbers}"
    return f"unknown {numbers}"


def _environment_from(sources: Sequence[RawTree]) -> Iterator[str]:
    if sources:
        yield "Environment Variables from:"
    for source in sources:
        kind, field = ("ConfigMap", "configMapRef") if source.get("configMapRef") else ("Secret", "secretRef")
        reference = source.get(field) or {}
        prefix = f" with prefix '{source['prefix']}'" if source.get("prefix") else ""
        yield f"  {reference.get('name', '')}\t{kind}{prefix}\tOptional: {_boolean(reference.get('optional'))}"


def _environment(container: RawTree) -> Iterator[str]:
    variables = container.get("env") or []
    yield "Environment:" if variables else "Environment:\t<none>"
    for variable in variables:
        name, origin = variable.get("name", ""), variable.get("valueFrom")
        if origin is None:
            first, *others = str(variable.get("value") or "").split("\n")
            yield f"  {name}:\t{first}"
            yield from (f"  \t{line}" for line in others)
        else:
            yield f"  {name}:\t{_value_from(origin, container)}"


def _value_from(origin: RawTree, container: RawTree) -> str:
    if "fieldRef" in origin:
        reference = origin["fieldRef"]
        return f" ({reference.get('apiVersion') or 'v1'}:{reference.get('fieldPath', '')})"
    if "resourceFieldRef" in origin:
        return _resource_value(origin["resourceFieldRef"], container)
    kind, words = ("secretKeyRef", "in secret") if "secretKeyRef" in origin else ("configMapKeyRef", "of config map")
    reference = origin.get(kind) or {}
    key, name = reference.get("key", ""), reference.get("name", "")
    return f"<set to the key '{key}' {words} '{name}'>\tOptional: {_boolean(reference.get('optional'))}"


def _resource_value(reference: RawTree, container: RawTree) -> str:
    """Return what the container gets; an unlimited one gets what the node has."""
    from ...model.quantity import parse_quantity

    resource = str(reference.get("resource", ""))
    kind, _, name = resource.partition(".")
    written = ((container.get("resources") or {}).get(kind) or {}).get(name)
    divisor = parse_quantity(reference.get("divisor") or "0") or 1
    amount = 0 if written is None else -(-parse_quantity(written) // divisor)
    unlimited = not amount and resource in ("limits.cpu", "limits.memory")
    return f"{'node allocatable' if unlimited else int(amount)} ({resource})"


def _mounts(container: RawTree) -> Iterator[str]:
    mounts = container.get("volumeMounts") or []
    yield "Mounts:" if mounts else "Mounts:\t<none>"
    for mount in sorted(mounts, key=lambda entry: entry.get("mountPath") or ""):
        flags = "ro" if mount.get("readOnly") else "rw"
        flags += f',path="{mount["subPath"]}"' if mount.get("subPath") else ""
        yield f"  {mount.get('mountPath', '')} from {mount.get('name', '')} ({flags})"
    devices = container.get("volumeDevices") or []
    if devices:
        yield "Devices:"
        yield from (f"  {device.get('devicePath', '')} from {device.get('name', '')}" for device in devices)


def _boolean(value: Any) -> str:
    return "true" if value else "false"
