from __future__ import annotations


class DaemonSetPlan: ...


class Plan: ...


class Summary: ...
