"""Settings that all tests share."""

from __future__ import annotations

import os
import signal

import pytest
from hypothesis import HealthCheck, settings

# Busy machines must not fail a property: deadlines and generation speed are no part of what is claimed. The examples
# are the same in every run, so that a change is judged by what it changes; DSPLAN_EXPLORE=1 looks for new ones.
settings.register_profile(
    "dsplan",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=not os.environ.get("DSPLAN_EXPLORE"),
)
settings.load_profile("dsplan")

# A fault of dsplan has to be seen as one here, also in the processes that tests start.
os.environ["DSPLAN_TRACEBACK"] = "1"


# A shell that starts the tests in the background has them ignore Ctrl-C, and so would every process that they start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_runtest_setup() -> None:
    """Outputs are as wide as they are without a terminal, whatever runs the tests."""
    os.environ.pop("COLUMNS", None)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many tests were skipped, whatever else is printed."""
    terminalreporter.write_line(f"skipped: {len(terminalreporter.stats.get('skipped', ()))}")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """With DSPLAN_NO_SKIPS a skipped test is a failure: where everything is there, everything runs."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("DSPLAN_NO_SKIPS") and reporter is not None and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
