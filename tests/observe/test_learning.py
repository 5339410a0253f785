"""Which pods are up to date without ControllerRevisions in the input, in the order of evidence (H13)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from dsplan import World, overlay, solve
from dsplan.cli.sources import read_world
from dsplan.explain.edits import SetField, apply_edits
from dsplan.manifests.decode import decode, decode_object
from dsplan.manifests.load import load
from dsplan.model.daemonset import TEMPLATE_GENERATION_ANNOTATION, DaemonSet
from dsplan.model.pod import Pod
from dsplan.observe.learning import learn_hash
from dsplan.observe.likeness import looks_like_template
from dsplan.testing import NOW, a_daemonset, a_node, a_pod, a_revision

CASES = Path(__file__).resolve().parents[2].parent / "shared" / "cases"
_MAIN: dict[str, Any] = {"name": "main", "image": "app:1"}


def _container(**more: Any) -> dict[str, Any]:
    return {"containers": [{**_MAIN, **more}]}


TEMPLATES: dict[str, dict[str, Any]] = {
    "image": _container(image="app:2"),
    "args": _container(args=["--verbose"]),
    "command": _container(command=["/bin/app"]),
    "env": _container(env=[{"name": "A", "value": "b"}]),
    "env from": _container(envFrom=[{"configMapRef": {"name": "c"}}]),
    "requests": _container(resources={"requests": {"cpu": "100m"}}),
    "limits": _container(resources={"limits": {"memory": "1Gi"}}),
    "port": _container(ports=[{"containerPort": 80}]),
    "probe": _container(readinessProbe={"tcpSocket": {"port": 80}}),
    "pull policy": _container(imagePullPolicy="Always"),
    "security": _container(securityContext={"privileged": True}),
    "lifecycle": _container(lifecycle={"preStop": {"sleep": {"seconds": 1}}}),
    "mount": {**_container(volumeMounts=[{"name": "v", "mountPath": "/v"}]), "volumes": [{"name": "v"}]},
    "second container": {"containers": [_MAIN, {"name": "more", "image": "more:1"}]},
    "init container": {"initContainers": [{"name": "first", "image": "first:1"}]},
    "volume": {"volumes": [{"name": "v", "emptyDir": {}}]},
    "toleration": {"tolerations": [{"key": "gpu", "operator": "Exists"}]},
    "node selector": {"nodeSelector": {"kubernetes.io/os": "linux"}},
    "affinity": {
        "affinity": {
            "nodeAffinity": {
                "requiredDuringSchedulingIgnoredDuringExecution": {
                    "nodeSelectorTerms": [{"matchExpressions": [{"key": "kubernetes.io/os", "operator": "Exists"}]}]
                }
            }
        }
    },
    "grace": {"terminationGracePeriodSeconds": 5},
    "dns": {"dnsPolicy": "Default"},
    "account": {"serviceAccountName": "agent"},
    "priority": {"priorityClassName": "system-node-critical"},
    "host network": {"hostNetwork": True},
    "host pid": {"hostPID": True},
    "pod security": {"securityContext": {"runAsUser": 1000}},
}


def _made(daemonset: DaemonSet, node: str, **more: Any) -> Pod:
    """Return a pod with all that the DaemonSet's template has."""
    pod = a_pod(daemonset, node, **more)
    return msgspec.structs.replace(pod, spec=msgspec.structs.replace(daemonset.pod.spec, node_name=node))


def _stored(**more: Any) -> DaemonSet:
    """Return a DaemonSet as a cluster has it, at template generation 1."""
    found = a_daemonset(uid="u", version=7, **more)
    return _at_generation(found, 1)


def _at_generation(daemonset: DaemonSet, number: int) -> DaemonSet:
    metadata = daemonset.metadata
    annotations = {**metadata.annotations, TEMPLATE_GENERATION_ANNOTATION: str(number)}
    return msgspec.structs.replace(
        daemonset, metadata=msgspec.structs.replace(metadata, annotations=annotations, generation=number)
    )


def _generation(number: int) -> dict[str, str]:
    return {"pod-template-generation": str(number)}


def _world(*, revisions: bool) -> World:
    daemonset = _stored()
    nodes = tuple(a_node(f"n{number}", labels={"kubernetes.io/os": "linux"}) for number in range(3))
    pods = tuple(_made(daemonset, node.name, hash_label="6d4b", labels=_generation(1)) for node in nodes)
    kept = (a_revision(daemonset, hash_label="6d4b"),) if revisions else ()
    return World(nodes=nodes, daemonsets=(daemonset,), pods=pods, revisions=kept)


def _told(world: World) -> tuple[Any, ...]:
    plan = solve(world, now=NOW)
    pods = [(action.verb, action.node, action.reason) for action in plan.actions if action.kind == "Pod"]
    rollouts = [entry.rollout and (entry.rollout.nodes, entry.rollout.wave_count) for entry in plan.daemonsets]
    return str(plan.summary), pods, rollouts


@pytest.mark.parametrize("change", TEMPLATES)
def test_a_manifest_that_changes_the_template_gives_equal_plans_with_and_without_revisions(change: str) -> None:
    manifest = World(daemonsets=(a_daemonset(spec=TEMPLATES[change]),))
    without = _told(overlay(_world(revisions=False), manifest))
    assert without == _told(overlay(_world(revisions=True), manifest))
    assert "3 to update" in without[0]


@pytest.mark.parametrize("change", TEMPLATES)
def test_an_edit_of_the_template_gives_equal_plans_with_and_without_revisions(change: str) -> None:
    daemonset = _stored().identity
    spec = TEMPLATES[change]
    edits = [SetField(daemonset, f"spec.template.spec.{field}", value) for field, value in spec.items()]
    without = _told(apply_edits(_world(revisions=False), edits))
    assert without == _told(apply_edits(_world(revisions=True), edits))
    assert "3 to update" in without[0]


def test_an_edit_that_is_taken_back_changes_nothing() -> None:
    world = _world(revisions=False)
    daemonset = world.daemonsets[0].identity
    there, back = (
        SetField(daemonset, "spec.template.spec.dnsPolicy", policy) for policy in ("Default", "ClusterFirst")
    )
    assert apply_edits(world, [there]).stored == world.daemonsets
    assert apply_edits(world, [there, back]).stored == ()
    assert "0 to update" in _told(apply_edits(world, [there, back]))[0]


def _in_mid_rollout(*, revisions: bool, arrived: Sequence[bool] = (True, False, False)) -> World:
    """Return a world that is on its way from app:1 to app:2; `arrived` tells which nodes have a pod of app:2."""
    old, new = _stored(), _at_generation(_stored(image="app:2"), 2)
    nodes = tuple(a_node(f"n{number}") for number in range(len(arrived)))
    pods = tuple(
        _made(new, node.name, hash_label="7c5d", labels=_generation(2))
        if is_new
        else _made(old, node.name, hash_label="6d4b", labels=_generation(1))
        for node, is_new in zip(nodes, arrived, strict=True)
    )
    kept = (a_revision(old, hash_label="6d4b"), a_revision(new, number=2, hash_label="7c5d")) if revisions else ()
    return World(nodes=nodes, daemonsets=(new,), pods=pods, revisions=kept)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.booleans(), min_size=1, max_size=6), st.integers(1, 3), st.booleans(), st.booleans())
def test_wherever_a_rollout_is_a_manifest_gives_equal_plans(
    arrived: list[bool], version: int, unseen: bool, is_edit: bool
) -> None:
    """`unseen` changes arguments, which pods do not show."""
    container = {**_MAIN, "image": f"app:{version}", **({"args": ["--verbose"]} if unseen else {})}
    told = []
    for revisions in (False, True):
        world = _in_mid_rollout(revisions=revisions, arrived=arrived)
        if is_edit:
            edit = SetField(world.daemonsets[0].identity, "spec.template.spec.containers", [container])
            told.append(_told(apply_edits(world, [edit])))
        else:
            told.append(_told(overlay(world, World(daemonsets=(a_daemonset(spec={"containers": [container]}),)))))
    event(f"version {version}, unseen {unseen}, in the middle {0 < sum(arrived) < len(arrived)}")
    new = sum(arrived)
    outdated = len(arrived) if unseen else (new, len(arrived) - new, len(arrived))[version - 1]
    if version != 1 or not unseen:  # An argument more on an earlier template: no pod tells it from that one.
        assert told[0] == told[1]
        assert f"{outdated} to update" in told[0][0]
    assert f"{outdated} to update" in told[1][0]


@pytest.mark.parametrize(
    ("image", "outdated"),
    [("app:1", 1), ("app:2", 2), ("app:3", 3)],
    ids=["taken back", "as it was", "a third template"],
)
def test_a_manifest_in_mid_rollout_gives_equal_plans_with_and_without_revisions(image: str, outdated: int) -> None:
    manifest = World(daemonsets=(a_daemonset(image=image),))
    without = _told(overlay(_in_mid_rollout(revisions=False), manifest))
    assert without == _told(overlay(_in_mid_rollout(revisions=True), manifest))
    assert f"{outdated} to update" in without[0]


def _with_status(updated: int, *, observed: int = 3) -> DaemonSet:
    status = {"observedGeneration": observed, "currentNumberScheduled": 2, "updatedNumberScheduled": updated}
    return _at_generation(_stored(image="app:2", status=status), 3)


@pytest.mark.parametrize(
    ("updated", "observed", "expected"),
    [(2, 3, "6d4b"), (0, 3, ""), (1, 3, ""), (2, 2, "")],
    ids=["all", "none", "some: the pods decide", "of another generation: the pods decide"],
)
def test_the_status_decides_at_all_and_at_none(updated: int, observed: int, expected: str) -> None:
    daemonset = _with_status(updated, observed=observed)
    pods = [_made(_stored(image="app:1"), node, hash_label="6d4b", labels=_generation(1)) for node in ("n0", "n1")]
    assert learn_hash(daemonset, pods).hash == expected


def test_the_status_counts_more_than_what_pods_look_like_and_less_than_their_generation() -> None:
    daemonset = _with_status(0)
    alike = [_made(daemonset, "n0", hash_label="6d4b", labels=_generation(1))]
    assert learn_hash(daemonset, alike).hash == ""
    current = [_made(_stored(), "n0", hash_label="6d4b", labels=_generation(3))]
    assert learn_hash(daemonset, current).hash == "6d4b"


def test_of_pods_that_look_alike_the_ones_made_last_are_current() -> None:
    daemonset = _stored()
    older = _made(daemonset, "n0", hash_label="zzzz", created=NOW - timedelta(days=2))
    newer = _made(daemonset, "n1", hash_label="6d4b", created=NOW - timedelta(days=1))
    assert learn_hash(daemonset, [older, newer]).hash == "6d4b"


def _pod_trees(**spec: Any) -> Iterator[dict[str, Any]]:
    yield {"metadata": {"name": "p", "labels": {"app": "ds", "injected": "yes"}}, "spec": spec, "kind": "Pod"}


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (_container(), True),
        ({**_container(), "initContainers": [{"name": "proxy", "image": "proxy:1", "restartPolicy": "Always"}]}, True),
        ({"containers": [_MAIN, {"name": "proxy", "image": "proxy:1"}]}, True),
        ({**_container(), "nodeSelector": {"realm": "test"}, "priorityClassName": "standard", "priority": 5}, True),
        (_container(resources={"limits": {"cpu": "1"}, "requests": {"cpu": "1"}}), True),
        (_container(image="app:0"), False),
        ({**_container(), "hostNetwork": True}, False),
        ({"containers": [{"name": "proxy", "image": "proxy:1"}]}, False),
    ],
)
def test_what_admission_adds_does_not_count(spec: dict[str, Any], expected: bool) -> None:
    pod = decode_object(next(_pod_trees(**spec)))
    assert looks_like_template(pod, a_daemonset()) is expected  # type: ignore[arg-type]


@pytest.mark.parametrize("written", ["1000m", "1", 1])
def test_quantities_compare_by_value(written: str | int) -> None:
    daemonset = a_daemonset(spec=_container(resources={"limits": {"cpu": "1"}}))
    pod = decode([next(_pod_trees(**_container(resources={"limits": {"cpu": written}})))]).pods[0]
    assert looks_like_template(pod, daemonset)


needs_cases = pytest.mark.skipif(not CASES.is_dir(), reason=f"the recorded cases are not at {CASES}")


@needs_cases
def test_recorded_templates_give_equal_plans_with_and_without_revisions() -> None:
    folder = CASES / "45-template-change-without-revisions"
    manifests = sorted(folder.glob("*.yaml"))
    for path in manifests:
        manifest = load([path], trust_stored=False)
        told = [_told(overlay(load([folder / name]), manifest)) for name in ("norev.json", "rev.json")]
        assert told[0] == told[1], path.name
        assert "2 to update" in told[0][0], path.name
    assert len(manifests) >= 8


@needs_cases
@pytest.mark.parametrize("name", ["cluster.yaml", "status-says.yaml"])
def test_recorded_pods_with_injected_containers_are_up_to_date(name: str) -> None:
    world = read_world((str(CASES / "36-injected-pods-no-revisions" / name),), None, None)
    assert "0 to update" in _told(world)[0]


@needs_cases
def test_the_recorded_pull_request_is_the_same_update_without_revisions(tmp_path: Path) -> None:
    folder = CASES / "44-bigger-request-pr"
    cluster = load([folder / "cluster.yaml"])
    bare = msgspec.structs.replace(cluster, revisions=())
    manifest = load([folder / "new.yaml"], trust_stored=False)
    assert _told(overlay(bare, manifest)) == _told(overlay(cluster, manifest))
    assert "2 blocked, 1 impossible, 0 excluded by design; 1 roll-out stalls" in _told(overlay(bare, manifest))[0]
