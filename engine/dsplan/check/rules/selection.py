"""Which nodes and pods a DaemonSet takes: too many nodes, none at all, pods that others left behind."""

from __future__ import annotations

from collections.abc import Iterator

from pyroaring import BitMap

from ...constraints.tolerations import tolerates
from ...model.node import Taint
from ...model.pod import Pod
from ...model.selectors import Requirement
from ...observe import Claim
from ..rule import rule
from ..scene import SPEC, Scene, Subject, named
from ..types import Severity, Spot
from .agents import is_node_agent
from .nodes import ARCH_LABELS, OS_LABELS, counted_text, gpu_nodes, is_gpu_key, label_of, nodes_of_role

__all__ = ["RULES"]

_OFF = {OS_LABELS[0]: "linux"}


@rule(
    "DSP101",
    "selects-more-than-meant",
    Severity.WARNING,
    summary="The DaemonSet selects Windows, virtual, control-plane or GPU nodes that its template does not name.",
    why="A toleration without a key opens every tainted node, and a template without an OS every node; pods that "
    "cannot run there stay broken for ever, and others take room that was kept for something else.",
    source="k/k#56766; T1, T10",
)
def selects_more_than_meant(scene: Scene) -> Iterator[Spot]:
    """Nodes of special kinds that nothing in the template speaks of."""
    for subject in scene.subjects:
        if not subject.wanted:
            continue
        yield from _windows(subject)
        yield from _virtual(subject)
        if not is_node_agent(subject):
            yield from _reserved(subject)


def names_os(subject: Subject) -> bool:
    """Return whether the template says on which operating system it runs."""
    spec = subject.spec
    named_os = subject.tree.get("os")
    if isinstance(named_os, dict) and named_os.get("name"):
        return True
    return any(key in _keys(subject) for key in OS_LABELS) or "windows" in str(spec.node_selector)


def _keys(subject: Subject) -> set[str]:
    """Return the label keys that the template demands something of."""
    spec = subject.spec
    required = spec.required_node_affinity
    terms = required.node_selector_terms if required is not None else ()
    return {*spec.node_selector, *(each.key for term in terms for each in term.match_expressions)}


def _windows(subject: Subject) -> Iterator[Spot]:
    here = subject.wanted & nodes_of_role(subject.index, "windows")
    if here and not names_os(subject) and not _is_for_windows(subject):
        text = f"selects {counted_text(len(here), 'Windows node')}, and the template names no OS"
        fix = "name the OS in the node selector"
        patch = subject.patched({"spec": {"template": {"spec": {"nodeSelector": _OFF}}}})
        yield subject.spot(text, f"{SPEC}.nodeSelector", nodes=here, fix=fix, **patch)


def _is_for_windows(subject: Subject) -> bool:
    """Return whether the template speaks of Windows: by its security context, or in the names of its images."""
    contexts = [subject.tree.get("securityContext"), *(each.get("securityContext") for _, each in subject.containers())]
    if any(isinstance(each, dict) and each.get("windowsOptions") for each in contexts):
        return True
    return any("windows" in str(each.get("image", "")).lower() for _, each in subject.containers())


def _virtual(subject: Subject) -> Iterator[Spot]:
    here = subject.wanted & nodes_of_role(subject.index, "virtual")
    if not here:
        return
    text = f"selects {counted_text(len(here), 'virtual node')}, which run no daemon pods{_because(subject, here)}"
    fix = "tolerate the taints that are meant by their keys, or keep virtual nodes out by their label"
    yield subject.spot(text, _wildcard_field(subject), nodes=here, fix=fix)


def _reserved(subject: Subject) -> Iterator[Spot]:
    """Yield the nodes that only a toleration without a key opens, with the kind of each."""
    place = _wildcard(subject)
    if place is None:
        return
    kinds = (("control-plane node", nodes_of_role(subject.index, "control-plane")), ("GPU node", _other_gpus(subject)))
    opened = subject.wanted & _opened_by(subject, place)
    parts = [(word, opened & nodes) for word, nodes in kinds if opened & nodes]
    if not parts:
        return
    told = " and ".join(counted_text(len(nodes), word) for word, nodes in parts)
    text = f"also selects {told}: a toleration without a key tolerates their taints"
    nodes = BitMap.union(*(nodes for _, nodes in parts))
    fix = "name the taints that are meant, or give it a priority class if it belongs on every node"
    yield subject.spot(text, f"{SPEC}.tolerations[{place}]", nodes=nodes, fix=fix, severity=Severity.INFO)


def _other_gpus(subject: Subject) -> BitMap:
    """Return the GPU nodes, none where the DaemonSet has to do with GPUs itself."""
    speaks = str(subject.tree).lower()
    return BitMap() if "gpu" in speaks or "nvidia" in speaks else gpu_nodes(subject.index)


def _wildcard(subject: Subject) -> int | None:
    """Return the place of the first toleration without a key."""
    found = enumerate(subject.spec.tolerations)
    return next((place for place, each in found if not each.key and each.operator == "Exists"), None)


def _wildcard_field(subject: Subject) -> str:
    place = _wildcard(subject)
    return f"{SPEC}.tolerations" if place is None else f"{SPEC}.tolerations[{place}]"


def _opened_by(subject: Subject, place: int) -> BitMap:
    """Return the nodes with a taint of a special kind that no toleration with a key tolerates."""
    named_ones = [each for each in subject.spec.tolerations if each.key]

    def is_opened(taint: Taint) -> bool:
        special = taint.key.startswith("node-role.kubernetes.io/") or is_gpu_key(taint.key)
        excluding = taint.effect in ("NoSchedule", "NoExecute")
        return special and excluding and not any(tolerates(each, taint) for each in named_ones)

    nodes = subject.index.items()
    return BitMap(position for position, node in nodes if any(is_opened(taint) for taint in node.taints))


def _because(subject: Subject, here: BitMap) -> str:
    tainted = any(subject.index.nodes[position].taints for position in here)
    return ": a toleration without a key tolerates their taint" if tainted and _wildcard(subject) is not None else ""


@rule(
    "DSP102",
    "adopts-orphans",
    Severity.WARNING,
    summary="The selector matches pods that nobody owns, and the DaemonSet adopts them.",
    why="Adopted pods count as the DaemonSet's own: those of another template are replaced by its roll-out, surplus "
    "ones are deleted at once.",
    source="M3, M15",
)
def adopts_orphans(scene: Scene) -> Iterator[Spot]:
    """Orphans that the next pass adopts, and whether they run other images."""
    for subject in scene.subjects:
        observed = subject.plan.step.observed
        if observed is None or not subject.account.adopted:
            continue
        claim: Claim[Pod] = observed.claim
        images = sorted(each.image for each in subject.spec.containers)
        other = [pod for pod in claim.adopted if sorted(each.image for each in pod.spec.containers) != images]
        pods = [pod.metadata.name for pod in claim.adopted]
        images_text = f", {len(other):,} of them with other images" if other else ", with the same images"
        text = f"adopts {counted_text(len(pods), 'pod')} that nobody owns ({named(pods)}){images_text}"
        fix = "give the DaemonSet a selector of its own, or delete the orphans first"
        severity = None if other else Severity.INFO
        yield subject.spot(text, "spec.selector", fix=fix, severity=severity)


@rule(
    "DSP109",
    "selects-no-node",
    Severity.WARNING,
    summary="The DaemonSet selects no node of the cluster: DESIRED is 0.",
    why="It looks healthy, with 0 of 0 pods ready, and does nothing; most often a label, a taint or a namespace's node "
    "selector is not what the author believed.",
    source="k/k#23013; E1-E5, S4",
)
def selects_no_node(scene: Scene) -> Iterator[Spot]:
    """No node is wanted though there are nodes; another system or architecture is none of this cluster's business."""
    for subject in scene.subjects:
        plan = subject.plan
        if not plan.nodes or plan.step.verdicts is None or plan.desired or _is_for_another_platform(subject):
            continue
        reasons = [f"{len(each.nodes):,} {each.summary}" for each in plan.exclusions]
        told = f" ({named(reasons)})" if reasons else ""
        text = f"selects none of {counted_text(plan.nodes, 'node')}{told}"
        field = f"{SPEC}.nodeSelector" if subject.spec.node_selector else f"{SPEC}.affinity"
        namespace = subject.identity.namespace
        command = f"dsplan why {subject.identity.name} {subject.index.names[0]} -n {namespace}"
        fix = "see what excludes a node, and what would change that"
        severity = Severity.INFO if _opts_in(subject) else None
        yield subject.spot(text, field, fix=fix, command=command, severity=severity)


def _is_for_another_platform(subject: Subject) -> bool:
    """Return whether the operating system or the architecture that it asks for is not in this cluster."""
    nodes = subject.index.nodes
    for keys in (OS_LABELS, ARCH_LABELS):
        there = {label_of(node, keys) for node in nodes} - {""}
        for asked in (allowed_values(subject, key) for key in keys):
            if asked and there and not asked & there:
                return True
    return False


def _opts_in(subject: Subject) -> bool:
    """Return whether it asks for a label that no node has at all, as agents for special hardware do."""
    return any(not subject.index.with_key(key) for key in _keys(subject))


def allowed_values(subject: Subject, key: str) -> frozenset[str]:
    """Return the values of a node label that the template allows; empty where it allows all."""
    spec = subject.spec
    if key in spec.node_selector:
        return frozenset({spec.node_selector[key]})
    required = spec.required_node_affinity
    found: set[str] = set()
    for term in required.node_selector_terms if required is not None else ():
        named_here = {value for each in term.match_expressions if each.key == key for value in _in_values(each)}
        if not named_here:
            return frozenset()
        found |= named_here
    return frozenset(found)


def _in_values(requirement: Requirement) -> tuple[str, ...]:
    return requirement.values if requirement.operator == "In" else ()


RULES = (selects_more_than_meant, adopts_orphans, selects_no_node)
