"""The other rules, each as a table: what it fires on, and what is near and fine."""

from __future__ import annotations

import pytest

from dsplan.check import BUILTIN_RULES, Settings
from dsplan.check.settings import Options
from dsplan.manifests.load import load

from .scenes import Tree, daemonset, findings, node, pod, report, taint, texts

ROLLING = {"type": "RollingUpdate"}
SURGE = {**ROLLING, "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}
ONE = {**ROLLING, "rollingUpdate": {"maxUnavailable": 1}}
TEN = {**ROLLING, "rollingUpdate": {"maxUnavailable": "10%"}}
ASKS = {"resources": {"requests": {"cpu": "100m"}}}
CEILING = {"resources": {"limits": {"cpu": "1", "memory": "1Gi"}}}
PORT = {"ports": [{"containerPort": 80, "hostPort": 80}]}
OPEN = {"ports": [{"containerPort": 80}]}
CNI = [
    {"name": "bin", "hostPath": {"path": "/opt/cni/bin/"}},
    {"name": "conf", "hostPath": {"path": "/etc/cni/net.d"}},
]
NETWORK: Tree = {"hostNetwork": True, "volumes": CNI}
ROOT = [{"name": "root", "hostPath": {"path": "/"}}]
SLASH = {"volumeMounts": [{"name": "root", "mountPath": "/host"}]}
READ_ONLY = {"volumeMounts": [{"name": "root", "mountPath": "/host", "readOnly": True}]}
BOSS = {"securityContext": {"privileged": True}}
PROBE = {"readinessProbe": {"tcpSocket": {"port": 80}}}
TAINTED = [node("n1"), node("n2", taints=[taint("pool", value="b")])]


def tolerating(**toleration: str) -> Tree:
    return daemonset(tolerations=[toleration])


def terms(*expressions: list[Tree], **more: object) -> Tree:
    found = {"nodeSelectorTerms": [{"matchExpressions": each} for each in expressions]}
    return daemonset(affinity={"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": found}}, **more)


def demand(key: str, operator: str, *values: str) -> Tree:
    return {"key": key, "operator": operator, **({"values": list(values)} if values else {})}


def many(count: int, **more: object) -> list[Tree]:
    return [node(f"n{n:03}", **more) for n in range(count)]


def same_labels(name: str, **more: object) -> Tree:
    tree = daemonset(name, **more)
    tree["spec"]["selector"]["matchLabels"] = tree["spec"]["template"]["metadata"]["labels"] = {"app": "shared"}
    return tree


LINUX = demand("kubernetes.io/os", "In", "linux")

FIRES: list[tuple[str, list[Tree]]] = [
    ("DSP201", [node("n1"), tolerating(key="never", operator="Exists")]),
    ("DSP202", [*TAINTED, tolerating(key="pool", operator="Equal", value="a", effect="NoSchedule")]),
    ("DSP202", [node("n1"), tolerating(key="image", operator="Equal", value="v1.29.3")]),
    ("DSP203", [node("n1"), terms([LINUX], [demand("disk", "In", "ssd")])]),
    ("DSP203", [terms([demand("cores", "Gt", "four")])]),
    ("DSP203", [terms([demand("zone", "In", "a"), demand("zone", "NotIn", "a")])]),
    ("DSP203", [terms([demand("zone", "In", "a")], nodeSelector={"zone": "b"})]),
    ("DSP203", [terms([demand("zone", "Exists"), demand("zone", "DoesNotExist")])]),
    ("DSP204", [same_labels("one"), daemonset("two"), same_labels("three")]),
    ("DSP301", [daemonset()]),
    ("DSP302", [daemonset(container=CEILING)]),
    ("DSP303", [node("n1"), daemonset(container={"resources": {"requests": {"cpu": "5"}}})]),
    ("DSP304", [node("n1"), daemonset(container={"resources": {"requests": {"cpu": "2"}}})]),
    ("DSP305", [daemonset(**NETWORK)]),
    ("DSP305", [daemonset(container={"image": "example.com/kube-proxy:1"})]),
    ("DSP401", [daemonset(strategy=SURGE, container=PORT)]),
    ("DSP401", [daemonset(strategy=SURGE, container=OPEN, hostNetwork=True)]),
    ("DSP402", [daemonset(strategy=SURGE, hostNetwork=True)]),
    ("DSP403", [daemonset(strategy={"type": "OnDelete", "rollingUpdate": {"maxUnavailable": 2}})]),
    ("DSP404", [*many(51), daemonset(strategy=ONE)]),
    ("DSP405", [daemonset()]),
    ("DSP406", [daemonset(**NETWORK, tolerations=[{"operator": "Exists", "effect": "NoSchedule"}])]),
    ("DSP408", [daemonset(top={"revisionHistoryLimit": 0})]),
    ("DSP501", [daemonset(container={"image": "reg.example.com:5000/app"})]),
    ("DSP501", [daemonset(container={"image": "app:latest"})]),
    ("DSP502", [daemonset(volumes=ROOT, container=SLASH)]),
    ("DSP503", [daemonset(container=BOSS)]),
    ("DSP504", [daemonset(nodeSelector={"beta.kubernetes.io/os": "linux"})]),
    ("DSP504", [terms([demand("failure-domain.beta.kubernetes.io/zone", "In", "a")])]),
]

IS_FINE: list[tuple[str, list[Tree]]] = [
    ("DSP201", [*TAINTED, tolerating(key="pool", operator="Exists")]),
    ("DSP201", [node("n1"), tolerating(key="node-role.kubernetes.io/control-plane", operator="Exists")]),
    ("DSP201", [tolerating(key="never", operator="Exists")]),
    ("DSP202", [*TAINTED, tolerating(key="pool", operator="Equal", value="b", effect="NoSchedule")]),
    ("DSP202", [*TAINTED, tolerating(key="pool", operator="Exists")]),
    ("DSP203", [node("n1"), terms([LINUX])]),
    ("DSP203", [node("n1"), terms([LINUX], [demand("disk", "DoesNotExist")])]),
    ("DSP203", [terms([demand("cores", "Gt", "4"), demand("zone", "In", "a", "b"), demand("zone", "NotIn", "b")])]),
    ("DSP204", [same_labels("one"), same_labels("two", namespace="elsewhere"), daemonset("three")]),
    ("DSP301", [daemonset(container=ASKS)]),
    ("DSP301", [daemonset(container=CEILING)]),
    ("DSP302", [daemonset(container={"resources": {**ASKS["resources"], "limits": {"cpu": "1"}}})]),
    ("DSP303", [node("n1"), pod("web", "n1", spec={"containers": [
        {"name": "c", "image": "i", "resources": {"requests": {"cpu": "3"}}}]}),
        daemonset(container={"resources": {"requests": {"cpu": "3"}}})]),
    ("DSP304", [node("n1"), daemonset(container={"resources": {"requests": {"cpu": "1"}}})]),
    ("DSP304", [node("n1", room=None), daemonset(container={"resources": {"requests": {"cpu": "2"}}})]),
    ("DSP305", [daemonset(**NETWORK, priorityClassName="system-node-critical", namespace="kube-system")]),
    ("DSP305", [daemonset()]),
    ("DSP401", [daemonset(strategy=ONE, container=PORT)]),
    ("DSP401", [daemonset(strategy=SURGE, container=OPEN)]),
    ("DSP402", [daemonset(strategy=ONE, hostNetwork=True)]),
    ("DSP402", [daemonset(strategy=SURGE)]),
    ("DSP403", [daemonset(strategy={"type": "OnDelete"})]),
    ("DSP404", [*many(51), daemonset(strategy=TEN)]),
    ("DSP404", [*many(50), daemonset(strategy=ONE)]),
    ("DSP405", [daemonset(container=PROBE)]),
    ("DSP405", [daemonset(top={"minReadySeconds": 10})]),
    ("DSP406", [daemonset(**NETWORK, tolerations=[{"operator": "Exists"}])]),
    ("DSP408", [daemonset(top={"revisionHistoryLimit": 1})]),
    ("DSP408", [daemonset()]),
    ("DSP501", [daemonset(container={"image": "reg.example.com:5000/app:1"})]),
    ("DSP501", [daemonset(container={"image": "app@sha256:" + "0" * 64})]),
    ("DSP502", [daemonset(volumes=ROOT, container=READ_ONLY)]),
    ("DSP502", [daemonset(volumes=[{"name": "root", "hostPath": {"path": "/var/log"}}], container=SLASH)]),
    ("DSP503", [daemonset(**NETWORK, container=BOSS)]),
    ("DSP504", [daemonset(nodeSelector={"kubernetes.io/os": "linux"})]),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "trees"), FIRES, ids=[f"{rule}-{n}" for n, (rule, _) in enumerate(FIRES)])
def test_a_rule_fires(rule: str, trees: list[Tree]) -> None:
    found = findings(rule, *trees)
    assert found
    assert all(each.spot.text and each.spot.fix and each.spot.field for each in found)


@pytest.mark.parametrize(("rule", "trees"), IS_FINE, ids=[f"{rule}-{n}" for n, (rule, _) in enumerate(IS_FINE)])
def test_a_rule_stays_silent(rule: str, trees: list[Tree]) -> None:
    assert texts(rule, *trees) == []


def test_every_rule_has_a_positive_and_a_negative_test() -> None:
    elsewhere = {f"DSP{n}" for n in range(101, 114)} | {"DSP407", "DSP409"}
    ids = {each.id for each in BUILTIN_RULES} - elsewhere
    assert ids == {rule for rule, _ in FIRES} == {rule for rule, _ in IS_FINE}


def test_a_shared_selector_names_the_other() -> None:
    assert texts("DSP204", same_labels("one"), same_labels("two")) == [
        "its selector also matches the pods of DaemonSet default/two",
        "its selector also matches the pods of DaemonSet default/one",
    ]


def test_hours_are_told() -> None:
    (text,) = texts("DSP404", *many(120), daemonset(strategy=ONE, top={"minReadySeconds": 30}))
    assert text == "120 nodes one by one take about 3.0 h at 90 s a pod"


def test_overhead_is_a_share_of_the_users_choice() -> None:
    tree = daemonset(container={"resources": {"requests": {"cpu": "1"}}})
    settings = Settings(select=("DSP304",), options=Options(overhead_share=0.2))
    (text,) = texts("DSP304", node("n1"), tree, settings=settings)
    assert text == "daemons request 25% of the cpu of 1 node (n1); this one 1"


def test_grace_is_compared_where_the_nodes_are_known() -> None:
    settings = Settings(select=("DSP407",), options=Options(node_shutdown_seconds=20))
    long = daemonset(terminationGracePeriodSeconds=60)
    assert texts("DSP407", long, settings=settings) == ["asks for 60 s to end, and nodes wait 20 s"]
    assert len(texts("DSP407", daemonset(), settings=settings)) == 1
    assert texts("DSP407", daemonset(terminationGracePeriodSeconds=20), settings=settings) == []
    assert texts("DSP407", long) == []


def test_a_former_api_version(tmp_path_factory: pytest.TempPathFactory) -> None:
    from dsplan.check import Scene, check
    from dsplan.planner import solve
    from dsplan.testing import NOW

    path = tmp_path_factory.mktemp("old") / "old.yaml"
    head = "kind: DaemonSet\nmetadata: {name: old}\nspec:\n  selector: {matchLabels: {a: b}}\n"
    body = "  template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: 'i:1'}]}}\n"
    for version, count in (("extensions/v1beta1", 1), ("apps/v1", 0)):
        path.write_text(f"apiVersion: {version}\n{head}{body}")
        world = load([path])
        scene = Scene.of(world, solve(world, now=NOW))
        found = check(scene, BUILTIN_RULES, Settings(select=("DSP504",))).findings
        assert len(found) == count
        assert all((each.line, each.source) == (1, str(path)) for each in found)


def test_a_small_snapshot_says_nothing_of_what_it_left_out() -> None:
    from dsplan.check import Scene, check
    from dsplan.manifests.decode import decode
    from dsplan.manifests.snapshot import snapshot
    from dsplan.planner import solve
    from dsplan.testing import NOW

    from .scenes import world

    small = decode(list(snapshot(world(node("n1"), daemonset(container=PROBE), daemonset("two", annotations={
        "dsplan.dev/ignore": "DSP301"})))))  # fmt: skip
    found = check(Scene.of(small, solve(small, now=NOW)), BUILTIN_RULES, Settings(select=("DSP405", "DSP301")))
    assert {(each.rule, each.object.name) for each in found.findings} == {("DSP301", "ds")}
    assert found.ignored == 1


def test_the_report_counts_and_sorts() -> None:
    found = report(*many(51), daemonset(strategy=SURGE, container=PORT))
    ranks = [each.severity.rank for each in found.findings]
    assert ranks == sorted(ranks)
    assert found.summary.startswith("Checked 1 DaemonSet: 1 error, ")
