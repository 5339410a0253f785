"""Who acts: a Lease of coordination.k8s.io, taken, renewed, watched for running out, and given back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from .answers import ApiError
from .api import Api, Unanswered
from .kinds import path_of

__all__ = ["Lease", "LeaseTerms"]


class LeaseTerms(msgspec.Struct, frozen=True):
    """How long a Lease holds, until when its holder may write, and how often it is renewed; seconds.

    A write takes at most `write_timeout`, so that the last one has ended before anybody else can take the Lease.
    """

    duration: float = 15.0
    renew_deadline: float = 10.0
    retry: float = 2.0

    @property
    def are_sound(self) -> bool:
        """Whether each comes before the next: a renewal, the end of writing, the end of the Lease."""
        return 0 < self.retry < self.renew_deadline < self.duration

    @property
    def write_timeout(self) -> float:
        """The longest that a write may take: shorter than what is left when no write may begin any more."""
        return 0.8 * (self.duration - self.renew_deadline)


class Lease:
    """One Lease, as one host sees it. It does not fence by itself: see `StateStore`.

    Another's Lease is only taken when it was seen unchanged for its whole duration on this machine's monotonic clock:
    the clocks of two machines are not compared.
    """

    def __init__(self, api: Api, namespace: str, name: str, identity: str, terms: LeaseTerms) -> None:
        self._api = api
        self._namespace, self._name = namespace, name
        self._identity = identity
        self._terms = terms
        self._tree: dict[str, Any] = {}
        self._seen: tuple[str, float] = ("", 0.0)
        self.holder = ""
        self.may_write_until = float("-inf")

    @property
    def held(self) -> bool:
        """Whether a write may begin at this moment."""
        return self._api.clock.monotonic() < self.may_write_until

    async def try_hold(self) -> bool:
        """Take the Lease or renew it; return whether it is held. Raises ApiError and Unanswered."""
        began = self._api.clock.monotonic()
        if not self._tree or not self.held:
            try:
                self._tree = await self._api.get(path_of("Lease", self._namespace, self._name))
            except ApiError as error:
                if error.status != 404:
                    raise
                self._tree = {}
            if not self._free(began):
                return False
        try:
            self._tree = await self._write()
        except ApiError as error:
            self._tree = {}
            if error.status in (404, 409):
                return False
            raise
        self.holder = self._identity
        self.may_write_until = began + self._terms.renew_deadline
        return True

    async def give_back(self) -> None:
        """Let go of the Lease, so that the next host need not wait. Trouble is ignored: it runs out by itself."""
        if not self.held:
            return
        self.may_write_until = float("-inf")
        spec = {**self._spec(), "holderIdentity": "", "leaseDurationSeconds": 1}
        try:
            await self._api.write("PUT", self._path(), {**self._tree, "spec": spec})
        except (ApiError, Unanswered):
            self._tree = {}

    def _free(self, now: float) -> bool:
        """Return whether nobody else holds the Lease that was just read."""
        spec = self._tree.get("spec") or {}
        self.holder = str(spec.get("holderIdentity") or "")
        if not self._tree or self.holder in ("", self._identity):
            return True
        record = str(self._tree["metadata"].get("resourceVersion"))
        if record != self._seen[0]:
            self._seen = record, now
        return now - self._seen[1] >= float(spec.get("leaseDurationSeconds") or self._terms.duration)

    async def _write(self) -> dict[str, Any]:
        if self._tree:
            return await self._api.write("PUT", self._path(), {**self._tree, "spec": self._spec()})
        metadata = {"name": self._name, "namespace": self._namespace}
        tree = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": metadata, "spec": self._spec()}
        return await self._api.write("POST", path_of("Lease", self._namespace), tree)

    def _spec(self) -> dict[str, Any]:
        known = self._tree.get("spec") or {}
        now = _micro_time(self._api.clock.now())
        spec = {**known, "leaseDurationSeconds": round(self._terms.duration), "renewTime": now}
        if known.get("holderIdentity") != self._identity:
            transitions = int(known.get("leaseTransitions") or 0) + bool(self._tree)
            spec |= {"holderIdentity": self._identity, "acquireTime": now, "leaseTransitions": transitions}
        return spec

    def _path(self) -> str:
        return path_of("Lease", self._namespace, self._name)


def _micro_time(now: datetime) -> str:
    """Return a time with the six digits that a Lease needs."""
    return now.strftime("%Y-%m-%dT%H:%M:%S.%f") + "Z"
