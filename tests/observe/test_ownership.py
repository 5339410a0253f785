"""What one object is to a DaemonSet agrees with claiming all of them (M1-M4, H10).

Tried: a `ownership_of` that ignored the uid of the owner, and one that adopted terminating orphans; both failed here.
"""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from dsplan.model.daemonset import DaemonSet, DaemonSetSpec
from dsplan.model.meta import AnnotatedMeta, ObjectMeta, OwnerReference
from dsplan.model.pod import Pod
from dsplan.model.selectors import LabelSelector, Requirement
from dsplan.observe.ownership import OwnedIndex, Ownership, claim, ownership_of

_SELECTORS = (
    None,
    LabelSelector(match_labels={"app": "d"}),
    LabelSelector(match_expressions=(Requirement(key="app", operator="In", values=("d",)),)),
    LabelSelector(match_expressions=(Requirement(key="app", operator="Gt", values=("1",)),)),
)
_OWNERS = st.builds(
    OwnerReference,
    kind=st.sampled_from(["DaemonSet", "ReplicaSet"]),
    name=st.sampled_from(["ds", "other"]),
    uid=st.sampled_from(["u1", "u2", ""]),
    controller=st.sampled_from([True, False, None]),
)
_PODS = st.builds(
    Pod,
    metadata=st.builds(
        ObjectMeta,
        name=st.text("ab", min_size=1, max_size=3),
        namespace=st.sampled_from(["default", "other"]),
        labels=st.sampled_from([{}, {"app": "d"}, {"app": "e"}]),
        deletion_timestamp=st.sampled_from([None, datetime(2026, 1, 1, tzinfo=UTC)]),
        owner_references=st.lists(_OWNERS, max_size=2).map(tuple),
    ),
)


@settings(max_examples=100)
@given(_PODS, st.sampled_from(_SELECTORS), st.sampled_from(["u1", ""]))
def test_one_object_as_in_the_claim_of_all(pod: Pod, selector: LabelSelector | None, uid: str) -> None:
    metadata = AnnotatedMeta(name="ds", namespace="default", uid=uid)
    daemonset = DaemonSet(metadata=metadata, spec=DaemonSetSpec(selector=selector))
    claimed = claim(daemonset, OwnedIndex([pod]))
    expected = Ownership.FOREIGN
    if claimed.adopted:
        expected = Ownership.ADOPTED
    elif claimed.claimed:
        expected = Ownership.CLAIMED
    elif claimed.released:
        expected = Ownership.RELEASED
    assert ownership_of(daemonset, pod) is expected
