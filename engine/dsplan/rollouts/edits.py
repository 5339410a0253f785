"""Changes of a world whose roll-out one wants to see: a restart, another update strategy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from ..errors import InputError, Problem
from ..model.daemonset import TEMPLATE_GENERATION_ANNOTATION, DaemonSet, UpdateStrategy
from ..model.meta import Identity
from ..model.state import LearnedHash
from ..model.world import World
from ..observe.observed import template_generation
from ..observe.templates import new_revision_hash

__all__ = ["find_daemonsets", "replaced", "restarted", "with_strategy"]

RESTART_ANNOTATION = "kubectl.kubernetes.io/restartedAt"


def find_daemonsets(world: World, names: Iterable[str]) -> tuple[Identity, ...]:
    """Return the DaemonSets of the given names, `name` or `namespace/name`.

    Raises InputError with every name that no DaemonSet has, or several have.
    """
    found: list[Identity] = []
    problems: list[Problem] = []
    for name in names:
        fitting = [item.identity for item in world.daemonsets if name in (item.name, str(item.identity))]
        if len(fitting) == 1:
            found += fitting
        elif fitting:
            accepted = tuple(str(identity) for identity in fitting)
            problems.append(Problem(reason="Ambiguous", message="several DaemonSets", object=name, accepted=accepted))
        else:
            problems.append(Problem(reason="NotFound", message="no DaemonSet of this name", object=name))
    if problems:
        raise InputError.of(problems)
    return tuple(dict.fromkeys(found))


def restarted(world: World, names: Iterable[str]) -> World:
    """Return the world after `kubectl rollout restart` of the named DaemonSets: all their pods are out of date.

    Raises InputError as `find_daemonsets`.
    """
    chosen = set(find_daemonsets(world, names))
    anew = {item.identity: _restarted(item) for item in world.daemonsets if item.identity in chosen}
    if not anew:
        return world
    hashes = [entry for entry in world.state.hashes if entry.daemonset not in anew]
    hashes += [LearnedHash(daemonset=identity, hash=new_revision_hash(item)) for identity, item in anew.items()]
    state = msgspec.structs.replace(world.state, hashes=tuple(sorted(hashes, key=lambda entry: entry.daemonset)))
    return msgspec.structs.replace(replaced(world, anew), state=state)


def replaced(world: World, anew: Mapping[Identity, DaemonSet]) -> World:
    """Return the world with other versions of some DaemonSets."""
    daemonsets = tuple(anew.get(item.identity, item) for item in world.daemonsets)
    return msgspec.structs.replace(world, daemonsets=daemonsets)


def with_strategy(daemonset: DaemonSet, strategy: UpdateStrategy) -> DaemonSet:
    """Return the DaemonSet with another updateStrategy."""
    spec = msgspec.structs.replace(daemonset.spec, update_strategy=strategy)
    return msgspec.structs.replace(daemonset, spec=spec)


def _restarted(daemonset: DaemonSet) -> DaemonSet:
    template = dict(daemonset.spec.template)
    metadata = dict(template.get("metadata") or {})
    annotations = dict(metadata.get("annotations") or {})
    annotations[RESTART_ANNOTATION] = f"{annotations.get(RESTART_ANNOTATION, '')}, again"
    template["metadata"] = {**metadata, "annotations": annotations}
    meta = msgspec.structs.replace(daemonset.metadata, generation=daemonset.metadata.generation + 1)
    number = template_generation(daemonset)
    if number is not None:
        raised = {**meta.annotations, TEMPLATE_GENERATION_ANNOTATION: str(int(number) + 1)}
        meta = msgspec.structs.replace(meta, annotations=raised)
    spec = msgspec.structs.replace(daemonset.spec, template=template)
    return msgspec.structs.replace(daemonset, spec=spec, metadata=meta)
