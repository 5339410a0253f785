"""The face of the simulator: what `dsplan.simulator` is, and which names are promised."""

from __future__ import annotations

import inspect
import subprocess
import sys
from datetime import UTC, datetime

import pytest

import dsplan

NOW = datetime(2026, 1, 1, tzinfo=UTC)
NAMES = {
    "SEED_DURATIONS",
    "BatchHost",
    "BoundPod",
    "BuiltinController",
    "ChanceKubelet",
    "Cluster",
    "Controller",
    "DaemonSetRun",
    "Decision",
    "Durations",
    "LogEntry",
    "LogEntryKind",
    "Injection",
    "Invariant",
    "Kubelet",
    "Object",
    "Odds",
    "Oscillation",
    "Outcome",
    "PolicyController",
    "Removed",
    "Scheduler",
    "SchedulerFactory",
    "Simulation",
    "Spread",
    "SteadyKubelet",
    "Totals",
    "PodTransition",
    "PodTransitionKind",
    "Violation",
    "WholeStepController",
    "controller_for",
    "EverythingFits",
    "judge",
    "judge_fixed_point",
    "simulate",
}


def test_the_names_of_the_package_are_pinned() -> None:
    from dsplan import simulator

    assert set(simulator.__all__) == NAMES
    assert all(hasattr(simulator, name) for name in NAMES)


def test_simulate_is_a_function() -> None:
    assert inspect.isfunction(dsplan.simulate)
    assert dsplan.simulate(dsplan.World(), now=NOW).runs == ()


@pytest.mark.parametrize(
    "program",
    [
        "import dsplan; dsplan.simulate(dsplan.World(), now=now); dsplan.Cluster",
        "import dsplan.simulator; dsplan.simulate(dsplan.World(), now=now); dsplan.simulator.Cluster",
        "from dsplan.simulator import Cluster, simulate; import dsplan; dsplan.simulate(dsplan.World(), now=now)",
        "import dsplan; dsplan.timeline(dsplan.World(), now=now); dsplan.compare(dsplan.World(), now=now)",
        "import dsplan; dsplan.forecast_stalls(dsplan.World(), now=now); dsplan.Simulation",
    ],
)
def test_whichever_way_it_is_imported(program: str) -> None:
    setting = "from datetime import UTC, datetime; now = datetime(2026, 1, 1, tzinfo=UTC);"
    done = subprocess.run([sys.executable, "-c", f"{setting} {program}"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
