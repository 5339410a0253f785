"""Settings that all tests share."""

from __future__ import annotations

import os

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
