"""A plan whose roll-outs were played to their end: what stalls, where, and what the account says then."""

from __future__ import annotations

import msgspec
from pyroaring import BitMap

from ..eligibility import NodeIndex
from ..model.world import World
from ..passes.forecast import Rollout, WaveRun
from ..passes.observer import NO_OBSERVER, Observer, during
from ..passes.step_types import Step
from ..placement.impossible import room_unknown
from ..placement.scheduler.prediction import Prediction
from ..rollouts.forecast import expected_stalls
from ..rollouts.stall_types import Stall, StallKind
from .account.situation import Never, Played
from .account.words import End
from .entries import Predicted, entries_of
from .plan import Plan

__all__ = ["foreseen"]

_NEVER = {"Pending": End.UNPLACED, "Refused": End.REFUSED}
_DECIDED = (StallKind.ON_DELETE, StallKind.POLICY)


def foreseen(plan: Plan, world: World, observer: Observer = NO_OBSERVER) -> Plan:
    """Return the plan with its roll-outs played to their end, where they may not get there.

    `world` is the one the plan was made for. Without anything out of date the plan stays as it is, but for being
    `foreseen`.
    """
    if not any(entry.rollout.nodes or entry.rollout.stalled for entry in plan.daemonsets):
        return msgspec.structs.replace(plan, foreseen=True)
    with during(observer, "looking for stalls"):
        stalls, unplayed = expected_stalls(world, now=plan.now)
    told = {stall.identity: stall for stall in stalls}
    found = {
        entry.identity: _played(entry.rollout, told[entry.identity], plan.index)
        for entry in plan.daemonsets
        if entry.identity in told and told[entry.identity].kind not in _DECIDED
    }
    entries = entries_of(_step_of(plan), _predicted(plan), plan.policies, found) if found else plan.daemonsets
    return msgspec.structs.replace(plan, daemonsets=entries, stalls=stalls, unplayed=unplayed, foreseen=True)


def _played(rollout: Rollout, stall: Stall, index: NodeIndex) -> Played:
    """Return what a simulation has shown: how far the roll-out goes, and whose new pod finds no place or fails."""
    nodes: dict[tuple[End, str], list[int]] = {}
    for item in stall.blockers:
        if item.why in _NEVER and item.node in index.ids:
            nodes.setdefault((_NEVER[item.why], item.detail or "no room"), []).append(index.ids[item.node])
    never = tuple(Never(end, why, "", BitMap(ids)) for (end, why), ids in sorted(nodes.items()))
    fails = "new pods of this revision do not become ready" if stall.kind is StallKind.BROKEN_REVISION else ""
    whole = stall.kind is StallKind.PENDING
    return Played(rollout=rollout if whole else _stopped(rollout, stall), never=never, revision=fails)


def _stopped(rollout: Rollout, stall: Stall) -> Rollout:
    """Return a roll-out up to where it stops; nodes that keep an old pod are in no wave, unless a new one stands by."""
    begun = set(rollout.nodes[: rollout.waves[0].size]) if rollout.begins and rollout.waves else set()
    doubled = {item.node for item in stall.blockers} if stall.kind is StallKind.SURGE_BLOCKED else set()
    left = set(stall.left) - begun - (doubled & set(rollout.nodes))
    nodes = tuple(node for node in rollout.nodes if node not in left)
    return msgspec.structs.replace(
        rollout,
        nodes=nodes,
        waves=_without(rollout, left),
        leaving=tuple(node for node in rollout.leaving if node not in left),
        stalled=tuple(sorted(left)),
        blockers=tuple(sorted({item.node for item in stall.blockers})),
        halt=str(stall.kind),
        text=stall.text,
        played=True,
    )


def _without(rollout: Rollout, left: set[str]) -> tuple[WaveRun, ...]:
    """Return the waves without some nodes; what is left of a wave stays one."""
    runs: list[WaveRun] = []
    place = 0
    for run in rollout.waves:
        for _ in range(run.repeat):
            size = sum(node not in left for node in rollout.nodes[place : place + run.size])
            place += run.size
            if size:
                repeat = runs.pop().repeat + 1 if runs and runs[-1].size == size else 1
                runs.append(WaveRun(size, repeat))
    return tuple(runs)


def _step_of(plan: Plan) -> Step:
    steps = tuple(entry.step for entry in plan.daemonsets)
    return Step(now=plan.now, daemonsets=steps, index=plan.index, state=plan.state)


def _predicted(plan: Plan) -> Predicted:
    now = Prediction(daemonsets=tuple(entry.prediction for entry in plan.daemonsets if entry.prediction is not None))
    later = tuple(entry.later for entry in plan.daemonsets if entry.later is not None)
    return Predicted(now, Prediction(daemonsets=later) if later else None, room_unknown(plan.index))
