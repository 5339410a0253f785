"""The command line: one module a command, imported when it is called.

In: arguments, files, standard input, kubectl. Out: results on stdout, notes and progress on stderr, an exit code.
Promises: bad input is told in full and never as a traceback; nothing from outside reaches a terminal unescaped.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Any

import click

from .failures import reporting_failures

__all__ = ["main"]

VARIABLE = "_DSPLAN_COMPLETE"
"""Set by the shell's completion script, whatever name dsplan is called by."""

COMMANDS = {
    "solve": "What will the controller do? The plan for a cluster.",
    "why": "Why is there, or is there not, a pod on a node? And what would change that?",
    "show": "A plan that was written to a file, in every format.",
    "verify": "Check a plan without trusting the solver.",
    "drift": "What changed since the plan, and which actions still apply.",
    "diff": "Two plans, clusters or manifests compared; markdown for pull requests.",
    "history": "The revisions of a DaemonSet: what each changed, and which pods still run it.",
    "timeline": "The roll-outs in time: waves, durations, what is down meanwhile.",
    "compare": "Strategies side by side: time, waves, most pods down at once, lost coverage.",
    "fit": "Will the pods fit? Who is evicted, who stays Pending, and what could be placed at best.",
    "overhead": "What daemons cost per class of nodes, and what is left.",
    "status": "How far roll-outs have got, whether they get there, and what stands in the way.",
    "snapshot": "Save a small snapshot with only what planning needs.",
    "rollout": "Carry out RolloutPolicies in a live cluster, in waves; ask first.",
    "check": "What is risky in DaemonSets, and what it affects in this cluster; for CI, too.",
    "comment": "One comment under a pull or merge request, kept up to date; for CI.",
    "validate": "Everything an API server would refuse, with lines; for CI, too.",
    "schema": "The JSON Schema of a plan, or of one of dsplan's own kinds.",
    "get": "What `kubectl get daemonsets` would show.",
    "describe": "What `kubectl describe daemonsets` would show.",
    "bench": "How fast is it? Seeded clusters, measured stage by stage.",
    "completion": "The completion script for bash, zsh or fish.",
    "help": "The help of a command.",
    "version": "The version of dsplan, and of Kubernetes whose rules it follows.",
}
"""Command -> its line in the help; the module is `dsplan.cli.<command>`."""


_SETTINGS: dict[str, Any] = {
    "help_option_names": ["-h", "--help"],
    "max_content_width": 120,
    "auto_envvar_prefix": "DSPLAN",
}
"""Every option can come from the environment: DSPLAN_SOLVE_OUTPUT=wide is `solve -o wide`."""


INTERRUPTED = 130
"""The exit code after Ctrl-C: 128 and the number of the signal, as shells have it."""


class _Lazy(click.Group):
    """Lists commands without importing them, so that --help is instant."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            ctx.exit(INTERRUPTED)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        from .what_if import with_what_if

        module = import_module(f".{cmd_name.replace('-', '_')}", __name__)
        command: click.Command = module.command
        return with_what_if(command, getattr(module, "shown", None))

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            import difflib

            close = difflib.get_close_matches(args[0], COMMANDS, 1)
            hint = f" Did you mean {close[0]!r}?" if close else ""
            ctx.fail(f"No such command {args[0]!r}.{hint}")
        return super().resolve_command(ctx, args)


@click.group(cls=_Lazy, context_settings=_SETTINGS)
@click.version_option(package_name="dsplan", message="%(prog)s %(version)s (semantics kubernetes/v1.36)")
def cli() -> None:
    """`terraform plan` for Kubernetes DaemonSets: which node gets which daemon pod, why, and in which waves.

    Exit codes: 0 fine, 1 bad input, 2 wrong usage, 3 changes pending (with --exit-code), 4 conflicts.
    """


def main() -> None:
    """Run the command line and exit; as kubectl's plugin it calls itself what the user typed."""
    plugin = os.path.basename(sys.argv[0]).startswith("kubectl")
    with reporting_failures():
        cli.main(prog_name="kubectl dsplan" if plugin else "dsplan", complete_var=VARIABLE)
