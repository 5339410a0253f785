"""The plan document: its types, and bytes to and from it. It stands below the engine: `verify` needs no solver."""

from .encoding import as_json, as_yaml, compact_json, read_plan
from .idsets import ids_of, ranges_of
from .types import PLAN_VERSION, PlanDocument

__all__ = ["PLAN_VERSION", "PlanDocument", "as_json", "as_yaml", "compact_json", "ids_of", "ranges_of", "read_plan"]
