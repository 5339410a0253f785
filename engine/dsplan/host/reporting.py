"""Events about DaemonSets, as kubectl describe shows them."""

from __future__ import annotations

from ..model.meta import Identity
from .api import Api, Unanswered
from .kinds import path_of
from .records import Audit, Record, RecordKind
from .writes import told

__all__ = ["Reporter"]

_LONGEST = 1000


class Reporter:
    """Records Events in the cluster and in the audit log."""

    def __init__(self, api: Api, audit: Audit) -> None:
        self._api = api
        self._clock = api.clock
        self._audit = audit

    async def report(self, daemonset: Identity, type_of_event: str, reason: str, message: str) -> None:
        """Record an Event about a DaemonSet. Trouble is told and otherwise ignored: an Event decides nothing."""
        now = self._clock.now()
        self._audit(
            Record(at=now, kind=RecordKind.EVENT, daemonset=str(daemonset), reason=reason, message=message[:_LONGEST])
        )
        stamp = now.strftime("%Y-%m-%dT%H:%M:%SZ")
        event = {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"generateName": f"{daemonset.name[:50]}-", "namespace": daemonset.namespace},
            "involvedObject": {
                "apiVersion": "apps/v1",
                "kind": "DaemonSet",
                "namespace": daemonset.namespace,
                "name": daemonset.name,
            },
            "type": type_of_event,
            "reason": reason,
            "message": message[:_LONGEST],
            "source": {"component": "dsplan"},
            "firstTimestamp": stamp,
            "lastTimestamp": stamp,
            "count": 1,
        }
        try:
            answer = await self._api.request("POST", path_of("Event", daemonset.namespace), event)
            if answer[0] >= 300:
                self._tell(RecordKind.TROUBLE, f"an Event was not taken: {told(answer)}"[:500])
        except Unanswered as error:
            self._tell(RecordKind.TROUBLE, f"an Event was not taken: {error}"[:500])

    def _tell(self, kind: RecordKind, message: str) -> None:
        self._audit(Record(at=self._clock.now(), kind=kind, message=message))
