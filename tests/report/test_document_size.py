"""10,000 nodes x 50 DaemonSets stay small, in the worst case for a plan: everything changes at once."""

from __future__ import annotations

import dsplan
from dsplan.document.encoding import compact_json
from dsplan.model.daemonset import HASH_LABEL, DaemonSet, DaemonSetSpec, RollingUpdate, UpdateStrategy
from dsplan.model.meta import AnnotatedMeta, ObjectMeta, OwnerReference
from dsplan.model.node import Node
from dsplan.model.pod import Container, Pod, PodSpec, PodStatus
from dsplan.model.selectors import LabelSelector
from dsplan.report.documents.plan import plan_document
from tests.worlds import NOW

NODES, DAEMONSETS = 10_000, 50


def nodes() -> tuple[Node, ...]:
    return tuple(
        Node(
            metadata=ObjectMeta(
                name=f"ip-10-{number // 250}-{number % 250}-7.eu-central-1.compute.internal",
                labels={"topology.kubernetes.io/zone": "abc"[number % 3], "pool": f"p{number % 40}"},
            )
        )
        for number in range(NODES)
    )


def daemonset(number: int) -> DaemonSet:
    name = f"agent-{number:02}"
    selector = {"pool": f"p{number % 40}"} if number % 5 else {}
    template = {
        "metadata": {"labels": {"app": name}},
        "spec": {"nodeSelector": selector, "containers": [{"name": "agent", "image": "agent:1"}]},
    }
    update = RollingUpdate(max_unavailable="3%", max_surge=0)
    return DaemonSet(
        metadata=AnnotatedMeta(name=name, namespace="kube-system", uid=f"uid-{number}"),
        spec=DaemonSetSpec(
            selector=LabelSelector(match_labels={"app": name}),
            template=template,
            update_strategy=UpdateStrategy(type="RollingUpdate", rolling_update=update),
        ),
    )


def outdated_pods(owner: DaemonSet, on: tuple[Node, ...]) -> list[Pod]:
    reference = OwnerReference(kind="DaemonSet", name=owner.name, uid=owner.metadata.uid, controller=True)
    labels = {"app": owner.name, HASH_LABEL: "old"}
    return [
        Pod(
            metadata=ObjectMeta(
                name=f"{owner.name}-{number:05}", namespace="kube-system", labels=labels, owner_references=(reference,)
            ),
            spec=PodSpec(node_name=node.name, containers=(Container(name="agent", image="agent:0"),)),
            status=PodStatus(phase="Running"),
        )
        for number, node in enumerate(on)
    ]


def test_a_cold_start_of_everything_is_small() -> None:
    given = dsplan.World(nodes=nodes(), daemonsets=tuple(map(daemonset, range(DAEMONSETS))))
    document = plan_document(dsplan.solve(given, now=NOW))
    assert document.summary.create > 100_000
    assert len(compact_json(document)) < 4_000_000


def test_an_update_of_everything_is_small() -> None:
    found, owner = nodes(), daemonset(0)
    given = dsplan.World(nodes=found, daemonsets=(owner,), pods=tuple(outdated_pods(owner, found)))
    document = plan_document(dsplan.solve(given, now=NOW))
    assert document.summary.update == NODES
    assert len(compact_json(document)) < 1_000_000
