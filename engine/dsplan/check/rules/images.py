"""Images against the operating system and the architecture of the nodes that are selected."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pyroaring import BitMap

from ...model.images import full_name
from ...model.node import Node
from ...model.regex import regex
from ..rule import rule
from ..scene import Scene, Subject, named
from ..types import Severity, Spot
from .nodes import ARCH_LABELS, OS_LABELS, counted_text, label_of

__all__ = ["RULES"]

_ARCHITECTURES = {"amd64": "amd64", "x86_64": "amd64", "x86-64": "amd64", "arm64": "arm64", "aarch64": "arm64"}
_ARCHITECTURES |= {each: each for each in ("ppc64le", "s390x", "riscv64", "arm", "386")}
_NAMED = regex(r"(?:^|[-_./:])(amd64|x86_64|x86-64|arm64|aarch64|ppc64le|s390x|riscv64)(?=$|[-_.:@])")


@rule(
    "DSP110",
    "image-without-platform",
    Severity.ERROR,
    summary="An image is not built for the operating system or the architecture of nodes that are selected.",
    why="The kubelet pulls an image that cannot start: the pod fails with an exec format error or ImagePullBackOff on "
    "these nodes alone.",
    source="node labels kubernetes.io/os and kubernetes.io/arch; OCI image index",
)
def image_without_platform(scene: Scene) -> Iterator[Spot]:
    """Images whose platforms are known: from the platforms file, or from a name that ends in one."""
    for subject in scene.subjects:
        if not subject.wanted:
            continue
        for path, container in subject.containers():
            image = str(container.get("image", ""))
            platforms = _platforms(image, scene)
            nodes = _others(subject, platforms) if platforms else BitMap()
            if nodes:
                kinds = sorted({_platform(subject.index.nodes[position]) for position in nodes})
                text = f"image {image} is for {named(platforms)} and not for {named(kinds)}"
                text = f"{text} of {counted_text(len(nodes), 'node that is selected', 'nodes that are selected')}"
                fix = "use an image for all platforms, or keep the DaemonSet to the nodes that it is built for"
                yield subject.spot(text, f"{path}.image", nodes=nodes, fix=fix)


def _platforms(image: str, scene: Scene) -> tuple[str, ...]:
    """Return for what an image is built, as far as that is known; empty where it is not."""
    known = scene.platforms.get(image) or scene.platforms.get(full_name(image)) if image else ()
    if known:
        return tuple(known)
    found = {_ARCHITECTURES[each] for each in _NAMED.findall(image.partition("@")[0])}
    if len(found) != 1:
        return ()
    return (f"{'windows' if 'windows' in image.lower() else 'linux'}/{found.pop()}",)


def _platform(node: Node) -> str:
    """Return `os/architecture` of a node, with `*` for what it does not tell."""
    return f"{label_of(node, OS_LABELS) or '*'}/{label_of(node, ARCH_LABELS) or '*'}"


def _others(subject: Subject, platforms: Sequence[str]) -> BitMap:
    """Return the selected nodes that are of no given platform; one that does not tell has the benefit of the doubt."""
    groups = subject.index.partition("platform", _platform)
    found = BitMap()
    for group in groups:
        if group and not any(_fits(_platform(subject.index.nodes[group[0]]), each) for each in platforms):
            found |= group
    return found & subject.wanted


def _fits(node: str, platform: str) -> bool:
    """Return whether an image platform (`os/architecture[/variant]`) runs on a node."""
    return all(one in ("*", other) for one, other in zip(node.split("/"), platform.split("/")[:2], strict=False))


RULES = (image_without_platform,)
