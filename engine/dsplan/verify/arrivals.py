"""Who is on which node once a pass has been carried out, and who wants to come (K4, C14)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from typing import NamedTuple

from .case import Around, Case
from .outcome import Outcome
from .pods import BOUND, FAILED, GOING, SUCCEEDED, UPDATED
from .trees import Form, Owner, Pod, Tree

__all__ = ["Arrival", "Scene", "owner_text", "priority_of"]

_ENDED = FAILED | SUCCEEDED
_LAST = float("inf")


class Arrival(NamedTuple):
    """A pod that wants to be on a node, in the order of the queue: priority, age, name. -1 is no DaemonSet's."""

    rank: tuple[int, float, str]
    daemonset: int
    form: Form
    created: bool


def priority_of(form: Form) -> int:
    """Return the priority of pods of a form (P1)."""
    return form.spec.get("priority") or 0


def owner_text(pod: Pod) -> str:
    """Return who a pod belongs to, itself where nobody owns it."""
    owner: Owner | None = pod.form.owner
    return f"{pod.form.namespace}/{owner[2] if owner else pod.name}"


class Scene:
    """`staying` and `arriving` by node; `refused` are nodes for which the API server creates no pod, by DaemonSet.

    Where a quota decides how many pods there are, those `beyond` it are the ones that the plan names.
    """

    def __init__(
        self,
        around: Around,
        entries: Sequence[tuple[int, Case, Outcome]],
        beyond: Mapping[int, Set[str]],
        *,
        rollout: bool = False,
    ) -> None:
        self.around, self.world, self.rollout = around, around.world, rollout
        self._beyond = {place: beyond[place] for place, case, _ in entries if self.created(case).get("limited")}
        self.arriving: dict[str, list[Arrival]] = defaultdict(list)
        self.refused: dict[int, set[str]] = defaultdict(set)
        self._leaving = {name for _, case, out in entries for name in _leaving(case, out, rollout)}
        self._queued: set[tuple[str, str]] = set()
        for place, case, out in entries:
            self._arrive(place, case, out)
        for pod in self.world.waiting:
            where = pod.nominated or pod.target
            if where and (pod.form.namespace, pod.name) not in self._queued:
                self.arriving[where].append(self._pending(pod, -1))

    def staying(self, node: str) -> list[Pod]:
        """Return the pods that hold room on a node after the pass."""
        return [pod for pod in self.world.bound.get(node, ()) if (pod.form.namespace, pod.name) not in self._leaving]

    def created(self, case: Case) -> Tree:
        """Return the admitted pod of a DaemonSet, or the refusal."""
        return self.world.admitted[case.namespace, case.name]

    def _pending(self, pod: Pod, daemonset: int) -> Arrival:
        self._queued.add((pod.form.namespace, pod.name))
        rank = -priority_of(pod.form), pod.created.timestamp() if pod.created.year > 1 else 0.0, _full_name(pod)
        return Arrival(rank, daemonset, pod.form, created=False)

    def _arrive(self, place: int, case: Case, out: Outcome) -> None:
        given = self.created(case)
        creating = {node for node, *_ in out.creates}
        arrival = None
        if "pod" in given:
            form = self.world.form_of(given["pod"], (case.namespace, "DaemonSet", case.name, case.uid))
            rank = -priority_of(form), _LAST, f"{case.namespace}/{case.name}"
            arrival = Arrival(rank, place, form, created=True)
        for (letter, shape), nodes in case.situations.items():
            steady = len(shape) == 1 and shape[0] & BOUND and not shape[0] & (GOING | _ENDED)
            doubles = self.rollout and out.surge and not any(facts & UPDATED for facts in shape)
            for node in nodes if letter in "RKD" else ():
                pods = case.groups[node][0] if shape else ()
                if (
                    steady
                    and not doubles
                    and node not in creating
                    and (case.namespace, pods[0].name) not in self._leaving
                ):
                    continue
                left = [
                    pod
                    for pod, facts in zip(pods, shape, strict=True)
                    if not facts & (GOING | _ENDED) and (case.namespace, pod.name) not in self._leaving
                ]
                own = place if letter == "R" else -1
                self.arriving[node] += [self._pending(pod, own) for pod in left if not pod.node]
                if letter == "R" and (not left or node in creating or doubles):
                    self._come(place, node, arrival)

    def _come(self, place: int, node: str, arrival: Arrival | None) -> None:
        if arrival is None or node in self._beyond.get(place, ()):
            self.refused[place].add(node)
        else:
            self.arriving[node].append(arrival)


def _full_name(pod: Pod) -> str:
    return f"{pod.form.namespace}/{pod.name}"


def _leaving(case: Case, out: Outcome, rollout: bool) -> Iterator[tuple[str, str]]:
    yield from ((case.namespace, pod) for _, pod, _ in out.deletes)
    if rollout and case.strategy == "RollingUpdate" and not out.surge:
        for pods, shape in case.groups.values():
            yield from (
                (case.namespace, pod.name) for pod, facts in zip(pods, shape, strict=True) if not facts & UPDATED
            )
