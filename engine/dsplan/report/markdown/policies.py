"""The policies of a plan as markdown."""

from __future__ import annotations

from collections.abc import Iterator

from ...document.types import PlanDocument
from ..table import listing
from ..text.policies import daemonset_name, waves_line
from .cells import text_cell

__all__ = ["policy_markdown"]


def policy_markdown(plan: PlanDocument, limit: int) -> Iterator[str]:
    """Yield the section about policies, nothing where there are none."""
    entry = plan.policies
    if entry is None:
        return
    yield from ("", "#### Policies", "", f"**{text_cell(waves_line(entry))}**", "")
    yield from ("| policy | targets | step | waits for |", "|---|---|---|---|")
    for policy in entry.policies:
        targets = listing([daemonset_name(plan, place) for place in policy.targets], limit)
        step = policy.steps[policy.step].name if policy.steps else ""
        waits = "; ".join(text for text in (policy.halted, policy.waits) if text)
        row = (f"{policy.namespace}/{policy.name}", targets, step, waits)
        yield f"| {' | '.join(map(text_cell, row))} |"
    for policy in entry.policies:
        for switch in policy.unenforced:
            words = f"not enforced on {daemonset_name(plan, switch.daemonset)}: {switch.first_step}"
            yield from ("", f"- {text_cell(words)}")
    for stall in entry.stalls:
        yield from ("", f"- stalls: {text_cell(stall)}")
