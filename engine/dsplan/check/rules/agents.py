"""What kind of daemon it is: whether it belongs to the node itself."""

from __future__ import annotations

from ...model.meta import RawTree
from ..scene import Subject

__all__ = ["is_critical_agent", "is_network_plugin", "is_node_agent", "is_privileged"]

_NETWORK_FOLDERS = frozenset({"/etc/cni/net.d", "/opt/cni/bin", "/etc/cni", "/opt/cni"})
_REGISTRATION = frozenset({"/var/lib/kubelet/plugins_registry", "/var/lib/kubelet/device-plugins"})
_CRITICAL = ("system-node-critical", "system-cluster-critical")


def is_network_plugin(subject: Subject) -> bool:
    """Return whether its pods install a network plug-in: host network, and the host's folders of CNI."""
    folders = {folder for _, folder in subject.host_folders()}
    return subject.spec.host_network and len(folders & _NETWORK_FOLDERS) >= 2


def is_critical_agent(subject: Subject) -> bool:
    """Return whether workloads of a node cannot do without it: network, volumes, devices, service proxies."""
    folders = {folder for _, folder in subject.host_folders()}
    proxies = any("kube-proxy" in container.image for container in subject.spec.containers)
    return is_network_plugin(subject) or bool(folders & _REGISTRATION) or proxies


def is_node_agent(subject: Subject) -> bool:
    """Return whether it has to do with the node itself, so that it is meant to be on every one."""
    tree = subject.tree
    critical = subject.spec.priority_class_name in _CRITICAL
    shares = any(tree.get(key) for key in ("hostNetwork", "hostPID", "hostIPC"))
    privileged = any(is_privileged(container) for _, container in subject.containers())
    return critical or shares or privileged or any(subject.host_folders())


def is_privileged(container: RawTree) -> bool:
    """Return whether a container runs privileged.

    >>> is_privileged({"securityContext": {"privileged": True}})
    True
    """
    context = container.get("securityContext")
    return isinstance(context, dict) and context.get("privileged") is True
