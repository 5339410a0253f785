"""Seeded clusters and scenarios, and the harness that times them; used by benchmarks/ and `dsplan bench`.

In: a family of clusters, a size, a seed. Out: a World, and a BenchReport of a scenario on it, timed stage by stage.
Promises: the same seed gives the same World; each case is measured in a process of its own.
"""

from .baseline import Slowdown, comparable, read_report, slowdowns
from .chart import series_of, svg_chart, terminal_chart
from .clocks import StageClock
from .daemon_pods import NOW
from .families import FAMILIES, Family, Pool
from .results import BenchReport, Growth, Measurement, Timing
from .runner import Case, measure, run
from .scenarios import SCENARIOS, Scenario, Setting
from .worlds import make_world, with_status

__all__ = [
    "FAMILIES",
    "NOW",
    "SCENARIOS",
    "BenchReport",
    "Case",
    "Family",
    "Growth",
    "Measurement",
    "Pool",
    "Scenario",
    "Setting",
    "Slowdown",
    "StageClock",
    "Timing",
    "comparable",
    "make_world",
    "measure",
    "read_report",
    "run",
    "series_of",
    "slowdowns",
    "svg_chart",
    "terminal_chart",
    "with_status",
]
