"""What every Kubernetes object carries, and what identifies it."""

# Annotations are not postponed here: msgspec would compile the text of each of them when the first object is read.

from datetime import datetime
from typing import Any

import msgspec

__all__ = ["Condition", "Identity", "ObjectMeta", "OwnerReference", "Wire", "controller_of"]

_IRREGULAR = {"host_ip": "hostIP", "host_ipc": "hostIPC", "host_pid": "hostPID"}


def wire_name(field: str) -> str:
    """Return the JSON name of a field: camelCase, but `hostIP`, `hostIPC` and `hostPID` as Kubernetes spells them.

    >>> wire_name("host_network"), wire_name("host_ip")
    ('hostNetwork', 'hostIP')
    """
    if field in _IRREGULAR:
        return _IRREGULAR[field]
    head, *tail = field.split("_")
    return head + "".join(part.capitalize() for part in tail)


class Wire(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True, rename=wire_name):
    """Base of the typed views: the wire format of the fields that planning reads, all else is skipped."""


class OwnerReference(Wire, frozen=True, kw_only=True, gc=False):
    """metadata.ownerReferences[]; only one with `controller` true owns (M4)."""

    api_version: str = ""
    kind: str = ""
    name: str = ""
    uid: str = ""
    controller: bool | None = None


class ObjectMeta(Wire, frozen=True, kw_only=True, gc=False):
    """metadata of an object; times are aware datetimes."""

    name: str = ""
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""
    generation: int = 0
    labels: dict[str, str] = {}
    creation_timestamp: datetime | None = None
    deletion_timestamp: datetime | None = None
    owner_references: tuple[OwnerReference, ...] = ()


class AnnotatedMeta(ObjectMeta, frozen=True, kw_only=True, gc=False):
    """metadata of the few objects whose annotations decide something (H1, H11)."""

    annotations: dict[str, str] = {}


class Condition(Wire, frozen=True, kw_only=True, gc=False):
    """status.conditions[] of a node or pod."""

    type: str = ""
    status: str = ""
    last_transition_time: datetime | None = None
    last_heartbeat_time: datetime | None = None
    reason: str = ""
    message: str = ""


class Identity(msgspec.Struct, frozen=True, order=True, gc=False):
    """Which object: (kind, namespace, name). The uid is its incarnation and no part of it.

    >>> str(Identity("DaemonSet", "kube-system", "kube-proxy")), str(Identity("Node", "", "n1"))
    ('kube-system/kube-proxy', 'n1')
    """

    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        """Return `namespace/name`, or the bare name of a cluster-wide object."""
        return f"{self.namespace}/{self.name}" if self.namespace else self.name


def controller_of(meta: ObjectMeta) -> OwnerReference | None:
    """Return the controlling owner reference, if there is one (M4).

    >>> controller_of(ObjectMeta(owner_references=(OwnerReference(uid="u"),))) is None
    True
    """
    for reference in meta.owner_references:
        if reference.controller:
            return reference
    return None


RawTree = dict[str, Any]
"""A JSON object exactly as it was read; never written to."""
