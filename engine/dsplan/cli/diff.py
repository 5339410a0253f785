"""`dsplan diff`: what differs between two plans."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import TYPE_CHECKING

import click
import msgspec

from ..document.types import PlanDocument
from .check_reports import CI_FORMATS
from .failures import CHANGES_PENDING, CONFLICTS
from .options import NOW_HELP, Moment, fresh_document, moment, output_option, style_for
from .progress import progress_bar
from .sinks import say, tell, write
from .sources import choice_of, cluster_options, read_world

if TYPE_CHECKING:
    from ..manifests.world_changes import ObjectChange
    from ..model.world import World


@click.command()
@click.argument("before", metavar="A")
@click.argument("after", metavar="B")
@cluster_options("A and B are manifests to apply to this.")
@click.option(
    "--now",
    type=Moment(),
    metavar="TIME",
    help=NOW_HELP,
)
@output_option("table", "wide", "json", "yaml", "markdown", *CI_FORMATS)
@click.option(
    "--exit-code",
    is_flag=True,
    help="Exit with 3 if anything differs, 4 if something new stalls, fails or finds no place.",
)
def command(before: str, after: str, now: datetime | None, output: str, exit_code: bool) -> None:
    """Compare two plans, two clusters, or (with --cluster) two manifests over one cluster.

    The edit itself first: which objects and fields were changed, but no values of environments, arguments and the like.
    Then who gains a pod, who loses one, what updates, by zone and node class; -o markdown is made for pull requests.
    In the formats of CI systems (-o sarif, junit, github, gitlab) it prints what `dsplan check` finds in B alone.
    """
    from ..changes import plan_changes
    from ..document.encoding import as_json, as_yaml
    from ..document.types import PlanDocument
    from ..report.text.changes import changes_markdown, changes_text

    one, other = _read(before), _read(after)
    first, second = (None if isinstance(each, PlanDocument) else each for each in (one, other))
    at = moment(now, second or first)
    old, new = (each if isinstance(each, PlanDocument) else fresh_document(each, at) for each in (one, other))
    edit = _edit(first, second) if first is not None and second is not None else _planned_edit(old, new)
    with progress_bar("comparing"):
        found = msgspec.structs.replace(plan_changes(old, new), edit=edit)
    if output in CI_FORMATS:
        write(_new_findings(first, second, at, output), output)
    elif output in ("json", "yaml"):
        write(as_json(found) if output == "json" else as_yaml(found), output)
    elif output == "markdown":
        say(changes_markdown(found))
    else:
        say(changes_text(found, style_for(wide=output == "wide")))
    if exit_code and found:
        sys.exit(CONFLICTS if found.account.has_new_problems else CHANGES_PENDING)


def _new_findings(before: World | None, after: World | None, at: datetime, output: str) -> str:
    """Return what `dsplan check` finds in the second and not in the first, in a format of CI systems."""
    from .check_reports import in_ci_format, new_findings, report_of
    from .options import solved

    if before is None or after is None:
        raise click.UsageError(f"-o {output} checks manifests or clusters; a plan file holds neither")
    old, new = (report_of(world, solved(world, at)) for world in (before, after))
    return in_ci_format(new_findings(old, new), output)


def _read(path: str) -> PlanDocument | World:
    """Return a plan from its file, or a cluster, or manifests over one."""
    from .plan_files import is_plan_file, read_plan_file

    return read_plan_file(path) if is_plan_file(path) else read_world((path,), None, None)


def _planned_edit(old: PlanDocument, new: PlanDocument) -> tuple[ObjectChange, ...]:
    """Return what the manifests of the second plan change and those of the first do not: all that plans can tell."""
    from ..report.documents.edit import edit_of

    return edit_of(entry for entry in new.edit if entry not in old.edit)


def _edit(before: World, after: World) -> tuple[ObjectChange, ...]:
    """Return what somebody changed; raises InputError where an API server would refuse the second manifests."""
    from ..errors import InputError
    from ..manifests.updates import refused_updates
    from ..manifests.world_changes import AUTHORED, world_changes

    choice = choice_of()
    if (choice.cluster or choice.wants_live) and choice.validate != "ignore":
        problems = refused_updates(before, after, AUTHORED)
        for problem in problems if choice.validate == "warn" else ():
            tell(f"warning: {problem}")
        if problems and choice.validate == "strict":
            raise InputError.of(problems)
    return world_changes(before, after)
