"""How a host is to behave."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from ..model.meta import Identity
from ..model.policy import RolloutPolicy
from ..reconciler import CurrentPlan
from .lease import LeaseTerms

__all__ = ["HostOptions"]


class HostOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Where State and Lease are kept, on whom to act, and how fast.

    `namespace` and `name`: of the ConfigMap with the State and of the Lease. `identity` names this process; a process
    that goes on for a dead one under the same identity need not wait for its Lease.

    `daemonsets`: on whom to act, None for all whose actions are the host's. `replaces_controller`: carry out what the
    real controller would do, too, for every DaemonSet; refused where that controller runs, as is a policy with
    `owner: Host`, unless `controller_is_off` says that it does not look after them.

    `policies`: those to follow in place of the RolloutPolicies in the cluster. `leads`: whether to hold a Lease.
    `evicts`: delete through the eviction API, so that PodDisruptionBudgets hold; never falls back to deleting.

    `requests_per_second`, `writes_per_second` and `deletions_a_minute` are upper limits. `batch` writes at most are
    issued together. `finished` ends the host when it says so of the plan with nothing left to send.
    """

    namespace: str = "default"
    name: str = "dsplan"
    identity: str
    daemonsets: frozenset[Identity] | None = None
    replaces_controller: bool = False
    controller_is_off: bool = False
    policies: tuple[RolloutPolicy, ...] | None = None
    leads: bool = True
    evicts: bool = False
    terms: LeaseTerms = LeaseTerms()
    requests_per_second: float = 50.0
    writes_per_second: float = 20.0
    deletions_a_minute: int = 600
    batch: int = 50
    read_timeout: float = 60.0
    streams_lists: bool = True
    finished: Callable[[CurrentPlan], bool] | None = None
