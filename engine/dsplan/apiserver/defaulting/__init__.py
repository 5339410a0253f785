"""Full defaulting: a manifest as people write it becomes the object that an API server v1.36 stores.

In: a raw tree. Out: a new tree with every default filled in, unknown fields gone, and quantities in canonical text.
Promises: defaulting twice changes nothing, and recorded objects of a real server come out equal (D, X1-X4).
"""

from .images import default_pull_policy
from .objects import default_daemonset, default_node, default_object, default_pod, default_pod_template, default_struct
from .pods import aggregate, is_pod_level_resource, parsed_amounts, with_pod_defaults
from .templates import (
    abridged_template,
    canonical_template,
    is_abridged,
    number_of,
    revision_template,
    same_template,
    template_digest,
    template_number,
)

__all__ = [
    "abridged_template",
    "aggregate",
    "canonical_template",
    "default_daemonset",
    "default_node",
    "default_object",
    "default_pod",
    "default_pod_template",
    "default_pull_policy",
    "default_struct",
    "is_abridged",
    "is_pod_level_resource",
    "number_of",
    "parsed_amounts",
    "revision_template",
    "same_template",
    "template_digest",
    "template_number",
    "with_pod_defaults",
]
