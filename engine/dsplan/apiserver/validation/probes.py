"""Probes and lifecycle hooks of a container (V).

Source: core validation (CV:validateProbe, validateHandler, validateLifecycle).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .findings import Findings
from .formats import header_name, port_name, port_number

__all__ = ["check_lifecycle", "check_probes"]

Tree = Mapping[str, Any]

_SCHEMES = ("HTTP", "HTTPS")
_TIMES = ("initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold")


def check_probes(container: Tree, path: str, found: Findings) -> None:
    """The three probes, as far as they are there; only readiness may need more than one success."""
    for name in ("livenessProbe", "readinessProbe", "startupProbe"):
        if name not in container:
            continue
        probe, where = container[name], f"{path}.{name}"
        _check_probe(probe, where, found)
        if name == "readinessProbe":
            if "terminationGracePeriodSeconds" in probe:
                grace = probe["terminationGracePeriodSeconds"]
                found.invalid(f"{where}.terminationGracePeriodSeconds", grace, "must not be set for readinessProbes")
        elif (probe.get("successThreshold") or 1) != 1:
            found.invalid(f"{where}.successThreshold", probe["successThreshold"], "must be 1")


def _check_probe(probe: Tree, path: str, found: Findings) -> None:
    _check_handler(probe, ("exec", "httpGet", "tcpSocket", "grpc"), None, path, found)
    for name in _TIMES:
        if probe.get(name, 0) < 0:
            found.invalid(f"{path}.{name}", probe[name], "must be greater than or equal to 0")
    grace = probe.get("terminationGracePeriodSeconds")
    if grace is not None and grace <= 0:
        found.invalid(f"{path}.terminationGracePeriodSeconds", grace, "must be greater than 0")


def check_lifecycle(lifecycle: Tree, grace_period: int, path: str, found: Findings) -> None:
    """Both hooks; `grace_period` (seconds) bounds the sleep action."""
    for name in ("postStart", "preStop"):
        if name in lifecycle:
            handlers = ("exec", "httpGet", "tcpSocket", "sleep")
            _check_handler(lifecycle[name], handlers, grace_period, f"{path}.{name}", found)


def _check_handler(
    handler: Tree, accepted: tuple[str, ...], grace_period: int | None, path: str, found: Findings
) -> None:
    """Exactly one handler; of several only the first is looked into."""
    first = True
    for name in accepted:
        if name not in handler:
            continue
        if not first:
            found.forbidden(f"{path}.{name}", "may not specify more than one handler type")
        elif name == "sleep":
            _check_sleep(handler[name].get("seconds", 0), grace_period or 0, f"{path}.sleep", found)
        else:
            _CHECKS[name](handler[name], f"{path}.{name}", found)
        first = False
    if first:
        found.required(path, f"must specify a handler type: {', '.join(accepted)}")


def _check_exec(action: Tree, path: str, found: Findings) -> None:
    if not action.get("command"):
        found.required(f"{path}.command")


def _check_http(action: Tree, path: str, found: Findings) -> None:
    _check_port(action.get("port", 0), f"{path}.port", found)
    scheme = action.get("scheme") or "HTTP"
    if scheme not in _SCHEMES:
        found.not_supported(f"{path}.scheme", scheme, _SCHEMES)
    for header in action.get("httpHeaders", ()):
        name = header.get("name", "")
        found.invalid_each(f"{path}.httpHeaders", name, header_name(name))


def _check_tcp_or_grpc(action: Tree, path: str, found: Findings) -> None:
    _check_port(action.get("port", 0), f"{path}.port", found)


def _check_port(port: int | str, path: str, found: Findings) -> None:
    found.invalid_each(path, port, port_name(port) if isinstance(port, str) else port_number(port))


def _check_sleep(seconds: int, grace_period: int, path: str, found: Findings) -> None:
    if not 0 <= seconds <= grace_period:
        bound = f"terminationGracePeriodSeconds ({grace_period})"
        found.invalid(path, seconds, f"must be non-negative and not greater than {bound}")


_CHECKS: dict[str, Callable[[Tree, str, Findings], None]] = {
    "exec": _check_exec,
    "httpGet": _check_http,
    "tcpSocket": _check_tcp_or_grpc,
    "grpc": _check_tcp_or_grpc,
}
