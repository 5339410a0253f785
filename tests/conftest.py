"""Settings that all tests share."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# Busy machines must not fail a property: deadlines and generation speed are no part of what is claimed.
settings.register_profile("dsplan", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("dsplan")
