"""How a host is to behave."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from ..errors import InputError, Problem
from ..model.meta import Identity
from ..model.names import is_dns_subdomain
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

    def __post_init__(self) -> None:
        """Raise InputError with everything that no host can work with."""
        problems = [
            Problem(reason="FieldValueInvalid", field=field, message=message, value=value)
            for field, value, message, wrong in self._limits()
            if wrong
        ]
        if problems:
            raise InputError.of(problems)

    def _limits(self) -> Iterator[tuple[str, object, str, bool]]:
        for field in ("requests_per_second", "writes_per_second", "deletions_a_minute", "batch", "read_timeout"):
            value = getattr(self, field)
            yield field, value, "must be greater than 0", value <= 0
        for field in ("namespace", "name"):
            value = getattr(self, field)
            yield field, value, "must be a name of a Kubernetes object", not is_dns_subdomain(value)
        yield "identity", self.identity, "must not be empty", not self.identity
        terms = self.terms
        yield "terms", terms, "must have 0 < retry < renew_deadline < duration", not terms.are_sound
