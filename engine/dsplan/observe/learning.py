"""Which hash is the current one where no revision was given (H13): the order of evidence.

1. The cluster stores another template than the one that is planned with: a new generation. Current are only pods of
   an earlier template that is, as far as pods show it, the new one and not the stored one.
2. Pods of the current template generation (H11, H12).
3. The status, where it is of this generation and says that all pods are up to date, or none.
4. What the pods look like: see `likeness`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime

import msgspec

from ..model.daemonset import HASH_LABEL, TEMPLATE_GENERATION_LABEL, DaemonSet
from ..model.pod import Pod, target_node
from .likeness import looks_like_template
from .observed import template_generation
from .templates import same_template

__all__ = ["NOTHING_LEARNED", "Learned", "learn_hash"]

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Learned(msgspec.Struct, frozen=True):
    """A hash that was learned (empty if none was), from what, and the test for pods without a hash label."""

    hash: str
    how: str
    looks_updated: Callable[[Pod], bool] | None = None


NOTHING_LEARNED = Learned("", "")


def learn_hash(daemonset: DaemonSet, claimed: Iterable[Pod], stored: DaemonSet | None = None) -> Learned:
    """Return what tells the up-to-date pods of a DaemonSet from the others; `claimed` are its pods.

    `stored` is the DaemonSet as the cluster has it, where a manifest or an edit lies over it.

    >>> from dsplan.model.meta import ObjectMeta
    >>> from dsplan.testing import a_daemonset
    >>> before, after = a_daemonset(), a_daemonset(spec={"dnsPolicy": "None"})
    >>> labels = {**before.pod.metadata.labels, HASH_LABEL: "6d4b"}
    >>> pod = Pod(metadata=ObjectMeta(labels=labels), spec=before.pod.spec)
    >>> learn_hash(before, [pod]).hash, learn_hash(after, [pod], stored=before).hash
    ('6d4b', '')
    """
    pods = tuple(claimed)
    if stored is not None and not same_template(stored.spec.template, daemonset.spec.template):
        return _of_a_new_template(daemonset, pods, stored)
    return _by_generation(daemonset, pods) or _by_status(daemonset, pods) or _by_shape(daemonset, pods)


def _of_a_new_template(daemonset: DaemonSet, pods: Sequence[Pod], stored: DaemonSet) -> Learned:
    """Nothing is current but what an earlier template left that was the same as the new one: a roll-out taken back."""
    before = learn_hash(stored, pods)

    def is_new(pod: Pod) -> bool:
        return looks_like_template(pod, daemonset) and not looks_like_template(pod, stored)

    others = [pod for pod in pods if _hash(pod) != before.hash]
    found = _newest_hash([pod for pod in others if is_new(pod)])
    return Learned(found, "the cluster stores another template, so pods made from that one are outdated", is_new)


def _by_generation(daemonset: DaemonSet, pods: Sequence[Pod]) -> Learned | None:
    generation = template_generation(daemonset)
    if generation is None:
        return None
    of_this = [pod for pod in pods if pod.metadata.labels.get(TEMPLATE_GENERATION_LABEL) == generation]
    found = _newest_hash(of_this)
    return Learned(found, "compared template generations instead") if found else None


def _by_status(daemonset: DaemonSet, pods: Sequence[Pod]) -> Learned | None:
    """Read the counters of the controller itself; they judge one pod a node, so doubled nodes are left to the rest."""
    status, generation = daemonset.status, daemonset.metadata.generation
    judged = status.current_number_scheduled
    if not generation or status.observed_generation != generation or not judged or _shares_a_node(pods):
        return None
    if not status.updated_number_scheduled:
        return Learned("", "used the status instead, which counts no pod as up to date", lambda _: False)
    if status.updated_number_scheduled < judged:
        return None
    (found, wearers), *_ = Counter(map(_hash, pods)).most_common(1) or [("", 0)]
    if wearers < min(judged, len(pods)):
        return None
    return Learned(found, "used the status instead, which counts all pods as up to date", lambda _: not found)


def _by_shape(daemonset: DaemonSet, pods: Sequence[Pod]) -> Learned:
    def looks_updated(pod: Pod) -> bool:
        return looks_like_template(pod, daemonset)

    return Learned(_newest_hash(filter(looks_updated, pods)), "compared pods with the template instead", looks_updated)


def _newest_hash(pods: Iterable[Pod]) -> str:
    """Return the hash of the pod that was made last, empty without any: the controller makes current pods only."""
    wearing = [(pod.metadata.creation_timestamp or _LONG_AGO, worn) for pod in pods if (worn := _hash(pod))]
    return max(wearing, default=(_LONG_AGO, ""))[1]


def _hash(pod: Pod) -> str:
    return pod.metadata.labels.get(HASH_LABEL, "")


def _shares_a_node(pods: Iterable[Pod]) -> bool:
    """Return whether pods of different hashes are on one node."""
    hashes: dict[str | None, set[str]] = defaultdict(set)
    for pod in pods:
        hashes[target_node(pod)].add(_hash(pod))
    return any(len(worn) > 1 for worn in hashes.values())
