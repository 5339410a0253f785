"""RolloutPolicy documents: strict decoding, everything that is wrong at once, and the JSON schema."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from dsplan.apiserver.strict import decode_strict
from dsplan.errors import Problem
from dsplan.model.durations import parse_clock, parse_date, parse_duration
from dsplan.model.json_schema import json_schema
from dsplan.model.meta import RawTree
from dsplan.model.names import is_dns_label, is_dns_subdomain, is_label_key
from dsplan.model.policy import (
    Canary,
    Gate,
    NodeKey,
    Order,
    PolicySpec,
    Rates,
    RolloutPolicy,
    Step,
    Steps,
    Window,
    Windows,
)
from dsplan.model.quantity import QuantityError, value
from dsplan.model.regex import regex
from dsplan.model.selectors import LabelSelector, selector_problem

__all__ = ["decode_policy", "policy_schema"]

_PERCENT = regex(r"([0-9]{1,3})%")
_DURATION = "must be a duration such as 90s, 10m or 1h30m"
_TO_STOP = "to stop, say paused or frozen"


def decode_policy(tree: RawTree) -> RolloutPolicy:
    """Return the policy of a raw document.

    Raises InputError with every unknown field (and what it might have meant), wrong type and value that makes no sense.

    >>> from dsplan.errors import InputError
    >>> try:
    ...     decode_policy({"apiVersion": "dsplan.dev/v1alpha1", "kind": "RolloutPolicy", "metadata": {"name": "p"},
    ...                    "spec": {"targets": [{"name": "cni"}], "budgets": [{"maxUnavailble": 1}]}})
    ... except InputError as error:
    ...     print(error.problems[0])
    spec.budgets[0].maxUnavailble: unknown field, did you mean maxUnavailable?, seen: 1 (accepted: maxUnavailable, \
nodeSelector, scope, topologyKey)
    """
    return decode_strict(tree, RolloutPolicy, _problems)


def policy_schema() -> dict[str, Any]:
    """Return the JSON schema (2020-12) of the document, made from its types."""
    return json_schema(RolloutPolicy, "RolloutPolicy", hand_written=True)


def _problems(policy: RolloutPolicy) -> Iterator[Problem]:
    spec = policy.spec
    if not is_dns_subdomain(policy.metadata.name):
        yield _invalid("metadata.name", "must be a lowercase RFC 1123 subdomain", policy.metadata.name)
    if not is_dns_label(policy.metadata.namespace):
        yield _invalid("metadata.namespace", "must be a lowercase RFC 1123 label", policy.metadata.namespace)
    yield from _target_problems(spec)
    yield from _budget_problems(spec)
    yield from _pace_of(spec)
    if spec.order is not None:
        yield from _order_problems("spec.order", spec.order, policy.metadata.namespace)
    yield from _time_problems(spec)
    if spec.broken_nodes is not None and spec.broken_nodes.forgive_unschedulable < 0:
        yield _invalid("spec.brokenNodes.forgiveUnschedulable", "must be >= 0", spec.broken_nodes.forgive_unschedulable)
    if spec.surge and spec.owner != "Host":
        message = "needs owner Host: the controller does not create a second pod for a policy"
        yield Problem(reason="FieldValueForbidden", field="spec.surge", message=message, value=True)
    yield from _node_key_problems("spec.nodeOrder", spec.node_order)


def _pace_of(spec: PolicySpec) -> Iterator[Problem]:
    if spec.canary is not None:
        yield from _canary_problems("spec.canary", spec.canary)
    if spec.steps is not None:
        yield from _steps_problems("spec.steps", spec.steps)
    if spec.partition != 0:
        yield from _amount_problems("spec.partition", spec.partition)


def _time_problems(spec: PolicySpec) -> Iterator[Problem]:
    for name in spec.durations.__struct_fields__:
        said = getattr(spec.durations, name)
        if parse_duration(said) is None:
            yield _invalid(f"spec.durations.{name}", _DURATION, said)
    if spec.rates is not None:
        yield from _rate_problems("spec.rates", spec.rates)
    if spec.windows is not None:
        yield from _windows_problems("spec.windows", spec.windows)


def _target_problems(spec: PolicySpec) -> Iterator[Problem]:
    if not spec.targets:
        yield Problem(reason="FieldValueRequired", field="spec.targets", message="needs at least one target")
    for index, target in enumerate(spec.targets):
        field = f"spec.targets[{index}]"
        if bool(target.name) == (target.selector is not None):
            yield Problem(reason="FieldValueInvalid", field=field, message="needs either a name or a selector")
        if target.name and not is_dns_subdomain(target.name):
            yield _invalid(f"{field}.name", "must be a lowercase RFC 1123 subdomain", target.name)
        if target.namespace and not is_dns_label(target.namespace):
            yield _invalid(f"{field}.namespace", "must be a lowercase RFC 1123 label", target.namespace)
        yield from _selector_problems(f"{field}.selector", target.selector)


def _budget_problems(spec: PolicySpec) -> Iterator[Problem]:
    for index, budget in enumerate(spec.budgets):
        field = f"spec.budgets[{index}]"
        yield from _amount_problems(f"{field}.maxUnavailable", budget.max_unavailable, f"; {_TO_STOP}")
        yield from _selector_problems(f"{field}.nodeSelector", budget.node_selector)
        if budget.topology_key:
            yield from _key_problems(f"{field}.topologyKey", budget.topology_key)
        if budget.scope == "Node":
            if not isinstance(budget.max_unavailable, int):
                yield _invalid(f"{field}.maxUnavailable", "scope Node needs a number", budget.max_unavailable)
            if budget.topology_key or budget.node_selector is not None:
                message = "scope Node takes neither topologyKey nor nodeSelector"
                yield Problem(reason="FieldValueForbidden", field=field, message=message)
    for index, rule in enumerate(spec.domains):
        yield from _key_problems(f"spec.domains[{index}].topologyKey", rule.topology_key)
        if rule.max_at_once < 1:
            yield _invalid(f"spec.domains[{index}].maxAtOnce", "must be >= 1", rule.max_at_once)


def _canary_problems(field: str, canary: Canary) -> Iterator[Problem]:
    if canary.count == 0 and canary.selector is None and canary.cover is None:
        yield Problem(reason="FieldValueRequired", field=field, message="needs a count, a selector or a cover")
    if canary.count != 0:
        yield from _amount_problems(f"{field}.count", canary.count)
        if canary.cover is not None:
            message = "takes either a count or a cover, which has a count of its own"
            yield Problem(reason="FieldValueForbidden", field=f"{field}.cover", message=message)
    elif canary.spread:
        yield Problem(reason="FieldValueForbidden", field=f"{field}.spread", message="needs a count to spread")
    for index, key in enumerate(canary.spread):
        yield from _key_problems(f"{field}.spread[{index}]", key)
    if canary.cover is not None:
        if not canary.cover.keys:
            yield Problem(reason="FieldValueRequired", field=f"{field}.cover.keys", message="needs at least one key")
        for index, key in enumerate(canary.cover.keys):
            yield from _key_problems(f"{field}.cover.keys[{index}]", key)
    yield from _selector_problems(f"{field}.selector", canary.selector)
    yield from _pace_problems(field, canary.soak, canary.gate)


def _steps_problems(field: str, steps: Steps) -> Iterator[Problem]:
    ways = {
        "list": bool(steps.list),
        "linear": steps.linear is not None,
        "exponential": steps.exponential is not None,
        "slowStart": steps.slow_start is not None,
    }
    if sum(ways.values()) != 1:
        message = f"needs exactly one of {', '.join(ways)}"
        yield Problem(reason="FieldValueInvalid", field=field, message=message, value=[k for k in ways if ways[k]])
    yield from _pace_problems(field, steps.soak, steps.gate)
    if steps.linear is not None:
        yield from _amount_problems(f"{field}.linear.by", steps.linear.by)
    for name, growth in (("exponential", steps.exponential), ("slowStart", steps.slow_start)):
        if growth is not None and growth.start < 1:
            yield _invalid(f"{field}.{name}.start", "must be >= 1", growth.start)
        if growth is not None and growth.factor < 2:
            yield _invalid(f"{field}.{name}.factor", "must be >= 2", growth.factor)
    yield from _list_problems(field, steps)


def _list_problems(field: str, steps: Steps) -> Iterator[Problem]:
    before: dict[bool, int] = {}
    for index, step in enumerate(steps.list):
        place, amount = f"{field}.list[{index}]", step
        if isinstance(step, Step):
            yield from _pace_problems(place, step.soak, step.gate)
            place, amount = f"{place}.to", step.to
        problems = list(_amount_problems(place, amount))
        yield from problems
        if problems or isinstance(amount, Step):
            continue
        number, is_percent = int(str(amount).removesuffix("%")), isinstance(amount, str)
        if number <= before.get(is_percent, 0):
            yield _invalid(place, "steps must rise: each says how many are updated in all", amount)
        before[is_percent] = number


def _pace_problems(field: str, soak: str, gate: Gate | None) -> Iterator[Problem]:
    if parse_duration(soak) is None:
        yield _invalid(f"{field}.soak", _DURATION, soak)
    if gate is not None:
        yield from _amount_problems(f"{field}.gate.minAvailable", gate.min_available)


def _order_problems(field: str, order: Order, namespace: str) -> Iterator[Problem]:
    edges: dict[str, set[str]] = {}
    for index, chain in enumerate(order.chains):
        place = f"{field}.chains[{index}]"
        if len(chain) < 2:
            yield _invalid(place, "a chain needs at least two DaemonSets", list(chain))
        for position, name in enumerate(chain):
            if not all(map(is_dns_subdomain, name.split("/"))) or name.count("/") > 1:
                yield _invalid(f"{place}[{position}]", "must be name or namespace/name", name)
        full = [name if "/" in name else f"{namespace}/{name}" for name in chain]
        for first, then in pairwise(full):
            edges.setdefault(first, set()).add(then)
    if cycle := _cycle(edges):
        yield _invalid(f"{field}.chains", "is a cycle", " -> ".join(cycle))


def _cycle(edges: dict[str, set[str]]) -> list[str]:
    import networkx as nx

    graph: nx.DiGraph[str] = nx.DiGraph((first, then) for first in sorted(edges) for then in sorted(edges[first]))
    try:
        found = nx.find_cycle(graph)
    except nx.NetworkXNoCycle:
        return []
    return [found[0][0], *(then for _, then in found)]


def _rate_problems(field: str, rates: Rates) -> Iterator[Problem]:
    if rates.pods_per_minute is not None and rates.pods_per_minute < 1:
        yield _invalid(f"{field}.podsPerMinute", f"must be >= 1; {_TO_STOP}", rates.pods_per_minute)
    bandwidth = rates.image_bytes_per_second
    if bandwidth is not None:
        problems = list(_bytes_problems(f"{field}.imageBytesPerSecond", bandwidth))
        yield from problems
        if not problems and not value(str(bandwidth)):
            yield _invalid(f"{field}.imageBytesPerSecond", f"must be > 0; {_TO_STOP}", bandwidth)
    for image, size in rates.image_bytes.items():
        yield from _bytes_problems(f"{field}.imageBytes[{image}]", size)


def _bytes_problems(field: str, amount: int | str) -> Iterator[Problem]:
    try:
        if value(str(amount)) >= 0:
            return
    except QuantityError:
        pass
    yield _invalid(field, "must be a quantity of bytes such as 50Mi", amount)


def _windows_problems(field: str, windows: Windows) -> Iterator[Problem]:
    from zoneinfo import ZoneInfo

    try:
        ZoneInfo(windows.time_zone)
    except (ValueError, OSError, KeyError):
        yield _invalid(f"{field}.timeZone", "must be a name such as Europe/Berlin or UTC", windows.time_zone)
    for name, entries in (("allow", windows.allow), ("block", windows.block)):
        for index, window in enumerate(entries):
            yield from _window_problems(f"{field}.{name}[{index}]", window)


def _window_problems(field: str, window: Window) -> Iterator[Problem]:
    for name, clock in (("start", window.start), ("end", window.end)):
        if parse_clock(clock) is None:
            yield _invalid(f"{field}.{name}", "must be a time such as 09:30, at most 24:00", clock)
    if window.start == window.end:
        yield _invalid(f"{field}.end", "must differ from start; a whole day is 00:00 to 24:00", window.end)
    if window.start == "24:00":
        yield _invalid(f"{field}.start", "must be before 24:00", window.start)
    dates = [(name, text) for name, text in (("firstDate", window.first_date), ("lastDate", window.last_date)) if text]
    for name, text in dates:
        if parse_date(text) is None:
            yield _invalid(f"{field}.{name}", "must be a date such as 2026-12-24", text)
    if len(dates) == 2 and window.first_date > window.last_date:
        yield _invalid(f"{field}.lastDate", "must not be before firstDate", window.last_date)


def _node_key_problems(field: str, keys: tuple[NodeKey, ...]) -> Iterator[Problem]:
    for index, entry in enumerate(keys):
        place = f"{field}[{index}]"
        if entry.by in ("Label", "Spread"):
            yield from _key_problems(f"{place}.key", entry.key)
        elif entry.key:
            yield Problem(reason="FieldValueForbidden", field=f"{place}.key", message=f"by {entry.by} takes no key")


def _amount_problems(field: str, amount: object, hint: str = "") -> Iterator[Problem]:
    if isinstance(amount, int):
        if amount < 1:
            yield _invalid(field, f"must be >= 1{hint}", amount)
    elif isinstance(amount, str):
        found = _PERCENT.fullmatch(amount)
        if found is None or not 1 <= int(found[1]) <= 100:
            yield _invalid(field, "must be a number or a percentage from 1% to 100%", amount)


def _key_problems(field: str, key: str) -> Iterator[Problem]:
    if not is_label_key(key):
        yield _invalid(field, "must be a label key", key)


def _selector_problems(field: str, selector: LabelSelector | None) -> Iterator[Problem]:
    if problem := selector_problem(selector):
        yield Problem(reason="FieldValueInvalid", field=field, message=problem)


def _invalid(field: str, message: str, seen: Any) -> Problem:
    return Problem(reason="FieldValueInvalid", field=field, message=message, value=seen)
