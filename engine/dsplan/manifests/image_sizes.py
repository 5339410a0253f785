"""How large images are, as nodes report it (status.images): read only where a policy limits bytes.

The typed view of a node leaves its images out, since they are most of it; so the source is read once more, which
standard input cannot be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from dsplan.model.images import full_name
from dsplan.model.world import Note, World

if TYPE_CHECKING:
    from dsplan.reading.read import Found

__all__ = ["needs_image_sizes", "sizes_in", "with_image_sizes"]

_NAMED = 5


def needs_image_sizes(world: World) -> bool:
    """Return whether some policy limits image bytes."""
    rates = (policy.spec.rates for policy in world.rollout_policies)
    return any(found is not None and found.image_bytes_per_second for found in rates)


def with_image_sizes(world: World, again: Callable[[], Iterable[Found]]) -> World:
    """Return the world with the sizes of its nodes' images, if a policy asks for them; `again` reads the nodes anew.

    What cannot be read of status.images is told in a note.
    """
    if not needs_image_sizes(world):
        return world
    from dsplan.reading.objects import RawObject

    nodes = (item.tree for item in again() if isinstance(item, RawObject) and item.kind == "Node")
    odd: list[str] = []
    sizes = sizes_in(_noting_odd(nodes, odd))
    notes = (*world.notes, *((_odd_images(odd),) if odd else ()))
    return msgspec.structs.replace(world, image_sizes=sizes, notes=notes)


def sizes_in(nodes: Iterable[Any]) -> dict[str, int]:
    """Return bytes by full name; an image has several names (tags, digests), and the largest report counts.

    Entries that cannot be read are passed over: a stored Node may hold anything there.

    >>> sizes_in([{"status": {"images": [{"names": ["nginx@sha256:ab", "nginx:1"], "sizeBytes": 7}, 3]}}, {}])
    {'docker.io/library/nginx@sha256:ab': 7, 'docker.io/library/nginx:1': 7}
    """
    found: dict[str, int] = {}
    for node in nodes:
        for image in _images_of(node):
            if _is_readable(image):
                for name in image["names"]:
                    found[name] = max(image["sizeBytes"], found.get(name, 0))
    return {full_name(name): size for name, size in found.items()}


def _images_of(node: Any) -> list[Any]:
    status = node.get("status") if isinstance(node, dict) else None
    images = status.get("images") if isinstance(status, dict) else None
    return images if isinstance(images, list) else []


def _is_readable(image: Any) -> bool:
    """Return whether an entry of status.images has names that are text and a size that is a number of bytes."""
    if not isinstance(image, dict):
        return False
    size, names = image.get("sizeBytes"), image.get("names")
    if isinstance(size, bool) or not isinstance(size, int) or size < 0:
        return False
    return isinstance(names, list) and all(isinstance(name, str) for name in names)


def _noting_odd(nodes: Iterable[Any], odd: list[str]) -> Iterator[Any]:
    """Yield the nodes; the names of those with entries that cannot be read are put into `odd`."""
    for node in nodes:
        if not all(map(_is_readable, _images_of(node))):
            metadata = node.get("metadata")
            odd.append(str(metadata.get("name", "")) if isinstance(metadata, dict) else "")
        yield node


def _odd_images(odd: list[str]) -> Note:
    named = ", ".join(odd[:_NAMED]) + (f" and {len(odd) - _NAMED:,} more" if len(odd) > _NAMED else "")
    return Note("Nodes", f"status.images has entries that cannot be read; they are passed over: {named}")
