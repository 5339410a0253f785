"""How many of the pods that may go now do go now: pods per minute, image bytes per second."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import chain

from ...model.pod import PodSpec
from ...model.policy import Rates
from ...model.quantity import value
from ...model.state import Started

__all__ = ["Pacer", "images_of", "unknown_images"]

_MINUTE = timedelta(minutes=1)


def images_of(spec: PodSpec) -> frozenset[str]:
    """Return the images of a pod."""
    return frozenset(container.image for container in chain(spec.init_containers, spec.containers) if container.image)


def unknown_images(rates: Rates, images: Iterable[str]) -> list[str]:
    """Return the images whose size a byte rate would need and nobody gave."""
    return sorted(set(images) - rates.image_bytes.keys()) if rates.image_bytes_per_second else []


class Pacer:
    """One policy's rates during one decision.

    Pods: in any minute at most so many begin. Bytes: the next pull begins when those before it are through, at that
    rate; one pull is always let begin, however large.

    >>> from datetime import UTC
    >>> pacer = Pacer(Rates(pods_per_minute=2), (), datetime(2026, 1, 1, tzinfo=UTC))
    >>> [pacer.begin(frozenset()) for _ in range(3)], pacer.again_at.minute
    ([True, True, False], 1)
    """

    def __init__(self, rates: Rates, started: Sequence[Started], now: datetime) -> None:
        self._rates = rates
        self._now = now
        self._sizes: Mapping[str, int] = {image: value(str(size)) for image, size in rates.image_bytes.items()}
        self._per_second = value(str(rates.image_bytes_per_second))
        self._busy_until = datetime.min.replace(tzinfo=now.tzinfo)
        self._kept: list[Started] = []
        for entry in sorted(started):
            self._pull(entry.at, entry.image_bytes)
            if now - entry.at < _MINUTE or self._busy_until > now:
                self._kept.append(entry)
        self._recent = [entry for entry in self._kept if now - entry.at < _MINUTE]
        self.pods = 0
        self.image_bytes = 0
        self.again_at: datetime | None = None

    def _pull(self, at: datetime, size: int) -> None:
        if self._per_second and size:
            self._busy_until = max(self._busy_until, at) + timedelta(seconds=size / self._per_second)

    def begin(self, images: frozenset[str]) -> bool:
        """Return whether one more pod that needs `images` may begin now, and count it if so."""
        size = sum(self._sizes.get(image, 0) for image in images)
        if self._rates.pods_per_minute:
            used = self.pods + sum(entry.pods for entry in self._recent)
            if used >= self._rates.pods_per_minute:
                self._wait_until(min((entry.at for entry in self._recent), default=self._now) + _MINUTE)
                return False
        if self._per_second and size and self._busy_until > self._now:
            self._wait_until(self._busy_until)
            return False
        self.pods += 1
        self.image_bytes += size
        self._pull(self._now, size)
        return True

    def _wait_until(self, moment: datetime) -> None:
        self.again_at = moment if self.again_at is None else min(self.again_at, moment)

    def remembered(self) -> tuple[Started, ...]:
        """Return what the next decision needs: the last minute, and the pulls that are not through."""
        found = list(self._kept)
        if self.pods:
            found.append(Started(at=self._now, pods=self.pods, image_bytes=self.image_bytes))
        return tuple(sorted(found))

    def seconds(self, pods: int, image_bytes: int) -> float:
        """Return how long at least it takes to begin so many pods and pull so many bytes."""
        by_pods = max(0, -(-pods // self._rates.pods_per_minute) - 1) * 60.0 if self._rates.pods_per_minute else 0.0
        return max(by_pods, image_bytes / self._per_second if self._per_second else 0.0)

    def size_of(self, images: frozenset[str]) -> int:
        """Return the bytes of images."""
        return sum(self._sizes.get(image, 0) for image in images)
