"""Text and markdown of explanations: within the width, and the same without colour."""

from __future__ import annotations

import re

import pytest

from dsplan.explain.counterfactual import counterfactuals
from dsplan.explain.difference import what_if
from dsplan.explain.edits import RemoveNode
from dsplan.explain.why import why, why_all
from dsplan.manifests.decode import decode
from dsplan.report.flow import flow
from dsplan.report.markdown.difference import difference_markdown
from dsplan.report.markdown.why import why_markdown
from dsplan.report.style import Style
from dsplan.report.text.difference import difference_text
from dsplan.report.text.why import counterfactuals_text, why_text
from tests.explain.builders import daemonset, node, pod, revision
from tests.explain.test_counterfactual import NOW
from tests.explain.test_standing import required

AFFINITY = required({"key": "kubernetes.io/os", "operator": "In", "values": ["linux"]})
DS = daemonset(nodeSelector={"disktype": "ssd"}, affinity=AFFINITY)
WORLD = decode(
    [
        DS,
        revision(DS, "h"),
        *(node(f"worker-node-with-a-long-name-{n:02}.example.com", labels={"disktype": "hdd"}) for n in range(30)),
        node(
            "fine",
            labels={"disktype": "ssd", "kubernetes.io/os": "linux"},
            taints=["node.kubernetes.io/disk-pressure:NoSchedule"],
        ),
        pod(DS, "fine", "h"),
    ]
)
PAIR = "worker-node-with-a-long-name-00.example.com"
COMMAND = re.compile(r"     (try|run): .*")


def every_text(style: Style) -> list[str]:
    found = counterfactuals(WORLD, "ds", PAIR, now=NOW)
    return [
        why_text(why(WORLD, "ds", PAIR, now=NOW), style),
        why_text(why(WORLD, "ds", "fine", now=NOW), style),
        why_text(why(WORLD, "ds", now=NOW), style),
        why_text(why(WORLD, node=PAIR, now=NOW), style),
        why_text(why_all(WORLD, now=NOW)[0], style),
        counterfactuals_text(found, WORLD.daemonsets[0], style),
        difference_text(what_if(WORLD, [RemoveNode("fine")], now=NOW), style),
    ]


@pytest.mark.parametrize("width", [60, 80, 100, 200])
def test_lines_keep_to_the_width_but_for_commands_and_single_words(width: int) -> None:
    for text in every_text(Style(width=width)):
        for line in text.splitlines():
            if not COMMAND.match(line):
                assert len(line) <= width or " " not in line.strip(), line


@pytest.mark.parametrize("width", [60, 120])
def test_colour_is_decoration_only(width: int) -> None:
    painted_texts = every_text(Style(colour=True, width=width))
    for plain, painted in zip(every_text(Style(width=width)), painted_texts, strict=True):
        assert re.sub(r"\x1b\[[0-9;]*m", "", painted) == plain


def test_a_cause_that_thirty_nodes_share_is_told_once() -> None:
    text = why_text(why(WORLD, "ds", now=NOW))
    assert text.count("disktype=ssd") == 1
    assert "there is disktype=hdd (30)" in text
    assert "... and 20 more" in text


def test_nothing_is_cut_without_a_limit() -> None:
    text = why_text(why(WORLD, "ds", now=NOW), Style(limit=None))
    assert text.count("worker-node-with-a-long-name") == 30


def test_automatic_tolerations_that_helped_are_named() -> None:
    text = why_text(why(WORLD, "ds", "fine", now=NOW))
    assert "helped: node.kubernetes.io/disk-pressure:NoSchedule is tolerated automatically" in text
    assert "pod ds-fine: Running, ready, up to date, holds the place" in text


def test_markdown_holds_what_the_text_holds() -> None:
    pair = why_markdown(why(WORLD, "ds", PAIR, now=NOW))
    assert pair.startswith(f"### default/ds on {PAIR}: no, excluded by design\n")
    assert "| NodeSelectorMismatch | `nodeSelector[disktype]` | `disktype=ssd` | `disktype=hdd` |  |" in pair
    classes = why_markdown(why(WORLD, "ds", now=NOW))
    assert "| 30 | no, excluded by design: this DaemonSet does not select the node | [1] [2] |" in classes
    removed = difference_markdown(what_if(WORLD, [RemoveNode("fine")], now=NOW))
    assert "| `default/ds` | &gt; runs → not there | 1 | fine |" in removed


def test_waves_of_a_class_are_told_as_a_span() -> None:
    pods = [pod(DS, f"s{n}", "old") for n in range(3)]
    nodes = [node(f"s{n}", labels={"disktype": "ssd", "kubernetes.io/os": "linux"}) for n in range(3)]
    text = why_text(why(decode([DS, revision(DS, "h"), *nodes, *pods]), "ds", now=NOW))
    assert "the roll-out replaces it in waves 1 to 3" in text


def test_flow_never_breaks_a_word() -> None:
    assert flow("one two", 3, "") == ["one", "two"]
    assert flow("a-very-long-word b", 5, "- ") == ["- a-very-long-word", "  b"]
