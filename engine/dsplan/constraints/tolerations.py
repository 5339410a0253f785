"""Taints against tolerations (T1-T15, E3, E4)."""

from __future__ import annotations

from collections.abc import Sequence

from ..model.daemonset import DaemonSet
from ..model.node import EFFECTS_THAT_EXCLUDE, Taint, Toleration
from ..model.pod import PodSpec
from ..model.regex import regex
from .protocol import TAINTS, Cause, Projection, Reason, Strength

__all__ = [
    "ToleratesNoExecute",
    "ToleratesNoSchedule",
    "automatic_tolerations",
    "daemon_tolerations",
    "is_passing_taint",
    "taint_constraints",
    "tolerates",
]

_CANONICAL_INTEGER = regex(r"0|-?[1-9][0-9]*")
_PREFIX = "node.kubernetes.io/"


def tolerates(toleration: Toleration, taint: Taint, *, comparison_operators: bool = False) -> bool:
    """Return whether one toleration matches one taint (T1-T5).

    `comparison_operators` is the gate TaintTolerationComparisonOperators, off by default in v1.36 (T7); on, Lt and Gt
    compare canonical int64 values (T6).

    >>> tolerates(Toleration(key="gpu", operator="Exists"), Taint(key="gpu", value="a100", effect="NoSchedule"))
    True
    """
    if toleration.effect and toleration.effect != taint.effect:
        return False
    if toleration.key and toleration.key != taint.key:
        return False
    if toleration.operator in ("", "Equal"):
        return toleration.value == taint.value
    if toleration.operator in ("Lt", "Gt") and comparison_operators:
        return _compares(toleration, taint)
    return toleration.operator == "Exists"


def _compares(toleration: Toleration, taint: Taint) -> bool:
    bound, number = _canonical_int64(toleration.value), _canonical_int64(taint.value)
    if bound is None or number is None:
        return False
    return number < bound if toleration.operator == "Lt" else number > bound


def _canonical_int64(text: str) -> int | None:
    if len(text) > 20 or _CANONICAL_INTEGER.fullmatch(text) is None:
        return None
    number = int(text)
    return number if -(2**63) <= number < 2**63 else None


def automatic_tolerations(*, host_network: bool) -> tuple[Toleration, ...]:
    """Return the tolerations that every daemon pod gets, in upstream's order (T10)."""
    wanted = [("not-ready", "NoExecute"), ("unreachable", "NoExecute")]
    wanted += [(f"{name}-pressure", "NoSchedule") for name in ("disk", "memory", "pid")]
    wanted.append(("unschedulable", "NoSchedule"))
    if host_network:
        wanted.append(("network-unavailable", "NoSchedule"))
    return tuple(Toleration(key=_PREFIX + name, operator="Exists", effect=effect) for name, effect in wanted)


_CONDITIONS = ("not-ready", "unreachable", "network-unavailable", "unschedulable", "out-of-service")
_PASSING = {_PREFIX + name for name in (*_CONDITIONS, "disk-pressure", "memory-pressure", "pid-pressure")}
_PASSING |= {f"node.cloudprovider.kubernetes.io/{name}" for name in ("uninitialized", "shutdown")}


def is_passing_taint(taint: Taint) -> bool:
    """Return whether Kubernetes itself puts this taint on a node and takes it off again (T14, T15).

    A node kept out by nothing else is wanted and blocked for now, not excluded by design.

    >>> is_passing_taint(Taint(key="node.kubernetes.io/not-ready", effect="NoSchedule"))
    True
    """
    return taint.key in _PASSING


def daemon_tolerations(spec: PodSpec) -> tuple[Toleration, ...]:
    """Return the template's tolerations with the automatic ones overwritten in place or appended (T10-T12)."""
    tolerations = list(spec.tolerations)
    for automatic in automatic_tolerations(host_network=spec.host_network):
        same = [index for index, entry in enumerate(tolerations) if _is_same_entry(entry, automatic)]
        for index in same:
            tolerations[index] = automatic
        if not same:
            tolerations.append(automatic)
    return tuple(tolerations)


def _is_same_entry(one: Toleration, other: Toleration) -> bool:
    return (one.key, one.effect, one.operator, one.value) == (other.key, other.effect, other.operator, other.value)


class _Tolerates:
    """Shared by the two effects: every taint of the effect must be tolerated."""

    version = 1
    reads = (TAINTS,)
    id = ""
    rule = ""
    strength = Strength.CREATE
    effect = ""

    def __init__(self, tolerations: Sequence[Toleration]) -> None:
        self.tolerations = tuple(tolerations)
        relevant = [entry for entry in tolerations if entry.effect in ("", self.effect)]
        self._any_value = {entry.key for entry in relevant if entry.operator == "Exists"}
        self._one_value = {(entry.key, entry.value) for entry in relevant if entry.operator in ("", "Equal")}

    def _is_untolerated(self, taint: Taint) -> bool:
        """Return whether the taint has the effect and no toleration `tolerates` it; an empty key is any key (T1-T4)."""
        return (
            taint.effect == self.effect
            and taint.key not in self._any_value
            and "" not in self._any_value
            and (taint.key, taint.value) not in self._one_value
            and ("", taint.value) not in self._one_value
        )

    def check(self, projection: Projection) -> Reason | None:
        """Return every untolerated taint in the node's order (T9)."""
        untolerated = [taint for taint in projection[0] if self._is_untolerated(taint)]
        if not untolerated:
            return None
        field = "spec.template.spec.tolerations"
        causes = tuple(Cause(field, f"toleration of {taint}", f"taint {taint}") for taint in untolerated)
        return Reason(self.id, self.rule, causes)


class ToleratesNoSchedule(_Tolerates):
    """E3: an untolerated NoSchedule taint forbids creation, not staying."""

    id = "UntoleratedNoSchedule"
    rule = "E3"
    strength = Strength.CREATE
    effect = EFFECTS_THAT_EXCLUDE[0]


class ToleratesNoExecute(_Tolerates):
    """E4: an untolerated NoExecute taint forbids both."""

    id = "UntoleratedNoExecute"
    rule = "E4"
    strength = Strength.KEEP
    effect = EFFECTS_THAT_EXCLUDE[1]


def taint_constraints(daemonset: DaemonSet) -> tuple[_Tolerates, ...]:
    """Return the two taint constraints, the stronger first."""
    tolerations = daemon_tolerations(daemonset.pod.spec)
    return ToleratesNoExecute(tolerations), ToleratesNoSchedule(tolerations)
