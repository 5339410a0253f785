"""Hints: what almost exists, and what must not be taken for a misspelling."""

from __future__ import annotations

import pytest

from dsplan.explain.typos import almost, toleration_hints
from dsplan.explain.why import why
from dsplan.manifests.decode import decode
from dsplan.model.node import Taint, Toleration

from .builders import daemonset, node
from .test_counterfactual import NOW
from .test_standing import required


@pytest.mark.parametrize(
    ("written", "known", "meant"),
    [
        ("disktpye", ["disktype"], "disktype"),
        ("disk_type", ["disktype"], "disktype"),
        ("Linux", ["linux", "windows"], "linux"),
        ("beta.kubernetes.io/os", ["kubernetes.io/os"], "kubernetes.io/os"),
        ("kubernetes.io/hostnmae", ["kubernetes.io/hostname"], "kubernetes.io/hostname"),
        ("ture", ["true", "false"], "true"),
        ("zone-1", ["zone-2", "zone-3"], None),
        ("m5.large", ["m6.large"], None),
        ("a", ["b"], None),
        ("on", ["no"], None),
        ("gpu", ["cpu", "tpu"], None),
        ("eu-west", ["us-east"], None),
        ("exact", ["exact"], None),
    ],
)
def test_almost(written: str, known: list[str], meant: str | None) -> None:
    assert almost(written, known) == meant


def hints(spec: dict[str, object], *nodes: dict[str, object]) -> tuple[str, ...]:
    return why(decode([daemonset(**spec), *nodes]), "ds", "n1", now=NOW).answer.hints


def test_keys_values_and_names() -> None:
    ssd = [node(f"n{n}", labels={"disktype": "ssd"}) for n in (1, 2)]
    assert hints({"nodeSelector": {"disktyp": "ssd"}}, *ssd) == (
        "no node has the label disktyp; 2 nodes have disktype",
    )
    assert hints({"nodeSelector": {"disktype": "sdd"}}, *ssd) == (
        "no node has disktype=sdd; 2 nodes have disktype=ssd",
    )
    affinity = required({"key": "disktype", "operator": "In", "values": ["SSD"]})
    assert hints({"affinity": affinity}, *ssd) == ("no node has disktype=SSD; 2 nodes have disktype=ssd",)
    named = hints({"nodeName": "worker-one"}, node("n1"), node("worker-onee"))
    assert named == ("there is no node worker-one; there is worker-onee",)


def test_no_hint_where_the_value_exists_elsewhere() -> None:
    nodes = [node("n1", labels={"disktype": "sdd"}), node("n2", labels={"disktype": "ssd"})]
    assert hints({"nodeSelector": {"disktype": "ssd"}}, *nodes) == ()


def test_a_toleration_that_misses_by_one_point() -> None:
    taint = Taint(key="dedicated", value="gpu", effect="NoSchedule")

    def said(**fields: str) -> list[str]:
        return [hint.partition(" has ")[2] for hint in toleration_hints([Toleration(**fields)], taint)]

    assert said(key="dedicated", value="gpus", effect="NoSchedule") == [
        "another value than the taint dedicated=gpu:NoSchedule"
    ]
    assert said(key="dedicated", operator="Exists", effect="NoExecute") == [
        "another effect than the taint dedicated=gpu:NoSchedule"
    ]
    assert said(key="dedicate", value="gpu") == ["another key than the taint dedicated=gpu:NoSchedule"]
    assert said(key="other", operator="Exists") == []
