"""The fast paths return what the exact paths return, or say that they are not sure.

Broken fast paths that were tried, and that these tests caught: a line pattern without its anchor at the line's start, a
plain scalar that may end in a colon, a key that may be `yes`, an entry dash that may be followed by nothing, a parser
that did not close a sequence at its parent's column, and one that let the last of two equal keys win.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dsplan.bench.nodes import nodes_json, nodes_yaml
from dsplan.errors import InputError
from dsplan.manifests.load import TYPES, world_of
from dsplan.model.meta import Identity
from dsplan.reading import limits, yaml_exact
from dsplan.reading.json_typed import decode_list
from dsplan.reading.objects import RawObject
from dsplan.reading.read import Found, Reading, read_bytes, stream_bytes
from dsplan.reading.yaml_exact import parse_yaml
from dsplan.reading.yaml_fast import NotSure, cut_items, parse_fast

SHARED = Path(__file__).parents[3] / "shared"

KEYS = (
    "a",
    "b",
    "c",
    "d",
    "a.b/c",
    "yes",
    "y",
    "1",
    "f:x",
    "a b",
    '"q"',
    "'s'",
    "<<",
    "~",
    "_",
    "k-",
    "",
    "? a",
    "&k a",
    "null",
)
SEPARATORS = (": ", ":", ":  ", ":\t", " : ", ": # c", ":\n", ": \n")
VALUES = (
    "", "x", "x y", "1", "010", "0x1F", "1.5", "1e3", "1e400", ".5", ".inf", "-1", "+1", "-", "- x", "--", "---", "...",
    "~", "null", "yes", "No", "tRUE", "a:b", "a: b", "a:", "a #b", "a#b", "#c", "{}", "[]", "[a]", "{a: b}", "{", "]",
    '"x"', '"x', '"a\\nb"', '"\\/"', '"\\x41"', '"a" b', "'it''s'", "'x", "''", '""', "&a x", "*a", "!!str 1", "! 1",
    "|", "|-", ">", "%x", "@x", "`x", "<<", "=", "<x", "$(A)", "(x)", "é", "a\u2028b", "a\tb", "x ", "?", "? x", "?x",
    ":x", ",x", "2026-01-01", "12:30", "1_000", "0b1", "1_", "http://x:80/y", "sha256:0a", "10.0.0.1", "{{ x }}", "\\x",
)  # fmt: skip
WORDS = st.sampled_from(
    (
        "a", "b", "a b", "1", "010", "-1", "+2", ".5", ".inf", "5%", "y", "~", "null", "x/y", "-", "- a", "'s'", '"d"',
        '""', "''", "a:b", "a: b", "a:", ": a", "?", "*a", "&a b", "!t", "#c", "a #c", "a#c", "é", "\\",
        '"\\n"', "<<", "", " ",
        "a  b", "100m", "{{x}}", "'it''s'", "a'b", "1e400", "2026-01-01", "a-", "-a", "a.", "..", "@x", "%x", "a\tb",
        "x" * 1001,
    )
)  # fmt: skip
FLOW = st.recursive(
    WORDS,
    lambda child: (
        st.lists(child, max_size=3).map(lambda items: f"[{', '.join(items)}]")
        | st.lists(child, max_size=3).map(lambda items: f"[{','.join(items)}]")
        | st.lists(st.tuples(WORDS, st.sampled_from((": ", ":", ":  ", " : ", ":\n  ")), child), max_size=3).map(
            lambda pairs: "{" + ", ".join(map("".join, pairs)) + "}"
        )
        | child.map(lambda item: f"{{ a: {item} , b: [ {item} ] }}")
        | child.map(lambda item: f"[{item},]")
    ),
    max_leaves=8,
)
LINE = st.builds(
    lambda indent, dashes, key, separator, value: f"{' ' * indent}{dashes}{key}{separator if key else ''}{value}",
    st.integers(0, 5),
    st.sampled_from(("", "", "", "- ", "- ", "- - ", "-", "-  ", "-\t")),
    st.one_of(st.sampled_from(KEYS[:4]), st.sampled_from(KEYS)),
    st.one_of(st.just(": "), st.sampled_from(SEPARATORS)),
    st.one_of(st.sampled_from(("", "x")), st.sampled_from(VALUES)),
)
TEXT = st.lists(st.one_of(LINE, st.sampled_from(("", "  ", "# c", "  # c", "...", "--- ", "\t"))), max_size=7).map(
    "\n".join
)

SCALAR = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(VALUES),
    st.text(max_size=12),
)
TREE = st.dictionaries(
    st.one_of(st.sampled_from(KEYS), st.text(max_size=5)),
    st.recursive(
        SCALAR,
        lambda child: (
            st.lists(child, max_size=3)
            | st.dictionaries(st.one_of(st.sampled_from(KEYS), st.text(max_size=5)), child, max_size=3)
        ),
        max_leaves=12,
    ),
    min_size=1,
    max_size=4,
)


def strict(tree: Any) -> str:
    """Tell apart what Python calls equal: 1, 1.0 and True."""
    return json.dumps(tree, sort_keys=True)


def agrees(text: str) -> bool:
    """Check one document; returns whether the fast path was sure."""
    fast = parse_fast(text)
    if isinstance(fast, NotSure):
        return False
    exact = parse_yaml(text if text.endswith("\n") else text + "\n")
    assert exact.problems == [], text
    assert strict(fast) == strict(exact.tree), text
    return True


@given(TEXT)
@settings(max_examples=100, deadline=None)
@example("a:\n- b\n- c:\n  d: 1\n e: 2\n")
@example("a: b\n  c\n")
@example("- a: 1\n  b: 2\n")
def test_lines_put_together_at_random(text: str) -> None:
    agrees(text)


@given(st.lists(st.tuples(st.sampled_from(("a: ", "b: ", "c:\n  d: ", "e:\n- ", "f:\n  - g: ")), FLOW), max_size=4))
@settings(max_examples=100, deadline=None)
@example([("a: ", "{a: {b: [1, 010]}, c: 'x'}")])
@example([("a: ", "{a: 1, a: 2}")])
@example([("a: ", "[}")])
@example([("a: ", "[" * 30 + "]" * 30)])
def test_flow_collections_put_together_at_random(parts: list[tuple[str, str]]) -> None:
    """Tried: a plain word that may hold a colon, a key that may be `y`, and a comma before the end."""
    agrees("".join(f"{head}{flow}\n" for head, flow in parts))


def test_flow_collections_that_people_write_are_read_at_once() -> None:
    text = "metadata: {name: agent, labels: {app.kubernetes.io/name: agent}}\n"
    text += "args: [\"--v=2\", 'x', 10Gi, -1, 50%, /var/log]\n"
    assert parse_fast(text) == {
        "metadata": {"name": "agent", "labels": {"app.kubernetes.io/name": "agent"}},
        "args": ["--v=2", "x", "10Gi", -1, "50%", "/var/log"],
    }


@given(TREE, st.integers(20, 200), st.sampled_from([None, '"', "'"]), st.booleans(), st.integers(2, 4))
@settings(max_examples=60, deadline=None)
def test_documents_that_a_yaml_library_wrote(
    tree: dict[str, Any], width: int, style: str | None, unicode: bool, indent: int
) -> None:
    agrees(yaml.safe_dump(tree, width=width, default_style=style, allow_unicode=unicode, indent=indent))


@pytest.mark.parametrize("seed", range(3))
def test_real_lines_with_single_characters_changed(seed: int) -> None:
    chance = random.Random(seed)
    document = nodes_yaml(1).decode().splitlines()[2:]
    text = "\n".join(line[2:] for line in document[:-1]) + "\n"
    sure = 0
    for _ in range(150):
        at = chance.randrange(len(text))
        changed = text[:at] + chance.choice(" \n\t:-#'\"{}[]&*!|>~,?0x\\%") + text[at + chance.randrange(2) :]
        sure += agrees(changed)
    assert 20 < sure < 150


def signature(reading: Reading) -> Any:
    problems = [str(problem) for problem in reading.problems]
    if any(problem.reason == "SyntaxError" for problem in reading.problems):
        return problems  # Which objects of a broken document are still seen is not promised.
    objects = [(item.api_version, item.kind, strict(item.tree), item.origin.pointer) for item in reading.objects]
    return objects, problems, reading.notes


def same_both_ways(data: bytes) -> Reading:
    fast, exact = read_bytes(data, "x"), read_bytes(data, "x", exact=True)
    assert signature(fast) == signature(exact)
    pairs = zip(fast.objects[:5], exact.objects[:5], strict=False)
    assert all(one.origin.place() == other.origin.place() for one, other in pairs)
    return fast


@pytest.mark.skipif(not SHARED.exists(), reason="the corpus of public manifests (../shared/corpus) is not here")
def test_on_the_corpus() -> None:
    for path in sorted((SHARED / "corpus").glob("*/*")):
        same_both_ways(path.read_bytes())


def test_on_generated_nodes() -> None:
    for data in (nodes_yaml(5), nodes_json(5)):
        assert len(same_both_ways(data).objects) == 5
    assert cut_items(nodes_yaml(3).decode()) is not None
    assert not isinstance(parse_fast(nodes_yaml(2).decode()), NotSure)


def test_windows_line_ends_are_as_fast(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = nodes_yaml(5).decode()
    for data in (plain.replace("\n", "\r\n").encode(), plain.replace("\n", "\r\n").encode("utf-16")):
        reading = same_both_ways(data)
        assert [item.tree for item in reading.objects] == [item.tree for item in read_bytes(plain.encode()).objects]
        monkeypatch.setattr(yaml_exact, "parse_yaml", None)
        assert len(read_bytes(data).objects) == 5
        monkeypatch.undo()


@pytest.mark.parametrize(
    "text",
    [
        'a: "x\\\r\n  y"\r\n',
        "a: |\r\n  x\r\n\r\n  y\r\n",
        "a: 'x\r\n\r\n  y'\r\nb: >-\r\n  1\r\n  2\r\n",
        "a: 1\r\n\r\r\nb: 2\r\n",
        "a: 1\r\r\na: 2\r\nb: 'x\r\r\n  y'\r\n",
        "a: x\rb: 2\r\nc: [1,\r\n2]\r\n---\r\n# c\r\n--- # d\r\nb: 'x",
    ],
)
def test_windows_line_ends_inside_scalars(text: str) -> None:
    same_both_ways(b"apiVersion: v1\r\nkind: Node\r\n" + text.encode())


NODE = "apiVersion: v1\n  kind: Node\n  metadata:\n    name: "


@pytest.mark.parametrize(
    "text",
    [
        f"apiVersion: v1\nitems:\n- {NODE}a\n- {NODE}b # c\n- {NODE}c\nkind: List\nmetadata:\n  resourceVersion: ''\n",
        f"kind: List\napiVersion: v1\nitems:\n- {NODE}&n a\n- {NODE}*n\n",
        f"kind: List\napiVersion: v1\nitems:\n- {NODE}&n a\n- {NODE}b\n  x: &n b\n- {NODE}*n\n",
        f"kind: List\napiVersion: v1\nitems:\n- {NODE}a\n  text: 'one\n\n- two'\n- {NODE}b\n",
        f"kind: List\napiVersion: v1\nitems:\n- {NODE}a\n- {NODE}b\nother:\n- {NODE}c\n",
        f"kind: List\napiVersion: v1\nitems:\n- {NODE}a\n- {NODE}b\n  x: [\n- {NODE}c\n",
        f"kind: List\napiVersion: v1\nitems:\n- {NODE}a\n  x: .inf\n- {NODE}b\n  y: 1\n  y: 2\n",
        f"kind: List\napiVersion: v1\nitems:\n- {NODE}a\n# c\n\n- {NODE}b\n...\n",
        "kind: NodeList\napiVersion: v1\nitems:\n  - metadata:\n      name: a\n  - metadata:\n      name: b\n  -\n",
        "kind: NodeList\napiVersion: v1\nitems:\n- - a\n- x\n",
        f"kind: Thing\napiVersion: v1\nitems:\n- {NODE}a\n",
        f"items:\n- {NODE}a\n",
        f"kind: List\napiVersion: v1\nitems:\n- {NODE}a\n  {'[' * 300}x:\n    y: 1\n    y: 2\n",
        f"kind: List\napiVersion: v1\nitems:\n- {NODE}a\nitems:\n- {NODE}b\n",
        f"kind: List\napiVersion: v1\nitems:\n- {NODE}\n  \u2028- {NODE}b\n",
        f"kind: List\napiVersion: v1\nitems:\n- {NODE}\n  \x85- {NODE}b\n- {NODE}c\n",
        f"kind: List\napiVersion: v1\nitems:\n- {NODE}\n  \r- {NODE}b\n- {NODE}c\n",
    ],
)
def test_lists_that_are_cut_and_lists_that_must_not_be(text: str) -> None:
    same_both_ways(text.encode())


@pytest.mark.parametrize(
    "text",
    [
        '{"kind":"A","apiVersion":"v1"}\n{"kind":"B","apiVersion":"v1","x":1,"x":2}\n{"kind":"C","apiVersion":"v1"}',
        '\ufeff{"kind":"A","apiVersion":"v1","é":"é"} {"kind":"B","apiVersion":"v1"}',
        '{"kind":"A","apiVersion":"v1","x":"\\ud83d"}',
        '{"kind":"A","apiVersion":"v1","x":1e400}',
        '{"kind":"A","apiVersion":"v1","x":' + "1" * 500 + "}",
        '{"kind":"A","apiVersion":"v1","x":' + "[" * 300 + "]" * 300 + "}",
        '{"kind":"A","apiVersion":"v1","x":"' + "[" * 300 + '"}',
        '{"kind":"A","apiVersion":"v1","x":123456789012345678901234567890,"y":-0.0,"z":1.0}',
        '{"kind":"NodeList","apiVersion":"v1","items":[{"kind":"X"},{},null,3]}',
        '{"kind":"List","apiVersion":"v1","items":{"a":1}}',
        '{"kind":"List","apiVersion":"v1","items":null}',
        '{"kind":"List","apiVersion":"v1","items":[{"kind":"List","apiVersion":"v1","items":[{"kind":"X","apiVersion":"v1"}]}]}',
        '{"kind":3,"apiVersion":"v1"}',
        '{"apiVersion":"v1","kind":"A","kind":"B"}',
        '{"kind":"A","apiVersion":"v1"}\n---\nkind: B\napiVersion: v1\n',
        '{"kind":"A","apiVersion":"v1"} x',
        '{"kind":"A","apiVersion":"v1","x":"\x7f\t"}',
        '{"items":[{"apiVersion":"v1","kind":"A"}]}',
    ],
)
def test_json_streams(text: str) -> None:
    same_both_ways(text.encode())


TAIL = b',\n    "padding": "%s"\n}' % (b" " * limits.MAX_CHECKED_JSON)


def large(data: bytes) -> bytes:
    return data.rstrip().removesuffix(b"}").rstrip() + TAIL


@pytest.mark.parametrize(
    ("edit", "at_once"),
    [
        (lambda data: data, True),
        (lambda data: data.replace(b'"kind": "List"', b'"kind": "NodeList"'), False),
        (lambda data: data.replace(b'"kind": "Node"', b'"kind": "Pod"', 2).replace(b'"Pod"', b'"Node"', 1), False),
        (lambda data: data.replace(b'"linux"', b"null", 1), False),
        (lambda data: data.replace(b'"linux"', b"3", 1), False),
        (lambda data: data.replace(b'"kind": "Node",', b"", 1), False),
        (lambda data: data.replace(b'"linux"', b'"\\ud83d"', 1), False),
        (lambda data: data.replace(b'"linux"', '"é"'.encode(), 1), True),
        (lambda data: data + data, False),
    ],
)
def test_a_list_decoded_at_once_is_what_its_entries_are(edit: Callable[[bytes], bytes], at_once: bool) -> None:
    data = large(edit(nodes_json(3)))
    assert (decode_list(data, TYPES) is not None) == at_once
    one, other = outcome(stream_bytes(data, "x", types=TYPES)), outcome(stream_bytes(data, "x"))
    assert one == other
    if at_once:
        trees = [item.tree for item in stream_bytes(data, "x", types=TYPES) if isinstance(item, RawObject)]
        assert trees == [item.tree for item in stream_bytes(data, "x") if isinstance(item, RawObject)]


def outcome(found: Iterable[Found]) -> Any:
    try:
        world = world_of(found)
    except InputError as error:
        return [str(problem) for problem in error.problems]
    assert world.origins is not None
    return world.nodes, world.pods, [world.origins.locate(Identity("Node", "", node.name)) for node in world.nodes]


def test_a_typed_list_of_an_api_server_is_decoded_at_once() -> None:
    items = ",".join(json.dumps({"metadata": {"name": f"n{index}"}}) for index in range(3))
    for head in ('"kind":"NodeList","apiVersion":"v1"', '"apiVersion":"v1","kind":"NodeList"'):
        found = decode_list(large(f'{{{head},"items":[{items}]}}'.encode()), TYPES)
        assert found is not None
        assert [node.name for node in found.objects] == ["n0", "n1", "n2"]
