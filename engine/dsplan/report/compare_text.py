"""Comparisons as text, JSON and CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Any

from ..rollouts.compare import Comparison, StrategyResult
from ..rollouts.outside_budget import UnbudgetedDeletions
from .clock import offset, span
from .style import PLAIN, Style
from .table import table
from .timeline_document import TIMELINE_VERSION, rollout_entry, unbudgeted_entries
from .timeline_text import outcome_words, unbudgeted_lines

__all__ = ["comparison_csv", "comparison_document", "comparison_text"]

_HEADER = ("STRATEGY", "NODES", "TIME", "", "WAVES", "MOST DOWN", "IN ONE ZONE", "LOST", "ENDS")
_COLUMNS = (
    "daemonset",
    "strategy",
    "seconds",
    "waves",
    "mostDown",
    "wanted",
    "zone",
    "mostDownInZone",
    "lost",
    "outcome",
)


def comparison_text(
    comparisons: Sequence[Comparison], costs: Sequence[UnbudgetedDeletions] = (), style: Style = PLAIN
) -> str:
    """Return a table per DaemonSet, with the arithmetic of every amount."""
    lines = list(unbudgeted_lines(costs, style))
    if not comparisons:
        lines.append("Nothing to roll out; --restart NAME compares a roll-out of the template as it is.")
    for comparison in comparisons:
        lines += [*_comparison_lines(comparison, style), ""]
    return "\n".join(lines).rstrip("\n") + "\n"


def _comparison_lines(comparison: Comparison, style: Style) -> Iterator[str]:
    count = f"{comparison.pending:,} out-of-date pod{'s' * (comparison.pending != 1)}"
    yield style.paint(str(comparison.identity), "bold") + f"  {count}"
    yield "  " + "; ".join(comparison.notes)
    yield ""
    yield from table(_HEADER, [_row(entry) for entry in comparison.results], indent="  ")
    yield ""
    for entry in comparison.results:
        yield f"  {entry.arithmetic}"
    yield "  LOST is pod-seconds without service; * is the strategy it has now"


def _row(entry: StrategyResult) -> tuple[object, ...]:
    run = entry.rollout.run
    zone, most = run.most_down_in_zone
    return (
        f"{entry.strategy}{' *' if entry.is_current else ''}",
        f"{run.wanted:,}",
        offset(entry.rollout.seconds),
        span(entry.rollout.seconds),
        f"{entry.waves:,}",
        f"{run.most_down:,}",
        f"{most:,} ({zone})" if zone else "-",
        f"{run.lost_pod_seconds:,.0f}",
        outcome_words(entry.rollout.outcome),
    )


def comparison_document(comparisons: Sequence[Comparison], costs: Sequence[UnbudgetedDeletions] = ()) -> dict[str, Any]:
    """Return comparisons as one document; times are in seconds."""
    return {
        "version": TIMELINE_VERSION,
        "kind": "Comparison",
        "atOnce": unbudgeted_entries(costs),
        "daemonsets": [
            {
                "namespace": comparison.identity.namespace,
                "name": comparison.identity.name,
                "pending": comparison.pending,
                "durations": comparison.notes,
                "strategies": [
                    {
                        "strategy": str(entry.strategy),
                        "arithmetic": entry.arithmetic,
                        "current": entry.is_current,
                        "updateWaves": entry.waves,
                        **rollout_entry(entry.rollout),
                    }
                    for entry in comparison.results
                ],
            }
            for comparison in comparisons
        ],
    }


def comparison_csv(comparisons: Sequence[Comparison]) -> str:
    """Return one line per DaemonSet and strategy."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for comparison in comparisons:
        for entry in comparison.results:
            run = entry.rollout.run
            writer.writerow(
                (
                    comparison.identity,
                    entry.strategy,
                    entry.rollout.seconds,
                    entry.waves,
                    run.most_down,
                    run.wanted,
                    *run.most_down_in_zone,
                    run.lost_pod_seconds,
                    entry.rollout.outcome,
                )
            )
    return text.getvalue()
