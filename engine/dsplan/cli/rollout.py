"""`dsplan rollout`: RolloutPolicies carried out in a live cluster, in the foreground."""

from __future__ import annotations

import asyncio
import signal
import sys
from typing import TYPE_CHECKING

import click

from ..document.encoding import inert_json
from ..report.inert import inert
from .failures import CHANGES_PENDING
from .options import output_option
from .rollout_answers import commands
from .sinks import say, tell, write

if TYPE_CHECKING:
    from ..host import Api, Ended, Host, HostOptions, Record
    from ..host.live import LiveClient
    from ..model.meta import Identity
    from ..model.policy import RolloutPolicy
    from ..planner import Plan
    from ..reconciler import CurrentPlan


class _WithAnswers(click.Group):
    """Carries out what files say, unless the first word is one of the answers."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take everything that is no answer as words of the roll-out itself."""
        asks_help = bool(args) and args[0] in ("-h", "--help")
        if not asks_help and (not args or args[0] not in self.commands):
            args = ["start", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_WithAnswers)
def command() -> None:
    """Carry out RolloutPolicies in a live cluster: [start] [POLICY.yaml...] --context NAME; or answer one that runs."""


@command.command()
@click.argument("files", nargs=-1, metavar="[POLICY.yaml]...")
@click.option("--context", metavar="NAME", help="The kubeconfig's context; --yes needs it.")
@click.option("--kubeconfig", metavar="FILE", help="The kubeconfig of the cluster.")
@click.option("-n", "--namespace", default="default", show_default=True, help="Where State and Lease are kept.")
@click.option("--name", default="dsplan", show_default=True, help="The name of the State's ConfigMap and of the Lease.")
@click.option("--evict", is_flag=True, help="Use the eviction API, so that PodDisruptionBudgets hold.")
@click.option("--dry-run", type=click.Choice(("none", "client")), default="none", help="client: show the plan and end.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@output_option("table", "jsonl")
def start(
    files: tuple[str, ...],
    context: str | None,
    kubeconfig: str | None,
    namespace: str,
    name: str,
    evict: bool,
    dry_run: str,
    yes: bool,
    output: str,
) -> None:
    """Carry out RolloutPolicies in a live cluster: show the plan, ask, delete pods of OnDelete DaemonSets in waves.

    The policies are those in the files, else those in the cluster. It runs until all of it is rolled out. Ctrl-C ends
    it between two writes; the same command goes on from where it stopped. With -o jsonl everything it decides and
    writes is a line on stdout, and the plan goes to stderr.

    Exit codes: 0 rolled out, 1 refused or bad input, 3 stopped before the end.
    """
    from ..host import HostOptions

    if yes and context is None:
        raise click.UsageError("--yes needs --context: what nobody is asked about is named")
    policies = _policies(files) if files else None
    options = HostOptions(
        namespace=namespace, name=name, identity=_identity(), policies=policies, evicts=evict, writes_per_second=20.0
    )
    run = _Run(options, asks=not yes, dry=dry_run == "client", output=output)
    sys.exit(asyncio.run(run.within(kubeconfig, context)))


for _answer in commands():
    command.add_command(_answer)


def _identity() -> str:
    """Return a name that no other process has, so that two of them never take one another's Lease for their own."""
    import os
    import platform
    import secrets

    return f"{platform.node() or 'dsplan'}-{os.getpid()}-{secrets.token_hex(4)}"


def _policies(files: tuple[str, ...]) -> tuple[RolloutPolicy, ...]:
    """Return the policies of some files. Raises InputError where they hold anything else, or none."""
    from ..errors import InputError, Problem
    from ..manifests.load import load
    from ..model.world import FIELDS

    world = load(files)
    others = sorted(kind for kind, field in FIELDS.items() if kind != "RolloutPolicy" and getattr(world, field))
    if others or not world.rollout_policies:
        found = f"found {', '.join(others)}" if others else "found none"
        message = f"only RolloutPolicies are carried out, {found}; everything else is read from the cluster"
        raise InputError.of([Problem(reason="FieldValueInvalid", message=message, source=", ".join(files))])
    return world.rollout_policies


class _Run:
    """One call of the command."""

    def __init__(self, options: HostOptions, *, asks: bool, dry: bool, output: str) -> None:
        self._options = options
        self._asks, self._dry, self._output = asks, dry, output
        self._mine: frozenset[Identity] = frozenset()

    async def within(self, kubeconfig: str | None, context: str | None) -> int:
        """Open the cluster, and return the exit code. What the server refuses is told as an error."""
        from ..errors import DsplanError
        from ..host import ApiError, Unanswered
        from ..host.live import open_client

        async with open_client(kubeconfig, context) as client:
            try:
                return await self._with(client)
            except (ApiError, Unanswered) as error:
                raise DsplanError(f"{client.server}: {error}") from None

    async def _with(self, client: LiveClient) -> int:
        import msgspec

        from ..host import Host, server_version

        scout = Host(client, self._options)
        plan = await self._planned(scout.api)
        self._show(plan)
        version = await server_version(scout.api)
        for told in version.differences:
            _say(f"note: {told}")
        ruled = plan.policies
        if ruled is not None:
            self._mine = frozenset(one.identity for one in plan.daemonsets if ruled.enforces(one.identity))
        await self._check_rights(scout.api, sorted({one.namespace for one in self._mine}))
        _say(f"context {client.context}, server {client.server}, {version.text}")
        if not self._mine:
            _say(
                "nothing is carried out: no policy has a DaemonSet whose pods dsplan deletes (updateStrategy OnDelete)"
            )
            return 0
        _say(self._counts(plan))
        if self._dry:
            return 0
        if self._asks and not click.confirm("Carry it out?", err=True):
            _say("nothing was written")
            return CHANGES_PENDING
        options = msgspec.structs.replace(self._options, daemonsets=self._mine, finished=self._finished)
        return _code(await self._carried_out(Host(client, options, audit=self._tell)))

    async def _planned(self, api: Api) -> Plan:
        """Return the plan for the cluster as it is; where it may not be read, tell every right that is missing."""
        from ..host import ApiError
        from ..host.world import read_state, read_world
        from ..planner import solve

        try:
            state = await read_state(api, self._options.namespace, self._options.name)
            world = await read_world(api, state, self._options.policies)
        except ApiError as error:
            if error.status == 403:
                await self._check_rights(api, [""])
            raise
        return solve(world, now=api.clock.now(), forecast=True)

    async def _check_rights(self, api: Api, namespaces: list[str]) -> None:
        from ..host import MissingRights, missing_rights, rights_needed

        options = self._options
        needed = rights_needed(
            options.namespace,
            namespaces,
            replaces_controller=options.replaces_controller,
            evicts=options.evicts,
            policies=options.policies is None,
        )
        missing = await missing_rights(api, needed)
        if missing:
            raise MissingRights(missing)

    def _show(self, plan: Plan) -> None:
        from ..report.documents.plan import plan_document
        from ..report.text.plan import plan_text
        from .options import style_for

        document = plan_document(plan, digests=False)
        say(plan_text(document, style_for()), err=self._output == "jsonl")

    def _counts(self, plan: Plan) -> str:
        sums = [plan.account.of(identity).sums for identity in sorted(self._mine)]
        pods, waves = sum(one.update for one in sums), max(one.waves for one in sums)
        how = "evicted" if self._options.evicts else "deleted"
        return (
            f"{pods:,} pod{'s' * (pods != 1)} of {len(sums):,} DaemonSet{'s' * (len(sums) != 1)} "
            f"will be {how}, in {waves:,} wave{'s' * (waves != 1)}; "
            f"State and Lease are {self._options.namespace}/{self._options.name}"
        )

    def _finished(self, plan: CurrentPlan) -> bool:
        mine = [decision for decision in plan.decisions if decision.identity in self._mine]
        return all(decision.complete for decision in mine)

    async def _carried_out(self, host: Host) -> Ended:
        """Run the host; the first Ctrl-C ends it between two writes, another one at once."""
        stop, loop = asyncio.Event(), asyncio.get_running_loop()

        def end() -> None:
            stop.set()
            for one in _SIGNALS:
                loop.remove_signal_handler(one)
            _say("ending between two writes; once more ends at once, which is safe, too")

        for one in _SIGNALS:
            loop.add_signal_handler(one, end)
        try:
            return await host.run(stop)
        finally:
            for one in _SIGNALS:
                loop.remove_signal_handler(one)

    def _tell(self, record: Record) -> None:
        from ..host import line_of

        if self._output == "jsonl":
            write(f"{inert_json(line_of(record).decode())}\n", "jsonl")
        elif not _is_routine(record):
            say(inert(_line(record)) + "\n")
        sys.stdout.flush()


_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_QUIET = ("listed", "decided", "saved")
_EXIT = {"finished": 0, "stopped": CHANGES_PENDING, "aborted": CHANGES_PENDING}
_WORDS = {
    "finished": "all of it is rolled out",
    "stopped": "stopped: what was deleted comes back by itself; the same command goes on from here",
    "aborted": "aborted: everything is left as it is; remove `control` from the ConfigMap to go on",
}


def _is_routine(record: Record) -> bool:
    """Return whether nobody at a terminal waits for it: the audit log has it."""
    shown = {"condition": record.outcome == "True", "answered": record.outcome != "done"}
    return record.kind in _QUIET or not shown.get(str(record.kind), True)


def _code(ended: Ended) -> int:
    _say(_WORDS[str(ended)])
    return _EXIT[str(ended)]


def _say(text: str) -> None:

    tell(text)


def _line(record: Record) -> str:
    """Return a record as people read it: when, what, on whom, how it went."""
    from ..errors import printable

    place = f"on {record.node}" if record.node else ""
    words = (record.daemonset, record.verb, record.object, place, record.outcome, record.reason, record.message)
    said = " ".join(word for word in words if word)
    return printable(f"{record.at:%H:%M:%S} {record.kind}: {said}".rstrip(": "))
