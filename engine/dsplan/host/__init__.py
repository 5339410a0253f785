"""A live cluster: the loop that every controller needs, over any client that sends and receives bytes.

In: a `Client`, options, the cluster's events. Out: writes, conditions, records of everything that was decided and
done.
Promises: two hosts never act at once (a Lease and a State that is saved under its version before each write); no
write goes below what a fresh list allows; none is sent twice because an answer was lost. What is decided is the
Reconciler's matter.
"""

from ..model.saved_state import load_state, save_state
from .access import MissingRights, Right, missing_rights, rights_needed
from .answers import ApiError
from .api import Api, Unanswered
from .client import Answer, Client, Stream
from .executor import Held
from .guards import Refused
from .host import Ended, Host
from .lease import LeaseTerms
from .options import HostOptions
from .ownership import OwnedElsewhere, Owner, owner_of, switch_to_on_delete
from .pacing import Clock, Rate, SystemClock
from .records import Audit, Record, RecordKind, line_of
from .state_store import CONTROL, StateRefused
from .surroundings import ServerVersion, controller_runs, server_version

__all__ = [
    "CONTROL",
    "Answer",
    "Api",
    "ApiError",
    "Audit",
    "Client",
    "Clock",
    "Ended",
    "Held",
    "Host",
    "HostOptions",
    "LeaseTerms",
    "MissingRights",
    "OwnedElsewhere",
    "Owner",
    "Rate",
    "Record",
    "RecordKind",
    "Refused",
    "Right",
    "ServerVersion",
    "StateRefused",
    "Stream",
    "SystemClock",
    "Unanswered",
    "controller_runs",
    "line_of",
    "load_state",
    "missing_rights",
    "owner_of",
    "rights_needed",
    "save_state",
    "server_version",
    "switch_to_on_delete",
]
