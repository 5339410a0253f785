"""How fast is a cluster read? dsplan beside PyYAML's CSafeLoader and `json.loads`, from bytes to the typed objects.

`python -m pytest benchmarks/test_load.py` prints the times side by side; DSPLAN_BENCH_NODES sets the number of nodes
(7 KB of YAML each; 10,000 take PyYAML about 40 s). Ratios are asserted, seconds never. Memory is the peak of a process
that does nothing else, stated in the report's extra info and asserted against the size of the input.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from pytest_benchmark.fixture import BenchmarkFixture

from dsplan.bench.nodes import nodes_json, nodes_yaml
from dsplan.manifests.load import TYPES, load, world_of
from dsplan.reading.read import stream_bytes

NODES = int(os.environ.get("DSPLAN_BENCH_NODES", "1000"))
PEAK = """
import pathlib, sys
from dsplan.manifests.load import load
world = load(sys.argv[1:])
status = pathlib.Path("/proc/self/status").read_text()
print(len(world.nodes), next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")))
"""


@pytest.fixture(scope="module")
def yaml_text() -> bytes:
    return nodes_yaml(NODES)


@pytest.fixture(scope="module")
def json_text() -> bytes:
    return nodes_json(NODES)


def best(action: Callable[[], Any], rounds: int) -> float:
    """Return the least seconds of processor time, which other work on the machine changes little."""
    times = []
    for _ in range(rounds):
        began = time.process_time()
        action()
        times.append(time.process_time() - began)
    return min(times)


def typed(data: bytes) -> int:
    return len(world_of(stream_bytes(data, types=TYPES)).nodes)


def pyyaml(data: bytes) -> int:
    return len(yaml.load(data, Loader=yaml.CSafeLoader)["items"])


@pytest.mark.benchmark(group="load yaml")
def test_yaml(benchmark: BenchmarkFixture, yaml_text: bytes) -> None:
    assert benchmark.pedantic(typed, (yaml_text,), rounds=3) == NODES


@pytest.mark.benchmark(group="load yaml")
def test_yaml_with_pyyaml(benchmark: BenchmarkFixture, yaml_text: bytes) -> None:
    assert benchmark.pedantic(pyyaml, (yaml_text,), rounds=1) == NODES


@pytest.mark.benchmark(group="load json")
def test_json(benchmark: BenchmarkFixture, json_text: bytes) -> None:
    assert benchmark.pedantic(typed, (json_text,), rounds=5) == NODES


@pytest.mark.benchmark(group="load json")
def test_json_with_json_loads(benchmark: BenchmarkFixture, json_text: bytes) -> None:
    assert len(benchmark.pedantic(json.loads, (json_text,), rounds=5)["items"]) == NODES


def test_yaml_is_ten_times_as_fast_as_pyyaml(yaml_text: bytes) -> None:
    assert best(lambda: pyyaml(yaml_text), 1) / best(lambda: typed(yaml_text), 3) >= 10


def test_json_is_three_times_as_fast_as_json_loads() -> None:
    data = nodes_json(max(NODES, 5000))
    assert best(lambda: json.loads(data), 5) / best(lambda: typed(data), 5) >= 3


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak is read from /proc")
@pytest.mark.parametrize("write", [nodes_yaml, nodes_json])
def test_memory(write: Callable[[int], bytes], tmp_path: Path, benchmark: BenchmarkFixture) -> None:
    path = tmp_path / "nodes"
    path.write_bytes(write(NODES))
    run = subprocess.run([sys.executable, "-c", PEAK, path], capture_output=True, text=True, check=True)
    count, peak = (int(word) for word in run.stdout.split())
    assert count == NODES
    size = path.stat().st_size
    benchmark.extra_info.update(peak_mib=peak // 1024, input_mib=size >> 20)
    benchmark.pedantic(load, ([path],), rounds=1)
    assert peak * 1024 < 100 * 2**20 + 4 * size
