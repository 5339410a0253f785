"""The plan of a DaemonSet whose updates are a policy's."""

from __future__ import annotations

import msgspec

from ..policies.plan_types import PolicyPlan
from .plan import DaemonSetPlan, Held, HeldReason

__all__ = ["governed_plan"]


def governed_plan(entry: DaemonSetPlan, policies: PolicyPlan) -> DaemonSetPlan:
    """Return the plan of a DaemonSet with the policies' waves in its summary, and their reasons in what is held."""
    if not policies.enforces(entry.identity):
        return entry
    held = {waiting for waiting in entry.held if waiting.reason not in (HeldReason.ON_DELETE, HeldReason.STALLED)}
    held |= {
        Held(node, HeldReason.POLICY, waiting.text)
        for waiting in policies.held
        if waiting.daemonset == entry.identity and waiting.blocks
        for node in waiting.nodes
    }
    update, waves = policies.share(entry.identity)
    blocked = {waiting.node for waiting in held}
    blocked.update(policies.index.names[position] for part in entry.impossible for position in part.nodes)
    summary = msgspec.structs.replace(entry.summary, update=update, waves=waves, blocked=len(blocked))
    return msgspec.structs.replace(entry, held=tuple(sorted(held)), summary=summary)
