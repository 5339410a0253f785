from __future__ import annotations

import pytest

from dsplan.constraints.node_affinity import NodeAffinityMatches
from dsplan.constraints.protocol import project
from dsplan.model.meta import ObjectMeta
from dsplan.model.node import Node
from dsplan.model.selectors import NodeSelector, NodeSelectorTerm, Requirement


def matches(terms: list[NodeSelectorTerm], name: str = "n1", **labels: str) -> bool:
    constraint = NodeAffinityMatches(NodeSelector(node_selector_terms=tuple(terms)))
    node = Node(metadata=ObjectMeta(name=name, labels=labels))
    return constraint.check(project(node, constraint.reads)) is None


def expression(operator: str, *values: str, key: str = "cores") -> NodeSelectorTerm:
    return NodeSelectorTerm(match_expressions=(Requirement(key=key, operator=operator, values=values),))


def field(operator: str, *values: str, key: str = "metadata.name") -> NodeSelectorTerm:
    return NodeSelectorTerm(match_fields=(Requirement(key=key, operator=operator, values=values),))


@pytest.mark.parametrize(
    ("term", "cores", "expected"),
    [
        (expression("In", "4"), "4", True),
        (expression("NotIn", "4"), None, True),  # A6
        (expression("DoesNotExist"), None, True),  # A6
        (expression("Gt", "4"), "5", True),
        (expression("Gt", "4"), "4", False),
        (expression("Gt", "4"), "+5", True),  # A8: a label may not hold it, the matcher reads it all the same
        (expression("Gt", "4"), "05", True),  # A8
        (expression("Gt", "4"), "5 ", False),  # A8
        (expression("Gt", "4"), "5_0", False),  # A8
        (expression("Gt", "4"), "9223372036854775808", False),  # A8
        (expression("Gt", "four"), "5", False),  # A9
        (expression("Gt", "-5"), "5", False),  # A9: no legal label value
        (expression("Exists", "4"), "4", False),  # A9
        (expression("In"), "4", False),  # A9
        (expression("Nonsense", "4"), "4", False),  # A9
        (expression("NotIn", "4", key="bad key"), None, False),  # A9
        (NodeSelectorTerm(), "4", False),  # A4
        (field("In", "n1"), None, True),
        (field("NotIn", "n1"), None, False),
        (field("In", "n1", "n2"), None, False),  # A10
        (field("Exists"), None, False),  # A10
        (field("In", "", key="metadata.other"), None, True),  # A10
        (field("NotIn", "x", key="metadata.other"), None, True),  # A10
    ],
)
def test_one_term(term: NodeSelectorTerm, cores: str | None, expected: bool) -> None:
    labels = {} if cores is None else {"cores": cores}
    assert matches([term], **labels) is expected


def test_no_term_matches_nothing() -> None:
    assert not matches([])  # A3


def test_terms_are_ored_and_an_invalid_one_does_not_spoil_the_others() -> None:
    assert matches([expression("Gt", "four"), expression("In", "4")], cores="4")  # A5


def test_a_node_without_a_name_skips_the_fields() -> None:
    assert matches([field("In", "n1")], name="")  # A11


def test_every_failing_expression_of_every_term_is_told() -> None:
    constraint = NodeAffinityMatches(
        NodeSelector(
            node_selector_terms=(
                NodeSelectorTerm(
                    match_expressions=(
                        Requirement(key="zone", operator="In", values=("a",)),
                        Requirement(key="gpu", operator="Exists"),
                    )
                ),
                expression("Gt", "four"),
            )
        )
    )
    node = Node(metadata=ObjectMeta(name="n1", labels={"zone": "b"}))
    reason = constraint.check(project(node, constraint.reads))
    assert reason is not None
    assert [(cause.needed, cause.observed) for cause in reason.causes] == [
        ("zone In [a]", "zone=b"),
        ("gpu Exists", "no label gpu"),
        ("a term that can match", "cores Gt [four]: Gt needs an integer"),
    ]
