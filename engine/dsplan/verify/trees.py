"""The planned world as canonical trees, read one by one and kept small: all that the checker knows of a cluster.

The trees are those of `dsplan.manifests.snapshot`, and besides them one of kind `State`, and for each DaemonSet one of
kind `AdmittedPod`: the pod that its template becomes, or why an API server refuses it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec

__all__ = ["Form", "Owner", "Pod", "Tree", "PlannedWorld", "moment", "owner_of", "target_of", "template_digest"]

Tree = dict[str, Any]
Owner = tuple[str, str, str, str]
"""(namespace, kind, name, uid) of a controller."""

T = TypeVar("T")

HASH_LABEL = "controller-revision-hash"
_DIGEST = "dsplan.dev/template-digest"
_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_PLACED = ("nodeName", "affinity")


class Form(msgspec.Struct, frozen=True, eq=False):
    """What pods of one content share: namespace, labels, spec without its node, resized containers, the owner's name.

    `known` keeps what a check has worked out about all of them.
    """

    namespace: str
    labels: dict[str, str]
    spec: Tree
    resized: list[Tree]
    owner: Owner | None
    known: dict[str, Any]


class Pod(msgspec.Struct, frozen=True, eq=False, gc=False):
    """One pod. `node` is where it is bound, `target` where it is bound or pinned (A14)."""

    form: Form
    name: str
    uid: str
    version: str
    node: str
    target: str | None
    created: datetime
    going: bool
    phase: str
    ready: bool
    since: datetime | None
    nominated: str

    @property
    def age_order(self) -> tuple[bool, datetime, str]:
        """The sort key of M19."""
        return not self.node, self.created, self.name


def moment(text: str | None) -> datetime | None:
    """Return an RFC 3339 time, None for none."""
    return datetime.fromisoformat(text) if text else None


def owner_of(tree: Tree) -> Owner | None:
    """Return the controller of an object (M4)."""
    metadata = tree["metadata"]
    for one in metadata.get("ownerReferences") or ():
        if one.get("controller"):
            return metadata.get("namespace", ""), one.get("kind", ""), one.get("name", ""), one.get("uid", "")
    return None


def target_of(spec: Tree) -> str | None:
    """Return the node a pod is bound or pinned to, None where it cannot be told (A14, A15)."""
    if spec.get("nodeName"):
        return str(spec["nodeName"])
    affinity = ((spec.get("affinity") or {}).get("nodeAffinity") or {}).get(
        "requiredDuringSchedulingIgnoredDuringExecution", {}
    )
    for term in affinity.get("nodeSelectorTerms") or ():
        for field in term.get("matchFields") or ():
            if field.get("key") == "metadata.name" and field.get("operator") == "In":
                values: list[str] = field.get("values") or []
                return values[0] if len(values) == 1 else None
    return None


def template_digest(template: Tree) -> tuple[str, int]:
    """Return the digest and the number by which a canonical template tells what it is the same as (H4)."""
    annotations = (template.get("metadata") or {}).get("annotations") or {}
    whole, _, number = annotations.get(_DIGEST, "//0").split("/")
    return whole, int(number)


class PlannedWorld:
    """Everything by the keys under which it is asked for; lists in the order of names."""

    def __init__(self, trees: Iterable[Tree]) -> None:
        self.nodes: list[Tree] = []
        self.daemonsets: list[Tree] = []
        self.state: Tree = {}
        self.admitted: dict[tuple[str, str], Tree] = {}
        self.others: dict[str, list[Tree]] = defaultdict(list)
        self.pods: dict[Owner, list[Pod]] = defaultdict(list)
        self.orphans: dict[str, list[Pod]] = defaultdict(list)
        self.bound: dict[str, list[Pod]] = defaultdict(list)
        self.waiting: list[Pod] = []
        self._forms: dict[bytes, Form] = {}
        self._encode = msgspec.json.Encoder().encode
        for tree in trees:
            self._take(tree)
        for found in (self.nodes, self.daemonsets, *self.others.values()):
            found.sort(key=_by_name)
        for pods in (*self.pods.values(), *self.orphans.values()):
            pods.sort(key=lambda pod: pod.name)

    def _take(self, tree: Tree) -> None:
        kind = tree.get("kind", "")
        if kind == "Pod":
            self._take_pod(tree)
        elif kind == "Node":
            self.nodes.append(tree)
        elif kind == "DaemonSet":
            self.daemonsets.append(tree)
        elif kind == "State":
            self.state = tree
        elif kind == "AdmittedPod":
            self.admitted[tuple(tree["daemonset"])] = tree
        else:
            self.others[kind].append(tree)

    def _take_pod(self, tree: Tree) -> None:
        metadata, spec, status = tree["metadata"], tree.get("spec") or {}, tree.get("status") or {}
        ready: Tree = next((one for one in status.get("conditions") or () if one.get("type") == "Ready"), {})
        pod = Pod(
            form=self.form_of(tree, owner_of(tree)),
            name=metadata.get("name", ""),
            uid=metadata.get("uid", ""),
            version=metadata.get("resourceVersion", ""),
            node=spec.get("nodeName", ""),
            target=target_of(spec),
            created=moment(metadata.get("creationTimestamp")) or _LONG_AGO,
            going="deletionTimestamp" in metadata,
            phase=status.get("phase", ""),
            ready=ready.get("status") == "True",
            since=moment(ready.get("lastTransitionTime")),
            nominated=status.get("nominatedNodeName", ""),
        )
        owner = pod.form.owner
        (self.orphans[pod.form.namespace] if owner is None else self.pods[owner]).append(pod)
        if pod.phase not in ("Succeeded", "Failed"):
            (self.bound[pod.node] if pod.node else self.waiting).append(pod)

    def form_of(self, tree: Tree, owner: Owner | None) -> Form:
        """Return the form of a pod's tree, the same one for pods of the same content."""
        metadata, spec, status = tree["metadata"], tree.get("spec") or {}, tree.get("status") or {}
        kept = {key: value for key, value in spec.items() if key not in _PLACED}
        affinity = {key: value for key, value in (spec.get("affinity") or {}).items() if key != "nodeAffinity"}
        if affinity:
            kept["affinity"] = affinity
        resized = [
            one
            for part in ("containerStatuses", "initContainerStatuses")
            for one in status.get(part) or ()
            if "resources" in one
        ]
        if resized and _is_infeasible(status):
            resized.append({"infeasible": True})
        labels, namespace = metadata.get("labels") or {}, metadata.get("namespace", "")
        key = self._encode((namespace, labels, kept, resized, owner))
        found = self._forms.get(key)
        if found is None:
            found = self._forms[key] = Form(namespace, labels, kept, resized, owner, {})
        return found

    def owned(self, daemonset: Tree, among: dict[Owner, list[T]]) -> list[T]:
        """Return what a DaemonSet controls; one without a uid (a manifest) controls by kind and name (M1)."""
        namespace, name, uid = identity_of(daemonset)
        if uid:
            return among.get((namespace, "DaemonSet", name, uid), [])
        return [one for owner, found in among.items() if owner[:3] == (namespace, "DaemonSet", name) for one in found]


def identity_of(daemonset: Tree) -> tuple[str, str, str]:
    """Return namespace, name and uid."""
    metadata = daemonset["metadata"]
    return metadata.get("namespace", ""), metadata.get("name", ""), metadata.get("uid", "")


def _is_infeasible(status: Tree) -> bool:
    return any(
        one.get("type") == "PodResizePending" and one.get("reason") == "Infeasible"
        for one in status.get("conditions") or ()
    )


def _by_name(tree: Tree) -> tuple[str, str]:
    metadata = tree.get("metadata") or {}
    return metadata.get("namespace", ""), metadata.get("name", "")
