"""Update strategies: surge that cannot work, budgets that do nothing or take days, health that is not looked at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...constraints.tolerations import daemon_tolerations
from ...diff import allows_surge
from ...placement.filters.ports import host_ports
from ..rule import rule
from ..scene import SPEC, Scene, Subject
from ..types import Severity, Spot
from .agents import is_network_plugin
from .nodes import counted_text

__all__ = ["RULES"]

_ROLLING = "spec.updateStrategy.rollingUpdate"
_DEFAULT_GRACE = 30
_SECONDS_A_POD = 60


def _has_ports(subject: Subject) -> bool:
    """Return whether its pods take ports of the host; on the host's network every port is one (D9)."""
    spec = subject.spec
    declared = any(port.container_port for each in spec.containers for port in each.ports)
    return bool(host_ports(spec)) or (spec.host_network and declared)


@rule(
    "DSP401",
    "surge-with-host-port",
    Severity.ERROR,
    summary="maxSurge with a host port: the new pod can never run beside the old one.",
    why="The new pod stays Pending for the port of the old one, which waits for the new one: the update never ends.",
    source="k/k#106417; R28, K17",
)
def surge_with_host_port(scene: Scene) -> Iterator[Spot]:
    """Surge and a port of the host."""
    for subject in scene.subjects:
        if allows_surge(subject.daemonset) and _has_ports(subject):
            text = f"the update stalls on {_wanted(subject)}: two pods cannot share a host port"
            yield subject.spot(text, f"{_ROLLING}.maxSurge", fix="use maxUnavailable", **_without_surge(subject))


@rule(
    "DSP402",
    "surge-with-host-network",
    Severity.WARNING,
    summary="maxSurge on the host's network: two pods of the daemon share one network.",
    why="What the daemon listens on is not declared, so the scheduler starts both, and the second fails to bind.",
    source="K17, D9",
)
def surge_with_host_network(scene: Scene) -> Iterator[Spot]:
    """Surge and host network, without declared ports."""
    for subject in scene.subjects:
        if allows_surge(subject.daemonset) and subject.spec.host_network and not _has_ports(subject):
            text = f"during an update two pods share the network of each of {_wanted(subject)}"
            yield subject.spot(text, f"{_ROLLING}.maxSurge", fix="use maxUnavailable", **_without_surge(subject))


def _without_surge(subject: Subject) -> dict[str, Any]:
    strategy = {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}}
    return subject.patched({"spec": {"updateStrategy": strategy}})


def _wanted(subject: Subject) -> str:
    return counted_text(len(subject.wanted), "node") if subject.plan.nodes else "every node"


@rule(
    "DSP403",
    "budget-under-on-delete",
    Severity.WARNING,
    summary="OnDelete with maxUnavailable: the budget does nothing.",
    why="Under OnDelete pods are replaced when somebody deletes them; fleets park on old revisions while the manifest "
    "looks as if updates went out.",
    source="C10",
)
def budget_under_on_delete(scene: Scene) -> Iterator[Spot]:
    """A rollingUpdate block beside OnDelete."""
    for subject in scene.subjects:
        strategy = subject.daemonset.spec.update_strategy
        if strategy.type == "OnDelete" and strategy.rolling_update is not None:
            given = strategy.rolling_update
            if given.max_unavailable is not None or given.max_surge:
                text = f"{_wanted(subject)} keep old pods until somebody deletes them, whatever rollingUpdate says"
                yield subject.spot(text, _ROLLING, fix="remove rollingUpdate, or use type RollingUpdate")


@rule(
    "DSP404",
    "one-at-a-time-over-many-nodes",
    Severity.INFO,
    summary="maxUnavailable 1 over many nodes: an update takes hours.",
    why="A fix for a security hole is out only after the last node; many projects have raised their default to 10 %.",
    source="R33, k/k#117204",
)
def one_at_a_time(scene: Scene) -> Iterator[Spot]:
    """A budget of one over more nodes than the option `many-nodes` says."""
    for subject in scene.subjects:
        strategy = subject.daemonset.spec.update_strategy
        given = strategy.rolling_update.max_unavailable if strategy.rolling_update is not None else None
        nodes = len(subject.wanted)
        surges = allows_surge(subject.daemonset)
        if strategy.type != "RollingUpdate" or given != 1 or surges or nodes <= scene.options.many_nodes:
            continue
        seconds = _SECONDS_A_POD + subject.daemonset.spec.min_ready_seconds
        text = f"{nodes:,} nodes one by one take about {nodes * seconds / 3600:.1f} h at {seconds} s a pod"
        patch = {"spec": {"updateStrategy": {"rollingUpdate": {"maxUnavailable": "10%"}}}}
        fix = "allow 10 %, see `dsplan compare`"
        yield subject.spot(text, f"{_ROLLING}.maxUnavailable", fix=fix, **subject.patched(patch))


@rule(
    "DSP405",
    "health-not-looked-at",
    Severity.INFO,
    summary="No readiness probe and minReadySeconds 0: a pod counts as available once it has started.",
    why="A broken revision goes out to every node, since nothing tells the controller that the last pod does not work.",
    source="S9, R32",
)
def health_not_looked_at(scene: Scene) -> Iterator[Spot]:
    """Rolling updates that wait for nothing."""
    for subject in scene.subjects:
        spec = subject.daemonset.spec
        if spec.update_strategy.type == "OnDelete" or spec.min_ready_seconds or not subject.is_whole:
            continue
        main = [each for path, each in subject.containers() if ".containers[" in path]
        if main and not any(each.get("readinessProbe") for each in main):
            text = f"a broken revision reaches {_wanted(subject)}: nothing looks at its health"
            fix = "add a readiness probe, or let it run for a while"
            patch = {"spec": {"minReadySeconds": 30}}
            yield subject.spot(text, "spec.minReadySeconds", fix=fix, **subject.patched(patch))


@rule(
    "DSP406",
    "network-plugin-evicted",
    Severity.WARNING,
    summary="A network plug-in does not tolerate every NoExecute taint.",
    why="A taint with NoExecute removes the network under workloads that tolerate it, and nothing brings it back.",
    source="E4, T10",
)
def network_plugin_evicted(scene: Scene) -> Iterator[Spot]:
    """Network plug-ins without a toleration of all NoExecute taints."""
    for subject in scene.subjects:
        if not is_network_plugin(subject):
            continue
        everything = [each for each in daemon_tolerations(subject.spec) if not each.key and each.operator == "Exists"]
        if not any(each.effect in ("", "NoExecute") for each in everything):
            text = f"a NoExecute taint removes the network of {_wanted(subject)} while workloads stay"
            fix = "tolerate operator Exists, effect NoExecute"
            yield subject.spot(text, f"{SPEC}.tolerations", fix=fix)


@rule(
    "DSP407",
    "grace-beyond-shutdown",
    Severity.WARNING,
    summary="The pod asks for more time to end than a node gives it when it shuts down.",
    why="The kubelet kills what is left when its time is over, so that the daemon never ends in order.",
    source="Kubernetes graceful node shutdown: shutdownGracePeriod",
)
def grace_beyond_shutdown(scene: Scene) -> Iterator[Spot]:
    """Grace periods beyond the option `node-shutdown-seconds`; without the option nothing is known of nodes."""
    limit = scene.options.node_shutdown_seconds
    for subject in scene.subjects if limit is not None else ():
        given = subject.spec.termination_grace_period_seconds
        grace = _DEFAULT_GRACE if given is None else given
        if limit is not None and grace > limit:
            text = f"asks for {grace} s to end, and nodes wait {limit} s"
            fix = "ask for less, or raise shutdownGracePeriod of the nodes"
            yield subject.spot(text, f"{SPEC}.terminationGracePeriodSeconds", fix=fix)


@rule(
    "DSP408",
    "no-history",
    Severity.WARNING,
    summary="revisionHistoryLimit 0: there is nothing to roll back to.",
    why="`kubectl rollout undo` needs an old revision; with none kept, a bad update can only be mended forward.",
    source="H9",
)
def no_history(scene: Scene) -> Iterator[Spot]:
    """No old revision is kept."""
    for subject in scene.subjects:
        if subject.daemonset.spec.revision_history_limit == 0:
            patch = {"spec": {"revisionHistoryLimit": 10}}
            text = f"no old revision is kept for {_wanted(subject)}"
            yield subject.spot(text, "spec.revisionHistoryLimit", fix="keep some", **subject.patched(patch))


RULES = (
    surge_with_host_port,
    surge_with_host_network,
    budget_under_on_delete,
    one_at_a_time,
    health_not_looked_at,
    network_plugin_evicted,
    grace_beyond_shutdown,
    no_history,
)
