"""Small bundles laid out as well-known tools lay them out: path -> content, and ways to hand them over."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import yaml

Files = dict[str, str]

LOG = "2026-11-28 agent: {started\nkind: Confusion\n"


def node(name: str) -> dict[str, Any]:
    return {
        "metadata": {"name": name, "uid": f"uid-{name}", "resourceVersion": "1", "labels": {"zone": "a"}},
        "status": {"nodeInfo": {"operatingSystem": "linux"}, "conditions": [{"type": "Ready", "status": "True"}]},
    }


def pod(name: str, where: str) -> dict[str, Any]:
    return {
        "metadata": {"name": name, "namespace": "ops", "uid": f"uid-{name}", "resourceVersion": "7"},
        "spec": {"nodeName": where, "containers": [{"name": "main", "image": "example.com/agent:1"}]},
    }


def daemonset() -> dict[str, Any]:
    template = {"metadata": {"labels": {"app": "agent"}}, "spec": {"containers": [{"name": "main", "image": "a:1"}]}}
    return {
        "metadata": {"name": "agent", "namespace": "ops", "uid": "uid-agent", "resourceVersion": "3"},
        "spec": {"selector": {"matchLabels": {"app": "agent"}}, "template": template, "updateStrategy": {}},
    }


def typed(version: str, kind: str, item: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": version, "kind": kind, **item}


def listed(version: str, kind: str, *items: dict[str, Any]) -> dict[str, Any]:
    return {"kind": f"{kind}List", "apiVersion": version, "metadata": {"resourceVersion": "9"}, "items": list(items)}


NODES = (node("n1"), node("n2"))
PODS = (pod("agent-1", "n1"), pod("agent-2", "n2"))


def _json(tree: Any) -> str:
    return json.dumps(tree, indent=4) + "\n"


def _yaml(tree: Any) -> str:
    return f"---\n{yaml.safe_dump(tree)}"


CLUSTER_INFO_DUMP: Files = {
    "nodes.json": _json(listed("v1", "Node", *NODES)),
    "ops/pods.json": _json(listed("v1", "Pod", *PODS)),
    "ops/daemonsets.json": _json(listed("apps/v1", "DaemonSet", daemonset())),
    "ops/events.json": _json(listed("v1", "Event")),
    "ops/agent-1/logs.txt": LOG,
}
MUST_GATHER: Files = {
    "quay-io-release/cluster-scoped-resources/core/nodes/n1.yaml": _yaml(typed("v1", "Node", NODES[0])),
    "quay-io-release/cluster-scoped-resources/core/nodes/n2.yaml": _yaml(typed("v1", "Node", NODES[1])),
    "quay-io-release/namespaces/ops/core/pods.yaml": _yaml(listed("v1", "Pod", *PODS)),
    "quay-io-release/namespaces/ops/pods/agent-1/agent-1.yaml": _yaml(typed("v1", "Pod", PODS[0])),
    "quay-io-release/namespaces/ops/pods/agent-1/main/main/logs/current.log": LOG,
    "quay-io-release/namespaces/ops/apps/daemonsets.yaml": _yaml(listed("apps/v1", "DaemonSet", daemonset())),
    "quay-io-release/event-filter.html": "<html>",
    "quay-io-release/etcd_info/endpoint_status.json": _json([{"Endpoint": "https://10.0.0.1:2379", "Status": {}}]),
    "quay-io-release/timestamp": "2026-11-28",
}
VELERO: Files = {
    "metadata/version": "1.1.0",
    "resources/nodes/cluster/n1.json": _json(typed("v1", "Node", NODES[0])),
    "resources/nodes/cluster/n2.json": _json(typed("v1", "Node", NODES[1])),
    "resources/pods/namespaces/ops/agent-1.json": _json(typed("v1", "Pod", PODS[0])),
    "resources/pods/namespaces/ops/agent-2.json": _json(typed("v1", "Pod", PODS[1])),
    "resources/daemonsets.apps/namespaces/ops/agent.json": _json(typed("apps/v1", "DaemonSet", daemonset())),
    "resources/daemonsets.apps/v1-preferredversion/namespaces/ops/agent.json": _json(
        typed("apps/v1", "DaemonSet", daemonset())
    ),
    "resources/secrets/namespaces/ops/token.json": _json(typed("v1", "Secret", {"metadata": {"name": "token"}})),
}
SONOBUOY: Files = {
    "resources/cluster/core_v1_nodes.json": _json(list(NODES)),
    "resources/ns/ops/core_v1_pods.json": _json(list(PODS)),
    "resources/ns/ops/apps_v1_daemonsets.json": _json([daemonset()]),
    "podlogs/ops/agent-1/logs/main.txt": LOG,
    "servergroups.json": _json({"kind": "APIGroupList", "apiVersion": "v1", "groups": []}),
    "meta/config.json": _json({"Description": "DEFAULT", "UUID": "1", "Plugins": None}),
    "plugins/e2e/results/global/done": "/tmp/results",
}
OLD_SONOBUOY: Files = {
    "resources/cluster/Nodes.json": _json(list(NODES)),
    "resources/ns/ops/Pods.json": _json(list(PODS)),
    "resources/ns/ops/DaemonSets.json": _json([daemonset()]),
}
SUPPORT_BUNDLE: Files = {
    "support-bundle-2026/version.yaml": "apiVersion: troubleshoot.sh/v1beta2\nkind: SupportBundle\n",
    "support-bundle-2026/cluster-resources/nodes.json": _json(list(NODES)),
    "support-bundle-2026/cluster-resources/nodes-errors.json": "null\n",
    "support-bundle-2026/cluster-resources/pods/ops.json": _json(listed("v1", "Pod", *PODS)),
    "support-bundle-2026/cluster-resources/pods/logs/ops/agent-1/main.log": LOG,
    "support-bundle-2026/cluster-resources/daemonsets/ops.json": _json([daemonset()]),
    "support-bundle-2026/cluster-resources/services/ops.json": _json([{"metadata": {"name": "s"}, "spec": {"x": 1}}]),
    "support-bundle-2026/cluster-resources/auth-cani-list/ops.json": _json([{"verbs": ["*"]}]),
    "support-bundle-2026/analysis.json": _json([{"name": "x", "severity": "warn"}]),
}
BUNDLES: dict[str, Files] = {
    "kubectl cluster-info dump": CLUSTER_INFO_DUMP,
    "must-gather": MUST_GATHER,
    "velero": VELERO,
    "sonobuoy": SONOBUOY,
    "sonobuoy of old": OLD_SONOBUOY,
    "support-bundle": SUPPORT_BUNDLE,
}


def as_folder(files: Files, folder: Path) -> Path:
    for name, content in files.items():
        path = folder / "bundle" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return folder / "bundle"


def tar_of(files: dict[str, bytes]) -> bytes:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return held.getvalue()


def as_tar(files: Files, folder: Path) -> Path:
    path = folder / "bundle.tar"
    path.write_bytes(tar_of({name: content.encode() for name, content in files.items()}))
    return path


def as_tar_gz(files: Files, folder: Path) -> Path:
    path = folder / "bundle.tar.gz"
    path.write_bytes(gzip.compress(as_tar(files, folder).read_bytes()))
    return path


def as_zip(files: Files, folder: Path) -> Path:
    path = folder / "bundle.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path
