"""Files, folders, standard input, gzip: what is read, what is refused, and how soon."""

from __future__ import annotations

import errno
import gzip
import io
import os
import tracemalloc
from pathlib import Path
from typing import BinaryIO

import pytest

from dsplan.errors import Problem
from dsplan.reading import limits, sources
from dsplan.reading.sources import Source, open_sources
from tests.timing import within_seconds


def names(root: Path, *paths: Path) -> list[str]:
    return [
        os.path.relpath(found.name if isinstance(found, Source) else found.source, root)
        for found in open_sources(paths or [root])
    ]


def only_problem(path: str | Path, stdin: bytes = b"") -> str:
    found = list(open_sources([path], io.BytesIO(stdin)))
    assert len(found) == 1
    assert isinstance(found[0], Problem), found[0]
    return f"{found[0].reason}: {found[0].message}"


def test_a_folder_is_its_manifests_in_order(tmp_path: Path) -> None:
    for name in ("b.yaml", "a/z.yml", "a/b/c.json", "a.jsonl", "c.ndjson.gz", "d.yaml.gz", "README.md", ".git/x.yaml"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(b"{}") if name.endswith("gz") else b"{}")
    assert names(tmp_path) == ["a.jsonl", "a/b/c.json", "a/z.yml", "b.yaml", "c.ndjson.gz", "d.yaml.gz"]


def test_standard_input_and_gzip_by_its_magic(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_bytes(gzip.compress(b"a: 1\n") + gzip.compress(b"b: 2\n"))
    found = list(open_sources([tmp_path / "x.yaml", "-"], io.BytesIO(gzip.compress(b"c: 3\n"))))
    assert [source.data for source in found if isinstance(source, Source)] == [b"a: 1\nb: 2\n", b"c: 3\n"]


def test_one_bad_input_does_not_hide_the_others(tmp_path: Path) -> None:
    (tmp_path / "good.yaml").write_text("a: 1")
    found = list(open_sources([tmp_path / "absent.yaml", tmp_path / "good.yaml"]))
    assert [type(item).__name__ for item in found] == ["Problem", "Source"]


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "loop.yaml").symlink_to("loop.yaml")
    (tmp_path / "dangling.yaml").symlink_to("nowhere.yaml")
    (tmp_path / "empty").mkdir()
    assert only_problem(tmp_path / "pipe.yaml") == "Unreadable: not a regular file but a named pipe"
    assert "symbolic links" in only_problem(tmp_path / "loop.yaml")
    assert only_problem(tmp_path / "dangling.yaml") == "Unreadable: no such file or directory"
    assert only_problem("/dev/zero") == "Unreadable: not a regular file but a device"
    assert "holds no manifest" in only_problem(tmp_path / "empty")
    assert "null byte" in only_problem("a\0b.yaml")
    assert len(names(tmp_path)) == 3, "in a folder each is one problem"


def test_a_link_to_a_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.yaml").write_text("a: 1")
    (tmp_path / "a" / "again").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "linked.yaml").symlink_to(tmp_path / "a" / "x.yaml")
    assert names(tmp_path) == ["a/x.yaml", "linked.yaml"]


def _refused(path: str, *args: object) -> None:
    raise PermissionError(errno.EACCES, "Permission denied", path)


def test_a_file_without_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x.yaml").write_text("a: 1")
    (tmp_path / "x.yaml").chmod(0)
    if os.geteuid() == 0:  # root may read everything: the operating system's answer is given for it
        monkeypatch.setattr(os, "open", _refused)
    assert only_problem(tmp_path / "x.yaml") == "Unreadable: permission denied"


def test_a_file_that_changes_while_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("a: 1\n")
    take = sources._take

    def read_and_change(stream: BinaryIO, count: int) -> bytes:
        data = take(stream, count)
        path.write_text("a: 1\nb: 2\n")
        return data

    monkeypatch.setattr(sources, "_take", read_and_change)
    assert only_problem(path) == "Unreadable: the file changed while it was read"


class Zeros(io.RawIOBase):
    """A stream that never ends."""

    def __init__(self, content: bytes) -> None:
        self.content = content

    def read(self, size: int = -1) -> bytes:
        return self.content * max(size, 1)


def test_a_gigabyte_of_zeros_is_refused_at_its_first_bytes(tmp_path: Path) -> None:
    with (tmp_path / "zeros.yaml").open("wb") as file:
        file.truncate(1 << 30)
    with within_seconds(1):
        assert only_problem(tmp_path / "zeros.yaml") == "DecodeError: not text: it holds NUL bytes"
        assert isinstance(next(iter(open_sources(["-"], Zeros(b"\0")))), Problem)  # type: ignore[arg-type]


def test_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_SOURCE_BYTES", 3 << 20)
    monkeypatch.setattr(limits, "MAX_TOTAL_BYTES", 3 << 20)
    with (tmp_path / "a.yaml").open("wb") as file:
        file.truncate(4 << 20)
    assert only_problem(tmp_path / "a.yaml") == "LimitExceeded: more than 3 MiB"
    assert isinstance(next(iter(open_sources(["-"], Zeros(b"a")))), Problem)  # type: ignore[arg-type]
    (tmp_path / "b.yaml").write_bytes(b"a" * (2 << 20))
    found = list(open_sources([tmp_path / "b.yaml"] * 2))
    assert isinstance(found[1], Problem)
    assert found[1].message == "the inputs hold more than 3 MiB in all"


@pytest.mark.parametrize("content", [b"\0", b" ", b"a: 1\n"])
def test_a_gzip_bomb_is_refused_within_a_second(tmp_path: Path, content: bytes) -> None:
    import zlib

    packer = zlib.compressobj(9, wbits=31)
    block = content * ((1 << 20) // len(content))
    data = b"".join(packer.compress(block) for _ in range(300)) + packer.flush()
    (tmp_path / "bomb.yaml.gz").write_bytes(data)
    tracemalloc.start()
    try:
        with within_seconds(1):
            message = only_problem(tmp_path / "bomb.yaml.gz")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert "bomb" in message or "NUL" in message
    assert peak < 64 << 20, "the part of the packed data that was not unpacked yet must not count"


def test_damaged_gzip(tmp_path: Path) -> None:
    data = gzip.compress(os.urandom(5000).hex().encode())
    (tmp_path / "cut.gz").write_bytes(data[:-20])
    (tmp_path / "wrong.gz").write_bytes(data[:-6] + b"xxxxxx")
    (tmp_path / "head.gz").write_bytes(data[:5])
    (tmp_path / "tail.gz").write_bytes(data + b"\0" * 600)
    assert only_problem(tmp_path / "cut.gz") == "Unreadable: the gzip data is cut off"
    assert "damaged" in only_problem(tmp_path / "wrong.gz")
    assert only_problem(tmp_path / "head.gz") == "Unreadable: the gzip data is cut off"
    assert isinstance(next(iter(open_sources([tmp_path / "tail.gz"]))), Source)


def test_a_folder_of_very_many_files_ends_within_a_second(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_FILES", 1_000)
    for number in range(2_000):
        (tmp_path / f"{number}.yaml").touch()
    with within_seconds(1):
        found = only_problem(tmp_path)
    assert found == "LimitExceeded: the folder holds more than 1000 manifests: name the ones to read"
    monkeypatch.setattr(limits, "MAX_DIRECTORY_ENTRIES", 500)
    assert "500 entries" in only_problem(tmp_path)


def test_a_pipe_that_a_shell_hands_over_is_read() -> None:
    reader, writer = os.pipe()
    os.write(writer, b"a: 1\n")
    os.close(writer)
    found = next(iter(open_sources([f"/dev/fd/{reader}"])))
    os.close(reader)
    assert isinstance(found, Source)
    assert found.data == b"a: 1\n"
