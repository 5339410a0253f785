"""Whole clusters dumped from a real control plane; present only beside a checkout that has them."""

from __future__ import annotations

import gzip
import json
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import dsplan

FOLDER = Path(__file__).parents[3] / "shared" / "snapshots"
ABSENT = f"the dumped clusters are not here ({FOLDER})"
needs_snapshots = pytest.mark.skipif(not FOLDER.is_dir(), reason=ABSENT)


def stems() -> list[str]:
    return sorted(
        str(path.relative_to(FOLDER))[: -len(".EXPECT.json.gz")] for path in FOLDER.glob("*/*.EXPECT.json.gz")
    )


def beside(stem: str, ending: str) -> Any:
    return json.loads(gzip.decompress((FOLDER / f"{stem}.{ending}.json.gz").read_bytes()))


@cache
def world(stem: str) -> dsplan.World:
    return dsplan.load([FOLDER / f"{stem}.json.gz"])


def taken(stem: str) -> datetime:
    expect = beside(stem, "EXPECT")
    return datetime.fromisoformat(expect.get("taken") or expect["dumpBegan"])
