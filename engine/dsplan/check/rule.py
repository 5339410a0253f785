"""What a rule is, and what a run of all rules comes to."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from .expecting import Result
from .scene import Scene
from .types import Finding, Severity, Spot

__all__ = ["Report", "Rule", "rule"]


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One rule. `check` is given the whole scene and yields a spot for each risk that it sees.

    `id` never changes and `name` says it in words; `why` is one sentence about what it does to people, `source` where
    that is known from. A rule that is not `enabled` runs only when it is selected by its id.
    """

    id: str
    name: str
    severity: Severity
    summary: str
    why: str
    source: str
    check: Callable[[Scene], Iterable[Spot]]
    enabled: bool = True


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What all rules come to: findings, the worst first; how many were ignored; how many objects were looked at.

    `results` are those of expectations; each that does not hold is a finding, too.
    """

    findings: tuple[Finding, ...] = ()
    rules: tuple[Rule, ...] = ()
    ignored: int = 0
    checked: int = 0
    sources: tuple[str, ...] = ()
    results: tuple[Result, ...] = ()

    def count(self, severity: Severity) -> int:
        """Return the number of findings of one severity.

        >>> Report().count(Severity.ERROR)
        0
        """
        return sum(finding.severity is severity for finding in self.findings)

    def fails(self, worst_allowed: Severity | None) -> bool:
        """Return whether a finding is as bad as the given severity, or worse; never for None."""
        return worst_allowed is not None and any(
            finding.severity.rank <= worst_allowed.rank for finding in self.findings
        )

    @property
    def summary(self) -> str:
        """One line for people.

        >>> Report(checked=2).summary
        'Checked 2 DaemonSets: no findings.'
        """
        counts = [f"{self.count(each):,} {_plural(each, self.count(each))}" for each in Severity if self.count(each)]
        ignored = f" ({self.ignored:,} ignored)" if self.ignored else ""
        checked = f"{self.checked:,} DaemonSet{'s' * (self.checked != 1)}"
        held = sum(each.holds for each in self.results)
        expected = f" {held:,} of {len(self.results):,} expectations hold." if self.results else ""
        return f"Checked {checked}: {', '.join(counts) or 'no findings'}{ignored}.{expected}"


def _plural(severity: Severity, count: int) -> str:
    return str(severity) if severity is Severity.INFO or count == 1 else f"{severity}s"


def rule(
    id: str,  # noqa: A002
    name: str,
    severity: Severity,
    *,
    summary: str,
    why: str,
    source: str,
    enabled: bool = True,
) -> Callable[[Callable[[Scene], Iterable[Spot]]], Rule]:
    """Return a decorator that makes a rule of a function from a scene to spots.

    >>> @rule("ABC001", "nothing", Severity.INFO, summary="s", why="w", source="x")
    ... def nothing(scene):
    ...     return ()
    >>> nothing.id
    'ABC001'
    """

    def decorate(check: Callable[[Scene], Iterable[Spot]]) -> Rule:
        return Rule(
            id=id,
            name=name,
            severity=severity,
            summary=summary,
            why=why,
            source=source,
            check=check,
            enabled=enabled,
        )

    return decorate
