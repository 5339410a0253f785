"""An embedder's own constraint takes part: in propagation, invalidation, explanation, whole plans and verification."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import dsplan
from dsplan.constraints import BUILTIN_RULES, Cause, Projection, Reason, Strength
from dsplan.eligibility import Verdict
from dsplan.errors import ConstraintFault
from dsplan.explain import why
from dsplan.model.daemonset import DaemonSet
from dsplan.model.meta import Identity
from dsplan.planner.checking import check_plan
from dsplan.reconciler import Reconciler
from dsplan.report.documents.plan import plan_document
from dsplan.testing import NOW, a_daemonset, a_node

DS = Identity("DaemonSet", "default", "ds")


class Licensed:
    """Nodes need a licence. `asked` counts how often it was evaluated."""

    id = "acme.example/Licensed"
    version = 1
    reads = ("labels/licence",)
    strength = Strength.CREATE
    asked = 0

    def check(self, projection: Projection) -> Reason | None:
        type(self).asked += 1
        if projection[0] == "broken":
            raise ValueError("no such licence")
        if projection[0] is not None:
            return None
        return Reason(self.id, "acme", (Cause("", "a licence", "none"),))


class ByName:
    """Reads the name in a way that nobody can foresee."""

    id = "acme.example/EvenNames"
    version = 1
    reads = ("name",)
    strength = Strength.KEEP

    def check(self, projection: Projection) -> Reason | None:
        even = int(projection[0][1:]) % 2 == 0
        return None if even else Reason(self.id, "acme", (Cause("", "an even name", projection[0]),))


def licensed(daemonset: DaemonSet) -> Iterator[Licensed]:
    yield Licensed()


class LicensedAnew(Licensed):
    version = 2


def licensed_anew(daemonset: DaemonSet) -> Iterator[LicensedAnew]:
    yield LicensedAnew()


def by_name(daemonset: DaemonSet) -> Iterator[ByName]:
    yield ByName()


RULES = (*BUILTIN_RULES, licensed)


def watching(rules: tuple[dsplan.constraints.Rule, ...] = RULES) -> Reconciler:
    reconciler = Reconciler(rules=rules)
    reconciler.observe(("ADDED", a_daemonset(version=1)))
    reconciler.observe(("ADDED", a_node("n1", labels={"licence": "7"}, version=1)))
    reconciler.observe(("ADDED", a_node("n2", version=1)))
    return reconciler


def created(reconciler: Reconciler) -> list[str]:
    return [action.node for action in reconciler.plan(NOW).actions if action.verb == "create" and action.kind == "Pod"]


def test_it_decides() -> None:
    reconciler = watching()
    assert created(reconciler) == ["n1"]
    assert reconciler.plan(NOW).actions == dsplan.step(reconciler.world, now=NOW, rules=RULES).actions


def test_a_change_of_what_it_reads_is_noticed() -> None:
    reconciler = watching()
    reconciler.plan(NOW)
    reconciler.observe(("MODIFIED", a_node("n2", labels={"licence": "8"}, version=2)))
    assert created(reconciler) == ["n1", "n2"]


def test_it_is_asked_once_per_class_and_not_about_what_it_does_not_read() -> None:
    reconciler = watching()
    reconciler.plan(NOW)
    reconciler.observe(("ADDED", a_node("n3", version=1)))
    Licensed.asked = 0
    for number in range(4, 20):
        reconciler.observe(("ADDED", a_node(f"n{number}", zone="abc"[number % 3], version=1)))
    assert Licensed.asked == 0


def test_it_explains() -> None:
    reconciler = watching()
    evaluation = reconciler.evaluate(DS, "n2")
    assert evaluation is not None
    assert evaluation.verdict is Verdict.KEEP
    assert [reason.code for reason in evaluation.reasons] == ["acme.example/Licensed"]
    assert reconciler.evaluate(DS, "n9") is None


def test_it_takes_part_in_why() -> None:
    reconciler = watching()
    answer = why(reconciler.world, "ds", "n2", now=NOW, rules=RULES)
    assert "acme.example/Licensed" in repr(answer.classes)


def test_it_takes_part_in_the_whole_plan() -> None:
    [entry] = watching().solve(NOW).daemonsets
    assert [exclusion.code for exclusion in entry.exclusions] == ["acme.example/Licensed"]


def test_a_plan_is_verified_with_it_and_not_without_it() -> None:
    reconciler = watching()
    document, world = plan_document(reconciler.solve(NOW)), reconciler.world
    assert check_plan(document, world, rules=RULES) == ()
    [unloaded, *_] = check_plan(document, world)
    assert unloaded.check == "constraints"
    assert "cannot be verified" in str(unloaded)


def test_a_plan_by_another_version_of_it_cannot_be_verified() -> None:
    reconciler = watching()
    document = plan_document(reconciler.solve(NOW))
    found = check_plan(document, reconciler.world, rules=(*BUILTIN_RULES, licensed_anew))
    assert "constraints" in {finding.check for finding in found}


def test_a_plan_that_does_not_obey_it_is_refused() -> None:
    """The plan was made where n2 had a licence, and claims to be of the world where it has none."""
    reconciler = watching()
    unlicensed = reconciler.world
    reconciler.observe(("MODIFIED", a_node("n2", labels={"licence": "8"}, version=2)))
    document = plan_document(reconciler.solve(NOW))
    assert check_plan(document, reconciler.world, rules=RULES) == ()
    assert check_plan(document, unlicensed, rules=RULES) != ()


def test_names_make_classes_where_a_constraint_reads_them() -> None:
    reconciler = watching((*BUILTIN_RULES, by_name))
    reconciler.plan(NOW)
    for number in range(3, 9):
        reconciler.observe(("ADDED", a_node(f"n{number}", version=1)))
    assert created(reconciler) == ["n2", "n4", "n6", "n8"]
    assert (
        reconciler.plan(NOW).actions == dsplan.step(reconciler.world, now=NOW, rules=(*BUILTIN_RULES, by_name)).actions
    )


def test_classes_end_with_the_fields_they_were_made_of() -> None:
    """The same values under other labels are another class."""
    reconciler = Reconciler()
    reconciler.observe(("ADDED", a_daemonset("one", version=1, spec={"nodeSelector": {"disk": "ssd"}})))
    reconciler.observe(("ADDED", a_daemonset("two", version=1, spec={"nodeSelector": {"area": "x"}})))
    reconciler.plan(NOW)
    reconciler.observe(("ADDED", a_node("n1", labels={"area": "ssd", "disk": "hdd"}, version=1)))
    reconciler.observe(("MODIFIED", a_daemonset("two", version=2, spec={"nodeSelector": {"kind": "x"}})))
    reconciler.plan(NOW)
    reconciler.observe(("ADDED", a_node("n2", labels={"disk": "ssd", "kind": "hdd"}, version=1)))
    assert created(reconciler) == ["n2"]


class Chatty(Licensed):
    """Answers with text, which is outside the protocol."""

    def check(self, projection: Projection) -> Reason | None:
        return "fine"  # type: ignore[return-value]


def chatty(daemonset: DaemonSet) -> Iterator[Chatty]:
    yield Chatty()


@pytest.mark.parametrize("rules", [(chatty,), (licensed,)])
def test_faults_are_told_in_every_way_to_ask(rules: tuple[dsplan.constraints.Rule, ...]) -> None:
    reconciler = Reconciler(rules=rules)
    reconciler.observe(("ADDED", a_daemonset(version=1)))
    reconciler.observe(("ADDED", a_node("n1", labels={"licence": "broken"}, version=1)))
    with pytest.raises(ConstraintFault):
        reconciler.plan(NOW)
    with pytest.raises(ConstraintFault):
        dsplan.step(reconciler.world, now=NOW, rules=rules)


def test_one_that_raises_is_a_fault_and_changes_nothing() -> None:
    reconciler = watching()
    before = reconciler.dump(NOW)
    for name in ("n2", "n9"):
        with pytest.raises(ConstraintFault, match="Licensed"):
            reconciler.observe(("MODIFIED", a_node(name, labels={"licence": "broken"}, version=2)))
    assert reconciler.dump(NOW) == before
