"""Comparisons as documents for programs: JSON, YAML, CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

from ...planner.account.unbudgeted import UnbudgetedDeletions
from ...rollouts.compare import Comparison
from ..inert import cell
from .timeline import TIMELINE_VERSION, rollout_entry, unbudgeted_entries

__all__ = ["comparison_csv", "comparison_document"]

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


def comparison_document(
    comparisons: Sequence[Comparison], costs: Sequence[UnbudgetedDeletions] = (), *, assumed: str = ""
) -> dict[str, Any]:
    """Return comparisons as one document; times are in seconds. `assumed` is what is assumed of gates."""
    return {
        **({"assumed": assumed} if assumed else {}),
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
                    cell(str(comparison.identity)),
                    cell(str(entry.strategy)),
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
