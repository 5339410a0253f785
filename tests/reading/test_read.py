"""From bytes to objects: documents, lists, encodings, old API groups, and what is refused."""

from __future__ import annotations

import codecs
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dsplan.bench.nodes import nodes_json, nodes_yaml
from dsplan.errors import InputError
from dsplan.manifests.load import load
from dsplan.model.meta import Identity
from dsplan.reading import json_exact, limits, origins, yaml_exact
from dsplan.reading.groups import Selection
from dsplan.reading.read import read, read_bytes

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"
NODE = "apiVersion: v1\nkind: Node\nmetadata: {name: %s}\n"


def found(data: bytes | str) -> list[str]:
    reading = read_bytes(data.encode() if isinstance(data, str) else data, "x")
    return [f"{item.api_version} {item.kind} {item.name}" for item in reading.objects] + [
        str(problem) for problem in reading.problems
    ]


@pytest.mark.parametrize(
    "text",
    [
        NODE % "a",
        "# c\n---\n" + NODE % "a" + "---\n---\n# nothing\n--- # c\n",
        (NODE % "a").replace("\n", "\r\n") + "---\r\n",
        (NODE % "a").replace("\n", "\r"),
        NODE % "a" + "...\n",
        "\n\n" + (NODE % "a").rstrip("\n"),
        json.dumps({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "a"}}, indent="\t"),
        '{"apiVersion":"v1","kind":"List","items":[{"apiVersion":"v1","kind":"Node","metadata":{"name":"a"}},null]}',
        '{"apiVersion":"v1","kind":"NodeList","items":[{"metadata":{"name":"a"}}]}\n',
        '[{"apiVersion":"v1","kind":"Node","metadata":{"name":"a"}}]',
        "- " + (NODE % "a").replace("\n", "\n  "),
        'apiVersion: v1\nitems:\n- {apiVersion: v1, kind: Node, metadata: {name: a}}\nkind: ""\n',
        '{"metadata": {"name": "a"}, "status": {"nodeInfo": {}}}',
        '{"apiVersion":"v1","kind":"NodeList","items":[{"kind":null,"metadata":{"name":"a"}}]}',
        'apiVersion: v1\nkind: NodeList\nitems: [{kind: "", apiVersion: ~, metadata: {name: a}}]\n',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_one_object_in_many_coats(text: str, encoding: str) -> None:
    assert found(text.encode(encoding)) == ["v1 Node a"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("# nothing\n---\n--- # nothing\n...\n", []),
        ("null\n", []),
        (NODE % "a" + "---\n" + NODE % "b", ["v1 Node a", "v1 Node b"]),
        ('{"apiVersion":"v1","kind":"A"}{"apiVersion":"v1","kind":"B"}\n[]', ["v1 A ", "v1 B "]),
        ('{"apiVersion":"v1","kind":"A"}\n---\napiVersion: v1\nkind: B\n', ["v1 A ", "v1 B "]),
        (
            "--- text\n" + NODE % "a",
            ["v1 Node a", "x:1:1: invalid YAML document separator: only a comment may follow ---, seen: 'text'"],
        ),
        ("3\n", ["x:1:1: expected an object, not a number"]),
        ("kind: Node\n", ["x:1:1: apiVersion: Object 'apiVersion' is missing"]),
        (
            "a: 1\n---\n\napiVersion: v1\nkind: [x]\n",
            ["x:1:1: kind: Object 'Kind' is missing", "x:5:7: kind: expected a string, not a list"],
        ),
        ("{a: 1}\n", ["x:1:2: expected a key in double quotes, found 'a'"]),
        ('{"kind":"List","apiVersion":"v1","items":[{"a":1}]}', ["x:1:43: kind: Object 'Kind' is missing"]),
        (
            b"a: \xff\n",
            ["x:1:4: not UTF-8 text (it looks like Windows-1252 or Latin-1: save it as UTF-8), seen: '0xff'"],
        ),
        (b"a: b\x00\n", ["x:1:5: control characters are not allowed in YAML, seen: 'U+0000'"]),
        (codecs.BOM_UTF16_LE + b"a", ["x: not UTF-16-LE text: truncated data"]),
    ],
)
def test_documents(text: bytes | str, expected: list[str]) -> None:
    assert found(text) == expected


def test_a_broken_document_hides_no_other() -> None:
    """What libyaml calls it is its own affair; the place is ours."""
    broken, node = sorted(found("a: [\n---\n" + NODE % "b"), reverse=True)
    assert node == "v1 Node b"
    assert broken.startswith("x:2:1: a[0]: ")


def test_lists_in_lists_are_bounded() -> None:
    tree: dict[str, object] = {"apiVersion": "v1", "kind": "A"}
    for _ in range(6):
        tree = {"apiVersion": "v1", "kind": "List", "items": [tree]}
    assert "lists within lists" in found(json.dumps(tree))[0]


def test_an_object_knows_its_place_and_those_of_its_fields(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(
        "# c\n---\napiVersion: v1\nkind: NodeList\nitems:\n- metadata: {name: a}\n  spec:\n    taints: []\n"
    )
    item = read([path]).objects[0]
    assert item.origin.place() == f"{path}:6:3"
    assert item.origin.place("spec.taints") == f"{path}:8:13"
    assert item.origin.place("spec.providerID") == f"{path}:8:5"
    path.write_text("apiVersion: v1\n")
    item.origin.source.forget()
    assert item.origin.place("spec.taints") == f"{path}:3", "the file is another one now"


def test_places_in_json_and_from_standard_input() -> None:
    item = read_bytes(b'{"apiVersion": "v1", "kind": "NodeList",\n "items": [{"spec": {"taints": 1}}]}', "-").objects[0]
    assert item.origin.place("spec.taints") == "-:2:32"


def test_old_api_groups_are_converted_with_a_note() -> None:
    text = """
apiVersion: %s
kind: DaemonSet
metadata: {name: a, namespace: ns}
spec:
  templateGeneration: 3
  template: {metadata: {labels: {app: x}}}
"""
    for version in ("extensions/v1beta1", "apps/v1beta1", "apps/v1beta2"):
        selection = Selection()
        item = selection.take(read_bytes((text % version).encode()).objects[0])
        note = selection.notes[0]
        assert item is not None
        assert str(note.text) == f"is converted from {version} to apps/v1"
        assert note.subject == "DaemonSet ns/a"
        assert item.api_version == item.tree["apiVersion"] == "apps/v1"
        assert item.tree["metadata"]["annotations"] == {"deprecated.daemonset.template.generation": "3"}
        assert ("selector" in item.tree["spec"]) == (version != "apps/v1beta2")
        assert ("updateStrategy" in item.tree["spec"]) == (version == "extensions/v1beta1")


def test_other_kinds_are_counted_and_other_daemonsets_named() -> None:
    text = (
        "apiVersion: apps.kruise.io/v1alpha1\nkind: DaemonSet\nmetadata: {name: a}\n---\napiVersion: v1\nkind: Secret\n"
    )
    chosen = Selection()
    assert [chosen.take(item) for item in read_bytes(text.encode()).objects] == [None, None]
    assert chosen.passed_over == {"DaemonSet.apps.kruise.io": 1, "Secret": 1}
    assert [str(note.text) for note in chosen.notes] == ["is passed over: apps.kruise.io/v1alpha1 is not apps/v1"]


def test_load_reports_every_problem_of_every_file(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(NODE % "a" + "spec: {taints: 3}\n---\n" + NODE % "b")
    (tmp_path / "b.yaml").write_text(NODE % "b" + "---\na: [\n")
    with pytest.raises(InputError) as caught:
        load([tmp_path])
    texts = [str(problem).replace(str(tmp_path), "") for problem in caught.value.problems]
    assert len(texts) == 3
    assert any(text.startswith("/b.yaml:6:") for text in texts)
    assert any(text.startswith("/a.yaml:4:16: Node a: spec.taints: ") for text in texts)
    assert any(text.startswith("/b.yaml:1:1: Node b: duplicate of ") for text in texts)


def test_load_keeps_origins_and_notes(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text((NODE % "a").replace("v1", "v1") + "---\napiVersion: apps.kruise.io/v1\nkind: DaemonSet\n")
    world = load([path])
    assert world.origins is not None
    assert world.origins.locate(Identity("Node", "", "a"), "metadata.name") == f"{path}:3:18"
    assert world.origins.locate(Identity("Node", "", "b")) == ""
    assert len(world.notes) == 1


@pytest.mark.skipif(not CORPUS.exists(), reason="the corpus of public manifests (../shared/corpus) is not here")
def test_the_corpus_is_read_and_the_bad_files_are_refused() -> None:
    refused = {}
    for path in sorted(CORPUS.glob("*/*")):
        try:
            load([path])
        except InputError as error:
            refused[f"{path.parent.name}/{path.name}"] = str(error.problems[0])
    bad = {f"bad/{path.name}" for path in (CORPUS / "bad").iterdir()}
    assert bad | {"daemonsets/kops-gcp-metadata-proxy.yaml"} <= refused.keys()
    assert refused["daemonsets/kops-gcp-metadata-proxy.yaml"].endswith(
        ':46:7: spec.template.spec.hostNetwork: key "hostNetwork" already set in map'
    )


@pytest.mark.skipif(not CORPUS.exists(), reason="the corpus of public manifests (../shared/corpus) is not here")
def test_a_whole_folder_reports_its_doubles() -> None:
    with pytest.raises(InputError) as caught:
        load([CORPUS / "daemonsets"])
    doubles = [problem for problem in caught.value.problems if problem.reason == "DuplicateObject"]
    assert doubles
    assert all("duplicate of " in problem.message and problem.line for problem in doubles)


@pytest.mark.parametrize("write", [nodes_yaml, nodes_json])
def test_places_in_a_large_list_are_found_without_parsing_it_whole(
    write: Callable[[int], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    data = write(20)
    item = read_bytes(data, "x").objects[17]
    fields = ("", "metadata.name", "status.conditions[3].type", "status.images[2].names[1]", "spec.podCIDR")
    expected = [item.origin.place(field) for field in fields]
    assert len(set(expected)) == len(fields)
    item.origin.source.forget()
    monkeypatch.setattr(origins, "LARGE", 1000)
    parsed: list[int] = []
    monkeypatch.setattr(yaml_exact, "parse_yaml", counting(yaml_exact.parse_yaml, parsed))
    monkeypatch.setattr(json_exact, "parse_json", counting(json_exact.parse_json, parsed))
    assert [item.origin.place(field) for field in fields] == expected
    assert len(parsed) == 1


def counting(parse: Callable[..., Any], calls: list[int]) -> Callable[..., Any]:
    def counted(*arguments: Any, **named: Any) -> Any:
        calls.append(1)
        return parse(*arguments, **named)

    return counted


@pytest.mark.parametrize("write", [nodes_yaml, nodes_json])
def test_progress_is_reported_while_reading(write: Callable[[int], bytes], tmp_path: Path) -> None:
    path = tmp_path / "nodes"
    path.write_bytes(write(200))
    seen: list[tuple[str, int, int]] = []
    load([path], progress=lambda *report: seen.append(report))
    assert {name for name, _, _ in seen} == {str(path)}
    assert all(done <= total for _, done, total in seen)
    assert [done for _, done, _ in seen] == sorted(done for _, done, _ in seen)


def test_every_wrong_type_of_an_object_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(NODE % "a" + "spec:\n  unschedulable: 'x'\n  taints:\n  - {key: 3, effect: [a]}\n")
    with pytest.raises(InputError) as caught:
        load([path])
    places = [(problem.field, problem.line, problem.column) for problem in caught.value.problems]
    assert places == [("spec.unschedulable", 5, 18), ("spec.taints[0].key", 7, 11), ("spec.taints[0].effect", 7, 22)]


LISTED = "apiVersion: v1\nitems:\n- apiVersion: v1\n  kind: Node\n  metadata: {name: a}\n"


@pytest.mark.parametrize("exact", [False, True])
def test_a_list_whose_end_is_missing_is_told_of(exact: bool) -> None:
    """kubectl writes `kind: List` behind the items."""
    cut, whole = read_bytes(LISTED.encode(), exact=exact), read_bytes(f"{LISTED}kind: List\n".encode(), exact=exact)
    assert [item.name for item in cut.objects] == [item.name for item in whole.objects] == ["a"]
    assert [note.text for note in cut.notes] == ["a list without kind: is the end of the file missing?"]
    assert whole.notes == []


@pytest.mark.parametrize(
    ("broken", "message"),
    [("", "unexpected end of JSON input: is the file cut off?"), (" 5]}", "expected ',' or ']'")],
)
def test_a_dump_that_is_broken_far_behind(broken: str, message: str) -> None:
    """The exact path would take minutes and gigabytes to find the place."""
    node = '{"apiVersion":"v1","kind":"Node","metadata":{"name":"ä"}}'
    data = ('{"kind":"List",\n"items":[\n' + f"{node},\n" * 80_000 + node + broken).encode()
    [problem] = read_bytes(data, "dump.json").problems
    place = 80_003, len(node) + (1 if not broken else 2)
    assert (problem.line, problem.column, problem.message) == (*place, message)


def test_a_broken_entry_of_a_huge_list_is_not_looked_for_in_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_WHOLE_LIST", 10)
    [problem] = read_bytes(f"{LISTED}- a: ['\nkind: List\n".encode()).problems
    assert (problem.line, problem.reason, problem.field[:8]) == (7, "SyntaxError", "items[1]")
