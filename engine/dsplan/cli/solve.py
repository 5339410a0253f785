"""`dsplan solve`: the plan."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import TYPE_CHECKING

import click

from .check_reports import CI_FORMATS, in_ci_format, report_of
from .failures import exit_code_of
from .options import input_options, load_world, moment, output_option, solved
from .printing import print_plan
from .sinks import tell, write
from .sources import edit_made
from .state_options import remembering, state_options

if TYPE_CHECKING:
    from ..model.world import World


@click.command()
@input_options
@output_option("table", "wide", "json", "jsonl", "yaml", "name", "markdown", *CI_FORMATS)
@click.option("--out", metavar="PLAN.json", help="Write the plan to a file, for show, verify, drift and diff.")
@click.option("--with-world", is_flag=True, help="Put the world that is planned into the plan, for verify.")
@state_options
@click.option("--bodies", is_flag=True, help="Put the complete bodies of created pods into json and yaml.")
@click.option(
    "--exit-code",
    is_flag=True,
    help="Exit with 3 if changes are pending, 4 if something is impossible, fails or stalls.",
)
def command(
    files: tuple[str, ...],
    more: tuple[str, ...],
    namespace: str | None,
    all_namespaces: bool,
    selector: str | None,
    now: datetime | None,
    output: str,
    exit_code: bool,
    bodies: bool,
    out: str | None,
    with_world: bool,
    state: str | None,
    gates: tuple[str, ...],
) -> None:
    """Print what the DaemonSet controller will do: verdicts, actions and update waves.

    To the cluster in FILE; with --cluster, to that cluster once the manifests in FILE are applied; without any FILE, to
    the live cluster, read with kubectl. In the formats of CI systems (-o sarif, junit, github, gitlab) it prints what
    `dsplan check` finds.
    """
    from ..report.documents.plan import plan_document

    world = load_world(files, more, None if all_namespaces else namespace, selector)
    world = remembering(world, state, gates)
    if bodies:
        _warn_of_abridged(world)
    plan = solved(world, moment(now, world))
    kept = out is not None or output in ("json", "yaml")
    inputs = _digest(world) if kept else ""
    document = plan_document(plan, inputs=inputs, bodies=bodies, digests=kept, edit=edit_made())
    if out is not None:
        from ..document.encoding import compact_json
        from .made_from import Request, with_embedded_world, with_origin
        from .output_files import write_whole

        chosen = None if all_namespaces else namespace
        request = Request(files=(*files, *more), namespace=chosen, selector=selector, state=state, gates=gates, now=now)
        written = with_origin(document, world, request)
        written = with_embedded_world(written, world) if with_world else written
        write_whole(out, compact_json(written) + b"\n", private=True)
    if output in CI_FORMATS:
        write(in_ci_format(report_of(world, plan), output), output)
    else:
        print_plan(document, output)
    if exit_code:
        sys.exit(exit_code_of(document))


def _warn_of_abridged(world: World) -> None:
    from ..apiserver.defaulting import is_abridged

    if any(is_abridged(daemonset.spec.template) for daemonset in world.daemonsets):
        tell("note: bodies are not complete: a snapshot without --full keeps what planning reads")


def _digest(world: World) -> str:
    from ..report.inputs import inputs_digest

    return inputs_digest(world)
