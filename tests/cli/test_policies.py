"""`dsplan solve` with policies, from one call to the next."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from dsplan.cli import cli
from dsplan.errors import InputError

SPEC = Path(__file__).parents[2] / "specs" / "policy-canary-and-zones.yaml"


def run(*arguments: str) -> Any:
    return CliRunner().invoke(cli, ["solve", str(SPEC), *arguments])


def test_waves_bound_and_gap_are_printed_and_the_last_line_is_the_summary() -> None:
    found = run("--now", "2026-05-01T12:00:00Z")
    assert found.exit_code == 0
    assert "Waves of the policies: 4, at least 4, gap 0, the fewest possible (flow)" in found.output
    assert "  > step 1 canary: 1 updated, soak 1h, gate all available, then by hand; done after wave 1" in found.output
    assert found.output.splitlines()[-1].startswith("Plan: 0 to create, 0 to delete, 8 to update in 4 waves;")


def test_limits_on_nodes_and_on_values_of_a_label_are_told(tmp_path: Path) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text("""\
apiVersion: dsplan.dev/v1alpha1
kind: RolloutPolicy
metadata: {name: places, namespace: default}
spec:
  targets: [{name: agent}]
  budgets: [{maxUnavailable: 1, scope: Node}]
  domains: [{topologyKey: topology.kubernetes.io/zone, maxAtOnce: 1}]
""")
    output = run(str(policy), "--now", "2026-05-01T12:00:00Z").output
    assert "  limit on each node: 1 of 1 DaemonSet down at a time\n" in output
    assert "  limit of topology.kubernetes.io/zone: 1 of 2 values at a time\n" in output


def test_the_state_of_a_plan_and_a_gate_take_a_rollout_on(tmp_path: Path) -> None:
    """The canary's pod is new and available since noon: an hour later its gate is asked, and passed."""
    spec = SPEC.read_text()
    first = tmp_path / "first.json"
    run("--now", "2026-05-01T12:00:00Z", "--out", str(first))
    revision = json.loads(first.read_text())["daemonsets"][0]["hash"]
    cluster = tmp_path / "cluster.yaml"
    old = "name: agent-a1\n  namespace: default\n  labels: {app: agent, controller-revision-hash: 5d8c7f4b9}"
    assert old in spec
    head, found, tail = spec.partition(old)
    tail = tail.replace("2026-05-01T08:01:00Z", "2026-05-01T12:00:00Z", 1)
    cluster.write_text(head + found.replace("5d8c7f4b9", revision) + tail)
    second, third = tmp_path / "second.json", tmp_path / "third.json"

    def solve(now: str, state: Path, out: Path, *more: str) -> Any:
        arguments = ["solve", str(cluster), "--now", now, "--state", str(state), "--out", str(out), *more]
        found = CliRunner().invoke(cli, arguments)
        assert found.exit_code == 0, found.output
        return json.loads(out.read_text())

    soaking = solve("2026-05-01T12:00:00Z", first, second)["policies"]["policies"][0]["waits"]
    assert soaking == "step 1 of 3 (canary): soaks 1h, until 2026-05-01T13:00:00+00:00"
    asked = solve("2026-05-01T13:00:00Z", second, third)
    assert asked["policies"]["policies"][0]["waits"] == "step 1 of 3 (canary): waits for its gate"
    awaited = {row["moment"].get("awaited") for row in asked["daemonsets"][0]["rows"] if row["fate"] == "replaced"}
    assert awaited == {"a rollout policy lets it go"}
    passed = solve("2026-05-01T13:00:00Z", third, tmp_path / "fourth.json", "--gate", "careful=pass")
    assert passed["policies"]["policies"][0]["step"] == 1
    assert len([action for action in passed["actions"] if action.get("actor") == "host"]) == 3


def test_a_gate_of_no_policy_is_bad_input(tmp_path: Path) -> None:
    out = tmp_path / "plan.json"
    run("--out", str(out))
    found = run("--state", str(out), "--gate", "carefull=pass")
    assert isinstance(found.exception, InputError)
    assert str(found.exception.problems[0]).endswith("seen: 'carefull=pass' (accepted: default/careful)")


def test_a_state_that_is_none_is_bad_input(tmp_path: Path) -> None:
    (tmp_path / "no.json").write_text("[1]")
    assert isinstance(run("--state", str(tmp_path / "no.json")).exception, InputError)


def test_a_stopped_rollout_is_a_conflict_for_exit_code(tmp_path: Path) -> None:
    out, again = tmp_path / "plan.json", tmp_path / "again.json"
    run("--out", str(out))
    assert run("--exit-code").exit_code == 3
    run("--state", str(out), "--out", str(again))
    assert run("--state", str(again), "--exit-code").exit_code == 3
