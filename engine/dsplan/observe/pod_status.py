"""What a pod's own status says of why it does not run, in a few words that a terminal can be given."""

from __future__ import annotations

from collections.abc import Iterator

from ..errors import printable
from ..model.pod import ContainerStatus, Pod

__all__ = ["LONGEST", "status_words"]

LONGEST = 240
"""Characters of one message; what is longer is cut, and ends in three dots."""


def status_words(pod: Pod) -> tuple[str, ...]:
    """Return what the status of a pod says, a line for the pod and for each container that does not simply run.

    Waiting and scheduling messages are escaped and cut. Messages of containers that ended are not read at all.

    >>> from dsplan.model.pod import ContainerState, ContainerWaiting, PodStatus
    >>> waiting = ContainerState(waiting=ContainerWaiting(reason="CrashLoopBackOff", message="back-off 5m0s"))
    >>> status = PodStatus(container_statuses=(ContainerStatus(name="agent", restart_count=7, state=waiting),))
    >>> status_words(Pod(status=status))
    ('container agent: waiting, CrashLoopBackOff (back-off 5m0s); restarted 7 times',)
    """
    return (*_of_the_pod(pod), *_of_containers(pod))


def _of_the_pod(pod: Pod) -> Iterator[str]:
    if pod.status.reason:
        yield f"reason: {_short(pod.status.reason)}"
    for condition in pod.status.conditions:
        if condition.type == "PodScheduled" and condition.status == "False" and not pod.spec.node_name:
            yield "not scheduled: " + _short(condition.message or condition.reason or "no reason is given")


def _of_containers(pod: Pod) -> Iterator[str]:
    for kind, statuses in (
        ("init container", pod.status.init_container_statuses),
        ("container", pod.status.container_statuses),
    ):
        for status in statuses:
            said = list(_of_a_container(status))
            if said:
                yield f"{kind} {_short(status.name)}: " + "; ".join(said)


def _of_a_container(status: ContainerStatus) -> Iterator[str]:
    state, last = status.state, status.last_state
    if state is not None and state.waiting is not None and state.waiting.reason:
        message = f" ({_short(state.waiting.message)})" if state.waiting.message else ""
        yield f"waiting, {_short(state.waiting.reason)}{message}"
    for words, entry in (("ended", state), ("ended before", last)):
        if entry is not None and entry.terminated is not None and entry.terminated.reason not in ("", "Completed"):
            code = "" if entry.terminated.exit_code is None else f" with exit code {entry.terminated.exit_code}"
            yield f"{words}{code}, {_short(entry.terminated.reason)}"
    if status.restart_count:
        yield f"restarted {status.restart_count:,} time{'s' * (status.restart_count > 1)}"


def _short(text: str) -> str:
    safe = printable(" ".join(text[: 2 * LONGEST].split()))
    return safe if len(safe) <= LONGEST else safe[: LONGEST - 3] + "..."
