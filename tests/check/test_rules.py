"""What every rule promises, whatever it looks for; and how rules are chosen, ignored and added."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from dsplan.check import BUILTIN_RULES, Rule, Scene, Settings, Severity, Spot, check, chosen_rules, rule, rules_of
from dsplan.check.settings import merged, settings_of
from dsplan.errors import ConstraintFault, InputError
from dsplan.planner import solve
from dsplan.testing import NOW

from .scenes import daemonset, node, report, world

WINDOWS = [node("l1"), node("w1", labels={"kubernetes.io/os": "windows"})]


@pytest.mark.parametrize("each", BUILTIN_RULES, ids=lambda each: each.id)
def test_a_rule_says_what_why_and_from_where(each: Rule) -> None:
    assert re.fullmatch(r"DSP[1-5][0-9]{2}", each.id)
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", each.name)
    assert each.summary.endswith(".")
    assert each.why.endswith(".")
    assert each.source


def test_ids_and_names_are_unique_and_never_change() -> None:
    """These ids are what other tools remember: one may be added, none may change or come to mean something else."""
    assert len({each.name for each in BUILTIN_RULES}) == len(BUILTIN_RULES)
    names = {each.id: each.name for each in BUILTIN_RULES}
    assert {each: names[each] for each in sorted(names) if each < "DSP114"} == {
        "DSP101": "selects-more-than-meant",
        "DSP102": "adopts-orphans",
        "DSP103": "evicts-workloads",
        "DSP104": "port-in-use",
        "DSP105": "no-room",
        "DSP106": "quota-refuses",
        "DSP107": "disruption-budget-over-daemons",
        "DSP108": "budget-below-nodes-down",
        "DSP109": "selects-no-node",
        "DSP110": "image-without-platform",
        "DSP111": "startup-taint-circle",
        "DSP112": "policy-cannot-finish",
        "DSP113": "pod-never-runs",
    }


def ids(settings: Settings) -> set[str]:
    return {each.id for each in chosen_rules(BUILTIN_RULES, settings)}


def test_rules_are_chosen_by_id_prefix_or_name() -> None:
    assert ids(Settings(select=("DSP101",))) == {"DSP101"}
    assert ids(Settings(select=("no-room",))) == {"DSP105"}
    assert ids(Settings(select=("DSP1",), ignore=("DSP11",))) == {f"DSP{n}" for n in range(101, 110)}
    assert "DSP101" not in ids(Settings(ignore=("selects-more-than-meant",)))


def test_an_unknown_rule_is_told_with_those_that_are_close() -> None:
    with pytest.raises(InputError) as caught:
        chosen_rules(BUILTIN_RULES, Settings(select=("DSP10l",)))
    assert "did you mean DSP1" in str(caught.value)
    with pytest.raises(InputError) as caught:
        chosen_rules(BUILTIN_RULES, Settings(select=("X1",), severity={"Y2": Severity.INFO}))
    assert len(caught.value.problems) == 2


def test_a_severity_is_overridden() -> None:
    found = report(*WINDOWS, daemonset(), settings=Settings(severity={"DSP101": Severity.ERROR}))
    assert [each.severity for each in found.findings if each.rule == "DSP101"] == [Severity.ERROR]


@pytest.mark.parametrize("text", ["DSP101", "DSP999, DSP101", "selects-more-than-meant", "DSP1", "all"])
def test_an_annotation_ignores_a_rule_for_one_object(text: str) -> None:
    trees = [daemonset("one", annotations={"dsplan.dev/ignore": text}), daemonset("two")]
    found = report(*WINDOWS, *trees, settings=Settings(select=("DSP101",)))
    assert [each.object.name for each in found.findings] == ["two"]
    assert found.ignored == 1
    assert found.summary.endswith("(1 ignored).")


def test_other_rules_are_not_ignored() -> None:
    tree = daemonset(annotations={"dsplan.dev/ignore": "DSP102"})
    assert len(report(*WINDOWS, tree, settings=Settings(select=("DSP101",))).findings) == 1


def test_settings_of_a_file() -> None:
    tree = {"select": ["DSP1"], "severity": {"no-room": "info"}, "options": {"many-nodes": 9}, "fail-on": "warning"}
    found = settings_of(tree, "x.toml")
    assert (found.select, found.fail_on, found.options.many_nodes) == (("DSP1",), "warning", 9)
    assert merged(found, ("DSP2",), (), "never") == merged(found, ("DSP2",), (), "never")
    assert merged(found, ("DSP2",), (), "never").fail_on == "never"


def test_every_error_of_a_file_is_told_at_once() -> None:
    tree = {"selcet": ["DSP1"], "severity": {"DSP101": "awful"}, "options": {"many": 3}, "ignore": "DSP1"}
    with pytest.raises(InputError) as caught:
        settings_of(tree, "x.toml")
    assert [each.field for each in caught.value.problems] == [
        "check.selcet", "check.ignore", "check.severity", "check.options",
    ]  # fmt: skip
    assert "did you mean 'select'" in str(caught.value)


def test_only_the_subjects_are_judged() -> None:
    found = world(*WINDOWS, daemonset("one"), daemonset("two"))
    one = found.daemonsets[0].identity
    scene = Scene.of(found, solve(found, now=NOW), [one])
    assert {each.object for each in check(scene, BUILTIN_RULES, Settings(select=("DSP101",))).findings} == {one}


@rule("ACME001", "by-name", Severity.INFO, summary="s.", why="w.", source="ours")
def by_name(scene: Scene) -> Iterator[Spot]:
    for subject in scene.subjects:
        if subject.identity.name == "bad":
            yield subject.spot("is called bad")


def test_a_plugin_is_a_rule_like_any_other() -> None:
    rules = rules_of([("acme", [by_name])])
    found = world(node("n1"), daemonset("bad"), daemonset("good"))
    scene = Scene.of(found, solve(found, now=NOW))
    (told,) = check(scene, rules, Settings(select=("ACME",))).findings
    assert (told.rule, told.object.name, told.severity) == ("ACME001", "bad", Severity.INFO)
    assert rules_of([("one", by_name)]) == rules


@pytest.mark.parametrize("plugin", [3, "text", [3], None])
def test_what_is_no_rule_is_refused(plugin: object) -> None:
    with pytest.raises(ConstraintFault, match="entry point 'acme'"):
        rules_of([("acme", plugin)])


def test_an_id_is_taken_once() -> None:
    @rule("DSP101", "other", Severity.INFO, summary="s.", why="w.", source="x")
    def other(scene: Scene) -> tuple[Spot, ...]:
        return ()

    with pytest.raises(ConstraintFault, match="DSP101 is taken"):
        rules_of([("acme", other)])


def test_a_rule_that_raises_is_named() -> None:
    @rule("ACME002", "raises", Severity.INFO, summary="s.", why="w.", source="x")
    def raises(scene: Scene) -> tuple[Spot, ...]:
        raise KeyError("x")

    found = world(node("n1"))
    with pytest.raises(ConstraintFault, match="ACME002"):
        check(Scene.of(found, solve(found, now=NOW)), [raises], Settings())


def test_built_in_rules_are_installed_as_an_entry_point() -> None:
    import tomllib
    from importlib import import_module
    from pathlib import Path

    project = tomllib.loads((Path(__file__).resolve().parents[2] / "pyproject.toml").read_text(encoding="utf-8"))
    module, _, name = project["project"]["entry-points"]["dsplan.checks"]["dsplan"].partition(":")
    assert getattr(import_module(module), name) is BUILTIN_RULES
