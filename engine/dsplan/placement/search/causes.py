"""What stands in the way, as values: each with a stable code, the object and field it comes from."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from ...model.meta import Identity

__all__ = ["Cause", "CauseCode"]


class CauseCode(StrEnum):
    """What kind of thing it is."""

    WANTED = "Wanted"
    """A DaemonSet wants a pod there."""
    TAKEN = "Taken"
    """Pods of somebody take up room or a port."""
    ALLOCATABLE = "Allocatable"
    """The node has no more."""
    NODE = "NodeRefuses"
    """A filter that no pod has to do with: cordon, taint, label, volume."""
    AFFINITY = "PodAffinity"
    """Somebody who should be near is not, or somebody who should be away is near."""
    ADMISSION = "Admission"
    """The API server refuses the pod."""
    LIMIT = "SearchLimit"
    """Nothing but the limit of the search is known to be against it."""
    REQUIRES = "Requires"
    PER_NODE = "PerNode"
    APART = "Apart"
    VARIANT = "Variant"
    SUSPENDED = "Suspended"
    CLAIM = "Claim"


class Cause(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """One cause. Without it, the rest of the causes would not be in conflict."""

    code: CauseCode
    object: Identity
    field: str = ""
    needed: str = ""
    observed: str = ""

    def __str__(self) -> str:
        """Return one line for people.

        >>> print(Cause(code=CauseCode.TAKEN, object=Identity("Pod", "shop", "web"), observed="memory 700Mi"))
        Taken: shop/web (memory 700Mi)
        """
        details = ", ".join(text for text in (self.needed, self.observed) if text)
        return f"{self.code}: {self.object}" + (f" ({details})" if details else "")
