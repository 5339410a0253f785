"""Bundles of well-known tools are read as they are, from a folder or an archive, and hostile archives are refused."""

from __future__ import annotations

import gzip
import io
import json
import os
import tarfile
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from dsplan.errors import InputError
from dsplan.manifests.load import load
from dsplan.model.world import World
from dsplan.reading import limits
from dsplan.reading.read import read
from tests.reading.bundles import BUNDLES, MUST_GATHER, Files, as_folder, as_tar, as_tar_gz, as_zip, tar_of
from tests.timing import within_seconds

FORMS = {"folder": as_folder, "tar": as_tar, "tar.gz": as_tar_gz, "zip": as_zip}


def names(world: World) -> tuple[list[str], list[str], list[str]]:
    return (
        [node.name for node in world.nodes],
        [pod.metadata.name for pod in world.pods],
        [entry.metadata.name for entry in world.daemonsets],
    )


@pytest.mark.parametrize("tool", BUNDLES)
@pytest.mark.parametrize("form", FORMS)
def test_a_bundle_is_read_as_it_is(tool: str, form: str, tmp_path: Path) -> None:
    world = load([FORMS[form](BUNDLES[tool], tmp_path)])
    assert names(world) == (["n1", "n2"], ["agent-1", "agent-2"], ["agent"])
    told = [note.text for note in world.notes if note.text.startswith("read as ")]
    assert len(told) == 1
    assert tool.split()[0].split("-")[0] in told[0]


def test_what_is_none_of_ours_is_counted(tmp_path: Path) -> None:
    notes = [note.text for note in load([as_zip(MUST_GATHER, tmp_path)]).notes]
    assert "5 files read, 4 passed over that hold no Kubernetes objects (endpoint_status.json)" in notes[0]


def test_a_stream_of_an_archive_is_read_from_standard_input(tmp_path: Path) -> None:
    for form in (as_tar_gz, as_zip):
        data = form(MUST_GATHER, tmp_path).read_bytes()
        assert names(load(["-"], stdin=io.BytesIO(data)))[0] == ["n1", "n2"]


def test_a_folder_of_other_files_is_read_all_the_same(tmp_path: Path) -> None:
    files = {
        "package.json": json.dumps({"name": "x", "version": "1", "scripts": {"test": "true"}}),
        "chart/values.yaml": "kind: DaemonSet\nimage: {repository: x}\n",
        "chart/Chart.yaml": "apiVersion: v2\nname: x\nversion: 1.0.0\n",
        "ci.yml": "on: [push]\njobs: {a: {runs-on: x}}\n",
        "broken.json": "{]",
        "kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [n.yaml]\n",
        "n.yaml": "apiVersion: v1\nkind: Node\nmetadata: {name: n1}\n",
    }
    world = load([as_folder(files, tmp_path)])
    assert names(world)[0] == ["n1"]
    assert [note.text for note in world.notes] == [
        "1 file read, 6 passed over that hold no Kubernetes objects (broken.json, Chart.yaml, values.yaml and 3 more)"
    ]


def test_a_broken_manifest_in_a_folder_is_an_error(tmp_path: Path) -> None:
    files = {"a.yaml": "apiVersion: v1\nkind: Node\nmetadata: {name: a\n", "b.yaml": "apiVersion: v1\nkind: Node\n"}
    with pytest.raises(InputError) as caught:
        load([as_folder(files, tmp_path)])
    assert "a.yaml:4" in str(caught.value.problems[0])


@pytest.mark.parametrize("form", FORMS)
def test_a_bundle_without_objects_says_how_to_get_them(form: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        load([FORMS[form]({"package.json": '{"name": "x", "version": "1", "scripts": {}}', "a.log": "x"}, tmp_path)])
    [problem] = caught.value.problems
    assert "no Kubernetes object in the " in problem.message
    assert "kubectl get nodes,pods,daemonsets," in problem.message


def test_problems_in_an_archive_name_the_entry_and_its_line(tmp_path: Path) -> None:
    entry = "apiVersion: v1\nkind: Node\nmetadata: {name: a}\nspec: {taints: 3}\n"
    path = as_tar_gz({"d/n.yaml": entry}, tmp_path)
    [problem] = read_problems(path)
    assert problem.startswith(f"{path}:d/n.yaml:4:16: Node a: spec.taints: ")


def read_problems(path: Path) -> list[str]:
    with pytest.raises(InputError) as caught:
        load([path])
    return [str(problem) for problem in caught.value.problems]


NODE = b"apiVersion: v1\nkind: Node\nmetadata: {name: n1}\n"


@pytest.mark.parametrize("name", ["../../etc/cron.d/x.yaml", "/etc/x.yaml", "a/../../x.yaml", "C:\\x.yaml"])
def test_no_path_leaves_an_archive(name: str, tmp_path: Path) -> None:
    before = sorted(tmp_path.parent.rglob("*"))
    (tmp_path / "b.tar").write_bytes(tar_of({name: NODE, "n.yaml": NODE.replace(b"n1", b"n2")}))
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.writestr(name, NODE)
        archive.writestr("n.yaml", NODE.replace(b"n1", b"n2"))
    for path in (tmp_path / "b.tar", tmp_path / "b.zip"):
        world = load([path])
        assert names(world)[0] == ["n2"]
        assert [note.text for note in world.notes if "leaves" in note.text] == [
            "is not read: its path leaves the archive"
        ]
    assert sorted(set(tmp_path.parent.rglob("*")) - set(before)) == [tmp_path / "b.tar", tmp_path / "b.zip"]


def test_links_and_devices_in_an_archive_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret.yaml").write_bytes(NODE)
    with tarfile.open(tmp_path / "b.tar", "w") as archive:
        link = tarfile.TarInfo("link.yaml")
        link.type, link.linkname = tarfile.SYMTYPE, str(tmp_path / "secret.yaml")
        archive.addfile(link)
        device = tarfile.TarInfo("zero.yaml")
        device.type = tarfile.CHRTYPE
        archive.addfile(device)
        info = tarfile.TarInfo("n.yaml")
        info.size = len(NODE)
        archive.addfile(info, io.BytesIO(NODE.replace(b"n1", b"n2")))
    assert names(load([tmp_path / "b.tar"]))[0] == ["n2"]


def zip_bomb(folder: Path) -> Path:
    with zipfile.ZipFile(folder / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(4):
            archive.writestr(f"{number}.yaml", b"\n" * (40 << 20))
    return folder / "bomb.zip"


def tar_bomb(folder: Path) -> Path:
    (folder / "bomb.tar.gz").write_bytes(gzip.compress(tar_of({"a.log": b"\n" * (60 << 20)}), 9))
    return folder / "bomb.tar.gz"


def long_header(folder: Path) -> Path:
    header = tarfile.TarInfo("x")
    header.type, header.size = tarfile.XHDTYPE, 1 << 30
    block = header.tobuf(tarfile.USTAR_FORMAT)
    (folder / "header.tar").write_bytes(block + b"9" * (64 << 20))
    return folder / "header.tar"


@pytest.mark.parametrize("make", [zip_bomb, tar_bomb, long_header])
def test_an_archive_that_wants_too_much_is_refused(make: Callable[[Path], Path], tmp_path: Path) -> None:
    path = make(tmp_path)
    tracemalloc.start()
    try:
        with within_seconds(1):
            [problem] = read([path]).problems
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert problem.reason == "LimitExceeded"
    assert peak < 120 << 20


def test_archives_within_archives_are_bounded(tmp_path: Path) -> None:
    inner = tar_of({"n.yaml": NODE})
    (tmp_path / "two.tar").write_bytes(tar_of({"one.tar": inner}))
    (tmp_path / "three.tar").write_bytes(tar_of({"two.tar": tar_of({"one.tar": inner}), "m.yaml": NODE}))
    assert names(load([tmp_path / "two.tar"]))[0] == ["n1"]
    assert names(load([tmp_path / "three.tar"]))[0] == ["n1"], "the third level is not opened"
    assert [problem.reason for problem in read([tmp_path / "two.tar"]).problems] == []


def test_many_entries_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_ARCHIVE_ENTRIES", 10)
    files: Files = {f"{number}.log": "" for number in range(20)}
    for form in (as_tar, as_zip):
        [problem] = read([form(files, tmp_path)]).problems
        assert problem.message == "more than 10 entries"


def test_a_long_list_of_entries_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_ZIP_DIRECTORY", 100)
    [problem] = read([as_zip(MUST_GATHER, tmp_path)]).problems
    assert problem.reason == "LimitExceeded"


def test_damaged_and_foreign_archives(tmp_path: Path) -> None:
    whole = as_tar_gz(MUST_GATHER, tmp_path).read_bytes()
    (tmp_path / "cut.tar.gz").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "cut.zip").write_bytes(as_zip(MUST_GATHER, tmp_path).read_bytes()[:400])
    (tmp_path / "x.tar.xz").write_bytes(b"\xfd7zXZ\x00" + os.urandom(50))
    (tmp_path / "chart.tgz").write_bytes(gzip.compress(tar_of({"agent/Chart.yaml": b"apiVersion: v2\n"})))
    assert "cut off" in read([tmp_path / "cut.tar.gz"]).problems[0].message
    assert "its list of entries is missing" in read([tmp_path / "cut.zip"]).problems[0].message
    assert "xz -dc" in read([tmp_path / "x.tar.xz"]).problems[0].message
    assert "helm template" in read([tmp_path / "chart.tgz"]).problems[0].message


def test_names_from_an_archive_cannot_act_on_a_terminal(tmp_path: Path) -> None:
    (tmp_path / "b.tar").write_bytes(tar_of({"\x1b[2Jx.yaml": NODE + b"spec: {taints: 3}\n"}))
    [problem] = read_problems(tmp_path / "b.tar")
    assert "\x1b" not in problem
    assert "\\x1b[2Jx.yaml:4:16" in problem


def test_no_more_than_one_entry_is_held(tmp_path: Path) -> None:
    """A log of 200 MB in a bundle costs no memory."""
    log = os.urandom(1 << 20).hex().encode() * 50
    path = tmp_path / "big.tar"
    path.write_bytes(tar_of({"a.log": log, "b.log": log, "n.yaml": NODE}))
    del log
    tracemalloc.start()
    try:
        assert names(load([path]))[0] == ["n1"]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 16 << 20


def test_of_large_archives_only_so_much_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_KEPT_BYTES", 100)
    path = tmp_path / "b.tar"
    path.write_bytes(tar_of({f"{number}.yaml": b"---\n" + NODE.replace(b"n1", b"n%d" % number) for number in range(5)}))
    places = [item.origin.place("metadata.name") for item in read([path]).objects]
    assert places == [f"{path}:{number}.yaml:{'4:18' if number == 0 else '2'}" for number in range(5)]


def test_an_archive_in_a_folder_is_read(tmp_path: Path) -> None:
    """A bucket of velero holds a backup's archive beside its logs."""
    folder = tmp_path / "backup1"
    folder.mkdir()
    (folder / "velero-backup.json").write_text('{"kind": "Backup", "apiVersion": "velero.io/v1", "metadata": {}}')
    (folder / "backup1-logs.gz").write_bytes(gzip.compress(b"level=info"))
    as_tar_gz(BUNDLES["velero"], tmp_path).rename(folder / "backup1.tar.gz")
    assert names(load([folder])) == (["n1", "n2"], ["agent-1", "agent-2"], ["agent"])


def test_large_files_of_others_in_a_bundle_are_passed_over(tmp_path: Path) -> None:
    """Network flows and metrics are JSON lines, thousands of them, and none of them an object."""
    flows = '{"flow": {"verdict": "FORWARDED"}, "node_name": "n1"}\n' * 5_000
    files = {"sysdump/hubble-flows.json": flows, "sysdump/k8s-nodes.yaml": NODE.decode()}
    world = load([as_zip(files, tmp_path)])
    assert names(world)[0] == ["n1"]
    assert [note.text for note in world.notes] == [
        "1 file read, 1 passed over that holds no Kubernetes objects (hubble-flows.json)"
    ]


def test_objects_of_an_unknown_layout_are_known_by_its_folders(tmp_path: Path) -> None:
    files = {"config/node/n1.json": '{"metadata": {"name": "n1"}}', "config/pod/ops/p.json": '{"metadata": {}}'}
    found = read([as_tar_gz(files, tmp_path)])
    assert [item.kind for item in found.objects] == ["Node"]
