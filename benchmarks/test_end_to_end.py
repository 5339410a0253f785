"""From the bytes of a cluster to the plan: dsplan beside json.loads alone, and the command line beside the library."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from measuring import best
from pytest_benchmark.fixture import BenchmarkFixture

import dsplan
from dsplan.bench import NOW, make_world
from dsplan.bench.files import write_cluster

NODES = int(os.environ.get("DSPLAN_BENCH_NODES", "2000"))


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with nodes of real size, 10 DaemonSets and their pods."""
    path = tmp_path_factory.mktemp("cluster") / "cluster.json"
    write_cluster(make_world("eks-like", NODES, daemonsets=10), path)
    return path


def planned(path: Path) -> dsplan.Plan:
    return dsplan.solve(dsplan.load([path]), now=NOW)


@pytest.mark.benchmark(group=f"end to end: {NODES:,} nodes, 10 DaemonSets, from a JSON file")
def test_library(benchmark: BenchmarkFixture, cluster: Path) -> None:
    found = benchmark.pedantic(planned, (cluster,), rounds=3, warmup_rounds=1)
    benchmark.extra_info.update(input_mib=cluster.stat().st_size >> 20)
    assert len(found.daemonsets) == 10


@pytest.mark.benchmark(group=f"end to end: {NODES:,} nodes, 10 DaemonSets, from a JSON file")
def test_json_loads_alone(benchmark: BenchmarkFixture, cluster: Path) -> None:
    benchmark.pedantic(lambda: json.loads(cluster.read_bytes()), rounds=3)


@pytest.mark.benchmark(group=f"end to end: {NODES:,} nodes, 10 DaemonSets, from a JSON file")
def test_command_line(benchmark: BenchmarkFixture, cluster: Path) -> None:
    command = [sys.executable, "-m", "dsplan", "solve", str(cluster), "--now", NOW.isoformat()]
    run = benchmark.pedantic(subprocess.run, (command,), {"capture_output": True, "check": True}, rounds=1)
    assert b"Plan: " in run.stdout


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak is read from /proc")
def test_the_peak_is_less_than_twice_the_file_beyond_imports(cluster: Path) -> None:
    """The file, the World, and what planning adds; json.loads alone takes more than that. Imports take 60 MiB."""
    mib = cluster.stat().st_size / 2**20
    peaks = {name: peak_mib(script, cluster) for name, script in PEAKS.items()}
    print(f"\n{mib:.0f} MiB of JSON: " + ", ".join(f"{name} {peak:.0f} MiB" for name, peak in peaks.items()))
    assert peaks["dsplan"] < 60 + 2 * mib


def peak_mib(script: str, path: Path) -> float:
    """Return the peak of a process that does nothing else."""
    run = subprocess.run([sys.executable, "-c", script + REPORT, path], capture_output=True, text=True, check=True)
    return int(run.stdout) / 1024


PEAKS = {
    "dsplan": f"""
import sys, dsplan, datetime
plan = dsplan.solve(dsplan.load([sys.argv[1]]), now=datetime.datetime.fromisoformat("{NOW.isoformat()}"))
""",
    "json.loads": """
import json, sys
tree = json.loads(open(sys.argv[1], "rb").read())
""",
}
REPORT = """
status = open("/proc/self/status").read()
print(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")))
"""


def test_the_plan_costs_less_than_three_times_what_json_loads_costs(cluster: Path) -> None:
    """json.loads makes dictionaries and knows nothing; reading to the typed World and planning is all of it."""
    loads = best(lambda: json.loads(cluster.read_bytes()), 3)
    assert best(lambda: planned(cluster), 3) < 3 * loads
