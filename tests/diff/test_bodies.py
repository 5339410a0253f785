"""What the writes send, against what an API server makes of it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

import dsplan
from dsplan.diff import Action, ActionReason
from dsplan.model.daemonset import HASH_LABEL
from dsplan.model.world import World
from dsplan.testing import NOW, a_daemonset, a_node, a_pod, a_revision
from dsplan.testing.journal import Conflict, Journal


def actions(world: World) -> dict[ActionReason, Action]:
    return {action.reason: action for action in dsplan.step(world, now=NOW).actions}


def with_owners(item: Any, *owners: Any) -> Any:
    metadata = msgspec.structs.replace(item.metadata, owner_references=owners)
    return msgspec.structs.replace(item, metadata=metadata)


def test_a_created_revision_is_complete() -> None:
    daemonset = a_daemonset()
    found = actions(World(daemonsets=(daemonset,)))[ActionReason.NEW_REVISION]
    body = found.body
    assert (body["apiVersion"], body["kind"]) == ("apps/v1", "ControllerRevision")
    assert body["metadata"]["name"] == found.name
    assert body["metadata"]["labels"] == {"app": "ds", HASH_LABEL: found.change["hash"]}
    assert body["metadata"]["ownerReferences"][0]["uid"] == daemonset.metadata.uid
    assert body["data"]["spec"]["template"] == {**daemonset.spec.template, "$patch": "replace"}
    assert body["revision"] == 1


def test_adoption_and_release_touch_no_other_owner() -> None:
    daemonset = a_daemonset()
    mine = a_pod(daemonset, "n1", version=3)
    [own] = mine.metadata.owner_references
    other = msgspec.structs.replace(own, kind="Thing", uid="other", controller=None)
    orphan = with_owners(mine, other)
    stray = with_owners(a_pod(daemonset, "n2", labels={"app": "other"}, version=4), own, other)
    world = World(nodes=(a_node("n1"), a_node("n2")), daemonsets=(daemonset,), pods=(orphan, stray))
    journal, found = Journal(world), actions(world)
    journal.carry_out(found[ActionReason.ADOPTED], NOW)
    journal.carry_out(found[ActionReason.RELEASED], NOW)
    adopted, released = (journal.get("Pod", "default", name) for name in (orphan.name, stray.name))
    assert {owner.uid: owner.controller for owner in adopted.metadata.owner_references} == {
        "other": None,
        daemonset.metadata.uid: True,
    }
    assert [owner.uid for owner in released.metadata.owner_references] == ["other"]


def test_a_patch_is_refused_where_the_object_is_another_by_now() -> None:
    daemonset = a_daemonset()
    orphan = with_owners(a_pod(daemonset, "n1", version=3))
    world = World(nodes=(a_node("n1"),), daemonsets=(daemonset,), pods=(orphan,))
    adopt = actions(world)[ActionReason.ADOPTED]
    assert adopt.body["metadata"]["resourceVersion"] == "3"
    journal = Journal(world)
    journal.put(orphan)
    with pytest.raises(Conflict):
        journal.carry_out(adopt, NOW)


def test_a_relabelled_pod_keeps_its_labels() -> None:
    daemonset = a_daemonset()
    twins = [a_revision(daemonset, number=number, hash_label=f"{number}d") for number in (1, 2)]
    pod = a_pod(daemonset, "n1", hash_label="1d", version=3)
    world = World(nodes=(a_node("n1"),), daemonsets=(daemonset,), pods=(pod,), revisions=tuple(twins))
    journal = Journal(world)
    journal.carry_out(actions(world)[ActionReason.RELABELLED], NOW)
    assert journal.get("Pod", "default", pod.name).metadata.labels == {"app": "ds", HASH_LABEL: "2d"}


def test_a_deletion_names_the_object_it_means() -> None:
    daemonset = a_daemonset()
    pod = a_pod(daemonset, "gone", version=3)
    world = World(nodes=(a_node("n1", taints=("x=y:NoExecute",)),), daemonsets=(daemonset,))
    pod = msgspec.structs.replace(pod, spec=msgspec.structs.replace(pod.spec, node_name="n1"))
    found = actions(msgspec.structs.replace(world, pods=(pod,)))[ActionReason.NOT_ELIGIBLE]
    assert found.body == {
        "apiVersion": "v1",
        "kind": "DeleteOptions",
        "preconditions": {"uid": pod.metadata.uid, "resourceVersion": "3"},
    }


def test_a_status_says_every_count() -> None:
    """A count that falls to 0 and is left out of the patch would stay as it was."""
    full = msgspec.structs.replace(a_daemonset().status, number_ready=3, number_available=3, observed_generation=1)
    daemonset = msgspec.structs.replace(a_daemonset(), status=full)
    world = World(daemonsets=(daemonset,))
    found = actions(world)[ActionReason.STATUS_CHANGED]
    assert found.subresource == "status"
    journal = Journal(world)
    journal.carry_out(found, NOW)
    status = journal.get("DaemonSet", "default", "ds").status
    assert (status.number_ready, status.number_available) == (0, 0)
    assert status.observed_generation == daemonset.metadata.generation
