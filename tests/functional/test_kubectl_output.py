"""`dsplan get` and `dsplan describe` against what kubectl printed for the same cluster."""

from __future__ import annotations

import re

import pytest

from dsplan.observe import owned_pods
from dsplan.passes import step
from dsplan.report.describe import describe_daemonset
from dsplan.report.kubectl_get import kubectl_get
from tests.functional.snapshots import FOLDER, needs_snapshots, stems, taken, world

pytestmark = needs_snapshots


def without_age(text: str) -> list[list[str]]:
    """Columns are two or more blanks apart; AGE depends on the second in which kubectl ran."""
    rows = [re.split(r" {2,}", line.strip()) for line in text.splitlines()]
    place = rows[0].index("AGE")
    return [row[:place] + row[place + 1 :] for row in rows]


@pytest.mark.parametrize("stem", [stem for stem in stems() if (FOLDER / f"{stem}.ds-wide.txt").exists()])
def test_get_wide(stem: str) -> None:
    rows = [(daemonset, daemonset.status) for daemonset in world(stem).daemonsets]
    got = kubectl_get(rows, now=taken(stem), wide=True)
    want = (FOLDER / f"{stem}.ds-wide.txt").read_text()
    assert without_age(got) == without_age(want)


@pytest.mark.parametrize("stem", [stem for stem in stems() if (FOLDER / f"{stem}.describe.txt").exists()])
def test_describe(stem: str) -> None:
    entries = {entry.daemonset.name: entry for entry in step(world(stem), now=taken(stem)).daemonsets}
    told = (FOLDER / f"{stem}.describe.txt").read_text().split("-" * 60 + "\n")
    names = []
    for want in filter(str.strip, told):
        name = want.split()[1]
        names.append(name)
        entry = entries[name]
        assert entry.observed is not None
        got = describe_daemonset(entry.daemonset, entry.daemonset.status, owned_pods(entry.observed.claim))
        assert got.partition("Events:")[0] == want.partition("Events:")[0]
    assert names
