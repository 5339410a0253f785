"""Draining a node, replacing a pool, undoing a roll-out: what the world is then, and what stands in the way."""

from __future__ import annotations

from typing import Any

import pytest

from dsplan import World, decode, solve, what_if
from dsplan.errors import InputError
from dsplan.explain.edits import Drain, ReplacePool, Undo, apply_edits
from dsplan.report.text.edits import edit_command, edit_option, edit_words
from dsplan.testing import NOW, a_daemonset, a_node, a_pod, a_revision


def _other(name: str, kind: str = "ReplicaSet", node: str = "n1", **labels: str) -> dict[str, Any]:
    owners = [{"kind": kind, "name": "owner", "controller": True}] if kind else []
    metadata = {"name": name, "namespace": "shop", "labels": labels, "ownerReferences": owners}
    return {"kind": "Pod", "metadata": metadata, "spec": {"nodeName": node}}


def _budget(allowed: int) -> dict[str, Any]:
    spec = {"selector": {"matchLabels": {"app": "web"}}}
    metadata = {"name": "web", "namespace": "shop"}
    return {
        "kind": "PodDisruptionBudget",
        "metadata": metadata,
        "spec": spec,
        "status": {"disruptionsAllowed": allowed},
    }


def _cluster(*trees: dict[str, Any]) -> World:
    daemonset = a_daemonset(uid="u")
    nodes = (a_node("n1"), a_node("n2"))
    others = decode(trees)
    pods = tuple(a_pod(daemonset, node.name, hash_label="6d4b") for node in nodes)
    return World(
        nodes=nodes,
        daemonsets=(daemonset,),
        pods=(*pods, *others.pods),
        revisions=(a_revision(daemonset, hash_label="6d4b"),),
        disruption_budgets=others.disruption_budgets,
    )


def test_a_drain_evicts_all_but_daemons_and_static_pods_and_cordons() -> None:
    world = _cluster(_other("web"), _other("static", "Node"), _other("elsewhere", node="n2"), _other("bare", ""))
    after = apply_edits(world, [Drain("n1")])
    assert [pod.name for pod in after.pods] == ["ds-n1", "ds-n2", "elsewhere", "static"]
    node = next(node for node in after.nodes if node.name == "n1")
    assert node.spec.unschedulable
    assert str(node.taints[0]) == "node.kubernetes.io/unschedulable:NoSchedule"
    told = [note.text for note in after.notes]
    assert told[0].startswith("2 pods evicted; daemon pods stay")
    assert "bare have no controller: kubectl drain needs --force" in told[1]


def test_daemon_pods_do_not_feel_a_drain() -> None:
    found = what_if(_cluster(_other("web")), [Drain("n1")], now=NOW)
    assert found.account.daemonsets == ()
    before, after = found.account.before, found.account.after
    assert (before.create, before.delete) == (after.create, after.delete) == (0, 0)


@pytest.mark.parametrize(("allowed", "waits"), [(2, False), (1, True), (0, True)])
def test_a_drain_waits_for_disruption_budgets(allowed: int, waits: bool) -> None:
    world = _cluster(_other("web-1", app="web"), _other("web-2", app="web"), _other("db", app="db"), _budget(allowed))
    told = [note.text for note in apply_edits(world, [Drain("n1")]).notes]
    expected = f"waits for the PodDisruptionBudget shop/web, which allows {allowed} evictions of 2: web-1, web-2"
    assert (expected in told) is waits


def test_a_node_that_is_not_there_cannot_be_drained() -> None:
    with pytest.raises(InputError):
        apply_edits(_cluster(), [Drain("n9")])


def _pools() -> World:
    daemonset = a_daemonset(uid="u")
    nodes = tuple(a_node(f"blue-{n}", labels={"karpenter.sh/nodepool": "blue"}) for n in range(5))
    stays = a_node("other", labels={"karpenter.sh/nodepool": "system"})
    pods = tuple(a_pod(daemonset, node.name, hash_label="6d4b") for node in (*nodes, stays))
    return World(
        nodes=(*nodes, stays), daemonsets=(daemonset,), pods=pods, revisions=(a_revision(daemonset, hash_label="6d4b"),)
    )


def test_a_pool_is_replaced_in_rounds() -> None:
    joining = tuple(a_node(f"green-{n}", labels={"karpenter.sh/nodepool": "green"}) for n in range(7))
    world = apply_edits(_pools(), [ReplacePool("blue", joining, 3)])
    assert sorted(node.name for node in world.nodes) == [*(f"green-{n}" for n in range(7)), "other"]
    assert [pod.name for pod in world.pods] == ["ds-other"]
    assert "5 nodes leave and 7 join in 3 rounds of at most 3" in world.notes[-1].text
    assert solve(world, now=NOW).summary.create == 7


def test_a_pool_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(InputError) as raised:
        apply_edits(_pools(), [ReplacePool("bleu", (), 1)])
    assert raised.value.problems[0].accepted == ("blue", "system")


def test_an_undo_renumbers_the_revision_and_updates_every_pod_of_the_new_one() -> None:
    old, new = a_daemonset(image="app:1", uid="u"), a_daemonset(image="app:2", uid="u")
    nodes = tuple(a_node(f"n{n}") for n in range(3))
    worn = ("6d4b", "7c5d", "7c5d")
    world = World(
        nodes=nodes,
        daemonsets=(new,),
        pods=tuple(a_pod(new, node.name, hash_label=label) for node, label in zip(nodes, worn, strict=True)),
        revisions=(a_revision(old, hash_label="6d4b"), a_revision(new, number=2, hash_label="7c5d")),
    )
    undone = apply_edits(world, [Undo(new.identity)])
    assert undone.daemonsets[0].metadata.generation == new.metadata.generation + 1
    (entry,) = solve(undone, now=NOW).daemonsets
    assert entry.rollout is not None
    assert sorted(entry.rollout.nodes) == ["n1", "n2"]
    raised = [action for action in entry.step.actions if action.kind == "ControllerRevision"]
    assert [(action.verb, action.name) for action in raised] == [("update", "ds-6d4b")]


@pytest.mark.parametrize(
    ("edit", "words", "option", "command"),
    [
        (Drain("n1"), "drain node n1", "--drain n1", "kubectl drain n1 --ignore-daemonsets"),
        (
            Undo(a_daemonset().identity, 4),
            "undo default/ds to revision 4",
            "--undo ds/default/ds:4",
            "kubectl rollout undo daemonset/ds -n default --to-revision=4",
        ),
        (
            ReplacePool("blue", (), 2, "f.yaml"),
            "replace the nodes of pool blue by 0 of f.yaml, at most 2 at once",
            "",
            "",
        ),
    ],
)
def test_words(edit: Any, words: str, option: str, command: str) -> None:
    assert (edit_words(edit), edit_option(edit), edit_command(edit)) == (words, option, command)


def test_an_undo_says_how_the_revision_is_renumbered() -> None:
    old, new = a_daemonset(image="app:1", uid="u"), a_daemonset(image="app:2", uid="u")
    revisions = (a_revision(old, hash_label="6d4b"), a_revision(new, number=2, hash_label="7c5d"))
    world = apply_edits(World(daemonsets=(new,), revisions=revisions), [Undo(new.identity)])
    assert world.notes[-1].text == "goes back to revision 1, which the controller renumbers to 3"
