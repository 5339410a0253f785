"""Explanations and counterfactuals as text. Nothing is decided here; colour is decoration only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...constraints.tolerations import is_passing_taint
from ...eligibility import Verdict
from ...explain.answers import Answer, AnswerClass, Explanation, Kind
from ...explain.counterfactual import Counterfactual
from ...explain.edits import RemoveTaint
from ...explain.search import Side
from ...explain.shared import SharedCause, shared_causes
from ...model.daemonset import DaemonSet
from ...model.node import Taint
from ...planner.account import Fate, When
from ..flow import counted, flow
from ..inert import joined
from ..style import PLAIN, Style
from ..table import listing, table
from .edits import edit_command, edit_option, edit_words, short_path

__all__ = ["FATE_WORDS", "KIND_WORDS", "counterfactuals_text", "fate_words", "side_effect_words", "why_text"]

KIND_WORDS = {
    Kind.YES: "yes",
    Kind.BLOCKED: "no, wanted and blocked for now",
    Kind.IMPOSSIBLE: "no, wanted but impossible",
    Kind.BY_DESIGN: "no, excluded by design",
}
_COLOURS = {Kind.YES: "green", Kind.BLOCKED: "yellow", Kind.IMPOSSIBLE: "red", Kind.BY_DESIGN: "dim"}
FATE_WORDS = {
    Fate.UNTOUCHED: "the controller does nothing for this DaemonSet",
    Fate.EXCLUDED: "this DaemonSet does not select the node",
    Fate.REMOVED: "its pod is removed and not created again",
    Fate.KEPT: "a pod that is there may stay, a new one would not be created",
    Fate.RUNS: "its pod is there, up to date and available",
    Fate.STARTING: "its pod is there and not available yet",
    Fate.CREATED: "its pod is created",
    Fate.REPAIRED: "a pod that is of no use there goes, and one runs at the end",
    Fate.REPLACED: "its pod is out of date, and the roll-out replaces it",
    Fate.UNPLACED: "its pod finds no place",
    Fate.FAILING: "its pod fails",
    Fate.DOWN: "the node is not ready",
    Fate.STALLED: "its pod is out of date, and the roll-out is stalled",
    Fate.PARKED: "its pod is out of date and stays so until somebody acts",
}
_WHEN = {
    When.UNDER_WAY: ", under way",
    When.NOW: " in the next pass",
    When.LATER_PASS: " in a later pass",
}
_TIMED = (Fate.CREATED, Fate.REPAIRED, Fate.REMOVED, Fate.REPLACED)
_SIDES = {
    Side.DAEMONSET: "the DaemonSet",
    Side.NODE: "the node",
    Side.BOTH: "both",
    Side.CLUSTER: "the cluster",
}


def why_text(explanation: Explanation, style: Style = PLAIN) -> str:
    """Return an explanation as text: one pair in full, more of them as classes and shared causes."""
    if explanation.total == 1 and len(explanation.classes) == 1:
        lines = list(_pair(explanation.classes[0].answer, style))
    else:
        lines = list(_classes(explanation, style))
    while lines and not lines[-1]:
        lines.pop()
    lines += [line for note in explanation.notes for line in flow(f"Note: {note.subject}: {note.text}", style.width)]
    return joined(lines, colour=style.colour) + "\n"


def _pair(answer: Answer, style: Style) -> Iterator[str]:
    subject = f"{answer.daemonset} on {answer.node}"
    yield from _head(subject, KIND_WORDS[answer.kind], style, _COLOURS[answer.kind])
    yield from flow(_standing(answer), style.width, "  ")
    yield from _reasons(answer, style)
    if answer.closest is not None:
        closest = answer.closest
        held = f"{closest.held} of {closest.held + len(closest.failing)} requirements hold"
        text = f"closest: term {closest.term} of the {closest.terms} OR-ed ones, {held}; it fails "
        yield from flow(text + ", ".join(cause.needed for cause in closest.failing), style.width, "  ")
    for hint in answer.hints:
        yield from flow(f"hint: {hint}", style.width, "  ")
    for helped in answer.helped:
        yield from flow(f"helped: {helped.taint} is tolerated automatically", style.width, "  ")
    yield from _pods(answer, style)
    yield from (f"  run: {command}" for command in answer.commands)
    for failure in answer.failures:
        for text in map(str, failure.shortages) if failure.shortages else failure.reasons:
            yield from flow(f"{failure.plugin}  {text}", style.width, "  ")
    if answer.blockers and not answer.failures:
        word = "evicts" if answer.kind is Kind.YES else "held up by"
        yield from flow(f"{word} {listing(answer.blockers, style.limit)}", style.width, "  ")


def _head(subject: str, said: str, style: Style, colour: str = "") -> Iterator[str]:
    """Yield `subject: said`, on two lines where one is too short."""
    painted = style.paint(said, colour) if colour else said
    if len(subject) + len(": ") + len(said) <= style.width:
        yield style.paint(f"{subject}: ", "bold") + painted
    else:
        yield style.paint(f"{subject}:", "bold")
        yield from (flow(said, style.width, "  ") if not colour else [f"  {painted}"])


def _standing(answer: Answer) -> str:
    parts = [f"{answer.verdict}: {fate_words(answer)}"]
    if answer.wave:
        parts[0] += f" in wave {answer.wave:,}"
    return "; ".join([*parts, answer.detail] if answer.detail else parts)


def fate_words(answer: Answer) -> str:
    """Return what becomes of the pair, and when, in words."""
    words = FATE_WORDS[answer.fate]
    if answer.fate in _TIMED and not answer.wave:
        words += _WHEN.get(answer.moment.when, "")
    return f"{words}; an available pod goes for it" if answer.loses else words


def _reasons(answer: Answer, style: Style) -> Iterator[str]:
    """Yield every cause with both sides, as a table where it fits, else one below the other."""
    rows = [
        (finding.code, short_path(cause.field), cause.needed, cause.observed, finding.origins[number])
        for finding in answer.findings
        for number, cause in enumerate(finding.causes)
    ]
    if not rows:
        return
    yield ""
    lines = table(("REASON", "FIELD", "NEEDS", "NODE HAS", "AT"), rows, indent="  ", gap=2)
    if max(map(len, lines)) <= style.width:
        yield from lines
    else:
        for code, field, needed, observed, origin in rows:
            yield from flow(f"{code}  {field}", style.width, "  ", "    ")
            yield from flow(f"needs     {needed}", style.width, "    ", " " * 14)
            yield from flow(f"node has  {observed}", style.width, "    ", " " * 14)
            if origin:
                yield from flow(f"at        {origin}", style.width, "    ", " " * 14)
    yield ""


def _pods(answer: Answer, style: Style) -> Iterator[str]:
    for pod in answer.pods:
        facts = [pod.phase or "no phase", "ready" if pod.ready else "not ready"]
        facts.append("up to date" if pod.current else "of an older template")
        facts += ["terminating"] if pod.terminating else []
        facts += ["holds the place"] if pod.holds else []
        yield from flow(f"pod {pod.name}: {', '.join(facts)}", style.width, "  ")
        for line in pod.says:
            yield from flow(line, style.width, "    ", "      ")


def _classes(explanation: Explanation, style: Style) -> Iterator[str]:
    yield from _head(explanation.subject, _sum(explanation), style)
    causes = shared_causes(explanation)
    numbers: dict[int, list[int]] = {}
    for number, cause in enumerate(causes, start=1):
        for position in cause.classes:
            numbers.setdefault(position, []).append(number)
    room = max([5, *(len(f"{entry.count:,}") for entry in explanation.classes)])
    last: Kind | None = None
    for position, entry in enumerate(explanation.classes):
        if entry.answer.kind is not last:
            last = entry.answer.kind
            yield ""
            yield style.paint(KIND_WORDS[last], _COLOURS[last])
        yield from _class(entry, numbers.get(position, ()), style, f"  {entry.count:>{room},}  ")
    if causes:
        yield ""
        yield "because"
        for number, cause in enumerate(causes, start=1):
            yield from _cause(number, cause, style)


def _sum(explanation: Explanation) -> str:
    parts = []
    for kind in KIND_WORDS:
        count = sum(entry.count for entry in explanation.classes if entry.answer.kind is kind)
        if count:
            parts.append(f"{count:,} {kind}")
    return " + ".join(parts) + (f" = {explanation.total:,}" if len(parts) > 1 else "")


def _class(entry: AnswerClass, numbers: Sequence[int], style: Style, first: str) -> Iterator[str]:
    answer = entry.answer
    text = fate_words(answer)
    if entry.waves[1]:
        begin, end = entry.waves
        text += f" in wave {begin:,}" if begin == end else f" in waves {begin:,} to {end:,}"
    text = "; ".join(filter(None, (text, answer.detail)))
    if numbers:
        text += " " + " ".join(f"[{number}]" for number in numbers)
    if answer.helped and answer.verdict is Verdict.RUN:
        text += f" (tolerated automatically: {', '.join(helped.taint for helped in answer.helped)})"
    if answer.failures:
        text += ": " + ", ".join(reason for failure in answer.failures for reason in failure.reasons)
    yield from flow(text, style.width, first)
    yield from flow(listing(entry.members, style.limit), style.width, " " * len(first))


def _cause(number: int, cause: SharedCause, style: Style) -> Iterator[str]:
    """Yield one cause and what the nodes have, values that many have first."""
    at = "  ".join(filter(None, (short_path(cause.field), cause.origin)))
    yield from flow(f"{cause.code}: needs {cause.needed}" + (f"  ({at})" if at else ""), style.width, f"  [{number}] ")
    limit = style.limit or len(cause.observed)
    shown = [f"{value} ({count:,})" for value, count in cause.observed[:limit]]
    if len(cause.observed) > limit:
        shown.append(f"... and {len(cause.observed) - limit:,} other values")
    yield from flow("there is " + ", ".join(shown), style.width, " " * 6)
    for hint in cause.hints:
        yield from flow(f"hint: {hint}", style.width, " " * 6)


def counterfactuals_text(
    found: Sequence[Counterfactual], daemonset: DaemonSet | None = None, style: Style = PLAIN
) -> str:
    """Return the edits that change an answer, the smallest first, each with its price and how to try it."""
    if not found:
        return "No edit of the known kinds changes that.\n"
    lines = ["Ways to change this (each verified by re-planning):"]
    for number, entry in enumerate(found, start=1):
        words = " and ".join(edit_words(edit) for edit in entry.edits)
        lines += flow(f"{words}", style.width, f"  {number}. on {_SIDES[entry.side]}: ")
        if entry.kind is not Kind.YES:
            text = f"then {FATE_WORDS[entry.fate]}" + (f"; {entry.detail}" if entry.detail else "")
            lines += flow(text, style.width, " " * 5)
        lines += flow(f"side effects: {side_effect_words(entry, style.limit)}", style.width, " " * 5)
        options = " ".join(filter(None, (edit_option(edit, daemonset) for edit in entry.edits)))
        if options:
            lines.append(f"     try: {options}")
        for edit in entry.edits:
            if isinstance(edit, RemoveTaint) and is_passing_taint(Taint(key=edit.key)):
                lines += flow("Kubernetes itself removes that taint once the condition is over", style.width, " " * 5)
            elif command := edit_command(edit):
                lines.append(f"     run: {command}")
    return joined(lines, colour=style.colour) + "\n"


def side_effect_words(entry: Counterfactual, limit: int | None = 10) -> str:
    """Return what else an edit changes, in words."""
    found = entry.side_effects
    parts = []
    if found.also_selects:
        roles = ", ".join(f"{count:,} {role}" for role, count in found.also_roles)
        names = listing(found.also_selects, min(limit or len(found.also_selects), 3))
        parts.append(f"also selects {roles} node{'s' * (len(found.also_selects) != 1)} ({names})")
    if found.no_longer:
        parts.append(f"no longer selects {counted(len(found.no_longer), 'node')} ({listing(found.no_longer, limit)})")
    if found.replaced:
        parts.append(f"the changed template replaces {counted(found.replaced, 'pod')} elsewhere")
    if entry.evicts:
        parts.append(f"evicts {listing(entry.evicts, limit)}")
    elif found.evicts:
        parts.append("evicts " + ", ".join(f"{counted(pods, 'pod')} of {victim}" for victim, pods in found.evicts))
    parts += [f"{each.daemonset} becomes {each.fate} on {listing(each.nodes, limit)}" for each in found.worse]
    parts += [f"{other.daemonset} goes from {other.before} to {other.after} there" for other in found.others]
    return "; ".join(parts) or "none"
