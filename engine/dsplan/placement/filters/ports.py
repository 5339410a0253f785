"""Host ports (K12, K13)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from ...model.pod import PodSpec

__all__ = ["HostPort", "conflict", "host_ports"]

_ANY = "0.0.0.0"  # noqa: S104 - the one wildcard that the scheduler knows


class HostPort(NamedTuple):
    """One port taken on a node; an empty host IP reads as 0.0.0.0, an empty protocol as TCP (K12)."""

    number: int
    protocol: str
    ip: str

    def __str__(self) -> str:
        """Return `8443/TCP`, or `10.0.0.1:8443/TCP` where it is bound to one address."""
        return f"{self.number}/{self.protocol}" if self.ip == _ANY else f"{self.ip}:{self.number}/{self.protocol}"


def host_ports(spec: PodSpec) -> tuple[HostPort, ...]:
    """Return the host ports of containers and sidecars, not of plain init containers, sorted (K12).

    `spec` is that of a pod, where hostNetwork has made every port a host port already (D9).

    >>> from dsplan.model.pod import Container, ContainerPort
    >>> [str(port) for port in host_ports(PodSpec(containers=(Container(ports=(ContainerPort(host_port=80),)),)))]
    ['80/TCP']
    """
    sidecars = [container for container in spec.init_containers if container.restart_policy == "Always"]
    return tuple(
        sorted(
            {
                HostPort(port.host_port, port.protocol or "TCP", port.host_ip or _ANY)
                for container in (*spec.containers, *sidecars)
                for port in container.ports
                if port.host_port > 0
            }
        )
    )


def conflict(wanted: HostPort, used: Iterable[HostPort]) -> HostPort | None:
    """Return the first used port that stands in the way: same protocol and number, same address or either any (K12).

    "::" and "127.0.0.1" are addresses like every other.

    >>> conflict(HostPort(80, "TCP", "0.0.0.0"), [HostPort(80, "UDP", "0.0.0.0"), HostPort(80, "TCP", "10.0.0.1")])
    HostPort(number=80, protocol='TCP', ip='10.0.0.1')
    """
    for port in used:
        if port[:2] == wanted[:2] and (port.ip == wanted.ip or _ANY in (port.ip, wanted.ip)):
            return port
    return None
