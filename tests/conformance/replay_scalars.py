"""Does dsplan read a YAML text as kubectl does? One recorded answer at a time.

`python -m tests.conformance.replay_scalars FILE...` judges files of `{id, yaml | yaml_b64, json | error, kubectl,
strict_error?}` lines, gzip or not. kubectl's own answer counts where it was recorded apart from the server's; for bytes
that are not UTF-8 the server's does, since they are refused before any parser sees them.
"""

from __future__ import annotations

import base64
import gzip
import json
import sys
from pathlib import Path
from typing import Any

from dsplan.reading.read import read_bytes


def check(record: dict[str, Any]) -> list[str]:
    """Return the disagreements with one recorded answer; empty if dsplan agrees."""
    if record.get("nondeterministic"):
        return []
    if "yaml_b64" in record:
        data, expected = base64.b64decode(record["yaml_b64"]), _server(record)
    else:
        data, expected = record["yaml"].encode("utf-8", "surrogatepass"), _kubectl(record)
    found = read_bytes(data, "record")
    refusals = [problem for problem in found.problems if "already set in map" not in problem.message]
    repeated = [problem for problem in found.problems if "already set in map" in problem.message]
    if expected is None:
        return [] if refusals or not found.objects else [f"accepted: {_trees(found)}"]
    if refusals:
        return [f"refused: {refusals[0]}"]
    disagreements = [] if _equal(_trees(found), expected) else [f"read {_trees(found)}, recorded {expected}"]
    if bool(repeated) != ("strict_error" in record):
        disagreements.append(f"repeated keys: {len(repeated)} reported, recorded {record.get('strict_error')}")
    return disagreements


def _server(record: dict[str, Any]) -> list[Any] | None:
    return [record["json"]] if "json" in record else None


def _kubectl(record: dict[str, Any]) -> list[Any] | None:
    answer = record["kubectl"]
    if isinstance(answer, dict):
        objects: list[Any] | None = answer.get("objects")
        return objects
    return None if answer == "error" else _server(record)


def _trees(found: Any) -> list[Any]:
    return [item.tree for item in found.objects]


def _equal(left: Any, right: Any) -> bool:
    """Compare JSON values, numbers as float64."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, int | float) and isinstance(right, int | float):
        return float(left) == float(right)
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(_equal(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(_equal, left, right))
    return type(left) is type(right) and bool(left == right)


def main(paths: list[str]) -> int:
    """Judge every record of `paths` and print the disagreements; returns the exit code."""
    passed = failed = 0
    for path in paths:
        data = Path(path).read_bytes()
        text = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
        for line in text.decode("utf-8").splitlines():
            record = json.loads(line)
            disagreements = check(record)
            failed += bool(disagreements)
            passed += not disagreements
            for disagreement in disagreements:
                print(f"{record['id']}: {disagreement}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
