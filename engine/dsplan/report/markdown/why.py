"""Explanations and counterfactuals as markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...explain.answers import Answer, Explanation
from ...explain.counterfactual import Counterfactual
from ...explain.shared import shared_causes
from ..inert import joined
from ..table import listing
from ..text.edits import edit_words, short_path
from ..text.why import KIND_WORDS, fate_words, side_effect_words
from .cells import code, text_cell

__all__ = ["counterfactuals_markdown", "why_markdown"]


def why_markdown(explanation: Explanation, limit: int = 10) -> str:
    """Return an explanation as markdown: one pair in full, more of them as tables of classes and causes."""
    if explanation.total == 1 and len(explanation.classes) == 1:
        lines = list(_pair(explanation.classes[0].answer))
    else:
        lines = list(_classes(explanation, limit))
    lines += [f"> {text_cell(note.subject)}: {text_cell(note.text)}" for note in explanation.notes]
    return joined(lines).rstrip() + "\n"


def _pair(answer: Answer) -> Iterator[str]:
    yield f"### {text_cell(str(answer.daemonset))} on {text_cell(answer.node)}: {KIND_WORDS[answer.kind]}"
    yield ""
    detail = f" ({answer.detail})" if answer.detail else ""
    yield f"**{answer.verdict}**: {text_cell(fate_words(answer) + detail)}"
    yield ""
    if answer.findings:
        yield from ("| reason | field | needs | node has | at |", "|---|---|---|---|---|")
    for finding in answer.findings:
        for cause, origin in zip(finding.causes, finding.origins, strict=True):
            row = (
                text_cell(finding.code),
                code(short_path(cause.field)),
                code(cause.needed),
                code(cause.observed),
                text_cell(origin),
            )
            yield f"| {' | '.join(row)} |"
    yield ""
    if answer.closest is not None:
        yield f"- closest: term {answer.closest.term} of {answer.closest.terms}"
    yield from (f"- hint: {text_cell(hint)}" for hint in answer.hints)
    yield from (f"- {code(helped.taint)} is tolerated automatically" for helped in answer.helped)
    yield from (f"- pod {code(pod.name)} holds the place" for pod in answer.pods if pod.holds)
    for failure in answer.failures:
        yield from (f"- {failure.plugin}: {text_cell(str(text))}" for text in failure.shortages or failure.reasons)
    if answer.blockers and not answer.failures:
        yield f"- held up by {', '.join(map(code, answer.blockers))}"
    yield ""


def _classes(explanation: Explanation, limit: int) -> Iterator[str]:
    yield f"### {text_cell(str(explanation.subject))}"
    yield ""
    yield from ("| count | answer | because | members |", "|---:|---|---|---|")
    causes = shared_causes(explanation)
    for position, entry in enumerate(explanation.classes):
        numbers = " ".join(f"[{n}]" for n, cause in enumerate(causes, start=1) if position in cause.classes)
        text = text_cell(f"{KIND_WORDS[entry.answer.kind]}: {fate_words(entry.answer)}")
        yield f"| {entry.count:,} | {text} | {numbers} | {text_cell(listing(entry.members, limit))} |"
    yield ""
    for number, cause in enumerate(causes, start=1):
        where = f" in {code(short_path(cause.field))}" if cause.field else ""
        at = f" ({text_cell(cause.origin)})" if cause.origin else ""
        seen = ", ".join(f"{code(value)} ({count:,})" for value, count in cause.observed[:limit])
        yield f"- [{number}] {text_cell(cause.code)}: needs {code(cause.needed)}{where}{at}; there is {seen}"
        yield from (f"  - hint: {text_cell(hint)}" for hint in cause.hints)
    yield ""


def counterfactuals_markdown(found: Sequence[Counterfactual]) -> str:
    """Return the edits that change an answer as a table, the smallest first."""
    if not found:
        return "No edit of the known kinds changes that.\n"
    lines = ["| change | size | price |", "|---|---:|---|"]
    for entry in found:
        words = " and ".join(edit_words(edit) for edit in entry.edits)
        lines.append(f"| {text_cell(words)} | {entry.size} | {text_cell(side_effect_words(entry))} |")
    return joined(lines) + "\n"
