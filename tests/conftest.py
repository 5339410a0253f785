"""Profiles of hypothesis: `mutants` stops at the first counterexample, since nobody will read a smaller one."""

from __future__ import annotations

import os

from hypothesis import Phase, settings

settings.register_profile("mutants", phases=(Phase.explicit, Phase.generate), database=None)
if profile := os.environ.get("DSPLAN_HYPOTHESIS_PROFILE"):
    settings.load_profile(profile)
