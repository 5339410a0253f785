"""What a daemon may do to its node, and which code it runs."""

from __future__ import annotations

from collections.abc import Iterator

from ..rule import rule
from ..scene import Scene
from ..types import Severity, Spot
from .agents import is_critical_agent, is_privileged
from .nodes import counted_text

__all__ = ["RULES"]

_NO_IMAGE = frozenset("@{}$ <>")
"""Signs of a digest, of a template that was not rendered, of words that stand for an image."""


@rule(
    "DSP501",
    "image-tag-moves",
    Severity.WARNING,
    summary="An image has the tag latest, or none.",
    why="Every node runs what the tag meant on the day it pulled: nodes differ, and a roll back changes nothing.",
    source="D6; Kubernetes documentation of images",
)
def image_tag_moves(scene: Scene) -> Iterator[Spot]:
    """Images without a tag or digest, or with the tag latest."""
    for subject in scene.subjects:
        for path, container in subject.containers():
            image = str(container.get("image", ""))
            name, _, tag = image.rpartition("/")[2].partition(":")
            if image and not set(image) & _NO_IMAGE and tag in ("", "latest"):
                text = f"image {image} has {'no tag' if not tag else 'the tag latest'}"
                yield subject.spot(text, f"{path}.image", fix=f"name a version of {name}, best with its digest")


@rule(
    "DSP502",
    "host-root-writable",
    Severity.WARNING,
    summary="The root of the host's file system is mounted, and not read-only.",
    why="Whoever gets into one pod owns every node that it runs on.",
    source="Pod Security Standards: HostPath volumes",
)
def host_root_writable(scene: Scene) -> Iterator[Spot]:
    """hostPath / without readOnly."""
    for subject in scene.subjects if scene.subjects else ():
        if not subject.is_whole:
            continue
        roots = {name for name, folder in subject.host_folders() if folder == "/"}
        for path, container in subject.containers():
            for place, mount in enumerate(container.get("volumeMounts") or ()):
                if isinstance(mount, dict) and mount.get("name") in roots and mount.get("readOnly") is not True:
                    nodes = counted_text(len(subject.wanted), "node") if subject.plan.nodes else "every node"
                    text = f"container {container.get('name', '')} can write to everything on {nodes}"
                    fix = "mount it with readOnly, or only the folders that it needs"
                    yield subject.spot(text, f"{path}.volumeMounts[{place}]", fix=fix)


@rule(
    "DSP503",
    "privileged",
    Severity.INFO,
    summary="A container is privileged though it provides neither network nor volumes nor devices.",
    why="A privileged container is root on its node; most agents need a capability or two instead.",
    source="Pod Security Standards: privileged containers",
    enabled=False,
)
def privileged(scene: Scene) -> Iterator[Spot]:
    """Privileged containers of what is no plug-in of the node."""
    for subject in scene.subjects:
        if is_critical_agent(subject):
            continue
        for path, container in subject.containers():
            if is_privileged(container):
                text = f"container {container.get('name', '')} is privileged"
                yield subject.spot(text, f"{path}.securityContext", fix="use the capabilities that it needs")


RULES = (image_tag_moves, host_root_writable, privileged)
