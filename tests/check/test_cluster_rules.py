"""The rules that need the cluster: each fires where it should, and not beside it."""

from __future__ import annotations

import json

from dsplan.check import Severity

from .scenes import Tree, daemonset, findings, node, pod, taint, texts

EVERYTHING = [{"operator": "Exists"}]
BIG = {"resources": {"requests": {"cpu": "3"}}}
TIGHT: Tree = {"cpu": "2", "memory": "4Gi", "pods": "10"}


# DSP101


def test_windows_nodes_that_the_template_does_not_speak_of() -> None:
    nodes = [node("l1"), *(node(f"w{n}", labels={"kubernetes.io/os": "windows"}) for n in range(8))]
    (found,) = findings("DSP101", *nodes, daemonset())
    assert found.spot.text == "selects 8 Windows nodes, and the template names no OS"
    assert found.severity is Severity.WARNING
    assert len(found.spot.nodes) == 8
    assert found.spot.patch == {"spec": {"template": {"spec": {"nodeSelector": {"kubernetes.io/os": "linux"}}}}}
    assert json.dumps(found.spot.patch, separators=(",", ":")) in found.spot.command


def test_windows_nodes_that_are_meant_or_not_selected() -> None:
    nodes = [node("l1"), node("w1", labels={"kubernetes.io/os": "windows"})]
    for spec in (
        {"nodeSelector": {"kubernetes.io/os": "windows"}},
        {"nodeSelector": {"kubernetes.io/os": "linux"}},
        {"securityContext": {"windowsOptions": {"hostProcess": True}}, "hostNetwork": True},
        {"container": {"image": "example.com/csi-windows:1"}},
    ):
        assert texts("DSP101", *nodes, daemonset(**spec)) == []


def test_virtual_and_control_plane_nodes_behind_a_wildcard() -> None:
    virtual = node("v1", labels={"type": "virtual-kubelet"}, taints=[taint("virtual-kubelet.io/provider", value="x")])
    master = node("m1", taints=[taint("node-role.kubernetes.io/control-plane")])
    master["metadata"]["labels"]["node-role.kubernetes.io/control-plane"] = ""
    gpu = node("g1", taints=[taint("nvidia.com/gpu", value="present")])
    found = findings("DSP101", node("n1"), virtual, master, gpu, daemonset(tolerations=EVERYTHING))
    why = "a toleration without a key tolerates their taint"
    assert [(each.severity, each.spot.text) for each in found] == [
        (Severity.WARNING, f"selects 1 virtual node, which run no daemon pods: {why}"),
        (Severity.INFO, f"also selects 1 control-plane node and 1 GPU node: {why}s"),
    ]
    assert found[1].spot.nodes == ("g1", "m1")
    assert found[1].spot.field == "spec.template.spec.tolerations[0]"


def test_a_wildcard_is_meant_by_critical_agents_and_by_those_that_name_the_taint() -> None:
    master = node("m1", taints=[taint("node-role.kubernetes.io/control-plane")])
    master["metadata"]["labels"]["node-role.kubernetes.io/control-plane"] = ""
    critical = daemonset(tolerations=EVERYTHING, priorityClassName="system-node-critical", namespace="kube-system")
    by_name = [{"key": "node-role.kubernetes.io/control-plane", "operator": "Exists"}]
    assert texts("DSP101", node("n1"), master, critical) == []
    assert texts("DSP101", node("n1"), master, daemonset(tolerations=[*by_name, *EVERYTHING])) == []
    assert texts("DSP101", node("n1"), master, daemonset()) == []


# DSP102


def test_orphans_with_another_image_are_adopted() -> None:
    orphan = pod("left", "n1", labels={"app": "ds"}, spec={"containers": [{"name": "main", "image": "old:1"}]})
    (found,) = findings("DSP102", node("n1"), daemonset(), orphan)
    assert found.spot.text == "adopts 1 pod that nobody owns (left), 1 of them with other images"
    assert found.severity is Severity.WARNING
    (same,) = findings("DSP102", node("n1"), daemonset(), pod("left", "n1", labels={"app": "ds"}))
    assert same.severity is Severity.INFO


def test_owned_pods_and_pods_of_another_namespace_are_no_orphans() -> None:
    other = pod("other", "n1", labels={"app": "ds"}, namespace="elsewhere")
    assert texts("DSP102", node("n1"), daemonset(), pod("mine", "n1", owner="ds"), other) == []


# DSP103, DSP104, DSP105


HIGH = {"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": "high"}, "value": 1000}


def test_a_higher_priority_evicts() -> None:
    web = pod("web", "n1", spec={"containers": [{"name": "c", "image": "w", **BIG}]})
    ds = daemonset(container=BIG, priorityClassName="high")
    (text,) = texts("DSP103", node("n1"), HIGH, web, ds)
    assert text == "evicts 1 pod on 1 node: Pod default/web (1)"
    assert texts("DSP105", node("n1"), HIGH, web, ds) == []


def test_without_priority_it_stays_pending_and_evicts_nobody() -> None:
    web = pod("web", "n1", spec={"containers": [{"name": "c", "image": "w", **BIG}]})
    ds = daemonset(container=BIG)
    assert texts("DSP103", node("n1"), web, ds) == []
    (text,) = texts("DSP105", node("n1"), node("n2"), web, ds)
    assert text.startswith("stays Pending on 1 node: Insufficient cpu (cpu: needs 3, 1 free of 4; taken by default/web")


def test_room_is_no_question_where_nodes_tell_none_or_have_it() -> None:
    assert texts("DSP105", node("n1", room=None), daemonset(container=BIG)) == []
    assert texts("DSP105", node("n1"), daemonset(container=BIG)) == []
    assert len(texts("DSP105", node("n1", room=TIGHT), daemonset(container=BIG))) == 1


def ported(name: str, port: int, **more: object) -> Tree:
    return daemonset(name, container={"ports": [{"containerPort": port, "hostPort": port}]}, **more)


def test_a_port_that_another_pod_has() -> None:
    holder = pod("web", "n1", spec={"containers": [
        {"name": "c", "image": "w", "ports": [{"containerPort": 9100, "hostPort": 9100}]}]})  # fmt: skip
    for room in ({"cpu": "4", "memory": "8Gi", "pods": "110"}, None):
        (found,) = findings("DSP104", node("n1", room=room), node("n2", room=room), holder, ported("ds", 9100))
        assert found.spot.nodes == ("n1",)
        assert "9100/TCP" in found.spot.text
        assert "web" in found.spot.text
        assert found.spot.field == "spec.template.spec.containers[0].ports"
    assert texts("DSP104", node("n1"), holder, ported("ds", 9101)) == []


def test_two_daemonsets_want_one_port() -> None:
    found = findings("DSP104", node("n1"), ported("one", 80), ported("two", 80))
    assert [str(each.object) for each in found] == ["default/two"]


# DSP106, DSP113


def quota(pods: int) -> Tree:
    return {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "few", "namespace": "default"},
        "spec": {"hard": {"pods": pods}},
    }


def test_a_quota_that_refuses_pods() -> None:
    nodes = [node(f"n{n}") for n in range(3)]
    (found,) = findings("DSP106", *nodes, quota(2), daemonset())
    assert "exceeded quota: few" in found.spot.text
    assert found.spot.text.startswith("1 pod is refused: ")
    assert texts("DSP113", *nodes, quota(2), daemonset()) == []
    assert texts("DSP106", *nodes, quota(3), daemonset()) == []


def test_what_else_never_runs() -> None:
    refused = daemonset(priorityClassName="absent")
    (text,) = texts("DSP113", node("n1"), HIGH, refused)
    assert text.startswith("refused on 1 node: ")
    assert texts("DSP106", node("n1"), HIGH, refused) == []
    assert texts("DSP113", node("n1"), HIGH, daemonset(priorityClassName="high")) == []
    assert texts("DSP113", node("n1", room=TIGHT), daemonset(container=BIG)) == []


# DSP107


def budget(**spec: object) -> Tree:
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": "pdb", "namespace": "default"},
        "spec": {"selector": {"matchLabels": {"app": "ds"}}, **spec},
    }


def test_a_disruption_budget_that_never_allows_an_eviction() -> None:
    nodes = [node("n1"), node("n2")]
    for spec in ({"maxUnavailable": 1}, {"maxUnavailable": "10%"}, {"minAvailable": "50%"}, {"minAvailable": 2}):
        (found,) = findings("DSP107", *nodes, daemonset(), budget(**spec))
        assert found.object.kind == "PodDisruptionBudget"
    assert texts("DSP107", *nodes, daemonset(), budget(minAvailable=1)) == []
    assert texts("DSP107", *nodes, daemonset("other"), budget(maxUnavailable=1)) == []


def test_two_budgets_over_one_pod() -> None:
    second = budget(minAvailable=1)
    second["metadata"] = {"name": "second", "namespace": "default"}
    (text,) = texts("DSP107", node("n1"), node("n2"), daemonset(), budget(minAvailable=1), second)
    assert text.startswith("2 PodDisruptionBudgets cover its pods (pdb, second)")


# DSP108


def test_nodes_that_are_down_spend_the_budget() -> None:
    nodes = [node("n1", ready=False), node("n2"), node("n3")]
    pods = [pod(f"p{n}", f"n{n}", owner="ds", ready=n != 1) for n in (1, 2, 3)]
    (found,) = findings("DSP108", *nodes, *pods, daemonset())
    assert "1 node down (n1)" in found.spot.text
    assert found.spot.patch["spec"]["updateStrategy"]["rollingUpdate"]["maxUnavailable"] == 2
    more = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 2}}
    assert texts("DSP108", *nodes, *pods, daemonset(strategy=more)) == []
    assert texts("DSP108", *nodes, *pods, daemonset(strategy={"type": "OnDelete"})) == []


def test_starting_pods_are_not_down() -> None:
    nodes = [node("n1"), node("n2")]
    assert texts("DSP108", *nodes, daemonset()) == []


# DSP109


def test_no_node_is_selected() -> None:
    (text,) = texts("DSP109", node("n1"), node("n2"), daemonset(nodeSelector={"disk": "ssd"}))
    assert text.startswith("selects none of 2 nodes (2 ")
    assert "disk" in text
    assert texts("DSP109", node("n1"), daemonset()) == []
    assert texts("DSP109", daemonset(nodeSelector={"disk": "ssd"})) == []


# DSP110


def test_an_image_without_the_architecture_of_selected_nodes() -> None:
    nodes = [node("n1"), node("a1", labels={"kubernetes.io/arch": "arm64"})]
    (found,) = findings("DSP110", *nodes, daemonset(), platforms={"example.com/app:1": ["linux/amd64"]})
    assert found.spot.text == (
        "image example.com/app:1 is for linux/amd64 and not for linux/arm64 of 1 node that is selected"
    )
    assert found.spot.field == "spec.template.spec.containers[0].image"
    named = daemonset(container={"image": "example.com/app-amd64:1"})
    assert len(texts("DSP110", *nodes, named)) == 1


def test_images_for_all_or_of_unknown_platforms() -> None:
    nodes = [node("n1"), node("a1", labels={"kubernetes.io/arch": "arm64"})]
    both = {"example.com/app:1": ["linux/amd64", "linux/arm64/v8"]}
    assert texts("DSP110", *nodes, daemonset(), platforms=both) == []
    assert texts("DSP110", *nodes, daemonset()) == []
    kept = daemonset(container={"image": "example.com/app-amd64:1"}, nodeSelector={"kubernetes.io/arch": "amd64"})
    assert texts("DSP110", *nodes, kept) == []
    silent = node("n2", labels={"kubernetes.io/os": None, "kubernetes.io/arch": None})
    assert texts("DSP110", silent, daemonset(container={"image": "example.com/app-amd64:1"})) == []


# DSP111


def test_an_agent_that_does_not_tolerate_its_own_taint() -> None:
    started = taint("node.cilium.io/agent-not-ready", "NoExecute", "true")
    (found,) = findings("DSP111", node("n1", taints=[started]), daemonset("cilium"), daemonset("logs"))
    assert str(found.object) == "default/cilium"
    assert "node.cilium.io/agent-not-ready" in found.spot.command
    assert texts("DSP111", node("n1", taints=[started]), daemonset("cilium", tolerations=EVERYTHING)) == []


def test_a_startup_taint_that_nobody_tolerates() -> None:
    started = taint("example.com/agent-not-ready")
    (found,) = findings("DSP111", node("n1", taints=[started]), daemonset("logs"))
    assert found.object.kind == "Node"
    assert texts("DSP111", node("n1", taints=[started]), daemonset("logs", tolerations=EVERYTHING)) == []
    assert texts("DSP111", node("n1", taints=[taint("dedicated")]), daemonset("logs")) == []


CNI = [
    {"name": "bin", "hostPath": {"path": "/opt/cni/bin"}},
    {"name": "conf", "hostPath": {"path": "/etc/cni/net.d"}},
]


def test_a_network_plugin_that_waits_for_a_ready_node() -> None:
    (text,) = texts("DSP111", node("n1"), daemonset("net", hostNetwork=True, volumes=CNI))
    assert "does not tolerate node.kubernetes.io/not-ready:NoSchedule" in text
    tolerant = [{"operator": "Exists", "effect": "NoSchedule"}]
    assert texts("DSP111", node("n1"), daemonset("net", hostNetwork=True, volumes=CNI, tolerations=tolerant)) == []
    assert texts("DSP111", node("n1"), daemonset("net", volumes=CNI)) == []


# DSP112, DSP409


def policy(**spec: object) -> Tree:
    return {
        "apiVersion": "dsplan.dev/v1alpha1",
        "kind": "RolloutPolicy",
        "metadata": {"name": "slow", "namespace": "default"},
        "spec": {"targets": [{"name": "ds"}], **spec},
    }


def outdated(strategy: Tree) -> list[Tree]:
    old = {"containers": [{"name": "main", "image": "example.com/app:0"}]}
    return [daemonset(strategy=strategy), *(pod(f"p{n}", f"n{n}", owner="ds", spec=old) for n in (1, 2))]


def test_a_policy_that_lets_nothing_go() -> None:
    nodes = [node("n1"), node("n2")]
    over = {"allow": [{"start": "02:00", "end": "03:00", "lastDate": "2020-01-01"}]}
    stuck = policy(budgets=[{"maxUnavailable": 1}], windows=over)
    (found,) = findings("DSP112", *nodes, *outdated({"type": "OnDelete"}), stuck)
    assert str(found.object) == "default/slow"
    assert texts("DSP112", *nodes, *outdated({"type": "OnDelete"}), policy(budgets=[{"maxUnavailable": 1}])) == []


def test_a_policy_that_nobody_enforces() -> None:
    nodes = [node("n1"), node("n2")]
    rolling = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1}}
    (found,) = findings("DSP409", *nodes, *outdated(rolling), policy(budgets=[{"maxUnavailable": 1}]))
    assert "kubectl" in found.spot.command or "OnDelete" in found.spot.command
    assert texts("DSP409", *nodes, *outdated({"type": "OnDelete"}), policy(budgets=[{"maxUnavailable": 1}])) == []
