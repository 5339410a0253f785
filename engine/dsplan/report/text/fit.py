"""`dsplan fit` for people: what the scheduler will do, what could be done at best, and what stands in the way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from pyroaring import BitMap

from ...model.world import Note
from ...placement.deployments import DeploymentFit
from ...placement.filters.outcomes import OutcomeKind
from ...placement.fit_types import Fit, VariantStatus
from ...placement.scheduler.prediction import NEVER, DaemonSetPrediction, Fate, Prediction
from ...placement.search.conflicts import Conflict
from ..documents.placement import placement_entry
from ..flow import counted, wrapped
from ..inert import joined
from ..style import Style
from ..table import listing, table
from .placement import component_table

__all__ = ["fit_text"]

_HEADER = ("NAMESPACE", "NAME", "WANTED", "HERE", "FITS", "EVICTS", "WAITS", "PENDING")


_VARIANTS = ("VARIANTS", "OF", "DESIRED", "CURRENT", "READY", "UP-TO-DATE", "AVAILABLE", "COVERED")


def fit_text(prediction: Prediction, best: Fit, names: Sequence[str], style: Style) -> str:
    """Return the whole report; `names` are the nodes in name order."""
    lines = [*_prediction(prediction, names, style), *_best(best, names, style)]
    for deployment in best.deployments:
        lines += ["", *_deployment(deployment, names, style)]
    notes = sorted({*prediction.notes, *best.notes})
    lines += ["", *(line for note in notes for line in _note(note, style))] if notes else []
    return joined([*lines, "", _summary(prediction, best), ""], colour=style.colour)


def _prediction(prediction: Prediction, names: Sequence[str], style: Style) -> Iterator[str]:
    yield from table(_HEADER, [_row(entry) for entry in prediction.daemonsets], style)
    for entry in prediction.daemonsets:
        fates = [fate for fate in entry.fates if fate.outcome.kind is not OutcomeKind.PLACED]
        if fates:
            yield ""
            yield style.paint(str(entry.identity), "bold")
        for group in _alike(fates, style):
            yield from _fate(group, names, style)
    for holder in prediction.evicted:
        yield f"  evicted in all: {holder}"


def _alike(fates: Sequence[Fate], style: Style) -> Iterable[Sequence[Fate]]:
    """Return fates that differ in amounts alone together, once there are too many for a list of all."""
    if style.limit is None or len(fates) <= style.limit:
        return [[fate] for fate in fates]
    groups: dict[tuple[object, ...], list[Fate]] = {}
    for fate in fates:
        outcome = fate.outcome
        said = tuple(failure.reasons for failure in outcome.failures)
        owners = tuple(holder.owner for holder in outcome.holders)
        groups.setdefault((outcome.kind, said, owners, outcome.evicted_by), []).append(fate)
    return groups.values()


def _row(entry: DaemonSetPrediction) -> Sequence[object]:
    kinds = [len(entry.nodes(*group)) for group in ((OutcomeKind.EVICTS,), (OutcomeKind.WAITS,), NEVER)]
    placed = len(entry.placed) + len(entry.nodes(OutcomeKind.PLACED))
    wanted = len(entry.present) + placed + sum(kinds)
    return entry.identity.namespace, entry.identity.name, wanted, len(entry.present), placed, *kinds


def _fate(group: Sequence[Fate], names: Sequence[str], style: Style) -> Iterator[str]:
    """Yield what happens, where, and the shortages of the first of the nodes."""
    outcome, nodes = group[0].outcome, BitMap.union(*(fate.nodes for fate in group))
    symbol, colour = ("x", "red") if outcome.kind in NEVER else ("!", "yellow")
    said = "; ".join(dict.fromkeys(reason for failure in outcome.failures for reason in failure.reasons))
    if outcome.holders:
        verb = "for" if outcome.kind is OutcomeKind.WAITS else ""
        said = f"{verb} {', '.join(map(str, outcome.holders))}".strip()
    if outcome.evicted_by is not None:
        said = f"{said}; evicted by {outcome.evicted_by}" if said else f"evicted by {outcome.evicted_by}"
    yield from _line(symbol, colour, f"{outcome.kind} {len(nodes):,}", said, nodes, names, style)
    where = f"on {names[group[0].nodes[0]]}, for one: " if len(group) > 1 else ""
    for failure in outcome.failures:
        for shortage in failure.shortages:
            yield from wrapped(f"      {where}{shortage}", style.width, 8)


def _line(
    symbol: str, colour: str, head: str, said: str, nodes: BitMap, names: Sequence[str], style: Style
) -> Iterator[str]:
    front = f"  {symbol} {head}"
    text = f"{front}  {said}: {listing([names[position] for position in nodes], style.limit)}"
    first, *others = wrapped(text, style.width, 6)
    yield style.paint(front, colour) + first.removeprefix(front)
    yield from others


def _best(best: Fit, names: Sequence[str], style: Style) -> Iterator[str]:
    yield ""
    goal = "coverage" if best.goal == "coverage" else "the highest priorities first"
    if best.policies:
        goal += f", within {', '.join(map(str, best.policies))}"
    proof = "proven optimal" if best.gap == 0 else f"at most {best.bound:,} possible, gap {best.gap:,}"
    found = f"{best.placed:,} of {best.wanted:,} new pods fit; {proof}" if best.wanted else "no new pod is wanted"
    yield style.paint("Best without eviction", "bold") + f" ({goal}): {found}"
    counts = best.settled
    if any(counts.values()):
        yield (
            f"  nodes settled by one sum {counts['sum']:,}, as an equal node {counts['class']:,}, "
            f"as a component {counts['search']:,}; search nodes {best.steps:,}"
        )
    yield from component_table(placement_entry(best).components, style)
    for entry in best.daemonsets:
        for nodes, what in ((entry.dropped, "delete"), (entry.held_back, "held back")):
            if nodes:
                said = f"{entry.identity} by policy"
                yield from _line("-", "red", f"{what} {len(nodes):,}", said, nodes, names, style)
    if best.variants:
        yield from table(_VARIANTS, [_variant(entry) for entry in best.variants], style, indent="  ")
    yield from _conflicts("violated", best.violations, names, style)
    yield from _conflicts("no place", best.conflicts, names, style)


def _variant(entry: VariantStatus) -> Sequence[object]:
    status = entry.status
    now = (status.current_number_scheduled, status.number_ready, status.updated_number_scheduled)
    return entry.name, len(entry.members), entry.desired, *now, status.number_available, entry.covered


def _conflicts(head: str, conflicts: Sequence[Conflict], names: Sequence[str], style: Style) -> Iterator[str]:
    shown = conflicts if style.limit is None else conflicts[: style.limit]
    for conflict in shown:
        text = f"{head} {len(conflict.nodes):,}"
        yield from _line("x", "red", text, str(conflict.subject), conflict.nodes, names, style)
        for cause in conflict.causes[: style.limit]:
            yield from wrapped(f"      {cause}", style.width, 8)
        if len(conflict.causes) > len(conflict.causes[: style.limit]):
            yield f"      ... and {len(conflict.causes[style.limit :]):,} more causes; -o wide shows all"
    if len(shown) < len(conflicts):
        yield f"  ... and {len(conflicts) - len(shown):,} more conflicts; -o wide shows all"


def _deployment(entry: DeploymentFit, names: Sequence[str], style: Style) -> Iterator[str]:
    yield style.paint(f"{entry.identity} (Deployment)", "bold")
    counts = sorted({count for _, count in entry.nodes})
    each = f"{counts[0]:,}" if len(counts) == 1 else f"{counts[0]:,} to {counts[-1]:,}" if counts else "0"
    where = f"{each} a node on {counted(len(entry.nodes), 'node')}"
    have = f"{entry.present:,} there, {entry.placed:,} more fit, {entry.short:,} do not"
    yield f"  {counted(entry.replicas, 'replica')}: {have}; {where}"
    if entry.nodes:
        yield from wrapped(f"      on {_named((n for n, _ in entry.nodes), names, style)}", style.width, 6)
    eligible = f"{len(entry.eligible):,} eligible nodes (of {len(names):,})"
    yield f"  {len(entry.without):,} of {eligible} are left without a pod; a DaemonSet would leave 0"
    if entry.without:
        yield from wrapped(f"      without {_named(entry.without, names, style)}", style.width, 6)
    for cause in entry.causes:
        yield from wrapped(f"      {cause}", style.width, 8)


def _named(nodes: Iterable[int], names: Sequence[str], style: Style) -> str:
    return listing([names[position] for position in nodes], style.limit)


def _note(note: Note, style: Style) -> list[str]:
    return wrapped(f"note: {note.subject}: {note.text}", style.width, 6)


def _summary(prediction: Prediction, best: Fit) -> str:
    never = sum(len(entry.impossible) for entry in prediction.daemonsets)
    evicted = sum(holder.pods for holder in prediction.evicted)
    placed = sum(
        len(entry.placed) + len(entry.nodes(OutcomeKind.PLACED, OutcomeKind.EVICTS)) for entry in prediction.daemonsets
    )
    violated = f", {len(best.violations):,} claims violated" if best.violations else ""
    return f"Fit: {placed:,} new pods find a place, {never:,} do not, {evicted:,} pods are evicted{violated}."
