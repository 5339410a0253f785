"""A pod as the scheduler sees it, prepared once for all pods of equal content.

Two pods of one content share one Demand, so everything that depends on the demand alone is computed once per content
and compared by identity.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from ...errors import InputError, Problem
from ...model.meta import Identity, controller_of
from ...model.node import Toleration
from ...model.pod import Affinity, Pod, PodAffinityTerm, PodSpec, TopologySpreadConstraint, Volume
from ...model.quantity import QuantityError
from ...model.selectors import LabelSelector, NodeSelector, is_empty_selector, selector_matches, selector_problem
from .ports import HostPort, host_ports
from .requests import Amounts, pod_requests, resized_to

__all__ = ["NEVER", "Demand", "Demands", "Tenant", "Term", "importance", "owner_of", "split_pin"]

NEVER = "Never"
_NAMESPACE_NAME = "kubernetes.io/metadata.name"


class Term(msgspec.Struct, frozen=True):
    """A required pod (anti-)affinity term, its namespaces resolved (K14). `text` identifies it, `field` is for people.

    `every_namespace` is an empty namespaceSelector; another namespaceSelector is kept and asked per namespace.
    """

    text: str
    topology_key: str
    selector: LabelSelector | None
    namespaces: frozenset[str]
    namespace_selector: LabelSelector | None
    every_namespace: bool

    def __hash__(self) -> int:
        """Return a hash of the text, which stands for all."""
        return hash(self.text)

    def __eq__(self, other: object) -> bool:
        """Return whether the other is the same term."""
        return isinstance(other, Term) and self.text == other.text

    def matches(self, demand: Demand, namespace_labels: Mapping[str, Mapping[str, str]]) -> bool:
        """Return whether the term selects a pod (K14).

        A namespace that nobody described has the one label that every API server gives it, its name.
        """
        namespace = demand.namespace
        if not self.every_namespace and namespace not in self.namespaces:
            chosen = self.namespace_selector
            labels = {_NAMESPACE_NAME: namespace, **namespace_labels.get(namespace, {})}
            if chosen is None or not selector_matches(chosen, labels):
                return False
        return selector_matches(self.selector, demand.labels)


class Demand(msgspec.Struct, frozen=True, eq=False, kw_only=True):
    """What one kind of pod asks for. `requests` are in the scheduler's units, without zeros.

    `required` is the node affinity without a mere pin. `unreadable` says why the pod's affinity cannot be parsed.
    """

    namespace: str
    labels: dict[str, str]
    requests: Amounts = {}
    ports: tuple[HostPort, ...] = ()
    priority: int = 0
    preempts: bool = True
    affinity: tuple[Term, ...] = ()
    anti_affinity: tuple[Term, ...] = ()
    spread: tuple[TopologySpreadConstraint, ...] = ()
    tolerations: tuple[Toleration, ...] = ()
    node_selector: dict[str, str] = {}
    required: NodeSelector | None = None
    node_name: str = ""
    gates: tuple[str, ...] = ()
    volumes: tuple[Volume, ...] = ()
    unreadable: str = ""


class Tenant(msgspec.Struct, frozen=True, eq=False):
    """One pod that holds room on a node. `started` decides who is more important among equals (P3)."""

    name: str
    owner: Identity
    demand: Demand
    started: datetime | None = None
    terminating: bool = False


def importance(tenant: Tenant) -> tuple[int, bool, float]:
    """Return a key that sorts the most important pod first: higher priority, then earlier start (P3)."""
    started = tenant.started
    return -tenant.demand.priority, started is None, started.timestamp() if started else 0.0


class Demands:
    """Makes demands, one per distinct content.

    >>> demands, pod = Demands(), Pod()
    >>> demands.of(pod) is demands.of(Pod())
    True
    """

    def __init__(self) -> None:
        self._known: dict[bytes, Demand] = {}
        self._encode = msgspec.json.Encoder().encode

    def of(self, pod: Pod, *, required: NodeSelector | None = None) -> Demand:
        """Return what an unbound pod asks for; `required` is its node affinity less the pin.

        Raises InputError where one of its amounts is no quantity.
        """
        spec = pod.spec
        affinity = spec.affinity
        content = (*self._content(pod), *_placement_content(spec), required)
        key = self._encode(content)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = _demand(pod, affinity, required=required, bound=False)
        return found

    def of_tenant(self, pod: Pod) -> Demand:
        """Return what a bound pod takes up; what decided where it went is left out.

        Raises InputError where one of its amounts is no quantity.
        """
        key = self._encode(self._content(pod))
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = _demand(pod, pod.spec.affinity, required=None, bound=True)
        return found

    def _content(self, pod: Pod) -> tuple[Any, ...]:
        spec, status = pod.spec, pod.status
        return (
            pod.metadata.namespace,
            pod.metadata.labels,
            spec.containers,
            spec.init_containers,
            spec.resources,
            spec.overhead,
            spec.priority,
            None if spec.affinity is None else spec.affinity.pod_anti_affinity,
            spec.volumes and tuple(filter(_is_tied, spec.volumes)),
            resized_to(status),
        )


def _placement_content(spec: PodSpec) -> tuple[Any, ...]:
    return (
        None if spec.affinity is None else spec.affinity.pod_affinity,
        spec.tolerations,
        spec.node_selector,
        spec.node_name,
        spec.preemption_policy,
        spec.topology_spread_constraints,
        spec.scheduling_gates,
    )


def _demand(pod: Pod, affinity: Affinity | None, *, required: NodeSelector | None, bound: bool) -> Demand:
    spec, metadata = pod.spec, pod.metadata
    anti = affinity.pod_anti_affinity if affinity else None
    anti_terms = anti.required_during_scheduling_ignored_during_execution if anti else ()
    common: dict[str, Any] = {
        "namespace": metadata.namespace,
        "labels": metadata.labels,
        "requests": _requests(pod),
        "ports": host_ports(spec),
        "priority": spec.priority or 0,
        "volumes": tuple(filter(_is_tied, spec.volumes)),
        "anti_affinity": tuple(_term(term, metadata.namespace) for term in anti_terms if not _problem(term)),
    }
    if bound:
        return Demand(**common)
    together = affinity.pod_affinity if affinity else None
    terms = together.required_during_scheduling_ignored_during_execution if together else ()
    return Demand(
        **common,
        affinity=tuple(_term(term, metadata.namespace) for term in terms if not _problem(term)),
        spread=tuple(
            entry for entry in spec.topology_spread_constraints if entry.when_unsatisfiable == "DoNotSchedule"
        ),
        preempts=spec.preemption_policy != NEVER,
        tolerations=spec.tolerations,
        node_selector=spec.node_selector,
        required=required,
        node_name=spec.node_name,
        gates=tuple(gate.name for gate in spec.scheduling_gates),
        unreadable=next((why for term in (*terms, *anti_terms) if (why := _problem(term))), ""),
    )


def _requests(pod: Pod) -> Amounts:
    try:
        return pod_requests(pod.spec, resized_to(pod.status))
    except QuantityError as error:
        name = f"Pod {pod.metadata.namespace}/{pod.metadata.name}"
        raise InputError.of([Problem(reason="DecodeError", message=str(error), object=name)]) from None


def _term(term: PodAffinityTerm, namespace: str) -> Term:
    """Return the term with its namespaces: its own where it names none (K14)."""
    names, chosen = term.namespaces, term.namespace_selector
    own = not names and chosen is None
    resolved = frozenset((namespace,)) if own else frozenset(names)
    text = msgspec.json.encode((term, namespace if own else ""), order="sorted").decode()
    everywhere = chosen is not None and is_empty_selector(chosen)
    return Term(text, term.topology_key, term.label_selector, resolved, None if everywhere else chosen, everywhere)


def _is_tied(volume: Volume) -> bool:
    return volume.persistent_volume_claim is not None or volume.csi is not None


def _problem(term: PodAffinityTerm) -> str | None:
    return selector_problem(term.label_selector) or selector_problem(term.namespace_selector)


def split_pin(spec: PodSpec) -> tuple[str | None, NodeSelector | None]:
    """Return the one node a pod is pinned to, and its required node affinity without a mere pin (A12).

    >>> split_pin(PodSpec()) == (None, None)
    True
    """
    required = spec.required_node_affinity
    if required is None or len(required.node_selector_terms) != 1:
        return None, required
    term = required.node_selector_terms[0]
    if term.match_expressions or len(term.match_fields) != 1:
        return None, required
    field = term.match_fields[0]
    if field.key == "metadata.name" and field.operator == "In" and len(field.values) == 1:
        return field.values[0], None
    return None, required


def owner_of(pod: Pod) -> Identity:
    """Return what controls a pod, or the pod itself where nothing does."""
    owner = controller_of(pod.metadata)
    namespace = pod.metadata.namespace
    return Identity("Pod", namespace, pod.name) if owner is None else Identity(owner.kind, namespace, owner.name)
