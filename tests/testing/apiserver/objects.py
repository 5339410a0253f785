"""Objects as clients send them."""

from __future__ import annotations

from typing import Any

Tree = dict[str, Any]


def node(name: str, *, ready: bool = True, **labels: str) -> Tree:
    condition = {"type": "Ready", "status": "True" if ready else "False"}
    return {"kind": "Node", "metadata": {"name": name, "labels": labels}, "status": {"conditions": [condition]}}


def nodes(number: int) -> list[Tree]:
    return [node(f"n{place:04}") for place in range(number)]


def daemonset(
    image: str = "agent:1", *, strategy: str = "RollingUpdate", budget: int | str = 1, generation: int = 1
) -> Tree:
    update: Tree = {"type": strategy}
    if strategy == "RollingUpdate":
        update["rollingUpdate"] = {"maxUnavailable": budget, "maxSurge": 0}
    return {
        "kind": "DaemonSet",
        "metadata": {"name": "agent", "namespace": "default", "generation": generation, "labels": {"app": "agent"}},
        "spec": {
            "selector": {"matchLabels": {"app": "agent"}},
            "updateStrategy": update,
            "template": {
                "metadata": {"labels": {"app": "agent"}},
                "spec": {"containers": [{"name": "agent", "image": image}]},
            },
        },
    }


def policy(**spec: Any) -> Tree:
    given = {"targets": [{"name": "agent"}], **spec}
    return {
        "apiVersion": "dsplan.dev/v1alpha1",
        "kind": "RolloutPolicy",
        "metadata": {"name": "agents", "namespace": "default"},
        "spec": given,
    }
