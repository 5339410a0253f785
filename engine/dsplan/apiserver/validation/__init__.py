"""What an API server v1.36 would refuse about an object, over raw trees: all of section V of the rules at once."""

from ...reading.field_paths import tree_path
from .validate import validate

__all__ = ["tree_path", "validate"]
