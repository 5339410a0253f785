"""One pass of the controller against a recorded one.

Held by these records: C1, C6, C9-C12, M1-M23, R1-R28, R31, H1, H8-H12, S1-S11.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec

from dsplan.diff import Action, ActionReason, Stage
from dsplan.manifests.decode import decode
from dsplan.model.meta import Identity
from dsplan.model.state import Backoff, Expectations, LearnedHash, State
from dsplan.model.world import World
from dsplan.passes import DaemonSetStep, step

Record = dict[str, Any]
_IDENTITY = Identity("DaemonSet", "default", "ds")
_COUNTERS = (
    "desired_number_scheduled",
    "current_number_scheduled",
    "number_misscheduled",
    "number_ready",
    "updated_number_scheduled",
    "number_available",
    "number_unavailable",
)
_LISTS = ("m_create", "m_delete", "ru_create", "ru_delete")
_OPTIONAL_LISTS = ("adopted", "released", "relabelled", "rev_created", "rev_updated", "rev_deleted")


def check(record: Record) -> list[str]:
    """Return what differs from the recorded decision, field by field."""
    world, now = world_of(record)
    entry = step(world, now=now).daemonsets[0]
    got, want = outcome(entry), record["out"]
    problems = [
        f"{field}: expected {want.get(field)!r}, got {got.get(field)!r}"
        for field in ("hash", "status", "status_written", "observedGeneration", "ru_ran")
        if field in want and got[field] != want[field] and got[field] is not None
    ]
    for field in _LISTS:
        problems += _compare_list(field, got[field], want.get(field), record.get("vary", {}).get(field))
    for field in _OPTIONAL_LISTS:
        if sorted(got[field]) != sorted(want.get(field) or []):
            problems.append(f"{field}: expected {sorted(want.get(field) or [])}, got {sorted(got[field])}")
    if bool(want.get("err")) != bool(entry.error):
        problems.append(f"err: expected {want.get('err')!r}, got {entry.error!r}")
    return problems + _compare_created(entry, want)


def _compare_list(field: str, got: list[str], want: list[str] | None, vary: Record | None) -> list[str]:
    if want is not None:
        return [] if sorted(got) == sorted(want) else [f"{field}: expected {sorted(want)}, got {sorted(got)}"]
    if vary is None:
        return [f"{field}: neither a list nor how it varies was recorded"]
    problems = []
    if len(got) != vary["n"] or len(set(got)) != len(got):
        problems.append(f"{field}: expected {vary['n']} of them, got {len(got)}")
    if missing := set(vary.get("always") or ()) - set(got):
        problems.append(f"{field}: never without {sorted(missing)}")
    return problems


def _compare_created(entry: DaemonSetStep, want: Record) -> list[str]:
    fields = ("created_labels", "created_tolerations", "created_affinity_one")
    if not any(field in want for field in fields):
        return []
    created = next((action for action in entry.actions if action.blueprint is not None), None)
    if created is None:
        return ["no pod is created"]
    body = created.body
    assert body is not None
    pinned = msgspec.json.decode(msgspec.json.encode(body["spec"]["affinity"]))
    terms = pinned["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]
    terms[0]["matchFields"][0]["values"] = [
        value.replace(created.node, "<node>") for value in terms[0]["matchFields"][0]["values"]
    ]
    got = dict(zip(fields, (body["metadata"]["labels"], body["spec"]["tolerations"], pinned), strict=True))
    return [
        f"{field}: expected {want[field]!r}, got {got[field]!r}"
        for field in fields
        if want.get(field, got[field]) != got[field]
    ]


def outcome(entry: DaemonSetStep) -> Record:
    """Return what a pass decided, in the words of the records; a pass that ended early leaves the status as it was."""
    status = entry.status if entry.status_written and entry.status else entry.daemonset.status
    return {
        "hash": entry.observed.history.hash if entry.observed else None,
        "status": [getattr(entry.status or entry.daemonset.status, counter) for counter in _COUNTERS],
        "status_written": entry.status_written,
        "observedGeneration": status.observed_generation,
        "ru_ran": entry.rolling_update_ran,
        "m_create": [a.node for a in _pods(entry, "create", Stage.MANAGE)],
        "m_delete": [a.name for a in _pods(entry, "delete", Stage.MANAGE)],
        "ru_create": [a.node for a in _pods(entry, "create", Stage.ROLLING_UPDATE)],
        "ru_delete": [a.name for a in _pods(entry, "delete", Stage.ROLLING_UPDATE)],
        "adopted": [a.name for a in entry.actions if a.reason is ActionReason.ADOPTED],
        "released": [a.name for a in entry.actions if a.reason is ActionReason.RELEASED],
        "relabelled": [a.name for a in entry.actions if a.reason is ActionReason.RELABELLED],
        **_revisions(entry),
    }


def _pods(entry: DaemonSetStep, verb: str, stage: Stage) -> list[Action]:
    return [action for action in entry.actions if (action.kind, action.verb, action.stage) == ("Pod", verb, stage)]


def _revisions(entry: DaemonSetStep) -> Record:
    changes = [action for action in entry.actions if action.kind == "ControllerRevision"]
    return {
        "rev_created": [f"{a.name}@{a.change['revision']}" for a in changes if a.verb == "create"],
        "rev_updated": [f"{a.name}@{a.change['revision']}/{a.change['hash']}" for a in changes if a.verb == "update"],
        "rev_deleted": [a.name for a in changes if a.verb == "delete"],
    }


def world_of(record: Record) -> tuple[World, datetime]:
    """Return the world and the moment of a record."""
    now = datetime.fromisoformat(record["now"])
    daemonset = named(record["daemonset"])
    trees = [{"kind": "DaemonSet", **daemonset}]
    trees += [{"kind": "Node", **node} for node in record["nodes"]]
    trees += [{"kind": "Pod", **_in_default(pod)} for pod in record["pods"]]
    trees += [{"kind": "ControllerRevision", **revision} for revision in _given_revisions(record, daemonset)]
    return decode(trees, state=_state(record, daemonset, now)), now


def named(daemonset: Record) -> Record:
    """Return the DaemonSet with the name, namespace and uid that records leave out."""
    metadata = {"name": "ds", "namespace": "default", "uid": "ds-uid", **daemonset.get("metadata", {})}
    return {**daemonset, "metadata": metadata}


def _in_default(item: Record) -> Record:
    return {**item, "metadata": {"namespace": "default", **item.get("metadata", {})}}


def _given_revisions(record: Record, daemonset: Record) -> list[Record]:
    """Return the revisions of a record; one without any gives dsplan the hash by way of State (H6)."""
    template = daemonset["spec"]["template"]
    return [
        {**_in_default(entry), "data": _data(template if entry.get("match") else _another_template(number))}
        for number, entry in enumerate(record.get("controllerRevisions") or ())
    ]


def _another_template(number: int) -> Record:
    return {"metadata": {"labels": {"other": str(number)}}}


def _data(template: Record) -> Record:
    return {"spec": {"template": {**template, "$patch": "replace"}}}


def _state(record: Record, daemonset: Record, now: datetime) -> State:
    backoffs = []
    generation = daemonset.get("status", {}).get("observedGeneration", 0)
    for node, deletions in (record.get("backoff") or {}).items():
        delay, last = 0.0, None
        for ago in sorted(deletions, reverse=True):
            moment = now - timedelta(seconds=ago)
            idle = last is not None and (moment - last).total_seconds() > 1800
            delay = 1.0 if last is None or idle else min(delay * 2, 900.0)
            last = moment
        if last is not None:
            backoffs.append(
                Backoff(
                    daemonset_uid="ds-uid", observed_generation=generation, node=node, delay=delay, last_deletion=last
                )
            )
    pending = record.get("pendingExpectations")
    expectations = (
        (Expectations(daemonset=_IDENTITY, creates=pending[0], deletes=pending[1], since=now),) if pending else ()
    )
    hashes = (LearnedHash(daemonset=_IDENTITY, hash=record["out"]["hash"]),) if record["out"].get("hash") else ()
    return State(backoffs=tuple(backoffs), expectations=expectations, hashes=hashes)
