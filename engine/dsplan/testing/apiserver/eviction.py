"""The eviction subresource, as far as PodDisruptionBudgets decide about it."""

from __future__ import annotations

from datetime import datetime

import msgspec

from ...model.meta import RawTree
from .kinds import Kind, kind_named
from .store import Item, Store
from .wire import Answer, Refusal, Request, json_answer, not_found, status
from .writing import Writer, moment

__all__ = ["evict"]

_REFUSED = "Cannot evict pod as it would violate the pod's disruption budget."


def evict(store: Store, writer: Writer, kind: Kind, place: tuple[str, str], request: Request, now: datetime) -> Answer:
    """Answer a POST on `pods/NAME/eviction`. Raises Refusal: 404, 409, and 429 where a budget allows none."""
    namespace, name = place
    pod = store.get(kind, namespace, name)
    if pod is None:
        raise not_found(kind, name)
    options = msgspec.json.decode(request.body).get("deleteOptions") or {}
    if not pod.tree["metadata"].get("deletionTimestamp"):
        _check_budgets(store, pod, namespace)
        condition = {
            "type": "DisruptionTarget",
            "status": "True",
            "reason": "EvictionByEvictionAPI",
            "message": "Eviction API: evicting",
            "lastTransitionTime": moment(now),
        }
        writer.delete(kind, namespace, name, Request("DELETE", request.path, body=msgspec.json.encode(options)))
        _mark(store, kind, namespace, name, condition)
    return json_answer(status(201, "", "", success=True), 201)


def _mark(store: Store, kind: Kind, namespace: str, name: str, condition: RawTree) -> None:
    item = store.get(kind, namespace, name)
    if item is not None:
        known = item.tree.get("status") or {}
        conditions = [*known.get("conditions", ()), condition]
        store.put(kind, {**item.tree, "status": {**known, "conditions": conditions}})


def _check_budgets(store: Store, pod: Item, namespace: str) -> None:
    labels = pod.tree["metadata"].get("labels") or {}
    for budget in store.items(kind_named("PodDisruptionBudget"), namespace):
        wanted = (budget.tree["spec"].get("selector") or {}).get("matchLabels") or {}
        if not all(labels.get(key) == value for key, value in wanted.items()):
            continue
        healthy, needed = _healthy(store, namespace, wanted), int(budget.tree["spec"].get("minAvailable", 0))
        if healthy - 1 < needed:
            name = budget.tree["metadata"]["name"]
            message = f"The disruption budget {name} needs {needed} healthy pods and has {healthy} currently"
            details = {"causes": [{"reason": "DisruptionBudget", "message": message}]}
            raise Refusal(json_answer(status(429, "TooManyRequests", _REFUSED, details), 429))


def _healthy(store: Store, namespace: str, wanted: dict[str, str]) -> int:
    return sum(
        all((pod.tree["metadata"].get("labels") or {}).get(key) == value for key, value in wanted.items())
        and any(
            entry["type"] == "Ready" and entry["status"] == "True"
            for entry in (pod.tree.get("status") or {}).get("conditions", ())
        )
        and not pod.tree["metadata"].get("deletionTimestamp")
        for pod in store.items(kind_named("Pod"), namespace)
    )
