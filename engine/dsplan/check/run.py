"""A run: every chosen rule over one scene, what is ignored left out, the worst first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from ..errors import ConstraintFault
from ..model.daemonset import IGNORE_ANNOTATION
from ..model.meta import Identity
from ..model.regex import regex
from ..model.world import World
from .expecting import Result
from .registry import chosen_rules
from .rule import Report, Rule
from .scene import Scene
from .settings import Settings
from .types import Finding, Severity, Spot

__all__ = ["EXPECTED", "check", "with_expectations"]

_PLACE = regex(r"^(?P<source>.*?)(?::(?P<line>[0-9]+))?(?::(?P<column>[0-9]+))?$")


def check(scene: Scene, rules: Iterable[Rule], settings: Settings) -> Report:
    """Return what the chosen rules find, errors first, then by rule and object.

    Raises InputError where the settings name a rule that does not exist, ConstraintFault where a rule raises.

    >>> from dsplan.check.registry import BUILTIN_RULES
    >>> from dsplan.planner import solve
    >>> from dsplan.testing import NOW
    >>> world = World()
    >>> check(Scene.of(world, solve(world, now=NOW)), BUILTIN_RULES, Settings()).summary
    'Checked 0 DaemonSets: no findings.'
    """
    chosen = chosen_rules(tuple(rules), settings)
    ignored_of = dict(_ignored(scene.world))
    found: list[Finding] = []
    ignored = 0
    for each in chosen:
        for spot in _spots(each, scene):
            if any(_covers(pattern, each) for pattern in ignored_of.get(spot.object, ())):
                ignored += 1
            else:
                found.append(_finding(each, spot, settings.severity, scene.world))
    order = sorted(found, key=_order)
    sources = {place for each in scene.subjects if (place := _parts(scene.world, each.identity, "")[0])}
    return Report(
        findings=tuple(order),
        rules=chosen,
        ignored=ignored,
        checked=len(scene.subjects),
        sources=tuple(sorted(sources | {each.source for each in found if each.source})),
    )


EXPECTED = Rule(
    id="DSP900",
    name="expectation-not-met",
    severity=Severity.ERROR,
    summary="The plan is not as an expect: document demands.",
    why="Whoever wrote the expectation wants to know before this is merged.",
    source="the document itself",
    check=lambda _: (),
)
"""Not chosen like other rules: what expectations find is told under its id."""


def with_expectations(report: Report, results: Iterable[Result]) -> Report:
    """Return a report with the results of expectations, those that do not hold as findings before all others.

    >>> with_expectations(Report(), [Result(name="calm", demand="stalls", holds=True, text="0 stalled")]).summary
    'Checked 0 DaemonSets: no findings. 1 of 1 expectations hold.'
    """
    results = tuple(results)
    found = tuple(_unmet(each) for each in results if not each.holds)
    sources = sorted({*report.sources, *(each.source for each in results)} - {""})
    rules = (*report.rules, EXPECTED)
    return msgspec.structs.replace(
        report, findings=(*found, *report.findings), rules=rules, results=results, sources=tuple(sources)
    )


def _unmet(result: Result) -> Finding:
    spot = Spot(object=Identity("Expectation", "", result.name), field=result.demand, text=result.text)
    return Finding(rule=EXPECTED.id, severity=EXPECTED.severity, spot=spot, source=result.source, line=result.line)


def _spots(rule: Rule, scene: Scene) -> Iterator[Spot]:
    try:
        yield from rule.check(scene)
    except Exception as error:
        raise ConstraintFault(f"rule {rule.id} ({rule.name}) raised {type(error).__name__}: {error}") from error


def _ignored(world: World) -> Iterator[tuple[Identity, tuple[str, ...]]]:
    for daemonset in world.daemonsets:
        yield daemonset.identity, _listed(daemonset.metadata.annotations)
    for policy in world.rollout_policies:
        yield policy.identity, _listed(policy.metadata.annotations)


def _listed(annotations: Mapping[str, str]) -> tuple[str, ...]:
    text = annotations.get(IGNORE_ANNOTATION, "")
    return tuple(part for part in text.replace(",", " ").split() if part)


def _covers(pattern: str, rule: Rule) -> bool:
    return pattern in (rule.name, "all") or rule.id.startswith(pattern)


def _finding(rule: Rule, spot: Spot, severities: Mapping[str, Severity], world: World) -> Finding:
    chosen = next((severities[key] for key in (rule.id, rule.name) if key in severities), None)
    source, line, column = _parts(world, spot.object, spot.field)
    severity = chosen or spot.severity or rule.severity
    return Finding(rule=rule.id, severity=severity, spot=spot, source=source, line=line, column=column)


def _parts(world: World, identity: Identity, field: str) -> tuple[str, int | None, int | None]:
    place = world.origins.locate(identity, field) if world.origins is not None else ""
    found = _PLACE.match(place)
    if not place or found is None:
        return "", None, None
    line, column = (int(found[name]) if found[name] else None for name in ("line", "column"))
    return str(found["source"]), line, column


def _order(finding: Finding) -> tuple[int, str, Identity, str, str]:
    return finding.severity.rank, finding.rule, finding.object, finding.spot.field, finding.spot.text
