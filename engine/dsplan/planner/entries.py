"""The plan of each DaemonSet: the pass with what the scheduler makes of it, and the account of both."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

import msgspec
from pyroaring import BitMap

from ..apiserver.admission import Quotas, Refusal
from ..diff.order import sick_nodes
from ..eligibility import exclusions
from ..model.meta import Identity
from ..model.pod import Pod
from ..model.world import World
from ..observe import PodFact
from ..passes.step_types import DaemonSetStep, Step
from ..placement.filters.created import Templates
from ..placement.filters.growth import asks_more
from ..placement.filters.outcomes import OutcomeKind
from ..placement.scheduler.prediction import DaemonSetPrediction, Prediction
from .account.build import Basis, account_of
from .account.governed import waves_by_daemonset
from .account.situation import Played
from .plan import DaemonSetPlan

if TYPE_CHECKING:
    from ..policies.plan_types import PolicyPlan

__all__ = ["Predicted", "entries_of", "needs_room_later"]

_UPDATED, _TERMINATING = int(PodFact.UPDATED), int(PodFact.TERMINATING)


class Predicted(msgspec.Struct, frozen=True):
    """What the scheduler makes of the next pass and, where that may be another, of the whole roll-out.

    `unknown` nodes tell nothing of their room.
    """

    now: Prediction
    later: Prediction | None
    unknown: BitMap

    def of(self, identity: Identity) -> tuple[DaemonSetPrediction, ...]:
        """Return the predictions for one DaemonSet."""
        later = (self.later.of(identity),) if self.later is not None else ()
        return (self.now.of(identity), *later)


def entries_of(
    whole: Step,
    predicted: Predicted,
    policies: PolicyPlan | None,
    played: Mapping[Identity, Played] | None = None,
) -> tuple[DaemonSetPlan, ...]:
    """Return the plans of all DaemonSets; `played` is what simulations have shown."""
    basis = Basis(
        index=whole.index,
        now=whole.now,
        unknown=predicted.unknown,
        unready=sick_nodes(whole.index),
        policies=policies,
        waves=waves_by_daemonset(policies) if policies is not None else {},
        ousted=_ousted(whole, predicted),
    )
    return tuple(_entry(entry, predicted, basis, (played or {}).get(entry.identity)) for entry in whole.daemonsets)


def _entry(entry: DaemonSetStep, predicted: Predicted, basis: Basis, played: Played | None) -> DaemonSetPlan:
    predictions = predicted.of(entry.identity)
    excluded = exclusions(entry.verdicts, basis.index) if entry.verdicts is not None else ()
    return DaemonSetPlan(
        step=entry,
        nodes=len(basis.index),
        account=account_of(entry, excluded, predictions, basis, played),
        exclusions=excluded,
        prediction=predictions[0],
        later=predictions[-1] if len(predictions) > 1 else None,
    )


def _ousted(whole: Step, predicted: Predicted) -> dict[Identity, tuple[tuple[Identity, BitMap], ...]]:
    """Return, by DaemonSet, which other DaemonSets' pods evict its own, and where (P2)."""
    known = {entry.identity for entry in whole.daemonsets}
    found: dict[Identity, dict[Identity, BitMap]] = defaultdict(dict)
    for prediction in (predicted.now, predicted.later):
        for part in prediction.daemonsets if prediction is not None else ():
            for fate in part.fates:
                if fate.outcome.kind is not OutcomeKind.EVICTS:
                    continue
                nodes = fate.nodes - predicted.unknown
                for holder in fate.outcome.holders if nodes else ():
                    if holder.owner in known:
                        here = found[holder.owner]
                        here[part.identity] = here.get(part.identity, BitMap()) | nodes
    return {victim: tuple(sorted(by.items(), key=lambda entry: entry[0])) for victim, by in found.items()}


def needs_room_later(world: World, whole: Step) -> bool:
    """Return whether some roll-out replaces pods in later passes by ones that may find no place."""
    templates: Templates | None = None
    quotas = Quotas(world.resource_quotas, ())
    for entry in whole.daemonsets:
        if entry.daemonset.spec.update_strategy.type != "RollingUpdate" or entry.observed is None:
            continue
        pods = _outdated_pods(entry, whole.index.names)
        first = next(pods, None)
        if first is None:
            continue
        templates = templates or Templates(world)
        if quotas and _is_limited(templates.of_daemonset(entry.daemonset), quotas):
            return True
        if asks_more(entry.daemonset, entry.observed.history.hash, _with(first, pods), templates):
            return True
    return False


def _is_limited(made: Pod | Refusal, quotas: Quotas) -> bool:
    return isinstance(made, Refusal) or quotas.counts(made)


def _with(first: Pod, rest: Iterator[Pod]) -> Iterator[Pod]:
    yield first
    yield from rest


def _outdated_pods(entry: DaemonSetStep, names: Iterable[str]) -> Iterator[Pod]:
    observed, named = entry.observed, list(names)
    for situation in observed.situations if observed is not None else ():
        if not any(not facts & (_UPDATED | _TERMINATING) for facts in situation.shape):
            continue
        for position in situation.nodes:
            yield from observed.groups[named[position]].pods if observed is not None else ()
