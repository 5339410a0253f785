"""From a Pod as the controller sends it to the Pod as it is stored, or to its refusal (D9, D10, D12, P1, X9, X13)."""

from __future__ import annotations

from typing import Any

from ..defaulting import default_pod
from .namespace_checks import apply_node_selector, check_service_account, namespace_ends
from .outcome import AdmissionContext, Admitted, Refusal
from .pod_checks import pod_problems
from .preparation import prepare, qos_class
from .priority import fill_priority
from .tolerations import add_default_tolerations
from .trees import mapping

__all__ = ["admit_pod", "admit_template"]

_NO_CLASSES = AdmissionContext()


def admit_pod(pod: dict[str, Any], context: AdmissionContext = _NO_CLASSES) -> Admitted | Refusal:
    """Return the Pod that an API server v1.36 stores when it is sent `pod`, or why it stores none.

    Order of a server: defaults, plugins that change (NamespaceLifecycle, LimitRanger, ServiceAccount, PodNodeSelector,
    Priority, DefaultTolerationSeconds, RuntimeClass), validation of what only Pods have, plugins that check. Default
    feature gates; webhooks and the volume with the account's token are not modelled. Quotas depend on the pods that are
    there: see `Quotas`. Whether the template itself is valid is validation's
    question. The result has no status, uid or times, and shares nothing with `pod`.

    >>> pod = {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "a", "resources": {"limits": {"cpu": 1}}}]}}
    >>> spec = admit_pod(pod).pod["spec"]
    >>> spec["priority"], spec["containers"][0]["resources"]["requests"], len(spec["tolerations"])
    (0, {'cpu': '1'}, 2)
    >>> admit_pod({"spec": {"priorityClassName": "gold"}}).code
    403
    """
    admitted = default_pod(pod)
    admitted.pop("status", None)
    metadata, spec = mapping(admitted["metadata"]), mapping(admitted["spec"])
    namespace = metadata.get("namespace", "")
    if refusal := namespace_ends(namespace, context):
        return refusal
    if context.limit_ranges:
        from .limit_ranges import apply_limit_ranges

        apply_limit_ranges(admitted, namespace, context)
    if context.service_account and not spec.get("serviceAccountName"):
        spec["serviceAccountName"] = spec["serviceAccount"] = context.service_account
    if refusal := check_service_account(spec, namespace, context):
        return refusal
    if refusal := apply_node_selector(spec, namespace, context):
        return refusal
    if refusal := fill_priority(spec, context):
        return refusal
    add_default_tolerations(spec)
    if refusal := _runtime_class(spec, context):
        return refusal
    if problems := pod_problems(admitted, pod):
        return Refusal(code=422, reason="Invalid", problems=tuple(problems))
    prepare(admitted)
    if refusal := _checks(admitted, namespace, context):
        return refusal
    admitted["spec"] = {field: spec[field] for field in sorted(spec)}
    return Admitted(pod=admitted, qos_class=qos_class(spec))


def _runtime_class(spec: dict[str, Any], context: AdmissionContext) -> Refusal | None:
    if spec.get("runtimeClassName") is None:
        return None
    from .runtime_classes import apply_runtime_class

    return apply_runtime_class(spec, context)


def _checks(pod: dict[str, Any], namespace: str, context: AdmissionContext) -> Refusal | None:
    """Return what plugins that only check have against the Pod that the others have changed."""
    refusal = None
    if context.limit_ranges:
        from .limit_ranges import check_limit_ranges

        refusal = check_limit_ranges(pod, namespace, context)
    if refusal is None and (pod["spec"].get("runtimeClassName") is not None or pod["spec"].get("overhead")):
        from .runtime_classes import check_overhead

        refusal = check_overhead(pod["spec"], context)
    return refusal


def admit_template(
    template: dict[str, Any],
    namespace: str,
    context: AdmissionContext = _NO_CLASSES,
    *,
    name: str = "",
) -> Admitted | Refusal:
    """Return what becomes of a Pod made of a template's labels, annotations, finalizers and spec (C16).

    The pin to a node and the tolerations of daemon Pods are the controller's to add; see `admit_pod` for the rest.

    >>> admit_template({"metadata": {"labels": {"a": "b"}}}, "kube-system").pod["metadata"]
    {'namespace': 'kube-system', 'labels': {'a': 'b'}}
    """
    given = mapping(template.get("metadata"))
    kept: dict[str, Any] = {key: given[key] for key in ("labels", "annotations", "finalizers") if key in given}
    metadata: dict[str, Any] = {"name": name, "namespace": namespace, **kept}
    return admit_pod({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template.get("spec")}, context)
