"""What a scalar means, against recorded answers of a real API server and kubectl, and where the rule is known (X12)."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from dsplan.reading.scalars import ScalarError, as_json_value, as_map_key, resolve
from tests.conformance.replay_scalars import check

RECORDS = Path(__file__).parents[3] / "shared" / "truth" / "scalars.jsonl.gz"
YAML = "tag:yaml.org,2002:"


@pytest.mark.skipif(not RECORDS.exists(), reason="the recorded answers (../shared/truth) are not here")
def test_agrees_with_every_recorded_answer() -> None:
    with gzip.open(RECORDS, "rt", encoding="utf-8") as lines:
        records = [json.loads(line) for line in lines]
    assert len(records) >= 300
    assert [(record["id"], check(record)) for record in records if check(record)] == []


def test_the_replay_notices_a_wrong_value_a_wrong_refusal_and_a_missed_repetition() -> None:
    text = "apiVersion: t/v1\nkind: T\nv: 1\nv: 010\n"
    record = {"yaml": text, "kubectl": "same", "json": {"apiVersion": "t/v1", "kind": "T", "v": 8}, "strict_error": "x"}
    assert check(record) == []
    assert check({**record, "json": {"apiVersion": "t/v1", "kind": "T", "v": "8"}})
    assert check({key: value for key, value in record.items() if key != "strict_error"})
    assert check({"yaml": text, "kubectl": "error", "error": "refused"})
    assert check({**record, "yaml": "apiVersion: [\n"})


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0b-1", -1),
        ("0b+11", 3),
        ("-0b-1", "-0b-1"),
        ("0B-1", "0B-1"),
        ("0x", "0x"),
        ("0_", 0),
        ("1_", 1),
        ("-", "-"),
        ("+", "+"),
        ("- 1", "- 1"),
        ("-9223372036854775808", -(1 << 63)),
        ("-9223372036854775809", -9223372036854775809.0),
        ("18446744073709551615", (1 << 64) - 1),
        ("+18446744073709551615", 1.8446744073709552e19),
        ("0x1FFFFFFFFFFFFFFFF", "0x1FFFFFFFFFFFFFFFF"),
        ("-0x8000000000000000", -(1 << 63)),
        ("-0x8000000000000001", "-0x8000000000000001"),
        (".5_0", 0.5),
        ("._5", "._5"),
        (".5_", ".5_"),
        (".5e400", ".5e400"),
        ("+.5", 0.5),
        ("-.inf", float("-inf")),
        ("-.INf", "-.INf"),
        ("0755", 493),
        ("0o", "0o"),
        ("089", 89.0),
        ("08.5", 8.5),
        ("1e3_0", 1e30),
        ("0x1p-2", "0x1p-2"),
        ("\uff11", "\uff11"),
        ("1\n", "1\n"),
        ("9" * 5000, "9" * 5000),
        ("0" * 5000 + "7", 7),
    ],
)
def test_plain_scalars_at_the_edges(text: str, value: Any) -> None:
    resolved = resolve(text)
    assert (type(resolved), resolved) == (type(value), value)


@pytest.mark.parametrize(
    ("text", "tag", "value"),
    [
        ("yes", "bool", True),
        ("~", "null", None),
        ("1", "float", 1.0),
        ("0x10", "int", 16),
        ("2026-02-29", "timestamp", None),
        ("2024-02-29", "timestamp", "2024-02-29"),
        ("2024-1-2T3:4:5Z", "timestamp", "2024-1-2T3:4:5Z"),
        ("2024-1-2T3:4:5", "timestamp", None),
        ("2024-1-2 3:4:5", "timestamp", "2024-1-2 3:4:5"),
        ("2024-1-2 25:4:5", "timestamp", None),
        ("12", "timestamp", None),
        ("18446744073709551615", "float", None),
        ("x", "binary", None),
        ("aGk=", "binary", "hi"),
        ("4oI=", "binary", "\ufffd\ufffd"),
        ("7", "unheard-of", "7"),
    ],
)
def test_tagged_scalars(text: str, tag: str, value: Any) -> None:
    if value is None and tag != "null":
        with pytest.raises(ScalarError):
            resolve(text, YAML + tag)
    else:
        assert resolve(text, YAML + tag, plain=False) == value


def test_local_tags_mean_text() -> None:
    assert [resolve("1", tag) for tag in ("!", "!foo", "tag:x,2000:int")] == ["1", "1", "1"]


@pytest.mark.parametrize(
    ("value", "key"),
    [(1e6, "1e+06"), (100000.5, "100000.5"), (0.0001, "0.0001"), (0.00001, "1e-05"), (1e300, ".inf"), (-0.0, "-0")],
)
def test_float_keys_have_the_precision_of_a_float32(value: float, key: str) -> None:
    assert as_map_key(value) == key


def test_what_json_cannot_hold_is_refused() -> None:
    for value in (float("nan"), float("inf")):
        with pytest.raises(ScalarError):
            as_json_value(value)
    for key in (None, 1 << 63):
        with pytest.raises(ScalarError):
            as_map_key(key)
