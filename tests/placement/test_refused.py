"""Pods that the API server refuses: foreseen in plans and stalls where the input has what is needed."""

from __future__ import annotations

import gzip
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from dsplan import Plan, World, decode, load, overlay, solve, why
from dsplan.document.types import DaemonSetEntry
from dsplan.planner.account import End, Kind
from dsplan.planner.checking import check_plan
from dsplan.reading.resources import GET_ALL
from dsplan.report.documents.plan import plan_document
from dsplan.rollouts.forecast import expected_stalls
from dsplan.testing import NOW

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"
needs_recordings = pytest.mark.skipif(not SHARED.is_dir(), reason=f"the recordings are not at {SHARED}")


def _world(*others: dict[str, Any], nodes: int = 3, **spec: Any) -> World:
    labels = {"app": "ds"}
    container = {"name": "c", "image": "i:1", **spec.pop("container", {})}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container], **spec}}
    daemonset = {
        "kind": "DaemonSet",
        "metadata": {"name": "ds", "namespace": "team"},
        "spec": {"selector": {"matchLabels": labels}, "template": template},
    }
    return decode([*map(_node, range(nodes)), daemonset, *others])


def _node(number: int) -> dict[str, Any]:
    status = {"allocatable": {"cpu": "4", "memory": "8Gi", "pods": "99"}}
    return {"kind": "Node", "metadata": {"name": f"n{number}", "uid": "u"}, "status": status}


def _object(kind: str, name: str = "few", **fields: Any) -> dict[str, Any]:
    return {"kind": kind, "metadata": {"name": name, "namespace": "team"}, **fields}


def _refused(world: World) -> dict[str, int]:
    """Return how many pods are refused, by the words of the server."""
    rows = [row for entry in solve(world, now=NOW).daemonsets for row in entry.account.rows]
    return {row.example: len(row) for row in rows if any(lot.end is End.REFUSED for lot in row.lots)}


def _impossible(plan: Plan) -> list[int]:
    rows = [row for entry in plan.daemonsets for row in entry.account.rows]
    return [len(row) for row in rows if row.kind is Kind.IMPOSSIBLE]


ACCOUNTS = (_object("ServiceAccount", "default"), _object("ServiceAccount", "agent"))


@pytest.mark.parametrize(
    ("others", "spec", "words", "nodes"),
    [
        (
            [_object("ResourceQuota", spec={"hard": {"pods": 2}})],
            {},
            "exceeded quota: few, requested: pods=1, used: pods=2, limited: pods=2",
            1,
        ),
        (
            [_object("ResourceQuota", spec={"hard": {"limits.cpu": 2}})],
            {},
            "failed quota: few: must specify limits.cpu for: c",
            3,
        ),
        (
            [_object("LimitRange", spec={"limits": [{"type": "Container", "max": {"cpu": "1"}}]})],
            {"container": {"resources": {"limits": {"cpu": "2"}}}},
            "maximum cpu usage per Container is 1, but limit is 2",
            3,
        ),
        (
            list(ACCOUNTS),
            {"serviceAccountName": "agnet"},
            'error looking up service account team/agnet: serviceaccount "agnet" not found',
            3,
        ),
        (
            [_object("PriorityClass", "high")],
            {"priorityClassName": "low"},
            "no PriorityClass with name low was found",
            3,
        ),
        (
            [{"kind": "Namespace", "metadata": {"name": "team"}, "status": {"phase": "Terminating"}}],
            {},
            "unable to create new content in namespace team because it is being terminated",
            3,
        ),
        (
            [
                {
                    "kind": "Namespace",
                    "metadata": {"name": "team", "annotations": {"scheduler.alpha.kubernetes.io/node-selector": "a=b"}},
                }
            ],
            {"nodeSelector": {"a": "c"}},
            "",
            0,
        ),
    ],
    ids=["quota", "quota on limits", "limit range", "service account", "priority class", "terminating", "excluded"],
)
def test_refused_with_the_words_of_the_server(
    others: list[dict[str, Any]], spec: dict[str, Any], words: str, nodes: int
) -> None:
    expected = {f"admission: {words}": nodes} if nodes else {}
    assert _refused(_world(*others, **spec)) == expected


@pytest.mark.parametrize(
    ("others", "spec"),
    [
        ([_object("ServiceAccount", "agent")], {"serviceAccountName": "other"}),
        (list(ACCOUNTS), {"serviceAccountName": "agent"}),
        (list(ACCOUNTS), {}),
        ([_object("ResourceQuota", spec={"hard": {"pods": 3}})], {}),
        ([_object("ResourceQuota", spec={"hard": {"pods": 0}, "scopes": ["NotBestEffort"]})], {}),
    ],
    ids=["accounts not all known", "known", "default", "room", "other scope"],
)
def test_taken(others: list[dict[str, Any]], spec: dict[str, Any]) -> None:
    assert _refused(_world(*others, **spec)) == {}


def test_quotas_count_over_all_daemonsets_of_a_namespace() -> None:
    world = _world(_object("ResourceQuota", spec={"hard": {"pods": 4}}))
    again = decode(
        [{"kind": "DaemonSet", "metadata": {"name": "second", "namespace": "team"}, "spec": _spec("second")}]
    )
    assert sum(_refused(overlay(world, again)).values()) == 2


def _spec(name: str) -> dict[str, Any]:
    labels = {"app": name}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    return {"selector": {"matchLabels": labels}, "template": template}


def _notes(world: World) -> str:
    return "\n".join(note.text for note in solve(world, now=NOW).notes)


def test_a_note_says_what_was_not_given_and_how_to_give_it() -> None:
    told = "no quotas or limit ranges in the input; see docs/input.md"
    assert told in _notes(_world())
    assert told not in _notes(_world(*ACCOUNTS))
    assert told not in _notes(_world(nodes=0))
    assert GET_ALL in (ROOT / "docs" / "input.md").read_text(encoding="utf-8")


def test_a_namespace_with_a_node_selector_is_named() -> None:
    annotations = {"openshift.io/node-selector": "realm=test"}
    world = _world({"kind": "Namespace", "metadata": {"name": "team", "annotations": annotations}})
    plan = solve(world, now=NOW)
    assert _impossible(plan) == [3]
    assert "annotation openshift.io/node-selector of namespace team adds the node selector realm=test" in _notes(world)
    lifted = _world({"kind": "Namespace", "metadata": {"name": "team", "annotations": dict.fromkeys(annotations, "")}})
    assert _impossible(solve(lifted, now=NOW)) == []


@needs_recordings
def test_recorded_project_node_selector() -> None:
    world = load([SHARED / "cases" / "04-project-node-selector" / "cluster.yaml"])
    assert "of namespace default adds the node selector realm=test to every pod, which 2 nodes lack" in _notes(world)
    without = msgspec.structs.replace(world, namespaces=())
    assert "admission has added the node selector realm=test to pods, which 2 nodes lack" in _notes(without)
    for asked, words in ((world, "of namespace default adds"), (without, "admission has added")):
        told = why(asked, "hello-daemonset", "infra-1", now=NOW).notes
        assert any(f"{words} the node selector realm=test" in note.text for note in told)


@needs_recordings
def test_recorded_critical_pods_on_gke() -> None:
    folder = SHARED / "cases" / "05-gke-critical-quota"
    world = overlay(load([folder / "cluster.yaml"]), load([folder / "ds.yaml"]))
    ((words, nodes),) = _refused(world).items()
    assert nodes == 2
    assert "insufficient quota to match these scopes" in words


@needs_recordings
def test_recorded_rollout_under_a_quota_stops_with_three_nodes_bare(tmp_path: Path) -> None:
    folder = SHARED / "live" / "54-quota-template"
    path = tmp_path / "before.json"
    path.write_bytes(gzip.decompress((folder / "before.json.gz").read_bytes()))
    quota = _object("ResourceQuota", spec={"hard": {"pods": "8"}}, status={"used": {"pods": "11"}})
    change = load([folder / "change.yaml"], trust_stored=False)
    world = overlay(overlay(load([path]), decode([quota])), change)
    now = datetime.fromisoformat("2026-11-28T19:29:58+00:00")
    words = "exceeded quota: few, requested: pods=1, used: pods=8, limited: pods=8"
    plan = solve(world, now=now, forecast=True)
    (entry,) = [entry for entry in plan.daemonsets if entry.identity.name == "collector"]
    refused = [row for row in entry.account.rows if any(lot.end is End.REFUSED for lot in row.lots)]
    assert [(len(row), row.loses, row.example) for row in refused] == [(3, True, f"admission: {words}")]
    assert (entry.account.sums.stalled, entry.account.sums.update) == (8, 0)
    ((stall,), _) = expected_stalls(world, now=now)
    assert (stall.wave, stall.spent, stall.limit, len(stall.left)) == (1, 3, 3, 8)
    assert {(blocker.why, blocker.detail) for blocker in stall.blockers} == {("Refused", words)}


def test_the_readme_names_all_that_can_matter() -> None:
    readme = (Path(__file__).resolve().parents[2] / "README.md").read_text()
    assert GET_ALL in readme.replace("\\\n", "")


@pytest.mark.parametrize("pods", [0, 1, 2, 3])
def test_the_checker_agrees_with_plans_under_a_quota(pods: int) -> None:
    world = _world(_object("ResourceQuota", spec={"hard": {"pods": pods}}))
    document = plan_document(solve(world, now=NOW, forecast=True))
    assert check_plan(document, world) == ()
    forged = msgspec.structs.replace(document, daemonsets=(_without_refusals(document.daemonsets[0]),))
    assert (check_plan(forged, world) == ()) is (pods == 3)


def _without_refusals(entry: DaemonSetEntry) -> DaemonSetEntry:
    told = {"fate": "created", "reason": "Missing", "text": "", "example": ""}
    rows = tuple(msgspec.structs.replace(row, **told) for row in entry.rows)
    return msgspec.structs.replace(entry, rows=rows)
