"""ResourceQuotas: which pods a namespace still takes, in what order they come (L10).

A quota counts the pods of its scopes. Its use is what its status says, as pods come and go from there; without a
status it is what the given pods use.

Source: plugin/pkg/admission/resourcequota, pkg/quota/v1/evaluator/core/pods.go, as of v1.36.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from ...model.namespaces import ResourceQuota
from ...model.pod import Pod
from ...model.quantity import Exact, QuantityError, canonical, parse_quantity, text_of
from ..defaulting import aggregate, parsed_amounts
from ..validation.priorityclass import SYSTEM_CLASSES
from .outcome import Refusal, forbidden
from .quota_scopes import is_counted_by
from .trees import mapping, objects

__all__ = ["Quotas", "usage_of"]

Usage = dict[str, Exact]

_OBJECTS = ("pods", "count/pods")
_STANDARD = ("cpu", "memory", "ephemeral-storage")
_ENDED = ("Succeeded", "Failed")
_PLENTY = 1 << 62
_GKE_QUOTA = "gcp-critical-pods"
"""GKE makes this quota in kube-system, and demands one of its scope wherever critical pods are to run."""
_NO_CRITICAL_QUOTA = (
    "insufficient quota to match these scopes: [{PriorityClass In [system-node-critical system-cluster-critical]}]"
)
_REQUIRED = tuple(f"{prefix}{name}" for prefix in ("", "requests.", "limits.") for name in ("cpu", "memory"))


class Quotas:
    """The quotas of a world, and what is used of them.

    >>> few = msgspec.convert({"metadata": {"name": "few"}, "spec": {"hard": {"pods": 1}}}, ResourceQuota)
    >>> taken, refusal = Quotas([few], ()).take(Pod(), 3)
    >>> taken, refusal.message
    (1, 'exceeded quota: few, requested: pods=1, used: pods=1, limited: pods=1')
    """

    def __init__(self, quotas: Iterable[ResourceQuota], pods: Iterable[Pod]) -> None:
        self._ledgers: dict[str, list[_Ledger]] = defaultdict(list)
        for quota in quotas:
            self._ledgers[quota.metadata.namespace].append(_Ledger(quota))
        self._usages: dict[tuple[int, ...], tuple[Pod, Usage]] = {}
        self._is_gke = any(ledger.name == _GKE_QUOTA for ledger in self._ledgers.get("kube-system", ()))
        without = [ledger for ledgers in self._ledgers.values() for ledger in ledgers if not ledger.is_told]
        if without:
            for pod in pods:
                self._change(pod, 1, only=without)

    def __bool__(self) -> bool:
        """Return whether there is any quota."""
        return bool(self._ledgers)

    def refusal(self, pod: Pod) -> Refusal | None:
        """Return why a pod is refused whatever room there is.

        It does not say how much it needs of what a quota limits; or it is critical and, as GKE demands it, needs a
        quota of that scope in its namespace.
        """
        counting = self._counting(pod)
        if self._is_gke and pod.spec.priority_class_name in SYSTEM_CLASSES and not any(map(_is_by_class, counting)):
            return forbidden([("spec.priorityClassName", _NO_CRITICAL_QUOTA)])
        for ledger in counting:
            missing = _missing(pod, ledger.hard)
            if missing:
                told = "; ".join(f"{name} for: {','.join(names)}" for name, names in sorted(missing.items()))
                return forbidden([("spec", f"failed quota: {ledger.name}: must specify {told}")])
        return None

    def counts(self, pod: Pod) -> bool:
        """Return whether some quota counts pods like this one."""
        return bool(self._counting(pod))

    def take(self, pod: Pod, count: int = 1) -> tuple[int, Refusal | None]:
        """Count up to `count` pods like this one in; return how many, and why the next one is refused."""
        usage, (fitting, tightest) = self._usage(pod), self._room(pod)
        taken = min(count, fitting)
        for ledger in self._counting(pod):
            ledger.add(usage, taken)
        return taken, tightest.refusal(usage) if tightest is not None and taken < count else None

    def beyond(self, pod: Pod) -> Refusal | None:
        """Return why one pod like this is refused now, None where it is not."""
        fitting, tightest = self._room(pod)
        return tightest.refusal(self._usage(pod)) if tightest is not None and not fitting else None

    def _room(self, pod: Pod) -> tuple[int, _Ledger | None]:
        """Return how many pods like this still fit, and the quota that has the least room."""
        rooms = [(ledger.fitting(self._usage(pod)), ledger) for ledger in self._counting(pod)]
        return min(rooms, key=lambda room: room[0], default=(_PLENTY, None))

    def release(self, pod: Pod) -> None:
        """Count a pod out that is gone."""
        self._change(pod, -1)

    def _change(self, pod: Pod, count: int, only: Iterable[_Ledger] | None = None) -> None:
        ledgers = self._counting(pod)
        for ledger in ledgers if only is None else [each for each in ledgers if any(each is one for one in only)]:
            ledger.add(self._usage(pod), count)

    def _counting(self, pod: Pod) -> list[_Ledger]:
        return [each for each in self._ledgers.get(pod.metadata.namespace, ()) if is_counted_by(pod, each.quota)]

    def _usage(self, pod: Pod) -> Usage:
        """Return what a pod uses; pods of one template share their parts, so each is worked out once."""
        spec = pod.spec
        key = (id(spec.containers), id(spec.init_containers), id(spec.resources), pod.status.phase in _ENDED)
        known = self._usages.get(key)
        if known is None or known[0].spec.overhead != spec.overhead:
            known = self._usages[key] = (pod, usage_of(pod))
        return known[1]


class _Ledger:
    """One quota: what it limits and what is used."""

    def __init__(self, quota: ResourceQuota) -> None:
        self.quota = quota
        self.name = quota.metadata.name
        self.is_told = bool(quota.status.used)
        self.hard = dict(_amounts(quota.spec.hard or quota.status.hard))
        self.used = dict(_amounts(quota.status.used))

    def fitting(self, usage: Usage) -> int:
        """Return how many pods of this usage still fit."""
        fits = [(self.hard[name] - self.used.get(name, 0)) // amount for name, amount in self._limited(usage).items()]
        return max(0, int(min(fits, default=_PLENTY)))

    def add(self, usage: Usage, count: int) -> None:
        """Count pods in, or out."""
        for name, amount in self._limited(usage).items():
            self.used[name] = self.used.get(name, 0) + amount * count

    def refusal(self, usage: Usage) -> Refusal:
        """Return what the server says to one pod more."""
        limited = self._limited(usage)
        over = sorted(name for name, amount in limited.items() if self.used.get(name, 0) + amount > self.hard[name])
        parts = (limited, {name: self.used.get(name, 0) for name in over}, self.hard)
        requested, used, hard = (",".join(f"{name}={_text(name, part[name])}" for name in over) for part in parts)
        text = f"exceeded quota: {self.name}, requested: {requested}, used: {used}, limited: {hard}"
        return forbidden([("", text)])

    def _limited(self, usage: Usage) -> Usage:
        return {name: amount for name, amount in usage.items() if name in self.hard and amount}


def usage_of(pod: Pod) -> Usage:
    """Return what a pod counts for, by the names that quotas use; one that has ended counts as an object alone.

    >>> usage_of(Pod())
    {'count/pods': 1, 'pods': 1}
    """
    if pod.status.phase in _ENDED:
        return {"count/pods": 1}
    spec: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(pod.spec))
    usage: Usage = {"count/pods": 1, "pods": 1}
    requests, limits = (_total(spec, kind) for kind in ("requests", "limits"))
    for name, amount in requests.items():
        if name in _STANDARD or name.startswith("hugepages-"):
            usage[name] = amount
        usage[f"requests.{name}"] = amount
    usage.update((f"limits.{name}", amount) for name, amount in limits.items() if name in _STANDARD)
    return usage


def _total(spec: dict[str, Any], kind: str) -> Mapping[str, Exact]:
    """Return the requests or limits of a pod: its containers', overridden by those of the pod, and its overhead."""
    total = dict(aggregate(spec, kind)) | dict(parsed_amounts(spec.get("resources") or {}, kind))
    for name, amount in parsed_amounts(spec, "overhead").items():
        if kind == "requests" or total.get(name):
            total[name] = total.get(name, 0) + amount
    return total


def _is_by_class(ledger: _Ledger) -> bool:
    """Return whether a quota counts pods by their PriorityClass."""
    expressions = objects(mapping(ledger.quota.spec.scope_selector).get("matchExpressions"))
    return "PriorityClass" in (*ledger.quota.spec.scopes, *(entry.get("scopeName") for entry in expressions))


def _missing(pod: Pod, hard: Iterable[str]) -> dict[str, list[str]]:
    """Return the containers that lack a request or limit that a quota limits, by the name of what they lack."""
    required = [name for name in _REQUIRED if name in set(hard)]
    missing: dict[str, list[str]] = defaultdict(list)
    if not required or pod.spec.resources is not None:
        return missing
    for container in (*pod.spec.containers, *pod.spec.init_containers):
        for name in required:
            kind, _, resource = name.rpartition(".")
            resources = container.resources
            if resource not in (resources.limits if kind == "limits" else resources.requests):
                missing[name].append(container.name)
    return {name: sorted(set(names)) for name, names in missing.items()}


def _amounts(raw: Mapping[str, Any]) -> Iterator[tuple[str, Exact]]:
    """Yield the amounts that can be read; an API server has none that cannot."""
    for name, amount in raw.items():
        try:
            yield name, parse_quantity(amount)
        except QuantityError:
            continue


def _text(name: str, amount: Exact) -> str:
    return canonical(text_of(amount, binary=name not in _OBJECTS and not name.endswith("cpu")))
