"""What a pod's namespace decides: whether anything is created there, on which nodes, for which service accounts.

Source: plugin/pkg/admission/namespace/lifecycle, podnodeselector and serviceaccount, as of v1.36; OpenShift's project
node selector.
"""

from __future__ import annotations

from typing import Any

from ...model.namespaces import NODE_SELECTOR_ANNOTATIONS, Namespace
from .outcome import AdmissionContext, Refusal, forbidden
from .trees import mapping

__all__ = ["apply_node_selector", "check_service_account", "namespace_ends", "namespace_selector"]

_DEFAULT_ACCOUNT = "default"


def namespace_ends(namespace: str, context: AdmissionContext) -> Refusal | None:
    """Refuse whatever is to be created in a namespace that is terminating (C15)."""
    found = _namespace(namespace, context)
    if found is None or found.status.phase != "Terminating":
        return None
    text = f"unable to create new content in namespace {namespace} because it is being terminated"
    return forbidden([("metadata.namespace", text)])


def namespace_selector(namespace: Namespace) -> dict[str, str]:
    """Return the node selector that a namespace gives all its pods.

    >>> from dsplan.model.meta import AnnotatedMeta
    >>> annotations = {"openshift.io/node-selector": "realm=test, disk=ssd"}
    >>> namespace_selector(Namespace(metadata=AnnotatedMeta(annotations=annotations)))
    {'realm': 'test', 'disk': 'ssd'}
    """
    annotations = namespace.metadata.annotations
    text = next((annotations[key] for key in NODE_SELECTOR_ANNOTATIONS if key in annotations), "")
    parts = (part.partition("=") for part in text.split(",") if part.strip())
    return {key.strip(): value.strip().removeprefix("=") for key, _, value in parts}


def apply_node_selector(spec: dict[str, Any], namespace: str, context: AdmissionContext) -> Refusal | None:
    """Add the node selector of the namespace; refuse a pod that contradicts it."""
    found = _namespace(namespace, context)
    added = namespace_selector(found) if found is not None else {}
    if not added:
        return None
    selector = mapping(spec.get("nodeSelector"))
    if any(selector.get(key, value) != value for key, value in added.items()):
        text = "pod node label selector conflicts with its namespace node label selector"
        return forbidden([("spec.nodeSelector", text)])
    spec["nodeSelector"] = dict(sorted({**selector, **added}.items()))
    return None


def check_service_account(spec: dict[str, Any], namespace: str, context: AdmissionContext) -> Refusal | None:
    """Refuse a pod whose service account is not there; asked only where all accounts of the namespace are known.

    They are known where `default` is among them: every namespace has that one.
    """
    name = spec.get("serviceAccountName")
    known = {entry.metadata.name for entry in context.service_accounts if entry.metadata.namespace == namespace}
    if not name or _DEFAULT_ACCOUNT not in known or name in known:
        return None
    text = f'error looking up service account {namespace}/{name}: serviceaccount "{name}" not found'
    return forbidden([("spec.serviceAccountName", text)])


def _namespace(name: str, context: AdmissionContext) -> Namespace | None:
    return next((entry for entry in context.namespaces if entry.metadata.name == name), None)
