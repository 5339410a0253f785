"""What the checker's own reading of the rules has to get right: a correct plan that turns on it is accepted."""

from __future__ import annotations

import msgspec
import pytest

from dsplan.document.types import PlanDocument
from dsplan.model.state import LearnedHash, State
from dsplan.model.world import World
from dsplan.planner import solve
from dsplan.planner.checking import check_plan
from dsplan.report.documents.plan import plan_document
from dsplan.testing import NOW, a_daemonset, a_node, a_pod, a_revision
from tests.policies.fleet import Fleet, a_policy


def planned(world: World) -> PlanDocument:
    return plan_document(solve(world, now=NOW))


def pods_deleted(document: PlanDocument) -> list[str]:
    return [action.node for action in document.actions if (action.kind, action.verb) == ("Pod", "delete")]


def test_sick_nodes_go_first() -> None:
    """Their pods still say Ready: they are candidates like the others, and the written order begins with them."""
    owner = a_daemonset(max_unavailable=1)
    nodes = (a_node("n1"), a_node("n2"), a_node("n3", ready=False))
    world = World(
        nodes=nodes,
        daemonsets=(owner,),
        pods=tuple(a_pod(owner, node.name, hash_label="old") for node in nodes),
        revisions=(a_revision(owner, number=2, hash_label="new"),),
    )
    document = planned(world)
    assert pods_deleted(document) == ["n3"]
    assert check_plan(document, world) == ()


def test_a_learned_hash_is_that_of_its_own_daemonset() -> None:
    """H13: without revisions; each DaemonSet's pods wear what the State says of it, and none of another."""
    one, other = a_daemonset("one"), a_daemonset("other")
    world = World(
        nodes=(a_node("n1"),),
        daemonsets=(one, other),
        pods=(a_pod(one, "n1", hash_label="h1"), a_pod(other, "n1", hash_label="h2")),
        state=State(
            hashes=(
                LearnedHash(daemonset=one.identity, hash="h1"),
                LearnedHash(daemonset=other.identity, hash="old"),
            )
        ),
    )
    document = planned(world)
    assert pods_deleted(document) == ["n1"]
    assert [action.daemonset for action in document.actions if action.verb == "delete"]
    assert check_plan(document, world) == ()


@pytest.mark.parametrize("bound", [True, False])
def test_revisions_that_a_pod_wears_are_kept(bound: bool) -> None:
    """H9: the pod counts where it has a target node, bound or only pinned."""
    owner = a_daemonset(on_delete=True, history_limit=0)
    world = World(
        nodes=(a_node("n1"),),
        daemonsets=(owner,),
        pods=(a_pod(owner, "n1", hash_label="worn", bound=bound),),
        revisions=(
            a_revision(owner, number=3, hash_label="new"),
            old_revision(owner, 1, "worn"),
            old_revision(owner, 2, "spare"),
        ),
    )
    document = planned(world)
    assert [action.name for action in document.actions if action.verb == "delete"] == ["ds-spare"]
    assert check_plan(document, world) == ()


def old_revision(owner, number: int, hash_label: str):  # type: ignore[no-untyped-def]
    revision = a_revision(owner, number=number, hash_label=hash_label)
    data = {"spec": {"template": {"metadata": {"labels": {"old": hash_label}}, "$patch": "replace"}}}
    return msgspec.structs.replace(revision, data=data)


def test_a_wave_may_take_as_many_as_the_rate_allows() -> None:
    """Exactly as many a minute; the same plan is refused where the document allows one less."""
    fleet = Fleet(6, [a_policy(rates={"podsPerMinute": 3})])
    document = plan_document(solve(fleet.world(), now=fleet.now))
    assert check_plan(document, fleet.world()) == ()
    fleet.policies = [a_policy(rates={"podsPerMinute": 2})]
    assert [str(finding) for finding in check_plan(document, fleet.world()) if "allows 2 a minute" in str(finding)]
