"""All that one pass over one DaemonSet comes to, and the waves after it, under the names that a checker uses."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import msgspec

from ...diff.budget import Budget, BudgetError, resolve_budget
from ...model.daemonset import DaemonSetStatus
from ...model.state import Backoff, Expectations
from .case import Case, Wanted
from .memory import advanced, flying, unseen, waits
from .update import Roll, roll
from .writes import Write, writes_besides_pods

__all__ = ["BURST", "Outcome", "outcome"]

BURST = 250
_LISTS = (("manage", "create"), ("manage", "delete"), ("rolling-update", "create"), ("rolling-update", "delete"))
_COUNTERS = DaemonSetStatus.__struct_fields__[:7]


class Outcome(msgspec.Struct, kw_only=True):
    """`told` is what a plan must say, by check. `sizes` are how many pods each stage and verb may write (C12)."""

    told: dict[str, Any]
    writes: set[Write]
    sizes: dict[tuple[str, str], int]
    backoffs: list[Backoff]
    expectation: Expectations | None


class _Forecast(msgspec.Struct):
    """The fields of a roll-out that are compared, in the order in which they are told."""

    strategy: str
    order: list[str]
    waves: list[int]
    stalled: list[str]
    blockers: list[str]
    leaving: list[str]
    beyond_budget: int


def outcome(case: Case, sick: Collection[str], *, rolls: bool = True) -> Outcome:
    """Return what a case comes to. `sick` nodes stay down, whatever becomes of their pods.

    `case.verdicts` must be complete. Without `rolls` there is no rolling update, whatever the updateStrategy.
    """
    open_ones = unseen(case)
    create, delete, held = ([], [], []) if open_ones else case.manage()
    rolled, budget, error = None, None, ""
    if rolls and not open_ones and case.daemonset.spec.update_strategy.type == "RollingUpdate":
        try:
            budget = resolve_budget(case.daemonset, case.status()[0])
            rolled = roll(case, budget)
        except (BudgetError, ValueError) as problem:
            budget, error = None, str(problem) if not (create or delete) else ""
    acts = rolled if rolled and not (create or delete) else Roll()
    wants = (create, delete, acts.create, acts.delete)
    held = held + case.terminating({node for node, *_ in create})
    forecast = _forecast(case, rolled, budget, sick)
    backoffs = advanced(case, [node for node, _, reason in delete if reason == "Failed"])
    pauses = list(waits(case, backoffs, [node for node, _, reason in held if reason == "BackOff"]))
    status, written = _status(case, raised=not open_ones)
    last = wants[2:] if acts is rolled else wants[:2]
    limit = (budget.max_surge or budget.max_unavailable) if budget else None
    tidy = not (error or open_ones)
    return Outcome(
        told={
            "facts": (case.history.hash, case.history.learned, bool(open_ones), error),
            "create": set(create),
            "delete": set(delete),
            "garbage": case.garbage(),
            "deferred": tuple(max(0, len(part) - BURST) for part in last),
            "status": (status, written),
            "update": msgspec.structs.astuple(forecast),
            "budget": budget and msgspec.structs.astuple(budget),
            "held": sorted(held + _stalled(case, forecast, error, limit, in_flight=bool(open_ones))),
            "requeue": min(pauses, default=None),
        },
        writes=_writes(case, wants) | set(writes_besides_pods(case, status if written else None, cleans_up=tidy)),
        sizes={how: min(len(wanted), BURST) for how, wanted in zip(_LISTS, wants, strict=True)},
        backoffs=list(backoffs.values()),
        expectation=None if open_ones else _expectation(case, last),
    )


def _expectation(case: Case, last: tuple[list[Wanted], ...]) -> Expectations:
    creates, deletes = (min(len(part), BURST) for part in last)
    return Expectations(daemonset=case.daemonset.identity, creates=creates, deletes=deletes, since=case.now)


def _status(case: Case, *, raised: bool) -> tuple[DaemonSetStatus, bool]:
    """Return the status and whether it is written (S3-S11)."""
    given, generation = case.daemonset.status, case.daemonset.metadata.generation
    counts = dict(zip(_COUNTERS, case.status(), strict=True))
    seen = generation if raised else given.observed_generation
    same = all(getattr(given, name) == count for name, count in counts.items())
    status = msgspec.structs.replace(given, observed_generation=seen, **counts)
    return status, not (same and given.observed_generation >= generation)


def _writes(case: Case, wants: tuple[list[Wanted], ...]) -> set[Write]:
    """Return what creates and deletes pods, without what is under way already."""
    away = {(flight.verb, flight.name) for flight in flying(case) if flight.kind == "Pod"}
    found = set()
    for (stage, verb), wanted in zip(_LISTS, wants, strict=True):
        found |= {(stage, verb, "Pod", pod, node, why, "{}") for node, pod, why in wanted}
    return {write for write in found if (write[1], write[3] or write[4]) not in away}


def _forecast(case: Case, rolled: Roll | None, budget: Budget | None, sick: Collection[str]) -> _Forecast:
    """R33: the next pass, then waves that use the whole budget but for what stays down."""
    on_delete = case.daemonset.spec.update_strategy.type == "OnDelete"
    found = _Forecast("OnDelete" if on_delete else "RollingUpdate", [], [], case.outdated(), [], [], 0)
    if rolled is None or budget is None:
        return found
    chosen = rolled.create if budget.max_surge else rolled.delete
    found.order = [node for node, *_ in chosen if case.verdicts.get(node) == "R"]
    waiting = [node for node in rolled.waiting if case.verdicts.get(node) == "R"]
    parting = [*(node for node, *_ in rolled.delete), *rolled.waiting]
    found.leaving = sorted(node for node in parting if case.verdicts.get(node, "R") != "R")
    down = sorted(rolled.down & set(sick))
    room = max(0, (budget.max_surge or budget.max_unavailable) - len(down))
    found.stalled, found.blockers = ([], []) if room or not waiting else (sorted(waiting), down)
    going = waiting if room else []
    found.waves = [len(found.order)] if found.order else []
    found.waves += [len(going[at : at + room]) for at in range(0, len(going), room or 1)]
    found.order += going
    found.beyond_budget = rolled.sick
    return found


def _stalled(case: Case, forecast: _Forecast, error: str, limit: int | None, *, in_flight: bool) -> list[Wanted]:
    """Return the nodes that no wave reaches, with the text that tells why."""
    blockers = forecast.blockers
    shown = ", ".join(blockers[:3]) + (f" and {len(blockers) - 3} more" if len(blockers) > 3 else "")
    reason, text = "Stalled", f"{len(blockers)} down of {limit} allowed, and they stay down: {shown}"
    if forecast.strategy == "OnDelete":
        reason, text = "OnDelete", "out of date; updateStrategy OnDelete replaces it when somebody deletes the pod"
    elif in_flight:
        reason, text = "InFlight", "creations or deletions were issued and not yet seen"
    elif limit is None:
        text = error or "the rolling update fails in a later pass, as maxUnavailable or the pods are now"
    return [(node, text, reason) for node in forecast.stalled]
