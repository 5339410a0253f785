"""What pods ask for and nodes have, in the scheduler's units: cpu in thousandths, all else whole (K5-K12, Q)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fractions import Fraction
from functools import lru_cache
from typing import Any

from .trees import Form, Tree

__all__ = ["Amounts", "Port", "allocatable", "conflicts", "ports_of", "requests_of"]

Amounts = dict[str, int]
Port = tuple[int, str, str]
"""Number, protocol, address."""

_SHAPE = re.compile(r"([+-]?)([0-9]*)(?:\.([0-9]*))?(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][+-]?[0-9]+)?", re.ASCII)
_POWERS = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_SHIFTS = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
_LABEL_PART = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?", re.ASCII)
_MOST = 10**30
"""More than any node has: what is larger counts as this much."""


@lru_cache(maxsize=16_384)
def _amount(text: str, unit: int) -> int:
    """Return a quantity in `unit` parts, rounded up to thousandths first and then to the unit (Q, D8, Q11)."""
    found = _SHAPE.fullmatch(text.strip())
    if found is None or not text:
        raise ValueError(f"{text!r} is no quantity")
    sign, whole, rest, suffix = found[1], found[2], found[3] or "", found[4] or ""
    number = Fraction(int((whole + rest) or "0"), 10 ** len(rest))
    power = int(suffix[1:]) if suffix[:1] in ("e", "E") and len(suffix) > 1 and suffix not in _SHIFTS else None
    if suffix in _SHIFTS:
        number = min(number * 2 ** _SHIFTS[suffix], Fraction(2**63 - 1))
    else:
        power = _POWERS[suffix] if power is None else max(-40, min(40, power))
        number = number * Fraction(10) ** power
    number = min(number, Fraction(_MOST))
    milli = -(-number.numerator * 1000 // number.denominator)
    amount = -(-milli * unit // 1000)
    return -amount if sign == "-" else amount


def _exact(amounts: Tree | None, unit: int = 1000) -> dict[str, int]:
    """Return quantities in thousandths, the precision of a resource list (D8)."""
    return {name: _amount(str(raw), unit) for name, raw in (amounts or {}).items()}


def _is_counted(resource: str) -> bool:
    """Return whether the scheduler compares a resource at all (K7)."""
    if resource in ("cpu", "memory", "ephemeral-storage") or resource.startswith(("hugepages-", "attachable-volumes-")):
        return True
    if "kubernetes.io/" in resource:
        return True
    name = resource.rpartition("/")[2]
    return "/" in resource and not resource.startswith("requests.") and _LABEL_PART.fullmatch(name) is not None


def _in_units(milli: dict[str, int]) -> Amounts:
    return {name: amount if name == "cpu" else -(-amount // 1000) for name, amount in milli.items()}


def _add(total: dict[str, int], more: dict[str, int]) -> None:
    for name, amount in more.items():
        total[name] = total.get(name, 0) + amount


def _raise_to(total: dict[str, int], other: dict[str, int]) -> None:
    for name, amount in other.items():
        total[name] = max(total.get(name, amount), amount)


def requests_of(form: Form) -> Amounts:
    """Return what the scheduler counts for pods of a form, without zeros (K8, K9)."""
    if "requests" not in form.known:
        form.known["requests"] = _requests(form)
    found: Amounts = form.known["requests"]
    return found


def _requests(form: Form) -> Amounts:
    spec = form.spec
    given = {one["name"]: one for one in form.resized if "name" in one}
    infeasible = any("infeasible" in one for one in form.resized)
    running: dict[str, int] = {}
    for container in spec.get("containers") or ():
        _add(running, _effective(container, given, infeasible))
    sidecars: dict[str, int] = {}
    peak: dict[str, int] = {}
    for container in spec.get("initContainers") or ():
        if container.get("restartPolicy") == "Always":
            need = _effective(container, given, infeasible)
            _add(running, need)
            _add(sidecars, need)
            _raise_to(peak, sidecars)
        else:
            starting = dict(sidecars)
            _add(starting, _exact((container.get("resources") or {}).get("requests")))
            _raise_to(peak, starting)
    _raise_to(running, peak)
    pod_level = _exact((spec.get("resources") or {}).get("requests"))
    running |= {name: n for name, n in pod_level.items() if name in ("cpu", "memory") or name.startswith("hugepages-")}
    _add(running, _exact(spec.get("overhead")))
    return {name: amount for name, amount in _in_units(running).items() if amount and _is_counted(name)}


def _effective(container: Tree, given: dict[str, Tree], infeasible: bool) -> dict[str, int]:
    """Return max(spec, actuated, allocated), without the spec where a resize is infeasible (K9)."""
    wanted = _exact((container.get("resources") or {}).get("requests"))
    entry = given.get(container.get("name", ""))
    if entry is None:
        return wanted
    need = {} if infeasible else wanted
    _raise_to(need, _exact((entry.get("resources") or {}).get("requests")))
    _raise_to(need, _exact(entry.get("allocatedResources")))
    return need


def allocatable(node: Tree) -> Amounts | None:
    """Return what a node can give, None for one that tells nothing (K5, D11)."""
    status: dict[str, Any] = node.get("status") or {}
    given = status.get("allocatable")
    if not given and not status.get("capacity"):
        return None
    return _in_units(_exact(status.get("capacity") if given is None else given))


def ports_of(form: Form) -> tuple[Port, ...]:
    """Return the host ports of containers and sidecars (K12)."""
    if "ports" not in form.known:
        sidecars = [one for one in form.spec.get("initContainers") or () if one.get("restartPolicy") == "Always"]
        form.known["ports"] = tuple(
            (port["hostPort"], port.get("protocol") or "TCP", port.get("hostIP") or _ANY)
            for container in (*(form.spec.get("containers") or ()), *sidecars)
            for port in container.get("ports") or ()
            if port.get("hostPort", 0) > 0
        )
    found: tuple[Port, ...] = form.known["ports"]
    return found


_ANY = "0.0.0.0"  # noqa: S104 - the one wildcard that the scheduler knows


def conflicts(wanted: Iterable[Port], used: Iterable[Port]) -> bool:
    """Return whether a wanted port is taken: same number and protocol, same address or either any (K12)."""
    taken = list(used)
    return any(
        port[:2] == other[:2] and (port[2] == other[2] or _ANY in (port[2], other[2]))
        for port in wanted
        for other in taken
    )
