"""What can be made to go wrong between a client and the stand-in."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from .wire import Answer, Request, json_answer, status, text_answer

__all__ = ["Fault", "Faults", "internal_error", "is_write", "throttled"]

Picks = Callable[[Request], bool]


class Fault(msgspec.Struct):
    """One misfortune for the next `times` requests that `picks` lets through (-1: for all of them).

    `answer` is given in place of the real one, which is then not asked; `slow` delays it by so many seconds;
    `lost` carries the request out and drops the connection without an answer; `refused` drops it before that;
    `cut` ends a watch after so many lines; `behind` answers lists as of so many versions ago.
    """

    picks: Picks = lambda request: True
    times: int = 1
    answer: Answer | None = None
    slow: float = 0.0
    lost: bool = False
    refused: bool = False
    cut: int | None = None
    behind: int = 0


class Faults:
    """The faults that wait for their requests.

    >>> faults = Faults()
    >>> faults.add(Fault(answer=throttled()))
    >>> [faults.take(Request("GET", "/api/v1/nodes")) is None for _ in range(2)]
    [False, True]
    """

    def __init__(self) -> None:
        self._waiting: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Let a fault wait for its requests."""
        self._waiting.append(fault)

    def clear(self) -> None:
        """Let all be well from now on."""
        self._waiting.clear()

    def take(self, request: Request) -> Fault | None:
        """Return the fault that befalls a request, None where none does."""
        for fault in self._waiting:
            if fault.times and fault.picks(request):
                fault.times -= 1
                if not fault.times:
                    self._waiting.remove(fault)
                return fault
        return None


def is_write(request: Request) -> bool:
    """Return whether a request changes something."""
    return request.method != "GET"


def throttled(after: int = 1) -> Answer:
    """Return the 429 of API priority and fairness: plain text, with Retry-After in seconds."""
    return text_answer("Too many requests, please try again later.\n", 429, {"Retry-After": str(after)})


def internal_error(message: str = "etcdserver: request timed out") -> Answer:
    """Return a 500; whether the write was carried out is not known."""
    return json_answer(status(500, "InternalError", message), 500)
