"""The history of a DaemonSet: revisions, what each changed, who still runs them (H1, H8-H10)."""

from __future__ import annotations

import msgspec
import pytest

from dsplan import World
from dsplan.errors import InputError
from dsplan.explain.revisions import revision_history, revision_to_undo
from dsplan.model.daemonset import DaemonSet
from dsplan.testing import NOW, a_daemonset, a_node, a_pod, a_revision

_HASHES = ("5cf7", "6d4b", "7c5d")


def _version(number: int) -> DaemonSet:
    return a_daemonset(image=f"app:{number}", on_delete=True, uid="u")


def _world(*, revisions: int = 3, at: int = 3) -> World:
    """Return a world of six nodes that parks pods on three revisions; the template is that of revision `at`."""
    nodes = tuple(a_node(f"n{n}", labels={"karpenter.sh/nodepool": "blue" if n < 4 else "green"}) for n in range(6))
    worn = (0, 0, 0, 1, 1, 2)
    pods = tuple(
        a_pod(_version(1), node.name, hash_label=_HASHES[place]) for node, place in zip(nodes, worn, strict=True)
    )
    kept = tuple(
        a_revision(_version(number), number=number, hash_label=_HASHES[number - 1])
        for number in range(1, revisions + 1)
    )
    return World(nodes=nodes, daemonsets=(_version(at),), pods=pods, revisions=kept)


def test_every_revision_with_its_change_its_pods_and_their_pools() -> None:
    world = _world()
    found = revision_history(world, world.daemonsets[0], now=NOW).revisions
    assert [(entry.number, entry.is_current, entry.pods, entry.pools) for entry in found] == [
        (3, True, 1, (("green", 1),)),
        (2, False, 2, (("blue", 1), ("green", 1))),
        (1, False, 3, (("blue", 3),)),
    ]
    told = [None if entry.changes is None else [str(change) for change in entry.changes] for entry in found]
    assert told == [["containers[main].image: 2 -> 3"], ["containers[main].image: 1 -> 2"], None]


def test_a_template_without_a_revision_is_the_one_that_comes() -> None:
    world = _world(at=4)
    first, *others = revision_history(world, world.daemonsets[0], now=NOW).revisions
    assert (first.number, first.is_current, first.pods, first.name) == (4, True, 0, "")
    assert [str(change) for change in first.changes or ()] == ["containers[main].image: 3 -> 4"]
    assert not any(entry.is_current for entry in others)


def test_pods_of_a_hash_that_no_revision_explains_are_counted() -> None:
    world = _world(revisions=2, at=2)
    found = revision_history(world, world.daemonsets[0], now=NOW).revisions
    assert [(entry.number, entry.hash, entry.pods) for entry in found] == [
        (2, "6d4b", 2),
        (1, "5cf7", 3),
        (None, "7c5d", 1),
    ]


def test_without_revisions_the_hashes_are_left_and_a_note_says_so() -> None:
    world = _world(revisions=0)
    history = revision_history(world, world.daemonsets[0], now=NOW)
    assert [(entry.number, entry.pods) for entry in history.revisions] == [(None, 3), (None, 2), (None, 1)]
    assert "no ControllerRevisions in the input" in history.notes[0].text


@pytest.mark.parametrize(("asked", "expected"), [(None, 2), (1, 1), (2, 2)])
def test_undo_goes_to_the_revision_before_the_last_or_to_the_named_one(asked: int | None, expected: int) -> None:
    world = _world()
    number, template = revision_to_undo(world, world.daemonsets[0], asked)
    assert number == expected
    assert template["spec"]["containers"][0]["image"] == f"app:{expected}"
    assert "$patch" not in template


@pytest.mark.parametrize(
    ("world", "asked", "words"),
    [
        (_world(), 9, "has no revision 9"),
        (_world(revisions=1, at=1), None, "has no earlier revision"),
        (_world(), 3, "is at revision 3 already"),
    ],
)
def test_what_cannot_be_undone(world: World, asked: int | None, words: str) -> None:
    with pytest.raises(InputError) as raised:
        revision_to_undo(world, world.daemonsets[0], asked)
    assert words in str(raised.value.problems[0])


def test_a_snapshot_keeps_no_template_to_go_back_to() -> None:
    from dsplan.manifests.snapshot import abridged

    world = _world()
    world = msgspec.structs.replace(world, revisions=tuple(map(abridged, world.revisions)))
    with pytest.raises(InputError, match="1 problem") as raised:
        revision_to_undo(world, world.daemonsets[0])
    assert "snapshot without --full" in str(raised.value.problems[0])
    assert all(entry.changes is None for entry in revision_history(world, world.daemonsets[0], now=NOW).revisions)
