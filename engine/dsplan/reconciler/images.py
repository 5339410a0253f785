"""How large images are, learned from the nodes that come by: policies that limit bytes ask for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..manifests.image_sizes import sizes_in

__all__ = ["ImageSizes", "images_in"]


def images_in(tree: Mapping[str, Any]) -> list[Any]:
    """Return the images that a raw node reports; the typed view of a node leaves them out."""
    status = tree.get("status")
    images = status.get("images") if isinstance(status, dict) else None
    return images if isinstance(images, list) else []


class ImageSizes:
    """Bytes by full name; the largest report counts, so that it does not matter which node is heard first.

    >>> sizes = ImageSizes({})
    >>> sizes.learn([{"names": ["nginx:1"], "sizeBytes": 7}]), sizes.learn([{"names": ["nginx:1"], "sizeBytes": 6}])
    (True, False)
    >>> sizes.by_name
    {'docker.io/library/nginx:1': 7}
    """

    def __init__(self, known: Mapping[str, int]) -> None:
        self.by_name = dict(known)
        self._reported: dict[str, int] = {}

    def learn(self, images: Iterable[Any]) -> bool:
        """Take what a node reports; return whether anything of it is new. A report like the last one costs lookups."""
        fresh = [image for image in images if isinstance(image, dict) and self._is_news(image)]
        for name, size in sizes_in([{"status": {"images": fresh}}]).items() if fresh else ():
            self.by_name[name] = max(size, self.by_name.get(name, 0))
        return bool(fresh)

    def _is_news(self, image: dict[str, Any]) -> bool:
        size, names = image.get("sizeBytes"), image.get("names")
        if not isinstance(size, int) or not isinstance(names, list):
            return False
        larger = [name for name in names if isinstance(name, str) and self._reported.get(name, -1) < size]
        self._reported.update(dict.fromkeys(larger, size))
        return bool(larger)
