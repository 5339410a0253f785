"""Cost is bounded by the size of the input: what is too large is refused, with the limit and how to raise it.

Tried: without the bounds a million tolerations take 12 seconds and a gigabyte, a million replicas as much.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dsplan.reading import limits

from .commands import run

ROOT = Path(__file__).parents[2]
MOST_MIB = 300
POOL = "apiVersion: dsplan.dev/v1alpha1\nkind: NodePool\nmetadata: {name: p}\nspec: {replicas: %d}\n"


@pytest.fixture(autouse=True)
def same_limits() -> Iterator[None]:
    before = {name: getattr(limits, name) for name in ("MAX_OBJECT_BYTES", "MAX_POOL_NODES")}
    yield
    for name, value in before.items():
        setattr(limits, name, value)


def daemonset(tolerations: int) -> str:
    entries = [{"key": f"k{place}", "operator": "Exists"} for place in range(tolerations)]
    template = {
        "metadata": {"labels": {"app": "a"}},
        "spec": {"tolerations": entries, "containers": [{"name": "a", "image": "b"}]},
    }
    spec = {"selector": {"matchLabels": {"app": "a"}}, "template": template}
    return json.dumps({"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "a"}, "spec": spec}) + "\n"


def node(taints: int) -> str:
    entries = [{"key": f"k{place}", "effect": "NoSchedule"} for place in range(taints)]
    return (
        json.dumps({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n"}, "spec": {"taints": entries}}) + "\n"
    )


INPUTS = {
    "tolerations.jsonl": lambda: daemonset(1_000_000) + node(0),
    "taints.jsonl": lambda: daemonset(0) + node(100_000),
    "pool.yaml": lambda: POOL % 1_000_000,
    "documents.yaml": lambda: "".join(
        f"---\napiVersion: v1\nkind: Node\nmetadata:\n  name: n{place}\n" for place in range(100_000)
    ),
}


@pytest.mark.parametrize("name", INPUTS)
@pytest.mark.parametrize("command", ["solve", "validate"])
def test_within_seconds_and_memory_or_refused(name: str, command: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(INPUTS[name](), encoding="utf-8")
    script = (
        "import resource, subprocess, sys\n"
        "done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)\n"
        "used = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
        "print(used.ru_utime, used.ru_maxrss >> 10, done.returncode)\n"
    )
    words = [sys.executable, "cli.py", command, str(path)]
    done = subprocess.run([sys.executable, "-c", script, *words], cwd=ROOT, capture_output=True, text=True, check=True)
    seconds, mebibytes, code = done.stdout.split()
    assert int(code) in (0, 1)
    assert float(mebibytes) < MOST_MIB
    assert float(seconds) < 6  # a busy machine: twice what is promised


@pytest.mark.parametrize(("name", "limit"), [("tolerations.jsonl", "object-bytes"), ("pool.yaml", "pool-nodes")])
def test_a_refusal_names_the_limit_and_the_option(name: str, limit: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(INPUTS[name](), encoding="utf-8")
    for words in (("solve", str(path)), ("validate", str(path))):
        ran = run(*words)
        assert f"--limit {limit}=NUMBER raises that" in ran.stdout + ran.stderr
        assert not ran.error


def test_a_limit_can_be_raised(tmp_path: Path) -> None:
    path = tmp_path / "pool.yaml"
    path.write_text(POOL % 300)
    limits.raise_limit("pool-nodes", 200)
    assert "more than 200 nodes" in run("validate", str(path)).stdout
    assert "more than" not in run("validate", str(path), "--limit", "pool-nodes=300").stdout
    one = tmp_path / "one.jsonl"
    one.write_text(daemonset(100))
    limits.raise_limit("object-bytes", 1000)
    assert "more than 1,000" in run("validate", str(one)).stdout
    assert "more than" not in run("validate", str(one), "--limit", "object-bytes=100000").stdout


@pytest.mark.parametrize("text", ["pool-nodes", "pool-nodes=x", "pool-nodes=-1", "depth=3", "=3"])
def test_what_is_no_limit_is_told(text: str, tmp_path: Path) -> None:
    path = tmp_path / "pool.yaml"
    path.write_text(POOL % 3)
    assert (
        "expected NAME=NUMBER with one of object-bytes, pool-nodes" in run("solve", str(path), "--limit", text).stderr
    )
