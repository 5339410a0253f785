"""How soon does the command line answer? Whole processes, beside one that imports click and msgspec and ends.

Modules are compiled before, as an installation does it. Measured on two cores, Python 3.11, medians of 15 alternating
runs, processor time (user and system) as a multiple of `import click, msgspec`: `--help` 0.89, a solve of three nodes
1.39 to 1.48.
"""

from __future__ import annotations

import compileall
import os
import resource
import statistics
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

import dsplan

SPEC = Path(__file__).parents[1] / "specs" / "three-nodes.yaml"
REFERENCE = ("-c", "import click, msgspec")
COMMANDS = {
    "click-and-msgspec": REFERENCE,
    "help": ("-m", "dsplan", "--help"),
    "three-nodes": ("-m", "dsplan", "solve", str(SPEC)),
}
RUNS = 15
LIMIT = 1.5


def ran(arguments: tuple[str, ...]) -> None:
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL, env=environment)


def processor_seconds(arguments: tuple[str, ...]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    ran(arguments)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measured() -> Mapping[str, float]:
    """Return the median processor time of every command; they take turns, so that all meet the same noise."""
    compileall.compile_dir(str(Path(dsplan.__file__).parent), quiet=1)
    rounds = [{name: processor_seconds(words) for name, words in COMMANDS.items()} for _ in range(RUNS + 1)]
    return {name: statistics.median(entry[name] for entry in rounds[1:]) for name in COMMANDS}


@pytest.mark.benchmark(group="start of a process")
@pytest.mark.parametrize("name", COMMANDS)
def test_process(benchmark: BenchmarkFixture, name: str) -> None:
    benchmark.pedantic(ran, (COMMANDS[name],), rounds=5, warmup_rounds=1)


def test_the_start_costs_less_than_half_as_much_again_as_click_and_msgspec() -> None:
    found = measured()
    reference = found.pop("click-and-msgspec")
    assert {name: seconds for name, seconds in found.items() if seconds >= LIMIT * reference} == {}
