"""What every reader of a plan relies on: sets of nodes within the nodes, places within their lists, sane numbers.

A plan file comes from outside. Its types are checked by decoding; here is checked, without building anything of the
size that a file claims, that no set, wave or place goes beyond what is there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from itertools import chain
from typing import Any

import msgspec

from .account import CourseEntry, RowEntry
from .types import DaemonSetEntry, PlanDocument

__all__ = ["out_of_bounds"]

_SET = re.compile(r"([0-9]{1,9}(-[0-9]{1,9})?)(,[0-9]{1,9}(-[0-9]{1,9})?)*", re.ASCII)
_LARGEST = 1 << 53
"""No number in a plan is larger: JSON readers elsewhere lose digits beyond."""
_PLAIN = (str, bool, bytes, datetime, type(None))
_SPEAKS_OF = 64
"""Sets that a plan has for each pair, at most."""
_SETS = frozenset({"nodes", "leaving", "stalled", "sick"})
"""Fields whose text is a set of node ids."""
_PLACES = frozenset({"daemonset", "daemonsets", "targets", "teardown", "unplayed"})
"""Fields that hold places in the list of DaemonSets."""


def out_of_bounds(plan: PlanDocument) -> str:
    """Return what goes beyond its bounds, with its field path; empty where nothing does.

    >>> from datetime import UTC, datetime
    >>> from dsplan.document.types import NodeClass, SummaryEntry
    >>> out_of_bounds(PlanDocument(api_version="", version="2.0", dsplan_version="", semantics="", complete=True,
    ...     now=datetime(2026, 1, 1, tzinfo=UTC), applyable=False, errored=False, summary=SummaryEntry(),
    ...     nodes=("n1",), classes=(NodeClass(nodes="0-4294967295"),)))
    "plan.classes[0].nodes: '0-4294967295' is no set of node ids such as 0-3,7"
    """
    bounds = _Bounds(plan)
    checks = chain(bounds.orders(), bounds.walk(plan), bounds.policies(), bounds.sizes())
    return next(checks, "")


class _Bounds:
    """The checks of one plan; `ids` counts how many node ids its sets stand for in all."""

    def __init__(self, plan: PlanDocument) -> None:
        self.plan, self.nodes, self.daemonsets, self.ids = plan, len(plan.nodes), len(plan.daemonsets), 0

    def walk(self, plan: PlanDocument) -> Iterator[str]:
        """Yield what is wrong with the sets, places and numbers of the document, whatever part they are in."""
        waiting: list[tuple[str, Any]] = [("plan", plan)]
        while waiting:
            path, value = waiting.pop()
            if isinstance(value, msgspec.Struct):
                for name in value.__struct_fields__:
                    found = getattr(value, name)
                    if name in _SETS and isinstance(found, str):
                        yield from self.set(found, f"{path}.{name}")
                    elif name in _PLACES and not isinstance(found, msgspec.Struct):
                        yield from self.places(found, f"{path}.{name}")
                    if found and not isinstance(found, _PLAIN):
                        waiting.append((f"{path}.{name}", found))
            elif isinstance(value, dict):
                waiting += [(f"{path}.{key}", one) for key, one in value.items() if not isinstance(one, _PLAIN)]
            elif isinstance(value, (tuple, list)):
                waiting += [(f"{path}[{n}]", one) for n, one in enumerate(value) if not isinstance(one, _PLAIN)]
            elif isinstance(value, (int, float)) and not -_LARGEST <= value <= _LARGEST:
                yield f"{path}: no number in a plan is that large"

    def set(self, text: str, path: str) -> Iterator[str]:
        """Yield what is wrong with a set of node ids, which is not built for that."""
        if text and _SET.fullmatch(text) is None:
            yield f"{path}: {text[:40]!r} is no set of node ids such as 0-3,7"
            return
        last = -1
        for part in text.split(",") if text else ():
            first, _, end = part.partition("-")
            if not last < int(first) <= int(end or first) < self.nodes:
                yield f"{path}: {part!r} does not ascend, or is beyond the {self.nodes:,} nodes of the plan"
                return
            last = int(end or first)
            self.ids += last - int(first) + 1

    def places(self, value: Any, path: str) -> Iterator[str]:
        """Yield what is wrong with places in the list of DaemonSets."""
        places = value if isinstance(value, tuple) else (value,)
        if any(isinstance(place, int) and not 0 <= place < self.daemonsets for place in places):
            yield f"{path}: is no place in the list of {self.daemonsets:,} DaemonSets"

    def sizes(self) -> Iterator[str]:
        """Yield where sets stand for far more nodes than any plan speaks of."""
        if self.ids > _SPEAKS_OF * (self.nodes + 1) * (self.daemonsets + 2):
            yield f"plan: its sets stand for {self.ids:,} nodes in all"

    def orders(self) -> Iterator[str]:
        """Yield what is wrong with orders, zones, and what DaemonSets make of them."""
        plan = self.plan
        for number, order in enumerate(plan.orders):
            if any(not 0 <= place < self.nodes for place in order) or len(set(order)) != len(order):
                yield f"plan.orders[{number}]: a node twice, or one beyond the nodes of the plan"
        for zone, text in plan.zones.items():
            yield from self.set(text, f"plan.zones.{zone[:40]}")
        for place, entry in enumerate(plan.daemonsets):
            yield from (f"plan.daemonsets[{place}]{text}" for text in _entry(entry, plan))

    def policies(self) -> Iterator[str]:
        """Yield where the part of policies goes beyond its sets, classes and pods."""
        policies = self.plan.policies
        if policies is None:
            return
        for number, text in enumerate(policies.node_sets):
            yield from self.set(text, f"plan.policies.nodeSets[{number}]")
        for place, text in policies.sick:
            yield from self.set(text, "plan.policies.sick")
            yield from self.places(place, "plan.policies.sick")
        classes, waves = len(policies.classes), sum(max(run.repeat, 1) for run in policies.runs)
        if any(run.repeat < 1 for run in policies.runs) or waves > 2 * self.nodes * self.daemonsets + 1:
            yield "plan.policies.runs: more waves than pods"
        if any(not 0 <= take[0] < classes or take[2] < 0 for run in policies.runs for take in run.takes):
            yield "plan.policies.runs: takes of a class that is not there"
        if any(not 0 <= limit.nodes < len(policies.node_sets) for limit in policies.limits):
            yield "plan.policies.limits: nodes that are no place in nodeSets"
        if any(not 0 <= one.place < classes for one in policies.stalled):
            yield "plan.policies.stalled: a class that is not there"


def _entry(entry: DaemonSetEntry, plan: PlanDocument) -> Iterator[str]:
    for name, course in (("course", entry.course), ("otherwise", entry.otherwise)):
        if course is not None:
            yield from (f".{name}{text}" for text in _course(course, plan))
    if entry.verdicts and len(entry.verdicts) != len(plan.classes):
        yield f".verdicts: {len(entry.verdicts):,} letters for {len(plan.classes):,} classes"
    if len(entry.rows) > len(plan.nodes) + sum(len(row.vanished) for row in entry.rows):
        yield f".rows: {len(entry.rows):,} rows are more than there are nodes"
        return
    yield from (f".rows[{number}]{text}" for number, row in enumerate(entry.rows) for text in _row(row))


def _course(course: CourseEntry, plan: PlanDocument) -> Iterator[str]:
    if course.order is not None and not 0 <= course.order < len(plan.orders):
        yield ".order: is no place in the list of orders"
        return
    order = plan.orders[course.order] if course.order is not None else ()
    waves = sum(repeat for _, repeat in course.waves if repeat > 0)
    pods = sum(size * repeat for size, repeat in course.waves)
    most = len(order) if plan.policies is None else 2 * len(plan.nodes) * len(plan.daemonsets) + 1
    if any(size < 0 or repeat < 1 for size, repeat in course.waves) or waves > most or pods != len(order):
        yield f".waves: do not hold the {len(order):,} nodes that are updated"


def _row(row: RowEntry) -> Iterator[str]:
    if any(not -1 <= lot.place < len(row.shape) for lot in row.lots):
        yield ".lots: a pod that the row does not have"
    if any(not 0 <= facts < 256 for facts in row.shape):
        yield ".shape: facts that no pod has"
