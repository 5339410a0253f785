"""Creations, updates, patches and deletions, with the preconditions and refusals of a kube-apiserver."""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from ...model.meta import RawTree
from .checks import check_creation, check_update
from .gojson import as_go_writes, handed_on, raw_data
from .kinds import Kind
from .patching import patched
from .store import Item, Store
from .wire import (
    Answer,
    Refusal,
    Request,
    already_exists,
    bad_request,
    conflict,
    invalid,
    json_answer,
    not_found,
    not_supported,
    status,
)

__all__ = ["Writer", "moment"]

_SUFFIX = "bcdfghjklmnpqrstvwxz2456789"
_MICRO_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}(Z|[+-]\d\d:\d\d)")
_NO_MERGE = "the body of the request was in an unknown format - accepted media types include: "
_CUSTOM_PATCHES = "application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml"
_DEFAULT_GRACE = 30


def moment(now: datetime) -> str:
    """Return a time as objects carry it.

    >>> moment(datetime(2026, 1, 1, 12, tzinfo=UTC))
    '2026-01-01T12:00:00Z'
    """
    return now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Writer:
    """Writes to a store on behalf of clients; `now` is the server's clock. Every method raises Refusal."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now
        self._births = 0

    # Creation

    def create(self, kind: Kind, namespace: str, request: Request) -> Answer:
        """Answer a POST."""
        tree = self._decoded(kind, request)
        metadata: dict[str, Any] = dict(tree.get("metadata") or {})
        _match_namespace(kind, metadata, namespace)
        if metadata.get("resourceVersion"):
            body = status(500, "", "resourceVersion should not be set on objects to be created")
            raise Refusal(json_answer(body, 500))
        if not metadata.get("name") and metadata.get("generateName"):
            metadata["name"] = metadata["generateName"][:58] + self._suffix()
        tree = {**tree, "metadata": metadata}
        check_creation(kind, tree)
        if self._store.get(kind, namespace, metadata["name"]) is not None:
            raise already_exists(kind, metadata["name"])
        item = self.add(kind, tree, raw_data(request.body) if kind.kind == "ControllerRevision" else b"")
        return json_answer(item.encoded, 201)

    def add(self, kind: Kind, tree: RawTree, data: bytes = b"") -> Item:
        """Store a new object with what a server adds to it: uid, times, generation, defaults of what dsplan reads."""
        metadata: dict[str, Any] = {"creationTimestamp": moment(self._now()), **tree["metadata"]}
        metadata.setdefault("uid", self._uid())
        if kind.kind in ("Pod", "DaemonSet") or kind.custom:
            metadata.setdefault("generation", 1)
        stored = {"kind": kind.kind, "apiVersion": kind.api_version, **tree, "metadata": metadata}
        if kind.kind == "Pod":
            stored["spec"] = {"terminationGracePeriodSeconds": _DEFAULT_GRACE, **stored["spec"]}
            stored["status"] = {"phase": "Pending", **(stored.get("status") or {})}
        if kind.kind == "DaemonSet":
            stored["status"] = _no_status() | (stored.get("status") or {})
        if kind.kind == "ControllerRevision":
            data = data or as_go_writes(stored["data"])
            stored.setdefault("revision", 0)
        return self._store.put(kind, stored, data)

    # Updates

    def update(self, kind: Kind, namespace: str, name: str, request: Request, subresource: str = "") -> Answer:
        """Answer a PUT."""
        tree = self._decoded(kind, request)
        metadata = dict(tree.get("metadata") or {})
        _match_namespace(kind, metadata, namespace)
        if metadata.get("name") != name:
            given = metadata.get("name", "")
            raise bad_request(f"the name of the object ({given}) does not match the name on the URL ({name})")
        before = self._existing(kind, namespace, name)
        version, uid = metadata.get("resourceVersion"), metadata.get("uid")
        if kind.custom and not version:
            cause = "metadata.resourceVersion", "FieldValueInvalid", "Invalid value: 0: must be specified for an update"
            raise invalid(kind, name, cause)
        known = before.tree["metadata"]
        if uid and uid != known["uid"]:
            key = f"/registry/{kind.plural}/{namespace}/{name}"
            why = (
                f"StorageError: invalid object, Code: 4, Key: {key}, ResourceVersion: 0, AdditionalErrorMsg: "
                f"Precondition failed: UID in precondition: {uid}, UID in object meta: {known['uid']}"
            )
            raise conflict(kind, name, why)
        if version and version != known["resourceVersion"]:
            raise conflict(kind, name)
        data = raw_data(request.body) if kind.kind == "ControllerRevision" else b""
        return self._stored(kind, before, {**tree, "metadata": metadata}, data, subresource)

    def patch(self, kind: Kind, namespace: str, name: str, request: Request, subresource: str = "") -> Answer:
        """Answer a PATCH."""
        media_type = request.headers.get("content-type", "").partition(";")[0]
        if media_type == "application/apply-patch+yaml":
            raise not_supported("server-side apply")
        if kind.custom and media_type == "application/strategic-merge-patch+json":
            raise Refusal(json_answer(status(415, "UnsupportedMediaType", _NO_MERGE + _CUSTOM_PATCHES), 415))
        before = self._existing(kind, namespace, name)
        after = patched(before.tree, request.body, media_type)
        known, wanted = before.tree["metadata"], after.get("metadata") or {}
        if wanted.get("resourceVersion") != known["resourceVersion"]:
            raise conflict(kind, name)
        if wanted.get("uid") != known["uid"]:
            cause = "metadata.uid", "FieldValueInvalid", f'Invalid value: "{wanted.get("uid", "")}": field is immutable'
            raise invalid(kind, name, cause)
        data = b""
        if kind.kind == "ControllerRevision":
            strategic = "strategic" in media_type or after["data"] != before.tree["data"]
            data = as_go_writes(after["data"]) if strategic else handed_on(before.data)
        return self._stored(kind, before, after, data, subresource)

    def _stored(self, kind: Kind, before: Item, tree: RawTree, data: bytes, subresource: str) -> Answer:
        after = _kept(kind, before.tree, tree, subresource)
        check_update(kind, before.tree, after, before.data, data)
        if after == before.tree and data == before.data:
            return json_answer(before.encoded)
        metadata = after["metadata"]
        if (
            metadata.get("deletionTimestamp")
            and not metadata.get("finalizers")
            and metadata.get("deletionGracePeriodSeconds") == 0
        ):
            self._store.remove(kind, metadata.get("namespace", ""), metadata["name"])
            body = {**after, "metadata": {**metadata, "resourceVersion": before.tree["metadata"]["resourceVersion"]}}
            return json_answer(body)
        if after.get("spec") != before.tree.get("spec") and "generation" in before.tree["metadata"]:
            metadata["generation"] = before.tree["metadata"]["generation"] + 1
        return json_answer(self._store.put(kind, after, data).encoded)

    # Deletion

    def delete(self, kind: Kind, namespace: str, name: str, request: Request) -> Answer:
        """Answer a DELETE."""
        options: RawTree = msgspec.json.decode(request.body) if request.body.strip() else {}
        policy = options.get("propagationPolicy") or request.query.get("propagationPolicy", "")
        if policy not in ("", "Background"):
            raise not_supported(f"propagationPolicy {policy}")
        before = self._existing(kind, namespace, name)
        _check_preconditions(kind, before, options.get("preconditions") or {})
        if kind.kind == "Pod":
            text = request.query.get("gracePeriodSeconds")
            grace = options.get("gracePeriodSeconds", None if text is None else int(text))
            return json_answer(self.terminate(kind, before, grace).encoded)
        self._store.remove(kind, namespace, name)
        details = {"name": name, "kind": kind.plural, "uid": before.tree["metadata"]["uid"]}
        details |= {"group": kind.group} if kind.group else {}
        return json_answer(status(0, "", "", details, success=True))

    def terminate(self, kind: Kind, before: Item, grace: int | None, conditions: list[RawTree] | None = None) -> Item:
        """Delete a pod as far as its grace allows; return its last state."""
        tree = before.tree
        metadata = dict(tree["metadata"])
        known: int = metadata.get("deletionGracePeriodSeconds", 0)
        wanted = _grace(tree, grace)
        if metadata.get("deletionTimestamp"):
            if grace is None or wanted >= known:
                return before
            began = datetime.fromisoformat(metadata["deletionTimestamp"]) - timedelta(seconds=known)
        else:
            began = self._now()
            metadata["generation"] = metadata.get("generation", 1) + 1
        metadata["deletionTimestamp"] = moment(began + timedelta(seconds=wanted))
        metadata["deletionGracePeriodSeconds"] = wanted
        after = {**tree, "metadata": metadata}
        if conditions:
            after["status"] = {**tree["status"], "conditions": [*tree["status"].get("conditions", ()), *conditions]}
        stored = self._store.put(kind, after)
        if wanted or metadata.get("finalizers"):
            return stored
        return self._store.remove(kind, metadata["namespace"], metadata["name"])

    # Parts

    def _existing(self, kind: Kind, namespace: str, name: str) -> Item:
        item = self._store.get(kind, namespace, name)
        if item is None:
            raise not_found(kind, name)
        return item

    def _decoded(self, kind: Kind, request: Request) -> RawTree:
        media_type = request.headers.get("content-type", "application/json").partition(";")[0]
        if media_type != "application/json":
            known = "application/json, application/yaml, application/vnd.kubernetes.protobuf"
            raise Refusal(json_answer(status(415, "UnsupportedMediaType", _NO_MERGE + known), 415))
        try:
            tree = msgspec.json.decode(request.body, type=dict[str, Any])
        except msgspec.DecodeError:
            text = request.body.decode(errors="replace")
            why = (
                f"json parse error: invalid character '{text[1:2]}' looking for beginning of object key string ({text})"
            )
            message = (
                f"the object provided is unrecognized (must be of type {kind.kind}): couldn't get version/kind; {why}"
            )
            raise bad_request(message) from None
        _check_kind(kind, tree)
        return tree

    def _suffix(self) -> str:
        self._births += 1
        digest = hashlib.sha256(str(self._births).encode()).digest()
        return "".join(_SUFFIX[byte % len(_SUFFIX)] for byte in digest[:5])

    def _uid(self) -> str:
        self._births += 1
        return str(uuid.UUID(bytes=hashlib.sha256(f"uid {self._births}".encode()).digest()[:16], version=4))


def _check_kind(kind: Kind, tree: RawTree) -> None:
    given, version = tree.get("kind", kind.kind), tree.get("apiVersion", kind.api_version)
    if given != kind.kind:
        why = f"converting (v1.{given}) to (core.{kind.kind}): unknown conversion"
        raise bad_request(f'{given} in version "{version}" cannot be handled as a {kind.kind}: {why}')
    if version != kind.api_version:
        scheme = "k8s.io/kubernetes/pkg/api/legacyscheme/scheme.go:30"
        why = f'no kind "{given}" is registered for version "{version}" in scheme "{scheme}"'
        raise bad_request(f'{given} in version "{version}" cannot be handled as a {kind.kind}: {why}')
    renewed = (tree.get("spec") or {}).get("renewTime") if kind.kind == "Lease" else None
    if renewed and not _MICRO_TIME.fullmatch(renewed):
        why = f'parsing time "{renewed}" as "2006-01-02T15:04:05.000000Z07:00": cannot parse "Z" as ".000000"'
        raise bad_request(f'Lease in version "v1" cannot be handled as a Lease: {why}')


def _match_namespace(kind: Kind, metadata: dict[str, Any], namespace: str) -> None:
    if metadata.get("namespace") not in (None, "", namespace):
        raise bad_request("the namespace of the provided object does not match the namespace sent on the request")
    if kind.namespaced:
        metadata["namespace"] = namespace


def _check_preconditions(kind: Kind, item: Item, wanted: RawTree) -> None:
    known = item.tree["metadata"]
    named = (
        ("uid", "UID", "The object might have been deleted and then recreated"),
        ("resourceVersion", "ResourceVersion", "The object might have been modified"),
    )
    for field, title, hint in named:
        if wanted.get(field) not in (None, "", known[field]):
            given = f"the {title} in the precondition ({wanted[field]})"
            why = f"{given} does not match the {title} in record ({known[field]}). {hint}"
            raise conflict(kind, known["name"], why, by_kind=True)


def _grace(pod: RawTree, given: int | None) -> int:
    spec, phase = pod["spec"], (pod.get("status") or {}).get("phase")
    if not pod["metadata"].get("deletionTimestamp") and (not spec.get("nodeName") or phase in ("Failed", "Succeeded")):
        return 0
    wanted: int = spec.get("terminationGracePeriodSeconds", _DEFAULT_GRACE) if given is None else given
    return 1 if wanted < 0 else wanted


def _kept(kind: Kind, before: RawTree, after: RawTree, subresource: str) -> RawTree:
    """Return what is stored of an update: of the status what came through `status`, of all else what did not."""
    metadata = {**after.get("metadata", {})}
    for field in (
        "uid",
        "creationTimestamp",
        "generation",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
        "resourceVersion",
    ):
        if field in before["metadata"]:
            metadata[field] = before["metadata"][field]
    if subresource == "status":
        kept = {**before, "metadata": {**before["metadata"], "labels": metadata.get("labels", {})}}
        kept["metadata"] = {key: value for key, value in kept["metadata"].items() if key != "labels" or value}
        return {**kept, "status": after.get("status", {})}
    whole = {"kind": kind.kind, "apiVersion": kind.api_version, **after, "metadata": metadata}
    if "status" in kind.subresources:
        whole.pop("status", None)
        whole |= {"status": before["status"]} if "status" in before else {}
    return whole


def _no_status() -> RawTree:
    counts = ("currentNumberScheduled", "numberMisscheduled", "desiredNumberScheduled", "numberReady")
    return dict.fromkeys(counts, 0)
