"""RolloutPolicy documents: every problem at once, with its field and what it might have meant; the schema agrees."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import dsplan
from dsplan.errors import InputError
from dsplan.manifests.rollout_policies import decode_policy, policy_schema
from dsplan.model.policy import Step
from dsplan.testing import NOW

SCHEMA = Path(__file__).parents[2] / "specs" / "schema" / "rolloutpolicy.json"

FULL: dict[str, Any] = {
    "apiVersion": "dsplan.dev/v1alpha1",
    "kind": "RolloutPolicy",
    "metadata": {"name": "agents", "namespace": "kube-system"},
    "spec": {
        "targets": [{"name": "cni"}, {"selector": {"matchLabels": {"tier": "agent"}}, "namespace": "kube-system"}],
        "owner": "Host",
        "surge": True,
        "budgets": [
            {"maxUnavailable": "10%", "topologyKey": "topology.kubernetes.io/zone"},
            {"maxUnavailable": 50, "scope": "All", "nodeSelector": {"matchLabels": {"pool": "gpu"}}},
            {"maxUnavailable": 1, "scope": "Node"},
        ],
        "domains": [{"topologyKey": "rack", "maxAtOnce": 2}],
        "canary": {"cover": {"keys": ["kernel", "arch"], "strength": "all-combinations"}, "soak": "1h"},
        "steps": {"list": [1, {"to": "25%", "soak": "1h30m", "gate": {"manual": True}}, "100%"], "soak": "10m"},
        "partition": "10%",
        "order": {"per": "Node", "chains": [["cni", "storage/csi"], ["cni", "agent"]]},
        "rates": {"podsPerMinute": 30, "imageBytesPerSecond": "50Mi", "imageBytes": {"example.com/a:1": "300Mi"}},
        "windows": {
            "timeZone": "Europe/Berlin",
            "allow": [{"days": ["Sat", "Sun"], "start": "22:00", "end": "04:00"}],
            "block": [{"firstDate": "2026-12-20", "lastDate": "2027-01-06"}],
        },
        "brokenNodes": {"mode": "Causal", "forgiveUnschedulable": 3},
        "nodeOrder": [{"by": "NotReadyFirst"}, {"by": "Label", "key": "weight", "descending": True}, {"by": "Name"}],
    },
}


def with_spec(**changes: Any) -> dict[str, Any]:
    tree = deepcopy(FULL)
    tree["spec"].update(changes)
    return {**tree, "spec": {key: value for key, value in tree["spec"].items() if value is not None}}


def problems(tree: dict[str, Any]) -> list[str]:
    with pytest.raises(InputError) as caught:
        decode_policy(tree)
    return [str(problem) for problem in caught.value.problems]


def test_everything_that_a_policy_can_say() -> None:
    policy = decode_policy(FULL)
    assert str(policy.identity) == "kube-system/agents"
    assert policy.spec.steps is not None
    assert isinstance(policy.spec.steps.list[1], Step)


def test_all_problems_come_at_once_with_what_was_meant() -> None:
    tree = with_spec(budgets=[{"maxUnavailble": 1}, {"maxUnavailable": 1, "scope": "Nod"}], pausd=True, targets=None)
    assert problems(tree) == [
        (
            "spec.budgets[0].maxUnavailble: unknown field, did you mean maxUnavailable?, seen: 1 "
            "(accepted: maxUnavailable, nodeSelector, scope, topologyKey)"
        ),
        "spec.budgets[0].maxUnavailable: required",
        "spec.budgets[1].scope: unsupported value, did you mean Node?, seen: 'Nod' (accepted: All, DaemonSet, Node)",
        *[text for text in problems(tree) if text.startswith("spec.pausd: unknown field, did you mean paused?")],
        "spec.targets: required",
    ]


def test_what_makes_no_sense_is_told_beside_what_has_a_wrong_shape() -> None:
    """A misspelt field hides nothing: the rest is judged without it. What depends on it is not guessed at."""
    tree = with_spec(
        budgets=[{"maxUnavailable": True, "scope": "Nod", "topologyKey": "a b"}, {"maxUnavailable": 0}],
        canary={"count": [1], "spread": ["zone"], "soak": "5 minutes"},
        partition="0%",
        owner="Mine",
        steps=7,
        windows={"timeZone": 3, "allow": [{"start": "25:00"}]},
    )
    assert [text.partition(":")[0] for text in problems(tree)] == [
        "spec.owner",
        "spec.budgets[0].maxUnavailable",
        "spec.budgets[0].scope",
        "spec.canary.count",
        "spec.steps",
        "spec.windows.timeZone",
        "spec.budgets[0].topologyKey",
        "spec.budgets[1].maxUnavailable",
        "spec.canary.soak",
        "spec.partition",
        "spec.windows.allow[0].start",
    ]


def test_another_version_of_the_kind_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "policy.json"
    file.write_text(json.dumps({**FULL, "apiVersion": "dsplan.dev/v2"}))
    with pytest.raises(InputError) as caught:
        dsplan.load([file])
    assert str(caught.value.problems[0]).endswith(
        "apiVersion: unsupported value, seen: 'dsplan.dev/v2' (accepted: dsplan.dev/v1alpha1)"
    )


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"targets": []}, "spec.targets: needs at least one target"),
        ({"targets": [{}]}, "spec.targets[0]: needs either a name or a selector"),
        ({"targets": [{"name": "A"}]}, "spec.targets[0].name: must be a lowercase RFC 1123 subdomain, seen: 'A'"),
        (
            {"rates": {"podsPerMinute": 0}},
            "spec.rates.podsPerMinute: must be >= 1; to stop, say paused or frozen, seen: 0",
        ),
        (
            {"rates": {"imageBytesPerSecond": "0"}},
            "spec.rates.imageBytesPerSecond: must be > 0; to stop, say paused or frozen, seen: '0'",
        ),
        (
            {"budgets": [{"maxUnavailable": 0}]},
            "spec.budgets[0].maxUnavailable: must be >= 1; to stop, say paused or frozen, seen: 0",
        ),
        (
            {"budgets": [{"maxUnavailable": "101%"}]},
            "spec.budgets[0].maxUnavailable: must be a number or a percentage from 1% to 100%, seen: '101%'",
        ),
        (
            {"budgets": [{"maxUnavailable": "5%", "scope": "Node"}]},
            "spec.budgets[0].maxUnavailable: scope Node needs a number, seen: '5%'",
        ),
        (
            {"budgets": [{"maxUnavailable": 1, "topologyKey": "a b"}]},
            "spec.budgets[0].topologyKey: must be a label key, seen: 'a b'",
        ),
        (
            {"steps": {"list": [5, 5]}},
            "spec.steps.list[1]: steps must rise: each says how many are updated in all, seen: 5",
        ),
        (
            {"steps": {"linear": {"by": 1}, "list": [1]}},
            "spec.steps: needs exactly one of list, linear, exponential, slowStart, seen: ['list', 'linear']",
        ),
        ({"steps": {"exponential": {"factor": 1}}}, "spec.steps.exponential.factor: must be >= 2, seen: 1"),
        (
            {"steps": {"list": [1], "soak": "10"}},
            "spec.steps.soak: must be a duration such as 90s, 10m or 1h30m, seen: '10'",
        ),
        ({"canary": {}}, "spec.canary: needs a count, a selector or a cover"),
        (
            {"order": {"chains": [["a", "b", "c"], ["c", "a"]]}},
            "spec.order.chains: is a cycle, seen: 'kube-system/a -> kube-system/b -> kube-system/c -> kube-system/a'",
        ),
        (
            {"windows": {"timeZone": "Europe/Berlni"}},
            "spec.windows.timeZone: must be a name such as Europe/Berlin or UTC, seen: 'Europe/Berlni'",
        ),
        (
            {"windows": {"allow": [{"start": "9:00"}]}},
            "spec.windows.allow[0].start: must be a time such as 09:30, at most 24:00, seen: '9:00'",
        ),
        (
            {"rates": {"imageBytesPerSecond": "fast"}},
            "spec.rates.imageBytesPerSecond: must be a quantity of bytes such as 50Mi, seen: 'fast'",
        ),
        (
            {"owner": "Controller"},
            "spec.surge: needs owner Host: the controller does not create a second pod for a policy, seen: True",
        ),
        ({"nodeOrder": [{"by": "Label"}]}, "spec.nodeOrder[0].key: must be a label key, seen: ''"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_what_makes_no_sense_is_refused(changes: dict[str, Any], expected: str) -> None:
    assert problems(with_spec(**changes)) == [expected]


def test_order_per_daemonset_goes_with_steps() -> None:
    chains = {"per": "DaemonSet", "chains": [["a", "b"]]}
    assert decode_policy(with_spec(order=chains)).spec.order is not None


def test_the_schema_on_disk_is_the_one_of_the_types() -> None:
    assert json.loads(SCHEMA.read_text()) == policy_schema()


def test_the_schema_accepts_the_document_and_refuses_what_decoding_refuses_by_shape() -> None:
    schema = policy_schema()
    jsonschema.validate(FULL, schema)
    for wrong in ({"pausd": True}, {"owner": "Me"}, {"budgets": [{"scope": "All"}]}, {"partition": [1]}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(with_spec(**wrong), schema)


def test_policies_are_loaded_with_the_rest_and_errors_have_lines(tmp_path: Path) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text(json.dumps(FULL))
    assert [policy.name for policy in dsplan.load([file]).rollout_policies] == ["agents"]
    file.write_text("apiVersion: dsplan.dev/v1alpha1\nkind: RolloutPolicy\nmetadata: {name: p}\nspec:\n  targts: []\n")
    with pytest.raises(InputError) as caught:
        dsplan.load([file])
    first = caught.value.problems[0]
    assert (first.field, first.line) == ("spec.targts", 5)


def test_a_kind_of_somebody_else_with_the_same_name_is_passed_over() -> None:
    assert dsplan.decode([{"apiVersion": "core.oam.dev/v1beta1", "kind": "RolloutPolicy"}]).rollout_policies == ()


def test_what_an_api_server_adds_is_accepted() -> None:
    metadata = {
        **FULL["metadata"],
        "uid": "u1",
        "resourceVersion": "42",
        "generation": 3,
        "creationTimestamp": "2026-05-01T08:00:00Z",
        "managedFields": [{"manager": "kubectl"}],
    }
    policy = decode_policy({**FULL, "metadata": metadata, "status": {"phase": "Soaking"}})
    assert (policy.metadata.resource_version, policy.name) == ("42", "agents")


def test_contradictions_between_policies_have_the_place_of_the_last(tmp_path: Path) -> None:
    text = """apiVersion: dsplan.dev/v1alpha1
kind: RolloutPolicy
metadata: {name: NAME, namespace: default}
spec:
  targets: [{name: ds}]
  owner: Host
  surge: SURGE
"""
    for name, surge in (("one", "true"), ("two", "false")):
        (tmp_path / f"{name}.yaml").write_text(text.replace("NAME", name).replace("SURGE", surge))
    owner = {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "ds", "namespace": "default"}}
    template = {"metadata": {"labels": {"app": "d"}}, "spec": {"containers": [{"name": "c", "image": "i:1"}]}}
    spec = {"selector": {"matchLabels": {"app": "d"}}, "template": template}
    (tmp_path / "ds.yaml").write_text(json.dumps({**owner, "spec": spec}))
    plan = dsplan.solve(dsplan.load([tmp_path]), now=NOW)
    assert plan.policies is not None
    (contradiction,) = plan.policies.contradictions
    assert str(contradiction.problem).startswith(f"{tmp_path / 'two.yaml'}:6:")


def test_a_reconciler_takes_policies_as_events() -> None:
    reconciler = dsplan.Reconciler()
    tree = {**FULL, "metadata": {**FULL["metadata"], "resourceVersion": "5"}}
    assert str(reconciler.observe(("ADDED", tree))) == "applied"
    assert [policy.name for policy in reconciler.world.rollout_policies] == ["agents"]
