"""Candidates stand for all label values: what none of them satisfies, nothing does."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from dsplan.explain.demands import branches_of, candidates, unsatisfiable
from dsplan.manifests.decode import decode_object
from dsplan.model.daemonset import DaemonSet

from . import naive
from .builders import daemonset
from .generated import expressions
from .test_standing import required

POOL = [None, *"abcxyz", *map(str, range(12)), *(f"0{n}" for n in range(12)), "99", "whatever"]


def typed(**spec: Any) -> DaemonSet:
    found = decode_object(daemonset(**spec))
    assert isinstance(found, DaemonSet)
    return found


@given(st.lists(expressions.map(lambda entry: {**entry, "key": "a"}), min_size=1, max_size=4))
@settings(max_examples=100, deadline=None)
def test_unsatisfiable_means_that_no_value_at_all_will_do(entries: list[dict[str, Any]]) -> None:
    """Tried and caught: no fresh value among the candidates; numbers next to the bounds left out."""
    ds = typed(affinity=required(*entries))
    anything = any(not naive.term_failures({"matchExpressions": entries}, "n", label(value)) for value in POOL)
    assert (unsatisfiable(ds) is None) == anything
    (branch,) = branches_of(ds)
    found = candidates(branch.by_key()["a"])
    assert any(all(demand.holds(value) for demand in branch.demands) for value in found) == anything


def label(value: str | None) -> dict[str, str]:
    return {} if value is None else {"a": value}


def test_a_name_and_its_contradiction() -> None:
    fields = [{"key": "metadata.name", "operator": "In", "values": [name]} for name in ("a", "b")]
    term = {"nodeSelectorTerms": [{"matchFields": fields}]}
    affinity = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": term}}
    assert unsatisfiable(typed(affinity=affinity)) == ("no node can have metadata.name In [a] and metadata.name In [b]")
    assert unsatisfiable(typed(nodeName="somewhere")) is None


def test_one_satisfiable_term_is_enough() -> None:
    terms = [{}, {"matchExpressions": [{"key": "a", "operator": "Exists"}]}]
    affinity = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}}
    assert unsatisfiable(typed(affinity=affinity)) is None
