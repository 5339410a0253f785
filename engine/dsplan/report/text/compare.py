"""`dsplan compare` as text: a table per DaemonSet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...planner.account.unbudgeted import UnbudgetedDeletions
from ...rollouts.compare import Comparison, StrategyResult
from ..clock import offset, span
from ..inert import joined
from ..style import PLAIN, Style
from ..table import table
from .timeline import outcome_words, unbudgeted_lines

__all__ = ["comparison_text"]

_HEADER = ("STRATEGY", "NODES", "TIME", "", "WAVES", "MOST DOWN", "IN ONE ZONE", "LOST", "ENDS")
_DROP = ("IN ONE ZONE", "NODES", "LOST")


def comparison_text(
    comparisons: Sequence[Comparison],
    costs: Sequence[UnbudgetedDeletions] = (),
    style: Style = PLAIN,
    *,
    assumed: str = "",
) -> str:
    """Return a table per DaemonSet, with the arithmetic of every amount; what is `assumed` of gates comes first."""
    lines = [*([assumed] if assumed and comparisons else []), *unbudgeted_lines(costs, style)]
    if not comparisons:
        lines.append("Nothing to roll out; --restart NAME compares a roll-out of the template as it is.")
    for comparison in comparisons:
        lines += [*_comparison_lines(comparison, style), ""]
    return joined(lines, colour=style.colour).rstrip("\n") + "\n"


def _comparison_lines(comparison: Comparison, style: Style) -> Iterator[str]:
    count = f"{comparison.pending:,} out-of-date pod{'s' * (comparison.pending != 1)}"
    yield style.paint(str(comparison.identity), "bold") + f"  {count}"
    yield "  " + "; ".join(comparison.notes)
    yield ""
    yield from table(_HEADER, [_row(entry) for entry in comparison.results], style, indent="  ", drop=_DROP)
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
