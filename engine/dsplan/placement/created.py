"""The pod that a DaemonSet's template becomes, as the scheduler will see it (C16, A12, D9, P1)."""

from __future__ import annotations

import msgspec

from ..constraints.tolerations import daemon_tolerations
from ..model.daemonset import DaemonSet
from ..model.meta import ObjectMeta, OwnerReference
from ..model.pod import NodeAffinity, Pod, PodTemplate
from ..model.world import World

__all__ = ["created_pod"]


def created_pod(daemonset: DaemonSet, world: World) -> Pod:
    """Return the created pod without its pin."""
    template: PodTemplate = daemonset.pod
    spec = msgspec.structs.replace(template.spec, tolerations=daemon_tolerations(template.spec))
    if spec.affinity is not None and spec.affinity.node_affinity is not None:
        spec = msgspec.structs.replace(
            spec, affinity=msgspec.structs.replace(spec.affinity, node_affinity=NodeAffinity())
        )
    owner = OwnerReference(kind="DaemonSet", name=daemonset.name, uid=daemonset.metadata.uid, controller=True)
    metadata = ObjectMeta(
        namespace=daemonset.metadata.namespace, labels=template.metadata.labels, owner_references=(owner,)
    )
    return Pod(metadata=metadata, spec=spec)
