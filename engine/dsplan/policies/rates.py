"""How fast pods are replaced: so many in any minute, and so many image bytes.

A wave begins at one moment, so it is no larger than what may begin in a minute. An image larger than what a minute may
pull is pulled all the same: alone, and the next pull waits until it is through at that rate.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import chain

import msgspec
from pyroaring import BitMap

from ..model.images import full_name
from ..model.meta import Identity
from ..model.moments import shifted
from ..model.pod import PodSpec
from ..model.policy import Rates
from ..model.quantity import value
from ..model.state import Started

__all__ = ["ImageSizes", "Pacer", "RolloutRate", "images_of", "pull_groups"]

_MINUTE = timedelta(minutes=1)
_SECONDS = 60


def images_of(spec: PodSpec) -> frozenset[str]:
    """Return the images of a pod."""
    return frozenset(container.image for container in chain(spec.init_containers, spec.containers) if container.image)


class ImageSizes:
    """Bytes of images: as a policy's `imageBytes` has them, else as nodes report them (`known`, by full name).

    >>> sizes = ImageSizes(Rates(image_bytes={"app:2": "90Mi"}), {"docker.io/library/app:1": 5, "quay.io/a:1": 7})
    >>> sizes.of("app:2"), sizes.of("app:1"), sizes.unknown(["app:3", "quay.io/a:1"])
    (94371840, 5, ['app:3'])
    """

    def __init__(self, rates: Rates, known: Mapping[str, int]) -> None:
        self._own = {image: value(str(size)) for image, size in rates.image_bytes.items()}
        self._known = known

    def of(self, image: str) -> int | None:
        """Return the bytes of an image, None where nobody gave them."""
        own = self._own.get(image)
        return self._known.get(full_name(image)) if own is None else own

    def unknown(self, images: Iterable[str]) -> list[str]:
        """Return the images whose size nobody gave, sorted."""
        return sorted(image for image in set(images) if self.of(image) is None)

    def total(self, images: Iterable[str]) -> int:
        """Return the bytes of images together; those of unknown size count as nothing."""
        return sum(self.of(image) or 0 for image in images)


class RolloutRate(msgspec.Struct, frozen=True, kw_only=True):
    """Of the pods of `daemonsets`, at most `limit` begin in any minute, of which `begun` are spent.

    With `weights` it is bytes and not pods: for each DaemonSet, what each pod pulls on sets of nodes. `total` is what
    there is to begin.
    """

    policy: Identity
    daemonsets: tuple[Identity, ...]
    limit: int
    begun: int
    text: str
    total: int
    weights: dict[Identity, tuple[tuple[int, BitMap], ...]] | None = None

    @property
    def seconds(self) -> float:
        """How long at least it takes until the last of them begins."""
        return 60.0 * max(0, -(-(self.total + self.begun) // self.limit) - 1)


def pull_groups(pulls: Mapping[int, int]) -> tuple[tuple[int, BitMap], ...]:
    """Return (bytes, nodes) of what nodes have to pull, those that pull something, by size.

    >>> pull_groups({0: 5, 1: 0, 2: 5})
    ((5, BitMap([0, 2])),)
    """
    nodes: dict[int, BitMap] = {}
    for position, size in pulls.items():
        if size:
            nodes.setdefault(size, BitMap()).add(position)
    return tuple(sorted(nodes.items(), key=lambda item: item[0]))


class Pacer:
    """One policy's rates during one decision.

    >>> from datetime import UTC
    >>> pacer = Pacer(Rates(pods_per_minute=2), (), datetime(2026, 1, 1, tzinfo=UTC))
    >>> [pacer.begin(0) for _ in range(3)], pacer.free_at.minute
    ([True, True, False], 1)
    """

    def __init__(self, rates: Rates, started: Sequence[Started], now: datetime) -> None:
        self._now = now
        self._pods_limit = rates.pods_per_minute or 0
        self._bytes_per_second = value(str(rates.image_bytes_per_second or 0))
        self.bytes_limit = self._bytes_per_second * _SECONDS
        self._kept = [entry for entry in sorted(started) if self._until(entry.at, entry.image_bytes) > now]
        self._begun = Started(at=now, pods=0)

    def _until(self, at: datetime, size: int) -> datetime:
        """Return until when what began at a moment is spent."""
        if size <= self.bytes_limit or not self._bytes_per_second:
            return shifted(at, 60)
        return shifted(at, size / self._bytes_per_second)

    def _entries(self) -> Iterator[Started]:
        yield from self._kept
        if self._begun.pods:
            yield self._begun

    @property
    def pods(self) -> int:
        """Pods that began within a minute."""
        return sum(entry.pods for entry in self._entries() if self._now - entry.at < _MINUTE)

    @property
    def image_bytes(self) -> int:
        """Bytes that are spent; what is larger than a minute's counts as a minute's."""
        return sum(min(entry.image_bytes, self.bytes_limit) for entry in self._entries())

    def may_begin(self, size: int) -> bool:
        """Return whether one more pod that pulls `size` bytes may begin now."""
        if self._pods_limit and self.pods >= self._pods_limit:
            return False
        return not (self.bytes_limit and size and self.image_bytes + min(size, self.bytes_limit) > self.bytes_limit)

    def begin(self, size: int) -> bool:
        """Return whether one more pod that pulls `size` bytes may begin now, and count it if so."""
        if not self.may_begin(size):
            return False
        self._begun = msgspec.structs.replace(
            self._begun, pods=self._begun.pods + 1, image_bytes=self._begun.image_bytes + size
        )
        return True

    @property
    def free_at(self) -> datetime | None:
        """When some of what is spent is free again; None where nothing is spent."""
        return min((self._until(entry.at, entry.image_bytes) for entry in self._entries()), default=None)

    def remembered(self) -> tuple[Started, ...]:
        """Return what the next decision needs: the last minute, and the pulls that are not through."""
        return tuple(sorted(self._entries()))

    def seconds(self, image_bytes: int) -> float:
        """Return how long pulls of so many bytes take at this rate."""
        return image_bytes / self._bytes_per_second if self._bytes_per_second else 0.0
