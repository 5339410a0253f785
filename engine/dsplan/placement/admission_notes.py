"""What to tell of admission beside the pods that it refuses: what it adds to them, and what the input does not say."""

from __future__ import annotations

from collections.abc import Iterator

from pyroaring import BitMap

from ..model.daemonset import DaemonSet
from ..model.meta import controller_of
from ..model.namespaces import NODE_SELECTOR_ANNOTATIONS
from ..model.world import Note, World
from .filters.failures import Plugin
from .scheduler.prediction import DaemonSetPrediction, Prediction

__all__ = ["admission_notes"]

_SHOWN = 3


def admission_notes(prediction: Prediction, world: World) -> Iterator[Note]:
    """Yield where node selectors come from that keep pods Pending, and of which namespaces a cluster tells nothing."""
    daemonsets = {daemonset.identity: daemonset for daemonset in world.daemonsets}
    silent: set[str] = set()
    known = {entry.metadata.name for entry in world.namespaces}
    known.update(entry.metadata.namespace for entry in world.service_accounts)
    for entry in prediction.daemonsets:
        daemonset = daemonsets.get(entry.identity)
        if daemonset is None:
            continue
        if _comes(entry) and entry.identity.namespace not in known:
            silent.add(entry.identity.namespace)
        if mismatched := _mismatched(entry):
            yield from _selector_notes(daemonset, mismatched, world)
    is_dump = any(node.metadata.uid for node in world.nodes)
    if silent and is_dump and not world.resource_quotas:
        yield Note("Admission", "no quotas or limit ranges in the input; see docs/input.md")


def _comes(entry: DaemonSetPrediction) -> bool:
    """Return whether a pod is still to be created."""
    return bool(entry.placed or entry.fates)


def _mismatched(entry: DaemonSetPrediction) -> BitMap:
    """Return the nodes whose labels keep a wanted pod from being scheduled."""
    return BitMap.union(
        BitMap(),
        *(
            fate.nodes
            for fate in entry.fates
            if any(failure.plugin is Plugin.NODE_AFFINITY for failure in fate.outcome.failures)
        ),
    )


def _selector_notes(daemonset: DaemonSet, nodes: BitMap, world: World) -> Iterator[Note]:
    from ..apiserver.admission.namespace_checks import namespace_selector  # slow to import, rarely needed

    identity = daemonset.identity
    namespace = next((entry for entry in world.namespaces if entry.metadata.name == identity.namespace), None)
    added = namespace_selector(namespace) if namespace is not None else {}
    if namespace is not None and added:
        key = next(key for key in NODE_SELECTOR_ANNOTATIONS if key in namespace.metadata.annotations)
        text = (
            f"the annotation {key} of namespace {identity.namespace} adds the node selector {_text(added)} to every "
            f"pod, which {_count(nodes)} lack; to lift it, annotate the namespace with {key}= (empty); or put the "
            "selector into the template"
        )
        yield Note(str(identity), text)
    elif added := _added_selector(daemonset, world):
        text = (
            f"admission has added the node selector {_text(added)} to pods, which {_count(nodes)} lack and the "
            "template does not ask for; look for a node selector in the annotations of the namespace"
        )
        yield Note(str(identity), text)


def _added_selector(daemonset: DaemonSet, world: World) -> dict[str, str]:
    """Return the node selector that pods of the DaemonSet have and its template has not."""

    wanted, identity = daemonset.pod.spec.node_selector, daemonset.identity
    for pod in world.pods:
        if pod.metadata.namespace != identity.namespace or pod.spec.node_selector.items() <= wanted.items():
            continue
        owner = controller_of(pod.metadata)
        if owner is not None and (owner.kind, owner.name) == (identity.kind, identity.name):
            return {key: text for key, text in pod.spec.node_selector.items() if wanted.get(key) != text}
    return {}


def _count(nodes: BitMap) -> str:
    return f"{len(nodes):,} node{'s' * (len(nodes) != 1)}"


def _text(selector: dict[str, str]) -> str:
    return ",".join(f"{key}={text}" for key, text in sorted(selector.items()))
