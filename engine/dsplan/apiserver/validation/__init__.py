"""What an API server v1.36 would refuse about an object, over raw trees: all of section V of the rules at once.

In: a tree. Out: `Problem`s, in the order in which a server reports them; none for a good one.
Promises: recorded refusals of a real server agree in field and reason; nothing is checked twice.
"""

from ...reading.field_paths import tree_path
from .validate import validate

__all__ = ["tree_path", "validate"]
