"""How large images are, as nodes report it (status.images): read only where a policy limits bytes.

The typed view of a node leaves its images out, since they are most of it; so the source is read once more, which
standard input cannot be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import msgspec

from dsplan.model.images import full_name
from dsplan.model.world import World

if TYPE_CHECKING:
    from dsplan.reading.read import Found

__all__ = ["needs_image_sizes", "sizes_in", "with_image_sizes"]


def needs_image_sizes(world: World) -> bool:
    """Return whether some policy limits image bytes."""
    rates = (policy.spec.rates for policy in world.rollout_policies)
    return any(found is not None and found.image_bytes_per_second for found in rates)


def with_image_sizes(world: World, again: Callable[[], Iterable[Found]]) -> World:
    """Return the world with the sizes of its nodes' images, if a policy asks for them; `again` reads the nodes anew."""
    if not needs_image_sizes(world):
        return world
    from dsplan.reading.objects import RawObject

    nodes = (item.tree for item in again() if isinstance(item, RawObject) and item.kind == "Node")
    return msgspec.structs.replace(world, image_sizes=sizes_in(nodes))


def sizes_in(nodes: Iterable[Any]) -> dict[str, int]:
    """Return bytes by full name; an image has several names (tags, digests), and the largest report counts.

    >>> sizes_in([{"status": {"images": [{"names": ["nginx@sha256:ab", "nginx:1"], "sizeBytes": 7}]}}, {}])
    {'docker.io/library/nginx@sha256:ab': 7, 'docker.io/library/nginx:1': 7}
    """
    found: dict[str, int] = {}
    for node in nodes:
        status = node.get("status")
        images = status.get("images") if isinstance(status, dict) else None
        for image in images if isinstance(images, list) else ():
            size, names = image.get("sizeBytes"), image.get("names")
            if isinstance(size, int) and isinstance(names, list):
                for name in names:
                    found[name] = max(size, found.get(name, 0))
    return {full_name(name): size for name, size in found.items()}
