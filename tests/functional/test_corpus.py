"""Every public DaemonSet over every public node, against summaries that somebody has looked at.

The golden file holds counts only. Which nodes there are: 32, of them 4 without the label kubernetes.io/os=linux (from
years before it), 6 masters with a taint and 1 node with a taint of its own, 2 without any room for pods (no allocatable
and no capacity), so that 28 and 25 are the most frequent numbers and 2 pods at most stay Pending.
"""

from __future__ import annotations

from pathlib import Path

import pytest

import dsplan
from dsplan.errors import InputError
from tests.functional.corpus import CORPUS, files, golden, needs_corpus, nodes, outcome

pytestmark = needs_corpus
ROWS = golden()["daemonsets"]

NO_WINDOWS = "asks for Windows nodes, and there are none"
NOT_FROM_THERE = "asks for a label that only its own platform or add-on sets, and no node here has it"
UNKNOWN_FIELD = "refused: it holds a field that Kubernetes does not know at that place"
FRAGMENT = "refused: a fragment that other tools complete; required parts are missing"
REASONS = {
    "alloy-initcontainers.yaml": UNKNOWN_FIELD,
    "alloy-sidecars.yaml": UNKNOWN_FIELD,
    "azure-ama-logs.yaml": "its second DaemonSet is for Windows",
    "azure-cilium-unmanaged-alt.yaml": NOT_FROM_THERE,
    "azure-cilium-v1.17-overlay.yaml": NOT_FROM_THERE,
    "azure-cns-windows.yaml": "refused: a command that is a string; it is for Windows, too",
    "azure-privileged-windows.yaml": NO_WINDOWS,
    "azure-sgx-before-1.17.yaml": "asks for instance types that no node here is of",
    "azure-toolbox.yaml": "asks for kubernetes.io/role=agent, which new nodes may not set on themselves any more",
    "azuredisk-csi-node-windows.yaml": NO_WINDOWS,
    "calico-nodeagent.yaml": "refused: the template's labels do not match the selector",
    "csi-smb-windows-hostprocess.yaml": NO_WINDOWS,
    "cwagent-fluent-bit-quickstart-windows.yaml": NO_WINDOWS,
    "cwagent-windows.yaml": NO_WINDOWS,
    "datadog-csi-nodeaffinity.yaml": "asks for disktype=ssd in two zones: an example of a selector and an affinity",
    "ebs-csi-node-windows.yaml": NO_WINDOWS,
    "flannel-windows-5ds.yaml": "one DaemonSet an architecture, and all nodes here are amd64",
    "gce-pd-csi-node-windows.yaml": NO_WINDOWS,
    "gke-asapd-lite-a4x.yaml": NOT_FROM_THERE,
    "gke-disable-smt.yaml": NOT_FROM_THERE,
    "gke-netd.yaml": "refused: hostPID inside a container; it asks for a label of its platform, too",
    "gke-nvidia-confidential-sidecar.yaml": NOT_FROM_THERE,
    "gke-raid-disks.yaml": NOT_FROM_THERE,
    "gke-tcpx-autopilot.yaml": NOT_FROM_THERE,
    "intel-overlay-nodeselector-patch.yaml": FRAGMENT,
    "k8s-calico-node-addon.yaml": NOT_FROM_THERE,
    "keepalived-vip.yaml": "asks for type=worker, which people set by hand",
    "kiam-agent.yaml": "asks for kubernetes.io/role=node, which new nodes may not set on themselves any more",
    "kiam-server.yaml": "asks for kubernetes.io/role=master, which new nodes may not set on themselves any more",
    "kops-gcp-metadata-proxy.yaml": "refused: hostNetwork is there twice",
    "kruise-advanced-daemonset-guestbook.yaml": "no DaemonSet of apps/v1: those of other groups are passed over",
    "kruise-daemon-windows.yaml": NO_WINDOWS,
    "kube-ovn-bfdd.yaml": NOT_FROM_THERE,
    "kube-ovn-speaker.yaml": NOT_FROM_THERE,
    "local-static-provisioner-baremetal-affinity.yaml": "asks for pool=localssd, which people set by hand",
    "nvidia-driver-golden-vgpu-ocp.yaml": "asks for one build of an operating system",
    "nvidia-gpu-operator-state-driver.yaml": "refused: placeholders that an operator fills in",
    "openshift-dns.yaml": FRAGMENT,
    "openshift-node-exporter.yaml": FRAGMENT,
    "secrets-store-csi-windows.yaml": NO_WINDOWS,
    "sig-windows-csi-proxy.yaml": NO_WINDOWS,
    "sig-windows-kube-proxy-hostprocess.yaml": NO_WINDOWS,
    "splunk-otel-windows.yaml": NO_WINDOWS,
    "vsphere-csi.yaml": "its second DaemonSet is for Windows",
    "winflags-2022.yaml": NO_WINDOWS,
}
"""Why a file is refused, holds no DaemonSet, or has one that no node runs."""


@pytest.mark.parametrize("path", files("daemonsets"), ids=lambda path: path.name)
def test_it_comes_to_what_it_came_to(path: Path) -> None:
    """After a change that is right, `python -m tests.functional.corpus` writes the file anew: look at the difference.

    A file that was not there then has at least to be planned or refused.
    """
    found = outcome(path)
    assert found == ROWS.get(path.name, found)


def test_every_file_is_there() -> None:
    assert len(ROWS) > 100
    assert ROWS.keys() <= {path.name for path in files("daemonsets")}
    assert len(nodes()) == 32


def test_everything_odd_has_a_reason() -> None:
    odd = {name for name, row in ROWS.items() if is_odd(row)}
    assert odd == REASONS.keys()


def is_odd(row: dict[str, object]) -> bool:
    found = row.get("daemonsets")
    assert isinstance(found, list)
    return "refused" in row or not found or any(entry["desired"] == 0 for entry in found)


@pytest.mark.parametrize("name", [name for name, reason in REASONS.items() if "Windows" in reason])
def test_those_for_windows_say_so(name: str) -> None:
    world = dsplan.load([CORPUS / "daemonsets" / name], validate=False)
    last = world.daemonsets[-1].pod.spec
    terms = last.required_node_affinity.node_selector_terms if last.required_node_affinity else ()
    asked = [
        *last.node_selector.values(),
        *(value for term in terms for part in term.match_expressions for value in part.values),
    ]
    assert any(value.lower().startswith("windows") for value in asked)


def test_what_is_refused_is_what_the_reasons_say() -> None:
    refused = {name for name, row in ROWS.items() if "refused" in row}
    assert refused == {name for name, reason in REASONS.items() if reason.startswith("refused")}


@pytest.mark.parametrize(("folder", "least"), [("daemonsets", 10), ("nodes", 3), ("pods", 2)])
def test_a_whole_folder_reports_every_double_with_both_places(folder: str, least: int) -> None:
    with pytest.raises(InputError) as caught:
        dsplan.load([CORPUS / folder])
    doubles = [problem for problem in caught.value.problems if problem.reason == "DuplicateObject"]
    assert len(doubles) >= least
    for problem in doubles:
        other = problem.message.removeprefix("duplicate of ")
        assert other.split(":")[0].startswith(str(CORPUS / folder))
        assert (other.split(":")[0], other.split(":")[1]) != (problem.source, str(problem.line))


@pytest.mark.parametrize("path", files("bad"), ids=lambda path: path.name)
def test_what_is_no_manifest_is_refused_with_a_line(path: Path) -> None:
    with pytest.raises(InputError) as caught:
        dsplan.load([path])
    assert all(problem.line is not None for problem in caught.value.problems)
