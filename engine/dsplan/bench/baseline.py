"""A run against an earlier one: which stage got slower."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from ..errors import InputError, Problem
from .results import WHOLES, BenchReport

__all__ = ["Slowdown", "comparable", "read_report", "slowdowns"]

_FLOOR = 0.001
"""Seconds; less than that more is noise, whatever the ratio."""


class Slowdown(msgspec.Struct, frozen=True, order=True, kw_only=True):
    """One stage that takes longer than `tolerance` allows; seconds are medians."""

    measurement: str
    stage: str
    before: float
    after: float

    def __str__(self) -> str:
        """Return it in one line.

        >>> print(Slowdown(measurement="edge/steady/1/100", stage="observe", before=0.002, after=0.005))
        edge/steady/1/100: observe 2.0 ms -> 5.0 ms (2.50 x)
        """
        ratio = self.after / self.before if self.before else float("inf")
        change = f"{self.before * 1000:,.1f} ms -> {self.after * 1000:,.1f} ms ({ratio:.2f} x)"
        return f"{self.measurement}: {self.stage} {change}"


def comparable(now: BenchReport, before: BenchReport, source: str) -> tuple[str, ...]:
    """Return what to keep in mind when two runs are compared: another machine, another Python.

    Raises InputError where nothing can be compared: nothing in common, or seconds of another kind.
    """
    message = ""
    if not {entry.key for entry in now.measurements} & {entry.key for entry in before.measurements}:
        message = "nothing that was measured now is in it"
    elif now.clock != before.clock:
        message = f"measured by another clock, {before.clock}"
    if message:
        raise InputError.of([Problem(reason="DecodeError", message=message, source=source)])
    pairs = (("machine", now.machine, before.machine), ("Python", now.python, before.python))
    return tuple(f"another {what}: {then}, now {here}" for what, here, then in pairs if here != then)


def slowdowns(now: BenchReport, before: BenchReport, *, tolerance: float = 0.25) -> tuple[tuple[Slowdown, ...], int]:
    """Return every stage whose median grew by more than `tolerance` and a millisecond, and how many were compared.

    Only what was measured in both runs is compared.
    """
    known = {entry.key: entry for entry in before.measurements}
    found: list[Slowdown] = []
    compared = 0
    for entry in now.measurements:
        for stage, timing in entry.stages.items():
            if entry.key not in known or stage not in known[entry.key].stages:
                continue
            compared += 1
            old = known[entry.key].stages[stage].median
            if timing.median > old * (1 + tolerance) and timing.median - old > _FLOOR:
                found.append(Slowdown(measurement=entry.key, stage=stage, before=old, after=timing.median))
    return tuple(_stages_before_wholes(found)), compared


def _stages_before_wholes(found: Iterable[Slowdown]) -> list[Slowdown]:
    """Return them by measurement, first the stage that lost most; stages that are made of others come last."""
    return sorted(found, key=lambda entry: (entry.measurement, entry.stage in WHOLES, entry.before - entry.after))


def read_report(data: bytes, source: str) -> BenchReport:
    """Return a report that was written as JSON.

    Raises InputError where it is none, or one of another version.
    """
    try:
        report = msgspec.json.decode(data, type=BenchReport)
    except msgspec.DecodeError as error:
        raise InputError.of(
            [Problem(reason="DecodeError", message=f"no bench report: {error}", source=source)]
        ) from None
    if report.version != BenchReport().version:
        message = f"a bench report of version {report.version}; this dsplan reads version {BenchReport().version}"
        raise InputError.of([Problem(reason="DecodeError", message=message, source=source)])
    return report
