"""Learning the current hash where no revision was given: template generation, else the pods themselves (H13)."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from ..model.daemonset import HASH_LABEL, TEMPLATE_GENERATION_LABEL, DaemonSet
from ..model.pod import Container, Pod

__all__ = ["NOTHING_LEARNED", "Learned", "learn_hash", "looks_like_template"]


class Learned(msgspec.Struct, frozen=True):
    """A hash that was learned (empty if none was), how, and the test for pods without a hash label."""

    hash: str
    how: str
    looks_updated: Callable[[Pod], bool] | None = None


NOTHING_LEARNED = Learned("", "")


def learn_hash(daemonset: DaemonSet, claimed: Iterable[Pod], generation: str | None) -> Learned:
    """Return the hash label of pods of the current template generation, else by a pod that looks like the template."""
    pod_by_hash: dict[str, Pod] = {}
    for pod in claimed:
        hash_label = pod.metadata.labels.get(HASH_LABEL, "")
        if hash_label and generation is not None and pod.metadata.labels.get(TEMPLATE_GENERATION_LABEL) == generation:
            return Learned(hash_label, "from pods of the current template generation")
        pod_by_hash.setdefault(hash_label, pod)
    for hash_label, pod in sorted(pod_by_hash.items()):
        if hash_label and looks_like_template(pod, daemonset):
            return Learned(
                hash_label, "from pods that look like the template", lambda pod: looks_like_template(pod, daemonset)
            )
    return Learned("", "by comparing pods with the template", lambda pod: looks_like_template(pod, daemonset))


def looks_like_template(pod: Pod, daemonset: DaemonSet) -> bool:
    """Return whether a pod could have been made from the template, by the fields that planning reads."""
    template, spec = daemonset.pod, pod.spec
    return (
        _comparable(template.spec.containers) == _comparable(spec.containers)
        and _comparable(template.spec.init_containers) == _comparable(spec.init_containers)
        and template.spec.host_network == spec.host_network
        and template.spec.node_selector.items() <= spec.node_selector.items()
        and set(template.spec.tolerations) <= set(spec.tolerations)
        and template.metadata.labels.items() <= pod.metadata.labels.items()
    )


def _comparable(containers: tuple[Container, ...]) -> dict[str, tuple[str, dict[str, str]]]:
    return {
        container.name: (container.image, {name: str(text) for name, text in container.resources.limits.items()})
        for container in containers
    }
