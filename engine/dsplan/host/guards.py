"""What is asked right before a pod is taken down: is enough left, is it still meant, does anybody else act here?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from ..constraints import Rule
from ..diff import Action, ActionReason
from ..errors import DsplanError, InputError
from ..model.daemonset import DaemonSet
from ..model.meta import Identity
from ..model.node import Node
from ..model.pod import Pod
from ..model.policy import RolloutPolicy
from ..reconciler import Reconciler, object_of
from .answers import ApiError
from .api import Api
from .counting import governs, wanted_nodes
from .floor import FRESH, Floor, Seen
from .intake import Intake
from .kinds import path_of
from .listing import list_all
from .options import HostOptions
from .ownership import hands_back
from .surroundings import controller_runs
from .tombstones import tombstone

__all__ = ["TAKES_DOWN", "Guards", "Refused"]

_NO_USE = 1.0
"""Seconds within which it is no use to list again."""
TAKES_DOWN = frozenset({ActionReason.OUTDATED, ActionReason.REPLACED})
"""Why pods go that may be serving."""

Basis = Mapping[tuple[str, str, str], Any]
"""What a decision rests on: spec and uid of DaemonSets and policies, by kind, namespace and name."""


class Refused(DsplanError):
    """What was asked of the host would do harm here; nothing was written."""


class Guards:
    """Looks at the cluster itself, beside what the Reconciler knows."""

    def __init__(
        self, api: Api, reconciler: Reconciler, intake: Intake, options: HostOptions, rules: tuple[Rule, ...]
    ) -> None:
        self._api, self._clock = api, api.clock
        self._reconciler, self._intake = reconciler, intake
        self._options = options
        self._rules = rules
        self._floor = Floor(options.deletions_a_minute)
        self._seen: Seen | None = None
        self._alone: set[Identity] = set()
        self._basis: Basis = {}
        self._looked: dict[Identity, float] = {}

    def decided(self) -> list[tuple[Identity, str]]:
        """Note on what the last decision rests; return whose roll-out was given back to the controller since."""
        before, self._basis = (
            self._basis,
            {
                (kind, item.metadata.namespace, item.metadata.name): (item.spec, item.metadata.uid)
                for kind in ("DaemonSet", "RolloutPolicy")
                for item in self._reconciler.known(kind)
            },
        )
        return list(self._handed_back(before))

    def forget(self) -> None:
        """Look anew before the next pod is taken down: what was planned was not done."""
        self._seen = None

    async def floored(self, action: Action) -> str:
        """Return why a pod must stay for now, empty where it may go; then it counts as gone.

        Raises ApiError and Unanswered where no fresh list is to be had.
        """
        now = self._clock.monotonic()
        why = self._floor.crowded(now)
        if not why and action.reason in TAKES_DOWN:
            seen = await self._fresh(FRESH)
            why = self._floor.refusal(action, seen, self._clock.now())
            if why and now - seen.at >= _NO_USE:
                # What came up since then is not in it: a younger list may say otherwise.
                why = self._floor.refusal(action, await self._fresh(_NO_USE), self._clock.now())
        if not why:
            self._floor.sent(action, self._clock.monotonic())
        return why

    async def _fresh(self, age: float) -> Seen:
        """Return a list of pods that is younger than so many seconds, with all that they are judged by."""
        now = self._clock.monotonic()
        if self._seen is not None and now - self._seen.at < age:
            return self._seen
        listed = await list_all(self._api, "Pod")
        pods = tuple(_pods(listed.objects))
        nodes: dict[str, Node] = {node.name: node for node in self._reconciler.known("Node")}
        daemonsets = {item.identity: item for item in self._reconciler.known("DaemonSet")}
        policies: tuple[RolloutPolicy, ...] = self._reconciler.known("RolloutPolicy")
        concerned = [item for item in daemonsets.values() if any(governs(policy, item) for policy in policies)]
        others = [item for item in daemonsets.values() if item not in concerned]
        wanted = wanted_nodes([*concerned, *others], list(nodes.values()), self._rules)
        self._seen = Seen(pods, daemonsets, policies, nodes, wanted, listed.began)
        return self._seen

    async def check_alone(self, batch: Iterable[Action]) -> None:
        """Refuse to do the controller's work where the controller does it, too: two pods on a node else."""
        touched = {action.daemonset for action in batch if action.kind == "Pod"} - self._alone
        replaced = {identity for identity in touched if self._is_by_host(identity)}
        if not replaced:
            return
        why = "" if self._options.controller_is_off else await controller_runs(self._api)
        if why:
            raise Refused(
                f"owner Host for {', '.join(map(str, sorted(replaced)))}: the real DaemonSet controller seems to run "
                f"here ({why}); switch it off for them and say so, or leave owner at Controller"
            )
        self._alone |= replaced

    async def second_thought(self, action: Action) -> str:
        """Return why an action has to be decided again, empty where its DaemonSet and policies still say so.

        Before a pod that may serve is taken down they are read each time, before other writes at most once a second.
        Raises ApiError and Unanswered.
        """
        identity, now = action.daemonset, self._clock.monotonic()
        if action.kind != "Pod":
            return ""
        if action.reason not in TAKES_DOWN and now - self._looked.get(identity, float("-inf")) < _NO_USE:
            return ""
        self._looked[identity] = now
        looks = [("DaemonSet", identity.namespace, identity.name)]
        ruling = [policy for policy in self._policies() if self._governs(policy, identity)]
        if self._options.policies is None:
            looks += [("RolloutPolicy", policy.metadata.namespace, policy.metadata.name) for policy in ruling]
        by_host = self._is_by_host(identity)
        for kind, namespace, name in looks:
            try:
                tree = await self._api.get(path_of(kind, namespace, name))
            except ApiError as error:
                if error.status != 404:
                    raise
                self._intake.observe(kind, "DELETED", tombstone(kind, namespace, name))
                return f"{kind} {namespace}/{name} is gone"
            self._intake.observe(kind, "MODIFIED", {"kind": kind, **tree})
            if kind == "DaemonSet" and not by_host and (why := hands_back(tree)):
                return why
            if self._text(kind, namespace, name) != self._basis.get((kind, namespace, name)):
                return f"{kind} {namespace}/{name} was changed"
        return ""

    def _is_by_host(self, identity: Identity) -> bool:
        """Return whether the host does the controller's work for a DaemonSet."""
        ruling = (policy for policy in self._policies() if self._governs(policy, identity))
        return self._options.replaces_controller or any(policy.spec.owner == "Host" for policy in ruling)

    def _text(self, kind: str, namespace: str, name: str) -> Any:
        """Return what is known of an object that decides something about roll-outs."""
        for item in self._reconciler.known(kind):
            if (item.metadata.namespace, item.metadata.name) == (namespace, name):
                return item.spec, item.metadata.uid
        return None

    def _policies(self) -> tuple[RolloutPolicy, ...]:
        found: tuple[RolloutPolicy, ...] = self._reconciler.known("RolloutPolicy")
        return found

    def _governs(self, policy: RolloutPolicy, identity: Identity) -> bool:
        daemonsets: tuple[DaemonSet, ...] = self._reconciler.known("DaemonSet")
        return any(item.identity == identity and governs(policy, item) for item in daemonsets)

    def _handed_back(self, before: Basis) -> Iterator[tuple[Identity, str]]:
        """Yield the DaemonSets whose roll-out somebody gave back to the controller, and what that means."""
        for item in self._reconciler.known("DaemonSet"):
            known = before.get(("DaemonSet", item.metadata.namespace, item.metadata.name))
            ruled = any(governs(policy, item) and policy.spec.owner != "Host" for policy in self._policies())
            if known is not None and ruled and known[0].update_strategy.type == "OnDelete":
                why = hands_back(msgspec.to_builtins(item))
                if why:
                    yield item.identity, why


def _pods(objects: Iterable[Any]) -> Iterable[Pod]:
    for tree in objects:
        try:
            found = object_of(tree, "Pod")
        except InputError:
            continue
        if isinstance(found, Pod):
            yield found
