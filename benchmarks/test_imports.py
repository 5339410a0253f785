"""How soon does the command line answer? Whole processes, beside one that imports click and msgspec and ends."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

SPEC = Path(__file__).parents[1] / "specs" / "three-nodes.yaml"
REFERENCE = ("-c", "import click, msgspec")
COMMANDS = {
    "click-and-msgspec": REFERENCE,
    "help": ("-m", "dsplan", "--help"),
    "three-nodes": ("-m", "dsplan", "solve", str(SPEC)),
}


def ran(arguments: tuple[str, ...]) -> None:
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL, env=environment)


def processor_seconds(arguments: tuple[str, ...]) -> float:
    """Return the least processor time of several runs."""
    found = []
    for _ in range(8):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        ran(arguments)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        found.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(found)


@pytest.mark.benchmark(group="start of a process")
@pytest.mark.parametrize("name", COMMANDS)
def test_process(benchmark: BenchmarkFixture, name: str) -> None:
    benchmark.pedantic(ran, (COMMANDS[name],), rounds=5, warmup_rounds=1)


def test_help_costs_less_than_half_as_much_again_as_click_and_msgspec() -> None:
    ran(COMMANDS["help"])
    assert processor_seconds(COMMANDS["help"]) < 1.5 * processor_seconds(REFERENCE)
