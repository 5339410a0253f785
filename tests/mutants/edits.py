"""Broken variants of edits: what is out of date, what is refused, what is taken back."""

from __future__ import annotations

from .mutant import Mutant

LEARNING = "tests/observe/test_learning.py"
QUOTAS = "tests/apiserver/test_quotas.py"
CHANGES = "tests/manifests/test_field_changes.py"

EDITS = (
    Mutant(
        "stored-template-forgotten",
        "observe/learning.py",
        "return _of_a_new_template(daemonset, pods, stored)",
        "pass",
        LEARNING,
    ),
    Mutant(
        "a-rollout-taken-back-replaces-everything",
        "observe/learning.py",
        "and not looks_like_template(pod, stored)",
        "and False",
        f"{LEARNING} -k wherever",
    ),
    Mutant(
        "sidecars-count",
        "observe/likeness.py",
        "return all(one.name in by_name",
        "return len(by_name) == len(tuple(wanted)) and all(one.name in by_name",
        LEARNING,
    ),
    Mutant(
        "status-of-another-generation-believed",
        "observe/learning.py",
        "not generation or status.observed_generation != generation or not judged",
        "not judged",
        LEARNING,
    ),
    Mutant(
        "scopes-forgotten",
        "apiserver/admission/quotas.py",
        "if is_counted_by(pod, each.quota)",
        "if is_counted_by(pod, each.quota) or True",
        QUOTAS,
    ),
    Mutant(
        "quota-takes-one-more",
        "apiserver/admission/quotas.py",
        "taken = min(count, fitting)",
        "taken = min(count, fitting + 1)",
        QUOTAS,
    ),
    Mutant(
        "environment-told",
        "manifests/field_changes.py",
        "if name in SECRET_FIELDS:",
        "if name in SECRET_FIELDS - {'env', 'args'}:",
        CHANGES,
    ),
    Mutant(
        "drain-takes-daemons",
        "explain/fleet_edits.py",
        '_STAYING = ("DaemonSet", "Node")',
        '_STAYING = ("Node",)',
        "tests/explain/test_fleet_edits.py",
    ),
    Mutant(
        "selector-may-change",
        "apiserver/updates.py",
        "if stored.spec.selector != wanted.spec.selector:",
        "if False:",
        "tests/apiserver/test_updates.py",
    ),
    Mutant(
        "quota-retried-on-one-node-alone",
        "simulator/pod_lifecycle.py",
        "if self._scheduler.couples_nodes else ()",
        "if False else ()",
        "tests/simulator/test_quotas.py",
    ),
)
