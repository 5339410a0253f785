"""Timelines as text: what happens when, wave by wave, and a chart of the nodes that are down."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...planner.account.unbudgeted import UnbudgetedDeletions
from ...rollouts.timeline import SimulatedRollout, Timeline
from ...rollouts.waves import Wave, WaveKind
from ...simulator.log import LogEntry, LogEntryKind
from ...simulator.results import Outcome, Totals
from ..chart import step_chart
from ..clock import offset, span
from ..flow import flow
from ..inert import joined
from ..style import PLAIN, Style
from ..table import listing, table

__all__ = ["event_words", "outcome_words", "shown_events", "timeline_text", "totals_words", "unbudgeted_lines"]

_WORDS = {
    LogEntryKind.CHANGED: "changed",
    LogEntryKind.EVALUATED: "evaluated",
    LogEntryKind.DELETED: "delete",
    LogEntryKind.GONE: "terminated",
    LogEntryKind.CREATED: "create",
    LogEntryKind.PENDING: "pending",
    LogEntryKind.REFUSED: "refused",
    LogEntryKind.EVICTS: "evicts",
    LogEntryKind.BOUND: "bound",
    LogEntryKind.READY: "ready",
    LogEntryKind.AVAILABLE: "available",
    LogEntryKind.NOT_READY: "not ready",
    LogEntryKind.FAILED: "failed",
    LogEntryKind.SUCCEEDED: "succeeded",
}
_MANY_EVENTS = 40
_OUTCOMES = {
    Outcome.COMPLETE: "complete",
    Outcome.DEGRADED: "updated, but not all available",
    Outcome.STALLED: "STALLED",
    Outcome.PARKED: "left as it is (OnDelete)",
    Outcome.OSCILLATING: "OSCILLATES",
    Outcome.CUT_OFF: "not over yet",
}
_KIND_WORDS = {WaveKind.UPDATE: "", WaveKind.CREATE: "create", WaveKind.REMOVE: "remove"}


def timeline_text(
    stories: Sequence[Timeline],
    costs: Sequence[UnbudgetedDeletions] = (),
    style: Style = PLAIN,
    *,
    events: bool = False,
    plain: bool = False,
    assumed: str = "",
) -> str:
    """Return every timeline; what goes at once comes first, and nothing to do is said, too.

    What is `assumed` of gates is the first line.

    With `events`, every event is listed, however many; with `plain`, the chart is ASCII.
    """
    lines = [*([assumed] if assumed and stories else []), *unbudgeted_lines(costs, style)]
    if not stories:
        lines += ["Nothing to roll out.", ""]
    for story in stories:
        lines += [*_timeline_lines(story, style, events=events, plain=plain), ""]
    return joined(lines, colour=style.colour)


def _timeline_lines(story: Timeline, style: Style, *, events: bool, plain: bool) -> Iterator[str]:
    yield style.paint(str(story.identity), "bold") + f"  {story.budget}"
    yield "  " + "; ".join(story.notes)
    yield ""
    acted = any(item.kind is not LogEntryKind.EVALUATED for item in story.events)
    if acted and (events or len(story.events) <= _MANY_EVENTS):
        yield from _event_lines(story, style)
        yield ""
    if story.window.waves:
        yield from _rollout_lines(story, style, plain=plain)
    yield from _summary_lines(story, style)


def _rollout_lines(story: Timeline, style: Style, *, plain: bool) -> Iterator[str]:
    if story.barrier is story.window:
        yield from _wave_lines(story, story.window, style)
    else:
        yield "  rolling window (a slot frees as each pod becomes available):"
        yield from _wave_lines(story, story.window, style, word="STEP")
        yield ""
        yield "  as strict waves, each waiting for the one before:"
        yield from _wave_lines(story, story.barrier, style)
    yield ""
    if story.window.run.most_down:
        series = [((moment - story.started).total_seconds(), down) for moment, down in story.window.run.down]
        yield "  nodes down"
        yield from (
            "  " + line for line in step_chart(series, story.window.seconds, width=min(style.width, 100), plain=plain)
        )
        yield ""


def unbudgeted_lines(costs: Sequence[UnbudgetedDeletions], style: Style) -> Iterator[str]:
    """Yield a red line for each DaemonSet that loses pods outside any budget, with the nodes."""
    for cost in costs:
        yield style.paint(f"! {cost.identity} {cost.text}: {listing(cost.nodes, style.limit)}", "red")


def shown_events(story: Timeline) -> Iterator[LogEntry]:
    """Yield the events that no other tells as well: available comes with ready, evaluated matters at the beginning."""
    ready = {(item.pod, item.at) for item in story.events if item.kind is LogEntryKind.READY}
    for item in story.events:
        if item.kind is LogEntryKind.AVAILABLE and (item.pod, item.at) in ready:
            continue
        if item.kind is LogEntryKind.EVALUATED and item is not story.events[0]:
            continue
        yield item


def event_words(item: LogEntry) -> str:
    """Return what happened in the words of the timeline."""
    return _WORDS[item.kind]


def _event_lines(story: Timeline, style: Style) -> Iterator[str]:
    rows = [
        (offset((item.at - story.started).total_seconds()), event_words(item), item.node, item.pod, item.reason)
        for item in shown_events(story)
    ]
    yield from table(("TIME", "EVENT", "NODE", "POD", "REASON"), rows, style, indent="  ", drop=("POD",))
    yield f"  {offset(story.window.seconds)} {outcome_words(story.window.outcome, governed=story.governed)}"


def _wave_lines(story: Timeline, rollout: SimulatedRollout, style: Style, word: str = "WAVE") -> Iterator[str]:
    limit = style.limit
    shown = rollout.waves if limit is None or len(rollout.waves) <= limit + 1 else rollout.waves[:limit]
    rows = [_wave_row(wave, story.window.run.wanted, style) for wave in shown]
    yield from table((word, "START", "END", "NODES", "DOWN", "NAMES"), rows, style, indent="  ", drop=("START",))
    left = rollout.waves[len(shown) :]
    if left:
        yield f"  ... and {len(left):,} more, until {offset(left[-1].end)}; -o wide shows all"


def _wave_row(wave: Wave, wanted: int, style: Style) -> tuple[object, ...]:
    name = f"{_KIND_WORDS[wave.kind]} {wave.number:,}".strip()
    sick = f" ({wave.sick:,} sick)" if wave.sick else ""
    down = f"{wave.most_down:,} of {wanted:,}"
    names = listing(wave.nodes, style.few)
    return name, offset(wave.start), offset(wave.end), f"{len(wave.nodes):,}{sick}", down, names


def _summary_lines(story: Timeline, style: Style) -> Iterator[str]:
    slides = story.barrier is not story.window
    yield from _wrapped(_rollout_summary(story.window, "step" if slides else "wave", governed=story.governed), style)
    if slides:
        yield from _wrapped(f"as strict waves: {_rollout_summary(story.barrier, governed=story.governed)}", style)
    if story.slow_seconds:
        slow = f"{offset(story.slow_seconds)} ({span(story.slow_seconds)})"
        yield f"  worst case (95th percentile): {slow}"
    if story.evicted:
        yield from _alarm(f"evicts {len(story.evicted):,}: {listing(story.evicted, style.limit)}", style)
    if story.stall is not None:
        yield from _alarm(story.stall.text, style)
        for command in story.stall.commands:
            yield f"    run: {command}"
    run = story.window.run
    if run.left_outdated:
        names = listing(run.left_outdated, style.limit)
        yield from _alarm(f"{len(run.left_outdated):,} left out of date: {names}", style)
    if run.left_down:
        yield from _alarm(f"{len(run.left_down):,} left down: {listing(run.left_down, style.limit)}", style)


def _alarm(text: str, style: Style) -> Iterator[str]:
    for line in _wrapped(f"! {text}", style):
        yield style.paint(line, "red")


def _wrapped(text: str, style: Style) -> list[str]:
    return flow(text, style.width - 2, "  ", "    ")


def _rollout_summary(rollout: SimulatedRollout, word: str = "wave", *, governed: bool) -> str:
    run = rollout.run
    waves = len(rollout.updates)
    in_waves = f" in {waves:,} {word}{'s' * (waves != 1)}" if waves else ""
    zone, most = run.most_down_in_zone
    in_zone = f", {most:,} in zone {zone}" if zone else ""
    done = totals_words(run.totals) if rollout.seconds or rollout.outcome is Outcome.COMPLETE else "nothing happens"
    end = f" at {offset(rollout.seconds)} ({span(rollout.seconds)})" if rollout.seconds else ""
    outcome = outcome_words(rollout.outcome, governed=governed)
    return (
        f"{done}{in_waves}; {outcome}{end}; at most {run.most_down:,} of {run.wanted:,} nodes "
        f"down at once{in_zone}; {run.lost_pod_seconds:,.0f} pod-seconds without service"
    )


def totals_words(totals: Totals) -> str:
    """Return the totals that are not zero, each line apart.

    >>> totals_words(Totals(created=3, updated=2, managed={"NotEligible": 4}))
    '3 created, 2 updated, 4 deleted outside any budget (NotEligible 4)'
    """
    parts = [
        f"{number:,} {word}"
        for number, word in (
            (totals.created, "created"),
            (totals.updated, "updated"),
            (totals.sick_replaced, "sick replaced beyond the budget"),
            (totals.superseded, "superseded"),
            (totals.by_host, "deleted by the host"),
        )
        if number
    ]
    managed = sum(totals.managed.values())
    if managed:
        reasons = ", ".join(f"{reason} {number:,}" for reason, number in totals.managed.items())
        parts.append(f"{managed:,} deleted outside any budget ({reasons})")
    return ", ".join(parts) or "nothing to do"


def outcome_words(outcome: Outcome, *, governed: bool = False) -> str:
    """Return the outcome for a reader; `governed` where policies decide.

    >>> outcome_words(Outcome.PARKED, governed=True)
    'left as its policies have it'
    """
    return "left as its policies have it" if governed and outcome is Outcome.PARKED else _OUTCOMES[outcome]
