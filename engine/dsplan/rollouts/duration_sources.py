"""Where durations come from: the user, the node's labels, a RolloutPolicy, what was measured, what is assumed.

In this order of trust. A NodePool's `durations` become labels of its nodes; anybody may put the same labels on a node:
`dsplan.dev/create-seconds`, `dsplan.dev/ready-seconds`, `dsplan.dev/terminate-seconds`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from ..model.daemonset import DaemonSet
from ..model.durations import parse_duration
from ..model.meta import Identity
from ..model.node import DURATION_LABELS, Node
from ..model.world import World
from ..policies.targets import governing
from ..simulator.durations import DEFAULT_GRACE_SECONDS, SEED_DURATIONS, Durations, Spread
from .measure import FEW, Measured, measure

__all__ = ["DurationSources", "Overrides", "duration_sources"]

_SECONDS = re.compile(r"[0-9]{1,9}(\.[0-9]{1,6})?")


class Overrides(msgspec.Struct, frozen=True, kw_only=True):
    """Durations in seconds as the user gives them; None is not given."""

    react: float | None = None
    create: float | None = None
    ready: float | None = None
    terminate: float | None = None
    between: float | None = None


class DurationSources:
    """How long things take for each DaemonSet and node; `tail` takes the 95th percentile where it was measured.

    >>> durations_for = duration_sources(World(), Overrides(ready=20))
    >>> durations_for(None, None).ready, durations_for(None, None).create
    (20.0, 1.0)
    """

    def __init__(
        self,
        overrides: Overrides,
        measured: Mapping[Identity, Measured],
        policies: Mapping[Identity, Mapping[str, float]] = {},
        *,
        tail: bool = False,
    ) -> None:
        self._overrides = overrides
        self._measured = {identity: entry for identity, entry in measured.items() if entry.pods >= FEW}
        self._few = {identity: entry.pods for identity, entry in measured.items() if entry.pods < FEW}
        self._policies = policies
        self._tail = tail
        self._known: dict[tuple[Identity | None, tuple[str | None, ...]], Durations] = {}

    def __call__(self, daemonset: Identity | None, node: Node | None) -> Durations:
        """Return the durations of a DaemonSet's pods on a node."""
        said = tuple(None if node is None else node.labels.get(label) for label in DURATION_LABELS.values())
        found = self._known.get((daemonset, said))
        if found is None:
            found = self._known[daemonset, said] = self._durations(
                daemonset, dict(zip(DURATION_LABELS, said, strict=True))
            )
        return found

    @property
    def tail(self) -> DurationSources:
        """The same for the slow ones."""
        return DurationSources(self._overrides, self._measured, self._policies, tail=True)

    @property
    def has_tail(self) -> bool:
        """Whether anything that was measured varies, and matters."""
        return self._overrides.ready is None and any(
            entry.ready.median < entry.ready.p95
            for identity, entry in self._measured.items()
            if "ready" not in self._policies.get(identity, ())
        )

    def notes(self, daemonset: DaemonSet) -> tuple[str, ...]:
        """Return where each duration of a DaemonSet comes from."""
        overrides, lines = self._overrides, []
        durations = self(daemonset.identity, None)
        by_policy = self._policies.get(daemonset.identity, {})
        for name in ("react", "create", "ready", "terminate", "between"):
            if getattr(overrides, name) is not None:
                lines.append(f"{name} {_text(getattr(overrides, name))}: as given")
            elif name in by_policy:
                lines.append(f"{name} {_text(by_policy[name])}: as its policy says")
            elif name == "ready" and (measured := self._measured.get(daemonset.identity)):
                spread = measured.ready
                tail = f"; p95 {_text(spread.p95)}" if spread.p95 > spread.median else ""
                lines.append(f"ready {_text(spread.median)} (median of {measured.pods:,} pods{tail})")
            elif name == "terminate":
                grace = daemonset.pod.spec.termination_grace_period_seconds
                lines.append(f"terminate {_text(DEFAULT_GRACE_SECONDS if grace is None else grace)}: the grace period")
            elif getattr(durations, name):
                few = self._few.get(daemonset.identity, 0) if name == "ready" else 0
                learned = f", since only {few} pod{'s' * (few > 1)} could be learned from" if few else ""
                lines.append(f"{name} {_text(getattr(durations, name))}: assumed{learned}")
        return tuple(lines)

    def _durations(self, daemonset: Identity | None, said: Mapping[str, str | None]) -> Durations:
        values: dict[str, float | None] = {}
        measured = None if daemonset is None else self._measured.get(daemonset)
        if measured is not None:
            values["ready"] = _of(measured.ready, tail=self._tail)
        if daemonset is not None:
            values.update(self._policies.get(daemonset, {}))
        for name, text in said.items():
            if text is not None and _SECONDS.fullmatch(text):
                values[name] = float(text)
        for name in ("react", "create", "ready", "terminate", "between"):
            given = getattr(self._overrides, name)
            if given is not None:
                values[name] = float(given)
        return msgspec.structs.replace(SEED_DURATIONS, **values)


def duration_sources(world: World, overrides: Overrides = Overrides()) -> DurationSources:  # noqa: B008
    """Return the durations of a world: as given, else by node label, else by policy, else measured, else assumed."""
    return DurationSources(overrides, measure(world.pods), _by_policy(world))


def _by_policy(world: World) -> dict[Identity, dict[str, float]]:
    """Return what policies say of their targets' pods; where two say something, the slower one counts."""
    found: dict[Identity, dict[str, float]] = {}
    for entry in governing(world.rollout_policies, world.daemonsets).governed if world.rollout_policies else ():
        said = found.setdefault(entry.daemonset, {})
        for policy in entry.policies:
            for name in policy.spec.durations.__struct_fields__:
                text = getattr(policy.spec.durations, name)
                seconds = parse_duration(text) if text else None
                if seconds is not None:
                    said[name] = max(said.get(name, 0.0), seconds)
    return found


def _of(spread: Spread, *, tail: bool) -> float:
    return spread.p95 if tail else spread.median


def _text(seconds: float) -> str:
    return f"{round(seconds, 1 if seconds < 10 else 0):,.15g} s"
