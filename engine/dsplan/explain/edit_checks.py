"""Edits are judged as manifests are: what an API server would refuse of the objects that they make."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from ..apiserver.updates import update_problems
from ..errors import Problem
from ..model.daemonset import DaemonSet
from ..model.world import World

__all__ = ["refused_edits"]


def refused_edits(before: World, after: World) -> tuple[Problem, ...]:
    """Return what an API server has against the DaemonSets that edits have changed, but not what was so before.

    >>> from dsplan.testing import a_daemonset
    >>> before, after = (World(daemonsets=(a_daemonset(max_unavailable=amount),)) for amount in (1, "x"))
    >>> [problem.field for problem in refused_edits(before, after)]
    ['spec.updateStrategy.rollingUpdate.maxUnavailable', 'spec.updateStrategy.rollingUpdate.maxUnavailable']
    """
    known = {daemonset.identity: daemonset for daemonset in before.daemonsets}
    return tuple(
        msgspec.structs.replace(problem, object=f"DaemonSet {daemonset.identity}")
        for daemonset in after.daemonsets
        if (old := known.get(daemonset.identity)) is not None and old is not daemonset
        for problem in _refused(old, daemonset)
    )


def _refused(before: DaemonSet, after: DaemonSet) -> Iterator[Problem]:
    yield from update_problems(before, after)
    known = {str(problem) for problem in _judged(before)}
    yield from (problem for problem in _judged(after) if str(problem) not in known)


def _judged(daemonset: DaemonSet) -> list[Problem]:
    from ..apiserver.validation import validate

    tree: dict[str, Any] = msgspec.to_builtins(daemonset)
    return validate({**tree, "apiVersion": "apps/v1", "kind": "DaemonSet"})
