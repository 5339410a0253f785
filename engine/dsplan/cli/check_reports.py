"""Findings in the formats of CI systems, for every command that has them: the same rules, ids and settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..check import Report
    from ..model.world import World
    from ..planner import Plan

__all__ = ["CI_FORMATS", "in_ci_format", "new_findings", "report_of"]

CI_FORMATS = ("sarif", "junit", "github", "gitlab")


def in_ci_format(report: Report, output: str) -> str:
    """Return a report in one of `CI_FORMATS`."""
    from ..document.encoding import as_json
    from ..report import problems
    from ..report.problems.findings import findings_log

    log = findings_log(report)
    if output == "github":
        return problems.github_log(log)
    if output == "junit":
        return problems.junit_log(log)
    return as_json(problems.gitlab_log(log) if output == "gitlab" else problems.sarif_log(log))


def report_of(world: World, plan: Plan) -> Report:
    """Return what `dsplan check` finds in a world that was planned: of manifests over a cluster, in the manifests."""
    from ..check import Scene, check
    from .check_inputs import all_rules, read_settings
    from .sources import applied_daemonsets

    settings = read_settings(None)
    return check(Scene.of(world, plan, applied_daemonsets(), options=settings.options), all_rules(), settings)


def new_findings(before: Report, after: Report) -> Report:
    """Return a report of what is found after and was not before, by rule, object and field."""
    import msgspec

    known = {(each.rule, each.object, each.spot.field) for each in before.findings}
    new = tuple(each for each in after.findings if (each.rule, each.object, each.spot.field) not in known)
    return msgspec.structs.replace(after, findings=new)
