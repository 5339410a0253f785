"""dsplan fit and dsplan overhead, as typed."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner

from dsplan.cli import cli
from dsplan.errors import InputError

SPECS = Path(__file__).parents[2] / "specs" / "placement"
TIGHT, COLLECTOR = str(SPECS / "tight-memory.yaml"), str(SPECS / "one-log-collector.yaml")
CONTRAST, EVICTED = str(SPECS / "daemonset-versus-deployment.yaml"), str(SPECS / "who-is-evicted.yaml")


def run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(cli, list(words))
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


def test_the_table_the_queue_and_the_best() -> None:
    code, out = run("fit", TIGHT)
    assert code == 0
    lines = out.splitlines()
    assert lines[0].split() == ["NAMESPACE", "NAME", "WANTED", "HERE", "FITS", "EVICTS", "WAITS", "PENDING"]
    assert "kube-system   b-logs           2      0      1        0       0         1" in lines
    assert "  x pending 1  Insufficient memory: small" in lines
    assert "      memory: needs 512Mi, 128Mi free of 1Gi; taken by kube-system/a-cache" in lines
    assert "Best without eviction (coverage): 5 of 6 new pods fit; proven optimal" in lines
    assert lines[-1] == "Fit: 4 new pods find a place, 2 do not, 0 pods are evicted."


def test_components_search_nodes_and_gap_are_printed() -> None:
    _, out = run("fit", COLLECTOR)
    lines = out.splitlines()
    header = next(place for place, line in enumerate(lines) if "COMPONENT SIZE" in line)
    assert lines[header].split() == ["COMPONENT", "SIZE", "NODES", "PLACED", "BOUND", "SEARCH", "NODES", "GAP"]
    size, nodes, placed, bound, steps, gap = map(int, lines[header + 1].split())
    assert (size, nodes, placed, bound, gap) == (3, 1, 2, 2, 0)
    assert steps > 0
    _, off = run("fit", COLLECTOR, "--no-search")
    assert "1 of 2 new pods fit; at most 2 possible, gap 1" in off


def test_who_is_evicted_and_the_exit_code() -> None:
    code, out = run("fit", EVICTED, "--exit-code")
    assert code == 0
    assert "  ! evicts 1  shop/web: n1" in out
    assert "evicted in all: shop/web" in out
    assert run("fit", TIGHT, "--exit-code")[0] == 4


def test_the_deployments_contrast() -> None:
    _, out = run("fit", CONTRAST)
    assert "default/agent (Deployment)" in out
    assert "2 of 5 eligible nodes (of 5) are left without a pod; a DaemonSet would leave 0" in out
    assert "      on worker-0 worker-1 worker-2\n" in out
    assert "      without worker-3 worker-4\n" in out


def test_policies_are_named_where_they_hold() -> None:
    assert "Best without eviction (coverage, within agents/one-log-collector): 2 of" in run("fit", COLLECTOR)[1]


def test_lists_that_are_too_long_say_so(tmp_path: Path) -> None:
    """Fates that differ in amounts alone are told together, classes and gaps counted; -o wide keeps all apart."""
    node = "kind: Node\napiVersion: v1\nmetadata: {name: n%02d}\nstatus: {allocatable: {memory: %dMi, pods: 9}}\n"
    nodes = tmp_path / "nodes.yaml"
    nodes.write_text("---\n".join(node % (n, 500 + n) for n in range(15)), encoding="utf-8")
    _, out = run("fit", TIGHT, str(nodes))
    assert "for one: memory: needs" in out
    assert "more conflicts; -o wide shows all" in out
    assert "for one" not in run("fit", TIGHT, str(nodes), "-o", "wide")[1]
    _, costs = run("overhead", TIGHT, str(nodes))
    assert "... and 7 more classes; -o wide shows all" in costs
    assert "more of these; -o wide shows all" in costs
    assert "[17] " in run("overhead", TIGHT, str(nodes), "-o", "wide")[1]


@pytest.mark.parametrize("maximise", ["coverage", "priority"])
def test_json_is_class_coded_and_versioned(maximise: str) -> None:
    _, out = run("fit", TIGHT, "-o", "json", "--maximise", maximise)
    document = json.loads(out)
    assert (document["kind"], document["version"], document["best"]["goal"]) == ("Fit", "1.1", maximise)
    assert document["nodes"] == ["large", "small"]
    assert document["predicted"]["daemonSets"][0]["placed"] == "0-1"
    assert document["best"]["conflicts"][0]["causes"][0]["code"] == "Wanted"


def test_overhead_tells_sums_and_what_is_left() -> None:
    code, out = run("overhead", CONTRAST)
    assert code == 0
    what = "(pool=worker, os=linux, arch=amd64, cpu 4, memory 8Gi)"
    assert out.splitlines()[0] == f"[1] 5 nodes {what}: worker-0 worker-1 worker-2 ... and 2 more"
    assert "  largest pod on an empty node: cpu 3, memory 8Gi" in out
    assert out.splitlines()[-1] == "Overhead: 1 class of 5 nodes; 0 pods would find no room."
    code, out = run("overhead", TIGHT, "--exit-code")
    assert code == 4
    assert "  x kube-system/b-logs would not fit on 1 node of [2]: small" in out
    assert out.splitlines()[-1] == "Overhead: 2 classes of 2 nodes; 2 pods would find no room: 2 new."


def test_overhead_by_a_label_and_as_json() -> None:
    _, out = run("overhead", CONTRAST, "--by", "pool", "-o", "json")
    document = json.loads(out)
    assert document["classes"][0]["labels"] == {"pool": "worker"}
    assert document["classes"][0]["left"] == {"cpu": 3000, "memory": 8 << 30, "pods": 19}
    jsonschema.validate(document["classes"][0]["nodes"], {"type": "string", "const": "0-4"})


def test_a_broken_policy_is_bad_input_with_its_line(tmp_path: Path) -> None:
    text = Path(COLLECTOR).read_text(encoding="utf-8").replace("apart:", "aprat:")
    broken = tmp_path / "broken.yaml"
    broken.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as error:
        run("fit", str(broken))
    (problem,) = error.value.problems
    assert str(problem).startswith(f"{broken}:43:3: ")
    assert "did you mean apart?" in str(problem)
