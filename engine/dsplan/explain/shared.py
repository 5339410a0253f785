"""What several classes of an explanation have in common, so that it is told once and then referred to by number."""

from __future__ import annotations

from collections import Counter, defaultdict

import msgspec

from .answers import Explanation

__all__ = ["SharedCause", "shared_causes"]


class SharedCause(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One failing detail and the classes (positions in the explanation) that have it.

    `field` and `origin` are empty where several DaemonSets share the cause, each with a field of its own. `count` is
    the number of pairs; `observed` is what they have there, the most frequent first.
    """

    code: str
    rule: str
    field: str
    needed: str
    origin: str
    count: int
    observed: tuple[tuple[str, int], ...]
    hints: tuple[str, ...]
    classes: tuple[int, ...]


def shared_causes(explanation: Explanation) -> tuple[SharedCause, ...]:
    """Return every distinct cause of an explanation once, in the order of the classes.

    A cause is a reason code and what is needed; where that stands in different fields they are one cause still.
    """
    classes: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    fields: dict[tuple[str, str, str], dict[str, str]] = defaultdict(dict)
    observed: dict[tuple[str, str, str], Counter[str]] = defaultdict(Counter)
    hints: dict[tuple[str, str, str], dict[str, None]] = defaultdict(dict)
    for position, entry in enumerate(explanation.classes):
        seen = dict(entry.observed)
        for finding in entry.answer.findings:
            for number, cause in enumerate(finding.causes):
                key = (finding.code, finding.rule, cause.needed)
                fields[key][cause.field] = finding.origins[number]
                hints[key].update(dict.fromkeys(finding.hints[number]))
                if position not in classes[key]:
                    classes[key].append(position)
                    known = seen.get(cause.field) or ((cause.observed, entry.count),)
                    observed[key].update({value: count for value, count in known if _about(cause.needed, value)})
    return tuple(
        SharedCause(
            code=code,
            rule=rule,
            needed=needed,
            field=next(iter(fields[code, rule, needed])) if len(fields[code, rule, needed]) == 1 else "",
            origin=next(iter(fields[code, rule, needed].values())) if len(fields[code, rule, needed]) == 1 else "",
            count=sum(explanation.classes[position].count for position in positions),
            observed=tuple(sorted(observed[code, rule, needed].items(), key=lambda item: (-item[1], item[0]))),
            hints=tuple(hints[code, rule, needed]),
            classes=tuple(positions),
        )
        for (code, rule, needed), positions in classes.items()
    )


def _about(needed: str, observed: str) -> bool:
    """Return whether an observation answers a need; taints all stand in one field and answer their own toleration."""
    return not needed.startswith("toleration of ") or observed.removeprefix("taint ") == needed.removeprefix(
        "toleration of "
    )
