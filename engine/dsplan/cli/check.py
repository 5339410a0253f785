"""`dsplan check`: what is risky, before it is merged."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import TYPE_CHECKING

import click

from .check_reports import CI_FORMATS, in_ci_format
from .failures import CONFLICTS
from .options import input_options, output_option, style_for
from .sinks import write

if TYPE_CHECKING:
    from ..check import Report, Rule, Settings, Severity

_LEVELS = ("error", "warning", "info", "never")


@click.command()
@input_options
@output_option("table", "json", "yaml", "markdown", *CI_FORMATS)
@click.option("--list", "lists", is_flag=True, help="Print the rules and exit.")
@click.option("--explain", metavar="RULE", help="Print what one rule looks for, and why; then exit.")
@click.option("--select", multiple=True, metavar="RULE,...", help="Only these rules: ids, prefixes or names.")
@click.option("--ignore", multiple=True, metavar="RULE,...", help="Not these rules: ids, prefixes or names.")
@click.option(
    "--fail-on", type=click.Choice(_LEVELS), help="Exit with 4 for findings this bad or worse. Default: error."
)
@click.option("--config", metavar="FILE", help="Settings; default: .dsplan.toml, else [tool.dsplan] in pyproject.toml.")
@click.option("--expect", metavar="FILE", help="Test the plan against this expect: document; rules then need --select.")
@click.option("--platforms", metavar="FILE", help="YAML or JSON: image -> list of os/architecture it is built for.")
def command(
    files: tuple[str, ...],
    more: tuple[str, ...],
    namespace: str | None,
    all_namespaces: bool,
    selector: str | None,
    now: datetime | None,
    output: str,
    lists: bool,
    explain: str | None,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    fail_on: str | None,
    config: str | None,
    expect: str | None,
    platforms: str | None,
) -> None:
    """Find what is risky in DaemonSets, and what it affects in this cluster.

    With --cluster, the DaemonSets in FILE are checked as they would be once applied; without any nodes, only what the
    manifests tell by themselves. Exits with 4 if anything is found that is as bad as --fail-on says.
    """
    from ..check import Settings, check, results_of, with_expectations
    from ..check.settings import merged
    from .check_inputs import all_rules, read_expectations, read_platforms, read_settings, scene_of

    rules = all_rules()
    if lists or explain:
        write(_listed(rules, output) if not explain else _explained(rules, explain), output)
        return
    settings = merged(read_settings(config), _split(select), _split(ignore), fail_on or "")
    known = read_platforms(platforms)
    expected = read_expectations(expect) if expect is not None else ()
    scene = scene_of((*files, *more), None if all_namespaces else namespace, selector, now, settings.options, known)
    runs_rules = expect is None or bool(select)
    report = check(scene, rules, settings) if runs_rules else check(scene, (), Settings())
    if expect is not None:
        report = with_expectations(report, results_of(scene, expected, expect))
    write(_shown(report, output), output)
    if report.fails(_worst_allowed(settings)):
        sys.exit(CONFLICTS)


def _split(values: tuple[str, ...]) -> list[str]:
    return [part.strip() for value in values for part in value.split(",") if part.strip()]


def _worst_allowed(settings: Settings) -> Severity | None:
    from ..check import Severity

    level = settings.fail_on or "error"
    return None if level == "never" else Severity(level)


def _listed(rules: tuple[Rule, ...], output: str) -> str:
    from ..document.encoding import as_json, as_yaml
    from ..report.documents.check import rules_document
    from ..report.text.check import rules_text

    if output in ("json", "yaml"):
        return as_json(rules_document(rules)) if output == "json" else as_yaml(rules_document(rules))
    return rules_text(rules)


def _explained(rules: tuple[Rule, ...], wanted: str) -> str:
    from ..check import Settings, chosen_rules
    from ..report.text.check import explained_text

    exact = [each for each in rules if wanted in (each.id, each.name)]
    found = exact or chosen_rules(rules, Settings(select=(wanted,)))
    return "\n".join(explained_text(each) for each in found)


def _shown(report: Report, output: str) -> str:
    """Return the report in one of the formats."""
    from ..document.encoding import as_json, as_yaml

    if output in CI_FORMATS:
        return in_ci_format(report, output)
    if output == "table":
        from ..report.text.check import check_text

        return check_text(report, style_for())
    if output == "markdown":
        from ..report.markdown.check import check_markdown

        return check_markdown(report)
    from ..report.documents.check import check_document

    return as_json(check_document(report)) if output == "json" else as_yaml(check_document(report))
