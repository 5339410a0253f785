"""One YAML document on the exact path: values, places, problems, bounds."""

from __future__ import annotations

from typing import Any

import pytest

from dsplan.reading import limits
from dsplan.reading.yaml_exact import parse_yaml
from tests.timing import within_seconds


def messages(text: str) -> list[str]:
    return [str(problem) for problem in parse_yaml(text).problems]


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("", None),
        ("# only a comment\n", None),
        ("v: {a:}\n", {"v": {"a:": None}}),
        ("v: [a:,b]\n", {"v": ["a:", "b"]}),
        ("v: ! 1\n", {"v": "1"}),
        ("v: \uf8f0\n", {"v": "\uf8f0"}),
        ("v: [!!str, b]\n", {"v": ["b"]}),
        ("v: {a: !x, b}\n", {"v": {"a": "b"}}),
        ("v: [?a, {? b : c}]\n", {"v": [{"a": None}, {"b": "c"}]}),
        ("v: a\ufeffb\n", {"v": "a\ufeffb"}),
        ("v: &x ! 1\nw: *x\n", {"v": "1", "w": "1"}),
        ("{&k a: b, c: *k }", {"a": "b", "c": "a"}),
        ("a: &x {k: 1}\nb: {<<: *x}\nc: {<<: [*x, {l: 2}]}\n", {"a": {"k": 1}, "b": {"k": 1}, "c": {"k": 1, "l": 2}}),
        ('"<<": {a: 1}\n', {"<<": {"a": 1}}),
        ("? |\n  a\n: 1\n", {"a\n": 1}),
        ("v: a\n...\nthis is : not : read\n", {"v": "a"}),
        ("v: |\n  a\r\n  b\r\n", {"v": "a\nb\n"}),
    ],
)
def test_values(text: str, tree: Any) -> None:
    located = parse_yaml(text)
    assert (located.tree, located.problems) == (tree, [])


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a:\n  b: 1\n  b: 2\n", '3:3: a.b: key "b" already set in map'),
        ("yes: 1\ntrue: 2\n", '2:1: true: key "true" already set in map'),
        ("a: &x {k: 1}\nb:\n  k: 2\n  <<: *x\n", '4:3: b.k: key "k" already set in map'),
        ("a: {<<: 1}\n", "1:9: a.<<: map merge requires map or sequence of maps as the value"),
        ("s: &s [{a: 1}]\na: {<<: *s}\n", "2:9: a.<<: map merge requires map or sequence of maps as the value"),
        ("[a]: 1\n", "1:1: invalid map key: a key must be a scalar"),
        ("v: {{ x }}\n", "1:5: v: invalid map key: a key must be a scalar (is this a template that was not rendered?)"),
        ("~: 1\n", "1:1: unsupported map key: null is not a key"),
        ("spec:\n  v: .inf\n", "2:6: spec.v: inf is not a JSON number, seen: '.inf'"),
        ("l:\n- a\n- !!int x\n", "3:3: l[1]: cannot decode !!str as a !!int, seen: 'x'"),
        ("v: *nobody\n", "1:4: v: unknown anchor 'nobody' referenced"),
        ("v: &a [*a]\n", "1:8: v[0]: anchor 'a' value contains itself"),
        ('v: "a\\/b"\n', "1:4: v: found unknown escape character"),
        ("v: [a?b]\n", '1:5: v[0]: "?" is not allowed inside a plain scalar of a flow collection'),
        ("%YAML 1.2\n---\na: 1\n", "1:1: found incompatible YAML document (only %YAML 1.1 is read)"),
    ],
)
def test_problems_have_their_place(text: str, problem: str) -> None:
    assert messages(text) == [problem]


@pytest.mark.parametrize(
    ("text", "place"), [("a: 1\n b: 2\n", "2:3: a: "), ("a: [1\n", "2:1: a[1]: "), ("a: 'b\n", "2:1: a: ")]
)
def test_what_libyaml_says_comes_with_its_place(text: str, place: str) -> None:
    """Its words are its own, and other ones in another release."""
    [problem] = parse_yaml(text).problems
    assert problem.reason == "SyntaxError"
    assert str(problem).startswith(place)
    assert len(str(problem)) > len(place)


def test_reading_goes_on_after_an_error() -> None:
    text = "a: .nan\nb: !!int x\nc: 1\nc: 2\n[d]: 3\n"
    assert [message.split(":")[0] for message in messages(text)] == ["1", "2", "4", "5"]
    assert parse_yaml(text).tree == {"a": None, "b": None, "c": 2}


def test_every_value_has_a_place() -> None:
    located = parse_yaml("spec:\n  containers:\n  - name: x\n    args: [a, b]\n", first_line=11)
    assert located.place(("spec", "containers", 0, "args", 1)) == (14, 15)
    assert located.place(("spec", "containers", 0, "args"), key=True) == (14, 5)
    assert located.place(("spec", "containers", 0, "image")) == (13, 5), "the parent's place for what is not there"
    assert located.place(()) == (11, 1)


def test_an_alias_is_a_copy_with_the_places_of_its_anchor() -> None:
    located = parse_yaml("a: &x {k: {l: 1}}\nb: *x\n")
    assert located.tree["b"] == located.tree["a"]
    assert located.tree["b"]["k"] is not located.tree["a"]["k"]
    assert located.place(("b", "k", "l")) == (1, 15)


def bomb(levels: int, width: int) -> str:
    lines = ["a0: &a0 [x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * width)}]" for n in range(1, levels)]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (bomb(12, 10), "excessive aliasing"),
        ("v: " + "[" * 100_000, "levels of nesting"),
        ("v: " + "{a: " * 100_000, "levels of nesting"),
        ("- " * 100_000, "levels of nesting"),
        ("\n".join(" " * n + "a:" for n in range(5_000)), "levels of nesting"),
        (
            "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, limits.MAX_DEPTH)),
            "levels of nesting",
        ),
        ("\n".join("a: 1" for _ in range(100_000)), "already set in map"),
        ("v: " + "[a:," * 1_000, "unexpected"),
        ("v: [" + "!x," * 100_000 + "]", "a tag directly before a comma"),
    ],
    ids=["aliases", "brackets", "braces", "dashes", "indents", "deep aliases", "repetitions", "hidden colons", "tags"],
)
def test_hostile_documents_end_within_a_second(text: str, message: str) -> None:
    with within_seconds(1):
        found = messages(text)
    assert message in found[-1]
    assert len(found) <= limits.MAX_PROBLEMS


def test_aliases_below_the_bound_are_read() -> None:
    assert len(parse_yaml(bomb(4, 10)).tree["a3"]) == 10


@pytest.mark.parametrize(
    ("text", "repeated"),
    [
        ("yes: 1\ntrue: 2", True),
        ("010: 1\n8: 2", True),
        ("0x10: 1\n16: 2", True),
        ("1.5: 1\n1.50: 2", True),
        ("1: 1\n'1': 2", False),
        ("1: 1\n1.0: 2", False),
        ("true: 1\n'true': 2", False),
        ("'yes': 1\nyes: 2", False),
        (".nan: 1\n.nan: 2", False),
        ("1: 1\n'1': 2\n1: 3", True),
        ("{1: 2, <<: {1: 1}}", True),
        ("{'1': 2, <<: {1: 1}}", False),
        ("a: &a {1: 1}\nb: {<<: *a, 1: 2}", True),
        ("a: &a {1: 1}\nb: {<<: *a, '1': 2}", False),
    ],
)
def test_keys_are_repeated_where_they_are_equal_as_they_were_read(text: str, repeated: bool) -> None:
    """By type and value, before they become JSON keys; the last one wins either way (X12)."""
    located = parse_yaml(text)
    assert any("already set in map" in problem.message for problem in located.problems) is repeated
    if "a:" not in text:
        assert list(located.tree.values())[-1] in (1, 2, 3)


def test_an_empty_document_before_another_one_is_the_first() -> None:
    """An API server reads that one; kubectl cuts the text first and passes it over (see `chunks`)."""
    assert parse_yaml("---\n---\na: 1\n").tree is None
    assert parse_yaml("---\n# c\na: 1\n---\nb: 2\n").tree == {"a": 1}
