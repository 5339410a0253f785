"""A stand-in for a kube-apiserver v1.36.2: real HTTP on the loopback, a simulated cluster behind it, faults at will.

Requests of a host go in, the answers of a real server come out: its refusals, watches, bookmarks and Status bodies.
Only the verbs and kinds that dsplan's host, adapters and examples send are there; anything else is answered by 501 and
noted in `refused`. Each behaviour has a recorded exchange with a real server, which a test plays to it.
"""

from .access import Access, Asked
from .clocks import ManualClock, ScaledClock
from .direct import DirectClient, VirtualTime, run_virtually
from .faults import Fault, Faults, internal_error, is_write, throttled
from .http import HttpFront
from .life import Life
from .others import GitOps, Meddler
from .server import ApiServer
from .standin import StandIn
from .wire import Answer, Request

__all__ = [
    "Access",
    "Answer",
    "ApiServer",
    "Asked",
    "DirectClient",
    "Fault",
    "Faults",
    "GitOps",
    "HttpFront",
    "Life",
    "ManualClock",
    "Meddler",
    "Request",
    "ScaledClock",
    "StandIn",
    "VirtualTime",
    "internal_error",
    "is_write",
    "run_virtually",
    "throttled",
]
