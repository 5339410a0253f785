"""Examples of the smallest edits, each with the arithmetic of its size and price."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import pytest

from dsplan.constraints import BUILTIN_RULES
from dsplan.constraints.placement_fields import label_text
from dsplan.constraints.protocol import Cause, Projection, Reason, Strength
from dsplan.explain.answers import Kind
from dsplan.explain.counterfactual import Counterfactual, counterfactuals
from dsplan.explain.edits import DropRequirements, Edit, SetField, SetLabel, apply_edits
from dsplan.explain.search import Side
from dsplan.explain.why import why
from dsplan.manifests.decode import decode
from dsplan.model.daemonset import DaemonSet
from dsplan.planner.account import Fate
from dsplan.report.text.edits import edit_words

from .builders import daemonset, node, pod, revision
from .test_standing import required

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


def search(*objects: dict[str, Any], on: str = "n1", **options: Any) -> tuple[Counterfactual, ...]:
    return counterfactuals(decode(list(objects)), "ds", on, now=NOW, **options)


def words(found: Iterable[Counterfactual]) -> list[str]:
    return [" and ".join(map(edit_words, entry.edits)) for entry in found]


def test_the_price_of_a_toleration_counts_control_plane_and_virtual_nodes() -> None:
    control = [
        node(f"cp{n}", labels={"node-role.kubernetes.io/control-plane": ""}, taints=["x=1:NoSchedule"])
        for n in range(12)
    ]
    virtual = [node(f"v{n}", labels={"type": "virtual-kubelet"}, taints=["x=1:NoSchedule"]) for n in range(40)]
    found = search(daemonset(), node("n1", taints=["x=1:NoSchedule"]), *control, *virtual)
    assert words(found) == ["remove the taint x:NoSchedule from node n1", "default/ds: tolerate x=1:NoSchedule"]
    assert found[1].side_effects.also_roles == (("virtual", 40), ("control-plane", 12))


def test_a_changed_template_replaces_the_pods_elsewhere() -> None:
    ds = daemonset(nodeSelector={"disk": "ssd"})
    others = [node(f"o{n}", labels={"disk": "ssd"}) for n in range(3)]
    pods = [pod(ds, f"o{n}", "new") for n in range(3)]
    found = search(ds, revision(ds, "new"), node("n1"), *others, *pods)
    assert [(entry.side, entry.side_effects.replaced) for entry in found] == [(Side.NODE, 0), (Side.DAEMONSET, 3)]


def test_a_label_that_serves_several_demands_beats_either_side_alone() -> None:
    """nodeName cannot be met by the node; of the template three demands would have to go. One drop and one label do."""
    expressions = ({"key": "a", "operator": "In", "values": ["x"]}, {"key": "a", "operator": "Exists"})
    ds = daemonset(nodeName="elsewhere", nodeSelector={"a": "x"}, affinity=required(*expressions))
    sizes = {entry.side: entry.size for entry in search(ds, node("n1"))}
    assert sizes == {Side.DAEMONSET: 4, Side.BOTH: 2}


def test_dropping_the_last_expression_of_one_of_two_terms_is_no_way() -> None:
    terms = [{"matchExpressions": [{"key": key, "operator": "Exists"}]} for key in ("a", "b")]
    affinity = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}}
    found = search(daemonset(affinity=affinity), node("n1"))
    whole = next(entry for entry in found if entry.side is Side.DAEMONSET)
    assert whole.size == 2
    assert isinstance(whole.edits[0], DropRequirements)
    assert {entry.size for entry in found if entry.side is Side.NODE} == {1}


def test_one_value_more_in_one_of_two_terms_is_less_than_dropping_both() -> None:
    terms = [
        {"matchExpressions": [{"key": "a", "operator": "In", "values": ["x"]}]},
        {"matchExpressions": [{"key": "b", "operator": "Exists"}]},
    ]
    affinity = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}}
    found = search(daemonset(affinity=affinity), node("n1", labels={"a": "y"}))
    assert words(found)[0] == "default/ds: allow a=y in nodeSelectorTerms[0].matchExpressions[0]"
    assert found[0].size == 1


def test_two_effects_of_one_key_take_one_toleration() -> None:
    found = search(daemonset(), node("n1", taints=["x=1:NoSchedule", "x=1:NoExecute"]))
    assert words(found) == ["default/ds: tolerate x=1", "remove the taint x from node n1"]


def test_a_not_in_expression_forbids_one_value_less() -> None:
    affinity = required({"key": "zone", "operator": "NotIn", "values": ["a", "b"]})
    found = search(daemonset(affinity=affinity), node("n1", labels={"zone": "a"}))
    assert "default/ds: no longer forbid zone=a in nodeSelectorTerms[0].matchExpressions[0]" in words(found)


def test_the_smallest_budget_that_lets_a_stalled_roll_out_go_on() -> None:
    """Two sick nodes hold both places of maxUnavailable 2, so 3 is the least that updates anything."""
    ds = daemonset(strategy={"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 2}})
    sick = [node(f"s{n}", ready=False) for n in range(2)]
    pods = [pod(ds, "n1", "old"), *(pod(ds, f"s{n}", "new", ready=False) for n in range(2))]
    (found,) = search(ds, revision(ds, "new"), node("n1"), *sick, *pods)
    assert found.edits == (SetField(found.edits[0].daemonset, "spec.updateStrategy.rollingUpdate.maxUnavailable", 3),)  # type: ignore[union-attr]
    assert (found.kind, found.fate) == (Kind.YES, Fate.REPLACED)


def test_the_budget_that_brings_a_late_node_into_the_first_wave() -> None:
    ds = daemonset()
    nodes = [node(f"n{n}") for n in range(1, 6)]
    pods = [pod(ds, f"n{n}", "old") for n in range(1, 6)]
    (found,) = search(ds, revision(ds, "new"), *nodes, *pods, on="n4")
    assert found.wave == 1
    assert edit_words(found.edits[0]).endswith("maxUnavailable of default/ds to 4")


def test_on_delete_is_helped_by_deleting_the_pod_or_by_the_other_strategy() -> None:
    ds = daemonset(strategy={"type": "OnDelete"})
    found = search(ds, revision(ds, "new"), node("n1"), pod(ds, "n1", "old"))
    assert words(found) == [
        "delete pod default/ds-n1",
        "set spec.updateStrategy.type of default/ds to RollingUpdate",
    ]


def web(memory: str) -> dict[str, Any]:
    return {
        "kind": "Pod",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"nodeName": "n1", "containers": [{"name": "c", "resources": {"requests": {"memory": memory}}}]},
    }


def test_free_132mi() -> None:
    """1024Mi less 644Mi leaves 380Mi of the 512Mi that are needed: 132Mi are missing."""
    found = search(daemonset(memory="512Mi"), node("n1", memory="1Gi"), web("644Mi"))
    assert words(found) == [
        "delete pod shop/web",
        "set spec.template.spec.containers[0].resources.requests[memory] of default/ds to 380Mi",
        "free 132Mi memory on node n1",
        "set spec.template.spec.priorityClassName of default/ds to system-cluster-critical",
    ]
    assert all(entry.kind is Kind.YES for entry in found)


def test_a_higher_priority_evicts_and_says_whom() -> None:
    priority = {"kind": "PriorityClass", "metadata": {"name": "high"}, "value": 1000}
    found = search(daemonset(memory="512Mi"), node("n1", memory="1Gi"), web("1Gi"), priority)
    raised = next(entry for entry in found if "priorityClassName" in edit_words(entry.edits[0]))
    assert (raised.fate, raised.evicts) == (Fate.CREATED, ("shop/web",))


def test_a_yes_and_a_pod_that_only_waits_have_nothing_to_flip() -> None:
    ds = daemonset()
    assert search(ds, node("n1")) == ()
    going = pod(ds, "n1", "new", deletionTimestamp="2026-05-01T11:59:00Z")
    assert search(ds, revision(ds, "new"), node("n1"), going) == ()


class _NeedsRack:
    """An embedder's own constraint."""

    id = "NeedsRack"
    version = 1
    reads = ("labels/rack",)
    strength = Strength.CREATE

    def check(self, projection: Projection) -> Reason | None:
        if projection[0] in ("r1", "r2"):
            return None
        return Reason(self.id, "", (Cause("rack", "a known rack", label_text("rack", projection[0])),))


def _rack_rule(daemonset: DaemonSet) -> tuple[_NeedsRack]:
    return (_NeedsRack(),)


def test_for_an_embedders_constraint_the_node_is_made_like_one_that_passes() -> None:
    rules = (*BUILTIN_RULES, _rack_rule)
    objects = (daemonset(), node("n1"), node("n2", labels={"rack": "r2"}))
    world = decode(list(objects))
    answer = why(world, "ds", "n1", now=NOW, rules=rules).answer
    assert (answer.verdict, answer.findings[0].code) == ("KEEP", "NeedsRack")
    (found,) = counterfactuals(world, "ds", "n1", now=NOW, rules=rules)
    assert found.edits == (SetLabel("n1", "rack", "r2"),)


@pytest.mark.parametrize("side", [Side.DAEMONSET, Side.NODE])
def test_applying_gives_the_world_that_was_tried(side: Side) -> None:
    world = decode([daemonset(nodeSelector={"disk": "ssd"}), node("n1", taints=["x:NoSchedule"])])
    found = next(entry for entry in counterfactuals(world, "ds", "n1", now=NOW) if entry.side is side)
    edits: tuple[Edit, ...] = found.edits
    assert found.size == 2
    assert why(apply_edits(world, edits), "ds", "n1", now=NOW).answer.kind is Kind.YES
